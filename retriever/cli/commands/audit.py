"""`similar-cases audit …`: list, verify and export the audit log."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from retriever.cli.context import DryRun, Json, opened_store
from retriever.cli.output import err, out, print_json, print_table
from retriever.errors import Damaged, InvalidInput

audit_app = typer.Typer(help="The audit log: who did what, and whether anybody tampered with it.")


@audit_app.command("list")
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
    from collections import deque  # noqa: PLC0415  see retriever/cli/__init__.py

    with opened_store(context, read_only=True) as store:
        found = deque(store.audit.iter_entries(subject=subject, actor=actor, action=action, since=since), maxlen=limit)
    if json_:
        print_json(list(found))
        return
    columns = ("number", "at", "actor", "role", "action", "subject", "version", "details")
    rows = [
        (e.number, e.at, e.actor, e.role, e.action, e.subject, e.version or "",
         " ".join(f"{name}={value}" for name, value in e.details.items()))
        for e in found
    ]  # fmt: skip
    print_table(columns, rows, figures=("number", "at"))


@audit_app.command()
def verify(
    context: typer.Context,
    head: Annotated[str, typer.Option(help="A head that was noted earlier, COUNT:LINK: the log must contain it.")] = "",
    json_: Json = False,
) -> None:
    """Check every entry. Prints the head, which is worth noting outside; exit 3 when somebody tampered with the log."""
    from retriever.store.audit_chain import parse_head  # noqa: PLC0415  see retriever/cli/__init__.py

    try:
        known = parse_head(head) if head else None
    except ValueError as error:
        raise InvalidInput(f"--head: {error}.") from error
    with opened_store(context, read_only=True) as store:
        report = store.audit.verify(known=known)
    if json_:
        print_json({"entries": report.entries, "head": str(report.head), "findings": report.findings})
    else:
        if report.findings:
            print_table(("kind", "entry", "what"), [(f.kind, f.number or "", f.text) for f in report.findings])
        out.print(f"{report.entries} entries, head {report.head}", soft_wrap=True)
    if report.findings:
        raise Damaged(f"the audit log is not as it was written: {len(report.findings)} findings.")


@audit_app.command()
def export(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="JSONL file to write; - is standard output.")]
) -> None:
    """Write every entry as one JSON line, as it was sealed."""
    from retriever.store.audit import encode_plain  # noqa: PLC0415  see retriever/cli/__init__.py

    written = 0
    if str(file) != "-" and file.exists():
        raise InvalidInput(f"{file} exists; choose another name.")
    with opened_store(context, read_only=True) as store:
        stream = sys.stdout.buffer if str(file) == "-" else file.open("wb")
        try:
            for entry in store.audit.iter_entries():
                stream.write(encode_plain(entry))
                written += 1
            stream.flush()
        finally:
            if stream is not sys.stdout.buffer:
                stream.close()
        head = store.audit.head()
    err.print(f"{written} entries written, head {head}", soft_wrap=True)


@audit_app.command()
def anchor(context: typer.Context, dry_run: DryRun = False) -> None:
    """Write the anchor file anew, after a person has looked at what `verify` found; the log then counts as complete."""
    with opened_store(context, read_only=dry_run) as store:
        head = store.audit.head() if dry_run else store.audit.anchor_now()
    err.print(f"the anchor {'would say' if dry_run else 'says'} {head}", soft_wrap=True)
