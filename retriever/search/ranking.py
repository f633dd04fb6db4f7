"""From several scores to one order and one confidence; every weight was fitted by `retriever/training/ranking/fit.py`.

Each score is put on a scale that does not depend on the question (cosines as they are; BM25 as a share of the
question's own ceiling). A weighted sum of them ranks; pairs in one language and in two have weights of their own, so a
case in another language does not lose for having no words to share. Then cases that say nearly the same lend each other
a part of their scores: many cases of one problem support one another against a single lookalike. The confidence is a
second sum, over what is known of the question's best candidates, minus how far a candidate lies behind the best: it can
never contradict the order.
"""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.types import FloatMatrix
from retriever.embedding.alignment import Alignment
from retriever.errors import InvalidSettings

FloatArray = NDArray[np.float64]

SUPPORT_SHARPNESS = 10.0
"""Of cases with cosines 1 and 0.9 to a case, the first lends it e times as much of its score."""
_EXACT = 0.9  # likeness of a piece to itself or to the same word written otherwise
NEAREST = 10
"""So many candidates say whether the library has many cases of the kind."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each feature of a pair adds to its score; the fields are the features, in the order of `features`."""

    bias: float
    cosine: float
    words: float
    agreement: float = 0.0
    behind: float = 0.0
    overlap: float = 0.0
    weighted: float = 0.0
    context: float = 0.0
    sharp: float = 0.0
    reverse: float = 0.0
    behind_words: float = 0.0
    behind_weighted: float = 0.0
    behind_context: float = 0.0
    longer: float = 0.0
    longer_cosine: float = 0.0
    longer_words: float = 0.0
    longer_weighted: float = 0.0
    longer_context: float = 0.0
    clustered: float = 0.0
    clustered_cosine: float = 0.0
    clustered_words: float = 0.0
    clustered_weighted: float = 0.0
    clustered_context: float = 0.0


@dataclass(frozen=True, slots=True)
class Certainty:
    """What each fact of a question's candidates adds to the log-odds that the first one answers it.

    The fields after `slope`, which is what a point of score behind the first one costs, are those of `facts`.
    """

    slope: float
    bias: float
    nearest: float = 0.0
    nearest_squared: float = 0.0
    nearest_5: float = 0.0
    nearest_20: float = 0.0
    spread: float = 0.0
    most_words: float = 0.0
    most_words_squared: float = 0.0
    best_context: float = 0.0
    best_sharp: float = 0.0
    best_reverse: float = 0.0
    best_weighted: float = 0.0
    first_cosine: float = 0.0
    first_words: float = 0.0
    first_context: float = 0.0
    first_context_squared: float = 0.0
    first_sharp: float = 0.0
    first_reverse: float = 0.0
    first_weighted: float = 0.0
    first_same: float = 0.0
    any_same: float = 0.0
    first_longer: float = 0.0
    first_score: float = 0.0
    lead: float = 0.0
    lead_4: float = 0.0
    ceiling: float = 0.0
    same_nearest: float = 0.0
    longer_nearest: float = 0.0
    alike_5: float = 0.0
    alike_10: float = 0.0
    clustered: float = 0.0
    clustered_nearest: float = 0.0
    first_crowded: float = 0.0
    top_crowded: float = 0.0
    nearest_relative: float = 0.0
    top_cosine: float = 0.0
    top_context: float = 0.0
    top_words: float = 0.0
    lacking: float = 0.0
    lacking_most: float = 0.0
    exact: float = 0.0
    first_lacking: float = 0.0
    first_lacking_most: float = 0.0
    first_exact: float = 0.0
    pieces: float = 0.0
    pieces_nearest: float = 0.0
    pieces_context: float = 0.0
    unknown: float = 0.0
    unknown_same: float = 0.0
    rarity: float = 0.0
    within_1: float = 0.0
    within_2: float = 0.0
    lead_9: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Weights for both kinds of pair, the confidence below which a match is not shown, and how confidence is made.

    Without `certainty` the score itself is the log-odds. `scale` and `shift` are a library's own calibration of them.
    `support` is the share (0 to 1) of its score that a case gets from the candidates like it.
    """

    same: Weights
    cross: Weights
    min_confidence: float
    certainty: Certainty | None = None
    scale: float = 1.0
    shift: float = 0.0
    support: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What is known of a question's candidates, (n,) each: cosine, words (share 0..1 of the question's ceiling), the
    cosine with rare pieces weighted up, same language or not, and how they align piece by piece.
    """

    cosine: FloatArray
    words: FloatArray
    weighted: FloatArray
    same: NDArray[np.bool_]
    alignment: Alignment
    ceiling: float
    """Highest BM25 score that the question could reach."""
    alike: FloatArray
    """Cosines of the candidates to one another, (n, n)."""


def load_ranking(model: str) -> Ranking:
    """The fitted ranking of a model, or the general one where none was fitted for it."""
    table = _table()
    return ranking_from_dict(table.get(model, table["default"]))


def ranking_from_dict(data: Mapping[str, Any]) -> Ranking:
    """Ranking from its JSON form. Raises InvalidSettings when a number is missing or unknown."""
    try:
        certainty = Certainty(**data["certainty"]) if data.get("certainty") else None
        return Ranking(
            Weights(**data["same"]),
            Weights(**data["cross"]),
            float(data["min_confidence"]),
            certainty,
            support=float(data.get("support", 0.0)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidSettings(f"ranking weights are not readable: {error}") from error


def likeness(vectors: FloatMatrix) -> FloatArray:
    """Cosines of unit vectors (n, dim) to one another, (n, n). Equal vectors have equal rows, unlike with a BLAS."""
    return np.asarray(np.vecdot(vectors[:, None], vectors[None]), np.float64)


def features(scores: Scores) -> FloatArray:
    """One row per candidate, one column per field of `Weights`."""
    fit = scores.alignment
    cosine, words, weighted = scores.cosine, scores.words, scores.weighted
    context, longer = fit.context.astype(np.float64), fit.longer.astype(np.float64)
    clustered = _clustered(scores, crowded(scores))
    columns = (
        np.ones_like(cosine),
        cosine,
        words,
        cosine * words,
        _behind(cosine),
        words**2,
        weighted,
        context,
        fit.sharp,
        fit.reverse,
        _behind(words),
        _behind(weighted),
        _behind(context),
        longer,
        longer * cosine,
        longer * words,
        longer * weighted,
        longer * context,
        np.full_like(cosine, clustered),
        clustered * cosine,
        clustered * words,
        clustered * weighted,
        clustered * context,
    )
    return np.stack(columns, axis=1).astype(np.float64)


def crowded(scores: Scores) -> FloatArray:
    """How near each candidate's nearest fellow candidate is, (n,); 0 where it has none."""
    if len(scores.cosine) < 2:
        return np.zeros(len(scores.cosine))
    fellows = scores.alike - 2 * np.eye(len(scores.cosine))
    return np.asarray(fellows.max(axis=1), np.float64)


def facts(scores: Scores, score: FloatArray) -> FloatArray:
    """What the candidates say about the question, one number per field of `Certainty` from `bias` on; n must be > 0."""
    told = _nearness(scores, score), _company(scores, score), _coverage(scores, score), _doubt(scores, score)
    return np.array([number for part in told for number in part], np.float64)


def _nearness(scores: Scores, score: FloatArray) -> list[float]:
    first, fit = int(np.argmax(score)), scores.alignment
    near, ranked = np.sort(scores.cosine)[::-1], np.sort(score)[::-1]
    same, longer = float(scores.same[first]), float(fit.longer[first])
    return [
        1.0,
        near[0],
        near[0] ** 2,
        near[:5].mean(),
        near[:20].mean(),
        near[:20].std(),
        scores.words.max(),
        scores.words.max() ** 2,
        fit.context.max(),
        fit.sharp.max(),
        fit.reverse.max(),
        scores.weighted.max(),
        scores.cosine[first],
        scores.words[first],
        fit.context[first],
        fit.context[first] ** 2,
        fit.sharp[first],
        fit.reverse[first],
        scores.weighted[first],
        same,
        float(scores.same.any()),
        longer,
        ranked[0],
        ranked[0] - ranked[min(1, len(ranked) - 1)],
        ranked[0] - ranked[min(4, len(ranked) - 1)],
        np.log1p(scores.ceiling),
        same * near[0],
        longer * near[0],
    ]


def _company(scores: Scores, score: FloatArray) -> list[float]:
    """Whether the best candidates speak of one thing, and how near the question is compared with how near they are."""
    order, near = np.argsort(-score, kind="stable"), crowded(scores)
    top, nearest, clustered = order[:5], float(scores.cosine.max()), _clustered(scores, near)
    return [
        _mutual(scores.alike, top),
        _mutual(scores.alike, order[:10]),
        clustered,
        clustered * nearest,
        near[order[0]],
        near[top].mean(),
        nearest / max(near[order[0]], 0.05),
        scores.cosine[top].mean(),
        scores.alignment.context[top].mean(),
        scores.words[top].mean(),
    ]


def _coverage(scores: Scores, score: FloatArray) -> list[float]:
    """Which share of the question's pieces, by weight, no candidate has, which the first one; and its length."""
    fit, first = scores.alignment, int(np.argmax(score))
    pieces, nearest = float(np.log1p(fit.size)), float(scores.cosine.max())
    length = [pieces, pieces * nearest, pieces * float(fit.context[first])]
    if not len(fit.weights):
        return [0.0] * 6 + length
    share = fit.weights / max(float(fit.weights.sum()), 1e-9)
    told: list[float] = []
    for found in (fit.found.max(axis=1), fit.found[:, first]):
        lacking = share * (1 - found)
        told += [lacking.sum(), lacking.max(), share[found > _EXACT].sum()]
    return [*told, *length]


def _doubt(scores: Scores, score: FloatArray) -> list[float]:
    """How much of the question the library has never heard of, and how many candidates come close to the first one."""
    fit, ranked = scores.alignment, np.sort(score)[::-1]
    same = float(scores.same[int(np.argmax(score))])
    close = [float(np.log1p(np.count_nonzero(score > ranked[0] - margin))) for margin in (1.0, 2.0)]
    return [fit.unknown, same * fit.unknown, fit.rarity, *close, ranked[0] - ranked[min(9, len(ranked) - 1)]]


def _mutual(alike: FloatArray, some: NDArray[np.int64]) -> float:
    """Mean cosine of these candidates to one another; 0 for a single one."""
    among = alike[np.ix_(some, some)]
    return float(among.sum() - among.trace()) / max(len(some) * (len(some) - 1), 1)


def _clustered(scores: Scores, near: FloatArray) -> float:
    """Whether the library has many cases of one kind where the question lies: a property of libraries of messages."""
    return float(near[np.argsort(-scores.cosine, kind="stable")[:NEAREST]].mean()) if len(near) else 0.0


def rank_scores(ranking: Ranking, scores: Scores) -> FloatArray:
    """Fused score of each candidate, (n,): what they are ranked by."""
    table = features(scores)
    same, cross = (table @ _array(weights) for weights in (ranking.same, ranking.cross))
    own = np.asarray(np.where(scores.same, same, cross), np.float64)
    return _supported(own, scores.alike, ranking.support) if ranking.support else own


def logits(ranking: Ranking, scores: Scores, score: FloatArray) -> FloatArray:
    """Log-odds that each candidate answers the question, (n,), in the order of `score`."""
    odds = score
    if ranking.certainty is not None and len(score):
        weights = _array(ranking.certainty)
        odds = facts(scores, score) @ weights[1:] + weights[0] * (score - score.max())
    return np.asarray(ranking.scale * odds + ranking.shift, np.float64)


def confidence(logit: FloatArray) -> FloatArray:
    """Probability 0..1, rounded to the four digits that are shown, because the threshold tests the number shown."""
    return np.asarray(np.round(1.0 / (1.0 + np.exp(-np.clip(logit, -60, 60))), 4), np.float64)


FEATURES = tuple(field.name for field in fields(Weights))
FACTS = tuple(field.name for field in fields(Certainty))[1:]


@lru_cache(maxsize=64)
def _array(weights: Weights | Certainty) -> FloatArray:
    return np.array(astuple(weights), np.float64)


def _supported(own: FloatArray, alike: FloatArray, share: float) -> FloatArray:
    """Scores of which a share is the mean of the scores of similar candidates, the case itself among them."""
    near = np.exp(SUPPORT_SHARPNESS * (alike - 1))
    # Row by row, so that equal cases get equal scores.
    return np.asarray((1 - share) * own + share * np.vecdot(near, own) / near.sum(axis=1), np.float64)


def _behind(values: FloatArray) -> FloatArray:
    return np.asarray(values.max(initial=-1.0) - values, np.float64)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files("retriever.search").joinpath("ranking.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
