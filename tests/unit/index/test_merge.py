"""Indexes made of an older one and fresh cases are, number by number, those built from nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.facets.facets import Facets, build_facets, load_facets
from index.keys import KeySet
from index.merge import RowMerge, plan_merge
from index.pieces import build_pieces, merge_pieces
from index.words.bm25 import Words, build_words, load_words, merge_words
from index.words.postings import count_tokens

OLD = np.array([1, 3, 5, 7], np.int64)
Row = Mapping[str, Sequence[str]]
COLLIDING = ("plumless", "buckeroo")
"""Two words with one CRC-32."""


def saved(words: Words, folder: Path) -> dict[str, bytes]:
    """Every file of a word index."""
    folder.mkdir()
    words.save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def make_texts(keys: Sequence[int], seed: int) -> dict[int, list[str]]:
    """Texts of 0 to 20 words by key, few words frequent and most rare."""
    rng = np.random.default_rng(seed)
    return {key: [f"w{w}" for w in rng.zipf(1.3, rng.integers(0, 21)).tolist()] for key in keys}


def merged(old: Words, gone: Sequence[int], fresh: dict[int, list[str]]) -> Words:
    """The old words without these keys and with fresh texts."""
    merge = plan_merge(old.keys, np.array(sorted(gone), np.int64), np.array(sorted(fresh), np.int64))
    return merge_words(old, merge, count_tokens(fresh[key] for key in sorted(fresh)))


def built(texts: dict[int, list[str]]) -> Words:
    """The words of these texts, from nothing."""
    keys = sorted(texts)
    return build_words(np.array(keys, np.int64), count_tokens(texts[key] for key in keys))


def test_rows_are_planned_by_key() -> None:
    """Kept and fresh rows stand in order of key; what changed is both gone and fresh."""
    merge = plan_merge(OLD, np.array([3, 7, 99]), np.array([0, 3, 6]))

    assert merge.keys.tolist() == [0, 1, 3, 5, 6]
    assert merge.old_rows.tolist() == [1, -1, 3, -1]
    assert merge.join(np.array([10, 30, 50, 70]), np.array([-1, -3, -6])).tolist() == [-1, 10, -3, 50, -6]


@pytest.mark.parametrize("fresh", [[5], [9, 8], [8, 8]])
def test_a_key_cannot_stand_twice(fresh: list[int]) -> None:
    """Fresh keys that stay already, or do not ascend, are refused."""
    with pytest.raises(ValueError, match="fresh keys"):
        plan_merge(OLD, np.array([3]), np.array(fresh))


def test_lists_are_joined_by_row() -> None:
    """Each row keeps its list, empty ones too."""
    merge = plan_merge(OLD, np.array([3]), np.array([4]))
    old = np.array([0, 2, 3, 3, 4]), np.array([11, 12, 31, 71])

    offsets, values = merge.join_lists(old, (np.array([0, 2]), np.array([41, 42])))

    assert offsets.tolist() == [0, 2, 4, 4, 5]
    assert values.tolist() == [11, 12, 41, 42, 71]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_merged_words_equal_words_from_nothing(tmp_path: Path, share: float) -> None:
    """Whatever share of the cases goes, changes or comes, all files have the same bytes; after loading too."""
    rng = np.random.default_rng(3)
    texts = make_texts(np.flatnonzero(rng.random(3_000) < 0.6).tolist(), seed=1)
    built(texts).save(tmp_path)
    touched = np.flatnonzero(rng.random(3_500) < share).tolist()
    fresh = make_texts([key for key in touched if key % 3], seed=2)

    words = merged(load_words(tmp_path), touched, fresh)

    wanted = {key: text for key, text in texts.items() if key not in set(touched)} | fresh
    assert saved(words, tmp_path / "a") == saved(built(wanted), tmp_path / "b")


def test_words_with_one_hash_keep_one_order(tmp_path: Path) -> None:
    """Numbers of words do not depend on which of two colliding words came first."""
    first, second = COLLIDING
    words = merged(built({1: [first], 2: [second, first]}), [1], {})

    assert saved(words, tmp_path / "a") == saved(built({2: [second, first]}), tmp_path / "b")
    assert words.scores([second], np.array([2])).tolist() == words.scores([first], np.array([2])).tolist()


def test_a_word_said_very_often_counts_as_65535_times() -> None:
    """The limit of what is kept is the same however the index was made, and does not wrap around."""
    words = built({1: ["a"] * 70_000, 2: ["a", "b"]})
    again = merged(words, [2], {2: ["a", "b"]})

    assert words.counts is not None
    assert words.counts.times.max() == 65_535
    assert words.scores(["a"], words.keys).tolist() == again.scores(["a"], again.keys).tolist()


def test_words_without_counts_are_refused(tmp_path: Path) -> None:
    """An index saved before counts were kept loads and answers, but cannot be taken over."""
    built({1: ["a"]}).save(tmp_path)
    (tmp_path / "words_times.npy").unlink()
    words = load_words(tmp_path)

    assert words.search(["a"], 1).keys.tolist() == [1]
    with pytest.raises(ValueError, match="from nothing"):
        merged(words, [], {})


def test_counts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """TermCounts of another index are damage, not counts."""
    built({1: ["a"], 2: ["b"]}).save(tmp_path)
    np.save(tmp_path / "words_lengths.npy", np.ones(3, np.int64))

    with pytest.raises(ValueError, match="fit together"):
        load_words(tmp_path)


def test_merged_pieces_equal_pieces_from_nothing() -> None:
    """Ids, offsets and the number of cases with each piece; the table ends with the largest id that is left."""
    lists = {1: [7, 7, 2], 3: [900], 5: [], 7: [2, 3]}
    fresh = {3: [2, 2], 4: [8]}
    merge: RowMerge = plan_merge(OLD, np.array([3]), np.array([3, 4]))

    def pieces_of(lists: dict[int, list[int]]) -> tuple[np.ndarray, list[np.ndarray]]:
        return np.array(sorted(lists)), [np.array(lists[key], np.int32) for key in sorted(lists)]

    result = merge_pieces(build_pieces(*pieces_of(lists)), merge, build_pieces(*pieces_of(fresh)))

    wanted = build_pieces(*pieces_of(lists | fresh))
    for name in ("keys", "offsets", "ids", "cases_with"):
        assert getattr(result, name).tolist() == getattr(wanted, name).tolist()
        assert getattr(result, name).dtype == getattr(wanted, name).dtype


FACETS: dict[int, Row] = {n: {"tags": ("all", f"t{n % 7}"), "due_on": (f"2024-0{1 + n % 3}-01",)} for n in range(9_000)}


@pytest.mark.parametrize(
    ("gone", "fresh"),
    [
        ([0, *range(3, 8_000, 7), 8_999], {0: {"tags": ("new",), "due_on": ()}, 20_000: {"tags": ("all",)}}),
        ([5], {5: {"tags": ("all", "t5"), "due_on": ("2024-02-01",)}}),
        ([5], {5: {"tags": ("all",), "due_on": ("2024-02-01T00:00:00Z",)}}),
        (range(9_000), {5: {"tags": ()}}),
        (range(1, 9_000, 2), {n: FACETS[n] for n in range(1, 9_000, 2)}),
        ([], {}),
    ],
    ids=["much", "as before", "a longer date", "everything", "every other as before", "nothing"],
)
def test_merged_facets_equal_facets_from_nothing(tmp_path: Path, gone: Sequence[int], fresh: dict[int, Row]) -> None:
    """The saved file has the same bytes: values nobody has any more are gone, dates stand in order of key."""
    lost = set(gone)
    wanted = {key: row for key, row in FACETS.items() if key not in lost} | fresh
    merged = build_facets(FACETS.items()).merged(KeySet(gone), fresh.items())
    back = merged.merged(KeySet(fresh), [(key, FACETS[key]) for key in fresh if key in FACETS])

    assert facet_bytes(merged, tmp_path) == facet_bytes(build_facets(wanted.items()), tmp_path)
    again = {key: FACETS.get(key, row) for key, row in wanted.items() if key in FACETS or key not in fresh}
    assert facet_bytes(back, tmp_path) == facet_bytes(build_facets(again.items()), tmp_path)


@pytest.mark.parametrize("keys", [(1, 3, 4, 5, 6), (1, 2, 3), (1,)], ids=str)
def test_merged_facets_have_one_form_where_two_are_of_one_size(tmp_path: Path, keys: Sequence[int]) -> None:
    """Sets that are as short in runs as in a list are saved like those of an index built from nothing."""
    row: Row = {"tags": ("a",)}
    build_facets((key, row) for key in range(1, 10)).save(tmp_path)
    merged = load_facets(tmp_path).merged(KeySet({*range(1, 10)} - {*keys}), [])

    assert facet_bytes(merged, tmp_path) == facet_bytes(build_facets((key, row) for key in keys), tmp_path)


def facet_bytes(facets: Facets, folder: Path) -> bytes:
    """What is saved."""
    facets.save(folder)
    return (folder / "facets.bin").read_bytes()
