"""One open file of records, a table or JSON objects: the one place that knows what each format is read with."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Literal, TypeAlias

from retriever.errors import InvalidInput
from retriever.ingest.files.encodings import ZIP, beginning, find_encoding
from retriever.ingest.files.headers import HeaderSearch
from retriever.ingest.files.json_records import iter_json_lines, open_json
from retriever.ingest.files.json_text import parsed_json
from retriever.ingest.files.lines import LineReader
from retriever.ingest.files.notes import Notes
from retriever.ingest.files.records import AnyRecord, iter_by_header
from retriever.ingest.files.streams import PeekedStream
from retriever.ingest.files.tables import Table, open_csv
from retriever.ingest.files.workbooks import open_sheet

FileFormat: TypeAlias = Literal["jsonl", "csv", "json", "xlsx"]


_SUFFIXES: dict[str, FileFormat] = {".csv": "csv", ".tsv": "csv", ".tab": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """How a file is read; empty means find out. `sheet` (name or number) and `header_row` (its line) are of tables."""

    format: FileFormat | None = None
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 0


class RecordFile(AbstractContextManager["RecordFile"]):
    """A file as a `table` (CSV, XLSX; None when it is empty), or as objects; either is read once."""

    def __init__(
        self,
        stream: PeekedStream,
        options: FileOptions,
        *,
        suffix: str = "",
        known: Callable[[str], bool] = bool,
        envelopes: Sequence[str] = (),
    ) -> None:
        """Look at the beginning. `known` tells which headers mean something, for finding them and the delimiter.

        `envelopes` are the keys of a JSON page under which its records may stand. Raises InvalidInput.
        """
        self.format = options.format or _format_of(stream.peek(), options.encoding, suffix, envelopes)
        self.notes = Notes()
        """What a person should know of the file; complete once it is read."""
        self.table: Table | None = None
        self._stream = stream
        self._encoding = ""
        self._lines: LineReader | None = None
        self._opened = ExitStack()
        self._objects: Iterator[AnyRecord] = iter(())
        search = HeaderSearch(known, options.header_row)
        _refuse_options(options, self.format)
        if self.format == "xlsx":
            with ExitStack() as opened:
                whole = stream.whole()
                self.table = open_sheet(whole, opened, search=search, notes=self.notes, sheet=options.sheet)
                self._opened = opened.pop_all()
        elif self.format == "json":
            self._encoding = find_encoding(stream.peek(), options.encoding, is_long=stream.is_long)[0]
            self._objects = open_json(stream, envelopes, encoding=options.encoding)
        else:
            self._lines = LineReader(stream, encoding=options.encoding)
            if self.format == "csv":
                self.table = open_csv(self._lines, options.delimiter, search, self.notes)
            else:
                self._objects = iter_json_lines(self._lines)

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @property
    def encoding(self) -> str:
        """The encoding of a text; certain once a line with more than ASCII has been seen."""
        return self._lines.encoding if self._lines else self._encoding or "utf-8"

    @property
    def delimiter(self) -> str:
        """What stands between the cells of a CSV; empty for other files."""
        return self.table.delimiter if self.table else ""

    @property
    def offset(self) -> int:
        """Bytes taken from the file so far, in steps of 1 MiB: for a progress bar."""
        return self._stream.offset

    def records(self) -> Iterator[AnyRecord]:
        """All records by key or header."""
        return iter_by_header(self.table) if self.table else self._objects


def _format_of(head: bytes, encoding: str, suffix: str, envelopes: Sequence[str]) -> FileFormat:
    """By its content, and by its name where the content may be several."""
    if head.startswith(ZIP):
        return "xlsx"
    if suffix in (".xlsx", ".xlsm") and head:
        raise InvalidInput("this is no XLSX workbook; save it again as XLSX, or as CSV (UTF-8).")
    text = beginning(head, encoding).lstrip("\ufeff \t\r\n")
    if _SUFFIXES.get(suffix) == "csv":
        return "csv"
    if text.startswith("["):
        return "json"
    if text.startswith("{"):
        return "jsonl" if _begins_with_record(text, envelopes, by_line=_SUFFIXES.get(suffix) == "jsonl") else "json"
    return "jsonl" if suffix == ".json" else _SUFFIXES.get(suffix, "csv")


def _begins_with_record(text: str, envelopes: Sequence[str], *, by_line: bool) -> bool:
    """Is the first line a record of its own, and not a page of them? `by_line`: the file's name says so."""
    line, newline, rest = text.partition("\n")
    try:
        value = parsed_json(line)
    except json.JSONDecodeError:
        return _stands_alone(line, rest, ("[", ",", ":"))
    except ValueError:  # nothing is wrong with its form; brackets at its end may be those that are too many
        return by_line or _stands_alone(line, rest, (",", ":"))
    page = isinstance(value, dict) and any(isinstance(value.get(name), list) for name in envelopes)
    return isinstance(value, dict) and not page and (bool(newline) or bool(value))


def _stands_alone(line: str, rest: str, going_on: tuple[str, ...]) -> bool:
    """Does the next line begin a record, so that a line which is no JSON costs itself alone?

    Within a document a brace follows what is `going_on`: a bracket, a comma or a colon.
    """
    return rest.lstrip().startswith("{") and not line.rstrip().endswith(going_on)


def _refuse_options(options: FileOptions, format: FileFormat) -> None:
    if options.sheet and format != "xlsx":
        raise InvalidInput("--sheet goes with a workbook (XLSX).")
    if options.header_row and format not in ("csv", "xlsx"):
        raise InvalidInput("--header-row goes with a table (CSV, XLSX).")
