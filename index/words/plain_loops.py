"""Loops over posting lists in plain numpy: what they mean, and what runs until the compiled ones are loaded."""

from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.types import Flags, FloatVector, Longs

Rows: TypeAlias = NDArray[np.int32]
"""Positions in the ascending key array."""
Times: TypeAlias = NDArray[np.uint16]
"""How often a case says a token."""
Lists: TypeAlias = tuple[Rows, FloatVector, Longs, Longs, FloatVector]
"""The lists of a question, shortest first: `rows` and `adds` of all lists there are, then for each list of the question
where it starts and stops in them and how often the question says its token."""

ROUNDING = 1e-4
"""float32 sums differ from the exact ones by less than this share."""


class PostingLoops(Protocol):
    """`index.words.plain_loops` or `index.words.compiled_loops`."""

    def sum_rows(self, lists: Lists, wanted: Rows) -> FloatVector:
        """Scores of rows, added list by list in double precision: the same for a row however it was found."""
        ...

    def find_best(self, lists: Lists, allowed: Flags, k: int) -> Rows:
        """Ascending rows among which the k best allowed ones are, every one with a sum above 0."""
        ...


def sum_rows(lists: Lists, wanted: Rows) -> FloatVector:
    """See `PostingLoops`."""
    rows, adds, starts, stops, times = lists
    sums = np.zeros(len(wanted), np.float64)
    for start, stop, said in zip(starts.tolist(), stops.tolist(), times, strict=True):
        at = start + np.minimum(np.searchsorted(rows[start:stop], wanted), stop - start - 1)
        sums += np.where(rows[at] == wanted, adds[at] * said, np.float32(0))
    return sums.astype(np.float32)


def find_best(lists: Lists, allowed: Flags, k: int) -> Rows:
    """See `PostingLoops`."""
    rows, adds, starts, stops, times = lists
    sums = np.zeros(len(allowed), np.float32)
    for start, stop, said in zip(starts.tolist(), stops.tolist(), times, strict=True):
        np.add.at(sums, rows[start:stop], adds[start:stop] * said)
    found = np.flatnonzero((sums > 0) & allowed).astype(np.int32)
    if len(found) > k:
        lowest = np.partition(sums[found], len(found) - k)[len(found) - k] * (1 - ROUNDING)
        found = found[sums[found] >= lowest]
    return found
