"""Rows of texts as a workbook that reads back the same; cells are texts, so that no spreadsheet runs or rounds them."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

import openpyxl
from openpyxl.cell import WriteOnlyCell

from retriever.errors import InvalidInput

LONGEST_CELL = 32_767
"""Characters of a cell that spreadsheet programs take."""

_NEEDS_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")


def write_sheet(
    stream: BinaryIO,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write one sheet, row by row; how many rows. Raises InvalidInput for a text that no cell can hold."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Cases")
    sheet.append(header)
    written = 0
    for written, row in enumerate(rows, start=1):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=_escaped(text, written) or None)
            if text:
                cell.data_type = "s"  # never a formula, an error or a number
            cells.append(cell)
        sheet.append(cells)
        if progress and written % 1_000 == 0:
            progress(written)
    book.save(stream)
    return written


def _escaped(text: str, row: int) -> str:
    """The text with what XML cannot hold, and what would read as an escape, as escapes."""
    found = _NEEDS_ESCAPE.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)
    if len(found) > LONGEST_CELL:
        raise InvalidInput(
            f"row {row + 1} holds a text of {len(found):,} characters, and a workbook takes {LONGEST_CELL:,}; "
            "export JSONL or CSV."
        )
    return found
