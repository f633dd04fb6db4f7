"""Two scores become one: exact arithmetic, and the promises that hold for any weights."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.errors import InvalidSettings
from retriever.search.ranking import Ranking, Weights, confidence, load_ranking, logits, ranking_from_dict

RANKING = Ranking(Weights(-1.0, 2.0, 3.0, 4.0, -5.0), Weights(-2.0, 6.0, 0.5), 0.3)


def test_the_logit_is_the_weighted_sum() -> None:
    """Same-language and cross-language candidates use their own weights; `behind` counts from the best cosine."""
    cosine, words, same = np.array([0.9, 0.5]), np.array([0.4, 0.2]), np.array([False, True])

    expected = [-2.0 + 6.0 * 0.9 + 0.5 * 0.4, -1.0 + 2.0 * 0.5 + 3.0 * 0.2 + 4.0 * 0.5 * 0.2 - 5.0 * (0.9 - 0.5)]

    assert logits(RANKING, cosine, words, same).tolist() == pytest.approx(expected)


def test_confidence_is_the_logistic_of_the_logit() -> None:
    """A logit of 0 is one half, and every number has the four digits that are shown."""
    assert confidence(np.array([0.0, math.log(3), -1000.0, 1000.0])).tolist() == [0.5, 0.75, 0.0, 1.0]


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=20))
def test_confidence_never_contradicts_the_order(values: list[float]) -> None:
    """A higher logit never shows a lower confidence."""
    ordered = confidence(np.sort(np.array(values)))

    assert (np.diff(ordered) >= 0).all()


def test_an_empty_candidate_list_is_fine() -> None:
    """No candidate, no score, no error."""
    empty = np.empty(0)

    assert logits(RANKING, empty, empty, np.empty(0, np.bool_)).tolist() == []


def test_an_unknown_model_gets_the_general_ranking() -> None:
    """A model without fitted weights is ranked by the default ones."""
    assert load_ranking("no/such-model") == load_ranking("default")


@pytest.mark.parametrize("data", [{}, {"same": {"bias": 1}}, {"same": {"bias": 1, "odd": 2}}])
def test_unreadable_weights_are_refused(data: dict[str, object]) -> None:
    """Missing or unknown numbers are an error that says so."""
    with pytest.raises(InvalidSettings, match="ranking weights"):
        ranking_from_dict(data)
