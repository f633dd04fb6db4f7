"""The records of a help desk's export as rows of cases, in the place of `RowReader` where a mapping is given."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from retriever.ingest.columns import Columns
from retriever.ingest.readers import CaseRow, ReaderOptions, Rejected, Skipped
from retriever.ingest.records import Broken, Found, open_records
from retriever.ingest.sources.registry import SourceMapping
from retriever.ingest.sources.ticket import SkipReason


class SourceReader:
    """An open export of one help desk. Iterate it once; close it after use (or use `with`)."""

    def __init__(self, source: Path | BinaryIO, options: ReaderOptions, mapping: SourceMapping) -> None:
        """Open the file. Raises InvalidInput when it is missing or of no known kind."""
        self._mapping = mapping
        self._records = open_records(
            source, envelopes=mapping.envelopes, encoding=options.encoding, delimiter=options.delimiter
        )
        self.format = self._records.format
        self.columns = Columns(headers=mapping.overrides)

    @property
    def encoding(self) -> str:
        """The encoding the file is read in."""
        return self._records.encoding

    @property
    def delimiter(self) -> str:
        """The delimiter of a table, empty for other files."""
        return self._records.delimiter

    @property
    def offset(self) -> int:
        """Bytes taken from the file so far."""
        return self._records.offset

    def __iter__(self) -> Iterator[CaseRow | Rejected | Skipped]:
        return map(self._row, self._records)

    def close(self) -> None:
        """Close the file, unless the caller gave it open."""
        self._records.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _row(self, record: Found | Broken) -> CaseRow | Rejected | Skipped:
        if isinstance(record, Broken):
            return Rejected(record.line, "row", record.reason)
        result = self._mapping.row(record.values)
        if isinstance(result, SkipReason):
            return Skipped(record.line, str(result))
        return CaseRow(record.line, result.values, record.size, result.people, result.signals)
