"""The model `deep`: its 4-bit file becomes a graph in int8, once, which ONNX Runtime or OpenVINO run without torch."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retriever.domain import Progress
from retriever.embedding.cards import DEEP
from retriever.embedding.fingerprint import Identity
from retriever.embedding.folder import ModelFolder
from retriever.embedding.transformer import graphs
from retriever.embedding.transformer.encoder import Body, TransformerEncoder
from retriever.embedding.transformer.four_bit import read_four_bit
from retriever.embedding.transformer.four_bit_tokenizer import build_tokenizer
from retriever.embedding.transformer.graphs import GRAPH_FILES, Graph, GraphAbout, OnnxBody, OpenVinoBody
from retriever.embedding.transformer.packaged import INSTALL
from retriever.errors import InvalidSettings, ModelUnavailable

SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""Of the 4-bit file: the model is this one on every machine, whatever the package becomes."""

FORMAT = 1
"""Raise by one when the graph or the tokenizer is made otherwise: graphs are made again, with a new fingerprint."""

CHANNELS_FILE = Path(__file__).with_name("deep_channels.npy")
"""How large what the matrices of each layer are given is, channel by channel: `retriever.training.deep` measures it."""

_RUNTIMES = {"onnx": "onnxruntime", "openvino": "openvino"}
"""The packages that run the graph by their backends, the faster one first."""


def load_deep(
    folder: ModelFolder,
    *,
    backend: str = "auto",
    dims: int | None = None,
    threads: int = 2,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> TransformerEncoder:
    """The model whose file `folder` names; the graph is kept in `cache`. ModelUnavailable says what is missing."""
    runtime = _choose_runtime(backend)
    keep = (cache or graphs.cache_folder()) / f"{DEEP}-{SHA256[:24]}-{FORMAT}"
    graph = get_deep_graph(folder.path, SHA256, keep, channels=read_channels(), progress=progress)
    if dims not in (None, graph.about.dim):
        raise InvalidSettings(f"setting dims: {DEEP} was trained for vectors of length {graph.about.dim}; got {dims}.")
    path, open_body = graph.folder / GRAPH_FILES["onnx"], OnnxBody if runtime == "onnx" else OpenVinoBody
    body: Body = open_body(path, backend=f"{runtime}-int8", threads=threads)
    identity = Identity(
        files={folder.path.name: SHA256},
        dim=graph.about.dim,
        pooling=folder.pooling,
        query_prompt=folder.query_prompt,
        case_prompt=folder.case_prompt,
        max_tokens=graph.about.max_tokens,
        precision=f"int8 per token {FORMAT}",
    )
    return TransformerEncoder(DEEP, graph.tokenizer, body, identity, pad_id=graph.about.pad_id)


def read_channels() -> NDArray[np.float32]:
    """Sizes of channels, (layers, 2, hidden): kept as quarters of an octave, so that they are the same everywhere."""
    quarters: NDArray[np.int8] = np.load(CHANNELS_FILE, allow_pickle=False)
    return np.exp2(quarters / 4).astype(np.float32)


def get_deep_graph(
    file: Path, sha256: str, keep: Path, *, channels: NDArray[np.float32], progress: Progress | None = None
) -> Graph:
    """The 4-bit model in `file` as a graph in the folder `keep`, made now unless it is there. ModelUnavailable."""
    known = graphs.find_graph(keep)
    if known is not None:
        return known
    _require("onnx")
    from retriever.embedding.transformer.four_bit_graph import write_graph  # noqa: PLC0415  optional

    model = read_four_bit(file, sha256=sha256)
    shape = model.shape

    def write(folder: Path) -> None:
        write_graph(
            model,
            folder / GRAPH_FILES["onnx"],
            channels=channels,
            done=lambda layers: _tell(progress, layers, shape.layers),
        )

    about = GraphAbout(dim=shape.hidden, max_tokens=shape.positions, pad_id=model.vocabulary.padding)
    return graphs.build_graph(keep, about, build_tokenizer(model.vocabulary), write)


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress("convert", done, total)


def _choose_runtime(backend: str) -> str:
    """What runs the graph: the one that is asked for, else the first that is installed."""
    wanted = backend.removesuffix("-int8")
    if wanted != "auto" and wanted not in _RUNTIMES:
        raise InvalidSettings(f"setting backend: {DEEP} runs on onnx or openvino, not on {backend}; set auto.")
    for runtime, package in _RUNTIMES.items():
        if wanted in ("auto", runtime) and find_spec(package) is not None:
            return runtime
    return _require(_RUNTIMES.get(wanted, "onnxruntime"))


def _require(package: str) -> str:
    """The package, which has to be installed."""
    if find_spec(package) is None:
        raise ModelUnavailable(f"the model {DEEP} needs the package {package}; {INSTALL}.")
    return package
