"""How much of a difference is chance: bootstrap intervals, paired randomisation, Holm's correction. All seeded."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

SEED = 20
RESAMPLES = 1_000
RANDOMISATIONS = 9_999
_CELLS = 4_000_000
"""Numbers held at once while resampling: 32 MiB."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the mean lies in 95 of 100 resamples."""

    low: float
    high: float


def bootstrap(values: NDArray[np.float64]) -> list[Interval]:
    """95 % percentile interval of each column's mean, (questions, measures); questions are drawn again, seeded.

    One question alone says nothing of the spread: its interval is its value.
    """
    count, rng = len(values), np.random.default_rng(SEED)
    means = np.empty((RESAMPLES, values.shape[1]))
    batch = max(1, _CELLS // count)
    for start in range(0, RESAMPLES, batch):
        rows = min(batch, RESAMPLES - start)
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=rows)
        means[start : start + rows] = drawn @ values / count
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return [Interval(round(float(a), 6), round(float(b), 6)) for a, b in zip(low, high, strict=True)]


def paired_randomisation(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """Two-sided p of the mean difference, (n,) each: how often random swaps within the pairs give as much.

    Exact where all swaps can be tried (up to 13 questions that differ), else of 9,999 seeded ones. 1 when none differs.
    """
    difference = after - before
    difference = difference[difference != 0]
    if len(difference) < 2:
        return 1.0  # both signs of a single difference are equally extreme
    tested = stats.permutation_test(
        (difference,),
        lambda sample, axis: sample.mean(axis=axis),
        permutation_type="samples",
        n_resamples=RANDOMISATIONS,
        batch=max(1, _CELLS // len(difference)),
        vectorized=True,
        rng=np.random.default_rng(SEED),
    )
    return float(min(1.0, tested.pvalue))


def holm(values: Sequence[float]) -> list[float]:
    """Holm's correction: p values, in their order, such that all below α together err with probability at most α."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    corrected, floor = [1.0] * len(values), 0.0
    for place, i in enumerate(order):
        floor = max(floor, min(1.0, values[i] * (len(values) - place)))
        corrected[i] = floor
    return corrected
