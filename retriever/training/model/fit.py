"""The fit: one vector per token, so that the mean of a text's tokens lies where the teacher puts its English side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag, log_softmax, normalize, softmax

from retriever.training.model.bags import Bags
from retriever.training.model.batches import Pool, language_chances
from retriever.training.model.checkpoint import load_fit, save_fit

StepReport = Callable[[int, float], None]

CHECKPOINT_STEPS = 500
"""Steps between two checkpoints: a minute or two of work."""


@dataclass(frozen=True, slots=True)
class FitConfig:
    """Sizes, schedule and loss weights; `english_share` of the steps see English alone, in groups of neighbours."""

    steps: int
    batch: int
    learning_rate: float
    scale: float
    english_share: float
    group: int
    pair_group: int
    to_teacher: float
    to_student: float
    gram: float
    cosine: float
    token_dropout: float
    language_power: float
    language_boosts: Mapping[str, float]
    seed: int


@dataclass(frozen=True, slots=True)
class FitData:
    """What the fit reads: English bags with their teacher vectors (same numbers), and one pool per other language."""

    english: Bags
    targets: NDArray[np.float32]
    english_pool: Pool
    pools: list[Pool]


def fit_table(
    start: NDArray[np.float32],
    data: FitData,
    config: FitConfig,
    report: StepReport,
    *,
    checkpoint: Path | None = None,
    every: int = CHECKPOINT_STEPS,
) -> NDArray[np.float32]:
    """Train the token table (tokens, dims) by Adam with linear decay; `report` gets (step, loss).

    With a `checkpoint` file the state is kept after `every` steps, and a stopped fit goes on to the same end.
    """
    rng = np.random.default_rng(config.seed)
    table = torch.from_numpy(start.copy()).requires_grad_()
    optimizer = torch.optim.Adam([table], lr=config.learning_rate, fused=True)
    chances = language_chances(data.pools, config.language_power, config.language_boosts)
    done = load_fit(checkpoint, table, optimizer, rng) if checkpoint else 0
    for step in range(done, config.steps):
        optimizer.param_groups[0]["lr"] = config.learning_rate * _schedule(step, config.steps)
        if rng.random() < config.english_share:
            loss = english_loss(table, data, rng, config)
        else:
            loss = pair_loss(table, data, data.pools[rng.choice(len(chances), p=chances)], rng=rng, config=config)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if checkpoint and (step + 1) % every == 0:
            save_fit(checkpoint, step + 1, table, optimizer, rng)
        report(step + 1, float(loss.detach()))
    return table.detach().numpy()


def _schedule(step: int, steps: int) -> float:
    """Linear from 1 down to 2 %, after a short rise: the first steps know nothing about the gradient's scale."""
    rise = min(1.0, (step + 1) / 50)
    return rise * max(0.02, 1.0 - step / steps)


def english_loss(table: Tensor, data: FitData, rng: np.random.Generator, config: FitConfig) -> Tensor:
    """Loss on English alone: near the teacher, and as near to each other as the teacher's vectors are.

    The second part is what a bag of tokens learns rewording from: neighbours of one cluster meet in the batch.
    """
    pool = data.english_pool
    rows = pool.draw(rng, config.batch, config.group)
    student = pool_rows(table, pool.bags, rows, rng=rng, dropout=config.token_dropout)
    teacher = torch.from_numpy(data.targets[pool.english[rows]])
    target = config.scale * similar(teacher, teacher)
    loss = config.cosine * (1.0 - (student * teacher).sum(1)).mean()
    loss = loss + config.to_teacher * soft_cross_entropy(config.scale * similar(student, teacher), softmax(target, 1))
    if config.gram:
        # A text says nothing about its distance to itself: leave the diagonal (and exact doubles) out of the gram.
        same = target > config.scale * 0.999
        wanted = softmax(target.masked_fill(same, -1e4), 1)
        found = config.scale * similar(student, student)
        loss = loss + config.gram * soft_cross_entropy(found.masked_fill(same, -1e4), wanted)
    return loss


def pair_loss(table: Tensor, data: FitData, pool: Pool, *, rng: np.random.Generator, config: FitConfig) -> Tensor:
    """Loss on pairs of one language: both sides near the teacher's vector, and found among the batch's others."""
    rows = pool.draw(rng, config.batch, config.pair_group)
    numbers = pool.english[rows]
    student = pool_rows(table, pool.bags, rows, rng=rng, dropout=config.token_dropout)
    english = pool_rows(table, data.english, numbers, rng=rng, dropout=config.token_dropout)
    teacher = torch.from_numpy(data.targets[numbers])
    wanted = softmax(config.scale * similar(teacher, teacher), 1)
    apart = (1.0 - (student * teacher).sum(1)).mean() + (1.0 - (english * teacher).sum(1)).mean()
    loss = config.cosine * apart
    loss = loss + config.to_teacher * soft_cross_entropy(config.scale * similar(student, teacher), wanted)
    if config.to_student:
        loss = loss + config.to_student * soft_cross_entropy(config.scale * similar(student, english), wanted)
    return loss


def pool_rows(
    table: Tensor, bags: Bags, rows: NDArray[np.int64], *, rng: np.random.Generator, dropout: float
) -> Tensor:
    """Mean of the token rows of some texts, unit length; a share of the tokens is left out at random."""
    ids, offsets = bags.take(rows)
    weights = None
    if dropout:
        weights = torch.from_numpy((rng.random(len(ids), dtype=np.float32) >= dropout).astype(np.float32))
    pooled = embedding_bag(
        torch.from_numpy(ids), table, torch.from_numpy(offsets.astype(np.int32)), mode="sum", per_sample_weights=weights
    )
    return normalize(pooled, dim=1)


def similar(left: Tensor, right: Tensor) -> Tensor:
    """Cosines of unit vectors, computed in bfloat16 (two to three times faster here) and returned as float32."""
    return (left.bfloat16() @ right.bfloat16().T).float()


def soft_cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    """Mean over rows of the cross-entropy between wanted probabilities and logits, less what no logits can avoid."""
    return -(wanted * log_softmax(logits, 1)).sum(1).mean()
