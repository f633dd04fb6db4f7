"""Compiled loops of `retriever.embedding.alignment`: the pieces of cases against those of a question."""

import numpy as np
from numpy.typing import NDArray

from index.compiled import FLOATS, INTS, LONG_TABLE, LONGS, TABLE, compiled, helper, together
from index.pieces import PieceArray
from index.types import FloatMatrix, FloatVector
from retriever.embedding.alignment.plain_loops import NEIGHBOUR, SHARP, TINY, AskedArrays


@compiled(INTS)
def number_pieces(ids: PieceArray) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """See `AlignmentLoops`."""
    places = np.zeros(ids.max() + 1, np.int32)  # one more than the place, 0 for a piece not yet seen
    distinct, at, count = np.empty(len(ids), np.int64), np.empty(len(ids), np.int32), 0
    for i, piece in enumerate(ids):
        if places[piece] == 0:
            distinct[count] = piece
            count += 1
            places[piece] = count
        at[i] = places[piece] - 1
    return distinct[:count], at


@helper
def _raise_best(
    best: FloatVector, context: FloatMatrix, lengths: FloatVector, before: int, piece: int, after: int
) -> None:
    """Raise `best` where this piece with its neighbours (-1: none) fits the question's better."""
    square = lengths[piece] ** 2
    left = right = np.float32(0)
    if before >= 0:
        left = NEIGHBOUR
        square += (NEIGHBOUR * lengths[before]) ** 2
    if after >= 0:
        right = NEIGHBOUR
        square += (NEIGHBOUR * lengths[after]) ** 2
    length = max(np.sqrt(square), TINY)
    for j in range(len(best)):
        inner = context[piece, j] + left * context[before, j] + right * context[after, j]
        best[j] = max(best[j], inner / length)


@compiled(TABLE, together(LONG_TABLE, FLOATS, FLOATS, LONGS, FLOATS, FLOATS), together(FLOATS, FLOATS), INTS, LONGS)
def align(
    inner: FloatMatrix,
    asked: AskedArrays,
    pieces: tuple[FloatVector, FloatVector],
    at: NDArray[np.int32],
    bounds: NDArray[np.int64],
) -> tuple[FloatMatrix, FloatMatrix]:
    """See `AlignmentLoops`."""
    triples, sizes, context_weights, once, once_lengths, once_weights = asked
    lengths, weights = pieces
    context = np.empty((len(inner), len(triples)), np.float32)
    alone = np.empty((len(inner), len(once)), np.float32)
    covered = np.empty(len(inner), np.float32)
    for piece in range(len(inner)):
        row = inner[piece]
        for j in range(len(triples)):
            neighbours = row[triples[j, 1]] + row[triples[j, 2]]
            context[piece, j] = (row[triples[j, 0]] + NEIGHBOUR * neighbours) / max(sizes[j], TINY)
        for j in range(len(once)):
            alone[piece, j] = row[once[j]] / max(once_lengths[j] * lengths[piece], TINY)
        covered[piece] = alone[piece].max()
    fit = np.zeros((3, len(bounds) - 1), np.float32)
    found = np.full((len(bounds) - 1, len(once)), -np.inf, np.float32)
    best = np.empty(len(triples), np.float32)
    for case in range(len(bounds) - 1):
        begin, end = bounds[case], bounds[case + 1]
        best[:], likest = -np.inf, found[case]
        shared, total = np.float32(0), TINY
        for i in range(begin, end):
            piece = at[i]
            before, after = at[i - 1] if i > begin else -1, at[i + 1] if i + 1 < end else -1
            _raise_best(best, context, lengths, before, piece, after)
            for j in range(len(likest)):
                likest[j] = max(likest[j], alone[piece, j])
            shared += covered[piece] * weights[piece]
            total += weights[piece]
        fit[0, case] = (context_weights * best).sum() / max(context_weights.sum(), TINY)
        fit[1, case] = (once_weights * np.maximum(likest, 0) ** SHARP).sum() / max(once_weights.sum(), TINY)
        fit[2, case] = shared / total
    return fit, found
