"""`similar-cases ingest`: files of cases, and exports of help desks, into the library."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal, Self

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from retriever.cli.context import settings_of, step_back
from retriever.cli.flags import DryRun, Json
from retriever.cli.output import err, print_json, print_table
from retriever.domain import OPERATOR
from retriever.ingest.case_files import ReaderOptions
from retriever.ingest.pipeline import IngestOptions, IngestStep
from retriever.ingest.report import IngestReport
from retriever.ingest.rules import TicketRules, load_rules
from retriever.operations.ingest import ingest_files, near_source, source_mapping
from retriever.operations.targets import check_target

COLUMNS = ("file", "read", "created", "updated", "unchanged", "revised", "kept", "skipped", "rejected", "seconds")
SHOWN_REJECTS = 10


def ingest(
    context: typer.Context,
    *,
    files: Annotated[
        list[Path] | None, typer.Argument(help="JSONL, JSON, CSV or XLSX files; - reads standard input.")
    ] = None,
    format_: Annotated[
        Literal["jsonl", "csv", "json", "xlsx"] | None, typer.Option("--format", help="Found out without it.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Such as utf-8 or gb18030; found out without it.")] = "",
    delimiter: Annotated[str, typer.Option(help="One character; found out without it.")] = "",
    sheet: Annotated[str, typer.Option(help="Name or number of the sheet of a workbook.")] = "",
    header_row: Annotated[
        int, typer.Option(min=0, help="Line that the header of a table is in; found out without it.")
    ] = 0,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="FIELD=HEADER, or a mapping file (TOML, JSON); may be repeated."),
    ] = None,
    header_map: Annotated[Path | None, typer.Option(help="The same from a TOML or JSON file.")] = None,
    source: Annotated[
        str,
        typer.Option(
            help="zendesk, jira, freshdesk, servicenow, salesforce, zammad or github: its export. generic: by a map. "
            "Any other name stands for the help desk of rows that name none."
        ),
    ] = "",
    actor: Annotated[
        str, typer.Option("--actor", help="Whose new drafts are, to be submitted; without it the operator's.")
    ] = "",
    publish: Annotated[
        bool, typer.Option("--publish", help="Tickets become published cases, not drafts: for a trusted migration.")
    ] = False,
    rules: Annotated[Path | None, typer.Option(help="TOML file of rules: which tickets are proposed.")] = None,
    language: Annotated[str, typer.Option(help="Language of rows that name none; detected without it.")] = "",
    compare: Annotated[
        int,
        typer.Option(
            min=-1, help="Most new or changed cases compared with published ones and drafts; 0 for none, -1 for all."
        ),
    ] = 1_000,
    no_resume: Annotated[bool, typer.Option("--no-resume", help="Begin at the first row even after a stop.")] = False,
    rejects: Annotated[Path | None, typer.Option(help="Write every refused row to this JSONL file.")] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Load the sample library that comes with the package.")
    ] = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Take cases into the library. The same file again changes nothing; exit 1 when a row was refused."""
    if not files and not sample:
        raise typer.BadParameter("give a file, or --sample.", param_hint="FILES")
    if rejects and len(files or ()) > 1:
        raise typer.BadParameter("takes one file of cases at a time.", param_hint="--rejects")
    if rejects and rejects.suffix.lower() in (".csv", ".tsv", ".xlsx", ".json"):
        # Reading goes by the ending, too.
        raise typer.BadParameter(f"writes JSON lines: name it {rejects.stem}.jsonl.", param_hint="--rejects")
    mapping, columns = source_mapping(source, map_ or [], header_map)
    if mapping is None and rules:
        raise typer.BadParameter("goes with the export of a help desk: give --source.", param_hint="--rules")
    if meant := near_source(source):
        _warn(f"--source {source} is none of the help desks, so rows are read by their columns; did you mean {meant}?")
    options = IngestOptions(
        reader=ReaderOptions(
            format=format_,
            encoding=encoding,
            delimiter=delimiter,
            sheet=sheet,
            header_row=header_row,
            columns=columns,
        ),
        mapping=mapping,
        publish=publish,
        owner=actor or OPERATOR.id,
        rules=load_rules(rules) if rules else TicketRules(),
        source_system="" if mapping else source,
        defaults={"language": language} if language else {},
        dry_run=dry_run,
        resume=not no_resume,
        check_limit=compare,
        rejects_path=rejects,
    )
    settings = settings_of(context)
    check_target(rejects, "--rejects", settings, read=(*(files or ()), *map(Path, map_ or ()), header_map, rules))
    step_back()
    with FileBar() as progress:
        done = ingest_files(settings, files or [], options, sample=sample, progress=progress, warn=_warn)
    if json_:
        print_json([{"file": name, **report.to_dict()} for name, report in done.reports.items()])
    else:
        rows = [(name, *_numbers(report)) for name, report in done.reports.items()]
        print_table(COLUMNS, rows, title="nothing was changed (--dry-run)" if dry_run else "")
    for name, report in done.reports.items():
        _print_notes(name, report)
    if done.behind > settings.delta_limit:
        err.print(
            f"{done.behind} changes are not in a snapshot yet: "
            "`similar-cases index rebuild` makes searching them faster."
        )
    if any(report.rejected for report in done.reports.values()):
        raise typer.Exit(1)


class FileBar:
    """One bar on stderr for the file in hand: bytes read, rows so far, time left."""

    def __init__(self) -> None:
        """Show nothing before the first file."""
        self._file: Path | None = None
        self._shown = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.close()

    def __call__(self, file: Path, step: IngestStep) -> None:
        """Move the bar, or begin that of another file."""
        if file != self._file:
            self._begin(file)
        self._progress.update(self._task, completed=step.bytes_read, total=step.bytes_total or None, rows=step.read)

    def _begin(self, file: Path) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[rows]:,} rows"),
            TimeRemainingColumn(),
        )
        self._shown.close()
        self._progress = self._shown.enter_context(Progress(*columns, console=err, transient=True))
        self._task = self._progress.add_task(file.name, total=None, rows=0)
        self._file = file


def _warn(text: str) -> None:
    err.print(text, markup=False)


def _numbers(report: IngestReport) -> tuple[object, ...]:
    counts = (report.read, report.created, report.updated, report.unchanged, report.revised)
    return (*counts, report.kept, report.skipped, report.rejected, f"{report.took:.1f}")


def _print_notes(name: str, report: IngestReport) -> None:
    """What a person should know besides the numbers."""
    if report.resumed_from:
        err.print(f"{name}: went on behind line {report.resumed_from}, where the last run stopped")
    for note in report.notes:
        err.print(f"{name}: {note}", markup=False)
    if report.ignored_columns:
        err.print(f"{name}: columns nobody reads: {', '.join(report.ignored_columns)}", markup=False)
    if report.named_by_content:
        err.print(f"{name}: {report.named_by_content} rows had no id and were named after their text")
    for line in (*_came_in(report), *_became(report)):
        err.print(f"{name}: {line}", markup=False)
    for example in report.examples:
        for part, before in example.before.items():
            after = example.after[part]
            err.print(f"{name}:{example.line}: {part}: {before}", markup=False)
            if after != before:
                err.print(f"{name}:{example.line}: {part}, masked: {after}", markup=False)
    for row in report.rows[:SHOWN_REJECTS]:
        err.print(f"{name}:{row.line}: {row.field}: {row.reason}", markup=False)
    if report.rejected > SHOWN_REJECTS:
        where = f"all are in {report.rejects_path}" if report.rejects_path else "--rejects FILE writes all of them"
        err.print(f"… {report.rejected} rows were refused; {where}")


def _came_in(report: IngestReport) -> Iterator[str]:
    """Which of the new and changed cases are found, who brings the others on, and what they are called."""
    if report.published:
        yield f"published, so that searches find them: {report.published}"
    if report.drafts:
        who = "whoever is a reviewer or above"
        who = who if report.owner == OPERATOR.id else f"{report.owner}, or {who},"
        yield (
            f"drafts, which no search finds before their reviews: {report.drafts}; {who} submits them "
            "(`similar-cases review submit ID --actor NAME --role ROLE`, `similar-cases review list --state draft`); "
            "with --publish they come in as published"
        )
    for given, id in report.names:
        yield f"named after source and number: {report.renamed}, such as {id} for {given}; both find the case"
    if report.mended:
        yield f"{report.mended} rows held characters that another program had broken: repaired"
    if report.damaged:
        yield f"{report.damaged} rows hold characters that are lost for good, the first in line {report.damaged_line}"
    for line, field, value in report.dates:
        yield f"line {line}: {field} {value} was left out: nobody can tell which day it is; write YYYY-MM-DD"
    if report.dates_unread > len(report.dates):
        yield f"… {report.dates_unread} dates were left out"


def _became(report: IngestReport) -> Iterator[str]:
    """What became of rows that are neither new nor as before, a line each."""
    for reason, number in sorted(report.reasons.items(), key=lambda entry: -entry[1]):
        yield f"{number} skipped: {reason}"
    if report.revised:
        yield (
            f"{report.revised} published cases have a pending revision now, since their tickets changed: "
            "`similar-cases review list`"
        )
    if report.kept > report.older:
        yield f"{report.kept - report.older} cases were kept as they are here, though their tickets changed"
    if report.older:
        yield f"{report.older} are older states of tickets: the newer ones, which came before, stay"
    if report.language_unsure:
        yield f"{report.language_unsure} are in a language that their text does not tell: they pass every --language"
    if report.incomplete:
        yield f"{report.incomplete} lack much of the case template: `similar-cases case check ID` says what"
    if report.checked:
        yield from _compared(report)


def _compared(report: IngestReport) -> Iterator[str]:
    """How what came in relates to what was there."""
    came = report.created + report.updated + report.revised
    of = f"{report.checked} compared of {came} new or changed ones (--compare)" if came > report.checked else ""
    yield f"near-duplicates of {report.near_duplicates} cases" + (f", {of}" if of else "")
    for arrival in report.arrivals:
        if arrival.is_near_duplicate:
            others = [f"{other.id} ({other.status}, {other.overlap:.2f})" for other in arrival.like[:3]]
            yield f"  {arrival.id} is like {', '.join(others)}"
    counts = (report.product_suggested, report.category_suggested, report.tags_suggested)
    if any(counts):
        yield "suggested for empty fields: product {}, category {}, tags {}".format(*counts)
    for arrival in report.arrivals:
        if arrival.suggested and not arrival.is_near_duplicate:
            values = ", ".join(f"{name} {value!r}" for name, value in arrival.suggested.items())
            yield f"  {arrival.id}: {values}"
