"""`similar-cases export`: the cases as a file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from retriever.cli.context import settings_of
from retriever.cli.flags import DryRun, known_language
from retriever.cli.library import open_store_of
from retriever.cli.output import err
from retriever.domain import Status
from retriever.errors import InvalidInput
from retriever.operations.export import ExportFormat, cases_of, export_cases, export_file
from retriever.operations.targets import check_target


def export(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(help="File to write; - is standard output.")] = Path("-"),
    format_: Annotated[
        ExportFormat | None, typer.Option("--format", help="By the file's ending without it, else jsonl.")
    ] = None,
    status: Annotated[list[Status] | None, typer.Option(help="Only cases in this state; may be repeated.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language; may be repeated.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Write all cases as JSONL, CSV or XLSX; `ingest` takes the file back and changes nothing."""
    which = cases_of(status or (), tuple(map(known_language, language or ())))
    chosen = format_ or _format_of(file)
    to_stdout = str(file) == "-"
    if file.exists() and not to_stdout and not force:
        raise InvalidInput(f"{file} exists; --force writes over it.")
    check_target(file, "FILE", settings_of(context))
    with open_store_of(context, read_only=True) as store:
        if dry_run:
            err.print(f"{sum(1 for _ in store.cases.iter(which))} cases would be written to {file}", markup=False)
            return
        if to_stdout:
            written = export_cases(store, sys.stdout.buffer, format=chosen, which=which)
            sys.stdout.buffer.flush()
        else:
            written = export_file(store, file, format=chosen, which=which)
    err.print(f"{written} cases written")


def _format_of(file: Path) -> ExportFormat:
    """By the ending of the name. Raises InvalidInput for one of another kind of file."""
    formats: dict[str, ExportFormat] = {
        ".csv": "csv",
        ".xlsx": "xlsx",
        ".jsonl": "jsonl",
        ".ndjson": "jsonl",
        "": "jsonl",
    }
    if file.suffix.lower() not in formats:
        raise InvalidInput(f"{file.name}: jsonl, csv and xlsx can be written; name one with --format.")
    return formats[file.suffix.lower()]
