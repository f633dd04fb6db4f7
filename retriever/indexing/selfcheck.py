"""A new vector index is asked for what it must know before it is published."""

from collections.abc import Callable

import numpy as np

from index.vectors.dense import DenseIndex
from retriever.domain import FloatMatrix
from retriever.errors import SnapshotDamaged

SAMPLE = 200
"""Cases that must find themselves, and with which recall is measured."""
TOP = 10
SEED = 20_261_124
_ROUNDING = 1e-5  # inner products of float32 differ by less between one way of summing and another
_ROWS = 65_536  # vectors compared at a time


def check_vectors(index: DenseIndex, report: Callable[[int, int], None]) -> None:
    """Every sampled case finds itself and recall reaches the kind's floor, or SnapshotDamaged.

    `report` is called with (cases asked, cases in all).
    """
    chosen = np.random.default_rng(SEED).permutation(len(index))[:SAMPLE]
    questions = np.array(index.vectors[np.sort(chosen)])
    questions = questions[questions.any(axis=1)]
    found = wanted = 0
    for done, (vector, exact) in enumerate(zip(questions, _exact_tops(index, questions), strict=True), 1):
        best = index.search(vector, TOP).scores
        # Of equal vectors any may come first: the best score must be reached, not the own key.
        if not len(best) or best[0] < exact[0] - _ROUNDING:
            raise SnapshotDamaged("self-check failed: a case does not find itself")
        found += int(np.count_nonzero(best >= exact[-1] - _ROUNDING))
        wanted += len(exact)
        report(done, len(questions))
    recall = min(found / wanted, 1.0) if wanted else 1.0
    if recall < index.kind.recall_floor:
        raise SnapshotDamaged(
            f"self-check failed: recall@10 is {recall:.3f}, {index.kind.name} must reach {index.kind.recall_floor}"
        )


def _exact_tops(index: DenseIndex, questions: FloatMatrix) -> FloatMatrix:
    """The true best scores of each question, (questions, at most TOP), best first, by comparing everything."""
    best = np.full((len(questions), 0), 0, np.float32)
    for start in range(0, len(index), _ROWS):
        scores = np.hstack([best, questions @ index.vectors[start : start + _ROWS].T])
        keep = min(TOP, scores.shape[1])
        best = np.partition(scores, scores.shape[1] - keep, axis=1)[:, scores.shape[1] - keep :]
    return np.asarray(-np.sort(-best, axis=1), np.float32)
