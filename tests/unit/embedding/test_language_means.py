"""What models are known to do to languages, by the model's identity."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retriever.embedding.batching import BatchingEncoder
from retriever.embedding.cards import DEEP
from retriever.embedding.fingerprint import Identity
from retriever.embedding.language_means import (
    MEANS_FILE,
    SHARE,
    effects_of,
    load_means,
    model_of,
    save_means,
)
from retriever.embedding.loading import load_builtin, load_encoder
from retriever.embedding.static import StaticEncoder
from retriever.errors import ModelUnavailable
from tests.support.builders import WordEncoder

IDENTITY = Identity(files={"a": "00"}, dim=4, pooling="mean")


def test_the_built_in_model_was_measured() -> None:
    """In every language it serves. After it was trained anew, so must its means be:
    `python -m retriever.training.language_means`."""
    encoder = load_builtin()
    known = effects_of(encoder)

    assert known.share == SHARE
    assert {"en", "de", "zh", "ar", "no"} <= known.means.keys()
    assert all(mean.shape == (encoder.dim,) and 0.05 < np.linalg.norm(mean) < 1 for mean in known.means.values())


def test_the_model_deep_was_measured() -> None:
    """Whichever runtime computes it. Of one sentence in four languages, what is its own leans towards what is the own
    of its language's mean: this model knows languages apart, which is why it needs centring."""
    try:
        encoder = load_encoder(DEEP)
    except ModelUnavailable as error:
        pytest.skip(str(error))
    known = effects_of(encoder)
    texts = {
        "en": "The printer does not print, what can I do about it?",
        "de": "Der Drucker druckt nicht, was kann ich dagegen tun?",
        "zh": "打印机无法打印，我该怎么办？",
        "ru": "Принтер не печатает, что мне делать?",
    }
    said = encoder.encode_cases(list(texts.values()))
    usual = np.array([known.means[language] for language in texts])
    leaning = (said - said.mean(axis=0)) @ (usual - usual.mean(axis=0)).T

    assert known.means.keys() == effects_of(load_builtin()).means.keys()
    assert leaning.argmax(axis=0).tolist() == [0, 1, 2, 3]


def test_a_serving_model_is_known_too() -> None:
    """Behind the queue for questions it is the same model."""
    with BatchingEncoder(load_builtin()) as serving:
        assert effects_of(serving).digest == effects_of(load_builtin()).digest


def test_nothing_is_known_of_other_models(static_encoder: StaticEncoder) -> None:
    """Three quarters of what the library itself shows are taken from questions; so it is for an encoder of any kind."""
    for encoder in (static_encoder, WordEncoder()):
        known = effects_of(encoder)
        assert (dict(known.means), known.share) == ({}, SHARE)
    assert model_of(WordEncoder()) == ""


@pytest.mark.parametrize("change", [{"precision": "int8"}, {"library": "torch 3"}, {"masking": 999}])
def test_rounding_and_masking_make_no_other_model(change: dict[str, object]) -> None:
    """Its means stay good, though its vectors are computed anew."""
    assert replace(IDENTITY, **change).model == IDENTITY.model  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"files": {"a": "01"}}, {"dim": 3}, {"case_prompt": "x: "}, {"pooling": "cls"}])
def test_what_moves_vectors_makes_another_model(change: dict[str, object]) -> None:
    """Its means are not those of this one."""
    assert replace(IDENTITY, **change).model != IDENTITY.model  # type: ignore[arg-type]


def test_effects_are_saved_and_read(tmp_path: Path) -> None:
    """Of each model, in half precision."""
    given = {
        "one": {"en": np.array([0.5, -0.25], np.float32), "de": np.array([1, 0.1], np.float32)},
        "two": {"zh": np.zeros(3, np.float32)},
    }
    save_means(tmp_path / "means.npz", given)
    read = load_means(tmp_path / "means.npz")

    assert {name: sorted(known) for name, known in read.items()} == {"one": ["de", "en"], "two": ["zh"]}
    assert read["one"]["de"] == pytest.approx([1, 0.1], abs=1e-3)


def test_the_file_stays_small() -> None:
    """It is a part of the package."""
    assert MEANS_FILE.stat().st_size < 100_000
