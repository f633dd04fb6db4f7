"""What every part of the index shares: hits, vectors, and the two protocols that each engine fulfils."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.keys import Allowed, KeyArray

FloatVector: TypeAlias = NDArray[np.float32]
"""(dim,) float32, or scores (n,)."""
FloatMatrix: TypeAlias = NDArray[np.float32]
"""(rows, dim) float32."""


class IndexDamaged(Exception):
    """A file of the index is missing, cut short or changed; the message names it."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Keys with their scores, best first; equal scores stand in key order, so a top-k is a prefix of a longer one."""

    keys: KeyArray
    scores: FloatVector

    def __len__(self) -> int:
        return len(self.keys)


def best_hits(keys: KeyArray, scores: FloatVector, k: int) -> Hits:
    """The k best of the given pairs (each key once), sorted by (-score, key)."""
    if k < len(keys):
        # The k-th best score may be shared: keep all that tie with it, then cut by key, so that the cut is stable.
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k] if k > 0 else np.inf
        keep = scores >= threshold
        keys, scores = keys[keep], scores[keep]
    order = np.lexsort((keys, -scores))[:k]
    return Hits(keys[order], scores[order])


class VectorIndex(Protocol):
    """Nearest neighbours by inner product over unit vectors."""

    @property
    def dim(self) -> int:
        """Length of each vector."""
        ...

    def __len__(self) -> int: ...

    def search(self, query: FloatVector, k: int, allowed: Allowed = None) -> Hits:
        """The k nearest allowed keys; fewer only if fewer allowed keys exist. Scores are exact inner products."""
        ...

    def scores(self, query: FloatVector, keys: KeyArray) -> FloatVector:
        """Exact inner product of each key, in the order given; NaN where a key is not in the index."""
        ...

    def vectors_of(self, keys: KeyArray) -> FloatMatrix:
        """The vector of each key, (n, dim), in the order given; zeros where a key is not in the index."""
        ...


class WordIndex(Protocol):
    """BM25 over tokens."""

    def __len__(self) -> int: ...

    def search(self, tokens: Sequence[str], k: int, allowed: Allowed = None) -> Hits:
        """The k best allowed keys with a score above 0; fewer only if fewer allowed keys share a token."""
        ...

    def scores(self, tokens: Sequence[str], keys: KeyArray) -> FloatVector:
        """BM25 score of each key, in the order given; 0 where nothing is shared or the key is not in the index."""
        ...

    def ceiling(self, tokens: Sequence[str]) -> float:
        """An upper bound of any score for these tokens, > 0: score / ceiling is comparable between questions."""
        ...
