"""The features of a pair of question and case: what the ranking weighs, one line each.

A feature is known by its name, in `ranking.json` too. The table's order is the order of the columns and so the order in
which the weighted sum is made: new ones go to the end.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from retriever.search.scores import CandidateScores, FloatArray, clustering, crowding


@dataclass(frozen=True, slots=True, eq=False)
class PairScores:
    """What the features are made of: scores of each candidate, (n,), and how clustered the library is around them."""

    cosine: FloatArray
    words: FloatArray
    weighted: FloatArray
    context: FloatArray
    sharp: FloatArray
    reverse: FloatArray
    longer: FloatArray
    clustered: float


@dataclass(frozen=True, slots=True)
class Feature:
    """One number for each candidate, (n,)."""

    name: str
    meaning: str
    values: Callable[[PairScores], FloatArray]


def _behind(values: FloatArray) -> FloatArray:
    return np.asarray(values.max(initial=-1.0) - values, np.float64)


_TABLE = (
    Feature("bias", "1", lambda pair: np.ones_like(pair.cosine)),
    Feature("cosine", "cosine of question and case", lambda pair: pair.cosine),
    Feature("words", "BM25, as a share of what the question could reach", lambda pair: pair.words),
    Feature("agreement", "both arms at once", lambda pair: pair.cosine * pair.words),
    Feature("behind", "how far the cosine is below the best", lambda pair: _behind(pair.cosine)),
    Feature("overlap", "words, squared: many shared words count more than one by one", lambda pair: pair.words**2),
    Feature("weighted", "cosine with rare pieces weighted up", lambda pair: pair.weighted),
    Feature("context", "the question's pieces with their neighbours, found in the case", lambda pair: pair.context),
    Feature("sharp", "the question's pieces alone, near matches only", lambda pair: pair.sharp),
    Feature("reverse", "the case's pieces found in the question", lambda pair: pair.reverse),
    Feature("behind_words", "how far words are below the best", lambda pair: _behind(pair.words)),
    Feature("behind_weighted", "how far the weighted cosine is below the best", lambda pair: _behind(pair.weighted)),
    Feature("behind_context", "how far context is below the best", lambda pair: _behind(pair.context)),
    Feature("longer", "log ratio of lengths, case to question", lambda pair: pair.longer),
    Feature("longer_cosine", "what a cosine counts more in a longer case", lambda pair: pair.longer * pair.cosine),
    Feature("longer_words", "the same of words", lambda pair: pair.longer * pair.words),
    Feature("longer_weighted", "the same of the weighted cosine", lambda pair: pair.longer * pair.weighted),
    Feature("longer_context", "the same of context", lambda pair: pair.longer * pair.context),
    Feature("clustered", "how clustered the library is here", lambda pair: np.full_like(pair.cosine, pair.clustered)),
    Feature("clustered_cosine", "what a cosine counts more in a cluster", lambda pair: pair.clustered * pair.cosine),
    Feature("clustered_words", "the same of words", lambda pair: pair.clustered * pair.words),
    Feature("clustered_weighted", "the same of the weighted cosine", lambda pair: pair.clustered * pair.weighted),
    Feature("clustered_context", "the same of context", lambda pair: pair.clustered * pair.context),
)
FEATURES = {feature.name: feature for feature in _TABLE}
"""Every feature by its name, in the order of the columns."""


def features(scores: CandidateScores) -> FloatArray:
    """One row per candidate, one column per feature of FEATURES, in its order."""
    fit = scores.alignment
    pair = PairScores(
        cosine=scores.cosine,
        words=scores.words,
        weighted=scores.weighted,
        context=fit.context.astype(np.float64),
        sharp=fit.sharp.astype(np.float64),
        reverse=fit.reverse.astype(np.float64),
        longer=fit.longer.astype(np.float64),
        clustered=clustering(scores, crowding(scores)),
    )
    return np.stack([feature.values(pair) for feature in _TABLE], axis=1)
