"""The export of a help desk as rows of cases, by the mapping of that help desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from retriever.ingest.columns import Columns, find_field
from retriever.ingest.files.record_file import FileOptions, RecordFile
from retriever.ingest.files.records import AnyRecord, BrokenRecord
from retriever.ingest.files.streams import PeekedStream, naming, open_bytes, suffix_of
from retriever.ingest.rows import AnyRow, CaseRow, Skipped, record_of, unread
from retriever.ingest.sources.registry import SourceMapping
from retriever.ingest.sources.ticket import SkipReason


class ExportReader:
    """The rows of an open export; iterate them once."""

    def __init__(self, file: RecordFile, mapping: SourceMapping) -> None:
        """See `open_export`."""
        self.file = file
        self.columns = Columns(headers=mapping.overrides)
        self._mapping = mapping

    def __iter__(self) -> Iterator[AnyRow]:
        return map(self._row, self.file.records())

    def _row(self, record: AnyRecord) -> AnyRow:
        if isinstance(record, BrokenRecord):
            return unread(record)
        values = record_of(record.values)
        result = self._mapping.row(values)
        if isinstance(result, SkipReason):
            return Skipped(record.line, str(result))
        more = (result.people, result.signals, result.moment, result.unread)
        return CaseRow(record.line, result.values, record.size, *more, is_ticket=True, record=values)


@contextmanager
def open_export(
    source: Path | BinaryIO, mapping: SourceMapping, options: FileOptions | None = None
) -> Iterator[ExportReader]:
    """Open an export, an open binary stream, or the standard input; whatever `options` leaves out is found out.

    Raises InvalidInput for a file that is missing or is of no known kind.
    """
    with open_bytes(source) as stream:
        with naming(source):
            file = RecordFile(
                PeekedStream(stream),
                options or FileOptions(),
                suffix=suffix_of(source),
                known=lambda header: find_field(header) is not None,
                envelopes=mapping.envelopes,
            )
        with file:
            yield ExportReader(file, mapping)
