"""Vectors of fresh cases: at the end of a buffer that successive states share, so that adding one case stays cheap."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.keys import Allowed, KeyArray, KeySet, as_array
from index.types import FloatMatrix, FloatVector, Hits, best_hits

_FIRST_CAPACITY = 256
_NO_HITS = Hits(np.empty(0, np.int64), np.empty(0, np.float32))


class _Log:
    """Vectors in the order they came. Only the state that has seen all of it may append; any other gets a copy."""

    def __init__(self, dim: int, capacity: int = _FIRST_CAPACITY) -> None:
        self.vectors: FloatMatrix = np.empty((capacity, dim), np.float32)
        self._used = 0
        self._lock = threading.Lock()

    def extended(self, seen: int, more: FloatMatrix) -> "_Log":
        """A log that begins with the first `seen` vectors of this one and goes on with `more`."""
        end = seen + len(more)
        with self._lock:
            if self._used == seen and end <= len(self.vectors):
                self.vectors[seen:end] = more
                self._used = end
                return self
        grown = _Log(self.vectors.shape[1], max(_FIRST_CAPACITY, 2 * end))
        grown.vectors[:seen] = self.vectors[:seen]
        grown.vectors[seen:end] = more
        grown._used = end
        return grown


@dataclass(frozen=True, slots=True, eq=False)
class FreshVectors:
    """Immutable. Row `rows[i]` of the first `seen` of the log belongs to `keys[i]`, keys ascending."""

    log: _Log
    seen: int = 0
    keys: KeyArray = field(default_factory=lambda: np.empty(0, np.int64))
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    held: KeySet = field(default_factory=KeySet)
    """The same keys."""

    @staticmethod
    def empty(dim: int) -> "FreshVectors":
        """No case yet; vectors have this length."""
        return FreshVectors(_Log(dim))

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def dim(self) -> int:
        """Length of each vector."""
        return int(self.log.vectors.shape[1])

    def with_changes(self, added: Mapping[int, FloatVector], dropped: KeySet) -> "FreshVectors":
        """These vectors without the dropped keys, and with the added ones, whose old ones must be dropped.

        ValueError when a vector has another length.
        """
        vectors = np.empty((len(added), self.dim), np.float32)
        for row, (key, vector) in enumerate(added.items()):
            if vector.shape != (self.dim,):
                raise ValueError(f"case {key}: vector of shape {vector.shape}, expected ({self.dim},)")
            vectors[row] = vector
        kept = ~np.isin(self.keys, as_array(dropped))
        log, seen, old_keys, old_rows = self.log, self.seen, self.keys[kept], self.rows[kept]
        if seen > _FIRST_CAPACITY and seen > 2 * (len(old_keys) + len(added)):
            # More than half of the log belongs to nobody any more: go on with a compact copy.
            live = log.vectors[old_rows]
            log = _Log(self.dim, 2 * len(live) + _FIRST_CAPACITY).extended(0, live)
            seen, old_rows = len(live), np.arange(len(live))
        log = log.extended(seen, vectors)
        keys = np.concatenate([old_keys, np.array(list(added), np.int64)])
        rows = np.concatenate([old_rows, seen + np.arange(len(added))])
        order = np.argsort(keys, kind="stable")
        held = (self.held - dropped) | KeySet(added)
        return FreshVectors(log, seen + len(added), keys[order], rows[order], held)

    def search(self, query: FloatVector, k: int, allowed: Allowed = None) -> Hits:
        """The k nearest allowed keys; fewer only if fewer allowed keys exist. Scores are exact inner products."""
        if k <= 0 or not len(self):
            return _NO_HITS
        keys, rows = self.keys, self.rows
        if allowed is not None:
            keys = as_array(allowed & self.held)
            rows = rows[np.searchsorted(self.keys, keys)]
        return best_hits(keys, self._compare(query, rows), k)

    def scores(self, query: FloatVector, keys: KeyArray) -> FloatVector:
        """Exact inner product of each key, in the order given; NaN where a key is not fresh."""
        rows, known = self._find_rows(keys)
        result = np.full(len(keys), np.nan, np.float32)
        result[known] = self._compare(query, rows)
        return result

    def of(self, keys: KeyArray) -> FloatMatrix:
        """The vector of each key, (n, dim), in the order given; zeros where a key is not fresh."""
        rows, known = self._find_rows(keys)
        result = np.zeros((len(keys), self.dim), np.float32)
        result[known] = self.log.vectors[rows]
        return result

    def _find_rows(self, keys: KeyArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Rows of the log of the keys that are known, and which these are."""
        if not len(self):
            return np.empty(0, np.int64), np.zeros(len(keys), np.bool_)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self) - 1)
        known = self.keys[at] == keys
        return self.rows[at[known]], known

    def _compare(self, query: FloatVector, rows: NDArray[np.int64]) -> FloatVector:
        """Exact inner products of these rows of the log."""
        query = np.ascontiguousarray(query, np.float32)
        if 2 * len(rows) > self.seen:  # reading everything in order beats gathering most of it
            return np.asarray(np.vecdot(self.log.vectors[: self.seen], query)[rows], np.float32)
        return np.asarray(np.vecdot(self.log.vectors[rows], query), np.float32)
