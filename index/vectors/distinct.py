"""Equal vectors are searched once: in a real library one heading or one template may stand for thousands of cases."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.lru import LruCache
from index.rows import Bits, RowArray, Selection
from index.types import Flags, FloatMatrix
from index.vectors.centring import GroupArray

Numbers: TypeAlias = NDArray[np.int32]
"""The distinct vector of each row, (rows,); numbered from 0 in the order of their first rows."""

_CHUNK = 8_192
_SEED = 20_261_128
_GROUP_FACTOR = 0x9E37_79B9_7F4A_7C15  # odd and without a pattern
_REMEMBERED = 16  # as many selections as a RowTable remembers


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Distinct vectors that an allowed row has: their numbers, ascending, and as bits; and which rows are allowed."""

    numbers: RowArray
    bits: Bits
    rows: Flags | None
    """None where each distinct vector has one row only."""


class Distinct:
    """The rows of each distinct vector."""

    def __init__(self, numbers: Numbers | None, rows: int) -> None:
        """Take the distinct vector of each of so many rows, None when all differ. ValueError if it is not that."""
        self.numbers = numbers
        self.firsts: RowArray = np.arange(rows)
        """The first row of each distinct vector, ascending."""
        if numbers is None:
            return
        self._rows = np.argsort(numbers, kind="stable")
        ordered = numbers[self._rows]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        self._bounds = np.append(starts, rows)
        self.firsts = self._rows[starts]
        numbered = len(numbers) == rows and np.array_equal(ordered[starts], np.arange(len(starts)))
        if not numbered or bool(np.any(np.diff(self.firsts) <= 0)):
            raise ValueError("distinct vectors are not numbered in the order of their first rows")
        self._recent: LruCache[int, tuple[Selection, Chosen]] = LruCache(_REMEMBERED)

    def __len__(self) -> int:
        return len(self.firsts)

    def choose(self, selection: Selection) -> Chosen:
        """The distinct vectors of some rows; remembered by the selection's identity."""
        numbers = self.numbers
        if numbers is None:
            return Chosen(selection.rows, selection.bits, None)
        # The selection is kept beside its answer: while it is remembered, no other object can have its identity.
        return self._recent.get(id(selection), lambda: (selection, _chosen(numbers, selection.rows)))[1]

    def rows_of(self, numbers: RowArray, k: int, allowed: Flags | None) -> tuple[RowArray, RowArray]:
        """Allowed rows of these distinct vectors, and the place in `numbers` of each, (n,) both.

        Of each at least the first k, or all it has.
        """
        places = np.arange(len(numbers))
        if self.numbers is None:
            return numbers, places
        starts = self._bounds[numbers]
        counts = self._bounds[numbers + 1] - starts
        if allowed is None:
            counts = np.minimum(counts, k)
        before = np.cumsum(counts) - counts
        rows = self._rows[np.repeat(starts - before, counts) + np.arange(int(counts.sum()))]
        owners = np.repeat(places, counts)
        return (rows, owners) if allowed is None else (rows[allowed[rows]], owners[allowed[rows]])


def _chosen(numbers: Numbers, rows: RowArray) -> Chosen:
    """The distinct vectors of these rows."""
    mask, flags = np.zeros(int(numbers.max()) + 1, np.bool_), np.zeros(len(numbers), np.bool_)
    mask[numbers[rows]] = True
    flags[rows] = True
    return Chosen(np.flatnonzero(mask), np.packbits(mask, bitorder="little"), flags)


def find_distinct(vectors: FloatMatrix, groups: GroupArray) -> Distinct:
    """Which rows of (rows, dim) float32 are equal and of one group: what is taken away depends on the group."""
    hashes = _hashes(vectors) + groups * np.uint64(_GROUP_FACTOR)
    _, firsts, numbers = np.unique(hashes, return_index=True, return_inverse=True)
    if len(firsts) == len(vectors):
        return Distinct(None, len(vectors))
    owners = firsts[numbers]
    for start in range(0, len(vectors), _CHUNK):
        part = slice(start, start + _CHUNK)
        # A hash is no proof: rows that only share one stand for themselves.
        others = owners[part]
        differs = np.any(vectors[part] != vectors[others], axis=1) | (groups[part] != groups[others])
        rows = np.flatnonzero(differs) + start
        owners[rows] = rows
    return Distinct(np.unique(owners, return_inverse=True)[1].astype(np.int32), len(vectors))


def _hashes(vectors: FloatMatrix) -> NDArray[np.uint64]:
    """A number for each row, (rows,), equal for equal rows."""
    words = np.ascontiguousarray(vectors).view(np.uint32)
    factors = np.random.default_rng(_SEED).integers(0, 2**63, words.shape[1], np.uint64)
    hashes = np.empty(len(words), np.uint64)
    for start in range(0, len(words), _CHUNK):
        part = slice(start, start + _CHUNK)
        np.sum(words[part] * factors, axis=1, out=hashes[part])
    return hashes
