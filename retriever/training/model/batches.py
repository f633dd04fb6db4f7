"""Which pairs meet in one training batch: languages by temperature, sources by weight, neighbours by cluster."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from retriever.training.model.bags import Bags


@dataclass(frozen=True, slots=True)
class Pool:
    """Pairs of one language that a batch draws from: `english[i]` is the number of the English text of `bags[i]`.

    `chance` is the cumulated weight of each pair; `order` lists pairs by cluster, those of cluster c at
    `order[first[c]:first[c + 1]]`.
    """

    language: str
    bags: Bags
    english: NDArray[np.int64]
    chance: NDArray[np.float64]
    cluster: NDArray[np.int64]
    order: NDArray[np.int64]
    first: NDArray[np.int64]

    def draw(self, rng: np.random.Generator, size: int, group: int) -> NDArray[np.int64]:
        """Draw `size` pairs: anchors by weight, each with `group - 1` pairs of its own cluster as hard company."""
        anchors: NDArray[np.int64] = np.searchsorted(
            self.chance, rng.random(size // group) * self.chance[-1], side="right"
        )
        if group == 1:
            return anchors
        company = np.repeat(self.cluster[anchors], group - 1)
        width = self.first[company + 1] - self.first[company]
        others = self.order[self.first[company] + (rng.random(len(company)) * width).astype(np.int64)]
        return np.concatenate([anchors, others])


def build_pool(
    language: str,
    bags: Bags,
    english: NDArray[np.int64],
    *,
    weights: NDArray[np.float64],
    clusters: NDArray[np.int64],
) -> Pool:
    """Lay out one language for drawing; pairs of weight 0 or without tokens are left out."""
    kept = np.flatnonzero((weights > 0) & (bags.lengths() > 0))
    ids, offsets = bags.take(kept)
    own = Bags(ids, np.append(offsets, len(ids)))
    cluster = clusters[english[kept]]
    count = int(clusters.max()) + 1
    first = np.searchsorted(np.sort(cluster), np.arange(count + 1))
    order = np.argsort(cluster, kind="stable")
    return Pool(language, own, english[kept], np.cumsum(weights[kept]), cluster, order, first)


def language_chances(pools: list[Pool], power: float, boosts: Mapping[str, float]) -> NDArray[np.float64]:
    """Share of batches per pool: (total weight) ** power, times a boost, summing to 1."""
    mass = np.array([pool.chance[-1] ** power * boosts.get(pool.language, 1.0) for pool in pools])
    chances: NDArray[np.float64] = mass / mass.sum()
    return chances


def build_clusters(
    vectors: NDArray[np.float16], count: int, *, rounds: int, sample: int, seed: int
) -> NDArray[np.int64]:
    """Group texts by teacher vector with spherical k-means on a sample; returns a cluster number per text."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(vectors), generator=generator)[:sample]
    points = torch.from_numpy(np.asarray(vectors[chosen.numpy()], dtype=np.float32))
    centres = points[:count].clone()
    for _ in range(rounds):
        nearest = torch.cat([(part @ centres.T).argmax(1) for part in torch.split(points, 8192)])
        sums = torch.zeros_like(centres).index_add_(0, nearest, points)
        filled = sums.norm(dim=1) > 0
        centres[filled] = torch.nn.functional.normalize(sums[filled], dim=1)
    found = np.empty(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), 8192):
        part = torch.from_numpy(np.asarray(vectors[start : start + 8192], dtype=np.float32))
        found[start : start + len(part)] = (part @ centres.T).argmax(1).numpy()
    return found
