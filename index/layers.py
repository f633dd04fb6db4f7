"""A snapshot's indexes with the delta over them: it answers for the keys it touched, the snapshot for all others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.delta import Delta
from index.facets.facets import Clause
from index.keys import Allowed, KeyArray, KeySet, are_in
from index.lru import LruCache
from index.parts import IndexParts
from index.pieces import PieceArray, rarity
from index.types import FloatMatrix, FloatVector, Hits, best_hits

_MARGIN = 64  # so many more are asked of the snapshot to make up for hits that the delta overrides
_REMEMBERED = 64
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class _Layers:
    """Both, and how their answers become one."""

    base: IndexParts
    delta: Delta

    def _by_key(
        self, keys: KeyArray, below: Callable[[KeyArray], NDArray[T]], above: Callable[[KeyArray], NDArray[T]]
    ) -> NDArray[T]:
        """What the snapshot (`below`) says of each key, or the delta (`above`) where it touched the key."""
        result, touched = below(keys), are_in(keys, self.delta.touched)
        if touched.any():
            result[touched] = above(keys[touched])
        return result

    def _best(self, find: Callable[[int, Allowed], Hits], fresh: Hits, k: int, allowed: Allowed) -> Hits:
        """The k best of what `find` finds in the snapshot and of the hits in the delta."""
        below = self._below(find, k, allowed)
        if not len(fresh):
            return below
        keys = np.concatenate([below.keys, fresh.keys])
        return best_hits(keys, np.concatenate([below.scores, fresh.scores]), k)

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


@dataclass(frozen=True, slots=True, eq=False)
class LayeredVectors(_Layers):
    """Nearest neighbours by the cosine of centred vectors, the question centred by `question`."""

    def question(self, vector: FloatVector, group: str) -> FloatVector:
        """A question's unit vector (dim,), which is of this group, as it is compared."""
        return self.base.vectors.centring.question(vector, group)

    def search(self, query: FloatVector, k: int, allowed: Allowed = None) -> Hits:
        """The k nearest allowed cases; fewer only if fewer are allowed. Scores are exact."""
        below, fresh = self.base.vectors, self.delta.vectors.search(query, k, allowed)
        return self._best(lambda n, inside: below.search(query, n, inside), fresh, k, allowed)

    def scores(self, query: FloatVector, keys: KeyArray) -> FloatVector:
        """Exact score of each key, in the order given; NaN where a key cannot be found."""
        below, above = self.base.vectors, self.delta.vectors
        return self._by_key(keys, lambda some: below.scores(query, some), lambda some: above.scores(query, some))

    def of(self, keys: KeyArray) -> FloatMatrix:
        """The centred vector of each key, (n, dim), in the order given; zeros where a key cannot be found."""
        return self._by_key(keys, self.base.vectors.of, self.delta.vectors.of)


@dataclass(frozen=True, slots=True, eq=False)
class LayeredWords(_Layers):
    """BM25 with the snapshot's statistics."""

    def search(self, tokens: Sequence[str], k: int, allowed: Allowed = None) -> Hits:
        """The k best allowed cases that share a token."""
        below, fresh = self.base.words, self.delta.words.search(tokens, k, allowed)
        return self._best(lambda n, inside: below.search(tokens, n, inside), fresh, k, allowed)

    def scores(self, tokens: Sequence[str], keys: KeyArray) -> FloatVector:
        """BM25 score of each key, in the order given; 0 where nothing is shared or the key cannot be found."""
        below, above = self.base.words, self.delta.words
        return self._by_key(keys, lambda some: below.scores(tokens, some), lambda some: above.scores(tokens, some))

    def known(self, tokens: Sequence[str]) -> set[str]:
        """Those of the tokens that some case has."""
        return self.base.words.known(tokens) | self.delta.words.known(tokens)

    def ceiling(self, tokens: Sequence[str]) -> float:
        """An upper bound of any score for these tokens, > 0; infinite while the index is empty."""
        return self.base.words.ceiling(tokens) if len(self.base) else self.delta.words.ceiling(tokens)


@dataclass(frozen=True, slots=True, eq=False)
class LayeredPieces(_Layers):
    """Word pieces of the cases."""

    def of(self, keys: KeyArray) -> list[PieceArray]:
        """The pieces of each key, in the order given; none for a key that cannot be found."""
        touched = are_in(keys, self.delta.touched).tolist()
        both = zip(self.base.pieces.of(keys), self.delta.pieces.of(keys), touched, strict=True)
        return [above if changed else below for below, above, changed in both]

    def rarity(self, ids: PieceArray) -> FloatVector:
        """The idf of each piece, (n,); cases that were replaced since the snapshot count until the next one."""
        counts = self.base.pieces.count(ids) + self.delta.pieces.count(ids)
        return rarity(counts, len(self.base) + len(self.delta))


@dataclass(frozen=True, slots=True, eq=False)
class LayeredFacets(_Layers):
    """What filters ask for. Sets it returns are shared: they must not be changed."""

    _recent: LruCache[tuple[Clause, ...], KeySet] = field(default_factory=lambda: LruCache(_REMEMBERED), repr=False)

    def __len__(self) -> int:
        return len(self.base) - len(self.delta.overridden) + len(self.delta)

    @property
    def keys(self) -> KeySet:
        """Every key that can be found."""
        return self._recent.get((), lambda: self._merged(()))

    def allowed(self, clauses: Sequence[Clause]) -> Allowed:
        """The keys that fulfil every clause; None when all do."""
        wanted = tuple(clauses)
        if not wanted:
            return None
        found = self._recent.get(wanted, lambda: self._merged(wanted))
        return None if len(found) == len(self) else found

    def counts(self, name: str, within: Allowed = None) -> dict[str, int]:
        """How many of these keys (None: all) have each value of a field, most frequent first."""
        inside = self.keys if within is None else within
        total = dict(self.delta.facets.counts(name, inside))
        for value, count in self.base.facets.counts(name, inside - self.delta.overridden).items():
            total[value] = total.get(value, 0) + count
        return dict(sorted(total.items(), key=lambda pair: (-pair[1], pair[0])))

    def values(self, name: str) -> set[str]:
        """Every value of a field; one that only replaced cases had may still be among them."""
        return {*self.delta.facets.values(name), *self.base.facets.values(name)}

    def has(self, name: str, value: str, keys: KeyArray) -> NDArray[np.bool_]:
        """Whether each key has this value of a field, in the order given."""
        below, above = self.base.facets, self.delta.facets
        return self._by_key(keys, lambda some: below.has(name, value, some), lambda some: above.has(name, value, some))

    def _merged(self, clauses: tuple[Clause, ...]) -> KeySet:
        fresh, below = self.delta.facets.allowed(clauses), self.base.facets.allowed(clauses)
        # Untouched by changes it stays the same object, whose rows the dense index remembers.
        below = below - self.delta.overridden if self.delta.overridden else below
        return below | fresh if fresh else below
