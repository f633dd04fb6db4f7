"""The first sheet of an Excel workbook as a table, its cells as texts. The home of openpyxl."""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import BinaryIO

from retriever.errors import InvalidInput
from retriever.ingest.files.guards import unguarded
from retriever.ingest.files.tables import Table, TableRecord

SHARED_LIMIT = 512 << 20
"""Most bytes of a workbook's table of texts, which is read into memory."""
UNPACKED_LIMIT = 8 << 30
"""Most bytes of a workbook's parts together, unpacked."""


def open_sheet(stream: BinaryIO) -> Table | None:
    """The first sheet that is not empty, read row by row; None for an empty workbook.

    Raises InvalidInput for what is no workbook, or one too large when unpacked.
    """
    rows = _rows(stream)
    header = next(rows, None)
    return Table(TableRecord(header.line, [cell.strip() for cell in header.cells]), rows) if header else None


def _rows(stream: BinaryIO) -> Iterator[TableRecord]:
    """Rows that are not blank of the first sheet that has any."""
    import openpyxl  # noqa: PLC0415  takes as long to load as all modules of the server, which hardly ever needs it

    _check_archive(stream)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and print areas, which nobody asked for
        try:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
            raise InvalidInput(
                f"this workbook cannot be opened ({type(error).__name__}); save it again as XLSX."
            ) from error
        try:
            for sheet in book.worksheets:
                if hasattr(sheet, "reset_dimensions"):
                    sheet.reset_dimensions()  # some programs write a wrong size
                found = False
                for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                    cells = [_cell(value) for value in row]
                    if any(cells):
                        yield TableRecord(number, cells)
                        found = True
                if found:
                    return
        finally:
            book.close()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = unguarded(str(value))
    return "" if text.startswith("#") and text.rstrip("!?").isupper() and len(text) < 10 else text  # such as #REF!


def _check_archive(stream: BinaryIO) -> None:
    """An archive of a few kilobytes can unpack to terabytes."""
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InvalidInput("this workbook is damaged; save it again as XLSX.") from error
    shared = sum(part.file_size for part in parts if "sharedstrings" in part.filename.lower())
    if shared > SHARED_LIMIT or sum(part.file_size for part in parts) > UNPACKED_LIMIT:
        raise InvalidInput("this workbook is too large to be read; save the sheet as CSV (UTF-8).")
    stream.seek(0)
