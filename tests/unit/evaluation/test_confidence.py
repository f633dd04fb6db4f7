"""Calibration and abstention, on numbers that can be checked by hand."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from retriever.evaluation.confidence import (
    Judged,
    abstained_at_loss,
    auroc,
    brier,
    expected_calibration_error,
    reliability,
    reliability_bins,
)


def judged(confidence: float, *, right: bool, in_scope: bool = True, shown: bool = True, helped: bool = True) -> Judged:
    """One question's outcome."""
    return Judged(confidence, right, in_scope, shown, helped)


def test_a_confidence_that_keeps_its_word_has_no_error() -> None:
    """Of ten matches with 0.7, seven are right."""
    bins = reliability_bins(np.full(10, 0.7), np.arange(10) < 7)

    assert expected_calibration_error(bins) == pytest.approx(0)
    assert [(one.low, one.count) for one in bins] == [(0.7, 10)]


def test_the_calibration_error_weighs_bins_by_their_size() -> None:
    """Three matches 0.1 too sure and one 0.8 too unsure: (3·0.1 + 1·0.8) / 4."""
    bins = reliability_bins(np.array([0.1, 0.1, 0.1, 0.2]), np.array([False, False, False, True]))

    assert expected_calibration_error(bins) == pytest.approx((3 * 0.1 + 0.8) / 4)


def test_full_confidence_belongs_to_the_last_bin() -> None:
    """1.0 is counted, in the bin from 0.9 on."""
    (last,) = reliability_bins(np.array([1.0]), np.array([True]))

    assert (last.low, last.count) == (0.9, 1)


def test_auroc_and_brier_are_those_of_the_textbook() -> None:
    """Equal to scikit-learn on random numbers with ties."""
    rng = np.random.default_rng(5)
    confidence, truth = rng.random(300).round(1), rng.random(300) < 0.4

    assert auroc(confidence[truth], confidence[~truth]) == pytest.approx(roc_auc_score(truth, confidence))
    assert brier(confidence, truth) == pytest.approx(brier_score_loss(truth, confidence))


def test_abstention_at_a_loss() -> None:
    """With 20 answerable questions one may be lost: the threshold is the second lowest confidence."""
    inside = np.linspace(0.31, 0.50, 20)

    assert abstained_at_loss(inside, np.array([0.10, 0.315, 0.325, 0.9])) == 0.5
    assert abstained_at_loss(inside, np.array([])) is None


def test_the_figures_of_a_run() -> None:
    """Two answerable and two out of scope, one of each answered and abstained from."""
    found = reliability(
        [
            judged(0.9, right=True),
            judged(0.2, right=True, shown=False, helped=False),
            judged(0.6, right=False, in_scope=False, helped=False),
            judged(0.1, right=False, in_scope=False, shown=False, helped=False),
        ]
    )

    assert (found.coverage, found.answer_precision) == (0.5, 0.5)
    assert (found.abstention_precision, found.abstention_recall) == (0.5, 0.5)
    assert (found.questions, found.out_of_scope, found.auroc) == (4, 2, 0.75)


def test_what_was_not_asked_is_not_a_number() -> None:
    """Without out-of-scope questions there is no AUROC and no abstention recall, rather than a 0 or a 1."""
    found = reliability([judged(0.9, right=True)])

    assert (found.auroc, found.abstained_at_5, found.abstention_recall, found.abstention_precision) == (None,) * 4
    assert found.coverage == 1.0
