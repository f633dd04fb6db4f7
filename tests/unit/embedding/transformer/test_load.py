"""Transformer models: prompts, windows, truncation and what is refused. Torch runs a tiny random model."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retriever.embedding.cards import CARDS, ModelCard, find_card
from retriever.embedding.folder import read_model_folder
from retriever.embedding.loading import load_encoder
from retriever.embedding.transformer.encoder import TransformerEncoder, iter_windows
from retriever.embedding.transformer.graphs import require_backend
from retriever.embedding.transformer.load import load_transformer
from retriever.errors import InvalidSettings, ModelUnavailable
from tests.support.tiny_models import CORPUS, build_tiny_transformer

PROMPTS = {"query": "the card ", "passage": "the parcel "}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny transformer without prompts."""
    return build_tiny_transformer(tmp_path_factory.mktemp("models") / "plain")


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TransformerEncoder:
    """The tiny transformer in torch, in float32 whatever the CPU has."""
    return _load(folder)


def _load(folder: Path, *, dims: int | None = None, card: ModelCard | None = None) -> TransformerEncoder:
    with pytest.MonkeyPatch.context() as cpu:
        # bfloat16 noise is large in a random network, and would hide small mistakes
        cpu.setattr("retriever.embedding.transformer.load.has_bfloat16", lambda: False)
        return load_transformer(
            read_model_folder(folder), name="tiny", backend="torch", dims=dims, card=card, threads=1
        )


def test_same_vectors_as_sentence_transformers(folder: Path, encoder: TransformerEncoder) -> None:
    """Texts that fit one window get the vector sentence-transformers itself gives."""
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(folder), device="cpu", local_files_only=True).encode_query(list(CORPUS))

    assert np.einsum("ij,ij->i", encoder.encode_query(CORPUS), expected).min() > 0.9999


def test_prompts_of_the_model_are_applied(tmp_path: Path, encoder: TransformerEncoder) -> None:
    """An e5-like model gets its query prompt before questions and its passage prompt before cases."""
    prompted = _load(build_tiny_transformer(tmp_path / "prompted", prompts=PROMPTS))
    plain = encoder.encode_query(["the card is broken", "the parcel is broken", "is broken"])

    query, case = prompted.encode_query(["is broken"])[0], prompted.encode_cases(["is broken"])[0]

    assert query @ plain[0] > 0.9999
    assert case @ plain[1] > 0.9999
    assert max(query @ plain[2], case @ plain[2]) < 0.99
    assert prompted.fingerprint != encoder.fingerprint


def test_card_prompts_serve_models_that_declare_none(folder: Path, encoder: TransformerEncoder) -> None:
    """A model whose config names no prompts takes those of its card."""
    card = ModelCard("a/b", 32, 32, "MIT", "never", 1, query_prompt="the card ", case_prompt="the parcel ")
    carded = _load(folder, card=card)

    assert carded.encode_query(["is broken"])[0] @ encoder.encode_query(["the card is broken"])[0] > 0.9999
    assert carded.encode_cases(["is broken"])[0] @ encoder.encode_query(["the parcel is broken"])[0] > 0.9999


def test_long_texts_are_split_not_cut(encoder: TransformerEncoder) -> None:
    """The end of a text far beyond the window still moves its vector, and the start does too."""
    filler = "the printer does not work " * 40
    texts = [filler, filler + "银行卡被拒绝了 " * 40, "银行卡被拒绝了 " * 40 + filler]

    vectors = encoder.encode_query(texts)

    assert vectors[0] @ vectors[1] < 0.99
    assert vectors[0] @ vectors[2] < 0.99


def test_windows_hold_every_token_once(encoder: TransformerEncoder) -> None:
    """Windows fit the model, carry the prompt each, and together hold the text's own tokens in order."""
    tokenizer = encoder._tokenizer
    text, prompt = "the printer does not work 退款 " * 30, "the card "
    wanted = tokenizer.encode(text.strip(), add_special_tokens=False).ids
    lead = tokenizer.encode(prompt.strip(), add_special_tokens=False).ids

    windows = list(iter_windows(tokenizer, ["", text, "short"], prompt, 32))

    long = [window for window in windows if window.row == 1]
    assert len(long) > 5
    assert all(len(window.ids) <= 32 and window.ids[1 : 1 + len(lead)] == lead for window in long)
    assert [token for window in long for token in window.ids[1 + len(lead) : -1]] == wanted
    assert [window.row for window in windows if window.row != 1] == [2]


def test_prompt_longer_than_the_window_is_refused(encoder: TransformerEncoder) -> None:
    """A window that the prompt fills alone is an error that says so."""
    with pytest.raises(ModelUnavailable, match="leaves no room"):
        list(iter_windows(encoder._tokenizer, ["refund"], "the card " * 40, 32))


def test_order_is_kept_whatever_the_lengths(encoder: TransformerEncoder) -> None:
    """Sorting by length inside never shows outside."""
    texts = [*sorted(CORPUS, key=len, reverse=True), "the refund " * 60, *CORPUS]

    batch = encoder.encode_query(texts)

    singles = np.concatenate([encoder.encode_query([text]) for text in texts[::9]])
    assert np.einsum("ij,ij->i", batch[::9], singles).min() > 0.999


def test_matryoshka_lengths_of_the_card_are_enforced(folder: Path, encoder: TransformerEncoder) -> None:
    """A card allows only the lengths the model was trained for; without a card every shorter length goes."""
    card = ModelCard("a/b", 32, 32, "MIT", "never", 1, matryoshka=(16,))

    short = _load(folder, dims=16, card=card)
    assert short.encode_query(CORPUS[:3]).shape == (3, 16)
    assert short.fingerprint != encoder.fingerprint
    assert _load(folder, dims=20).dim == 20
    with pytest.raises(InvalidSettings, match="trained for vectors of length 32, 16; got 20"):
        _load(folder, dims=20, card=card)
    with pytest.raises(InvalidSettings, match="gives 32 dimensions"):
        _load(folder, dims=64)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    """A model with *.bin weights only is never read."""
    folder = build_tiny_transformer(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    with pytest.raises(ModelUnavailable, match=r"no \*\.safetensors weights"):
        load_encoder(str(folder))


def test_foreign_code_is_refused(tmp_path: Path) -> None:
    """Neither custom modules nor custom architectures are run."""
    folder = build_tiny_transformer(tmp_path / "model")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "custom_code.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ModelUnavailable, match="runs code of its own"):
        load_encoder(str(folder))

    folder = build_tiny_transformer(tmp_path / "other")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "brand-new", "auto_map": {"AutoModel": "modeling.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelUnavailable, match="program code from its repository"):
        load_encoder(str(folder))


def test_module_paths_stay_inside_the_model(tmp_path: Path) -> None:
    """modules.json cannot point at files elsewhere."""
    folder = build_tiny_transformer(tmp_path / "model")
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["path"] = "../elsewhere"
    (folder / "modules.json").write_text(json.dumps(modules))

    with pytest.raises(ModelUnavailable, match="outside the model folder"):
        load_encoder(str(folder))


def test_remote_code_cards_are_refused_by_name() -> None:
    """A model that is known to need its own code is refused before anything is looked for."""
    for card in CARDS:
        if card.needs_remote_code:
            with pytest.raises(ModelUnavailable, match="never executes"):
                load_encoder(card.hub_id)


@pytest.mark.parametrize("name", ["no such model", "C:\\models\\x", "../nowhere", "?"])
def test_names_that_mean_nothing_are_explained(name: str) -> None:
    """What is neither builtin, folder nor hub id says what would be."""
    with pytest.raises(ModelUnavailable, match="neither `builtin`, nor `deep`, nor a folder, nor a hub id"):
        load_encoder(name)


def test_absent_hub_model_says_where_to_put_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Offline, a hub model that is not cached is explained without touching the network."""
    code = (
        "from retriever.embedding.loading import load_encoder\n"
        "from retriever.errors import ModelUnavailable\n"
        "try:\n    load_encoder('intfloat/multilingual-e5-small', revision='abc')\n"
        "except ModelUnavailable as error:\n    print(error)"
    )
    monkeypatch.setenv("HF_HOME", str(tmp_path))

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "intfloat/multilingual-e5-small at revision abc are not on this machine" in result.stdout
    assert "similar-cases model download intfloat/multilingual-e5-small@abc" in result.stdout


def test_missing_backend_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend that is not installed says what to install."""
    monkeypatch.setattr("retriever.embedding.transformer.graphs.find_spec", lambda package: None)

    with pytest.raises(ModelUnavailable, match="pip install openvino nncf"):
        require_backend("openvino-int8", to_convert=False)


def test_cards_are_found_by_any_spelling() -> None:
    """Hub id, short name and folder name find the same card; unknown names find none; no id stands twice."""
    assert find_card("intfloat/multilingual-e5-small") is find_card("/models/Multilingual-E5-small/")
    assert find_card("bge-m3") is not None
    assert find_card("somebody/unknown") is None
    assert len({card.hub_id for card in CARDS}) == len(CARDS)
    assert all(length < card.dims for card in CARDS for length in card.matryoshka)
