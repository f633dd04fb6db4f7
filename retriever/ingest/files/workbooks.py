"""A sheet of an Excel workbook as a table, its cells as texts: the one that is meant, and never a hidden one."""

import itertools
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from retriever.errors import InvalidInput
from retriever.ingest.files.guards import unguarded
from retriever.ingest.files.headers import SEARCHED_ROWS, HeaderSearch
from retriever.ingest.files.notes import Notes
from retriever.ingest.files.sheet_rows import Formats, SharedTexts, SheetReader, SheetRow
from retriever.ingest.files.tables import Table, TableRecord, records_below
from retriever.ingest.files.workbook_parts import BrokenPart, Parts, open_parts

_SHEETS_LIMIT = 1_000
_BEYOND = "rows have cells to the right of the last header, which nobody reads"


class _Sheet(NamedTuple):
    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class _Book:
    """An open workbook: its worksheets in order, and what their cells refer to."""

    parts: Parts
    sheets: Sequence[_Sheet]
    texts: SharedTexts
    formats: Formats
    from_1904: bool

    def rows(self, sheet: _Sheet, notes: Notes) -> Iterator[SheetRow]:
        reader = SheetReader(self.texts, self.formats, notes, from_1904=self.from_1904)
        return reader.rows(self.parts, sheet.part)


def open_sheet(
    stream: BinaryIO, opened: ExitStack, *, search: HeaderSearch, notes: Notes, sheet: str = ""
) -> Table | None:
    """The sheet of this name or number, or the only visible one that can be meant; None for an empty workbook.

    Rows are read one by one; what was `opened` is closed by the caller. Raises InvalidInput for what is no workbook or
    unpacks too large, for a sheet that is hidden or not there, and where several sheets could be meant.
    """
    parts = opened.enter_context(open_parts(stream))
    try:
        book = _opened(parts, opened)
        chosen = _named(book, sheet) if sheet else _meant(book, search, notes)
    except BrokenPart as error:
        raise InvalidInput(f"this workbook {error}; save it again as XLSX, or the sheet as CSV (UTF-8).") from error
    if chosen is None:
        return None
    rows = itertools.dropwhile(lambda row: row.number < search.row, book.rows(chosen, notes))
    head = list(itertools.islice(rows, SEARCHED_ROWS))
    place = search.find([_filled(row) for row in head], [row.number for row in head], notes)
    if place is None:
        return None
    if head[place].fault:
        raise InvalidInput(f"row {head[place].number}: {head[place].fault}.")
    header = TableRecord(head[place].number, [cell.strip() for cell in _filled(head[place])])
    below = _records(itertools.chain(head[place + 1 :], rows), len(header.cells), notes)
    return Table(header, records_below(header, below, search.known, notes))


def _opened(parts: Parts, opened: ExitStack) -> _Book:
    if kind := parts.kind():
        raise InvalidInput(f"this is {kind}, no XLSX workbook; save the sheet as XLSX or as CSV (UTF-8).")
    main = next(iter(_related(parts, "", ("officedocument",)).values()), "xl/workbook.xml")
    if main not in parts:
        raise InvalidInput("this is a ZIP archive and no workbook; unpack it first.")
    sheets: list[tuple[str, str, bool]] = []
    dates: list[str] = []

    def start(element: str, attributes: Mapping[str, str]) -> None:
        if element == "workbookPr":
            dates.append(attributes.get("date1904", "0"))
        elif element == "sheet":
            relation = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), relation, attributes.get("state", "visible") != "visible"))
            if len(sheets) > _SHEETS_LIMIT:
                raise BrokenPart(f"has more than {_SHEETS_LIMIT} sheets")

    parts.read_all(main, start=start)
    targets = _related(parts, main, ("worksheet",))
    texts, styles = (next(iter(_related(parts, main, (kind,)).values()), "") for kind in ("sharedstrings", "styles"))
    return _Book(
        parts,
        [_Sheet(name, targets[relation], hidden) for name, relation, hidden in sheets if relation in targets],
        opened.enter_context(SharedTexts(parts, texts)),
        Formats(parts, styles),
        bool(dates and dates[0].lower() in ("1", "true", "on")),
    )


def _related(parts: Parts, part: str, kinds: Sequence[str]) -> dict[str, str]:
    """The parts that a part refers to by relations of these kinds, by the relations' ids."""
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, str] = {}

    def start(element: str, attributes: Mapping[str, str]) -> None:
        if element == "Relationship" and attributes.get("Type", "").lower().rpartition("/")[2] in kinds:
            target = attributes.get("Target", "").replace("\\", "/")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            found[attributes.get("Id", "")] = posixpath.normpath(whole)
            if len(found) > _SHEETS_LIMIT:
                raise BrokenPart(f"has more than {_SHEETS_LIMIT} sheets")

    if relations in parts:
        parts.read_all(relations, start=start)
    return found


def _named(book: _Book, wanted: str) -> _Sheet:
    plain = wanted.strip().casefold()
    found = next((sheet for sheet in book.sheets if sheet.name.strip().casefold() == plain), None)
    if found is None and plain.isascii() and plain.isdigit() and 0 < int(plain[:6]) <= len(book.sheets):
        found = book.sheets[int(plain[:6]) - 1]
    if found is None:
        raise InvalidInput(f"there is no sheet {wanted[:40]!r}; there are {_listed(book.sheets)}.")
    if found.hidden:
        raise InvalidInput(f"the sheet {found.name[:40]!r} is hidden; show it in the workbook first if it is meant.")
    return found


def _meant(book: _Book, search: HeaderSearch, notes: Notes) -> _Sheet | None:
    """The one visible sheet that is not empty, or the one of several whose header is understood."""
    filled: list[_Sheet] = []
    understood: list[_Sheet] = []
    for sheet in book.sheets:
        rows = [] if sheet.hidden else list(itertools.islice(book.rows(sheet, Notes()), SEARCHED_ROWS))
        if rows:
            filled.append(sheet)
            if search.understands([_filled(row) for row in rows]):
                understood.append(sheet)
    chosen = filled if len(filled) < 2 else understood
    if len(chosen) > 1 or (filled and not chosen):
        raise InvalidInput(f"this workbook has several sheets: {_listed(chosen or filled)}. Say which with --sheet.")
    if len(filled) > 1:
        others = [sheet for sheet in filled if sheet not in chosen]
        notes.say(f"sheet {chosen[0].name[:40]!r} was read; not read: {_listed(others)} (--sheet reads another)")
    if hidden := [sheet for sheet in book.sheets if sheet.hidden]:
        notes.say(f"hidden sheets were not read: {_listed(hidden)}")
    return chosen[0] if chosen else None


def _listed(sheets: Sequence[_Sheet]) -> str:
    visible = [sheet for sheet in sheets if not sheet.hidden] or sheets
    return ", ".join(repr(sheet.name[:40]) for sheet in visible[:20]) or "none"


def _filled(row: SheetRow) -> list[str]:
    return [row.cells.get(column, "") for column in range(max(row.cells, default=-1) + 1)]


def _records(rows: Iterable[SheetRow], width: int, notes: Notes) -> Iterator[TableRecord]:
    """Rows as records of the header's width."""
    for row in rows:
        if any(column >= width for column in row.cells):
            notes.count(_BEYOND)
        cells = [unguarded(row.cells.get(column, "")) for column in range(width)]
        if row.fault or any(cells):
            yield TableRecord(row.number, cells, row.fault)
