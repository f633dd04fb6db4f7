"""The export of a help desk as rows of cases, by the mapping of that help desk."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from retriever.errors import InvalidInput
from retriever.ingest.columns import Columns, find_field
from retriever.ingest.files.encodings import ZIP, as_utf8
from retriever.ingest.files.json_text import parsed_json
from retriever.ingest.files.record_file import FileFormat, RecordFile
from retriever.ingest.files.records import AnyRecord, BrokenRecord
from retriever.ingest.files.streams import PeekedStream, naming, open_bytes, suffix_of
from retriever.ingest.rows import AnyRow, CaseRow, Rejected, Skipped
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
            return Rejected(record.line, "row", record.reason)
        result = self._mapping.row(record.values)
        if isinstance(result, SkipReason):
            return Skipped(record.line, str(result))
        return CaseRow(record.line, result.values, record.size, result.people, result.signals)


@contextmanager
def open_export(
    source: Path | BinaryIO, mapping: SourceMapping, *, encoding: str = "", delimiter: str = ""
) -> Iterator[ExportReader]:
    """Open an export, an open binary stream, or the standard input; its format is found out, and what is left empty.

    Raises InvalidInput for a file that is missing or is of no known kind.
    """
    with open_bytes(source) as stream:
        with naming(source):
            peeked = PeekedStream(stream)
            file = RecordFile(
                peeked,
                _format_of(peeked.peek(), suffix_of(source), mapping.envelopes),
                encoding=encoding,
                delimiter=delimiter,
                known=lambda header: find_field(header) is not None,
                envelopes=mapping.envelopes,
            )
        yield ExportReader(file, mapping)


def _format_of(head: bytes, suffix: str, envelopes: Sequence[str]) -> FileFormat:
    if head.startswith(ZIP):
        return "xlsx"
    text = as_utf8(head).lstrip()
    if text.startswith(b"["):
        return "json"
    if text.startswith(b"{"):
        first, newline, _ = text.partition(b"\n")
        return "jsonl" if _is_record(first, envelopes, whole=bool(newline)) else "json"
    if suffix in (".xlsx", ".xlsm"):
        raise InvalidInput("this is no XLSX workbook; save it again as XLSX, or as CSV (UTF-8).")
    return "csv"


def _is_record(line: bytes, envelopes: Sequence[str], *, whole: bool) -> bool:
    """Is the first line a record of its own, and not a page of them?"""
    try:
        value = parsed_json(line.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return False
    page = isinstance(value, dict) and any(isinstance(value.get(name), list) for name in envelopes)
    return isinstance(value, dict) and not page and (whole or bool(value))
