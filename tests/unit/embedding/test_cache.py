"""Encoding through the vector cache."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from retriever.domain import FloatMatrix
from retriever.embedding.cache import encode_cases_cached, text_hash
from retriever.embedding.static import StaticEncoder
from tests.support.tiny_models import CORPUS


class DictCache:
    """A vector cache in a dict that remembers what it was given, and can fail after some writes."""

    def __init__(self, *, fail_after: int | None = None) -> None:
        self.vectors: dict[tuple[str, str], NDArray[np.float32]] = {}
        self.written: list[str] = []
        self.fail_after = fail_after

    def find(self, hashes: Sequence[str], fingerprint: str) -> tuple[FloatMatrix, NDArray[np.bool_]]:
        """Known rows; nan elsewhere, so that using an unknown row shows."""
        found = np.array([(key, fingerprint) in self.vectors for key in hashes], dtype=np.bool_)
        dim = len(next(iter(self.vectors.values()))) if self.vectors else 0
        matrix = np.full((len(hashes), dim), np.nan, dtype=np.float32)
        for row in np.flatnonzero(found).tolist():
            matrix[row] = self.vectors[hashes[row], fingerprint]
        return matrix, found

    def put(self, hashes: Sequence[str], fingerprint: str, matrix: FloatMatrix) -> None:
        """Keep rows, or stop like a killed process."""
        if self.fail_after is not None and len(self.written) >= self.fail_after:
            raise KeyboardInterrupt
        self.written.extend(hashes)
        self.vectors.update({(key, fingerprint): row.copy() for key, row in zip(hashes, matrix, strict=True)})


def test_cached_and_fresh_vectors_are_equal(static_encoder: StaticEncoder) -> None:
    """An empty, a half-full and a full cache give what the encoder gives alone, in the same order."""
    cache = DictCache()
    expected = static_encoder.encode_cases(CORPUS)

    half = encode_cases_cached(static_encoder, CORPUS[::2], cache, chunk=7)
    whole = encode_cases_cached(static_encoder, CORPUS, cache, chunk=7)
    again = encode_cases_cached(static_encoder, CORPUS, cache, chunk=50)

    assert np.array_equal(half, expected[::2])
    assert np.array_equal(whole, expected)
    assert np.array_equal(again, expected)


def test_nothing_is_encoded_twice(static_encoder: StaticEncoder) -> None:
    """Each distinct text is written once, also when it stands twice in one chunk or in two."""
    cache = DictCache()
    texts = ["refund", "parcel", "refund", "card", "parcel"]

    encode_cases_cached(static_encoder, texts, cache, chunk=3)
    encode_cases_cached(static_encoder, texts, cache)

    assert sorted(cache.written) == sorted(text_hash(text) for text in set(texts))


def test_interrupted_run_keeps_its_chunks(static_encoder: StaticEncoder) -> None:
    """What was encoded before a stop is not encoded again after it."""
    cache = DictCache(fail_after=20)
    with pytest.raises(KeyboardInterrupt):
        encode_cases_cached(static_encoder, CORPUS, cache, chunk=10)
    before, cache.fail_after = set(cache.written), None

    encode_cases_cached(static_encoder, CORPUS, cache, chunk=10)

    assert len(before) == 20
    assert len(cache.written) == len(set(cache.written)) == len(CORPUS)


def test_another_model_does_not_see_the_vectors(static_encoder: StaticEncoder) -> None:
    """The fingerprint is part of the key."""
    cache = DictCache()
    encode_cases_cached(static_encoder, CORPUS[:3], cache)

    _, found = cache.find([text_hash(text) for text in CORPUS[:3]], "another")

    assert not found.any()


def test_no_texts_give_an_empty_matrix(static_encoder: StaticEncoder) -> None:
    """Nothing in, nothing out, with the right width."""
    assert encode_cases_cached(static_encoder, [], DictCache()).shape == (0, 32)


@pytest.mark.parametrize("text", ["é", "half a pair \ud83d"])
def test_a_text_is_named_by_its_bytes(text: str) -> None:
    """The name is the SHA-256 of the text's UTF-8; half a surrogate pair, which has none, has a name too."""
    assert text_hash(text) == hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
