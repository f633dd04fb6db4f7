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
from retriever.embedding.cards import BUILTIN
from retriever.embedding.loading import find_model_folder
from retriever.embedding.static import StaticEncoder, load_static

CASE_PIECES = 256
"""Pieces kept of a case: about 150 words. Only this comparison is cut; vector and words see the whole text."""
QUESTION_PIECES = 48
"""Pieces of a question that are compared, the weightiest."""
_NEIGHBOUR = 0.35  # share of the pieces left and right in what is compared
_SHARP = 4  # power that lets near-equal pieces count and vague likeness not
_NO_PIECE = np.array([np.iinfo(np.int32).max], np.int32)

Rarity = Callable[[PieceArray], FloatVector]
"""From pieces to their idf in the library."""


@dataclass(frozen=True, slots=True, eq=False)
class AskedPieces:
    """A question ready to be compared: unit vectors of its pieces in context and alone, each with its weight (q,)."""

    context: FloatMatrix
    context_weights: FloatVector
    alone: FloatMatrix
    alone_weights: FloatVector
    whole: FloatVector
    """One vector of the question, in which rare pieces count more; (dim,), unit length or zero."""
    size: int
    unknown: float
    """Share, by weight, of pieces that no case of the library has."""
    rarity: float
    """Mean idf of its pieces."""


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
    size: int
    """Distinct pieces of the question."""
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
        ids = np.array(self._encoder.token_ids([text])[0], np.int32)
        rows = self._encoder.rows.take(ids.astype(np.int64))
        norms = _norms(rows)
        around = rows.copy()
        around[1:] += _NEIGHBOUR * rows[:-1]
        around[:-1] += _NEIGHBOUR * rows[1:]
        idf = rarity(ids)
        weights, unknown = idf * norms, idf >= rarity(_NO_PIECE)
        kept = np.sort(np.argsort(-weights, kind="stable")[:QUESTION_PIECES])
        distinct, first = np.unique(ids, return_index=True)
        once = first[np.argsort(-weights[first], kind="stable")[:QUESTION_PIECES]]
        whole = (rows[first] * np.sqrt(weights[first] / np.maximum(norms[first], 1e-9))[:, None]).sum(axis=0)
        return AskedPieces(
            _unit(around[kept]),
            weights[kept],
            _unit(rows[once]),
            weights[once],
            _unit(whole[None])[0],
            len(distinct),
            float(weights[unknown].sum()) / max(float(weights.sum()), 1e-9),
            float(idf.mean()) if len(idf) else 0.0,
        )

    def compare(self, asked: AskedPieces, cases: Sequence[PieceArray], rarity: Rarity) -> Alignment:
        """How each case fits the question."""
        sizes = np.fromiter(map(len, cases), np.int64, len(cases))
        longer = (np.log1p(sizes) - np.log1p(asked.size)).astype(np.float32)
        context, sharp, reverse = np.zeros((3, len(cases)), np.float32)
        found = np.zeros((len(asked.alone), len(cases)), np.float32)
        filled = sizes > 0
        if asked.size and filled.any():
            ids = np.concatenate([case for case in cases if len(case)])
            starts = np.cumsum(sizes[filled]) - sizes[filled]
            compared = self._compare(asked, ids, starts, rarity)
            context[filled], sharp[filled], reverse[filled], found[:, filled] = compared
        weights, size = asked.alone_weights, asked.size
        return Alignment(context, sharp, reverse, longer, found, weights, size, asked.unknown, asked.rarity)

    def _compare(
        self, asked: AskedPieces, ids: PieceArray, starts: NDArray[np.int64], rarity: Rarity
    ) -> tuple[FloatVector, FloatVector, FloatVector, FloatMatrix]:
        # Words repeat within and between cases: vectors are read, and multiplied, once for each distinct piece.
        distinct, at = _distinct(ids)
        rows = self._encoder.rows.take(distinct)
        norms = _norms(rows)
        likeness = np.concatenate([asked.context, asked.alone]) @ rows.T
        split = len(asked.context)
        best = np.maximum.reduceat(_in_context(likeness[:split].take(at, axis=1), norms[at], starts), starts, axis=1)
        alone = likeness[split:] / np.maximum(norms, 1e-9)
        found = np.maximum.reduceat(alone.take(at, axis=1), starts, axis=1)
        covered, weights = alone.max(axis=0)[at], (rarity(distinct.astype(np.int32)) * norms)[at]
        return (
            _mean(asked.context_weights, best),
            _mean(asked.alone_weights, np.maximum(found, 0) ** _SHARP),
            _share(covered * weights, weights, starts),
            found,
        )


@lru_cache(maxsize=1)
def aligner() -> Aligner:
    """The aligner over the built-in model, loaded when first needed. Raises ModelUnavailable."""
    return Aligner(load_static(find_model_folder(BUILTIN), name=BUILTIN))


def _distinct(ids: PieceArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pieces without repetition, ascending, and the place of each among them; counting beats sorting here."""
    seen = np.zeros(int(ids.max()) + 1, np.bool_)
    seen[ids] = True
    places = np.cumsum(seen) - 1
    return np.flatnonzero(seen), places[ids]


def _in_context(likeness: FloatMatrix, norms: FloatVector, starts: NDArray[np.int64]) -> FloatMatrix:
    """Likeness to each piece with its neighbours, (q, pieces), from the inner products with the pieces alone.

    The length of a sum is taken as if neighbours stood at right angles, which they nearly do: measured, it ranks the
    same as the true length, which would take ten times as long.
    """
    square = norms**2
    inner = np.ones(len(norms), np.float32)
    inner[starts] = 0  # the first piece of a case has nothing to its left
    total = square.copy()
    total[1:] += _NEIGHBOUR**2 * square[:-1] * inner[1:]
    total[:-1] += _NEIGHBOUR**2 * square[1:] * inner[1:]
    joined = likeness * _NEIGHBOUR
    result = likeness.copy()
    # What stands on the other side of a case's first piece belongs to another case.
    result[:, 1:] += joined[:, :-1] * inner[1:]
    result[:, :-1] += joined[:, 1:] * inner[1:]
    result /= np.maximum(np.sqrt(total), 1e-9)
    return result


def _mean(weights: FloatVector, values: FloatMatrix) -> FloatVector:
    return np.asarray((weights @ values) / max(float(weights.sum()), 1e-9), np.float32)


def _share(parts: FloatVector, wholes: FloatVector, starts: NDArray[np.int64]) -> FloatVector:
    whole = np.maximum(np.add.reduceat(wholes, starts), 1e-9)
    return np.asarray(np.add.reduceat(parts, starts) / whole, np.float32)


def _norms(rows: FloatMatrix) -> FloatVector:
    norms: FloatVector = np.sqrt(np.vecdot(rows, rows))
    return norms


def _unit(rows: FloatMatrix) -> FloatMatrix:
    return np.asarray(rows / np.maximum(_norms(rows), 1e-9)[:, None], np.float32)
