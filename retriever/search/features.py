"""The features of a pair of question and case: what the ranking weighs, one line each.

A feature is known by its name, in `ranking.json` too. The table's order is the order of the columns and so the order in
which the weighted sum is made: new ones go to the end. Each may move the score in one direction only, whatever the data
of a fit say: a case that is nearer by every measure never stands below one that is further.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from retriever.search.scores import CandidateScores, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PairScores:
    """What the features are made of: scores of each candidate, (n,)."""

    cosine: FloatArray
    words: FloatArray
    weighted: FloatArray
    context: FloatArray
    sharp: FloatArray
    reverse: FloatArray
    longer: FloatArray


@dataclass(frozen=True, slots=True)
class Feature:
    """One number for each candidate, (n,)."""

    name: str
    meaning: str
    values: Callable[[PairScores], FloatArray]
    sign: int = 1
    """1 where more of it may only raise a score, -1 where it may only lower it, 0 where it measures no nearness."""


def _behind(values: FloatArray) -> FloatArray:
    return np.asarray(values.max(initial=-1.0) - values, np.float64)


_TABLE = (
    Feature("bias", "1", lambda pair: np.ones_like(pair.cosine), 0),
    Feature("cosine", "cosine of question and case", lambda pair: pair.cosine),
    Feature("words", "BM25, as a share of what the question could reach", lambda pair: pair.words),
    Feature("weighted", "cosine with rare pieces weighted up", lambda pair: pair.weighted),
    Feature("context", "the question's pieces with their neighbours, found in the case", lambda pair: pair.context),
    Feature("sharp", "the question's pieces alone, near matches only", lambda pair: pair.sharp),
    Feature("reverse", "the case's pieces found in the question", lambda pair: pair.reverse),
    Feature("behind", "how far the cosine is below the best", lambda pair: _behind(pair.cosine), -1),
    Feature("behind_words", "how far words are below the best", lambda pair: _behind(pair.words), -1),
    Feature(
        "behind_weighted", "how far the weighted cosine is below the best", lambda pair: _behind(pair.weighted), -1
    ),
    Feature("behind_context", "how far context is below the best", lambda pair: _behind(pair.context), -1),
    Feature("longer", "log ratio of lengths, case to question", lambda pair: pair.longer, 0),
)
FEATURES = {feature.name: feature for feature in _TABLE}
"""Every feature by its name, in the order of the columns."""


def pair_scores(scores: CandidateScores) -> PairScores:
    """What features, and facts, are made of."""
    fit = scores.alignment
    return PairScores(
        cosine=scores.cosine,
        words=scores.words,
        weighted=scores.weighted,
        context=fit.context.astype(np.float64),
        sharp=fit.sharp.astype(np.float64),
        reverse=fit.reverse.astype(np.float64),
        longer=fit.longer.astype(np.float64),
    )


def features(scores: CandidateScores) -> FloatArray:
    """One row per candidate, one column per feature of FEATURES, in its order."""
    pair = pair_scores(scores)
    return np.stack([feature.values(pair) for feature in _TABLE], axis=1)
