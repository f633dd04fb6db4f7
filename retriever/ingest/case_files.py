"""Files of cases as rows, one at a time: columns of tables and keys of JSON objects to the fields of a case.

A table with a column for the number of a ticket, and none for the id of a case, is a list of tickets: what is not
solved in it, or says nothing of how, is skipped, and a date in a spelling that nobody knows costs no row.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from retriever.case.dates import find_date
from retriever.case.fields import FIELDS
from retriever.case.format import IGNORED
from retriever.case.mentions import shown
from retriever.case.moments import moment_of
from retriever.errors import InvalidInput
from retriever.ingest.cells import DATES, field_value, joined_value
from retriever.ingest.cleaning.substance import says_nothing
from retriever.ingest.columns import ColumnMap, Columns, find_field, names_change, resolve_columns
from retriever.ingest.files.json_records import plain_numbers
from retriever.ingest.files.record_file import FileOptions, RecordFile
from retriever.ingest.files.records import AnyRecord, BrokenRecord, broken_record
from retriever.ingest.files.streams import PeekedStream, naming, open_bytes, suffix_of
from retriever.ingest.files.tables import TableRecord
from retriever.ingest.rows import AnyRow, CaseRow, Rejected, Skipped, record_of, unread
from retriever.ingest.sources.notices import is_notice
from retriever.ingest.sources.ticket import SkipReason, why_unfit
from retriever.ingest.states import State, state_of
from retriever.ingest.words import plain_name

_NUMBER = "source.external_id"
_NOT_READ = 'holds what could not be read, under "": put it right, and take that away'
_OBJECTS = ("source", "outcome", "background")
_WHOLE = frozenset((*FIELDS, *_OBJECTS, *IGNORED))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderOptions(FileOptions):
    """How a file of cases is read. `columns` says which headers (JSONL: keys, dotted) fill a field."""

    columns: ColumnMap = field(default_factory=dict)


class CaseFileReader:
    """The rows of an open file of cases; iterate them once."""

    def __init__(self, file: RecordFile, wanted: ColumnMap) -> None:
        """See `open_case_file`."""
        self.file = file
        self.columns = _resolved(file.table.header, wanted) if file.table else Columns()
        """How columns are read; for JSONL it fills while reading, with keys that are not named like their field."""
        self._wanted = wanted
        header = self.file.table.header.cells if self.file.table else []
        self._unread = [(place, name) for place, name in enumerate(header) if name in self.columns.ignored]
        self._changed = [place for place, name in enumerate(header) if names_change(name)]

    def __iter__(self) -> Iterator[AnyRow]:
        if self.file.table:
            return map(self._table_row, self.file.table.records)
        return map(self._json_row, self.file.records())

    def _table_row(self, record: TableRecord) -> AnyRow:
        if record.fault and self.file.table:
            return unread(broken_record(self.file.table.header.cells, record))
        cells = record.cells
        values: dict[str, Any] = {}
        for target, places in self.columns.places.items():
            # A record may end early: programs leave empty cells at its end out.
            texts = [cells[place] for place in places if place < len(cells) and cells[place]]
            if target == "status" and texts:
                values[target] = texts[0]
            elif len(texts) == 1:
                values[target] = field_value(target, texts[0])
            elif texts:
                values[target] = joined_value(target, texts)
        moment = next((cells[place] for place in self._changed if place < len(cells) and cells[place]), "")
        row = self._row(record.line, values, sum(map(len, cells)), moment_of(moment))
        return row._replace(record=self._whole(values, cells)) if isinstance(row, CaseRow) and self._unread else row

    def _whole(self, values: dict[str, Any], cells: Sequence[str]) -> dict[str, Any]:
        """The row with the columns that nobody reads."""
        rest = {name: cells[place] for place, name in self._unread if place < len(cells) and cells[place]}
        return {**values, "": rest} if rest else values

    def _json_row(self, record: AnyRecord) -> AnyRow:
        if isinstance(record, BrokenRecord):
            return unread(record)
        values = record_of(plain_numbers(record.values) if self.file.format == "json" else record.values)
        if "" in values and not isinstance(values[""], dict):
            return Rejected(record.line, "row", _NOT_READ, values)
        moment = next((value for key, value in values.items() if value and names_change(key)), "")
        return self._row(record.line, self._named(values), record.size, moment_of(moment))

    def _row(self, line: int, values: dict[str, Any], size: int, moment: str) -> CaseRow | Skipped:
        """The row of a case; of a ticket only where it is solved, and without dates that nobody understands."""
        status = values.get("status")
        if not self._tells_of_tickets:
            return CaseRow(
                line, values if status is None else {**values, "status": field_value("status", status)}, size
            )
        if isinstance(status, str):
            if unfit := why_unfit(status):
                return Skipped(line, str(unfit))
            if state_of(status) in (State.DONE, None):
                del values["status"]
        solution = values.get("solution")
        if isinstance(solution, str) and solution and (says_nothing(solution) or is_notice(solution)):
            return Skipped(line, str(SkipReason.WORTHLESS))
        unread = {
            name: value
            for name in DATES & values.keys()
            if not _is_own(name, self.columns.headers) and (value := values[name]) and not find_date(value)
        }
        kept = {name: value for name, value in values.items() if name not in unread}
        told = tuple((name, shown(value)) for name, value in unread.items())
        return CaseRow(line, kept, size, moment=moment, unread=told, is_ticket=True)

    @property
    def _tells_of_tickets(self) -> bool:
        headers = self.columns.headers
        return _NUMBER in headers and not _is_own(_NUMBER, headers) and "id" not in headers

    def _named(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values by field, without those of columns that nobody read (`_whole`).

        Unknown keys stay, so that they are refused, unless the caller mapped some.
        """
        wanted = self._wanted
        named: dict[str, Any] = {}
        for field_name, paths in wanted.items():
            found = [value for value in (_at(values, path) for path in paths) if value not in (None, "")]
            if found:
                named[field_name] = found[0] if len(found) == 1 else _joined_json(field_name, found)
        used = {path for paths in wanted.values() for path in paths}
        for key, value in values.items():
            if not key or key in used or (key not in _WHOLE and names_change(key)):
                continue
            target = key if key in _WHOLE else find_field(key)
            if target is not None and target in wanted:
                continue
            if target is not None and (target == key or (target not in named and target not in values)):
                self._note(target, key)
                named[target] = value
            elif not wanted:
                # Also a second name for the same field: refused, since one of the two texts would be lost.
                named[key] = value
        return {
            target: field_value(target, value) if type(value) is str and target != "status" else value
            for target, value in named.items()
        }

    def _note(self, target: str, key: str) -> None:
        if key != target and target not in self.columns.headers:
            self.columns = Columns(headers={**self.columns.headers, target: (key,)})


@contextmanager
def open_case_file(source: Path | BinaryIO, options: ReaderOptions | None = None) -> Iterator[CaseFileReader]:
    """Open a file of cases, an open binary stream, or the standard input (`Path("-")`).

    Whatever `options` does not name is found out. Raises InvalidInput for a file that is
    missing, is of no known kind, or has no column for the problem.
    """
    options = options or ReaderOptions()
    wanted = {name for names in options.columns.values() for name in names}
    with ExitStack() as opened:
        stream = opened.enter_context(open_bytes(source))
        with naming(source):
            file = RecordFile(
                PeekedStream(stream),
                options,
                suffix=suffix_of(source),
                known=lambda header: header.strip() in wanted or find_field(header) is not None,
            )
            reader = CaseFileReader(opened.enter_context(file), options.columns)
        yield reader


def _resolved(header: TableRecord, wanted: ColumnMap) -> Columns:
    if header.fault:
        raise InvalidInput(f"the header, line {header.line}, {header.fault}.")
    columns = resolve_columns(header.cells, wanted)
    if "problem" not in columns.places:
        named = ", ".join(repr(cell[:40]) for cell in header.cells[:40])
        raise InvalidInput(
            f"no column is known to hold the problem; the header, line {header.line}, has {named}. "
            "Map one, for example problem=Description."
        )
    return columns


def _is_own(field: str, headers: ColumnMap) -> bool:
    """Is the field filled by a column that has its very name, as our own exports have?"""
    return all(
        plain_name(header) in (plain_name(field), plain_name(field.rpartition(".")[2]))
        for header in headers.get(field, ())
    )


def _at(values: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401  any JSON
    """The value under a key, or under dotted keys of nested objects; None when there is none."""
    if path in values:
        return values[path]
    head, dot, rest = path.partition(".")
    inner = values.get(head)
    return _at(inner, rest) if dot and isinstance(inner, Mapping) else None


def _joined_json(target: str, found: Sequence[Any]) -> Any:  # noqa: ANN401  any JSON
    if all(isinstance(value, str) for value in found):
        return joined_value(target, found)
    if all(isinstance(value, list | str) for value in found):
        return [item for value in found for item in (value if isinstance(value, list) else [value])]
    return found[0]
