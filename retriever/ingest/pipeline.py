"""A file of cases into the store: checked row by row, written in batches, resumed where it was interrupted.

Every batch is one transaction that also holds how far the file has been read, so that after a kill at any moment the
next run goes on behind the last committed row. Rows are refused one by one, with line, field and reason.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias

import orjson

from retriever.case.access import OPEN
from retriever.case.language_tags import UNSURE
from retriever.case.reading import case_of
from retriever.case.template import INCOMPLETE_BELOW, completeness_of
from retriever.domain import OPERATOR, Case, Source, Status
from retriever.errors import InvalidCase
from retriever.ingest.case_files import CaseFileReader, ReaderOptions, open_case_file
from retriever.ingest.exports import ExportReader, open_export
from retriever.ingest.files.streams import STDIN
from retriever.ingest.mending import damaged_values, mended_people, mended_values
from retriever.ingest.naming import identity_of, with_id, with_system
from retriever.ingest.report import Arrival, Example, IngestCounts, IngestReport, RejectsFile
from retriever.ingest.rows import AnyRow, CaseRow, Rejected, Skipped
from retriever.ingest.rules import TicketRules
from retriever.ingest.sources.registry import MAPPING_VERSION, SourceMapping, describe
from retriever.ingest.sources.ticket import SkipReason
from retriever.masking import MASKING_VERSION, mask_text
from retriever.store.imports import Revise
from retriever.store.ingests import IngestProgress
from retriever.store.masking import MaskedCase, MaskedCases
from retriever.store.store import Store
from retriever.store.upserts import Upserted

BATCH_CHARACTERS = 8_000_000
"""A batch also ends here, so that a thousand very long rows do not fill the memory."""

EXAMPLES = 5
"""Rows of a dry run that are shown before and after masking; near-duplicates and suggestions that are shown, too."""
Check: TypeAlias = Callable[[Case], Arrival | None]
"""Compares a case that is new or changed, as the library holds it, with the others; None when that cannot be done."""


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How a file is taken in.

    `source_system` names the help desk for rows that name none; an `id` in such rows is then taken for its ticket
    number, so that two help desks that number alike do not overwrite each other. `defaults` fills empty fields.
    `resume` goes on where an interrupted run of the same file with the same options stopped (never for streams).
    `keep_rejected` limits the refused rows in the report; `rejects_path` gets all of them, as JSONL.
    `mapping` reads the records of a help desk. Resolved tickets become drafts of `owner`, or with `publish` published
    cases, unless `rules` leave them out. At most `check_limit` cases are compared with others (-1: all).
    """

    reader: ReaderOptions = field(default_factory=ReaderOptions)
    mapping: SourceMapping | None = None
    publish: bool = False
    owner: str = OPERATOR.id
    rules: TicketRules = field(default_factory=TicketRules)
    source_system: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False
    resume: bool = True
    check_limit: int = 1_000
    batch: int = 1_000
    rejects_path: Path | None = None
    keep_rejected: int = 100


class IngestStep(NamedTuple):
    """Where an ingest stands, told after each batch; `bytes_total` is 0 for a stream."""

    read: int
    rejected: int
    bytes_read: int
    bytes_total: int


def ingest(
    source: Path | BinaryIO,
    store: Store,
    options: IngestOptions | None = None,
    *,
    progress: Callable[[IngestStep], None] | None = None,
    revise: Revise | None = None,
    check: Check | None = None,
) -> IngestReport:
    """Take a JSONL, JSON, CSV or XLSX file (or stream; `Path("-")` is the standard input) into the store.

    A row without id is named `system:external_id`, or after its content (see `naming`); without language, by its text.
    The same file again changes nothing. Personal data is masked as the store wants it, with what a ticket's own
    record says of people. `revise` makes pending revisions of published cases whose tickets changed; without it they
    are kept as they are. `check` is asked for what is new or changed, once its batch is on the disk. Raises
    InvalidInput when the file is none that can be read, Locked or Unavailable when the store cannot be written: what
    was committed stays, and the next run goes on there.
    """
    options = options or IngestOptions()
    started = time.perf_counter()
    # Opened first: what cannot be read is refused before its bytes are hashed.
    with _opened(source, options) as reader:
        whole = _file_of(source, options)
        before = store.ingests.find(whole.sha256, whole.mapping) if whole and _resumes(options) else None
        before = None if before and before.finished else before
        resumed_from = before.line if before else 0
        with RejectsFile(options.rejects_path, keep=options.keep_rejected, up_to_line=resumed_from) as rejects:
            counts = IngestCounts.from_dict(before.counts) if before else IngestCounts()
            run = _Run(store, options, rejects, file=whole, counts=counts, revise=revise, check=check)
            for row in reader:
                if row.line <= resumed_from:
                    run.skip(row)
                elif run.take(row):
                    run.commit()
                    if progress:
                        size = whole.size if whole else 0
                        progress(IngestStep(counts.read, counts.rejected, reader.file.offset, size))
            run.commit(finished=True)
        return IngestReport(
            **{item.name: getattr(counts, item.name) for item in fields(counts)},
            rows=tuple(rejects.kept),
            examples=tuple(run.examples),
            arrivals=tuple(run.arrivals),
            took=time.perf_counter() - started,
            resumed_from=resumed_from,
            dry_run=options.dry_run,
            owner=options.owner,
            format=reader.file.format,
            encoding=reader.file.encoding,
            delimiter=reader.file.delimiter,
            columns=reader.columns.headers,
            ignored_columns=reader.columns.ignored,
            rejects_path=options.rejects_path,
            notes=reader.file.notes.lines(),
        )


class _Run:
    """The batch being filled, and what is known of the rows before it."""

    def __init__(
        self,
        store: Store,
        options: IngestOptions,
        rejects: RejectsFile,
        *,
        file: IngestProgress | None,
        counts: IngestCounts,
        revise: Revise | None,
        check: Check | None,
    ) -> None:
        self.examples: list[Example] = []
        self._masked_shown = False
        self.arrivals: list[Arrival] = []
        self._store = store
        self._options = options
        self._rejects = rejects
        self._file = file
        self._counts = counts
        self._revise = revise
        self._check = check
        self._batch: list[tuple[int, MaskedCase]] = []
        self._records: list[dict[str, Any]] = []
        self._moments: list[str] = []
        self._has_tickets = False
        self._rows = self._characters = self._line = 0
        # Hashes, since the ids of a million rows would fill the memory that the rows themselves do not.
        self._seen: dict[int, tuple[int, int]] = {}

    def skip(self, row: AnyRow) -> None:
        """Remember a row that an earlier run has committed, in case its id comes again."""
        if isinstance(row, CaseRow):
            values = mended_values(with_system(row.values, self._options.source_system))
            if any(identity := identity_of(values)):
                self._seen.setdefault(hash(identity), _traits(values))

    def take(self, row: AnyRow) -> bool:
        """Check a row and put it into the batch; True when the batch should be committed."""
        self._line = row.line
        self._rows += 1
        self._counts.read += 1
        if isinstance(row, Rejected):
            self._reject(*row)
        elif isinstance(row, Skipped):
            self._counts.skip(row.reason)
        else:
            self._characters += row.size
            try:
                self._take_row(row)
            except InvalidCase as error:
                self._reject(row.line, error.field, error.reason, row.record or row.values)
        return self._rows >= self._options.batch or self._characters >= BATCH_CHARACTERS

    def commit(self, *, finished: bool = False) -> None:
        """Write the batch together with how far the file has been read."""
        # What comes from tickets must not undo what people did with their cases here.
        write: Callable[..., list[Upserted]]
        cases = MaskedCases(case for _, case in self._batch)
        if self._has_tickets:
            moments, owner = self._moments, self._options.owner
            write = partial(self._store.imports.write, cases, moments=moments, owner=owner, revise=self._revise)
        else:
            write = partial(self._store.cases.upsert, cases)
        if self._options.dry_run:
            outcomes = write(dry_run=True)
            self._settle(outcomes, finished)
        elif self._file is None:
            outcomes = write()
            self._settle(outcomes, finished)
        else:
            # Within the transaction: refused rows are on the disk before the progress that passes over them.
            outcomes = write(progress=lambda outcomes: self._settle(outcomes, finished))
        self._compare(outcomes)
        self._batch.clear()
        self._records.clear()
        self._moments.clear()
        self._rows = self._characters = 0

    def _settle(self, outcomes: Sequence[Upserted], finished: bool) -> IngestProgress:
        counts = self._counts
        for (line, case), record, outcome in zip(self._batch, self._records, outcomes, strict=True):
            if outcome.action in ("created", "updated"):
                counts.drafts += case.status in OPEN
                counts.published += case.status is Status.PUBLISHED
            counts.created += outcome.action == "created"
            counts.updated += outcome.action == "updated"
            counts.unchanged += outcome.action == "unchanged"
            counts.kept += outcome.action in ("kept", "older")
            counts.older += outcome.action == "older"
            counts.revised += outcome.action == "proposed"
            if outcome.action == "refused":
                self._reject(line, "id", outcome.reason, record)
        self._rejects.flush()
        known = self._file or IngestProgress("", 0)
        return replace(known, line=self._line or known.line, finished=finished, counts=counts.to_dict())

    def _compare(self, outcomes: Sequence[Upserted]) -> None:
        """Compare what is new or changed with the others; outside of the transaction, since it takes its time."""
        limit, shown = self._options.check_limit, self.arrivals
        for (_, case), outcome in zip(self._batch, outcomes, strict=True):
            if self._check is None or self._counts.checked == limit:
                return
            if outcome.action not in ("created", "updated", "proposed"):
                continue
            arrival = self._check(replace(case, id=outcome.id))
            if arrival is None:
                self._check = None
                return
            self._counts.arrive(arrival)
            doubles = sum(other.is_near_duplicate for other in shown)
            full = doubles if arrival.is_near_duplicate else len(shown) - doubles
            if full < EXAMPLES and (arrival.is_near_duplicate or arrival.suggested):
                shown.append(arrival)

    def _take_row(self, row: CaseRow) -> None:
        case = self._case(row)
        if not self._options.rules.decide(case, row.signals).proposed:
            self._counts.skip(SkipReason.BY_RULE)
            return
        masked = self._store.masking.case(case, mended_people(row.people))
        if self._options.dry_run:
            self._show(Example(row.line, _shown(case), _shown(masked)))
        self._counts.language_unsure += case.language == UNSURE
        self._counts.incomplete += completeness_of(case).score < INCOMPLETE_BELOW
        self._batch.append((row.line, masked))
        self._records.append(row.record or row.values)
        self._moments.append(row.moment)
        self._has_tickets |= row.is_ticket
        self._counts.note_dates(row.line, row.unread)

    def _show(self, example: Example) -> None:
        """Keep the first rows in which masking acted; as long as there are none, the first rows."""
        acted = example.before != example.after
        if acted and not self._masked_shown:
            self.examples.clear()
        if (acted or not self._masked_shown) and len(self.examples) < EXAMPLES:
            self.examples.append(example)
        self._masked_shown |= acted

    def _case(self, row: CaseRow) -> Case:
        given = with_system(row.values, self._options.source_system)
        values = mended_values(given)
        self._counts.note_texts(row.line, mended=values != given, damaged=damaged_values(values))
        identity, traits = identity_of(values), _traits(values)
        content, opened = self._seen.get(hash(identity), traits)
        # Pages of an incremental export hold a ticket once for each of its states; the newest counts. Two tickets that
        # two help desks number alike were opened at different times.
        is_later_state = bool(row.moment and values.get("opened_at")) and opened == traits[1]
        if content != traits[0] and not is_later_state:
            raise InvalidCase("id", "an earlier row of this file has the same id and other content; keep one of them")
        defaults = self._options.defaults
        named, by_content = with_id(values, str(defaults.get("source.system") or Source().system))
        case = case_of(named, defaults=defaults)
        if any(identity):
            self._seen[hash(identity)] = traits
        self._counts.named_by_content += by_content
        self._counts.note_name(str(values.get("source.external_id") or row.values.get("id") or ""), case.id)
        if row.is_ticket and not values.get("status"):
            case = replace(case, status=Status.PUBLISHED if self._options.publish else Status.DRAFT)
        return case

    def _reject(self, line: int, field: str, reason: str, record: Mapping[str, Any] | None = None) -> None:
        self._counts.rejected += 1
        # A shifted column puts a value where a name or a date was expected, and messages name what they got.
        self._rejects.add(Rejected(line, mask_text(field).text, mask_text(reason).text), record)


def _opened(
    source: Path | BinaryIO, options: IngestOptions
) -> AbstractContextManager[CaseFileReader] | AbstractContextManager[ExportReader]:
    if options.mapping is None:
        return open_case_file(source, options.reader)
    return open_export(source, options.mapping, options.reader)


def _traits(values: Mapping[str, Any]) -> tuple[int, int]:
    """Hashes of all that a row says, and of when its ticket was opened."""
    return hash(repr(values)), hash(values.get("opened_at"))


def _shown(case: Case) -> dict[str, str]:
    return {"title": case.title, "problem": case.problem, "solution": case.solution}


def _resumes(options: IngestOptions) -> bool:
    return options.resume and not options.dry_run


def _file_of(source: Path | BinaryIO, options: IngestOptions) -> IngestProgress | None:
    """The file as the store knows it, at its beginning; None for what cannot be read twice."""
    if not isinstance(source, Path) or source == STDIN or not source.is_file():
        return None
    reader = options.reader
    how: list[Any] = [
        reader.format,
        reader.encoding,
        reader.delimiter,
        sorted(reader.columns.items()),
        options.source_system,
    ]
    if reader.sheet or reader.header_row:
        how += [reader.sheet, reader.header_row]
    if options.mapping:
        how += [*describe(options.mapping), repr(options.rules), MASKING_VERSION]
    how += [MAPPING_VERSION, options.publish, options.owner]
    mapping = hashlib.sha256(orjson.dumps([*how, repr(sorted(options.defaults.items()))])).hexdigest()[:16]
    state = source.stat()
    with source.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return IngestProgress(sha256, 0, mapping, source.name, state.st_size, state.st_mtime_ns)
