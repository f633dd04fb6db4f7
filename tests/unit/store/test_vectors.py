"""The vector cache: exact, by model, bounded, and never a reason not to start."""

from pathlib import Path

import numpy as np
import pytest

from retriever.domain import FloatMatrix
from retriever.errors import Unavailable
from retriever.store import Store, open_store


def some_vectors(rows: int, dim: int = 8, seed: int = 0) -> tuple[list[str], FloatMatrix]:
    """Hashes and random unit vectors."""
    matrix = np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float32)
    return [f"{seed}-{row:060x}" for row in range(rows)], matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_vectors_come_back_bit_for_bit_in_the_asked_order(store: Store) -> None:
    """Across several chunks, in any order and repeated, found rows equal what was put and others are zero."""
    hashes, matrix = some_vectors(4_500)
    store.vectors.put(hashes, "model", matrix)
    order = np.random.default_rng(1).integers(0, 6_000, 5_000)
    asked = [hashes[place] if place < 4_500 else f"unknown{place}" for place in order]
    found_matrix, found = store.vectors.find(asked, "model")
    assert found_matrix.dtype == np.float32
    assert np.array_equal(found, order < 4_500)
    assert np.array_equal(found_matrix[found], matrix[order[found]])
    assert not found_matrix[~found].any()


def test_models_never_mix(store: Store) -> None:
    """The same text has a vector per model; an unknown model has none, of length 0."""
    hashes, one = some_vectors(3)
    _, two = some_vectors(3, dim=4, seed=2)
    store.vectors.put(hashes, "one", one)
    store.vectors.put(hashes, "two", two)
    assert np.array_equal(store.vectors.find(hashes, "one")[0], one)
    assert np.array_equal(store.vectors.find(hashes, "two")[0], two)
    matrix, found = store.vectors.find(hashes, "three")
    assert matrix.shape == (3, 0)
    assert not found.any()


def test_shapes_that_disagree_are_refused(store: Store) -> None:
    """Another length than the model's, or another number of rows than hashes, changes nothing."""
    hashes, matrix = some_vectors(3)
    store.vectors.put(hashes, "model", matrix)
    with pytest.raises(ValueError, match="length 8, not 4"):
        store.vectors.put(hashes, "model", matrix[:, :4])
    with pytest.raises(ValueError, match="3 hashes"):
        store.vectors.put(hashes, "model", matrix[:2])
    assert np.array_equal(store.vectors.find(hashes, "model")[0], matrix)


def test_pruning_drops_other_models_first_and_keeps_within_the_limit(store: Store) -> None:
    """The limit holds afterwards, the kept model loses only what must go, and the file shrinks."""
    hashes, matrix = some_vectors(2_000, dim=64)
    store.vectors.put(hashes, "old", matrix)
    store.vectors.put(hashes, "new", matrix)
    before = store.vectors.stats().file_bytes
    assert store.vectors.prune(10**9) == 0
    assert store.vectors.prune(1_500 * 256, keep_fingerprint="new") == 2_500
    stats = store.vectors.stats()
    assert (stats.vectors, stats.bytes) == ({"new": 1_500}, {"new": 1_500 * 256})
    assert stats.file_bytes < before / 2
    assert store.vectors.find(hashes, "new")[1].sum() == 1_500


def test_vectors_that_are_used_outlive_those_that_are_not(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding a vector on a later day saves it from pruning."""
    hashes, matrix = some_vectors(10)
    store.vectors.put(hashes, "model", matrix)
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    store.vectors.find(hashes[:3], "model")
    store.vectors.prune(3 * 32)
    assert store.vectors.find(hashes, "model")[1].tolist() == [True] * 3 + [False] * 7


def test_a_damaged_cache_is_replaced(tmp_path: Path) -> None:
    """Garbage in place of the cache costs the vectors, never the start."""
    hashes, matrix = some_vectors(5)
    (tmp_path / "library-vectors.sqlite3").write_bytes(b"not a database" * 1_000)
    with open_store(tmp_path / "library.sqlite3") as store:
        assert not store.vectors.find(hashes, "model")[1].any()
        store.vectors.put(hashes, "model", matrix)
        assert store.vectors.find(hashes, "model")[1].all()


def test_a_read_only_store_reads_vectors_and_writes_none(tmp_path: Path) -> None:
    """Reading works beside a writer; putting and pruning are refused."""
    hashes, matrix = some_vectors(5)
    with open_store(tmp_path / "library.sqlite3") as writer:
        writer.vectors.put(hashes, "model", matrix)
        with open_store(tmp_path / "library.sqlite3", read_only=True) as reader:
            assert reader.vectors.find(hashes, "model")[1].all()
            with pytest.raises(Unavailable, match="reading only"):
                reader.vectors.put(hashes, "model", matrix)
