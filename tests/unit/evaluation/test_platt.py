"""The refit of the confidence: it finds what was hidden in made-up answers, and refuses what it cannot fit."""

import numpy as np
import pytest

from retriever.errors import InvalidInput
from retriever.evaluation.platt import Fit, Sheet, judge, refit, rescaled

SCALE, SHIFT = 2.0, -1.0


def sheets(count: int, *, outside: int = 0, scale: float = SCALE, shift: float = SHIFT) -> list[Sheet]:
    """Questions whose best match is right with probability sigmoid(scale · logit + shift)."""
    rng = np.random.default_rng(4)
    logit = rng.normal(0, 1.5, count)
    right = rng.random(count) < 1 / (1 + np.exp(-(scale * logit + shift)))
    shown = 1 / (1 + np.exp(-logit))
    inside = [Sheet(True, np.array([c]), np.array([r])) for c, r in zip(shown, right, strict=True)]
    return inside + [Sheet(False, np.array([0.05]), np.array([False])) for _ in range(outside)]


def test_it_finds_scale_and_shift() -> None:
    """4,000 answers made with scale 2 and shift −1 give these back."""
    found = refit(sheets(4_000), threshold=0.3).fit

    assert found.scale == pytest.approx(SCALE, abs=0.2)
    assert found.shift == pytest.approx(SHIFT, abs=0.2)


def test_it_is_better_on_questions_it_has_not_seen() -> None:
    """Calibration error and Brier score fall, over folds that were fitted without the question."""
    found = refit(sheets(1_000), threshold=0.3)

    assert found.after.ece < 0.05 < found.before.ece
    assert found.after.brier < found.before.brier


def test_a_confidence_that_keeps_its_word_is_left_alone() -> None:
    """Already calibrated: scale about 1, shift about 0."""
    found = refit(sheets(4_000, scale=1.0, shift=0.0), threshold=0.3).fit

    assert found.scale == pytest.approx(1, abs=0.1)
    assert found.shift == pytest.approx(0, abs=0.1)


def test_without_out_of_scope_questions_the_same_matches_are_shown() -> None:
    """The threshold moves with the scale: coverage stays."""
    found = refit(sheets(1_000), threshold=0.3)

    assert found.fit.min_confidence == rescaled(np.array([0.3]), found.fit)[0]
    assert found.after.coverage == pytest.approx(found.before.coverage or 0, abs=0.01)


def test_out_of_scope_questions_choose_the_threshold() -> None:
    """With enough of them it lies above what they reach."""
    asked = sheets(400, outside=50)

    found = refit(asked, threshold=0.01)

    assert (found.questions, found.out_of_scope) == (450, 50)
    assert found.fit.min_confidence > rescaled(np.array([0.05]), found.fit)[0]
    assert found.before.abstention_recall == 0.0
    assert (found.after.abstention_recall or 0) > 0.9


def test_too_few_judgements_are_refused() -> None:
    """199 are not enough, and the message says how many are."""
    with pytest.raises(InvalidInput, match=r"199 judged questions .* at least 200"):
        refit(sheets(199), threshold=0.3)


def test_judgements_that_contradict_the_ranking_are_refused() -> None:
    """When unsure matches are the right ones, no scale can mend it."""
    with pytest.raises(InvalidInput, match="do not fit the ranking"):
        refit(sheets(1_000, scale=-2.0, shift=0.0), threshold=0.3)


def test_answers_all_right_say_nothing() -> None:
    """Without a wrong match there is nothing to tell apart."""
    with pytest.raises(InvalidInput, match="nothing to calibrate by"):
        refit([Sheet(True, np.array([0.5]), np.array([True]))] * 300, threshold=0.3)


def test_a_question_without_matches_is_abstained_from() -> None:
    """It counts with confidence 0 and as not right."""
    empty = Sheet(True, np.array([], np.float64), np.array([], np.bool_))

    judged = judge(empty, Fit(1.0, 0.0, 0.0))

    assert (judged.confidence, judged.right, judged.shown) == (0.0, False, False)
