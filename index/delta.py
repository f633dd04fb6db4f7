"""What came after the snapshot: fresh cases in memory, and which cases of the snapshot they replace.

A Delta never changes for those who hold it: `with_changes` gives the next one. Vectors go to the end of a buffer that
successive deltas share, words to small indexes that are merged as they grow, so one more case costs little however
many there are.
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.facets.facets import Facets, build_facets
from index.keys import Allowed, KeyArray, KeySet, as_array
from index.pieces import NO_PIECES, PieceArray, count_in, with_counts
from index.types import FloatMatrix, FloatVector, Hits, WordIndex, best_hits
from index.words.fresh import FreshWords

_FIRST_CAPACITY = 256
_NO_HITS = Hits(np.empty(0, np.int64), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Upsert:
    """A new or changed case: its unit vector (dim,), the tokens of its text, the values of its facets, its pieces."""

    key: int
    vector: FloatVector
    tokens: Sequence[str]
    facets: Mapping[str, Sequence[str]]
    pieces: PieceArray = field(default_factory=lambda: NO_PIECES)


class _Log:
    """Vectors in the order they came. Only the delta that has seen all of it may append; any other gets a copy."""

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
class _Vectors:
    """The live vectors: row `rows[i]` of the first `seen` rows of the log belongs to `keys[i]`, keys ascending."""

    log: _Log
    seen: int = 0
    keys: KeyArray = field(default_factory=lambda: np.empty(0, np.int64))
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def with_changes(self, keys: KeyArray, vectors: FloatMatrix, gone: KeyArray) -> "_Vectors":
        """`keys` with new vectors and all others of these but the `gone` ones."""
        kept = ~np.isin(self.keys, np.concatenate([keys, gone]))
        log, seen, old_keys, old_rows = self.log, self.seen, self.keys[kept], self.rows[kept]
        if seen > _FIRST_CAPACITY and seen > 2 * (len(old_keys) + len(keys)):
            # More than half of the log belongs to nobody any more: go on with a compact copy.
            live = self.log.vectors[old_rows]
            log = _Log(live.shape[1], 2 * len(live) + _FIRST_CAPACITY).extended(0, live)
            seen, old_rows = len(live), np.arange(len(live))
        log = log.extended(seen, vectors)
        all_keys = np.concatenate([old_keys, keys])
        all_rows = np.concatenate([old_rows, seen + np.arange(len(keys))])
        order = np.argsort(all_keys, kind="stable")
        return _Vectors(log, seen + len(keys), all_keys[order], all_rows[order])

    def scores(self, query: FloatVector, rows: NDArray[np.int64]) -> FloatVector:
        """Exact inner products of these rows of the log."""
        if 2 * len(rows) > self.seen:  # reading everything in order beats gathering most of it
            return np.asarray(np.vecdot(self.log.vectors[: self.seen], query)[rows], np.float32)
        return np.asarray(np.vecdot(self.log.vectors[rows], query), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Delta:
    """Fresh cases, and the keys of the snapshot that are replaced or deleted (`overridden`)."""

    fresh: KeySet
    overridden: KeySet
    facets: Facets
    _vectors: _Vectors
    _words: FreshWords
    _values: Mapping[int, Mapping[str, Sequence[str]]]
    _pieces: Mapping[int, PieceArray] = field(default_factory=dict)
    _cases_with: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))

    @staticmethod
    def empty(dim: int, like: WordIndex | None = None) -> "Delta":
        """No change yet; `like` is the snapshot's word index, whose statistics word scores will use."""
        return Delta(KeySet(), KeySet(), build_facets(()), _Vectors(_Log(dim)), FreshWords(like), {})

    def __len__(self) -> int:
        return len(self.fresh)

    @property
    def dim(self) -> int:
        """Length of each vector."""
        return int(self._vectors.log.vectors.shape[1])

    def with_changes(self, upserts: Sequence[Upsert], deletions: Collection[int], snapshot: KeySet) -> "Delta":
        """The next delta; `snapshot` are the keys of the snapshot below. A key given twice: the last upsert counts,
        and a deletion counts more than any upsert. ValueError when a vector has another length or a key is too large.
        """
        gone = set(deletions)
        latest = {upsert.key: upsert for upsert in upserts if upsert.key not in gone}
        keys = np.array(list(latest), np.int64)
        if len(keys) and (int(keys.min()) < 0 or int(keys.max()) >= 2**32):
            raise ValueError("keys must not be negative and must be below 2**32")
        vectors = np.empty((len(latest), self.dim), np.float32)
        for row, upsert in enumerate(latest.values()):
            if upsert.vector.shape != (self.dim,):
                raise ValueError(f"case {upsert.key}: vector of shape {upsert.vector.shape}, expected ({self.dim},)")
            vectors[row] = upsert.vector
        touched = [key for key in (*latest, *gone) if key in self.fresh]
        dropped = KeySet(touched)
        added = [(key, upsert.facets) for key, upsert in latest.items()]
        values = {**self._values, **dict(added)}
        pieces = {**self._pieces, **{key: upsert.pieces for key, upsert in latest.items()}}
        for key in gone:
            values.pop(key, None)
            pieces.pop(key, None)
        replaced = [self._pieces[key] for key in touched]
        return Delta(
            fresh=(self.fresh - dropped) | KeySet(latest),
            overridden=self.overridden | (KeySet([*latest, *(key for key in gone if 0 <= key < 2**32)]) & snapshot),
            facets=self.facets.with_changes(added, [(key, self._values[key]) for key in touched]),
            _vectors=self._vectors.with_changes(keys, vectors, np.array(sorted(gone), np.int64)),
            _words=self._words.with_changes({key: upsert.tokens for key, upsert in latest.items()}, dropped),
            _values=values,
            _pieces=pieces,
            _cases_with=with_counts(self._cases_with, [upsert.pieces for upsert in latest.values()], replaced),
        )

    def search_dense(self, query: FloatVector, k: int, allowed: Allowed = None) -> Hits:
        """The k nearest allowed fresh cases; scores are exact inner products."""
        held = self._vectors
        if k <= 0 or not len(held.keys):
            return _NO_HITS
        keys, rows = held.keys, held.rows
        if allowed is not None:
            keys = as_array(allowed & self.fresh)
            rows = held.rows[np.searchsorted(held.keys, keys)]
        return best_hits(keys, held.scores(np.ascontiguousarray(query, np.float32), rows), k)

    def search_words(self, tokens: Sequence[str], k: int, allowed: Allowed = None) -> Hits:
        """The k best allowed fresh cases with a score above 0."""
        return self._words.search(tokens, k, allowed)

    def dense_scores(self, query: FloatVector, keys: KeyArray) -> FloatVector:
        """Exact inner product of each key, in the order given; NaN where a key is not fresh."""
        held = self._vectors
        result = np.full(len(keys), np.nan, np.float32)
        if len(held.keys):
            at = np.minimum(np.searchsorted(held.keys, keys), len(held.keys) - 1)
            known = held.keys[at] == keys
            result[known] = held.scores(np.ascontiguousarray(query, np.float32), held.rows[at[known]])
        return result

    def vectors_of(self, keys: KeyArray) -> FloatMatrix:
        """The vector of each key, (n, dim), in the order given; zeros where a key is not fresh."""
        held = self._vectors
        result = np.zeros((len(keys), self.dim), np.float32)
        if len(held.keys):
            at = np.minimum(np.searchsorted(held.keys, keys), len(held.keys) - 1)
            known = held.keys[at] == keys
            result[known] = held.log.vectors[held.rows[at[known]]]
        return result

    def word_scores(self, tokens: Sequence[str], keys: KeyArray) -> FloatVector:
        """BM25 score of each key, in the order given; 0 where nothing is shared or the key is not fresh."""
        return self._words.scores(tokens, keys)

    def pieces(self, key: int) -> PieceArray | None:
        """The pieces of a fresh case, None for any other."""
        return self._pieces.get(key)

    def count_pieces(self, ids: PieceArray) -> NDArray[np.int64]:
        """How many fresh cases have each piece."""
        return count_in(self._cases_with, ids)

    def word_ceiling(self, tokens: Sequence[str]) -> float:
        """An upper bound of any word score of a fresh case; infinite when there is no fresh case with words."""
        return self._words.ceiling(tokens)
