"""What every kind of vector index promises of centred vectors, in a snapshot and in the delta over it."""

from pathlib import Path

import numpy as np
import pytest

from index.delta import Upsert
from index.facets.facets import build_facets
from index.keys import KeySet
from index.parts import IndexParts, load_parts
from index.pieces import build_pieces
from index.types import FloatMatrix, FloatVector
from index.vectors.centring import Effects, GroupNames
from index.vectors.dense import DenseIndex, build_dense
from index.vectors.kinds import EXACT, KINDS, SCAN4_WIDE, Kind
from index.view import View
from index.words.bm25 import build_words
from index.words.postings import count_tokens

ROWS, DIM = 3_000, 32
KEYS = np.arange(ROWS) * 3
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def unit(vectors: np.ndarray) -> FloatMatrix:
    """Rows of length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


RNG = np.random.default_rng(6)
GROUPS: GroupNames = RNG.choice(["de", "en", "ja"], ROWS, p=[0.6, 0.38, 0.02]).astype(np.object_)
PLACES = {group: 1.5 * RNG.standard_normal(DIM) for group in ("de", "en", "ja", "xx")}
MEANINGS = RNG.standard_normal((ROWS, DIM))
VECTORS = unit(MEANINGS + np.stack([PLACES[group] for group in GROUPS]))
EFFECTS = Effects({group: unit(PLACES[group]) * np.float32(0.5) for group in ("de", "en")}, 0.75)


def make(kind: Kind = EXACT) -> DenseIndex:
    """An index of this kind over all of them."""
    return build_dense(VECTORS, KEYS, groups=GROUPS, effects=EFFECTS, kind=kind, threads=1)


def true_scores(index: DenseIndex, question: FloatVector, group: str) -> np.ndarray:
    """unit(c - mean) . unit(q - share * mean) of every row, in double precision."""
    names, means = index.centring.groups, index.centring.means.astype(np.float64)
    own = VECTORS - means[[names.index(name) for name in GROUPS]]
    asked = question - 0.75 * (means[names.index(group)] if group in names else means[-1])
    return np.asarray(own @ asked / np.linalg.norm(own, axis=1) / np.linalg.norm(asked))


@every_kind
@pytest.mark.parametrize("share", [None, 0.5, 0.02])
def test_the_nearest_are_those_of_centred_vectors(kind: Kind, share: float | None) -> None:
    """Recall of the ten nearest reaches the kind's floor, filtered too, and each score is the true one."""
    index, found, asked = make(kind), 0, range(0, ROWS, 60)
    allowed = None if share is None else KeySet(RNG.choice(KEYS, int(share * ROWS), replace=False).tolist())
    inside = np.ones(ROWS, bool) if allowed is None else np.isin(KEYS, list(allowed))
    for row in asked:
        group = ("en", "de", "xx")[row % 3]
        question = unit(MEANINGS[row] + PLACES[group] + 0.5 * RNG.standard_normal(DIM))
        hits = index.search(index.centring.question(question, group), 10, allowed)
        true = true_scores(index, question, group)
        assert hits.scores == pytest.approx(true[hits.keys // 3], abs=1e-5)
        found += int(np.count_nonzero(hits.scores >= np.sort(true[inside])[-10] - 1e-5))

    assert found >= (0.9 if kind is SCAN4_WIDE else kind.recall_floor) * 10 * len(asked)


def test_a_translation_is_found_among_its_own_language_only_once_centred() -> None:
    """A question is nearer to what it means, in another group, than to what happens to be in its own."""
    centred, plain = make(), build_dense(VECTORS, KEYS, kind=EXACT)
    rows = np.flatnonzero(GROUPS == "en")[:100]
    asked = unit(MEANINGS[rows] + PLACES["de"])

    def first(index: DenseIndex, question: FloatVector) -> int:
        return int(index.search(question, 1).keys[0]) // 3

    right = sum(
        first(centred, centred.centring.question(one, "de")) == row for one, row in zip(asked, rows, strict=True)
    )
    before = sum(first(plain, one) == row for one, row in zip(asked, rows, strict=True))
    assert right > 90
    assert before < 50


@every_kind
def test_equal_vectors_of_two_groups_are_two(kind: Kind) -> None:
    """They have different scores once centred, and both are found; equal ones of one group have one score."""
    vectors, groups = VECTORS.copy(), GROUPS.copy()
    vectors[100:104] = vectors[7]
    groups[[7, 100, 101]], groups[[102, 103]] = "en", "de"
    index = build_dense(vectors, KEYS, groups=groups, effects=EFFECTS, kind=kind, threads=1)
    keys = KEYS[[7, 100, 101, 102, 103]]
    scores = index.scores(index.centring.question(vectors[7], "en"), keys).tolist()

    assert index.different == ROWS - 3
    assert len(set(scores[:3])) == len(set(scores[3:])) == 1
    assert scores[0] != scores[3]
    assert index.of(keys)[0].tolist() == index.of(keys)[2].tolist() != index.of(keys)[3].tolist()
    own = index.search(index.of(keys)[3], 2)
    assert own.keys.tolist() == keys[3:].tolist()
    assert own.scores == pytest.approx(np.ones(2), abs=1e-5)


def parts(index: DenseIndex) -> IndexParts:
    """A snapshot with these vectors, and no words."""
    words = build_words(index.keys, count_tokens([()] * len(index)))
    facets = build_facets((int(key), {}) for key in index.keys)
    return IndexParts(index, words, facets, build_pieces(index.keys, [np.empty(0, np.int32)] * len(index)))


@every_kind
def test_a_case_has_one_score_in_delta_and_snapshot(kind: Kind, tmp_path: Path) -> None:
    """Bit for bit, and one centred vector, however many are fresh and after the snapshot was saved and loaded."""
    folder = tmp_path / "s"
    folder.mkdir()
    parts(make(kind)).save(folder)
    below = View.over(load_parts(folder), snapshot_name="s", revision=1)
    question = below.vectors.question(VECTORS[1], "ja")
    for count in (1, 40, 2_900):
        again = [Upsert(int(KEYS[row]), VECTORS[row], (), {}, group=GROUPS[row]) for row in range(count)]
        above = below.with_changes(again, (), revision=2)
        assert len(above.delta) == count
        assert above.vectors.scores(question, KEYS).tolist() == below.vectors.scores(question, KEYS).tolist()
        assert (above.vectors.of(KEYS) == below.vectors.of(KEYS)).all()
        assert above.vectors.question(VECTORS[1], "ja").tolist() == question.tolist()


def test_a_fresh_case_of_a_new_language_loses_the_mean_of_any_other() -> None:
    """The snapshot's means stay until the next rebuild."""
    index = make()
    view = View.over(parts(index), snapshot_name="s", revision=1)
    fresh = unit(MEANINGS[5] + PLACES["xx"])
    view = view.with_changes([Upsert(1, fresh, (), {}, group="xx")], (), revision=2)

    assert view.vectors.of(np.array([1]))[0] == pytest.approx(unit(fresh - index.centring.means[-1]), abs=1e-6)


def test_a_library_without_a_snapshot_is_centred_by_what_is_known() -> None:
    """By the model's effects alone; without any, as it is."""
    fresh = Upsert(1, VECTORS[0], (), {}, group="en")
    known = View.empty(DIM, EFFECTS).with_changes([fresh], (), revision=1).vectors
    plain = View.empty(DIM, Effects({}, 0.75)).with_changes([fresh], (), revision=1).vectors

    assert known.of(np.array([1]))[0] == pytest.approx(unit(VECTORS[0] - EFFECTS.means["en"]), abs=1e-6)
    assert known.question(VECTORS[1], "en") == pytest.approx(unit(VECTORS[1] - 0.75 * EFFECTS.means["en"]), abs=1e-6)
    assert plain.of(np.array([1]))[0].tolist() == VECTORS[0].tolist()
    assert plain.question(VECTORS[1], "en").tolist() == VECTORS[1].tolist()


def test_groups_must_fit_the_keys() -> None:
    """One for each row."""
    with pytest.raises(ValueError, match="groups of shape"):
        build_dense(VECTORS[:2], KEYS[:2], groups=GROUPS[:3])
