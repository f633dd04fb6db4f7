"""What every part of the index shares: hits and vectors."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.keys import KeyArray

FloatVector: TypeAlias = NDArray[np.float32]
"""(dim,) float32, or scores (n,)."""
FloatMatrix: TypeAlias = NDArray[np.float32]
"""(rows, dim) float32."""
Flags: TypeAlias = NDArray[np.bool_]
"""True or false for each row, (n,)."""
Longs: TypeAlias = NDArray[np.int64]
"""Numbers or offsets, (n,)."""


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
