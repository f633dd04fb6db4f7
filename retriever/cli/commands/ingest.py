"""Commands that fill and empty the library: ingest and export."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

import typer

from retriever.cli.commands.search import known_language
from retriever.cli.context import DryRun, Json, opened_store, settings_of
from retriever.cli.output import err, ingest_bar, print_json, print_table
from retriever.domain import Status
from retriever.errors import InvalidInput, SimilarCasesError, Unavailable

if TYPE_CHECKING:
    from retriever.config import Settings
    from retriever.domain import Case
    from retriever.ingest.pipeline import Check, IngestOptions
    from retriever.ingest.report import Arrival, IngestReport
    from retriever.ingest.sources.registry import SourceMapping
    from retriever.store import Store

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
    from retriever.ingest.pipeline import IngestOptions  # noqa: PLC0415  see retriever/cli/__init__.py
    from retriever.ingest.readers import ReaderOptions  # noqa: PLC0415
    from retriever.ingest.rules import TicketRules, load_rules  # noqa: PLC0415

    mapping, columns = source_mapping(source, map_ or [], header_map)
    if mapping is None and (publish or rules):
        raise typer.BadParameter("goes with the export of a help desk: give --source.", param_hint="--publish, --rules")
    options = IngestOptions(
        reader=ReaderOptions(format_, encoding, delimiter, columns),
        mapping=mapping,
        publish=publish,
        rules=load_rules(rules) if rules else TicketRules(),
        source_system="" if mapping else source,
        defaults={"language": language} if language else {},
        dry_run=dry_run,
        resume=not no_resume,
        check_limit=compare,
        rejects_path=rejects,
    )
    reports: dict[str, IngestReport] = {}
    settings = settings_of(context)
    with _written_store(settings, dry_run) as store:
        if sample:
            reports["sample library"] = load_sample(store, dry_run=dry_run)
        with _comparing(settings, store, wanted=bool(files) and compare != 0) as check:
            for path in files or []:
                reports[str(path)] = _ingest_file(path, store, options, check)
        behind = 0 if dry_run else _behind(settings, store)
    if json_:
        print_json([{"file": name, **report.to_dict()} for name, report in reports.items()])
    else:
        rows = [(name, *_numbers(report)) for name, report in reports.items()]
        print_table(COLUMNS, rows, title="nothing was changed (--dry-run)" if dry_run else "")
    for name, report in reports.items():
        _tell(name, report)
    if behind > settings.delta_limit:
        err.print(
            f"{behind} changes are not in a snapshot yet: `similar-cases index rebuild` makes searching them faster."
        )
    if any(report.rejected for report in reports.values()):
        raise typer.Exit(1)


def load_sample(store: "Store", *, dry_run: bool = False) -> "IngestReport":
    """Write the sample cases into the library; a report like that of a file."""
    from retriever.ingest.report import IngestReport  # noqa: PLC0415
    from retriever.sample.library import load_sample_cases  # noqa: PLC0415

    outcomes = store.cases.upsert(load_sample_cases(), dry_run=dry_run)
    actions = [outcome.action for outcome in outcomes]
    return IngestReport(
        read=len(actions),
        created=actions.count("created"),
        updated=actions.count("updated"),
        unchanged=actions.count("unchanged"),
        rejected=actions.count("refused"),
        named_by_content=0,
        rows=(),
        took=0.0,
        dry_run=dry_run,
        format="sample",
    )


def source_mapping(
    source: str, given: list[str], header_map: Path | None
) -> "tuple[SourceMapping | None, dict[str, tuple[str, ...]]]":
    """How the rows are read: by a help desk's mapping, or else by columns. Raises InvalidInput."""
    from retriever.ingest.sources.generic import SourceMap, load_source_map  # noqa: PLC0415
    from retriever.ingest.sources.registry import SOURCES, get_source  # noqa: PLC0415

    files = [Path(entry) for entry in given if "=" not in entry] + ([header_map] if header_map else [])
    if len(files) > 1:
        raise InvalidInput("--map takes one mapping file; put all of it there.")
    pairs = [entry for entry in given if "=" in entry]
    if source in SOURCES:
        return get_source(source, column_map(pairs, files[0] if files else None)), {}
    found = load_source_map(files[0]) if files else None
    if found is None and source != "generic":
        return None, column_map(pairs, files[0] if files else None)
    found = found or SourceMap(fields=column_map([], files[0]) if files else {})
    found = replace(found, fields={**found.fields, **column_map(pairs, None)})
    return found.mapping("" if source == "generic" else source), {}


def column_map(pairs: list[str], file: Path | None) -> dict[str, tuple[str, ...]]:
    """Field to headers, from a file and from FIELD=HEADER pairs, which win. Raises InvalidInput."""
    from retriever.case.columns import column_map_of_pairs, load_column_map  # noqa: PLC0415

    return {**(load_column_map(file) if file else {}), **column_map_of_pairs(pairs)}


def export(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(help="File to write; - is standard output.")] = Path("-"),
    format_: Annotated[
        Literal["jsonl", "csv"] | None, typer.Option("--format", help="By the file's ending without it, else jsonl.")
    ] = None,
    status: Annotated[list[Status] | None, typer.Option(help="Only cases in this state; may be repeated.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language; may be repeated.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Write all cases as JSONL or CSV; `ingest` takes the file back and changes nothing."""
    from retriever.operations.export import export_cases  # noqa: PLC0415  see retriever/cli/__init__.py
    from retriever.store import CaseFilter  # noqa: PLC0415

    which = CaseFilter(statuses=tuple(status or ()), languages=tuple(map(known_language, language or ())))
    chosen = format_ or ("csv" if file.suffix.lower() == ".csv" else "jsonl")
    to_stdout = str(file) == "-"
    if file.exists() and not to_stdout and not force:
        raise InvalidInput(f"{file} exists; --force writes over it.")
    with opened_store(context, read_only=True) as store:
        if dry_run:
            err.print(f"{sum(1 for _ in store.cases.iter(which))} cases would be written to {file}", markup=False)
            return
        with contextlib.nullcontext(sys.stdout.buffer) if to_stdout else _replaced(file) as stream:
            written = export_cases(store, stream, format=chosen, which=which)
            stream.flush()
    err.print(f"{written} cases written")


@contextmanager
def _replaced(file: Path) -> Iterator[BinaryIO]:
    """Write beside the target and rename, so that no reader ever sees half of an export. Raises Unavailable."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as stream:
            temporary.chmod(0o600)  # customers' texts
            yield stream
        temporary.replace(file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _ingest_file(path: Path, store: "Store", options: "IngestOptions", check: "Check | None") -> "IngestReport":
    from retriever.ingest.pipeline import ingest as ingest_rows  # noqa: PLC0415
    from retriever.lifecycle.tickets import revised_by_ticket  # noqa: PLC0415

    with ingest_bar(path.name) as progress:
        return ingest_rows(path, store, options, progress=progress, revise=revised_by_ticket, check=check)


@contextmanager
def _comparing(settings: "Settings", store: "Store", *, wanted: bool) -> "Iterator[Check | None]":
    """What compares a case with the library; None where that is not wanted, or cannot be done now, which is said."""
    from retriever.wiring.service import open_service  # noqa: PLC0415

    # A dry run where there is no library looks at an empty one elsewhere: there is nothing to compare with.
    if not wanted or store.path != settings.database_path:
        yield None
        return
    if (behind := _behind(settings, store)) > settings.delta_limit:
        err.print(f"not compared with other cases: {behind} changes wait for `similar-cases index rebuild`")
        yield None
        return
    with ExitStack() as stack:
        try:
            service = stack.enter_context(open_service(settings))
        except SimilarCasesError as error:
            err.print(f"not compared with other cases: {error}", markup=False)
            yield None
            return

        def check(case: "Case") -> "Arrival | None":
            try:
                return service.arrivals.report(case)
            except SimilarCasesError as error:
                err.print(f"not compared with other cases any more: {error}", markup=False)
                return None

        yield check


@contextmanager
def _written_store(settings: "Settings", dry_run: bool) -> Iterator["Store"]:
    """The library; a dry run where there is none yet looks at an empty one that is thrown away."""
    from retriever.store import open_store  # noqa: PLC0415
    from retriever.wiring.library import open_library  # noqa: PLC0415

    path = settings.database_path
    if not dry_run or path.exists():
        with open_library(settings) as store:
            yield store
        return
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / path.name, mask=settings.mask) as store:
        yield store


def _behind(settings: "Settings", store: "Store") -> int:
    """Changes since the snapshot that is served; all of them while there is none."""
    from index.manifest import read_manifest  # noqa: PLC0415
    from index.snapshots import Snapshots  # noqa: PLC0415
    from index.types import IndexDamaged  # noqa: PLC0415

    snapshots = Snapshots(settings.index_dir)
    try:
        name = snapshots.current_name()
        held = int(read_manifest(snapshots.path(name)).labels["revision"]) if name else 0
    except IndexDamaged:
        return 0
    return store.cases.revision() - held


def _numbers(report: "IngestReport") -> tuple[object, ...]:
    counts = (report.read, report.created, report.updated, report.unchanged, report.revised)
    return (*counts, report.kept, report.skipped, report.rejected, f"{report.took:.1f}")


def _tell(name: str, report: "IngestReport") -> None:
    """What a person should know besides the numbers."""
    if report.resumed_from:
        err.print(f"{name}: went on behind line {report.resumed_from}, where the last run stopped")
    if report.ignored_columns:
        err.print(f"{name}: columns nobody reads: {', '.join(report.ignored_columns)}", markup=False)
    if report.named_by_content:
        err.print(f"{name}: {report.named_by_content} rows had no id and were named after their text")
    for line in _became(report):
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


def _became(report: "IngestReport") -> Iterator[str]:
    """What became of rows that are neither new nor as before, a line each."""
    for reason, number in sorted(report.reasons.items(), key=lambda entry: -entry[1]):
        yield f"{number} skipped: {reason}"
    if report.revised:
        yield (
            f"{report.revised} published cases have a pending revision now, since their tickets changed: "
            "`similar-cases review list`"
        )
    if report.kept:
        yield f"{report.kept} cases were kept as they are here, though their tickets changed"
    if report.incomplete:
        yield f"{report.incomplete} lack much of the case template: `similar-cases case check ID` says what"
    if report.checked:
        yield from _compared(report)


def _compared(report: "IngestReport") -> Iterator[str]:
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
            told = ", ".join(f"{name} {value!r}" for name, value in arrival.suggested.items())
            yield f"  {arrival.id}: {told}"
