"""Tables: CSV with the line each record begins on; a broken record costs its own rows and not the rest of the file."""

import csv
import itertools
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from retriever.errors import InvalidInput
from retriever.ingest.files.guards import unguarded
from retriever.ingest.files.lines import TextLine

DELIMITERS = (",", ";", "\t", "|")
RECORD_LIMIT = 2 << 20
"""Most characters of one record; a quote that is never closed is noticed there."""

_SNIFFED = 200  # lines
_SEP_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)


class TableRecord(NamedTuple):
    """One record; `line` is where it begins. With a `fault` the cells are not to be trusted."""

    line: int
    cells: Sequence[str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A header, without white space around its cells, and the records below it, to be read once."""

    header: TableRecord
    records: Iterator[TableRecord]
    delimiter: str = ""


class _RecordTooLong(Exception):
    """Raised through the csv module out of the lines that it asks for."""


class _Tape:
    """Lines for the csv module that can be wound back to the second line of the record just read."""

    def __init__(self, lines: Iterable[TextLine]) -> None:
        self._lines = iter(lines)
        self._again: deque[TextLine] = deque()
        self.taken: list[TextLine] = []
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        self._length += len(line.text)
        # A single line may be as long as it likes: it needs no protection from swallowing others.
        if self._length > RECORD_LIMIT and len(self.taken) > 1:
            raise _RecordTooLong
        return line.text + "\n"

    def start(self) -> None:
        self.taken, self._length = [], 0

    def wind_back(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))


def open_csv(lines: Iterable[TextLine], delimiter: str, known: Callable[[str], bool]) -> Table | None:
    """The table that the lines are, None without any; an empty delimiter is found by the headers that are `known`.

    Raises InvalidInput for what cannot delimit cells.
    """
    rest = iter(lines)
    head = list(itertools.islice(rest, _SNIFFED))
    delimiter = delimiter or sniff_delimiter([line.text for line in head], known)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise InvalidInput(f"a delimiter is one character, not {delimiter[:20]!r}.")
    rest = itertools.chain(head, rest)
    header = read_header(rest, delimiter)
    if header is None:
        return None
    return Table(header, iter_records(rest, delimiter, width=len(header.cells)), delimiter)


def iter_records(lines: Iterable[TextLine], delimiter: str, *, width: int) -> Iterator[TableRecord]:
    """Records that are not blank. One that is malformed, or has more than `width` cells, has a fault.

    When such a record spans several lines, a stray quote has most likely swallowed the next ones: only the first line
    is given up, and reading goes on at the second.
    """
    # The limit is the process's own; it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), RECORD_LIMIT, 32 << 20))
    tape = _Tape(lines)
    reader = csv.reader(tape, delimiter=delimiter, strict=True)
    while True:
        tape.start()
        fault = ""
        cells: list[str] = []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _RecordTooLong:
            fault = "a quoted cell begins here and does not end within 2 million characters"
        except csv.Error as error:
            fault = _explained(error)
        if fault:
            reader = csv.reader(tape, delimiter=delimiter, strict=True)
        elif len(cells) > width and any(cell.strip() for cell in cells[width:]):
            fault = f"has {len(cells)} cells, the header has {width}; is a {_NAMED[delimiter]} in a cell not quoted?"
        if fault:
            tape.wind_back()
            yield TableRecord(tape.taken[0].number, (), tape.taken[0].fault or fault)
        elif unsound := next((line for line in tape.taken if line.fault), None):
            start = tape.taken[0].number
            where = "" if unsound.number == start else f"line {unsound.number} "
            yield TableRecord(start, cells, where + unsound.fault)
        elif any(cell and not cell.isspace() for cell in cells):
            yield TableRecord(tape.taken[0].number, [unguarded(cell) for cell in cells])


def read_header(lines: Iterator[TextLine], delimiter: str) -> TableRecord | None:
    """The first record that is not blank, None when there is none; takes no line more than that record has."""
    for line in lines:
        text = line.text
        if not text.strip() or _SEP_LINE.fullmatch(text):
            continue
        # A header cell may hold a line break.
        while text.count('"') % 2 and len(text) < RECORD_LIMIT and (more := next(lines, None)):
            text += "\n" + more.text
        cells = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
        return TableRecord(line.number, [cell.strip() for cell in cells], line.fault)
    return None


def sniff_delimiter(texts: Sequence[str], known: Callable[[str], bool]) -> str:
    """The delimiter of a table from its first lines, `known` telling which headers mean something. Comma if in doubt.

    First comes how many known headers a delimiter gives, then how many records have as many cells as the header.
    """
    named = next((found for text in texts[:1] if (found := _SEP_LINE.fullmatch(text))), None)
    if named:
        return named[1]
    return max(DELIMITERS, key=lambda delimiter: _fitness(texts[:_SNIFFED], delimiter, known))


def _fitness(texts: Sequence[str], delimiter: str, known: Callable[[str], bool]) -> tuple[int, float, int]:
    try:
        records = [cells for cells in csv.reader((text + "\n" for text in texts), delimiter=delimiter) if cells]
    except csv.Error:
        return 0, 0.0, 0
    if not records:
        return 0, 0.0, 0
    width = len(records[0])
    if width < 2:
        return 0, 0.0, width
    # The last record may be cut off where the sample ends.
    rows = records[1:-1] or records[1:]
    even = sum(len(cells) == width for cells in rows) / len(rows) if rows else 0.0
    return sum(known(cell) for cell in records[0]), even, width


def _explained(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end" in text:
        return "a quoted cell begins here and never ends"
    if "expected after" in text:
        return "a quote inside a quoted cell is not doubled"
    if "new-line" in text:
        return "has a carriage return outside of quotes"
    return f"is no valid CSV ({text})"


_NAMED = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
