"""The words of a word index: token -> number, kept as flat arrays so that a million words load in no time."""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_FILES = ("words_hash", "words_text", "words_end")


class Vocabulary:
    """Token -> number 0..n-1, read-only. Tokens lie in one UTF-8 blob in order of a 32-bit hash.

    The hash only says where to look: the text itself decides, so that two words with one hash stay two words.
    """

    def __init__(self, hashes: NDArray[np.uint32], text: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        """Take the arrays as they are (memory-mapped ones too); ValueError when they do not fit together."""
        if len(hashes) != len(ends) or (int(ends[-1]) if len(ends) else 0) != len(text):
            raise ValueError("vocabulary arrays do not fit together")
        self._hashes = hashes
        self._text = text
        self._ends = ends

    def __len__(self) -> int:
        return len(self._hashes)

    def numbers(self, tokens: Sequence[str]) -> list[int]:
        """The number of each token, -1 for an unknown one."""
        encoded = [token.encode("utf-8", "surrogatepass") for token in tokens]
        hashes = np.fromiter(map(zlib.crc32, encoded), np.uint32, len(encoded))
        first = np.searchsorted(self._hashes, hashes).tolist()
        return [self._confirm(word, code, at) for word, code, at in zip(encoded, hashes.tolist(), first, strict=True)]

    def _confirm(self, word: bytes, code: int, at: int) -> int:
        while at < len(self._hashes) and self._hashes[at] == code:
            start = self._ends[at - 1] if at else 0
            if self._text[start : self._ends[at]].tobytes() == word:
                return at
            at += 1
        return -1

    def tokens(self) -> list[str]:
        """Every token, in the order of its number."""
        blob = self._text.tobytes()
        ends = self._ends.tolist()
        return [blob[a:b].decode("utf-8", "surrogatepass") for a, b in zip([0, *ends], ends, strict=False)]

    def save(self, directory: Path) -> None:
        """Write three .npy files into an existing directory."""
        arrays: tuple[NDArray[np.generic], ...] = (self._hashes, self._text, self._ends)
        for name, array in zip(_FILES, arrays, strict=True):
            np.save(directory / f"{name}.npy", array, allow_pickle=False)


def build_vocabulary(tokens: Iterable[str]) -> tuple[Vocabulary, NDArray[np.int64]]:
    """A vocabulary of distinct tokens, and for each token in the order given its number.

    The numbers do not depend on that order: tokens with one hash follow each other by their bytes.
    """
    encoded = [token.encode("utf-8", "surrogatepass") for token in tokens]
    hashes = np.fromiter(map(zlib.crc32, encoded), np.uint32, len(encoded))
    order = np.argsort(hashes, kind="stable")
    if bool(np.any(np.diff(hashes[order]) == 0)):
        codes = hashes.tolist()
        order = np.array(sorted(order.tolist(), key=lambda i: (codes[i], encoded[i])), np.int64)
    ordered = [encoded[i] for i in order.tolist()]
    ends = np.cumsum(np.fromiter(map(len, ordered), np.int64, len(ordered)), dtype=np.int64)
    text = np.frombuffer(b"".join(ordered), np.uint8)
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.arange(len(order))
    return Vocabulary(hashes[order], text, ends), numbers


def load_vocabulary(directory: Path) -> Vocabulary:
    """Map the files that `save` wrote; ValueError or OSError when they are damaged or missing."""
    hashes, text, ends = (
        np.load(directory / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray) for name in _FILES
    )
    return Vocabulary(hashes, text, ends)
