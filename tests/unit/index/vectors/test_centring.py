"""Means of groups, shrunk to what is known beforehand, and vectors without them."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.types import FloatMatrix, FloatVector, IndexDamaged
from index.vectors.centred import (
    CENTRING_FILE,
    GROUPS_FILE,
    MEANS_FILE,
    SCALES_FILE,
    CentredRows,
    centre,
    load_rows,
)
from index.vectors.centring import NO_EFFECTS, Centring, Effects, GroupNames, fit_centring

RIGHT, UP = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
NOTHING = np.zeros(2, np.float32)
SHARED = Effects({}, 0.5)


def names(*groups: str) -> GroupNames:
    """The groups of some rows."""
    return np.array(groups, np.object_)


def rows(*vectors: FloatVector) -> FloatMatrix:
    """Some rows."""
    return np.array(vectors, np.float32).reshape(-1, 2)


def sample() -> CentredRows:
    """Five hundred rows of three groups that lie in different places."""
    rng = np.random.default_rng(4)
    groups = rng.choice(["en", "de", "zh"], 500).astype(np.object_)
    places = {"en": 1, "de": -1, "zh": 0}
    vectors = rng.standard_normal((500, 12)) + np.array([[places[group]] * 12 for group in groups])
    made = np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
    return centre(made, groups, fit_centring(made, groups, Effects({}, 0.75)))


def test_a_mean_is_that_of_the_cases_shrunk_to_that_of_the_library() -> None:
    """By hand: of three cases, D is their sum over 3 + 5; a group's mean is its own sum and twenty D over n + 20."""
    fitted = fit_centring(rows(RIGHT, RIGHT, UP), names("en", "en", "de"), SHARED)
    domain = np.array([2, 1]) / 8

    assert fitted.groups == ("de", "en")
    assert fitted.means[0] == pytest.approx((UP + 20 * domain) / 21)
    assert fitted.means[1] == pytest.approx((2 * RIGHT + 20 * domain) / 22)
    assert fitted.means[2] == pytest.approx(domain)
    assert (fitted.means.dtype.name, fitted.share) == ("float32", 0.5)


def test_what_is_known_of_a_group_is_what_its_cases_are_shrunk_to() -> None:
    """By hand: D is what the cases have beyond it; groups without a case have both, unknown ones the mean of all."""
    known = {"en": RIGHT * 0.5, "fr": UP * 0.5}
    fitted = fit_centring(rows(RIGHT, UP), names("en", "xx"), Effects(known, 1.0))
    every = (known["en"] + known["fr"]) / 2
    domain = (RIGHT - known["en"] + UP - every) / 7

    assert fitted.groups == ("en", "fr", "xx")
    assert fitted.means[0] == pytest.approx((RIGHT + 20 * (known["en"] + domain)) / 21)
    assert fitted.means[1] == pytest.approx(known["fr"] + domain)
    assert fitted.means[2] == pytest.approx((UP + 20 * (every + domain)) / 21)
    assert fitted.means[3] == pytest.approx(every + domain)


def test_a_large_group_has_its_own_mean() -> None:
    """What was thought of it beforehand hardly counts beside thousands of cases."""
    fitted = fit_centring(np.tile(UP, (5_000, 1)), names(*["en"] * 5_000), Effects({"en": -UP}, 0.5))

    assert fitted.means[0] == pytest.approx(UP, abs=0.01)


def test_zero_vectors_count_for_nothing() -> None:
    """Cases without a known word move no mean, and stay zero."""
    without = fit_centring(rows(RIGHT), names("en"), SHARED)
    made = fit_centring(rows(NOTHING, RIGHT, NOTHING), names("en", "en", "en"), SHARED)
    centred = centre(rows(NOTHING, RIGHT), names("en", "en"), made)

    assert made.means.tolist() == without.means.tolist()
    assert not centred.unit(slice(0, 1)).any()
    assert centred.scores(RIGHT, slice(None)).tolist()[0] == 0


@pytest.mark.parametrize("fitted", [Centring.none(2), fit_centring(rows(), names(), SHARED)])
def test_nothing_known_and_no_case_changes_nothing(fitted: Centring) -> None:
    """Vectors and scores are, bit for bit, what they were."""
    vectors = np.random.default_rng(1).random((9, 2)).astype(np.float32)
    centred = centre(vectors, names(*["en"] * 9), fitted)

    assert fitted.question(vectors[3], "en").tolist() == vectors[3].tolist()
    assert (centred.unit(slice(None)) == vectors).all()
    assert (centred.scores(vectors[0], slice(None)) == np.vecdot(vectors, vectors[0])).all()


def test_a_question_loses_its_share_of_the_mean() -> None:
    """At unit length; of a group nobody knows, that of any other; nothing with no share, and zero stays zero."""
    means = np.array([[0.5, 0], [0, 0.5]], np.float32)
    half = Centring(("en",), means, 0.5)

    assert half.question(UP, "en") == pytest.approx(np.array([-0.25, 1]) / np.hypot(0.25, 1))
    assert half.question(RIGHT, "xx") == pytest.approx(np.array([1, -0.25]) / np.hypot(0.25, 1))
    assert half.question(NOTHING, "en").tolist() == [0, 0]
    assert Centring(("en",), means, 0.0).question(UP, "en").tolist() == UP.tolist()
    assert Centring(("en",), np.array([RIGHT, UP]), 1.0).question(RIGHT, "en").tolist() == [0, 0]


def test_scores_are_cosines_of_what_is_left() -> None:
    """Of every row, in any order, whatever stands beside it: unit(c - mean) . unit(q - share * mean)."""
    centred = sample()
    means = centred.centring.means.astype(np.float64)
    question = centred.centring.question(centred.vectors[7], "zh")
    own = centred.vectors - means[centred.groups]
    asked = centred.vectors[7] - 0.75 * means[2]
    true = own @ asked / np.linalg.norm(own, axis=1) / np.linalg.norm(asked)
    some = np.array([400, 3, 77])

    assert centred.scores(question, slice(None)) == pytest.approx(true, abs=1e-6)
    assert centred.scores(question, some).tolist() == centred.scores(question, slice(None))[some].tolist()
    assert np.linalg.norm(centred.unit(slice(None)), axis=1) == pytest.approx(np.ones(500), abs=1e-6)
    assert centred.unit(some) @ question == pytest.approx(centred.scores(question, some), abs=1e-6)


def test_a_case_that_is_its_mean_is_zero() -> None:
    """And one that hardly differs from it is not blown up to a direction made of rounding."""
    near = np.array([1, 1e-5], np.float32)
    centred = centre(rows(RIGHT, near), names("en", "en"), Centring(("en",), np.array([RIGHT, NOTHING]), 0.5))

    assert centred.unit(slice(None))[0].tolist() == [0, 0]
    assert np.linalg.norm(centred.unit(slice(None))[1]) == pytest.approx(0.01, rel=0.01)


def test_names_come_back() -> None:
    """The group of each row, also of one that the means do not name."""
    centred = centre(rows(UP, UP, UP), names("en", "xx", "de"), Centring(("de", "en"), np.zeros((3, 2), "f4"), 0.5))

    assert centred.names.tolist() == ["en", "", "de"]
    assert centred.groups.tolist() == [1, 2, 0]


def test_effects_have_a_name_of_their_own() -> None:
    """It depends on groups, vectors and share, not on the order they came in."""
    both = Effects({"en": RIGHT, "de": UP}, 0.5)
    others = [
        NO_EFFECTS,
        SHARED,
        Effects({"en": RIGHT}, 0.5),
        Effects({"en": UP, "de": RIGHT}, 0.5),
        Effects({"en": RIGHT, "de": UP}, 0.75),
    ]

    assert both.digest == Effects({"de": UP, "en": RIGHT}, 0.5).digest
    assert len({both.digest, *(other.digest for other in others)}) == 6


def test_too_many_groups_are_refused() -> None:
    """No number would be left for the others."""
    groups = names(*(str(number) for number in range(65_536)))

    with pytest.raises(ValueError, match="groups"):
        fit_centring(np.zeros((65_536, 2), np.float32), groups, SHARED)


def test_saved_rows_come_back(tmp_path: Path) -> None:
    """Bit for bit, with their means."""
    centred = sample()
    centred.save(tmp_path)
    loaded = load_rows(tmp_path)
    question = centred.centring.question(centred.vectors[0], "en")

    assert loaded.centring.groups == ("de", "en", "zh")
    assert loaded.centring.share == 0.75
    assert loaded.centring.question(centred.vectors[0], "en").tolist() == question.tolist()
    assert loaded.scores(question, slice(None)).tolist() == centred.scores(question, slice(None)).tolist()
    assert loaded.names.tolist() == centred.names.tolist()


def _named(**changes: object) -> Callable[[Path], object]:
    def write(folder: Path) -> object:
        described = json.loads((folder / CENTRING_FILE).read_text(encoding="utf-8"))
        return (folder / CENTRING_FILE).write_text(json.dumps(described | changes), encoding="utf-8")

    return write


@pytest.mark.parametrize(
    "damage",
    [
        _named(groups=["en", "de", "zh"]),
        _named(groups=["de", "en"]),
        _named(groups=[1, 2, 3]),
        _named(groups=None),
        _named(share=2),
        _named(share="much"),
        lambda folder: np.save(folder / MEANS_FILE, np.zeros((3, 12), np.float32)),
        lambda folder: np.save(folder / MEANS_FILE, np.full((4, 12), np.nan, np.float32)),
        lambda folder: np.save(folder / MEANS_FILE, np.zeros((4, 12))),
        lambda folder: np.save(folder / GROUPS_FILE, np.full(500, 4, np.uint16)),
        lambda folder: np.save(folder / GROUPS_FILE, np.zeros(500, np.int64)),
        lambda folder: np.save(folder / SCALES_FILE, np.zeros(499, np.float32)),
    ],
)
def test_files_that_do_not_fit_are_damage(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    """Names, means, groups and scales of another index raise IndexDamaged."""
    sample().save(tmp_path)
    damage(tmp_path)

    with pytest.raises(IndexDamaged):
        load_rows(tmp_path)
