"""Whether the confidence keeps its word: calibration of the best match, and abstention at the threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

BINS = 10
LOSS = 0.05


@dataclass(frozen=True, slots=True)
class Judged:
    """What one question was answered: the best match's confidence (0 when there was none) before any threshold, whether
    that match is relevant, whether anything was shown at the threshold, and whether something relevant was among it.
    """

    confidence: float
    right: bool
    in_scope: bool
    shown: bool
    helped: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Best matches with a confidence from `low` up to `high`: how many, how sure on average, how often right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Calibration over all questions, those out of scope counted as wrong; None where there was nothing to count.

    `coverage`: share of answerable questions that got an answer; `answer_precision`: share of answers with a relevant
    case among them. `abstention_precision` / `_recall`: of the abstentions, how many were out of scope; of those out of
    scope, how many were abstained from. `auroc`: the best match's confidence telling both kinds of question apart;
    `abstained_at_5`: out-of-scope questions abstained from at the threshold that loses 5 % of the others.
    """

    questions: int
    out_of_scope: int
    ece: float
    brier: float
    coverage: float | None
    answer_precision: float | None
    abstention_precision: float | None
    abstention_recall: float | None
    auroc: float | None
    abstained_at_5: float | None
    bins: tuple[Bin, ...]


def reliability(judged: Sequence[Judged]) -> Reliability:
    """All figures of one run; `judged` must not be empty."""
    confidence = np.array([one.confidence for one in judged], np.float64)
    right = np.array([one.right for one in judged])
    inside = np.array([one.in_scope for one in judged])
    shown = np.array([one.shown for one in judged])
    helped = np.array([one.helped for one in judged])
    bins = reliability_bins(confidence, right)
    return Reliability(
        questions=len(judged),
        out_of_scope=int((~inside).sum()),
        ece=expected_calibration_error(bins),
        brier=brier(confidence, right),
        coverage=_share(shown[inside]),
        answer_precision=_share(helped[shown]),
        abstention_precision=_share(~inside[~shown]),
        abstention_recall=_share(~shown[~inside]),
        auroc=auroc(confidence[inside], confidence[~inside]),
        abstained_at_5=abstained_at_loss(confidence[inside], confidence[~inside]),
        bins=bins,
    )


def reliability_bins(confidence: FloatArray, right: BoolArray) -> tuple[Bin, ...]:
    """Ten bins of equal width over 0..1; empty ones are left out."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    found = []
    for number in range(BINS):
        own = place == number
        if own.any():
            mean, share = float(confidence[own].mean()), float(right[own].mean())
            found.append(Bin(number / BINS, (number + 1) / BINS, int(own.sum()), mean, share))
    return tuple(found)


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """ECE: the gap between confidence and share of right ones, averaged over all matches."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.confidence - one.right) for one in bins) / total


def brier(confidence: FloatArray, right: BoolArray) -> float:
    """Mean squared distance between confidence and what was true (1 or 0)."""
    return float(np.mean((confidence - right) ** 2))


def auroc(inside: FloatArray, outside: FloatArray) -> float | None:
    """Chance that an answerable question gets the higher confidence, ties half; None without both kinds."""
    if not len(inside) or not len(outside):
        return None
    ranks = rankdata(np.concatenate([inside, outside]))[: len(inside)]
    wins = ranks.sum() - len(inside) * (len(inside) + 1) / 2
    return float(wins / (len(inside) * len(outside)))


def abstained_at_loss(inside: FloatArray, outside: FloatArray, *, loss: float = LOSS) -> float | None:
    """Share of `outside` below the highest threshold that loses at most `loss` of `inside`; None without both kinds."""
    if not len(inside) or not len(outside):
        return None
    threshold = np.sort(inside)[int(loss * len(inside) + 1e-9)]
    return float((outside < threshold).mean())


def _share(hits: BoolArray) -> float | None:
    return float(hits.mean()) if len(hits) else None
