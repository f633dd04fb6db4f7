"""From two scores to one: calibrated fusion of cosine and words, apart for same-language and cross-language pairs.

Each arm's score is put on a scale that does not depend on the question (cosine as it is; BM25 as a share of the
question's own ceiling), then a logistic model fitted on development data turns both into the probability that the case
answers the question. Its logit ranks, its probability is the confidence shown, so the two can never disagree. A case in
another language has no words to share: it has weights of its own and does not lose for that.
"""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.errors import InvalidSettings

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """One logistic model: bias + cosine·c + words·w + agreement·c·w + behind·(best cosine − c) + overlap·w²."""

    bias: float
    cosine: float
    words: float
    agreement: float = 0.0
    behind: float = 0.0
    overlap: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Weights for both kinds of pair and the confidence below which a match is not shown."""

    same: Weights
    cross: Weights
    min_confidence: float


def load_ranking(model: str) -> Ranking:
    """The fitted ranking of a model, or the general one where none was fitted for it."""
    table = _table()
    return ranking_from_dict(table.get(model, table["default"]))


def ranking_from_dict(data: Mapping[str, Any]) -> Ranking:
    """Ranking from its JSON form. Raises InvalidSettings when a number is missing or unknown."""
    try:
        return Ranking(Weights(**data["same"]), Weights(**data["cross"]), float(data["min_confidence"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidSettings(f"ranking weights are not readable: {error}") from error


def logits(ranking: Ranking, cosine: FloatArray, words: FloatArray, same: NDArray[np.bool_]) -> FloatArray:
    """Fused score of each candidate, (n,): the log-odds that it answers the question."""
    behind = cosine.max(initial=-1.0) - cosine
    features = np.stack([np.ones_like(cosine), cosine, words, cosine * words, behind, words**2], axis=1)
    scored = [features @ np.array(astuple(weights)) for weights in (ranking.same, ranking.cross)]
    return np.asarray(np.where(same, scored[0], scored[1]), np.float64)


def confidence(logit: FloatArray) -> FloatArray:
    """Probability 0..1, rounded to the four digits that are shown, because the threshold tests the number shown."""
    return np.asarray(np.round(1.0 / (1.0 + np.exp(-np.clip(logit, -60, 60))), 4), np.float64)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files("retriever.search").joinpath("ranking.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
