"""Several scores become one: exact arithmetic, and the promises that hold for any weights."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.errors import InvalidSettings
from retriever.search.facts import FACTS, Fact, facts
from retriever.search.features import FEATURES, Feature, features
from retriever.search.ranking import (
    Ranking,
    certainty_weights,
    confidence,
    load_ranking,
    logits,
    pair_weights,
    rank_scores,
    ranking_from_dict,
)
from retriever.search.scores import CandidateScores, cosines_among, nearer
from tests.support.search import make_scores, random_scores, taken

GOLDEN = json.loads(Path(__file__).with_name("golden_ranking.json").read_text(encoding="utf-8"))
"""What the features and facts of `random_scores(7, 24)` were when the shipped weights were fitted."""
RANKING = Ranking(
    pair_weights({"bias": -1.0, "cosine": 2.0, "words": 3.0, "behind": -5.0, "context": 7.0}),
    pair_weights({"bias": -2.0, "cosine": 6.0, "words": 0.5}),
    0.3,
)


def fact(known: CandidateScores, name: str) -> list[float]:
    """One fact of each candidate."""
    values: list[float] = facts(known, known.cosine)[:, list(FACTS).index(name)].tolist()
    return values


def column(known: CandidateScores, feature: str) -> list[float]:
    """One feature of each candidate."""
    values: list[float] = features(known)[:, list(FEATURES).index(feature)].tolist()
    return values


def test_the_score_is_the_weighted_sum() -> None:
    """Same-language and cross-language candidates use their own weights; `behind` counts from the best cosine."""
    known = make_scores([0.9, 0.5], [0.4, 0.2], [False, True])

    expected = [-2.0 + 6.0 * 0.9 + 0.5 * 0.4, -1.0 + 2.0 * 0.5 + 3.0 * 0.2 - 5.0 * 0.4 + 7.0 * 0.05]

    assert rank_scores(RANKING, known).tolist() == pytest.approx(expected)


def test_every_weight_has_its_number() -> None:
    """Features and facts are those of the tables, in their order."""
    known = make_scores([0.9, 0.5, 0.1], [0.4, 0.2, 0.3], [True, True, False])

    assert features(known).shape == (3, len(FEATURES))
    assert facts(known, known.cosine).shape == (3, len(FACTS))
    assert column(known, "behind_words") == pytest.approx([0.0, 0.2, 0.1])
    assert fact(known, "cosine") == pytest.approx([0.9, 0.5, 0.1])
    assert fact(known, "same") == [1.0, 1.0, 0.0]


def test_features_and_facts_are_those_that_the_weights_were_fitted_on() -> None:
    """Each by its name; a changed one needs a new fit."""
    known = random_scores(7, 24)
    score = rank_scores(load_ranking("builtin"), known)

    assert {name: column(known, name)[:3] for name in FEATURES} == {
        name: pytest.approx(values, rel=1e-9) for name, values in GOLDEN["features"].items()
    }
    assert {name: fact(known, name)[:3] for name in FACTS} == {
        name: pytest.approx(values, rel=1e-9) for name, values in GOLDEN["facts"].items()
    }
    assert score[:3].tolist() == pytest.approx(GOLDEN["score"], rel=1e-9)
    assert logits(load_ranking("builtin"), known, score)[:3].tolist() == pytest.approx(GOLDEN["logit"], rel=1e-9)


def test_the_tables_stand_in_the_order_of_the_shipped_weights() -> None:
    """Sums are made in this order: another one would change the last digit of a score, and so the order of ties."""
    text = resources.files("retriever.search").joinpath("ranking.json").read_text(encoding="utf-8")
    shipped = json.loads(text)["builtin"]

    assert list(FEATURES) == list(shipped["same"]) == list(shipped["cross"])
    assert list(FACTS) == list(shipped["certainty"])


def test_sums_are_one_matrix_product() -> None:
    """Bit for bit: columns in the order of the table, times the weights of their names."""
    ranking, known = replace(load_ranking("builtin"), support=0.0), random_scores(8, 64)
    same, cross = (
        features(known) @ np.array([own[name] for name in FEATURES]) for own in (ranking.same, ranking.cross)
    )
    certainty = certainty_weights(ranking.certainty or {})

    score = rank_scores(ranking, known)

    plain = ~nearer(known).any(axis=1)
    assert plain.any()
    assert score[plain].tolist() == np.where(known.same, same, cross)[plain].tolist()
    odds = facts(known, score) @ np.array([certainty[name] for name in FACTS])
    order = np.argsort(-score, kind="stable")
    assert logits(ranking, known, score)[order].tolist() == np.minimum.accumulate(odds[order]).tolist()


@pytest.mark.parametrize("seed", range(20))
def test_what_is_nearer_by_every_measure_comes_first(seed: int) -> None:
    """Whatever the share of support; otherwise the weights decide."""
    known = random_scores(seed, 40)
    weights = pair_weights({name: 3.0 * feature.sign for name, feature in FEATURES.items()})
    ranking = Ranking(weights, weights, 0.0, support=0.9)

    score, ahead = rank_scores(ranking, known), nearer(known)

    assert ahead.any()
    assert all(score[one] > score[other] for one, other in np.argwhere(ahead).tolist())


def test_the_last_digits_of_a_sum_put_nobody_ahead() -> None:
    """Versions 1.4 and 4.1 have one vector but for rounding: the words alone tell them apart."""
    known = make_scores([0.9999999, 1.0], [0.8, 0.6], [True, True])

    assert np.argwhere(nearer(known)).tolist() == [[0, 1]]


def test_of_translations_the_one_in_the_question_s_language_comes_first() -> None:
    """It may be a little further by a twin; of cases that do not say the same, the weights decide."""
    known = make_scores([0.66, 0.65, 0.60], [0.5, 0.3, 0.2], [True, False, False])
    alike = np.eye(3)
    alike[0, 1] = alike[1, 0] = 0.8
    known = replace(known, weighted=np.array([0.62, 0.63, 0.58]), similarity=alike)

    assert np.argwhere(nearer(known)).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert np.argwhere(nearer(replace(known, similarity=np.eye(3)))).tolist() == [[1, 2]]
    assert not nearer(replace(known, weighted=np.array([0.62, 0.65, 0.58])))[0, 1]


def test_without_certainty_the_score_is_the_log_odds() -> None:
    """Scaled and shifted by a library's own calibration."""
    known = make_scores([0.9, 0.5], [0.4, 0.2], [False, True])
    score = rank_scores(RANKING, known)

    assert logits(RANKING, known, score).tolist() == score.tolist()
    assert logits(replace(RANKING, scale=0.5, shift=1.0), known, score) == pytest.approx(0.5 * score + 1.0)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20))
def test_the_confidence_of_a_question_follows_its_order(values: list[float]) -> None:
    """Whatever the facts say of each, a higher score never has lower odds."""
    known = make_scores(np.linspace(0.9, 0.1, len(values)).tolist(), [0.1] * len(values), [True] * len(values))
    sure = replace(RANKING, certainty=certainty_weights({"bias": -1.0, "cosine": 2.0, "standing": 0.3}))
    score = np.sort(np.array(values))

    assert (np.diff(logits(sure, known, score))[np.diff(score) > 0] >= 0).all()


def test_confidence_is_the_logistic_of_the_logit() -> None:
    """A logit of 0 is one half, and every number has the four digits that are shown."""
    assert confidence(np.array([0.0, math.log(3), -1000.0, 1000.0])).tolist() == [0.5, 0.75, 0.0, 1.0]


def test_an_empty_candidate_list_is_fine() -> None:
    """No candidate, no score, no error."""
    nothing = make_scores([], [], [])

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


@pytest.mark.parametrize("part", ["same", "cross", "certainty"])
def test_a_name_that_no_table_has_is_refused(part: str) -> None:
    """A misspelt weight would silently count nothing; the message names it. One that is left out counts 0."""
    pair = {"bias": 1.0, "cosine": 2.0, "words": 3.0}
    data = {"same": pair, "cross": pair, "min_confidence": 0.5, "certainty": {"bias": 0.0}}
    sound = ranking_from_dict(data)
    assert (sound.same["cosine"], sound.same["sharp"], (sound.certainty or {})["standing"]) == (2.0, 0.0, 0.0)

    with pytest.raises(InvalidSettings, match="cosinus is unknown"):
        ranking_from_dict(data | {part: {**data[part], "cosinus": 1.0}})  # type: ignore[dict-item]


def test_cases_that_say_the_same_support_each_other() -> None:
    """Of two equal scores, the one with a strong near-equal beside it ends higher; without support they stay equal."""
    alone, strong, beside = make_scores([0.5, 0.9, 0.5], [0.0] * 3, [True] * 3), 1, 2
    alike = np.eye(3)
    alike[strong, beside] = alike[beside, strong] = 0.99
    known = replace(alone, similarity=alike)

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
    known = replace(make_scores(near.tolist(), [0.2] * 24, [True] * 24), similarity=cosines_among(vectors))

    ranked = rank_scores(replace(RANKING, support=0.4), known)

    assert ranked[3] == ranked[17]


def test_facts_tell_what_a_case_does_not_cover() -> None:
    """By weight: what the case has not, the heaviest single piece of it, and what it has nearly literally."""
    known = make_scores([0.9, 0.5], [0.4, 0.2], [True, True])
    found = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], np.float32)
    fit = replace(known.alignment, found=found, weights=np.array([5.0, 3.0, 2.0], np.float32))
    known = replace(known, alignment=fit)

    assert fact(known, "lacking") == pytest.approx([0.4, 0.6])
    assert fact(known, "lacking_most") == pytest.approx([0.3, 0.5])
    assert fact(known, "exact") == pytest.approx([0.5, 0.3])


def test_a_question_without_pieces_lacks_nothing() -> None:
    """It has no piece that could be missing; whether it is one is told elsewhere."""
    known = make_scores([0.9, 0.5], [0.4, 0.2], [True, True])
    fit = replace(known.alignment, found=np.zeros((0, 2), np.float32), weights=np.zeros(0, np.float32))

    assert fact(replace(known, alignment=fit), "lacking") == [0.0, 0.0]


@pytest.mark.parametrize("table", [FEATURES, FACTS])
def test_weights_of_the_wrong_sign_are_refused(table: Mapping[str, Feature | Fact]) -> None:
    """With them a nearer case could stand lower, or be less sure."""
    for name, one in table.items():
        given = {"bias": 0.0, "cosine": 1.0, "words": 1.0, name: -1.0 * one.sign}
        if one.sign:
            with pytest.raises(InvalidSettings, match=f"{name} has the wrong sign"):
                (pair_weights if table is FEATURES else certainty_weights)(given)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("measure", ["cosine", "words", "weighted"])
def test_more_of_a_measure_never_lowers_score_or_confidence(seed: int, measure: str) -> None:
    """Of one case, whatever else is known; the shipped weights of the built-in model."""
    ranking, known = replace(load_ranking("builtin"), support=0.0), random_scores(seed, 24)
    raised = getattr(known, measure).copy()
    raised[3] += 0.2
    nearer_one = replace(known, **{measure: raised})

    before, after = rank_scores(ranking, known), rank_scores(ranking, nearer_one)

    assert after[3] >= before[3]
    assert np.count_nonzero(after > after[3]) <= np.count_nonzero(before > before[3])
    assert logits(ranking, nearer_one, after)[3] >= logits(ranking, known, before)[3] - 1e-9


@pytest.mark.parametrize("copies", [1, 5, 25])
def test_copies_of_a_case_make_nothing_less_sure(copies: int) -> None:
    """A library of real tickets holds the same problem many times."""
    ranking, known = load_ranking("builtin"), random_scores(5, 24)
    score = rank_scores(ranking, known)
    best = int(np.argmax(score))
    rows = np.concatenate([np.full(copies, best), np.arange(24)])
    many = taken(known, rows)

    odds = logits(ranking, many, rank_scores(ranking, many))

    assert odds.max() >= logits(ranking, known, score).max() - 1e-9
