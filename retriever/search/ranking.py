"""From several scores to one order and one confidence; every weight was fitted by `retriever/training/ranking/fit.py`.

Each score is put on a scale that does not depend on the question (cosines as they are; BM25 as a share of the
question's own ceiling). A weighted sum of them ranks; pairs in one language and in two have weights of their own, so a
case in another language does not lose for having no words to share. Every weight has the sign that makes a nearer case
score higher. Then cases that say nearly the same lend each other a part of their scores: many cases of one problem
support one another against a single lookalike. What is nearer by every measure comes first even so: a case in the
question's own words is never below one that differs from it by a version. The confidence is a second sum, over what is
known of question and case, whoever else is there; so copies of a case change nothing, and the next best one is not less
sure for standing beside a better one. It can never contradict the order: no case is surer than one above it.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retriever.embedding.cards import DEEP
from retriever.errors import InvalidSettings
from retriever.search.facts import FACTS, facts
from retriever.search.features import FEATURES, features
from retriever.search.scores import CandidateScores, FloatArray, nearer

Weights: TypeAlias = Mapping[str, float]
"""What each feature, or each fact, adds: one number for every name of its table."""

GENERAL = DEEP
"""Whose ranking a model without one has: it is a transformer, too, and centred cosines have like scales."""
STEP = 1e-6
"""Least score by which a candidate that is nearer by every measure stands above another."""
SUPPORT_SHARPNESS = 10.0
"""Of cases with cosines 1 and 0.9 to a case, the first lends it e times as much of its score."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Weights for both kinds of pair, the confidence below which a match is not shown, and how confidence is made.

    Without `certainty` the score itself is the log-odds. `scale` and `shift` are a library's own calibration of them.
    `support` is the share (0 to 1) of its score that a case gets from the candidates like it.
    """

    same: Weights
    cross: Weights
    min_confidence: float
    certainty: Weights | None = None
    scale: float = 1.0
    shift: float = 0.0
    support: float = 0.0


def load_ranking(model: str) -> Ranking:
    """The fitted ranking of a model, or that of GENERAL where none was fitted for it."""
    table = _table()
    return ranking_from_dict(table.get(model, table[GENERAL]))


def ranking_from_dict(data: Mapping[str, Any]) -> Ranking:
    """Ranking from its JSON form. Raises InvalidSettings when a number is missing or unknown."""
    try:
        return Ranking(
            pair_weights(data["same"]),
            pair_weights(data["cross"]),
            float(data["min_confidence"]),
            certainty_weights(data["certainty"]) if data.get("certainty") else None,
            support=float(data.get("support", 0.0)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidSettings(f"ranking weights are not readable: {error}") from error


def pair_weights(given: Weights) -> Weights:
    """A number for every feature, 0 where none is given.

    Raises InvalidSettings for unknown names, for indispensable ones that are missing, and for numbers of the wrong
    sign, with which a nearer case could stand below one that is further.
    """
    return _complete(given, FEATURES, needed=("bias", "cosine", "words"))


def certainty_weights(given: Weights) -> Weights:
    """A number for every fact, as `pair_weights`."""
    return _complete(given, FACTS, needed=("bias",))


def rank_scores(ranking: Ranking, scores: CandidateScores) -> FloatArray:
    """Fused score of each candidate, (n,): what they are ranked by."""
    table = features(scores)
    same, cross = (table @ _numbers(weights, FEATURES) for weights in (ranking.same, ranking.cross))
    own = np.asarray(np.where(scores.same, same, cross), np.float64)
    supported = _supported(own, scores.similarity, ranking.support) if ranking.support else own
    return _in_step(supported, nearer(scores))


def logits(ranking: Ranking, scores: CandidateScores, score: FloatArray) -> FloatArray:
    """Log-odds that each candidate answers the question, (n,), in the order of `score`."""
    odds = score
    if ranking.certainty is not None and len(score):
        odds = _in_order(facts(scores, score) @ _numbers(ranking.certainty, FACTS), score)
    return np.asarray(ranking.scale * odds + ranking.shift, np.float64)


def confidence(logit: FloatArray) -> FloatArray:
    """Probability 0..1, rounded to the four digits that are shown, because the threshold tests the number shown."""
    return np.asarray(np.round(1.0 / (1.0 + np.exp(-np.clip(logit, -60, 60))), 4), np.float64)


class _Signed(Protocol):
    @property
    def sign(self) -> int: ...


def _complete(given: Weights, known: Mapping[str, _Signed], *, needed: Collection[str]) -> Weights:
    complete = dict.fromkeys(known, 0.0)
    wrong = [f"{name} is unknown" for name in given if name not in complete]
    wrong += [f"{name} is missing" for name in needed if name not in given]
    wrong += [f"{name} has the wrong sign" for name in known.keys() & given if known[name].sign * given[name] < 0]
    if wrong:
        raise InvalidSettings(f"ranking weights are not readable: {', '.join(wrong)}")
    return complete | {name: float(number) for name, number in given.items()}


def _numbers(weights: Weights, names: Iterable[str]) -> FloatArray:
    return np.array([weights[name] for name in names], np.float64)


def _supported(own: FloatArray, similarity: FloatArray, share: float) -> FloatArray:
    """Scores of which a share is the mean of the scores of similar candidates, the case itself among them."""
    near = np.exp(SUPPORT_SHARPNESS * (similarity - 1))
    # Row by row, so that equal cases get equal scores.
    return np.asarray((1 - share) * own + share * np.vecdot(near, own) / near.sum(axis=1), np.float64)


def _in_order(odds: FloatArray, score: FloatArray) -> FloatArray:
    """Log-odds of which none is above that of a candidate with a higher score."""
    order = np.argsort(-score, kind="stable")
    lowered = np.empty_like(odds)
    lowered[order] = np.minimum.accumulate(odds[order])
    return lowered


def _in_step(score: FloatArray, ahead: NDArray[np.bool_]) -> FloatArray:
    """Scores of which none is below that of a candidate that it is ahead of, (n, n)."""
    highest = np.where(ahead, score[None], -np.inf).max(axis=1, initial=-np.inf)
    # Whoever is ahead of more stands higher, so that of three in a row the first stays the first.
    return np.asarray(np.maximum(score, highest + STEP * ahead.sum(axis=1)), np.float64)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files("retriever.search").joinpath("ranking.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
