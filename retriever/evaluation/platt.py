"""Refit of the confidence on judged questions: Platt scaling of its logit, judged on questions it was not fitted on.

The best match of each question is fitted, not all that are shown: it decides whether there is an answer, and people
seldom judge the others, which would count as wrong.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from retriever.domain import Query, SearchResult
from retriever.errors import InvalidInput
from retriever.evaluation.confidence import FloatArray, Judged, Reliability, reliability
from retriever.evaluation.labelled import LabelledSet
from retriever.evaluation.runner import query_of

NEEDED = 200
"""Judged questions below which a fit would follow chance."""
OUTSIDE_NEEDED = 20
"""Out-of-scope questions from which on the threshold is chosen anew."""
FOLDS = 5
SEED = 20
SHOWN = 5
STEEPEST = 20.0
_FLOOR = 5e-5  # confidences have four digits: half of the last one


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first matches of one question without a threshold: confidence and whether each is relevant, (n ≤ 5,)."""

    in_scope: bool
    confidence: FloatArray
    right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fit:
    """confidence = sigmoid(scale · logit + shift), shown from `min_confidence` on."""

    scale: float
    shift: float
    min_confidence: float


@dataclass(frozen=True, slots=True)
class Refit:
    """A fit over all questions; `before` and `after` on the same questions, each with a fit that did not see it."""

    fit: Fit
    questions: int
    out_of_scope: int
    before: Reliability
    after: Reliability


def ask_sheets(labelled: LabelledSet, find: Callable[[Query], SearchResult]) -> list[Sheet]:
    """Ask every question without a threshold."""
    sheets = []
    for question in (*labelled.questions, *labelled.out_of_scope):
        relevant = labelled.qrels.get(question.id, {})
        matches = find(query_of(question, limit=SHOWN, min_confidence=0.0)).matches
        confidence = np.array([match.confidence for match in matches], np.float64)
        right = np.array([relevant.get(match.stored.case.id, 0) > 0 for match in matches], np.bool_)
        sheets.append(Sheet(bool(relevant), confidence, right))
    return sheets


def refit(sheets: Sequence[Sheet], *, threshold: float) -> Refit:
    """Fit scale, shift and threshold. `threshold` is the one in use before.

    Raises InvalidInput with fewer than 200 questions, and when the confidence does not rise with being right.
    """
    if len(sheets) < NEEDED:
        raise InvalidInput(f"{len(sheets)} judged questions are too few to calibrate: at least {NEEDED} are needed.")
    folds = np.random.default_rng(SEED).permutation(len(sheets)) % FOLDS
    after: list[Judged] = []
    for fold in range(FOLDS):
        seen = fit([sheet for sheet, own in zip(sheets, folds, strict=True) if own != fold], threshold=threshold)
        after += [judge(sheet, seen) for sheet, own in zip(sheets, folds, strict=True) if own == fold]
    as_it_was = Fit(1.0, 0.0, threshold)
    return Refit(
        fit(sheets, threshold=threshold),
        len(sheets),
        sum(not sheet.in_scope for sheet in sheets),
        reliability([judge(sheet, as_it_was) for sheet in sheets]),
        reliability(after),
    )


def fit(sheets: Sequence[Sheet], *, threshold: float) -> Fit:
    """Scale and shift by maximum likelihood over the best matches, with Platt's targets; then the threshold."""
    logit = _logit(np.concatenate([sheet.confidence[:1] for sheet in sheets]))
    right = np.concatenate([sheet.right[:1] for sheet in sheets])
    positive, negative = int(right.sum()), int((~right).sum())
    if not positive or not negative:
        raise InvalidInput("the best matches are all right or all wrong: nothing to calibrate by.")
    target = np.where(right, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(parameters: FloatArray) -> float:
        score = parameters[0] * logit + parameters[1]
        return float(np.mean(np.logaddexp(0, score) - target * score))

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.0, STEEPEST), (None, None)])
    scale, shift = (round(float(value), 4) for value in found.x)
    if scale <= 0:
        raise InvalidInput("right matches are no surer than wrong ones: these judgements do not fit the ranking.")
    return Fit(scale, shift, _threshold(sheets, Fit(scale, shift, threshold)))


def rescaled(confidence: FloatArray, fitted: Fit) -> FloatArray:
    """Confidences after the fit, with the four digits that are shown."""
    score = fitted.scale * _logit(confidence) + fitted.shift
    return np.asarray(np.round(1 / (1 + np.exp(-np.clip(score, -60, 60))), 4), np.float64)


def judge(sheet: Sheet, fitted: Fit) -> Judged:
    """What one question would be answered with this fit."""
    confidence = rescaled(sheet.confidence, fitted)
    shown = confidence >= fitted.min_confidence
    return Judged(
        confidence=float(confidence[0]) if len(confidence) else 0.0,
        right=bool(sheet.right[:1].any()),
        in_scope=sheet.in_scope,
        shown=bool(shown.any()),
        helped=bool((shown & sheet.right).any()),
    )


def _threshold(sheets: Sequence[Sheet], fitted: Fit) -> float:
    """With enough out-of-scope questions, where answering the others and abstaining from these are best on average.

    Else what the old threshold becomes, so that the same matches are shown as before.
    """
    best = [(float(rescaled(sheet.confidence[:1], fitted).sum()), sheet.in_scope) for sheet in sheets]
    inside = np.array([confidence for confidence, in_scope in best if in_scope])
    outside = np.array([confidence for confidence, in_scope in best if not in_scope])
    if len(outside) < OUTSIDE_NEEDED or not len(inside):
        return float(rescaled(np.array([fitted.min_confidence]), fitted)[0])
    grid = np.arange(0.01, 1.0, 0.01)
    gain = [(inside >= limit).mean() + (outside < limit).mean() for limit in grid]
    return round(float(grid[int(np.argmax(gain))]), 2)


def _logit(confidence: FloatArray) -> FloatArray:
    bounded = np.clip(confidence, _FLOOR, 1 - _FLOOR)
    return np.asarray(np.log(bounded / (1 - bounded)), np.float64)
