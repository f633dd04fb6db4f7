"""Cross-encoders: what is loaded, what is refused, and that scores are those of the pair alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from retriever.embedding.transformer.cross_encoder import PairEncoder, load_cross_encoder
from retriever.errors import ModelUnavailable
from tests.support.tiny_models import CORPUS, build_tiny_cross_encoder, build_tiny_transformer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random cross-encoder."""
    return build_tiny_cross_encoder(tmp_path_factory.mktemp("models") / "cross")


@pytest.fixture(scope="module")
def model(folder: Path) -> PairEncoder:
    """The same, loaded."""
    return load_cross_encoder(str(folder), threads=1)


def test_every_pair_has_its_own_score(model: PairEncoder) -> None:
    """One finite number for each text, the same whatever stands beside it, and another one for another question."""
    together = model.score_pairs(CORPUS[0], CORPUS[:6])
    alone = np.concatenate([model.score_pairs(CORPUS[0], [text]) for text in CORPUS[:6]])

    assert together.shape == (6,)
    assert np.isfinite(together).all()
    assert np.abs(together - alone).max() < 1e-4
    assert np.abs(together - model.score_pairs(CORPUS[9], CORPUS[:6])).max() > 0.01


def test_scores_are_not_squeezed(model: PairEncoder) -> None:
    """Log-odds come as the model gives them, not through the sigmoid that the library would put over them."""
    scores = model.score_pairs(CORPUS[0], CORPUS)

    assert (scores < 0).any() or (scores > 1).any()


def test_no_texts_no_scores(model: PairEncoder) -> None:
    """An empty list is answered without the model."""
    assert model.score_pairs("question", []).shape == (0,)


def test_long_texts_are_cut(model: PairEncoder) -> None:
    """A case longer than the window is read from its beginning."""
    assert np.isfinite(model.score_pairs(CORPUS[0], [" ".join(CORPUS)])).all()


def test_an_embedding_model_is_refused(tmp_path: Path) -> None:
    """It would load, with a random last layer; the message names the setting that it belongs to."""
    with pytest.raises(ModelUnavailable, match=r"no cross-encoder.*rescore_model"):
        load_cross_encoder(str(build_tiny_transformer(tmp_path / "embedding")))


def test_several_numbers_for_a_pair_are_refused(tmp_path: Path) -> None:
    """A classifier of entailment gives three; which of them to rank by is not ours to guess."""
    with pytest.raises(ModelUnavailable, match="gives 3 numbers"):
        load_cross_encoder(str(build_tiny_cross_encoder(tmp_path / "three", labels=3)))


def test_only_safetensors_are_read(tmp_path: Path) -> None:
    """Weights that can run code when read are refused."""
    folder = build_tiny_cross_encoder(tmp_path / "cross")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    with pytest.raises(ModelUnavailable, match="safetensors"):
        load_cross_encoder(str(folder))


def test_code_of_a_model_is_not_run(tmp_path: Path) -> None:
    """An architecture that comes as code is refused."""
    folder = build_tiny_cross_encoder(tmp_path / "cross")
    config = json.loads((folder / "config.json").read_text())
    config |= {"auto_map": {"AutoModel": "own.Model"}, "model_type": "own"}
    (folder / "config.json").write_text(json.dumps(config))

    with pytest.raises(ModelUnavailable, match="never executed"):
        load_cross_encoder(str(folder))


def test_other_weights_are_another_model(folder: Path, model: PairEncoder, tmp_path: Path) -> None:
    """The fingerprint is of the files: the same twice, another one for another model."""
    other = load_cross_encoder(str(build_tiny_cross_encoder(tmp_path / "other", window=40)), threads=1)

    assert load_cross_encoder(str(folder), threads=1).fingerprint == model.fingerprint
    assert other.fingerprint != model.fingerprint
