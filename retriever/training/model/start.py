"""Where the fit starts from: each token at the weighted mean of the teacher's vectors of the texts it occurs in."""

import numpy as np
from numpy.typing import NDArray

from retriever.training.model.bags import Bags

RARE = 1e-4


def rotate_to_leading(vectors: NDArray[np.float16], dims: int, sample: int = 100_000) -> NDArray[np.float32]:
    """Turn teacher vectors into their `dims` leading principal directions (uncentred), unit length again."""
    every = max(1, len(vectors) // sample)
    points = np.asarray(vectors[::every], dtype=np.float32)
    _, directions = np.linalg.eigh(points.T @ points)
    basis = np.ascontiguousarray(directions[:, ::-1][:, :dims])
    turned = np.empty((len(vectors), dims), dtype=np.float32)
    for start in range(0, len(vectors), 65_536):
        part = np.asarray(vectors[start : start + 65_536], dtype=np.float32) @ basis
        turned[start : start + len(part)] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return turned


def build_start_table(
    parts: list[tuple[Bags, NDArray[np.int64]]], targets: NDArray[np.float32], tokens: int, *, most: int
) -> NDArray[np.float32]:
    """Average targets over the texts of each token, less the overall mean, frequent tokens shortened.

    `parts` are bags with the number of the target of each, of which about `most` texts, evenly spread, are looked at;
    rows of tokens that never occur there stay zero.
    """
    sums = np.zeros((tokens, targets.shape[1]), dtype=np.float32)
    counts = np.zeros(tokens, dtype=np.int64)
    centre = targets.mean(axis=0)
    for bags, numbers in parts:
        chosen = np.arange(0, len(bags), max(1, len(bags) // most))
        for start in range(0, len(chosen), 50_000):
            rows = chosen[start : start + 50_000]
            ids, _ = bags.take(rows)
            owners = np.repeat(numbers[rows], bags.lengths()[rows])
            order = np.argsort(ids, kind="stable")
            seen, first = np.unique(ids[order], return_index=True)
            sums[seen] += np.add.reduceat(targets[owners[order]] - centre, first, axis=0)
            counts += np.bincount(ids, minlength=tokens)
    share = counts / max(1, counts.sum())
    weight = np.where(counts > 0, RARE / (RARE + share), 0.0) / np.maximum(1, counts)
    return sums * weight[:, None].astype(np.float32)
