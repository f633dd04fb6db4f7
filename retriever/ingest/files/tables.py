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
from retriever.ingest.files.headers import SEARCHED_ROWS, HeaderSearch
from retriever.ingest.files.lines import TextLine
from retriever.ingest.files.notes import Notes

DELIMITERS = (",", ";", "\t", "|")
RECORD_LIMIT = 2 << 20
"""Most characters of one record; a quote that is never closed is noticed there."""

LONGEST_NAME = 200
"""Characters of a cell that may be a header."""

_SNIFFED = 200  # lines
_FIELD_LIMIT = 32 << 20  # characters; the limit of a line comes before
_SEP_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)


class TableRecord(NamedTuple):
    """One record; `line` is where it begins. With a `fault` the cells are not to be trusted; `text` is the line."""

    line: int
    cells: Sequence[str]
    fault: str = ""
    text: str = ""


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


def open_csv(
    lines: Iterable[TextLine], delimiter: str, search: HeaderSearch, notes: Notes | None = None
) -> Table | None:
    """The table that the lines are, None without any; an empty delimiter is found by the headers that are known.

    Raises InvalidInput for what cannot delimit cells, and for a header row that is not there.
    """
    notes = notes or Notes()
    csv.field_size_limit(max(csv.field_size_limit(), _FIELD_LIMIT))  # of the whole process; it is only ever raised
    rest = itertools.dropwhile(lambda line: line.number < search.row, lines)
    head = list(itertools.islice(rest, _SNIFFED))
    delimiter = delimiter or sniff_delimiter([line.text for line in head], search)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise InvalidInput(f"a delimiter is one character, not {delimiter[:20]!r}.")
    first, taken = _first_records(head, delimiter)
    place = search.find([record.cells for record in first], [record.line for record in first], notes)
    if place is None:
        return None
    header = first[place]
    below = iter_records(itertools.chain(head[taken[place] :], rest), delimiter, width=len(header.cells))
    return Table(header, records_below(header, below, search.known, notes), delimiter)


def records_below(
    header: TableRecord, records: Iterable[TableRecord], known: Callable[[str], bool], notes: Notes
) -> Iterator[TableRecord]:
    """The records without headers that come again, as where exports were put one below the other.

    A header in another order is followed; below one with other columns records have a fault.
    """
    names = [_plain(cell) for cell in header.cells]
    filled, ordered = [name for name in names if name], sorted(names)
    order: list[int] = []
    foreign = 0
    for record in records:
        first = next((cell for cell in record.cells if cell), "")
        if len(first) <= LONGEST_NAME and (_plain(first) in names or known(first)):
            cells = [_plain(cell) for cell in record.cells]
            cells += [""] * (len(names) - len(cells))
            again = [cell for cell in cells if cell]
            if again == filled or (len(again) > 1 and sorted(cells) == ordered):
                order = [] if again == filled else _order(names, cells)
                foreign = 0
                notes.count("rows are the header again and were left out")
                continue
            if len(again) > 2 and all(cell in names or known(cell) for cell in again):
                foreign = record.line
                notes.say(f"row {foreign} is another header: put the rows below it into a file of their own")
                continue
        if foreign:
            yield record._replace(fault=record.fault or f"stands below another header, row {foreign}")
        elif order and record.cells:
            cells = [*record.cells, *[""] * (len(names) - len(record.cells))]
            yield record._replace(cells=[*(cells[place] for place in order), *cells[len(names) :]])
        else:
            yield record


def iter_records(lines: Iterable[TextLine], delimiter: str, *, width: int) -> Iterator[TableRecord]:
    """Records that are not blank. One that is malformed, or has more than `width` cells, has a fault.

    When such a record spans several lines, a stray quote has most likely swallowed the next ones: only the first line
    is given up, and reading goes on at the second.
    """
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
            # Of several lines the cells are what a stray quote has swallowed.
            legible = cells if len(tape.taken) == 1 else ()
            yield TableRecord(tape.taken[0].number, legible, tape.taken[0].fault or fault, tape.taken[0].text)
        elif unsound := next((line for line in tape.taken if line.fault), None):
            start = tape.taken[0].number
            where = "" if unsound.number == start else f"line {unsound.number} "
            yield TableRecord(start, cells, where + unsound.fault, unsound.text)
        elif any(cell and not cell.isspace() for cell in cells):
            yield TableRecord(tape.taken[0].number, [unguarded(cell) for cell in cells])


def sniff_delimiter(texts: Sequence[str], search: HeaderSearch) -> str:
    """The delimiter of a table from its first lines, by the headers that are known. Comma if in doubt.

    First comes how many known headers a delimiter gives, then how many records have as many cells as the header.
    """
    named = next((found for text in texts[:1] if (found := _SEP_LINE.fullmatch(text))), None)
    if named:
        return named[1]
    return max(DELIMITERS, key=lambda delimiter: _fitness(texts[:_SNIFFED], delimiter, search))


def _first_records(head: Sequence[TextLine], delimiter: str) -> tuple[list[TableRecord], list[int]]:
    """The records, not blank, among which the header is looked for, and how many lines each and those above it take."""
    records: list[TableRecord] = []
    taken: list[int] = []
    place = 0
    while place < len(head) and len(records) < SEARCHED_ROWS:
        line, text = head[place], head[place].text
        place += 1
        if not text.strip() or _SEP_LINE.fullmatch(text):
            continue
        # A header cell may hold a line break.
        while text.count('"') % 2 and len(text) < RECORD_LIMIT and place < len(head):
            text += "\n" + head[place].text
            place += 1
        cells = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
        if any(cell.strip() for cell in cells):
            records.append(TableRecord(line.number, [cell.strip() for cell in cells], line.fault))
            taken.append(place)
    return records, taken


def _fitness(texts: Sequence[str], delimiter: str, search: HeaderSearch) -> tuple[int, float, int]:
    try:
        records = [cells for cells in csv.reader((text + "\n" for text in texts), delimiter=delimiter) if any(cells)]
    except csv.Error:
        return 0, 0.0, 0
    if not records:
        return 0, 0.0, 0
    place = search.place(records[:SEARCHED_ROWS])
    header = records[place]
    width = len(header)
    if width < 2:
        return 0, 0.0, width
    # The last record may be cut off where the sample ends.
    rows = records[place + 1 : -1] or records[place + 1 :]
    even = sum(len(cells) == width for cells in rows) / len(rows) if rows else 0.0
    return sum(search.known(cell) for cell in header), even, width


def _order(names: Sequence[str], cells: Sequence[str]) -> list[int]:
    """Where each name stands among the cells; a name that stands twice keeps its order."""
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(cells):
        places.setdefault(cell, []).append(place)
    return [places[name].pop(0) for name in names]


def _plain(cell: str) -> str:
    return cell.replace("\ufeff", "").strip().casefold()


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
