"""`similar-cases audit …`: list, verify and export the audit log."""

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from retriever.cli.context import settings_of
from retriever.cli.flags import DryRun, Json
from retriever.cli.library import open_store_of
from retriever.cli.output import err, out, print_json, print_table
from retriever.errors import Damaged, InvalidInput
from retriever.operations.audit import export_log, newest_entries, renew_anchor, verify_log, write_anchor

app = typer.Typer(help="The audit log: who did what, and whether anybody tampered with it.")


@app.command("list")
def list_(
    context: typer.Context,
    *,
    subject: Annotated[str, typer.Option(help="Only what was done to this case id or key:ID.")] = "",
    actor: Annotated[str, typer.Option(help="Only what this person or program did.")] = "",
    action: Annotated[str, typer.Option(help="Only this action, such as case.update.")] = "",
    since: Annotated[str, typer.Option(help="Only from this time on, such as 2026-03-01.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most entries shown, the newest.")] = 50,
    json_: Json = False,
) -> None:
    """The newest entries that fit, oldest of them first."""
    with open_store_of(context, read_only=True) as store:
        found = newest_entries(store, subject=subject, actor=actor, action=action, since=since, limit=limit)
    if json_:
        print_json(found)
        return
    columns = ("number", "at", "actor", "role", "action", "subject", "version", "details")
    rows = [
        (e.number, e.at, e.actor, e.role, e.action, e.subject, e.version or "",
         " ".join(f"{name}={value}" for name, value in e.details.items()))
        for e in found
    ]  # fmt: skip
    print_table(columns, rows, figures=("number", "at"))


@app.command()
def verify(
    context: typer.Context,
    head: Annotated[str, typer.Option(help="A head noted earlier (COUNT:LINK); the log must contain it.")] = "",
    anchor: Annotated[
        Path | None, typer.Option(help="A file that `audit anchor --to` wrote: the log must contain every head in it.")
    ] = None,
    json_: Json = False,
) -> None:
    """Check every entry, and that cases, versions and keys are those that the log knows. Prints the head, which is
    worth noting outside; exit 3 when somebody tampered with the log or past it."""
    with open_store_of(context, read_only=True) as store:
        report = verify_log(store, head, anchor)
    if json_:
        print_json({"entries": report.entries, "head": str(report.head), "findings": report.findings})
    else:
        if report.findings:
            print_table(("kind", "entry", "what"), [(f.kind, f.number or "", f.text) for f in report.findings])
        out.print(f"{report.entries} entries, head {report.head}", soft_wrap=True)
    if report.findings:
        raise Damaged(f"the audit log is not as it was written: {len(report.findings)} findings.")


@app.command()
def export(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="JSONL file to write; - is standard output.")]
) -> None:
    """Write every entry as one JSON line, as it was sealed."""
    to_stdout = str(file) == "-"
    if not to_stdout and file.exists():
        raise InvalidInput(f"{file} exists; choose another name.")
    with (
        open_store_of(context, read_only=True) as store,
        contextlib.nullcontext(sys.stdout.buffer) if to_stdout else file.open("wb") as stream,
    ):
        done = export_log(store, stream)
    err.print(f"{done.entries} entries written, head {done.head}", soft_wrap=True)


@app.command()
def anchor(
    context: typer.Context,
    to: Annotated[
        str,
        typer.Option(
            help="Where to write the head: a file, which grows by a line, or the http(s) address of a webhook."
        ),
    ] = "",
    dry_run: DryRun = False,
) -> None:
    """Write the head of the log to a place out of reach of who could cut it (`--to`), so that a cut can be proved.

    Without `--to`: write the library's own anchor file anew, after a person has looked at what `verify` found; the log
    then counts as complete.
    """
    with open_store_of(context, read_only=dry_run or bool(to)) as store:
        if to:
            secret = settings_of(context).reminder_secret.get_secret_value()
            head = write_anchor(store, to, secret=secret, dry_run=dry_run)
        else:
            head = renew_anchor(store, dry_run=dry_run)
    err.print(f"the anchor {'would say' if dry_run else 'says'} {head}", soft_wrap=True)
