"""Word by word: how well each word of a question finds a counterpart in a case, in any language.

The one vector of a text blurs its words. The built-in model's table knows words across languages, so a few promising
cases are compared again piece by piece: every piece of the question looks for its best counterpart in the case (the
late interaction of ColBERT, https://arxiv.org/abs/2004.12832, over static vectors), rare pieces counting more. A piece
is compared together with its neighbours, so that "credit card" differs from "credit note".

The built-in table serves whatever model encodes whole texts: it is a part of the package, like the tokeniser of words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.pieces import PieceArray
from index.types import FloatMatrix, FloatVector
from index.words import loops as engine
from retriever.embedding.alignment import plain_loops
from retriever.embedding.alignment.plain_loops import NEIGHBOUR, AlignmentLoops
from retriever.embedding.loading import load_builtin
from retriever.embedding.static import StaticEncoder

CASE_PIECES = 256
"""Pieces kept of a case: about 150 words. Only this comparison is cut; vector and words see the whole text."""
QUESTION_PIECES = 48
"""Pieces of a question that are compared, the weightiest."""
_TINY = 1e-9
_NO_PIECE = np.array([np.iinfo(np.int32).max], np.int32)

_loops: AlignmentLoops = plain_loops

Rarity = Callable[[PieceArray], FloatVector]
"""From pieces to their idf in the library."""


@dataclass(frozen=True, slots=True, eq=False)
class AskedPieces:
    """A question ready to be compared: vectors of its distinct pieces and which of them stand where.

    `triples` (q, 3) name the row of each compared piece and those of its neighbours, `sizes` the lengths of their sums;
    `once` (d,) name the rows compared alone, `lengths` theirs. A missing neighbour is the last row, which is zero.
    """

    rows: FloatMatrix
    triples: NDArray[np.int64]
    sizes: FloatVector
    weights: FloatVector
    once: NDArray[np.int64]
    lengths: FloatVector
    once_weights: FloatVector
    whole: FloatVector
    """One vector of the question, in which rare pieces count more; (dim,), unit length or zero."""
    unknown: float
    """Share, by weight, of pieces that no case of the library has."""
    rarity: float
    """Mean idf of its pieces."""

    @property
    def size(self) -> int:
        """How many distinct pieces the question has."""
        return len(self.rows) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How question and cases fit, one number per case, (n,), 0 for a case without pieces.

    `context`: mean best likeness of the question's pieces with their neighbours; `sharp`: of the pieces alone, near
    matches only; `reverse`: of the case's pieces in the question; `longer`: log ratio of lengths, case to question.
    """

    context: FloatVector
    sharp: FloatVector
    reverse: FloatVector
    longer: FloatVector
    found: FloatMatrix
    """How like the best counterpart in each case is to each piece of the question alone, (q, n)."""
    weights: FloatVector
    """How much each of these pieces counts, (q,)."""
    unknown: float
    """Share, by weight, of the question's pieces that no case of the library has."""
    rarity: float
    """Mean idf of the question's pieces."""


class Aligner:
    """Compares pieces by the vectors of a static model; only reads, so threads may share it."""

    def __init__(self, encoder: StaticEncoder) -> None:
        """Take the model whose table and tokenizer are used."""
        self._encoder = encoder

    @property
    def fingerprint(self) -> str:
        """Identity of tokenizer and table: pieces of one belong to it alone."""
        return self._encoder.fingerprint

    @property
    def encoder(self) -> StaticEncoder:
        """The model whose table and tokenizer are used."""
        return self._encoder

    def pieces(self, texts: Sequence[str]) -> list[PieceArray]:
        """The first CASE_PIECES pieces of each text."""
        return [np.array(ids[:CASE_PIECES], np.int32) for ids in self._encoder.token_ids(texts)]

    def ask(self, text: str, rarity: Rarity) -> AskedPieces:
        """Prepare a question."""
        ids = self._encoder.token_ids([text])[0]
        distinct = list(dict.fromkeys(ids))
        places, nothing = {piece: place for place, piece in enumerate(distinct)}, len(distinct)
        at = np.array([nothing, *(places[piece] for piece in ids), nothing], np.int64)
        numbers = np.array(distinct, np.int64)
        rows = np.zeros((nothing + 1, self._encoder.dim), np.float32)
        rows[:-1] = self._encoder.rows.take(numbers)
        lengths, idf = _norms(rows), np.append(rarity(numbers.astype(np.int32)), np.float32(0))
        weights = idf * lengths
        triples = np.stack([at[1:-1], at[:-2], at[2:]], axis=1)
        kept, once = _weightiest(weights[at[1:-1]]), _weightiest(weights[:-1])
        around = rows[triples[kept, 0]] + NEIGHBOUR * (rows[triples[kept, 1]] + rows[triples[kept, 2]])
        every = weights[at[1:-1]]
        return AskedPieces(
            rows=rows,
            triples=triples[kept],
            sizes=_norms(around),
            weights=every[kept],
            once=once,
            lengths=lengths[once],
            once_weights=weights[once],
            whole=_unit(np.sqrt(weights / np.maximum(lengths, _TINY)) @ rows),
            unknown=float(every[idf[at[1:-1]] >= rarity(_NO_PIECE)].sum()) / max(float(every.sum()), _TINY),
            rarity=float(idf[at[1:-1]].mean()) if ids else 0.0,
        )

    def compare(self, asked: AskedPieces, cases: Sequence[PieceArray], rarity: Rarity) -> Alignment:
        """How each case fits the question."""
        sizes = np.fromiter(map(len, cases), np.int64, len(cases))
        longer = (np.log1p(sizes) - np.log1p(asked.size)).astype(np.float32)
        context, sharp, reverse = np.zeros((3, len(cases)), np.float32)
        found = np.zeros((len(asked.once), len(cases)), np.float32)
        filled = sizes > 0
        if asked.size and filled.any():
            ids = np.concatenate([case for case in cases if len(case)])
            fit, likest = self._compare(asked, ids, np.append(0, np.cumsum(sizes[filled])), rarity)
            (context[filled], sharp[filled], reverse[filled]), found[:, filled] = fit, likest.T
        return Alignment(context, sharp, reverse, longer, found, asked.once_weights, asked.unknown, asked.rarity)

    def _compare(
        self, asked: AskedPieces, ids: PieceArray, bounds: NDArray[np.int64], rarity: Rarity
    ) -> tuple[FloatMatrix, FloatMatrix]:
        # Words repeat within and between cases: vectors are read, and multiplied, once for each distinct piece.
        distinct, at = _loops.number_pieces(ids)
        rows = self._encoder.rows.take(distinct)
        norms = _norms(rows)
        return _loops.align(
            rows @ asked.rows.T,
            (asked.triples, asked.sizes, asked.weights, asked.once, asked.lengths, asked.once_weights),
            (norms, rarity(distinct.astype(np.int32)) * norms),
            at,
            bounds,
        )


def load_compiled() -> None:
    """Use compiled loops from now on, here and in the index: for whoever has more than a few questions."""
    global _loops  # noqa: PLW0603  one choice for the whole process
    from retriever.embedding.alignment import compiled_loops  # noqa: PLC0415  see `index.words.loops`

    engine.load_compiled()
    _loops = compiled_loops


@lru_cache(maxsize=1)
def aligner() -> Aligner:
    """The aligner over the built-in model, loaded when first needed. Raises ModelUnavailable."""
    return Aligner(load_builtin())


def _norms(rows: FloatMatrix) -> FloatVector:
    norms: FloatVector = np.sqrt(np.vecdot(rows, rows))
    return norms


def _unit(vector: FloatVector) -> FloatVector:
    return np.asarray(vector / max(float(np.sqrt(np.vecdot(vector, vector))), _TINY), np.float32)


def _weightiest(weights: FloatVector) -> NDArray[np.int64]:
    """The places of the QUESTION_PIECES largest weights, ascending."""
    if len(weights) <= QUESTION_PIECES:
        return np.arange(len(weights))
    return np.sort(np.argsort(-weights, kind="stable")[:QUESTION_PIECES])
