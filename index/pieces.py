"""The word pieces of every case in their order, so that a few promising cases can be compared word by word.

The numbers are token ids of a model's tokenizer; what they mean is the owner's affair.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.keys import KeyArray, KeySet
from index.merge import RowMerge
from index.types import FloatVector

PieceArray: TypeAlias = NDArray[np.int32]
"""Token ids of one text, in order, (n,)."""
NO_PIECES: PieceArray = np.empty(0, np.int32)

_COUNTED = 65_536  # cases counted at a time, for which 50 MB of working memory are enough
_ARRAYS = ("keys", "offsets", "ids", "cases_with")


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Case `keys[i]` (ascending) owns `ids[offsets[i]:offsets[i + 1]]`; `cases_with[id]` counts cases with a piece."""

    keys: KeyArray
    offsets: NDArray[np.int64]
    ids: PieceArray
    cases_with: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.keys)

    def of(self, keys: KeyArray) -> list[PieceArray]:
        """The pieces of each key, in the order given; none for an unknown key."""
        if not len(self.keys):
            return [NO_PIECES] * len(keys)
        rows = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        starts, stops = self.offsets[rows].tolist(), self.offsets[rows + 1].tolist()
        known = (self.keys[rows] == keys).tolist()
        return [self.ids[a:b] if here else NO_PIECES for a, b, here in zip(starts, stops, known, strict=True)]

    def count(self, ids: PieceArray) -> NDArray[np.int64]:
        """How many cases have each piece."""
        return _count_in(self.cases_with, ids)

    def save(self, directory: Path) -> None:
        """Write four .npy files into an existing directory."""
        for name in _ARRAYS:
            np.save(directory / f"pieces_{name}.npy", getattr(self, name), allow_pickle=False)


def build_pieces(keys: KeyArray, pieces: Iterable[PieceArray]) -> Pieces:
    """Keep the pieces of these keys (ascending). ValueError when there is not one list for each key."""
    lists = list(pieces)
    if len(lists) != len(keys):
        raise ValueError(f"{len(keys)} keys but {len(lists)} lists of pieces")
    lengths = np.fromiter(map(len, lists), np.int64, len(lists))
    ids = np.concatenate([NO_PIECES, *lists]).astype(np.int32)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    return Pieces(np.ascontiguousarray(keys, np.int64), offsets, ids, _cases_with(lengths, ids))


def merge_pieces(old: Pieces, merge: RowMerge, fresh: Pieces) -> Pieces:
    """The old pieces without the cases that go, and the fresh ones: equal to `build_pieces` of all of them."""
    offsets, ids = merge.join_lists((old.offsets, old.ids), (fresh.offsets, fresh.ids))
    lengths, gone = np.diff(old.offsets), ~merge.kept
    lost = _cases_with(lengths[gone], old.ids[np.repeat(gone, lengths)])
    table = np.zeros(max(len(old.cases_with), len(fresh.cases_with)), np.int32)
    for sign, counts in ((1, old.cases_with), (-1, lost), (1, fresh.cases_with)):
        table[: len(counts)] += sign * counts
    return Pieces(merge.keys, offsets, ids, np.trim_zeros(table, "b"))


def _cases_with(lengths: NDArray[np.int64], ids: PieceArray) -> NDArray[np.int32]:
    ends, size = np.cumsum(lengths), int(ids.max(initial=-1)) + 1
    table = np.zeros(size, np.int32)
    for start in range(0, len(lengths), _COUNTED):
        some = lengths[start : start + _COUNTED]
        rows = np.repeat(np.arange(len(some), dtype=np.int64), some)
        first = int(ends[start] - some[0])
        pairs = np.sort((rows << 32) | ids[first : first + len(rows)])  # numpy's `unique` takes ten times as long
        table += np.bincount(pairs[np.diff(pairs, prepend=-1) != 0] & 0xFFFFFFFF, minlength=size)
    return table


def load_pieces(directory: Path) -> Pieces:
    """Map what `save` wrote; ValueError when the files are damaged, OSError if missing."""
    keys, offsets, ids, cases_with = (
        np.load(directory / f"pieces_{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
        for name in _ARRAYS
    )
    if len(offsets) != len(keys) + 1 or int(offsets[-1]) != len(ids):
        raise ValueError("files of the word pieces do not fit together")
    return Pieces(keys, offsets, ids, cases_with)


def _count_in(cases_with: NDArray[np.int32], ids: PieceArray) -> NDArray[np.int64]:
    """Entries of a count table, 0 beyond its end."""
    counts = np.zeros(len(ids), np.int64)
    inside = ids < len(cases_with)
    counts[inside] = cases_with[ids[inside]]
    return counts


def rarity(counts: NDArray[np.int64], cases: int) -> FloatVector:
    """Lucene's idf of pieces that so many of all cases have."""
    found = np.minimum(counts, cases)
    return np.log1p((cases - found + 0.5) / (found + 0.5)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class FreshPieces:
    """The pieces of fresh cases; immutable."""

    lists: Mapping[int, PieceArray] = field(default_factory=dict)
    cases_with: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))

    def with_changes(self, added: Mapping[int, PieceArray], dropped: KeySet) -> "FreshPieces":
        """These pieces without the dropped keys, and with the added ones, whose old ones must be dropped."""
        if not added and not dropped:
            return self
        lists, gone = dict(self.lists), [self.lists[key] for key in dropped]
        for key in dropped:
            del lists[key]
        size = max([len(self.cases_with), *(int(ids.max(initial=-1)) + 1 for ids in added.values())])
        table = np.zeros(size, np.int32)
        table[: len(self.cases_with)] = self.cases_with
        for ids in added.values():
            table[np.unique(ids)] += 1
        for ids in gone:
            table[np.unique(ids)] -= 1
        return FreshPieces({**lists, **added}, table)

    def of(self, keys: KeyArray) -> list[PieceArray]:
        """The pieces of each key, in the order given; none for an unknown key."""
        return [self.lists.get(key, NO_PIECES) for key in keys.tolist()]

    def count(self, ids: PieceArray) -> NDArray[np.int64]:
        """How many fresh cases have each piece."""
        return _count_in(self.cases_with, ids)
