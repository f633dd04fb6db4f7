"""Compiled loops of the alignment do what the plain ones say."""

import numpy as np
import pytest

from retriever.embedding.alignment import compiled_loops, plain_loops
from retriever.embedding.alignment.plain_loops import AskedArrays


@pytest.mark.parametrize("seed", range(20))
def test_pieces_are_numbered_alike(seed: int) -> None:
    """Both name each distinct piece once, and lead back to the text."""
    ids = np.random.default_rng(seed).integers(0, 40, 200).astype(np.int32)

    for loops in (plain_loops, compiled_loops):
        distinct, at = loops.number_pieces(ids)
        assert len(set(distinct.tolist())) == len(distinct)
        assert np.array_equal(distinct[at], ids)


@pytest.mark.parametrize("seed", range(20))
def test_cases_fit_alike(seed: int) -> None:
    """Cases of one piece and of many, questions of one piece and of many: the same numbers but for rounding."""
    rng = np.random.default_rng(seed)
    distinct, asked_rows = int(rng.integers(1, 30)), int(rng.integers(1, 12))
    bounds = np.concatenate(([0], np.cumsum(rng.integers(1, 20, 8))))
    inner = np.append(rng.normal(size=(distinct, asked_rows)), np.zeros((distinct, 1)), axis=1).astype(np.float32)
    asked: AskedArrays = (
        rng.integers(0, asked_rows + 1, (asked_rows, 3)),
        *(rng.random((2, asked_rows)) + 0.1).astype(np.float32),
        np.arange(asked_rows),
        *(rng.random((2, asked_rows)) + 0.1).astype(np.float32),
    )
    lengths = (rng.random(distinct) + 0.05).astype(np.float32)
    pieces = lengths, (lengths * rng.random(distinct)).astype(np.float32)
    at = rng.integers(0, distinct, bounds[-1]).astype(np.int32)

    (fit, found), (other_fit, other_found) = (
        loops.align(inner, asked, pieces, at, bounds) for loops in (plain_loops, compiled_loops)
    )

    np.testing.assert_allclose(fit, other_fit, rtol=2e-4, atol=1e-4)
    np.testing.assert_allclose(found, other_found, rtol=2e-4, atol=1e-4)
