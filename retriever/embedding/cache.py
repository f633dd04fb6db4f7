"""Vectors already known are not computed again: content hash -> vector, through whatever keeps them."""

import hashlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retriever.domain import Encoder, FloatMatrix

CHUNK = 1024
"""Texts encoded and stored in one step: an interrupted rebuild loses at most this many vectors."""


class KnownVectors(Protocol):
    """Keeps vectors by (text hash, model fingerprint); the store implements it."""

    def find(self, hashes: Sequence[str], fingerprint: str) -> tuple[FloatMatrix, NDArray[np.bool_]]:
        """Vectors in the order of `hashes` and which of them are known; unknown rows hold anything."""
        ...

    def put(self, hashes: Sequence[str], fingerprint: str, matrix: FloatMatrix) -> None:
        """Keep one row of `matrix` for each hash."""
        ...


def text_hash(text: str) -> str:
    """The name of a text's vector: SHA-256 of its UTF-8, 64 hex digits. Lone surrogates count as they stand."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def encode_cases_cached(
    encoder: Encoder, texts: Sequence[str], cache: KnownVectors, *, chunk: int = CHUNK
) -> FloatMatrix:
    """Vectors of `texts`, (len(texts), dim); only unknown texts are encoded, and each chunk is kept at once."""
    hashes = [text_hash(text) for text in texts]
    matrix = np.zeros((len(texts), encoder.dim), dtype=np.float32)
    for start in range(0, len(texts), chunk):
        stop = min(start + chunk, len(texts))
        matrix[start:stop] = _encode_chunk(encoder, texts[start:stop], hashes[start:stop], cache)
    return matrix


def _encode_chunk(encoder: Encoder, texts: Sequence[str], hashes: Sequence[str], cache: KnownVectors) -> FloatMatrix:
    known, found = cache.find(hashes, encoder.fingerprint)
    if found.all():
        return known
    # one text may stand in many cases: encode it once
    missing = {hashes[row]: texts[row] for row in np.flatnonzero(~found).tolist()}
    fresh = encoder.encode_cases(list(missing.values()))
    cache.put(list(missing), encoder.fingerprint, fresh)
    position = {key: row for row, key in enumerate(missing)}
    vectors = np.zeros((len(texts), encoder.dim), dtype=np.float32)
    if found.any():
        vectors[found] = known[found]
    for row in np.flatnonzero(~found).tolist():
        vectors[row] = fresh[position[hashes[row]]]
    return vectors
