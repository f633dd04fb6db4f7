"""Keys of cases, many in an array or a set of them: the only place that knows roaring bitmaps."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

KeyArray: TypeAlias = NDArray[np.int64]
"""Keys, (n,); 0 <= key < 2**32, because sets of keys are 32-bit roaring bitmaps."""
KeySet: TypeAlias = BitMap
"""A set of keys, with the operators and the names of Python's sets."""
Allowed: TypeAlias = KeySet | None
"""Keys that filters and audience let through; None means all."""


def as_set(keys: NDArray[np.integer]) -> KeySet:
    """The set of these keys, (n,), in any order."""
    return BitMap(np.asarray(keys, np.uint32))


def as_array(keys: KeySet) -> KeyArray:
    """The keys of a set, ascending."""
    return np.frombuffer(keys.to_array(), np.uint32).astype(np.int64)


def are_in(keys: KeyArray, found: KeySet) -> NDArray[np.bool_]:
    """Whether each key is in the set, in the order given."""
    if not found:
        return np.zeros(len(keys), np.bool_)
    return np.fromiter((key in found for key in keys.tolist()), np.bool_, len(keys))
