"""The rows of a worksheet, one at a time; its texts lie in a temporary file, so memory does not grow with the sheet."""

import tempfile
from array import array
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple

from openpyxl.styles.numbers import BUILTIN_FORMATS

from retriever.errors import Unavailable
from retriever.ingest.files.notes import Notes
from retriever.ingest.files.sheet_values import LONGEST_CODE, PRECISE_DIGITS, shown_number, unescaped
from retriever.ingest.files.workbook_parts import BrokenPart, Parts

COLUMNS, ROWS = 16_384, 1_048_576
"""How many a worksheet can have."""
CELL_LIMIT = 2 << 20
"""Most characters of a cell; spreadsheets allow 32,767."""
ROW_LIMIT = 16 << 20
"""Most characters of a row."""
TEXTS_LIMIT = 8_000_000
"""Most texts that the sheets of a workbook share."""

_FORMATS_LIMIT = 1 << 17  # spreadsheets allow 65,490 formats of cells
_IN_MEMORY = 16 << 20  # bytes of shared texts
_NO_RESULT = "formulas have no computed value: open the workbook in a spreadsheet program and save it again"
_ERRORS = "cells hold an error of a formula, such as #REF!, and count as empty"
_LONG_NUMBERS = (
    f"numbers have more than {PRECISE_DIGITS} digits, all that a spreadsheet keeps: the last ones may be wrong"
)


class SheetRow(NamedTuple):
    """A row: its number in the sheet, its filled cells by column (0 is A); none of them where there is a `fault`."""

    number: int
    cells: Mapping[int, str]
    fault: str = ""


class SharedTexts(AbstractContextManager["SharedTexts"]):
    """The texts that cells point to, by their number."""

    def __init__(self, parts: Parts, name: str) -> None:
        """Unpack them into a temporary file. Raises BrokenPart, and Unavailable when there is no room for it."""
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by __exit__
        self._ends = array("Q", [0])
        self._too_long: set[int] = set()
        collected = _Collected(CELL_LIMIT)

        def end(element: str) -> None:
            collected.end(element)
            if element == "si":
                self._add(collected.take())

        try:
            if name:
                parts.read_all(name, start=collected.start, end=end, text=collected.add)
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        """A text. Raises IndexError where there is none, ValueError for one that is too long."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        if number in self._too_long:
            raise ValueError(f"holds more than {CELL_LIMIT >> 20} million characters")
        self._file.seek(self._ends[number])
        return self._file.read(self._ends[number + 1] - self._ends[number]).decode("utf-8", "surrogatepass")

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _add(self, text: str | None) -> None:
        if len(self) >= TEXTS_LIMIT:
            raise BrokenPart(f"holds more than {TEXTS_LIMIT:,} texts")
        if text is None:
            self._too_long.add(len(self))
        data = unescaped(text or "").encode("utf-8", "surrogatepass")
        try:
            self._file.write(data)
        except OSError as error:
            raise Unavailable(f"the temporary folder cannot take the workbook's texts: {error.strerror}.") from error
        self._ends.append(self._ends[-1] + len(data))


class Formats:
    """The number formats of cells, by the number of their style."""

    def __init__(self, parts: Parts, name: str) -> None:
        """Read the styles; nothing but the formats is kept. Raises BrokenPart."""
        self._codes: dict[int, str] = dict(BUILTIN_FORMATS)
        self._of_style = array("L")
        self._inside = False
        if name:
            parts.read_all(name, start=self._start, end=self._end)

    def __getitem__(self, style: str) -> str:
        """The format of a style. Raises LookupError, ValueError."""
        number = int(style or 0)
        if not self._of_style and number == 0:
            return "General"
        if number < 0:
            raise IndexError(number)
        return self._codes.get(self._of_style[number], "General")

    def _start(self, element: str, attributes: Mapping[str, str]) -> None:
        if element == "cellXfs":
            self._inside = True
        elif element == "xf" and self._inside:
            self._of_style.append(_natural(attributes.get("numFmtId", "")))
        elif element == "numFmt":
            self._codes[_natural(attributes.get("numFmtId", ""))] = attributes.get("formatCode", "")[:LONGEST_CODE]
        if len(self._of_style) > _FORMATS_LIMIT or len(self._codes) > _FORMATS_LIMIT:
            raise BrokenPart(f"has more than {_FORMATS_LIMIT:,} formats")

    def _end(self, element: str) -> None:
        if element == "cellXfs":
            self._inside = False


class SheetReader:
    """Reads the rows of one worksheet."""

    def __init__(self, texts: SharedTexts, formats: Formats, notes: Notes, *, from_1904: bool) -> None:
        """What cells refer to; `notes` are told what a person should know."""
        self._texts = texts
        self._formats = formats
        self._notes = notes
        self._from_1904 = from_1904
        self._rows: list[SheetRow] = []
        self._number = 0
        self._inside = self._done = self._has_formula = False
        self._collected = _Collected(CELL_LIMIT)
        self._kind = self._style = ""
        self._begin({})

    def rows(self, parts: Parts, name: str) -> Iterator[SheetRow]:
        """The rows that are not blank, by growing number; where the part breaks, a last one with a fault."""
        self._number = 0
        self._done = False
        try:
            for _ in parts.read(name, start=self._start, end=self._end, text=self._collected.add):
                yield from self._rows
                self._rows.clear()
                if self._done:
                    return
        except BrokenPart as error:
            yield from self._rows
            yield SheetRow(self._number + 1, {}, f"the sheet {error}; nothing behind this row can be read")

    def _begin(self, attributes: Mapping[str, str]) -> None:
        self._cells: dict[int, str] = {}
        self._column, self._characters, self._fault = -1, 0, ""
        if (given := attributes.get("r")) is not None:
            number = _natural(given)
            if not self._number < number <= ROWS:
                self._fault = f"has the bad row number {given[:20]!r}"
                number = self._number + 1
            self._number = number
        else:
            self._number += 1

    def _start(self, element: str, attributes: Mapping[str, str]) -> None:
        if element == "sheetData":
            self._inside = True
        elif not self._inside:
            return
        elif element == "row":
            self._begin(attributes)
            if self._number > ROWS:
                raise BrokenPart(f"has more than {ROWS:,} rows")
        elif element == "c":
            self._begin_cell(attributes)
        elif element == "f":
            self._has_formula = True
        else:
            self._collected.start(element, attributes)

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._has_formula = False
        reference = attributes.get("r")
        column = self._column + 1 if reference is None else _column_of(reference, self._number)
        if not 0 <= column < COLUMNS:
            self._fault = self._fault or f"has a cell with the bad reference {(reference or 'behind XFD')[:20]!r}"
            column = self._column
        self._column = column

    def _end(self, element: str) -> None:
        if not self._inside:
            return
        self._collected.end(element)
        if element == "c":
            self._end_cell()
        elif element == "row":
            self._end_row()
        elif element == "sheetData":
            self._inside, self._done = False, True

    def _end_cell(self) -> None:
        text = self._collected.take()
        if self._has_formula and text == "":
            self._notes.count(_NO_RESULT)
        if self._fault or text == "":
            return
        try:
            if text is None:
                raise ValueError(f"holds more than {CELL_LIMIT >> 20} million characters")
            shown = self._shown(text)
        except (ValueError, LookupError) as error:
            what = str(error) if isinstance(error, ValueError) else "refers to a text or a format that is not there"
            self._fault = f"has a cell in column {self._column + 1} that {what}"
            return
        self._characters += len(shown)
        if self._characters > ROW_LIMIT:
            self._fault = f"is longer than {ROW_LIMIT >> 20} million characters"
        elif shown:
            self._cells[self._column] = shown

    def _end_row(self) -> None:
        if self._fault:
            self._rows.append(SheetRow(self._number, {}, self._fault))
        elif any(not text.isspace() for text in self._cells.values()):
            self._rows.append(SheetRow(self._number, self._cells))
        self._cells = {}

    def _shown(self, text: str) -> str:
        kind = self._kind
        if kind == "s":
            return self._texts[_natural(text)]
        if kind in ("inlineStr", "str"):
            return unescaped(text)
        if kind == "b":
            return "true" if text.strip() in ("1", "true") else "false"
        if kind == "e":
            self._notes.count(_ERRORS)
            return ""
        if kind == "d":
            return text.strip()
        shown = shown_number(text, self._formats[self._style], from_1904=self._from_1904)
        if len(shown) > PRECISE_DIGITS and shown.isdecimal():
            self._notes.count(_LONG_NUMBERS)
        return shown


class _Collected:
    """The text of the elements `t` and `v`, readings of characters (`rPh`) left out; at most so many characters."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._texts: list[str] = []
        self._length = 0
        self._on = False
        self._aside = False

    def start(self, element: str, _attributes: Mapping[str, str]) -> None:
        if element == "rPh":
            self._aside = True
        elif element in ("t", "v"):
            self._on = not self._aside

    def end(self, element: str) -> None:
        if element == "rPh":
            self._aside = False
        elif element in ("t", "v"):
            self._on = False

    def add(self, text: str) -> None:
        if self._on:
            self._length += len(text)
            if self._length <= self._limit:
                self._texts.append(text)

    def take(self) -> str | None:
        """What was collected, None where it was too much; begins anew."""
        text = "".join(self._texts) if self._length <= self._limit else None
        self._texts, self._length, self._on = [], 0, False
        return text


def _natural(text: str) -> int:
    """A number in plain digits, -1 for anything else."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else -1


def _column_of(reference: str, row: int) -> int:
    """The column of `AB12`, counted from 0; -1 for what is no place in this row."""
    letters = reference.rstrip("0123456789")
    if not letters.isalpha() or not letters.isascii() or len(letters) > 3 or reference[len(letters) :] != str(row):
        return -1
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1
