"""Where the header of a table is: below title rows, on the row that somebody named, and when it comes again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retriever.errors import InvalidInput
from retriever.ingest.files.notes import Notes

SEARCHED_ROWS = 30
"""Rows that are not blank, from the beginning, among which a header is looked for."""


@dataclass(frozen=True, slots=True)
class HeaderSearch:
    """How a header is recognised: by the names that are `known`, or by its row, when `row` is above 0."""

    known: Callable[[str], bool] = bool
    row: int = 0

    def find(self, rows: Sequence[Sequence[str]], numbers: Sequence[int], notes: Notes) -> int | None:
        """The place of the header among the first rows; None without any. Raises InvalidInput for a row not there.

        Where a row was named, the rows begin there.
        """
        if self.row and self.row not in numbers[:1]:
            raise InvalidInput(f"--header-row {self.row}: there is no such row, or it is empty.")
        if self.row:
            return 0
        if not rows:
            return None
        place = self.place(rows)
        if place:
            notes.say(f"the header is in row {numbers[place]}; {place} rows above it were left out (--header-row)")
        return place

    def understands(self, rows: Sequence[Sequence[str]]) -> bool:
        """Do at least two cells of the header mean something, or the only one?"""
        place = self.place(rows)
        return self._meant(rows[place]) >= min(2, sum(map(bool, rows[place])))

    def place(self, rows: Sequence[Sequence[str]]) -> int:
        """Which of the first rows is the header: the first, or below titles the one that names something."""
        first = self._meant(rows[0])
        if first > 1:
            return 0
        for wanted in (2, 1):
            # One name alone may stand in any row; it counts where the first has none, or is a title.
            found = self._first_with(wanted, rows) if wanted > first else None
            if found is not None and (first == 0 or _filled(rows[0]) < _filled(rows[found])):
                return found
        return 0

    def _first_with(self, wanted: int, rows: Sequence[Sequence[str]]) -> int | None:
        return next((place for place, cells in enumerate(rows) if self._meant(cells) >= wanted), None)

    def _meant(self, cells: Sequence[str]) -> int:
        return len({cell.strip().casefold() for cell in cells if cell.strip() and self.known(cell)})


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)
