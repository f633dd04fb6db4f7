"""Compiled loops over posting lists do what the plain ones say."""

import numpy as np
import pytest
from numpy.typing import NDArray

from index.words import compiled_loops as posting_loops
from index.words import plain_loops
from index.words.plain_loops import Lists


def make_lists(rng: np.random.Generator, cases: int, lists: int) -> Lists:
    """Posting lists of growing length, with many equal scores among them."""
    sizes = np.sort(rng.integers(1, cases, lists))
    rows = np.concatenate([np.sort(rng.permutation(cases)[:size]) for size in sizes]).astype(np.int32)
    adds = (rng.integers(1, 9, len(rows)) / 4).astype(np.float32)
    stops = np.cumsum(sizes).astype(np.int64)
    starts = stops - sizes.astype(np.int64)
    return rows, adds, starts, stops, rng.integers(1, 3, lists).astype(np.float32)


@pytest.mark.parametrize("seed", range(20))
def test_sums_are_the_same(seed: int) -> None:
    """For rows in any order, repeated ones too, to the last bit."""
    rng = np.random.default_rng(seed)
    lists = make_lists(rng, 300, 6)
    wanted = rng.integers(0, 300, 200).astype(np.int32)

    sums = [loops.sum_rows(lists, wanted) for loops in (plain_loops, posting_loops)]

    assert np.array_equal(*sums)


@pytest.mark.parametrize("k", [1, 7, 100, 10_000])
@pytest.mark.parametrize("seed", range(10))
def test_the_best_are_among_what_is_found(seed: int, k: int) -> None:
    """Ascending, allowed, and none that is not found has a better score than the k-th; ties at the edge stay in."""
    rng = np.random.default_rng(seed)
    cases = 9_000
    lists, allowed = make_lists(rng, cases, 5), rng.random(cases) < rng.choice([0.01, 0.5, 1.0])
    every = np.flatnonzero(allowed).astype(np.int32)
    scores = dict(zip(every.tolist(), plain_loops.sum_rows(lists, every).tolist(), strict=True))
    ordered = sorted(scores.values(), reverse=True)
    kth = ordered[k - 1] if k <= len(ordered) else 0.0
    wanted = {row for row, score in scores.items() if score > 0 and score >= kth}

    for loops in (plain_loops, posting_loops):
        found = loops.find_best(lists, allowed, k).tolist()
        assert found == sorted(set(found))
        assert wanted <= set(found) <= {row for row, score in scores.items() if score > 0}


def test_nothing_is_found_where_nothing_is_allowed() -> None:
    """Not even a row with a score."""
    nothing: NDArray[np.bool_] = np.zeros(50, np.bool_)
    lists = make_lists(np.random.default_rng(0), 50, 3)

    found = [len(loops.find_best(lists, nothing, 10)) for loops in (plain_loops, posting_loops)]

    assert found == [0, 0]
