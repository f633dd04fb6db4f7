"""Several scores become one: exact arithmetic, and the promises that hold for any weights."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.embedding.alignment import Alignment
from retriever.errors import InvalidSettings
from retriever.search.ranking import (
    FACTS,
    FEATURES,
    Certainty,
    Ranking,
    Scores,
    Weights,
    confidence,
    facts,
    features,
    load_ranking,
    logits,
    rank_scores,
    ranking_from_dict,
)

RANKING = Ranking(Weights(-1.0, 2.0, 3.0, 4.0, -5.0, context=7.0), Weights(-2.0, 6.0, 0.5), 0.3)


def scores(cosine: list[float], words: list[float], same: list[bool]) -> Scores:
    """Candidates that align by a tenth of their cosine."""
    near = np.array(cosine)
    fit = Alignment(*(np.asarray(near / 10, np.float32) for _ in range(4)))
    return Scores(near, np.array(words), near, np.array(same, np.bool_), fit, 12.0)


def test_the_score_is_the_weighted_sum() -> None:
    """Same-language and cross-language candidates use their own weights; `behind` counts from the best cosine."""
    known = scores([0.9, 0.5], [0.4, 0.2], [False, True])

    expected = [-2.0 + 6.0 * 0.9 + 0.5 * 0.4, -1.0 + 2.0 * 0.5 + 3.0 * 0.2 + 4.0 * 0.1 - 5.0 * 0.4 + 7.0 * 0.05]

    assert rank_scores(RANKING, known).tolist() == pytest.approx(expected)


def test_every_weight_has_its_number() -> None:
    """Features and facts stand in the order of the fields that weigh them."""
    known = scores([0.9, 0.5, 0.1], [0.4, 0.2, 0.3], [True, True, False])

    table = features(known)

    assert table.shape == (3, len(FEATURES))
    assert table[:, FEATURES.index("behind_words")].tolist() == pytest.approx([0.0, 0.2, 0.1])
    told = dict(zip(FACTS, facts(known, np.array([1.0, 3.0, 2.0])).tolist(), strict=True))
    assert (told["nearest"], told["first_cosine"], told["lead"], told["any_same"]) == pytest.approx((0.9, 0.5, 1.0, 1))


def test_without_certainty_the_score_is_the_log_odds() -> None:
    """Scaled and shifted by a library's own calibration."""
    known = scores([0.9, 0.5], [0.4, 0.2], [False, True])
    score = rank_scores(RANKING, known)

    assert logits(RANKING, known, score).tolist() == score.tolist()
    assert logits(replace(RANKING, scale=0.5, shift=1.0), known, score) == pytest.approx(0.5 * score + 1.0)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20))
def test_the_confidence_of_a_question_follows_its_order(values: list[float]) -> None:
    """With any certainty whose slope is positive, a higher score never has lower odds."""
    known = scores([0.5] * len(values), [0.1] * len(values), [True] * len(values))
    sure = replace(RANKING, certainty=Certainty(slope=0.7, bias=-1.0, nearest=2.0, lead=0.3))
    score = np.sort(np.array(values))

    assert (np.diff(logits(sure, known, score)) >= 0).all()


def test_confidence_is_the_logistic_of_the_logit() -> None:
    """A logit of 0 is one half, and every number has the four digits that are shown."""
    assert confidence(np.array([0.0, math.log(3), -1000.0, 1000.0])).tolist() == [0.5, 0.75, 0.0, 1.0]


def test_an_empty_candidate_list_is_fine() -> None:
    """No candidate, no score, no error."""
    nothing = scores([], [], [])

    assert rank_scores(load_ranking("builtin"), nothing).tolist() == []
    assert logits(load_ranking("builtin"), nothing, np.empty(0)).tolist() == []


def test_an_unknown_model_gets_the_general_ranking() -> None:
    """A model without fitted weights is ranked by the default ones."""
    assert load_ranking("no/such-model") == load_ranking("default")


@pytest.mark.parametrize("data", [{}, {"same": {"bias": 1}}, {"same": {"bias": 1, "odd": 2}}])
def test_unreadable_weights_are_refused(data: dict[str, object]) -> None:
    """Missing or unknown numbers are an error that says so."""
    with pytest.raises(InvalidSettings, match="ranking weights"):
        ranking_from_dict(data)
