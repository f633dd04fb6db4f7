"""A new vector index is asked for what it must know before it is published."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from index.types import FloatVector
from index.vectors.dense import DenseIndex
from retriever.domain import FloatMatrix

SAMPLE = 200
"""Cases that must find themselves, and with which recall is measured."""
TOP = 10
SEED = 20_261_124
_ROWS = 65_536  # vectors compared at a time


@dataclass(frozen=True, slots=True)
class Fault:
    """What an index does not find: the key of the case it was asked for, and what is wrong, in words."""

    key: int
    what: str


def find_fault(index: DenseIndex, report: Callable[[int, int], None]) -> Fault | None:
    """None when every sampled case finds itself and recall reaches the kind's floor.

    `report` is called with (cases asked, cases in all).
    """
    rows = np.sort(np.random.default_rng(SEED).permutation(len(index))[:SAMPLE])
    questions = index.of(index.keys[rows])
    known = questions.any(axis=1)
    rows, questions = rows[known], questions[known]
    shares: list[float] = []
    for row, vector, exact in zip(rows.tolist(), questions, _exact_tops(index, questions), strict=True):
        best = index.search(vector, TOP).scores
        # Of equal vectors any may come first: the best score must be reached, not the own key.
        if not len(best) or best[0] < exact[0] - index.rounding:
            return Fault(int(index.keys[row]), "does not find itself")
        shares.append(_share(best, exact, index.rounding))
        report(len(shares), len(rows))
    recall, floor = float(np.mean(shares)) if shares else 1.0, index.kind.recall_floor
    if recall >= floor:
        return None
    worst = int(np.argmin(shares))
    what = f"finds {shares[worst]:.0%} of its {TOP} nearest (mean of {len(shares)} cases {recall:.3f}, must be {floor})"
    return Fault(int(index.keys[rows[worst]]), what)


def _share(found: FloatVector, exact: FloatVector, rounding: float) -> float:
    """How much of the true best was found; of equal cases any counts."""
    return min(int(np.count_nonzero(found >= exact[-1] - rounding)) / len(exact), 1.0)


def _exact_tops(index: DenseIndex, questions: FloatMatrix) -> FloatMatrix:
    """The true best scores of each question, (questions, at most TOP), best first, by comparing everything."""
    best = np.full((len(questions), 0), 0, np.float32)
    for start in range(0, len(index), _ROWS):
        scores = np.hstack([best, questions @ index.of(index.keys[start : start + _ROWS]).T])
        keep = min(TOP, scores.shape[1])
        best = np.partition(scores, scores.shape[1] - keep, axis=1)[:, scores.shape[1] - keep :]
    return np.asarray(-np.sort(-best, axis=1), np.float32)
