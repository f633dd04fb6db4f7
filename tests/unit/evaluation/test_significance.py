"""Intervals and tests: what is known exactly, and that a seed makes them repeatable."""

import numpy as np
import pytest

from retriever.evaluation.significance import bootstrap, holm, paired_randomisation


def test_a_constant_has_no_spread() -> None:
    """Both ends of the interval are the value itself."""
    (interval,) = bootstrap(np.full((50, 1), 0.25))

    assert (interval.low, interval.high) == (0.25, 0.25)


def test_the_interval_is_that_of_the_normal_distribution_for_many_questions() -> None:
    """With 2,000 answers right or wrong: mean ± 1.96 standard errors, within a tenth of its width."""
    values = np.repeat([0.0, 1.0], 1_000)[:, None]

    (interval,) = bootstrap(values)

    error = 1.96 * 0.5 / np.sqrt(2_000)
    assert interval.low == pytest.approx(0.5 - error, abs=error / 5)
    assert interval.high == pytest.approx(0.5 + error, abs=error / 5)


def test_intervals_are_repeatable() -> None:
    """The same values give the same interval."""
    values = np.random.default_rng(1).random((40, 3))

    assert bootstrap(values) == bootstrap(values)


def test_few_pairs_are_tested_exactly() -> None:
    """Five questions better by the same amount: 2 of the 2^5 sign patterns are as extreme."""
    before = np.zeros(5)

    assert paired_randomisation(before, before + 0.1) == pytest.approx(2 / 32)


def test_questions_that_did_not_change_say_nothing() -> None:
    """Equal pairs do not make a difference more or less likely; without any difference p is 1."""
    before, after = np.zeros(105), np.concatenate([np.full(5, 0.1), np.zeros(100)])

    assert paired_randomisation(before, after) == pytest.approx(2 / 32)
    assert paired_randomisation(before, before) == 1.0


def test_a_large_clear_difference_is_significant_and_noise_is_not() -> None:
    """500 pairs: a shift of a fifth of the spread is found, a shift of nothing is not."""
    rng = np.random.default_rng(3)
    before, noise = rng.random(500), rng.normal(0, 0.1, 500)

    assert paired_randomisation(before, before + noise + 0.05) < 0.001
    assert paired_randomisation(before, before + noise - noise.mean()) > 0.9


def test_holm_by_hand() -> None:
    """0.01·3, then 0.02·2, then 0.04·1 kept growing; the order of the input is kept."""
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.5, 0.6]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []
