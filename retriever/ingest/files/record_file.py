"""One open file of records, a table or JSON objects: the one place that knows what each format is read with."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

from retriever.ingest.files.json_records import iter_json_lines, open_json
from retriever.ingest.files.lines import LineReader
from retriever.ingest.files.records import AnyRecord, iter_by_header
from retriever.ingest.files.streams import PeekedStream
from retriever.ingest.files.tables import Table, open_csv
from retriever.ingest.files.workbooks import open_sheet

FileFormat: TypeAlias = Literal["jsonl", "csv", "json", "xlsx"]


class RecordFile:
    """A file as a `table` (CSV, XLSX; None when it is empty), or as objects; either is read once."""

    def __init__(
        self,
        stream: PeekedStream,
        format: FileFormat,
        *,
        encoding: str = "",
        delimiter: str = "",
        known: Callable[[str], bool] = bool,
        envelopes: Sequence[str] = (),
    ) -> None:
        """Look at the beginning. `known` tells which headers mean something, for finding the delimiter.

        `envelopes` are the keys of a JSON page under which its records may stand. Raises InvalidInput.
        """
        self.format = format
        self.table: Table | None = None
        self._stream = stream
        self._encoding = encoding or "utf-8"
        self._lines: LineReader | None = None
        self._objects: Iterator[AnyRecord] = iter(())
        if format == "xlsx":
            self.table = open_sheet(stream.whole())
        elif format == "json":
            self._objects = open_json(stream, envelopes)
        else:
            self._lines = LineReader(stream, encoding=encoding)
            if format == "csv":
                self.table = open_csv(self._lines, delimiter, known)
            else:
                self._objects = iter_json_lines(self._lines)

    @property
    def encoding(self) -> str:
        """The encoding of a text; certain once a line with more than ASCII has been seen."""
        return self._lines.encoding if self._lines else self._encoding

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
