"""Reads a BERT in blocks of 4 bits out of one file (`E5S1`): every length is held against the file, nothing is run."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retriever.domain import FloatMatrix
from retriever.embedding.transformer.cursor import Cursor
from retriever.errors import ModelUnavailable

MAGIC, VERSION = b"E5S1", 1
BLOCK = 32
"""Weights that share a scale; they lie beside each other in the row of one output."""

_BLOCK_BYTES = 2 + BLOCK // 2
_FLOATS, _FOUR_BIT = 0, 1
_MAX_BYTES = 1 << 30
_MAX_PIECES = 1 << 22
_MAX_LAYERS = 100


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the model; `epsilon` belongs to its layer norms."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class ScoredPieces:
    """Pieces with their scores in the order of their ids, the ids of the marks, and what each character becomes."""

    pieces: list[tuple[str, float]]
    begin: int
    end: int
    padding: int
    unknown: int
    becomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PackedMatrix:
    """A matrix in 4 bits: two codes of 0 to 15 a byte, (rows, blocks, 16), and the scale of each block, (rows, blocks).

    A weight is (code − 8) × scale. The low halves of a block's bytes are its first 16 codes, the high ones the rest.
    """

    packed: NDArray[np.uint8]
    scales: NDArray[np.float32]

    def weights(self) -> FloatMatrix:
        """The matrix in full, (rows, columns)."""
        codes = np.concatenate((self.packed & 15, self.packed >> 4), axis=2)
        full = (codes.astype(np.float32) - 8) * self.scales[:, :, None]
        return full.reshape(len(full), -1)

    def paired(self) -> NDArray[np.uint8]:
        """The codes as graphs want them, (rows, columns / 2): neighbours share a byte, the first in its low half."""
        even, odd = self.packed[:, :, 0::2], self.packed[:, :, 1::2]
        halves = ((even & 15) | (odd << 4), (even >> 4) | (odd & 240))
        return np.concatenate(halves, axis=2).reshape(len(self.packed), -1)


class FourBitFile:
    """A file that was read and found whole; tensors are views of its bytes until they are asked for."""

    def __init__(self, path: Path, content: bytes) -> None:
        """Read all but the weights. Raises ModelUnavailable for a file that is cut, damaged or of another kind."""
        self._cursor = cursor = Cursor(path, content)
        cursor.require(cursor.take(4) == MAGIC, "it does not begin as such a model does")
        cursor.require(cursor.number("I") == VERSION, "its version is not known")
        self.shape = _read_shape(cursor)
        self.vocabulary = _read_vocabulary(cursor)
        cursor.require(len(self.vocabulary.pieces) <= self.shape.words, "it has more pieces than vectors")
        self._tensors = _read_directory(cursor)

    def floats(self, name: str, *shape: int) -> NDArray[np.float32]:
        """A tensor in full precision, in this shape."""
        raw = self._raw(name, _FLOATS, int(np.prod(shape)), 4 * int(np.prod(shape)))
        found = np.frombuffer(raw, "<f4").astype(np.float32).reshape(shape)
        self._cursor.require(bool(np.isfinite(found).all()), f"{name} holds numbers that are not finite")
        return found

    def blocks(self, name: str, rows: int, columns: int) -> PackedMatrix:
        """A tensor in 4 bits, in this shape."""
        count = rows * columns // BLOCK
        raw = np.frombuffer(self._raw(name, _FOUR_BIT, rows * columns, count * _BLOCK_BYTES), np.uint8)
        lines = raw.reshape(rows, columns // BLOCK, _BLOCK_BYTES)
        scales = np.ascontiguousarray(lines[:, :, :2]).view("<f2")[:, :, 0].astype(np.float32)
        self._cursor.require(bool(np.isfinite(scales).all()), f"{name} holds scales that are not finite")
        return PackedMatrix(lines[:, :, 2:], scales)

    def _raw(self, name: str, kind: int, elements: int, size: int) -> memoryview:
        *described, place = self._tensors.get(name, (None, 0))
        self._cursor.require(described == [kind, elements, size], f"the weights {name} are missing or of another size")
        return self._cursor.at(place, size)


def read_four_bit(path: Path, *, sha256: str) -> FourBitFile:
    """The model in this file. Raises ModelUnavailable unless it is there, whole and the one of this SHA-256."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ModelUnavailable(f"{path} is larger than a model of this kind may be ({_MAX_BYTES} bytes).")
        content = path.read_bytes()
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelUnavailable(
            f"{path} is not the file that is known here (its SHA-256 differs); install its package again."
        )
    return FourBitFile(path, content)


def _read_shape(cursor: Cursor) -> Shape:
    hidden = cursor.count(1 << 14, "its width")
    layers = cursor.count(_MAX_LAYERS, "its number of layers")
    heads = cursor.count(hidden, "its number of heads")
    inner = cursor.count(1 << 16, "its inner width")
    words = cursor.count(_MAX_PIECES, "its vocabulary")
    positions = cursor.count(1 << 16, "its window")
    types = cursor.count(16, "its number of types")
    epsilon = cursor.fraction()
    cursor.require(0 < epsilon < 1, f"its epsilon is {epsilon}")
    cursor.require(cursor.number("i") == BLOCK, "its blocks have another size")
    fits = hidden % BLOCK == 0 and inner % BLOCK == 0 and hidden % heads == 0
    cursor.require(fits, "its widths are no multiples of its blocks and heads")
    return Shape(hidden, layers, heads, inner, words, positions, types, epsilon)


def _read_vocabulary(cursor: Cursor) -> ScoredPieces:
    count = cursor.count(_MAX_PIECES, "its number of pieces")
    marks = [cursor.number("i") for _ in range(4)]
    cursor.require(all(0 <= mark < count for mark in marks), "a mark is no piece")
    size = cursor.number("Q")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), "<u4").astype(np.int64)
    scores = np.frombuffer(cursor.take(4 * count), "<f4").astype(np.float64)
    blob = bytes(cursor.take(size))
    ordered = offsets[0] == 0 and offsets[-1] == size and bool((np.diff(offsets) >= 0).all())
    cursor.require(ordered and bool(np.isfinite(scores).all()), "its pieces overlap or have no score")
    try:
        texts = [blob[start:stop].decode() for start, stop in pairwise(offsets.tolist())]
    except UnicodeDecodeError as error:
        raise cursor.damaged("a piece is no text") from error
    begin, end, padding, unknown = marks
    pieces = list(zip(texts, scores.tolist(), strict=True))
    return ScoredPieces(pieces, begin, end, padding, unknown, _read_characters(cursor))


def _read_characters(cursor: Cursor) -> dict[str, str]:
    count, size = cursor.number("i"), cursor.number("I")
    cursor.require(0 <= count <= 0x110000, "its table of characters has no size")
    inside = cursor.within(size)
    becomes = {}
    for _ in range(count):
        points = [inside.number("I")]
        points += [inside.number("I") for _ in range(inside.number("B"))]
        cursor.require(all(point < 0x110000 and not 0xD800 <= point < 0xE000 for point in points), "no character")
        becomes[chr(points[0])] = "".join(map(chr, points[1:]))
    return becomes


def _read_directory(cursor: Cursor) -> dict[str, tuple[int, int, int, int]]:
    """Kind, elements, bytes and place of each tensor by its name."""
    tensors = {}
    for _ in range(cursor.count(16 * _MAX_LAYERS + 16, "its number of tensors")):
        name = bytes(cursor.take(cursor.number("H"))).decode("ascii", "replace")
        kind, elements, place, size = (cursor.number(each) for each in "BIQQ")
        cursor.at(place, size)
        tensors[name] = (kind, elements, size, place)
    return tensors
