"""Vectors of fresh cases: at the end of a buffer that successive states share, so that adding one case stays cheap."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.keys import Allowed, KeyArray, KeySet, as_array
from index.types import FloatMatrix, FloatVector, Hits, best_hits
from index.vectors.centred import CentredRows, centre
from index.vectors.centring import Centring

_FIRST_CAPACITY = 256
_NO_HITS = Hits(np.empty(0, np.int64), np.empty(0, np.float32))


class _Log:
    """Vectors in the order they came. Only the state that has seen all of it may append; any other gets a copy."""

    def __init__(self, centring: Centring, capacity: int = _FIRST_CAPACITY) -> None:
        dim = centring.means.shape[1]
        vectors, groups = np.empty((capacity, dim), np.float32), np.empty(capacity, np.uint16)
        self.rows = CentredRows(vectors, groups, np.empty(capacity, np.float32), centring)
        self._used = 0
        self._lock = threading.Lock()

    def extended(self, seen: int, more: CentredRows) -> "_Log":
        """A log that begins with the first `seen` vectors of this one and goes on with `more`."""
        end = seen + len(more)
        with self._lock:
            if self._used == seen and end <= len(self.rows):
                self.rows.write(slice(seen, end), more)
                self._used = end
                return self
        grown = _Log(self.rows.centring, max(_FIRST_CAPACITY, 2 * end))
        grown.rows.write(slice(0, seen), self.rows.take(slice(0, seen)))
        grown.rows.write(slice(seen, end), more)
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
    def empty(centring: Centring) -> "FreshVectors":
        """No case yet; vectors will be centred by these means."""
        return FreshVectors(_Log(centring))

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def dim(self) -> int:
        """Length of each vector."""
        return self.log.rows.dim

    def with_changes(self, added: Mapping[int, tuple[FloatVector, str]], dropped: KeySet) -> "FreshVectors":
        """These vectors without the dropped keys, and with the added ones (each with its group), whose old ones must
        be dropped.

        ValueError when a vector has another length.
        """
        vectors = np.empty((len(added), self.dim), np.float32)
        for row, (key, (vector, _)) in enumerate(added.items()):
            if vector.shape != (self.dim,):
                raise ValueError(f"case {key}: vector of shape {vector.shape}, expected ({self.dim},)")
            vectors[row] = vector
        kept = ~np.isin(self.keys, as_array(dropped))
        log, seen, old_keys, old_rows = self.log, self.seen, self.keys[kept], self.rows[kept]
        if seen > _FIRST_CAPACITY and seen > 2 * (len(old_keys) + len(added)):
            # More than half of the log belongs to nobody any more: go on with a compact copy.
            live = log.rows.take(old_rows)
            log = _Log(live.centring, 2 * len(live) + _FIRST_CAPACITY).extended(0, live)
            seen, old_rows = len(live), np.arange(len(live))
        groups = np.array([group for _, group in added.values()], np.object_)
        log = log.extended(seen, centre(vectors, groups, log.rows.centring))
        keys = np.concatenate([old_keys, np.array(list(added), np.int64)])
        rows = np.concatenate([old_rows, seen + np.arange(len(added))])
        order = np.argsort(keys, kind="stable")
        held = (self.held - dropped) | KeySet(added)
        return FreshVectors(log, seen + len(added), keys[order], rows[order], held)

    def search(self, query: FloatVector, k: int, allowed: Allowed = None) -> Hits:
        """The k nearest allowed keys; fewer only if fewer allowed keys exist."""
        if k <= 0 or not len(self):
            return _NO_HITS
        keys, rows = self.keys, self.rows
        if allowed is not None:
            keys = as_array(allowed & self.held)
            rows = rows[np.searchsorted(self.keys, keys)]
        return best_hits(keys, self._compare(query, rows), k)

    def scores(self, query: FloatVector, keys: KeyArray) -> FloatVector:
        """The score of each key, as a snapshot gives it, in the order given; NaN where a key is not fresh."""
        rows, known = self._find_rows(keys)
        result = np.full(len(keys), np.nan, np.float32)
        result[known] = self._compare(query, rows)
        return result

    def of(self, keys: KeyArray) -> FloatMatrix:
        """The centred vector of each key, (n, dim), in the order given; zeros where a key is not fresh."""
        rows, known = self._find_rows(keys)
        result = np.zeros((len(keys), self.dim), np.float32)
        result[known] = self.log.rows.unit(rows)
        return result

    def _find_rows(self, keys: KeyArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Rows of the log of the keys that are known, and which these are."""
        if not len(self):
            return np.empty(0, np.int64), np.zeros(len(keys), np.bool_)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self) - 1)
        known = self.keys[at] == keys
        return self.rows[at[known]], known

    def _compare(self, query: FloatVector, rows: NDArray[np.int64]) -> FloatVector:
        """Scores of these rows of the log."""
        query = np.ascontiguousarray(query, np.float32)
        if 2 * len(rows) > self.seen:  # reading everything in order beats gathering most of it
            return self.log.rows.scores(query, slice(0, self.seen))[rows]
        return self.log.rows.scores(query, rows)
