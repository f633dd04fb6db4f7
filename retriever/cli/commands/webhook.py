"""`similar-cases webhook …`: what help desks sent, what became of it, and another try for what was given up."""

from typing import TYPE_CHECKING, Annotated

import typer

from retriever.cli.context import DryRun, Json, opened_store, settings_of
from retriever.cli.output import err, print_json, print_table
from retriever.errors import InvalidInput

if TYPE_CHECKING:
    from retriever.store.deliveries import Delivery

STATES = ("queued", "done", "skipped", "failed", "kept", "superseded")
TO_TRY = ("failed", "kept")
webhooks_app = typer.Typer(help="Deliveries of help desks: what came, what became of it.")
Number = Annotated[int, typer.Argument(help="Number of a delivery, as `list` shows it.")]


@webhooks_app.command("list")
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
    from retriever.store.deliveries import DeliveryState  # noqa: PLC0415  see retriever/cli/__init__.py

    if unknown := set(state or ()) - set(STATES):
        raise InvalidInput(f"--state is one of {', '.join(STATES)}, not {min(unknown)[:40]!r}.")
    states = [DeliveryState(name) for name in state or ()]
    with opened_store(context, read_only=True) as store:
        rows = [_told(delivery) for delivery in store.deliveries.last(limit, states=states, source=source)]
    if json_:
        print_json(rows)
        return
    columns = ("number", "source", "delivery", "received_at", "state", "attempts", "outcome")
    print_table(columns, [[row[name] for name in columns] for row in rows], figures=("received_at",))


@webhooks_app.command()
def show(context: typer.Context, number: Number, json_: Json = False) -> None:
    """One delivery, with its masked draft while that waits."""
    from retriever.case.format import case_to_dict  # noqa: PLC0415  see retriever/cli/__init__.py

    with opened_store(context, read_only=True) as store:
        delivery = store.deliveries.get(number)
    draft = (
        {} if delivery.case is None else {name: value for name, value in case_to_dict(delivery.case).items() if value}
    )
    if json_:
        print_json({**_told(delivery), "case": draft or None})
        return
    print_table(
        ("what", "value"), [*_told(delivery).items(), *((f"case.{name}", text) for name, text in draft.items())]
    )


@webhooks_app.command()
def retry(
    context: typer.Context,
    *,
    numbers: Annotated[list[int] | None, typer.Argument(help="Numbers of deliveries that failed or were kept.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that failed or were kept.")] = False,
    json_: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Put deliveries back into the queue; a running server works them off within a second, else the next one does."""
    if bool(numbers) == all_:
        raise typer.BadParameter("name deliveries, or give --all.", param_hint="NUMBERS")
    with opened_store(context, read_only=dry_run) as store:
        for number in numbers or ():
            state = store.deliveries.get(number).state
            if state not in TO_TRY:
                raise InvalidInput(f"delivery {number} is {state}: only what failed or was kept can be tried again.")
        queued = store.deliveries.retry(numbers or (), dry_run=dry_run)
    if json_:
        print_json({"dry_run": dry_run, "queued": queued})
        return
    err.print(f"{len(queued)} deliveries {'would be' if dry_run else 'are'} queued again")


@webhooks_app.command()
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
    from retriever.operations.upkeep import days_before  # noqa: PLC0415

    kept = settings_of(context).webhook_retention_days if days is None else days
    if not kept:
        raise InvalidInput("webhook_retention_days is 0, which keeps deliveries for ever; name --days.")
    with opened_store(context, read_only=dry_run) as store:
        gone = store.deliveries.prune(days_before(kept), dry_run=dry_run)
    if json_:
        print_json({"dry_run": dry_run, "days": kept, "forgotten": gone})
        return
    err.print(f"{gone} deliveries {'would be' if dry_run else 'are'} forgotten, older than {kept} days")


def _told(delivery: "Delivery") -> dict[str, object]:
    return {
        "number": delivery.number,
        "source": delivery.source,
        "delivery": delivery.delivery_id,
        "received_at": delivery.received_at,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "outcome": delivery.outcome,
    }
