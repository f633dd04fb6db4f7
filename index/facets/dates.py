"""Dates in order, so that "between" is two binary searches and a few unions."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.keys import KeySet, as_array

Texts: TypeAlias = NDArray[np.bytes_]
"""Dates as UTF-8 texts of one width, (n,), ascending."""
KeyOfText: TypeAlias = NDArray[np.uint32]
"""The key of each date, (n,)."""

_WIDTH = 40  # longer texts are no dates; what follows is not compared
_BLOCK = 8_192  # dates whose keys are kept as one ready bitmap


class Dates:
    """Sorted (date, key) pairs. Never changes; `merged` and `without` give new ones."""

    def __init__(self, texts: Texts, keys: KeyOfText) -> None:
        """Take texts in ascending order and the key of each."""
        self.texts = texts
        self.keys = keys
        whole = len(keys) // _BLOCK
        self._blocks = [KeySet(keys[block * _BLOCK : (block + 1) * _BLOCK]) for block in range(whole)]

    def __len__(self) -> int:
        return len(self.keys)

    def between(self, since: str | None, until: str | None) -> KeySet:
        """Keys with a date in since … until, both included; None leaves a side open."""
        low = 0 if since is None else int(np.searchsorted(self.texts, _text(since), "left"))
        high = len(self) if until is None else int(np.searchsorted(self.texts, _text(until), "right"))
        if high <= low:
            return KeySet()
        first, last = -(-low // _BLOCK), high // _BLOCK
        if first >= last:
            return KeySet(self.keys[low:high])
        edges = np.concatenate([self.keys[low : first * _BLOCK], self.keys[last * _BLOCK : high]])
        return KeySet.union(KeySet(edges), *self._blocks[first:last])

    def merged(self, other: "Dates") -> "Dates":
        """Both together; keys of one date in any order."""
        width = max(self.texts.itemsize, other.texts.itemsize)
        texts = self.texts.astype(f"S{width}")
        at = np.searchsorted(texts, other.texts, "right")
        return Dates(np.insert(texts, at, other.texts), np.insert(self.keys, at, other.keys))

    def without(self, gone: KeySet) -> "Dates":
        """The dates of all other keys."""
        kept = ~np.isin(self.keys, as_array(gone))
        return Dates(self.texts[kept], self.keys[kept])


def build_dates(pairs: Iterable[tuple[str, int]]) -> Dates:
    """Sort (date, key) pairs; at least one."""
    found = list(pairs)
    return _sorted(np.array([_text(text) for text, _ in found]), np.array([key for _, key in found], np.uint32))


def join_dates(parts: Sequence[Dates]) -> Dates:
    """What `build_dates` gives for all pairs of these (one or more) together, at least one pair."""
    texts = np.concatenate([part.texts for part in parts])
    width = max(int(np.strings.str_len(texts).max()), 1)
    return _sorted(texts.astype(f"S{width}"), np.concatenate([part.keys for part in parts]))


def _sorted(texts: Texts, keys: KeyOfText) -> Dates:
    order = np.lexsort((keys, texts))
    return Dates(texts[order], keys[order])


def _text(text: str) -> bytes:
    return text.encode("utf-8", "replace")[:_WIDTH]
