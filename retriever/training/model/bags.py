"""Texts as bags of token ids in two flat arrays: no Python object per text, so millions fit in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Bags:
    """Text i holds the tokens `ids[starts[i]:starts[i + 1]]`; `starts` has one more entry than there are texts."""

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.starts) - 1

    def lengths(self) -> NDArray[np.int64]:
        """Tokens per text, shape (texts,)."""
        return np.diff(self.starts)

    def take(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return (ids, offsets) of some texts in the given order, as an embedding bag reads them."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        offsets = np.zeros(len(rows), dtype=np.int64)
        np.cumsum(lengths[:-1], out=offsets[1:])
        positions = np.arange(int(lengths.sum())) + np.repeat(self.starts[rows] - offsets, lengths)
        return self.ids[positions], offsets

    def save(self, path: Path) -> None:
        """Write both arrays to one .npz file."""
        np.savez(path, ids=self.ids, starts=self.starts)


def load_bags(path: Path) -> Bags:
    """Read what `Bags.save` wrote."""
    with np.load(path) as arrays:
        return Bags(arrays["ids"], arrays["starts"])


def build_bags(tokenizer: Tokenizer, texts: Sequence[str]) -> Bags:
    """Tokenise every text, without special tokens."""
    flat: list[NDArray[np.int32]] = []
    lengths = np.zeros(len(texts) + 1, dtype=np.int64)
    for start in range(0, len(texts), CHUNK):
        encoded = tokenizer.encode_batch_fast(list(texts[start : start + CHUNK]), add_special_tokens=False)
        pieces = [item.ids for item in encoded]
        lengths[start + 1 : start + 1 + len(pieces)] = [len(ids) for ids in pieces]
        flat.append(np.array([token for ids in pieces for token in ids], dtype=np.int32))
    return Bags(np.concatenate(flat) if flat else np.zeros(0, np.int32), np.cumsum(lengths))


def pool_bags(table: NDArray[np.float32], bags: Bags, batch: int = 4096) -> NDArray[np.float32]:
    """Mean of the tokens' rows, unit length; an empty bag gives zeros. Shape (texts, dims)."""
    pooled = np.zeros((len(bags), table.shape[1]), dtype=np.float32)
    for start in range(0, len(bags), batch):
        rows = np.arange(start, min(start + batch, len(bags)))
        full = rows[bags.starts[rows + 1] > bags.starts[rows]]
        if len(full):
            ids, offsets = bags.take(full)
            pooled[full] = np.add.reduceat(table[ids], offsets, axis=0)
    norms = np.linalg.norm(pooled, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(pooled, norms, out=np.zeros_like(pooled), where=norms > 0)
    return unit
