"""`similar-cases webhook …`: what help desks sent, what became of it, and another try for what was given up."""

from typing import Annotated

import typer

from retriever.case.format import case_to_dict
from retriever.cli.context import settings_of
from retriever.cli.flags import DryRun, Json
from retriever.cli.library import open_store_of
from retriever.cli.output import err, print_json, print_table
from retriever.operations.deliveries import (
    STATES,
    delivery_facts,
    list_deliveries,
    prune_deliveries,
    retention_days,
    retry_deliveries,
)

app = typer.Typer(help="Deliveries of help desks: what came, what became of it.")
Number = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="Number of a delivery, as `list` shows it.")]


@app.command("list")
def list_(
    context: typer.Context,
    *,
    state: Annotated[
        list[str] | None, typer.Option(help=f"Only in this state, {', '.join(STATES)}; may be repeated.")
    ] = None,
    source: Annotated[str, typer.Option(help="Only of this help desk.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most deliveries shown.")] = 50,
    json_: Json = False,
) -> None:
    """The last deliveries, the newest first. None holds a text but drafts that wait, which `show` prints."""
    with open_store_of(context, read_only=True) as store:
        rows = [
            delivery_facts(delivery)
            for delivery in list_deliveries(store, states=state or (), source=source, limit=limit)
        ]
    if json_:
        print_json(rows)
        return
    columns = ("number", "source", "delivery", "received_at", "state", "attempts", "outcome")
    print_table(columns, [[row[name] for name in columns] for row in rows], figures=("received_at",))


@app.command()
def show(context: typer.Context, number: Number, json_: Json = False) -> None:
    """One delivery, with its masked draft while that waits."""
    with open_store_of(context, read_only=True) as store:
        delivery = store.deliveries.get(number)
    draft = (
        {} if delivery.case is None else {name: value for name, value in case_to_dict(delivery.case).items() if value}
    )
    if json_:
        print_json({**delivery_facts(delivery), "case": draft or None})
        return
    print_table(
        ("what", "value"),
        [*delivery_facts(delivery).items(), *((f"case.{name}", text) for name, text in draft.items())],
    )


@app.command()
def retry(
    context: typer.Context,
    *,
    numbers: Annotated[
        list[int] | None, typer.Argument(min=1, max=2**63 - 1, help="Numbers of deliveries that failed or were kept.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that failed or were kept.")] = False,
    json_: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Put deliveries back into the queue; a running server works them off within a second, else the next one does."""
    if bool(numbers) == all_:
        raise typer.BadParameter("name deliveries, or give --all.", param_hint="NUMBERS")
    with open_store_of(context, read_only=dry_run) as store:
        queued = retry_deliveries(store, numbers or (), dry_run=dry_run)
    if json_:
        print_json({"dry_run": dry_run, "queued": queued})
        return
    err.print(f"{len(queued)} deliveries {'would be' if dry_run else 'are'} queued again")


@app.command()
def prune(
    context: typer.Context,
    *,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Older than this; without it as webhook_retention_days says.")
    ] = None,
    json_: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Forget old deliveries, but what waits; a server does so by itself."""
    kept = retention_days(settings_of(context), days)
    with open_store_of(context, read_only=dry_run) as store:
        gone = prune_deliveries(store, kept, dry_run=dry_run)
    if json_:
        print_json({"dry_run": dry_run, "days": kept, "forgotten": gone})
        return
    err.print(f"{gone} deliveries {'would be' if dry_run else 'are'} forgotten, older than {kept} days")
