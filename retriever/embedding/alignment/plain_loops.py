"""Loops of `retriever.embedding.alignment` in plain numpy: what they mean, and what runs before compiled ones."""

from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.pieces import PieceArray
from index.types import FloatMatrix, FloatVector, Longs

NEIGHBOUR = np.float32(0.35)
"""Share of the pieces left and right in what is compared."""
SHARP = 4
"""Power that lets near-equal pieces count and vague likeness not."""
TINY = np.float32(1e-9)

AskedArrays: TypeAlias = tuple[Longs, FloatVector, FloatVector, Longs, FloatVector, FloatVector]
"""`triples`, `sizes`, `weights`, `once`, `lengths` and `once_weights` of `AskedPieces`."""


class AlignmentLoops(Protocol):
    """`retriever.embedding.alignment.plain_loops` or `compiled_loops`."""

    def number_pieces(self, ids: PieceArray) -> tuple[Longs, NDArray[np.int32]]:
        """The pieces without repetition, and the place of each among them."""
        ...

    def align(
        self,
        inner: FloatMatrix,
        asked: AskedArrays,
        pieces: tuple[FloatVector, FloatVector],
        at: NDArray[np.int32],
        bounds: Longs,
    ) -> tuple[FloatMatrix, FloatMatrix]:
        """How cases fit a question; a case has the pieces `at[bounds[i]:bounds[i + 1]]`, one at least.

        `inner` are the products of all distinct pieces of the cases with `AskedPieces.rows`, `pieces` the lengths and
        weights of the distinct pieces. Returns `context`, `sharp` and `reverse` of an `Alignment`, (3, cases), and its
        `found`, (cases, pieces compared alone).
        """
        ...


def number_pieces(ids: PieceArray) -> tuple[Longs, NDArray[np.int32]]:
    """See `AlignmentLoops`."""
    distinct, at = np.unique(ids, return_inverse=True)
    return distinct.astype(np.int64), at.astype(np.int32)


def align(
    inner: FloatMatrix,
    asked: AskedArrays,
    pieces: tuple[FloatVector, FloatVector],
    at: NDArray[np.int32],
    bounds: Longs,
) -> tuple[FloatMatrix, FloatMatrix]:
    """See `AlignmentLoops`.

    The length of a sum is taken as if neighbours stood at right angles, which they nearly do: measured, it ranks the
    same as the true length, which would take ten times as long.
    """
    triples, sizes, context_weights, once, once_lengths, once_weights = asked
    lengths, weights = pieces
    context = inner[:, triples[:, 0]] + NEIGHBOUR * (inner[:, triples[:, 1]] + inner[:, triples[:, 2]])
    alone = inner[:, once] / np.maximum(np.outer(lengths, once_lengths), TINY)
    around, square = (context / np.maximum(sizes, TINY))[at], lengths[at] ** 2
    joined, total = around.copy(), square.copy()
    starts, inside = bounds[:-1], np.ones(len(at), np.float32)
    inside[starts] = 0  # the first piece of a case has nothing to its left
    joined[1:] += NEIGHBOUR * around[:-1] * inside[1:, None]
    joined[:-1] += NEIGHBOUR * around[1:] * inside[1:, None]
    total[1:] += NEIGHBOUR**2 * square[:-1] * inside[1:]
    total[:-1] += NEIGHBOUR**2 * square[1:] * inside[1:]
    best = np.maximum.reduceat(joined / np.maximum(np.sqrt(total), TINY)[:, None], starts)
    found = np.maximum.reduceat(alone[at], starts)
    shared = np.add.reduceat((alone.max(axis=1) * weights)[at], starts) / (np.add.reduceat(weights[at], starts) + TINY)
    fit = (
        best @ context_weights / max(context_weights.sum(), TINY),
        np.maximum(found, 0) ** SHARP @ once_weights / max(once_weights.sum(), TINY),
        shared,
    )
    return np.stack(fit).astype(np.float32), found
