"""Files into a library: how their rows are read, what compares them with what is there, and what came of each."""

import difflib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from retriever.config import Settings
from retriever.domain import OPERATOR, Case
from retriever.errors import InvalidInput, SimilarCasesError
from retriever.ingest.columns import column_map_of_pairs, load_column_map
from retriever.ingest.pipeline import Check, IngestOptions, IngestStep, ingest
from retriever.ingest.report import Arrival, IngestReport
from retriever.ingest.sources.generic import SourceMap, load_source_map
from retriever.ingest.sources.registry import SOURCES, SourceMapping, get_source
from retriever.lifecycle.tickets import revised_by_ticket
from retriever.operations.sample import load_sample
from retriever.operations.snapshots import changes_behind
from retriever.store import Store, open_store
from retriever.store.client_names import check_client_name
from retriever.wiring.library import open_library
from retriever.wiring.service import Service, open_service

FileProgress = Callable[[Path, IngestStep], None]
"""Told of each file when it is begun and after each batch."""
Warn = Callable[[str], None]
"""Told, at once, what is not done as wanted."""
SAMPLE = "sample library"


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of each file, by name; `behind` counts the changes that are in no snapshot yet."""

    reports: Mapping[str, IngestReport]
    behind: int


def ingest_files(
    settings: Settings,
    files: Sequence[Path],
    options: IngestOptions,
    *,
    sample: bool = False,
    progress: FileProgress = lambda _file, _step: None,
    warn: Warn = lambda _text: None,
) -> Ingested:
    """Take files of cases, and the sample library, into the library; see `ingest.pipeline.ingest`.

    A dry run where there is no library makes none. Raises InvalidInput, Locked, Unavailable; what was committed stays.
    """
    if options.owner != OPERATOR.id:
        check_client_name(options.owner, ())
    reports: dict[str, IngestReport] = {}
    with _written_store(settings, dry_run=options.dry_run) as store:
        if sample:
            reports[SAMPLE] = load_sample(store, dry_run=options.dry_run)
        wanted = bool(files) and options.check_limit != 0
        with _comparing(settings, store, wanted=wanted, warn=warn) as check:
            for path in files:
                progress(path, IngestStep(0, 0, 0, 0))
                moved = partial(progress, path)
                reports[str(path)] = ingest(path, store, options, progress=moved, revise=revised_by_ticket, check=check)
        behind = 0 if options.dry_run else changes_behind(settings, store.cases.revision())
    return Ingested(reports, behind)


def source_mapping(
    source: str, given: Sequence[str], header_map: Path | None
) -> tuple[SourceMapping | None, dict[str, tuple[str, ...]]]:
    """How the rows are read: by a help desk's mapping, or else by columns. Raises InvalidInput."""
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


def near_source(source: str) -> str:
    """The help desk whose name this one nearly is, though it is another; empty when there is none."""
    name = source.casefold().replace(" ", "")
    known = (*SOURCES, "generic")
    return "" if source in known else next(iter(difflib.get_close_matches(name[:40], known, n=1, cutoff=0.8)), "")


def column_map(pairs: Sequence[str], file: Path | None) -> dict[str, tuple[str, ...]]:
    """Field to headers, from a file and from FIELD=HEADER pairs, which win. Raises InvalidInput."""
    return {**(load_column_map(file) if file else {}), **column_map_of_pairs(pairs)}


@contextmanager
def _written_store(settings: Settings, *, dry_run: bool) -> Iterator[Store]:
    """The library; a dry run where there is none yet looks at an empty one that is thrown away."""
    path = settings.database_path
    if not dry_run or path.exists():
        with open_library(settings) as store:
            yield store
        return
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / path.name, mask=settings.mask) as store:
        yield store


@contextmanager
def _comparing(settings: Settings, store: Store, *, wanted: bool, warn: Warn) -> Iterator[Check | None]:
    """What compares a case with the library; None where that is not wanted, or cannot be done now, which is said."""
    # A dry run where there is no library looks at an empty one elsewhere: there is nothing to compare with.
    if not wanted or store.path != settings.database_path:
        yield None
        return
    if (behind := changes_behind(settings, store.cases.revision())) > settings.delta_limit:
        warn(f"not compared with other cases: {behind} changes wait for `similar-cases index rebuild`")
        yield None
        return
    try:
        service = open_service(settings)
    except SimilarCasesError as error:
        warn(f"not compared with other cases: {error}")
        yield None
        return
    with service:
        yield partial(_compared, service, warn)


def _compared(service: Service, warn: Warn, case: Case) -> Arrival | None:
    try:
        return service.arrivals.report(case)
    except SimilarCasesError as error:
        warn(f"not compared with other cases any more: {error}")
        return None
