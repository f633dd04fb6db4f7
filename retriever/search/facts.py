"""The facts of a question and one case: what the confidence weighs, one line each.

A fact is known by its name, in `ranking.json` too. The table's order is the order in which the weighted sum is made:
new ones go to the end. Each case is judged by itself: how many others are like it says nothing about whether it
answers the question, so copies of a case change nothing. Standing above all that is unlike it makes a case surer;
that another one is better makes it no less sure. What is nearer by some measure is never less sure for it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from retriever.search.features import PairScores, pair_scores
from retriever.search.scores import SAYS_THE_SAME, CandidateScores, FloatArray

FAR = 3.0
"""Points of score from which on a case stands no further above the others."""
_CROWD = 32  # as many cases as one arm proposes to be compared closely; where all say the same, others are far behind
_EXACT = 0.9  # similarity of a piece to itself or to the same word written otherwise


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the facts are made of: what is known of n candidates, (n,), and what is true of the question alone."""

    pair: PairScores
    same: FloatArray
    """1 where the case is in the question's language."""
    lacking: FloatArray
    """Share of each of the question's pieces, by weight, that each case has not, (q, n); without pieces a row of 0."""
    exact: FloatArray
    """Share of the question, by weight, that each case has nearly literally."""
    standing: FloatArray
    """How far each score is above that of the best candidate that says something else, 0 to FAR."""
    unknown: float
    """Share of the question, by weight, that the library has nowhere."""
    rarity: float
    """Mean rarity of the question's pieces."""
    ceiling: float
    """Log of the highest BM25 that the question could reach."""


def evidence_of(scores: CandidateScores, score: FloatArray) -> Evidence:
    """The evidence of n candidates and what they are ranked by, (n,)."""
    fit, n = scores.alignment, len(scores.cosine)
    found = fit.found.astype(np.float64) if len(fit.weights) else np.ones((1, n))
    share = np.asarray(fit.weights, np.float64) if len(fit.weights) else np.ones(1)
    share = share[:, None] / max(float(share.sum()), 1e-9)
    return Evidence(
        pair=pair_scores(scores),
        same=scores.same.astype(np.float64),
        lacking=share * (1 - found),
        exact=np.asarray((share * (found > _EXACT)).sum(axis=0), np.float64),
        standing=_standing(scores.similarity, score),
        unknown=float(fit.unknown),
        rarity=float(fit.rarity),
        ceiling=float(np.log1p(scores.ceiling)) if np.isfinite(scores.ceiling) else 0.0,
    )


def _standing(similarity: FloatArray, score: FloatArray) -> FloatArray:
    unlike = similarity < SAYS_THE_SAME
    best = np.where(unlike, score[None], -np.inf).max(axis=1, initial=-np.inf)
    alone = FAR if len(score) >= _CROWD else 0.0
    above = score - np.where(np.isfinite(best), best, score - alone)
    return np.asarray(np.clip(above, 0.0, FAR), np.float64)


@dataclass(frozen=True, slots=True)
class Fact:
    """One number for each candidate, (n,), or for all of them."""

    name: str
    meaning: str
    value: Callable[[Evidence], FloatArray | float]
    sign: int = 1
    """1 where more of it may only make surer, -1 where only less sure, 0 where the data of a fit decide."""


_TABLE = (
    Fact("bias", "1", lambda e: 1.0, 0),
    Fact("cosine", "cosine of question and case", lambda e: e.pair.cosine),
    Fact("words", "BM25, as a share of what the question could reach", lambda e: e.pair.words),
    Fact("words_squared", "its square", lambda e: e.pair.words**2),
    Fact("agreement", "cosine and words at once", lambda e: np.maximum(e.pair.cosine, 0.0) * e.pair.words),
    Fact("weighted", "cosine with rare pieces weighted up", lambda e: e.pair.weighted),
    Fact("context", "the question's pieces with their neighbours, found in the case", lambda e: e.pair.context),
    Fact("sharp", "the question's pieces alone, near matches only", lambda e: e.pair.sharp),
    Fact("reverse", "the case's pieces found in the question", lambda e: e.pair.reverse),
    Fact("lacking", "share of the question, by weight, that the case has not", lambda e: e.lacking.sum(axis=0), -1),
    Fact("lacking_most", "of its pieces the largest such share", lambda e: e.lacking.max(axis=0), -1),
    Fact("exact", "share that the case has nearly literally", lambda e: e.exact),
    Fact("standing", "how far its score is above that of the best case that says something else", lambda e: e.standing),
    Fact("same", "1 if the case is in the question's language", lambda e: e.same, 0),
    Fact("longer", "log ratio of lengths, case to question", lambda e: e.pair.longer, 0),
    Fact("unknown", "share of the question, by weight, that the library has nowhere", lambda e: e.unknown, 0),
    Fact("unknown_same", "the same for a case in the question's language", lambda e: e.same * e.unknown, 0),
    Fact("rarity", "mean rarity of the question's pieces", lambda e: e.rarity, 0),
    Fact("ceiling", "log of the highest BM25 that the question could reach", lambda e: e.ceiling, 0),
)
FACTS = {fact.name: fact for fact in _TABLE}
"""Every fact by its name, in the order of the sum."""


def facts(scores: CandidateScores, score: FloatArray) -> FloatArray:
    """One row per candidate, one column per fact of FACTS, in its order; `score` is what they are ranked by, (n,)."""
    evidence, n = evidence_of(scores, score), len(scores.cosine)
    return np.stack([np.broadcast_to(np.asarray(fact.value(evidence), np.float64), n) for fact in _TABLE], axis=1)
