"""From several scores to one order and one confidence; every weight was fitted by `benchmarks/fit_ranking.py`.

Each score is put on a scale that does not depend on the question (cosines as they are; BM25 as a share of the
question's own ceiling). A weighted sum of them ranks; pairs in one language and in two have weights of their own, so a
case in another language does not lose for having no words to share. The confidence is a second sum, over what is known
of the question's best candidates, minus how far a candidate lies behind the best: it can never contradict the order.
"""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.embedding.alignment import Alignment
from retriever.errors import InvalidSettings

FloatArray = NDArray[np.float64]


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


@dataclass(frozen=True, slots=True)
class Ranking:
    """Weights for both kinds of pair, the confidence below which a match is not shown, and how confidence is made.

    Without `certainty` the score itself is the log-odds. `scale` and `shift` are a library's own calibration of them.
    """

    same: Weights
    cross: Weights
    min_confidence: float
    certainty: Certainty | None = None
    scale: float = 1.0
    shift: float = 0.0


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


def load_ranking(model: str) -> Ranking:
    """The fitted ranking of a model, or the general one where none was fitted for it."""
    table = _table()
    return ranking_from_dict(table.get(model, table["default"]))


def ranking_from_dict(data: Mapping[str, Any]) -> Ranking:
    """Ranking from its JSON form. Raises InvalidSettings when a number is missing or unknown."""
    try:
        certainty = Certainty(**data["certainty"]) if data.get("certainty") else None
        return Ranking(Weights(**data["same"]), Weights(**data["cross"]), float(data["min_confidence"]), certainty)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidSettings(f"ranking weights are not readable: {error}") from error


def features(scores: Scores) -> FloatArray:
    """One row per candidate, one column per field of `Weights`."""
    fit = scores.alignment
    cosine, words, weighted = scores.cosine, scores.words, scores.weighted
    context, longer = fit.context.astype(np.float64), fit.longer.astype(np.float64)
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
    )
    return np.stack(columns, axis=1).astype(np.float64)


def facts(scores: Scores, score: FloatArray) -> FloatArray:
    """What the candidates say about the question, one number per field of `Certainty` from `bias` on; n must be > 0."""
    first, fit = int(np.argmax(score)), scores.alignment
    near, ranked = np.sort(scores.cosine)[::-1], np.sort(score)[::-1]
    same, longer = float(scores.same[first]), float(fit.longer[first])
    return np.array(
        [
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
        ],
        np.float64,
    )


def rank_scores(ranking: Ranking, scores: Scores) -> FloatArray:
    """Fused score of each candidate, (n,): what they are ranked by."""
    table = features(scores)
    same, cross = (table @ _array(weights) for weights in (ranking.same, ranking.cross))
    return np.asarray(np.where(scores.same, same, cross), np.float64)


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


def _behind(values: FloatArray) -> FloatArray:
    return np.asarray(values.max(initial=-1.0) - values, np.float64)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files("retriever.search").joinpath("ranking.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
