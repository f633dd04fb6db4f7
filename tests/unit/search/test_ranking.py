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
    crowded,
    facts,
    features,
    likeness,
    load_ranking,
    logits,
    rank_scores,
    ranking_from_dict,
)

RANKING = Ranking(Weights(-1.0, 2.0, 3.0, 4.0, -5.0, context=7.0), Weights(-2.0, 6.0, 0.5), 0.3)


def scores(cosine: list[float], words: list[float], same: list[bool]) -> Scores:
    """Candidates that align by a tenth of their cosine."""
    near = np.array(cosine)
    found = np.ones((1, len(near)), np.float32)
    part = np.asarray(near / 10, np.float32)
    fit = Alignment(part, part, part, part, found, np.ones(1, np.float32), 1, 0.0, 3.0)
    return Scores(near, np.array(words), near, np.array(same, np.bool_), fit, 12.0, np.eye(len(near)))


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


def test_cases_that_say_the_same_support_each_other() -> None:
    """Of two equal scores, the one with a strong near-equal beside it ends higher; without support they stay equal."""
    alone, strong, beside = scores([0.5, 0.9, 0.5], [0.0] * 3, [True] * 3), 1, 2
    alike = np.eye(3)
    alike[strong, beside] = alike[beside, strong] = 0.99
    known = replace(alone, alike=alike)

    plain, supported = (rank_scores(replace(RANKING, support=share), known) for share in (0.0, 0.5))

    assert plain[0] == plain[beside]
    assert supported[0] < supported[beside] < supported[strong]


@given(st.integers(0, 10_000))
def test_equal_cases_have_equal_scores(seed: int) -> None:
    """Bit for bit, wherever they stand among the others, so that ties break by key."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(24, 20)).astype(np.float32)
    vectors[17] = vectors[3]
    near = vectors @ vectors[0]
    near[17] = near[3]
    known = replace(scores(near.tolist(), [0.2] * 24, [True] * 24), alike=likeness(vectors))

    ranked = rank_scores(replace(RANKING, support=0.4), known)

    assert ranked[3] == ranked[17]


def test_facts_tell_what_nobody_covers() -> None:
    """By weight: what no candidate has, what the first one has not, and the heaviest single piece of it."""
    known = scores([0.9, 0.5], [0.4, 0.2], [True, True])
    found = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], np.float32)
    fit = replace(known.alignment, found=found, weights=np.array([5.0, 3.0, 2.0], np.float32), size=3)

    told = dict(zip(FACTS, facts(replace(known, alignment=fit), np.array([2.0, 1.0])).tolist(), strict=True))

    assert (told["lacking"], told["lacking_most"], told["exact"]) == pytest.approx((0.1, 0.1, 0.8))
    assert (told["first_lacking"], told["first_lacking_most"], told["first_exact"]) == pytest.approx((0.4, 0.3, 0.5))


def test_a_library_of_many_like_cases_is_told_from_one_of_single_cases() -> None:
    """`clustered` is the likeness of the nearest candidates to their nearest fellows; a single candidate has none."""
    known = scores([0.9, 0.8, 0.1], [0.1] * 3, [True] * 3)
    alike = np.array([[1.0, 0.8, 0.2], [0.8, 1.0, 0.1], [0.2, 0.1, 1.0]])

    column = features(replace(known, alike=alike))[:, FEATURES.index("clustered")]

    assert column.tolist() == pytest.approx([0.6] * 3)
    assert crowded(scores([0.9], [0.1], [True])).tolist() == [0.0]
