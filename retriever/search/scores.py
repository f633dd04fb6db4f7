"""What is known of a question's promising candidates before they are ranked."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.types import FloatMatrix
from retriever.embedding.alignment.aligner import Alignment

FloatArray: TypeAlias = NDArray[np.float64]

SAYS_THE_SAME = 0.5
"""Cosine of two cases from which on one may be the other in another language; translations of a sentence have 0.77."""
SLACK = (0.0, 0.0, 0.0, 0.0, 0.02, 0.02)
"""By how much a case in the question's language may be further than its translation: weighted is a twin of the cosine,
reverse of the context."""


@dataclass(frozen=True, slots=True, eq=False)
class CandidateScores:
    """Every score of a question's candidates, (n,) each where nothing else is said."""

    cosine: FloatArray
    words: FloatArray
    """BM25 as a share, 0..1, of the highest that the question could reach."""
    weighted: FloatArray
    """Cosine with rare pieces weighted up."""
    same: NDArray[np.bool_]
    """Whether question and case are in one language."""
    alignment: Alignment
    """How they align piece by piece."""
    ceiling: float
    """Highest BM25 score that the question could reach."""
    similarity: FloatArray
    """Cosines of the candidates to one another, (n, n)."""


def cosines_among(vectors: FloatMatrix) -> FloatArray:
    """Cosines of unit vectors (n, dim) to one another, (n, n). Equal vectors have equal rows, unlike with a BLAS."""
    return np.asarray(np.vecdot(vectors[:, None], vectors[None]), np.float64)


def nearer(scores: CandidateScores) -> NDArray[np.bool_]:
    """Whether the candidate of a row stands above that of a column whatever the weights say, (n, n).

    It does where it is nearer by some measure and further by none. A case in the question's language is nearer by
    nature, as it alone can share words: it stands above one in another language where both say the same, and then it
    may be a little further by a twin.
    """
    fit = scores.alignment
    measures = (scores.cosine, scores.words, fit.context, fit.sharp, scores.weighted, fit.reverse)
    # Rounded: texts of the same words in another order differ in the last digits of their sums.
    table = np.round(np.stack([np.asarray(one, np.float64) for one in measures], axis=1), 5)
    not_further = (table[:, None] >= table[None]).all(axis=2)
    ahead = not_further & ~not_further.T
    own = scores.same[:, None] & ~scores.same[None]
    nearly = (table[:, None] + SLACK >= table[None]).all(axis=2) & (scores.words[:, None] > scores.words[None])
    return _with_chains(np.where(own, (ahead | nearly) & (scores.similarity >= SAYS_THE_SAME), ahead))


def _with_chains(ahead: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The relation and what follows from it: who is ahead of one that is ahead of a third is ahead of the third."""
    while True:
        steps = ahead.astype(np.float32)
        longer = ahead | (steps @ steps > 0)
        if np.array_equal(longer, ahead):
            return longer
        ahead = longer
