"""From keys to rows: the n-th smallest key of an index is its row n, so a set of keys becomes a set of rows."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.keys import KeyArray, KeySet, as_array
from index.lru import LruCache

RowArray: TypeAlias = NDArray[np.int64]
"""Rows, (n,); -1 stands for a key that is not in the index."""
Bits: TypeAlias = NDArray[np.uint8]
"""One bit per row, lowest bit of the first byte first."""

_TABLE_SPAN = 8  # a table of every key up to the largest is kept while it is at most this much longer than the keys
_TABLE_MINIMUM = 1 << 20
_REMEMBERED = 16


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The rows of an allowed set, ascending, and the same as bits."""

    rows: RowArray
    bits: Bits


class RowTable:
    """Rows of keys. Translating a large set costs about a millisecond per million, so the last ones are remembered."""

    def __init__(self, keys: KeyArray) -> None:
        """Take the keys of the rows: ascending, 0 <= key < 2**32; ValueError otherwise."""
        keys = np.ascontiguousarray(keys, np.int64)
        if keys.ndim != 1 or (len(keys) and (keys[0] < 0 or keys[-1] >= 2**32 or bool(np.any(keys[1:] <= keys[:-1])))):
            raise ValueError("keys must be distinct, ascending, not negative and below 2**32")
        self.keys = keys
        span = int(keys[-1]) + 1 if len(keys) else 0
        self._first = int(keys[0]) if len(keys) and span - int(keys[0]) == len(keys) else None
        self._table: NDArray[np.int32] | None = None
        if self._first is None and 0 < span <= max(_TABLE_MINIMUM, _TABLE_SPAN * len(keys)):
            self._table = np.full(span, -1, np.int32)
            self._table[keys] = np.arange(len(keys), dtype=np.int32)
        self._recent: LruCache[tuple[int, int], tuple[KeySet, Selection]] = LruCache(_REMEMBERED)

    def __len__(self) -> int:
        return len(self.keys)

    def find_rows(self, keys: KeyArray) -> RowArray:
        """The row of each key, in the order given; -1 where a key is not in the index."""
        keys = np.asarray(keys, np.int64)
        if self._first is not None:
            rows = keys - self._first
            return np.where((rows >= 0) & (rows < len(self.keys)), rows, -1)
        if not len(self.keys):
            return np.full(len(keys), -1, np.int64)
        if self._table is not None:
            known = (keys >= 0) & (keys < len(self._table))
            return np.where(known, self._table[np.where(known, keys, 0)], -1).astype(np.int64)
        rows = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[rows] == keys, rows, -1)

    def select(self, allowed: KeySet) -> Selection:
        """The rows of an allowed set. Remembered by identity, so a set must not be changed once it was used."""
        # The bitmap is kept beside its selection: while it is remembered, no other object can have its identity.
        remembered = self._recent.get((id(allowed), len(allowed)), lambda: (allowed, self._selection(allowed)))
        return remembered[1]

    def _selection(self, allowed: KeySet) -> Selection:
        rows = self.find_rows(as_array(allowed))
        rows = rows[rows >= 0]
        mask = np.zeros(len(self.keys), np.bool_)
        mask[rows] = True
        return Selection(rows, np.packbits(mask, bitorder="little"))
