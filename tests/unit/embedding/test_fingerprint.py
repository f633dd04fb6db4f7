"""Model identity: the fingerprint and the canary sentences."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retriever.domain import Encoder, FloatMatrix
from retriever.embedding.canaries import CANARIES, canary_vectors, check_canaries
from retriever.embedding.fingerprint import Identity, hash_files
from retriever.embedding.loading import load_encoder
from retriever.embedding.static import StaticEncoder
from retriever.errors import ModelMismatch
from tests.support.tiny_models import build_tiny_static

IDENTITY = Identity(files={"a": "00"}, dim=4, pooling="mean")


@pytest.mark.parametrize(
    "change",
    [
        {"files": {"a": "01"}},
        {"files": {"b": "00"}},
        {"dim": 8},
        {"pooling": "cls"},
        {"query_prompt": "query: "},
        {"case_prompt": "query: "},
        {"max_tokens": 512},
        {"precision": "int8"},
        {"library": "sentence-transformers 6"},
        {"normalised": False},
        {"masking": 999},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_changes_the_fingerprint(change: dict[str, object]) -> None:
    """Whatever decides the vectors decides the fingerprint."""
    assert replace(IDENTITY, **change).digest != IDENTITY.digest  # type: ignore[arg-type]  # table of mixed fields


def test_equal_models_in_two_places_have_one_fingerprint(tmp_path: Path) -> None:
    """The fingerprint names the content, not the folder; it is 32 hex digits."""
    first = load_encoder(str(build_tiny_static(tmp_path / "one")))
    second = load_encoder(str(build_tiny_static(tmp_path / "two")))

    assert first.fingerprint == second.fingerprint
    assert len(first.fingerprint) == 32
    assert int(first.fingerprint, 16) > 0


def test_one_changed_byte_is_another_model(tmp_path: Path) -> None:
    """A changed file changes its hash even when it is read again by the same process."""
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    before = hash_files(tmp_path, [path])
    path.write_bytes(b"twos")

    assert hash_files(tmp_path, [path]) != before


def test_there_are_sixteen_different_canaries() -> None:
    """Sixteen sentences, none twice."""
    assert len(set(CANARIES)) == 16


def reproduces(encoder: Encoder, stored: FloatMatrix) -> bool:
    """Does the model pass the check of these canary vectors?"""
    try:
        check_canaries(encoder, stored)
    except ModelMismatch:
        return False
    return True


def test_canaries_of_the_same_model_pass(static_encoder: StaticEncoder) -> None:
    """A model reproduces its own canaries, also after rounding to float16."""
    stored = canary_vectors(static_encoder)

    assert reproduces(static_encoder, stored)
    assert reproduces(static_encoder, stored.astype(np.float16).astype(np.float32))
    assert not reproduces(static_encoder, stored[::-1])


def test_one_drifted_canary_is_refused(static_encoder: StaticEncoder) -> None:
    """One vector turned by a few degrees is enough to refuse, and the message gives its cosine."""
    stored = canary_vectors(static_encoder)
    stored[3] += 0.1 * stored[4]

    with pytest.raises(ModelMismatch, match=r"canary 4 has cosine 0\.99"):
        check_canaries(static_encoder, stored)


@pytest.mark.parametrize("damage", [np.nan, 0.0])
def test_unusable_canary_is_refused(static_encoder: StaticEncoder, damage: float) -> None:
    """A stored row of NaN or of zeros never passes."""
    stored = canary_vectors(static_encoder)
    stored[0] = damage

    with pytest.raises(ModelMismatch, match="canary 1"):
        check_canaries(static_encoder, stored)


def test_canaries_of_another_length_are_refused(static_encoder: StaticEncoder) -> None:
    """Vectors of another dimension are another model."""
    with pytest.raises(ModelMismatch, match=r"shape \(16, 8\)"):
        check_canaries(static_encoder, canary_vectors(static_encoder)[:, :8])
