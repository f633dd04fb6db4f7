"""One frozen state of the whole index: a snapshot with the changes since. A request takes one and keeps it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.delta import Delta, Upsert
from index.facets.facets import Clause
from index.keys import Allowed, KeyArray, KeySet, are_in
from index.lru import LruCache
from index.parts import IndexParts, empty_parts
from index.pieces import NO_PIECES, PieceArray, rarity
from index.types import FloatMatrix, FloatVector, Hits, best_hits

__all__ = ["Upsert", "View"]

_MARGIN = 64  # so many more are asked of the snapshot to make up for hits that the delta overrides
_REMEMBERED = 64


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A snapshot (or none), the delta over it, and the store's revision that both together hold."""

    snapshot_name: str
    revision: int
    base: IndexParts
    delta: Delta
    _recent: LruCache[tuple[Clause, ...], KeySet] = field(default_factory=lambda: LruCache(_REMEMBERED), repr=False)

    @staticmethod
    def empty(dim: int) -> "View":
        """No snapshot, no case, revision 0."""
        return View.over(empty_parts(dim), snapshot_name="", revision=0)

    @staticmethod
    def over(base: IndexParts, *, snapshot_name: str, revision: int) -> "View":
        """A snapshot without any change since."""
        # Words of the delta are scored with the statistics of the snapshot, if it has any case.
        delta = Delta.empty(base.vectors.dim, like=base.words if len(base) else None)
        return View(snapshot_name, revision, base, delta)

    def with_changes(self, upserts: Sequence[Upsert], deletions: Collection[int], *, revision: int) -> "View":
        """The view after these changes; this one stays as it is. ValueError for a wrong vector length or key."""
        delta = self.delta.with_changes(upserts, deletions, self.base.facets.keys)
        return View(self.snapshot_name, revision, self.base, delta)

    def __len__(self) -> int:
        return len(self.base) - len(self.delta.overridden) + len(self.delta)

    def keys(self) -> KeySet:
        """Every key that can be found."""
        return self._recent.get((), lambda: self._merged(()))

    def contains(self, key: int) -> bool:
        """Whether this key can be found."""
        if not 0 <= key < 2**32:
            return False
        return key in self.delta.fresh or (key in self.base.facets.keys and key not in self.delta.overridden)

    def allowed(self, clauses: Sequence[Clause]) -> Allowed:
        """The keys that fulfil every clause; None when all do. Shared: not to be changed."""
        wanted = tuple(clauses)
        if not wanted:
            return None
        found = self._recent.get(wanted, lambda: self._merged(wanted))
        return None if len(found) == len(self) else found

    def counts(self, name: str, within: Allowed = None) -> dict[str, int]:
        """How many of these keys (None: all) have each value of a field, most frequent first."""
        inside = self.keys() if within is None else within
        total = dict(self.delta.facets.counts(name, inside))
        for value, count in self.base.facets.counts(name, inside - self.delta.overridden).items():
            total[value] = total.get(value, 0) + count
        return dict(sorted(total.items(), key=lambda pair: (-pair[1], pair[0])))

    def values(self, name: str) -> set[str]:
        """Every value of a field; one that only replaced cases had may still be among them."""
        return {*self.delta.facets.values(name), *self.base.facets.values(name)}

    def has(self, name: str, value: str, keys: KeyArray) -> NDArray[np.bool_]:
        """Whether each key has this value of a field, in the order given."""
        below = self.base.facets.has(name, value, keys) & ~are_in(keys, self.delta.overridden)
        return below | self.delta.facets.has(name, value, keys)

    def search_dense(self, query: FloatVector, k: int, allowed: Allowed = None) -> Hits:
        """The k nearest allowed cases; fewer only if fewer are allowed. Scores are exact inner products."""
        fresh = self.delta.search_dense(query, k, allowed)
        dense = self.base.vectors
        return _merge(self._below(lambda n, inside: dense.search(query, n, inside), k, allowed), fresh, k)

    def search_words(self, tokens: Sequence[str], k: int, allowed: Allowed = None) -> Hits:
        """The k best allowed cases that share a token; scores are BM25 with the snapshot's statistics."""
        fresh = self.delta.search_words(tokens, k, allowed)
        words = self.base.words
        return _merge(self._below(lambda n, inside: words.search(tokens, n, inside), k, allowed), fresh, k)

    def dense_scores(self, query: FloatVector, keys: KeyArray) -> FloatVector:
        """Exact inner product of each key, in the order given; NaN where a key cannot be found."""
        result = self.delta.dense_scores(query, keys)
        below = np.isnan(result) & ~are_in(keys, self.delta.overridden)
        result[below] = self.base.vectors.scores(query, keys[below])
        return result

    def vectors_of(self, keys: KeyArray) -> FloatMatrix:
        """The vector of each key, (n, dim), in the order given; zeros where a key cannot be found."""
        result = self.delta.vectors_of(keys)
        below = ~are_in(keys, self.delta.overridden) & ~are_in(keys, self.delta.fresh)
        result[below] = self.base.vectors.vectors_of(keys[below])
        return result

    def word_scores(self, tokens: Sequence[str], keys: KeyArray) -> FloatVector:
        """BM25 score of each key, in the order given; 0 where nothing is shared or the key cannot be found."""
        result = self.delta.word_scores(tokens, keys)
        below = ~are_in(keys, self.delta.overridden) & ~are_in(keys, self.delta.fresh)
        result[below] = self.base.words.scores(tokens, keys[below])
        return result

    def word_ceiling(self, tokens: Sequence[str]) -> float:
        """An upper bound of any word score for these tokens, > 0; infinite while the index is empty."""
        return self.base.words.ceiling(tokens) if len(self.base) else self.delta.word_ceiling(tokens)

    def pieces(self, keys: KeyArray) -> list[PieceArray]:
        """The pieces of each key, in the order given; none for a key that cannot be found."""
        found = [self.delta.pieces(key) for key in keys.tolist()]
        gone = self.delta.overridden
        below = self.base.pieces.of(keys)
        return [
            own if own is not None else NO_PIECES if key in gone else old
            for own, old, key in zip(found, below, keys.tolist(), strict=True)
        ]

    def piece_rarity(self, ids: PieceArray) -> FloatVector:
        """The idf of each piece, (n,); cases that were replaced since the snapshot count until the next one."""
        counts, cases = self.delta.count_pieces(ids), len(self.delta)
        return rarity(counts + self.base.pieces.count(ids), cases + len(self.base))

    def _merged(self, clauses: tuple[Clause, ...]) -> KeySet:
        fresh = self.delta.facets.allowed(clauses)
        below = self.base.facets.allowed(clauses)
        # Untouched by changes it stays the same object, whose rows the dense index remembers.
        below = below - self.delta.overridden if self.delta.overridden else below
        return below | fresh if fresh else below

    def _below(self, find: Callable[[int, Allowed], Hits], k: int, allowed: Allowed) -> Hits:
        """Hits in the snapshot without those that the delta overrides."""
        overridden = self.delta.overridden
        if not overridden or k <= 0:
            return find(k, allowed)
        # Nearly always a few spare hits are enough, and no set has to be translated into rows again.
        wanted = k + min(len(overridden), _MARGIN)
        hits = find(wanted, allowed)
        live = ~are_in(hits.keys, overridden)
        if np.count_nonzero(live) >= k or len(hits) < wanted:
            return Hits(hits.keys[live][:k], hits.scores[live][:k])
        return find(k, (self.base.facets.keys if allowed is None else allowed) - overridden)


def _merge(below: Hits, fresh: Hits, k: int) -> Hits:
    if not len(fresh):
        return below
    keys = np.concatenate([below.keys, fresh.keys])
    return best_hits(keys, np.concatenate([below.scores, fresh.scores]), k)
