"""Keys become rows."""

import threading
from functools import partial

import numpy as np
import pytest

from index.keys import KeySet
from index.lru import LruCache
from index.rows import RowTable

SHAPES = {
    "none": np.empty(0, np.int64),
    "contiguous": np.arange(100, 600),
    "gaps": np.array([0, 3, 4, 9, 1_000]),
    "sparse": np.array([0, 5, 4_000_000, 4_294_967_295]),
}


@pytest.mark.parametrize("keys", SHAPES.values(), ids=SHAPES)
def test_every_key_has_its_row_and_no_other_key_has_one(keys: np.ndarray) -> None:
    """The n-th smallest key is row n, whichever way the table keeps them; anything else is -1."""
    table = RowTable(keys)
    strangers = np.array([-1, 1, 99, 601, 2**31, 2**32 - 2, 2**40])

    assert table.find_rows(keys).tolist() == list(range(len(keys)))
    assert set(table.find_rows(strangers[~np.isin(strangers, keys)]).tolist()) <= {-1}


@pytest.mark.parametrize("keys", SHAPES.values(), ids=SHAPES)
def test_selection_names_the_same_rows_as_list_and_as_bits(keys: np.ndarray) -> None:
    """Rows of a set are ascending, bits agree with them, and foreign keys are left out."""
    chosen = RowTable(keys).select(KeySet([*keys[::2].tolist(), 7, 4_294_967_294]))
    bits = np.unpackbits(chosen.bits, bitorder="little")[: len(keys)]

    assert chosen.rows.tolist() == list(range(0, len(keys), 2))
    assert np.flatnonzero(bits).tolist() == chosen.rows.tolist()


def test_a_set_that_took_the_place_of_another_is_not_mistaken_for_it() -> None:
    """Many short-lived sets of one size, which may get the same address, each give their own rows."""
    table = RowTable(np.arange(1_000))

    assert [table.select(KeySet([key])).rows.tolist() for key in range(1_000)] == [[key] for key in range(1_000)]


@pytest.mark.parametrize("keys", [[1, 1], [2, 1], [-1, 0], [0, 2**32]])
def test_keys_that_are_no_keys_are_refused(keys: list[int]) -> None:
    """Repeated, unordered, negative and too large keys raise ValueError."""
    with pytest.raises(ValueError, match="ascending"):
        RowTable(np.array(keys))


def test_recent_forgets_what_was_unused_for_longest() -> None:
    """Of three values in two places, the one not asked for again is built anew."""
    recent: LruCache[int, int] = LruCache(2)
    built: list[int] = []

    def ask(key: int) -> int:
        def build() -> int:
            built.append(key)
            return key

        return recent.get(key, build)

    assert [ask(key) for key in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    assert built == [1, 2, 3, 2]


def test_recent_gives_every_thread_its_value() -> None:
    """Threads that ask for different keys at once never get each other's value."""
    recent: LruCache[int, int] = LruCache(3)
    wrong: list[int] = []

    def ask() -> None:
        for key in [*range(10)] * 200:
            if recent.get(key, partial(pow, key, 2)) != key * key:
                wrong.append(key)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
