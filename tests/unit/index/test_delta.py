"""The delta: cheap to extend, never changing under a reader."""

import numpy as np
import pytest

from index.delta import Delta, Upsert
from index.keys import KeySet
from index.vectors.centring import Centring
from index.words.bm25 import build_words
from index.words.postings import count_tokens

DIM = 16
RNG = np.random.default_rng(0)
VECTORS = RNG.standard_normal((3_000, DIM)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
PLAIN = Centring.none(DIM)


def upsert(key: int, row: int | None = None, tokens: tuple[str, ...] = ("w",)) -> Upsert:
    """A case whose vector is that of a row (its key by default)."""
    return Upsert(key, VECTORS[key if row is None else row], tokens, {"product": (f"p{key % 3}",)})


def test_two_futures_of_one_delta_do_not_disturb_each_other() -> None:
    """Extending one delta twice gives two deltas with their own vectors, though they share the first ones."""
    start = Delta.empty(PLAIN).with_changes([upsert(key) for key in range(10)], [], KeySet())
    left = start.with_changes([upsert(10, row=500)], [], KeySet())
    right = start.with_changes([upsert(10, row=600)], [], KeySet())

    assert left.vectors.search(VECTORS[500], 1).scores[0] == pytest.approx(1)
    assert right.vectors.search(VECTORS[600], 1).scores[0] == pytest.approx(1)
    assert left.vectors.search(VECTORS[600], 1).scores[0] < 0.99
    assert len(start) == 10


def test_a_case_changed_over_and_over_takes_no_more_room() -> None:
    """After thousands of changes of the same few cases, the buffer holds hundreds of vectors, and the last ones."""
    delta = Delta.empty(PLAIN)
    for row in range(3_000):
        delta = delta.with_changes([upsert(row % 5, row=row)], [], KeySet())

    assert len(delta) == 5
    assert len(delta.vectors.log.rows) < 1_500
    assert delta.vectors.search(VECTORS[2_999], 1).keys.tolist() == [4]
    assert len(delta.words.parts) <= 2


def test_one_by_one_gives_what_all_at_once_gives() -> None:
    """Two thousand single upserts over a snapshot's statistics score words and vectors like one batch."""
    like = build_words(np.arange(3), count_tokens([("w", "v"), ("w",), ("u",)]))
    words = [("w",) * (key % 4) + ("v",) * (key % 3) + ("x",) for key in range(2_000)]
    upserts = [upsert(key, tokens=words[key]) for key in range(2_000)]
    batch = Delta.empty(PLAIN, like).with_changes(upserts, [], KeySet())
    single = Delta.empty(PLAIN, like)
    for one in upserts:
        single = single.with_changes([one], [], KeySet())

    for question in (["v"], ["w", "x"], ["v", "v", "nothing"]):
        assert single.words.search(question, 50).keys.tolist() == batch.words.search(question, 50).keys.tolist()
        assert np.allclose(single.words.search(question, 50).scores, batch.words.search(question, 50).scores)
    assert single.vectors.search(VECTORS[7], 9).keys.tolist() == batch.vectors.search(VECTORS[7], 9).keys.tolist()
    assert len(single.words.parts) <= 8


def test_only_keys_of_the_snapshot_are_overridden() -> None:
    """New cases override nothing; changed and deleted ones do, whether or not they came back."""
    snapshot = KeySet([1, 2, 3])
    delta = Delta.empty(PLAIN).with_changes([upsert(1), upsert(9)], [2, 77], snapshot)
    assert set(delta.overridden) == {1, 2}
    assert set(delta.fresh) == {1, 9}

    assert set(delta.with_changes([], [1, 9], snapshot).overridden) == {1, 2}
    assert set(delta.with_changes([], [1, 9], snapshot).fresh) == set()


def test_wrong_vectors_and_keys_are_refused() -> None:
    """A vector of another length and a key that no index can hold raise ValueError and change nothing."""
    delta = Delta.empty(PLAIN)
    with pytest.raises(ValueError, match="expected"):
        delta.with_changes([Upsert(1, np.zeros(3, np.float32), (), {})], [], KeySet())
    with pytest.raises(ValueError, match="keys"):
        delta.with_changes([Upsert(2**32, VECTORS[0], (), {})], [], KeySet())

    assert len(delta) == 0
