"""The facts of a question's candidates: what the confidence weighs, one line each.

A fact is known by its name, in `ranking.json` too. The table's order is the order in which the weighted sum is made:
new ones go to the end. "First" is the candidate with the highest score, "top" the first five, "nearest" the highest
cosine, whoever has it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.types import FloatVector
from retriever.embedding.alignment.aligner import Alignment
from retriever.search.scores import CandidateScores, FloatArray, clustering, crowding

TOP = 5
_EXACT = 0.9  # similarity of a piece to itself or to the same word written otherwise


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the facts are made of: the scores of n > 0 candidates, and what several facts need of them."""

    scores: CandidateScores
    fit: Alignment
    score: FloatArray
    """What the candidates are ranked by, (n,)."""
    ranked: FloatArray
    """The same, highest first."""
    near: FloatArray
    """Cosines, highest first."""
    order: NDArray[np.int64]
    """Places of the candidates, highest score first."""
    first: int
    """Place of the first one."""
    same: float
    """1 if the first one is in the question's language."""
    longer: float
    """Log ratio of lengths, first one to question."""
    crowding: FloatArray
    """Cosine of each candidate to its nearest fellow, (n,)."""
    clustered: float
    """How clustered the library is around the question."""
    pieces: float
    """Log of the number of the question's pieces."""
    share: FloatVector
    """Weight of each of the question's pieces as a share of all, (q,); empty for a question without pieces."""
    found: FloatVector
    """How well the best candidate for it has each piece, (q,)."""
    first_found: FloatVector
    """How well the first one has each piece, (q,)."""
    lacking: FloatVector
    """Share of each piece that no candidate has, (q,)."""
    first_lacking: FloatVector
    """Share of each piece that the first one has not, (q,)."""

    @property
    def nearest(self) -> float:
        """The highest cosine."""
        return float(self.near[0])

    @property
    def top(self) -> NDArray[np.int64]:
        """Places of the first five."""
        return self.order[:TOP]

    def lead(self, place: int) -> float:
        """How far the first score is above the one at a place of the ranking, or above the last one."""
        return float(self.ranked[0] - self.ranked[min(place, len(self.ranked) - 1)])

    def within(self, margin: float) -> float:
        """Log of the number of candidates less than `margin` below the first one."""
        return float(np.log1p(np.count_nonzero(self.score > self.ranked[0] - margin)))


def evidence_of(scores: CandidateScores, score: FloatArray) -> Evidence:
    """The evidence of n > 0 candidates and what they are ranked by, (n,)."""
    fit, first, crowded = scores.alignment, int(np.argmax(score)), crowding(scores)
    share = fit.weights / max(float(fit.weights.sum()), 1e-9)
    found, first_found = fit.found.max(axis=1), fit.found[:, first]
    return Evidence(
        scores=scores,
        fit=fit,
        score=score,
        ranked=np.sort(score)[::-1],
        near=np.sort(scores.cosine)[::-1],
        order=np.argsort(-score, kind="stable"),
        first=first,
        same=float(scores.same[first]),
        longer=float(fit.longer[first]),
        crowding=crowded,
        clustered=clustering(scores, crowded),
        pieces=float(np.log1p(fit.size)),
        share=share,
        found=found,
        first_found=first_found,
        lacking=share * (1 - found),
        first_lacking=share * (1 - first_found),
    )


@dataclass(frozen=True, slots=True)
class Fact:
    """One number for a question and its candidates."""

    name: str
    meaning: str
    value: Callable[[Evidence], float]


def _mutual(similarity: FloatArray, some: NDArray[np.int64]) -> float:
    """Mean cosine of these candidates to one another; 0 for a single one."""
    among = similarity[np.ix_(some, some)]
    return float(among.sum() - among.trace()) / max(len(some) * (len(some) - 1), 1)


def _most(shares: FloatVector) -> float:
    return float(shares.max()) if len(shares) else 0.0


_TABLE = (
    Fact("bias", "1", lambda e: 1.0),
    Fact("nearest", "highest cosine", lambda e: e.nearest),
    Fact("nearest_squared", "its square", lambda e: e.near[0] ** 2),
    Fact("nearest_5", "mean of the five highest cosines", lambda e: e.near[:5].mean()),
    Fact("nearest_20", "mean of the twenty highest cosines", lambda e: e.near[:20].mean()),
    Fact("spread", "how much they vary: a clear answer stands out", lambda e: e.near[:20].std()),
    Fact("most_words", "highest share of words", lambda e: e.scores.words.max()),
    Fact("most_words_squared", "its square", lambda e: e.scores.words.max() ** 2),
    Fact("best_context", "highest context", lambda e: e.fit.context.max()),
    Fact("best_sharp", "highest sharp", lambda e: e.fit.sharp.max()),
    Fact("best_reverse", "highest reverse", lambda e: e.fit.reverse.max()),
    Fact("best_weighted", "highest weighted cosine", lambda e: e.scores.weighted.max()),
    Fact("first_cosine", "the first one's cosine", lambda e: e.scores.cosine[e.first]),
    Fact("first_words", "the first one's share of words", lambda e: e.scores.words[e.first]),
    Fact("first_context", "the first one's context", lambda e: e.fit.context[e.first]),
    Fact("first_context_squared", "its square", lambda e: e.fit.context[e.first] ** 2),
    Fact("first_sharp", "the first one's sharp", lambda e: e.fit.sharp[e.first]),
    Fact("first_reverse", "the first one's reverse", lambda e: e.fit.reverse[e.first]),
    Fact("first_weighted", "the first one's weighted cosine", lambda e: e.scores.weighted[e.first]),
    Fact("first_same", "1 if the first one is in the question's language", lambda e: e.same),
    Fact("any_same", "1 if any candidate is", lambda e: float(e.scores.same.any())),
    Fact("first_longer", "log ratio of lengths, first one to question", lambda e: e.longer),
    Fact("first_score", "the first one's score", lambda e: e.ranked[0]),
    Fact("lead", "how far the first one is above the second", lambda e: e.lead(1)),
    Fact("lead_4", "how far it is above the fifth", lambda e: e.lead(4)),
    Fact("ceiling", "log of the highest BM25 that the question could reach", lambda e: np.log1p(e.scores.ceiling)),
    Fact("same_nearest", "highest cosine where the first one is in one language", lambda e: e.same * e.nearest),
    Fact("longer_nearest", "highest cosine where the first one is longer", lambda e: e.longer * e.nearest),
    Fact("alike_5", "how similar the first five are to one another", lambda e: _mutual(e.scores.similarity, e.top)),
    Fact("alike_10", "how similar the first ten are", lambda e: _mutual(e.scores.similarity, e.order[:10])),
    Fact("clustered", "how clustered the library is here", lambda e: e.clustered),
    Fact("clustered_nearest", "highest cosine in a cluster", lambda e: e.clustered * e.nearest),
    Fact("first_crowded", "cosine of the first one to its nearest fellow", lambda e: e.crowding[e.first]),
    Fact("top_crowded", "the same, mean of the top", lambda e: e.crowding[e.top].mean()),
    Fact(
        "nearest_relative",
        "how near the question is, measured by how near the first one's fellow is",
        lambda e: e.nearest / max(e.crowding[e.first], 0.05),
    ),
    Fact("top_cosine", "mean cosine of the top", lambda e: e.scores.cosine[e.top].mean()),
    Fact("top_context", "mean context of the top", lambda e: e.fit.context[e.top].mean()),
    Fact("top_words", "mean share of words of the top", lambda e: e.scores.words[e.top].mean()),
    Fact("lacking", "share of the question, by weight, that no candidate has", lambda e: e.lacking.sum()),
    Fact("lacking_most", "of its pieces the largest such share", lambda e: _most(e.lacking)),
    Fact("exact", "share that some candidate has nearly literally", lambda e: e.share[e.found > _EXACT].sum()),
    Fact("first_lacking", "share that the first one has not", lambda e: e.first_lacking.sum()),
    Fact("first_lacking_most", "of its pieces the largest such share", lambda e: _most(e.first_lacking)),
    Fact(
        "first_exact", "share that the first one has nearly literally", lambda e: e.share[e.first_found > _EXACT].sum()
    ),
    Fact("pieces", "log of the number of the question's pieces", lambda e: e.pieces),
    Fact("pieces_nearest", "highest cosine of a long question", lambda e: e.pieces * e.nearest),
    Fact(
        "pieces_context",
        "the first one's context, of a long question",
        lambda e: e.pieces * float(e.fit.context[e.first]),
    ),
    Fact("unknown", "share of the question, by weight, that the library has nowhere", lambda e: e.fit.unknown),
    Fact(
        "unknown_same", "the same where the first one is in the question's language", lambda e: e.same * e.fit.unknown
    ),
    Fact("rarity", "mean rarity of the question's pieces", lambda e: e.fit.rarity),
    Fact("within_1", "log of how many are less than 1 below the first one", lambda e: e.within(1.0)),
    Fact("within_2", "log of how many are less than 2 below it", lambda e: e.within(2.0)),
    Fact("lead_9", "how far the first one is above the tenth", lambda e: e.lead(9)),
)
FACTS = {fact.name: fact for fact in _TABLE}
"""Every fact by its name, in the order of the sum."""


def facts(scores: CandidateScores, score: FloatArray) -> FloatArray:
    """One number per fact of FACTS, in its order; n must be > 0."""
    evidence = evidence_of(scores, score)
    return np.array([fact.value(evidence) for fact in _TABLE], np.float64)
