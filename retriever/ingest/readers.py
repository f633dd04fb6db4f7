"""Rows of JSONL, JSON, CSV and XLSX files, one at a time, each with its line; the unreadable ones as `Rejected`."""

import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, NamedTuple, Self, TypeAlias

from retriever.case.fields import FIELDS
from retriever.case.format import IGNORED
from retriever.errors import InvalidInput
from retriever.ingest.cells import field_value, joined_value, unguarded
from retriever.ingest.columns import ColumnMap, Columns, find_field, resolve_columns
from retriever.ingest.decoding import LineReader, TextLine
from retriever.ingest.jsontext import json_fault, parsed_json
from retriever.ingest.records import Broken, Found, iter_sheet, open_records, plain_numbers
from retriever.ingest.signals import NO_SIGNALS, Signals
from retriever.ingest.tables import TableRecord, iter_records, read_header, sniff_delimiter
from retriever.masking import KnownEntities
from retriever.masking.spans import NOBODY

Format: TypeAlias = Literal["jsonl", "csv", "json", "xlsx"]
STDIN = Path("-")
"""Stands for the standard input wherever a path is expected."""

_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
}
_PEEKED = 200  # lines
_AS_FILE = "give the file itself, or put each object on a line of its own"
_OBJECTS = ("source", "outcome", "background")
_WHOLE = frozenset((*FIELDS, *_OBJECTS, *IGNORED))


class CaseRow(NamedTuple):
    """What one record says, by field of a case; `line` is where it begins, `size` its length in characters.

    `people` are whom the record speaks of in its own fields, `signals` what rules may ask of it.
    """

    line: int
    values: dict[str, Any]
    size: int
    people: KnownEntities = NOBODY
    signals: Signals = NO_SIGNALS


class Rejected(NamedTuple):
    """A record that did not go in: where it begins, which field is to blame (or `row`), and why."""

    line: int
    field: str
    reason: str


class Skipped(NamedTuple):
    """A record that is sound and becomes no case: where it begins, and why (see `SkipReason`)."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """How to read a file; empty means find out. `columns` says which headers (JSONL: keys, dotted) fill a field."""

    format: Format | None = None
    encoding: str = ""
    delimiter: str = ""
    columns: ColumnMap = field(default_factory=dict)


class RowReader:
    """An open file of cases. Iterate it once; close it after use (or use `with`)."""

    def __init__(self, stream: BinaryIO, options: ReaderOptions, *, suffix: str = "", owned: bool = False) -> None:
        """See `open_rows`."""
        self._closing = ExitStack()
        if owned:
            self._closing.callback(stream.close)
        self._lines = LineReader(stream, encoding=options.encoding)
        self._rest = iter(self._lines)
        self._options = options
        head = list(itertools.islice(self._rest, _PEEKED))
        self.format: Format = options.format or _SUFFIXES.get(suffix.lower()) or _format_of(head)
        self.delimiter = ""
        self.columns = Columns()
        """How columns are read; for JSONL it fills while reading, with keys that are not named like their field."""
        self._width = 0
        self._rest = itertools.chain(head, self._rest)
        if self.format == "csv":
            self._read_header(head)
        else:
            _refuse_array(head)

    @property
    def encoding(self) -> str:
        """The encoding the file is read in; certain once a line with more than ASCII has been seen."""
        return self._lines.encoding

    @property
    def offset(self) -> int:
        """Bytes taken from the file so far, in steps of 1 MiB: for a progress bar."""
        return self._lines.offset

    def __iter__(self) -> Iterator[CaseRow | Rejected]:
        return self._table_rows() if self.format == "csv" else self._json_rows()

    def close(self) -> None:
        """Close the file, unless the caller gave it open."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_header(self, head: Sequence[TextLine]) -> None:
        wanted = {name for names in self._options.columns.values() for name in names}
        self.delimiter = self._options.delimiter or sniff_delimiter(
            [line.text for line in head], lambda cell: cell.strip() in wanted or find_field(cell) is not None
        )
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise InvalidInput(f"a delimiter is one character, not {self.delimiter[:20]!r}.")
        header = read_header(self._rest, self.delimiter)
        if header is None:
            return
        if header.fault:
            raise InvalidInput(f"the header, line {header.line}, {header.fault}.")
        self._resolve(header)

    def _resolve(self, header: TableRecord) -> None:
        self._width = len(header.cells)
        self.columns = resolve_columns(header.cells, self._options.columns)
        if "problem" not in self.columns.places:
            named = ", ".join(repr(cell[:40]) for cell in header.cells[:40])
            raise InvalidInput(
                f"no column is known to hold the problem; the header, line {header.line}, has {named}. "
                "Map one, for example problem=Description."
            )

    def _table_rows(self) -> Iterator[CaseRow | Rejected]:
        for record in iter_records(self._rest, self.delimiter, width=self._width):
            yield Rejected(record.line, "row", record.fault) if record.fault else self._table_row(record)

    def _table_row(self, record: TableRecord) -> CaseRow:
        cells = record.cells
        values: dict[str, Any] = {}
        for target, places in self.columns.places.items():
            # A record may end early: programs leave empty cells at its end out.
            texts = [cells[place] for place in places if place < len(cells) and cells[place]]
            if len(texts) == 1:
                values[target] = field_value(target, unguarded(texts[0]))
            elif texts:
                values[target] = joined_value(target, [unguarded(text) for text in texts])
        return CaseRow(record.line, values, sum(map(len, cells)))

    def _json_rows(self) -> Iterator[CaseRow | Rejected]:
        for line in self._rest:
            if line.fault:
                yield Rejected(line.number, "row", line.fault)
            elif line.text and not line.text.isspace():
                yield self._json_row(line)

    def _json_row(self, line: TextLine) -> CaseRow | Rejected:
        try:
            values = parsed_json(line.text)
        except (ValueError, RecursionError) as error:
            return Rejected(line.number, "row", f"is no valid JSON ({json_fault(error)})")
        if not isinstance(values, dict):
            return Rejected(line.number, "row", "expected a JSON object, one per line")
        return CaseRow(line.number, self._named(values), len(line.text))

    def _named(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values by field. Unknown keys stay, so that they are refused, unless the caller mapped some."""
        wanted = self._options.columns
        named: dict[str, Any] = {}
        for field_name, paths in wanted.items():
            found = [value for value in (_at(values, path) for path in paths) if value not in (None, "")]
            if found:
                named[field_name] = found[0] if len(found) == 1 else _joined_json(field_name, found)
        used = {path for paths in wanted.values() for path in paths}
        for key, value in values.items():
            if key in used:
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
        return {target: field_value(target, value) if type(value) is str else value for target, value in named.items()}

    def _note(self, target: str, key: str) -> None:
        if key != target and target not in self.columns.headers:
            self.columns = Columns(headers={**self.columns.headers, target: (key,)})


def open_rows(source: Path | BinaryIO, options: ReaderOptions | None = None) -> RowReader:
    """Open a file of cases, an open binary stream, or the standard input (`Path("-")`).

    Format, encoding and delimiter are found out unless `options` names them. Raises InvalidInput for a file that is
    missing, is no JSONL or CSV, or has no column for the problem.
    """
    options = options or ReaderOptions()
    if not isinstance(source, Path):
        return RowReader(source, options)
    if source != STDIN and (kind := _document_kind(source, options)):
        return DocumentReader(source, options, kind)
    if source == STDIN:
        return RowReader(sys.stdin.buffer, options)
    try:
        stream = source.open("rb")
    except OSError as error:
        raise InvalidInput(f"{source} cannot be read: {error.strerror}.") from error
    try:
        return RowReader(stream, options, suffix=source.suffix, owned=True)
    except InvalidInput as error:
        stream.close()
        raise InvalidInput(f"{source.name}: {error}") from error


class DocumentReader(RowReader):
    """Rows of a file that has no lines: a JSON array, or the first sheet of a workbook."""

    def __init__(self, source: Path, options: ReaderOptions, kind: Literal["json", "xlsx"]) -> None:
        """See `open_rows`."""
        self._closing = ExitStack()
        self._options = options
        self.format = kind
        self.delimiter = ""
        self.columns = Columns()
        self._size = source.stat().st_size
        self._records = self._closing.enter_context(open_records(source, encoding=options.encoding))
        self._sheet: Iterator[tuple[int, list[str]]] = iter(())
        if kind == "xlsx":
            self._sheet = iter_sheet(self._closing.enter_context(source.open("rb")))
            header = next(self._sheet, None)
            if header:
                self._resolve(TableRecord(1, [cell.strip() for cell in header[1]]))

    @property
    def encoding(self) -> str:
        """Both kinds of file are Unicode by themselves."""
        return self._records.encoding

    @property
    def offset(self) -> int:
        """Bytes taken so far; a workbook is unpacked out of order."""
        return self._records.offset if self.format == "json" else self._size

    def __iter__(self) -> Iterator[CaseRow | Rejected]:
        if self.format == "xlsx":
            return (self._table_row(TableRecord(line, cells)) for line, cells in self._sheet)
        return map(self._json_item, self._records)

    def _json_item(self, item: Found | Broken) -> CaseRow | Rejected:
        if isinstance(item, Broken):
            return Rejected(item.line, "row", item.reason)
        return CaseRow(item.line, self._named(plain_numbers(item.values)), item.size)


def _document_kind(source: Path, options: ReaderOptions) -> Literal["json", "xlsx"] | None:
    """Whether the file is a workbook or a JSON array; None when it is read line by line, or cannot be opened."""
    if options.format in ("json", "xlsx"):
        return options.format
    if options.format is not None or options.encoding:
        return None
    try:
        with source.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        return None
    if head.startswith(b"PK\x03\x04") and source.suffix.lower() in (".xlsx", ".xlsm"):
        return "xlsx"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "json" if text.startswith(b"[") or text.partition(b"\n")[0].strip() == b"{" else None


def _format_of(head: Sequence[TextLine]) -> Format:
    first = next((line.text.strip() for line in head if line.text.strip()), "")
    return "jsonl" if first.startswith(("{", "[")) else "csv"


def _refuse_array(head: Sequence[TextLine]) -> None:
    """In a pipe, or where the caller said that it is JSONL: the file itself is read as the array that it is."""
    first = next((line.text.strip() for line in head if line.text.strip()), "")
    if first.startswith("["):
        raise InvalidInput(f"this is one JSON array; {_AS_FILE} (jq -c '.[]').")
    if first == "{":
        raise InvalidInput(f"this is JSON over several lines; {_AS_FILE} (jq -c .).")


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
