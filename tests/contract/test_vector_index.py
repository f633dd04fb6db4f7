"""What every kind of vector index promises, checked against comparing everything."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.keys import KeyArray, KeySet
from index.types import FloatMatrix, FloatVector, IndexDamaged
from index.vectors.centred import CENTRING_FILE, GROUPS_FILE, MEANS_FILE, SCALES_FILE, VECTORS_FILE
from index.vectors.dense import (
    DISTINCT_FILE,
    ENGINE_FILE,
    HEADER_FILE,
    KEYS_FILE,
    DenseIndex,
    build_dense,
    load_dense,
)
from index.vectors.kinds import EXACT, KINDS, SCAN4, SCAN4_WIDE, Kind, get_kind, kind_for

ROWS, DIM = 4_000, 48
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def unit(matrix: NDArray[np.floating]) -> FloatMatrix:
    """Rows of length 1."""
    return np.asarray(matrix / np.linalg.norm(matrix, axis=-1, keepdims=True), np.float32)


def clustered(rows: int, seed: int = 1) -> FloatMatrix:
    """Unit vectors around a few dozen centres, with ten exact duplicates of row 5 at the end."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((40, DIM))
    vectors = unit(centres[rng.integers(0, 40, rows)] + 0.6 * rng.standard_normal((rows, DIM)))
    vectors[-10:] = vectors[5]
    return vectors


VECTORS = clustered(ROWS)
KEYS: KeyArray = np.sort(np.random.default_rng(2).choice(50_000, ROWS, replace=False)).astype(np.int64)
QUESTIONS = unit(VECTORS[::100] + 0.05 * np.random.default_rng(3).standard_normal((ROWS // 100, DIM)))


@pytest.fixture(scope="module")
def built() -> Callable[[Kind], DenseIndex]:
    """Indexes over the same vectors, each kind built once."""
    indexes: dict[str, DenseIndex] = {}

    def build(kind: Kind) -> DenseIndex:
        if kind.name not in indexes:
            indexes[kind.name] = build_dense(VECTORS, KEYS, kind=kind, threads=1)
        return indexes[kind.name]

    return build


def truth(question: FloatVector, k: int, allowed: KeySet | None = None) -> list[int]:
    """The k nearest allowed keys by double precision arithmetic, ties by key."""
    scores = VECTORS.astype(np.float64) @ question.astype(np.float64)
    order = np.lexsort((KEYS, -np.round(scores, 12)))
    return [int(key) for key in KEYS[order] if allowed is None or int(key) in allowed][:k]


@every_kind
def test_finds_what_comparing_everything_finds(built: Callable[[Kind], DenseIndex], kind: Kind) -> None:
    """Recall of the ten nearest is at least the kind's floor, and every score is the true inner product."""
    index, shared = built(kind), 0
    for question in QUESTIONS:
        hits = index.search(question, 10)
        shared += len(set(hits.keys.tolist()) & set(truth(question, 10)))
        expected = VECTORS[np.searchsorted(KEYS, hits.keys)].astype(np.float64) @ question
        assert np.allclose(hits.scores, expected, atol=1e-6)
        assert np.all(np.diff(hits.scores) <= 0)

    assert shared >= kind.recall_floor * 10 * len(QUESTIONS)


@every_kind
@pytest.mark.parametrize("share", [0.5, 0.1, 0.01, 0.0025])
def test_k_allowed_cases_come_back_at_any_selectivity(
    built: Callable[[Kind], DenseIndex], kind: Kind, share: float
) -> None:
    """A filter lets k through if k exist, only allowed ones, and hardly ever other than the nearest."""
    allowed = KeySet(np.random.default_rng(4).choice(KEYS, int(share * ROWS), replace=False).tolist())
    shared = 0
    for question in QUESTIONS:
        found = built(kind).search(question, 10, allowed).keys.tolist()
        assert len(found) == 10
        assert set(found) <= set(allowed)
        shared += len(set(found) & set(truth(question, 10, allowed)))

    assert shared >= kind.recall_floor * 10 * len(QUESTIONS)


@every_kind
def test_a_filter_far_from_the_question_still_gives_k(built: Callable[[Kind], DenseIndex], kind: Kind) -> None:
    """When only the farthest half is allowed, k of it come back, and none much farther than the k nearest of it."""
    question = QUESTIONS[7]
    far = KeySet(truth(question, ROWS)[ROWS // 2 :])
    hits = built(kind).search(question, 10, far)
    expected = built(kind).scores(question, np.array(truth(question, 10, far)))

    assert len(hits) == 10
    assert set(hits.keys.tolist()) <= set(far)
    # So many cases are equally far that rough scores cannot tell them apart; only the exact kind must.
    assert np.all(hits.scores >= expected - (0 if kind is EXACT else 0.02))


@every_kind
def test_edges_of_k_and_of_the_filter(built: Callable[[Kind], DenseIndex], kind: Kind) -> None:
    """No k and an empty or foreign filter give nothing; a k beyond the library gives all of it."""
    index, question = built(kind), QUESTIONS[0]
    foreign = KeySet([1_000_000, 4_000_000_000])

    assert len(index.search(question, 0)) == 0
    assert len(index.search(question, 5, KeySet())) == 0
    assert len(index.search(question, 5, foreign)) == 0
    assert index.search(question, 5, foreign | KeySet([int(KEYS[9])])).keys.tolist() == [int(KEYS[9])]
    assert sorted(index.search(question, 2 * ROWS).keys.tolist()) == KEYS.tolist()


@every_kind
@pytest.mark.parametrize("share", [None, 0.5, 0.01])
def test_a_short_result_begins_a_long_one(built: Callable[[Kind], DenseIndex], kind: Kind, share: float | None) -> None:
    """The first n of k are the n of a smaller k, with the same scores bit for bit."""
    allowed = KeySet(KEYS[: int(share * ROWS)].tolist()) if share else None
    longest = built(kind).search(QUESTIONS[3], 100, allowed)
    for k in (1, 3, 8, len(longest)):
        hits = built(kind).search(QUESTIONS[3], k, allowed)
        assert hits.keys.tolist() == longest.keys.tolist()[:k]
        assert hits.scores.tolist() == longest.scores.tolist()[:k]


@every_kind
def test_equal_vectors_have_equal_scores_in_key_order(built: Callable[[Kind], DenseIndex], kind: Kind) -> None:
    """A case and its ten copies come first, with one score, by growing key."""
    hits = built(kind).search(VECTORS[5], 11)

    assert hits.keys.tolist() == sorted([int(KEYS[5]), *KEYS[-10:].tolist()])
    assert len(set(hits.scores.tolist())) == 1


def test_exact_kind_breaks_ties_by_key_however_many_there_are() -> None:
    """When more cases tie than are proposed, the smallest keys win all the same."""
    vectors = np.tile(unit(np.ones((1, DIM), np.float32)), (2_000, 1))
    index = build_dense(vectors, np.arange(2_000), kind=EXACT)

    assert index.search(vectors[0], 5).keys.tolist() == [0, 1, 2, 3, 4]
    assert index.search(vectors[0], 3, KeySet(range(7, 2_000))).keys.tolist() == [7, 8, 9]


def templates(rows: int, kinds: int, differ: float) -> tuple[FloatMatrix, FloatMatrix]:
    """Unit vectors of tickets from a few templates, which differ a little, and of questions of the same sort."""
    rng = np.random.default_rng(12)
    centres = unit(rng.standard_normal((kinds, 128)))
    own = unit(rng.standard_normal((rows + 40, 128)))
    every = unit(centres[rng.integers(0, kinds, rows + 40)] + differ * own)
    return every[:rows], every[rows:]


@every_kind
@pytest.mark.parametrize(
    ("kinds", "differ", "share"), [(1, 0.02, None), (3, 0.1, 0.6), (2, 0.4, None), (60, 0.1, None)]
)
def test_cases_of_a_template_are_told_apart(kind: Kind, kinds: int, differ: float, share: float | None) -> None:
    """However near-equal cases are, the nearest are found: with a filter too, and where all are of one template."""
    vectors, questions = templates(9_000, kinds, differ)
    index = build_dense(vectors, np.arange(9_000), kind=kind, threads=1)
    allowed = None if share is None else KeySet(np.random.default_rng(5).permutation(9_000)[: int(share * 9_000)])
    rows, found = np.arange(9_000) if allowed is None else np.array(allowed, np.int64), 0
    for question in questions:
        true = np.sort(vectors[rows] @ question)[-10]
        found += min(int(np.count_nonzero(index.search(question, 10, allowed).scores >= true - 1e-5)), 10)

    # The coarsest codes are for libraries of another size: there they cost less than they lose here.
    assert found >= (0.98 if kind is SCAN4_WIDE else 0.99) * 10 * len(questions)


@every_kind
def test_copies_do_not_push_out_the_others(kind: Kind) -> None:
    """Nine tenths of the library are one text: what is next to it is found all the same, each case by its key."""
    others = clustered(1_500)[:1_000]
    vectors = np.concatenate([np.tile(others[3], (9_000, 1)), others])
    index = build_dense(vectors, np.arange(10_000), kind=kind, threads=1)
    without = KeySet(range(9_000, 10_000))
    few = KeySet([*range(8_990, 10_000, 2), *range(0, 9_000, 3)])

    nearest = index.search(others[3], 10, without).keys.tolist()
    true = 9_000 + np.lexsort((np.arange(1_000), -(others @ others[3])))
    assert index.search(others[3], 20).keys.tolist() == list(range(20))
    assert index.search(others[3], 4, few).keys.tolist() == [0, 3, 6, 9]
    assert len(set(nearest) & set(true[:10].tolist())) >= 9
    assert index.search(others[3], 9_005).keys.tolist()[:9_001] == [*range(9_000), 9_003]
    assert sorted(index.search(others[3], 20_000).keys.tolist()) == list(range(10_000))


@every_kind
def test_a_library_of_one_text_is_an_index(kind: Kind) -> None:
    """All cases the same, or all without any known word: the first by key come back, filtered too."""
    for vector in (unit(np.ones((1, DIM))), np.zeros((1, DIM), np.float32)):
        index = build_dense(np.tile(vector, (3_000, 1)), np.arange(3_000), kind=kind)

        assert index.search(vector[0], 5).keys.tolist() == [0, 1, 2, 3, 4]
        assert index.search(vector[0], 3, KeySet(range(7, 2_900))).keys.tolist() == [7, 8, 9]


@every_kind
def test_repeated_vectors_are_saved_and_read(kind: Kind, tmp_path: Path) -> None:
    """An index with equal vectors answers the same after it was saved and loaded, and a lost or torn list is damage."""
    vectors = clustered(2_000)
    vectors[500:1_500] = vectors[7]
    index = build_dense(vectors, np.arange(2_000), kind=kind, threads=1)
    index.save(tmp_path)
    loaded, allowed = load_dense(tmp_path), KeySet(range(3, 1_900))

    for question in (vectors[7], vectors[1_700]):
        for inside in (None, allowed):
            assert loaded.search(question, 30, inside).keys.tolist() == index.search(question, 30, inside).keys.tolist()
    whole = np.load(tmp_path / DISTINCT_FILE)
    for torn in (whole[:-1], whole[::-1], whole - 1, whole * 0):
        np.save(tmp_path / DISTINCT_FILE, torn)
        with pytest.raises(IndexDamaged):
            load_dense(tmp_path)
    (tmp_path / DISTINCT_FILE).unlink()
    with pytest.raises(IndexDamaged):
        load_dense(tmp_path)


def test_an_index_of_the_format_before_is_refused(tmp_path: Path) -> None:
    """Format 3 was not centred; its labels say so before, and a rebuild replaces it."""
    build_dense(clustered(20), np.arange(20)).save(tmp_path)
    header = json.loads((tmp_path / HEADER_FILE).read_text(encoding="utf-8"))
    (tmp_path / HEADER_FILE).write_text(json.dumps(header | {"format": 3}), encoding="utf-8")

    with pytest.raises(IndexDamaged, match="format 3"):
        load_dense(tmp_path)


def test_the_kind_is_chosen_by_what_differs() -> None:
    """Copies do not make a library large."""
    vectors = np.tile(clustered(1_000), (11, 1))

    assert build_dense(vectors, np.arange(11_000), threads=1).kind is EXACT


@every_kind
def test_scores_are_those_of_search_and_nan_for_strangers(built: Callable[[Kind], DenseIndex], kind: Kind) -> None:
    """`scores` agrees with `search` bit for bit, in the order asked, and gives NaN for unknown keys."""
    index = built(kind)
    hits = index.search(QUESTIONS[1], 20)
    asked = np.concatenate([hits.keys[::-1], [49_999_999, -1]])
    scores = index.scores(QUESTIONS[1], asked)

    assert scores[:-2].tolist() == hits.scores[::-1].tolist()
    assert np.isnan(scores[-2:]).all()


@every_kind
def test_vectors_come_back_as_they_went_in(built: Callable[[Kind], DenseIndex], kind: Kind) -> None:
    """In the order asked, with zeros for unknown keys, and not as a window into the index."""
    index = built(kind)
    keys = np.array([index.keys[5], -1, index.keys[0]])

    vectors = index.of(keys)
    vectors[2] += 1

    assert (vectors[0] == index.vectors[5]).all()
    assert not vectors[1].any()
    assert (vectors[2] != index.vectors[0]).any()


@every_kind
def test_threads_share_one_index(built: Callable[[Kind], DenseIndex], kind: Kind) -> None:
    """Searches from several threads, filtered differently, give what they give one after the other."""
    index = built(kind)
    filters = [None, KeySet(KEYS[::2].tolist()), KeySet(KEYS[:3_000].tolist())]
    expected = [[index.search(q, 5, allowed).keys.tolist() for q in QUESTIONS] for allowed in filters]
    found: list[list[list[int]]] = [[], [], []]

    def ask(n: int) -> None:
        found[n] = [index.search(q, 5, filters[n]).keys.tolist() for q in QUESTIONS]

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == expected


@every_kind
def test_a_saved_index_answers_the_same(built: Callable[[Kind], DenseIndex], kind: Kind, tmp_path: Path) -> None:
    """Saving and loading changes neither kind nor hits nor scores."""
    built(kind).save(tmp_path)
    loaded = load_dense(tmp_path)

    assert (loaded.kind, len(loaded), loaded.dim) == (kind, ROWS, DIM)
    for question in QUESTIONS[:10]:
        before, after = built(kind).search(question, 10), loaded.search(question, 10)
        assert before.keys.tolist() == after.keys.tolist()
        assert before.scores.tolist() == after.scores.tolist()


@pytest.mark.parametrize(
    "name",
    [HEADER_FILE, VECTORS_FILE, KEYS_FILE, ENGINE_FILE, CENTRING_FILE, MEANS_FILE, GROUPS_FILE, SCALES_FILE],
)
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "garbage"])
def test_a_damaged_file_is_refused(built: Callable[[Kind], DenseIndex], tmp_path: Path, name: str, damage: str) -> None:
    """Each file missing, emptied, cut in half or overwritten raises IndexDamaged."""
    built(SCAN4).save(tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"empty": b"", "half": content[: len(content) // 2], "garbage": b"\xff" * 64}[damage])

    with pytest.raises(IndexDamaged):
        load_dense(tmp_path)


def test_files_of_different_indexes_are_refused(built: Callable[[Kind], DenseIndex], tmp_path: Path) -> None:
    """Vectors of another index beside this header raise IndexDamaged."""
    built(EXACT).save(tmp_path)
    np.save(tmp_path / VECTORS_FILE, VECTORS[:-1])

    with pytest.raises(IndexDamaged, match="do not fit"):
        load_dense(tmp_path)


@pytest.mark.parametrize("dim", [3, 8, 50])
def test_every_dimension_can_be_scanned(dim: int) -> None:
    """Dimensions that 4 does not divide work too: every member finds itself."""
    vectors = unit(np.random.default_rng(5).standard_normal((1_500, dim)).astype(np.float32))
    index = build_dense(vectors, np.arange(1_500), kind=SCAN4, threads=1)

    assert all(index.search(vectors[row], 1).keys.tolist() == [row] for row in range(0, 1_500, 50))


def test_small_and_empty_libraries() -> None:
    """An empty library finds nothing; one case is found by any kind."""
    empty = build_dense(np.empty((0, DIM), np.float32), np.empty(0, np.int64))
    assert len(empty.search(QUESTIONS[0], 5)) == 0
    assert np.isnan(empty.scores(QUESTIONS[0], np.array([3]))).all()

    for kind in KINDS:
        one = build_dense(VECTORS[:1], np.array([4_294_967_295]), kind=kind)
        assert one.search(QUESTIONS[0], 5).keys.tolist() == [4_294_967_295]


def test_wrong_input_is_refused() -> None:
    """Keys out of order, a missing key, values that are not numbers and a foreign question raise ValueError."""
    with pytest.raises(ValueError, match="ascending"):
        build_dense(VECTORS[:2], np.array([2, 1]))
    with pytest.raises(ValueError, match="keys but"):
        build_dense(VECTORS[:2], np.array([1]))
    with pytest.raises(ValueError, match="finite"):
        build_dense(np.full((1, 2), np.nan, np.float32), np.array([1]))
    with pytest.raises(ValueError, match="dimensions"):
        build_dense(VECTORS[:2], np.array([1, 2])).search(np.zeros(3, np.float32), 1)


def test_kinds_cover_every_size_in_order() -> None:
    """Each size has one kind, sizes grow, and names are unique."""
    assert [kind.upto for kind in KINDS] == sorted({kind.upto for kind in KINDS})
    assert [kind_for(kind.upto) for kind in KINDS] == list(KINDS)
    assert kind_for(0) is EXACT
    assert [get_kind(kind.name) for kind in KINDS] == list(KINDS)
