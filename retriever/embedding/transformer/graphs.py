"""Models as compiled graphs: how they lie on disk, and ONNX Runtime and OpenVINO, which run them without torch."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retriever.domain import FloatMatrix
from retriever.embedding.transformer.encoder import Body
from retriever.errors import ModelUnavailable

GraphBackend: TypeAlias = Literal["onnx", "openvino", "onnx-int8", "openvino-int8"]

PACKAGES: dict[str, tuple[str, ...]] = {
    "onnx": ("onnxruntime", "onnx", "onnxscript"),
    "onnx-int8": ("onnxruntime", "onnx", "onnxscript"),
    "openvino": ("openvino",),
    "openvino-int8": ("openvino", "nncf"),
}
"""What each backend needs; the first alone runs a graph that is already converted."""

GRAPH_FILES = {"onnx": "model.onnx", "openvino": "model.xml"}
ABOUT_FILE = "about.json"


@dataclass(frozen=True, slots=True)
class GraphAbout:
    """What a converted model must remember to run without its original library."""

    dim: int
    max_tokens: int
    pad_id: int


@dataclass(frozen=True, slots=True)
class Graph:
    """A converted model on disk."""

    folder: Path
    about: GraphAbout
    tokenizer: Tokenizer


def is_installed(backend: str, *, to_convert: bool) -> bool:
    """Whether the packages of a backend are there: all of them to convert a model, the first one to run it."""
    packages = PACKAGES[backend]
    return all(find_spec(package) is not None for package in (packages if to_convert else packages[:1]))


def require_backend(backend: str, *, to_convert: bool) -> None:
    """ModelUnavailable naming what to install when a package of `backend` is missing."""
    if is_installed(backend, to_convert=to_convert):
        return
    packages = " ".join(PACKAGES[backend])
    raise ModelUnavailable(
        f"the {backend} backend needs packages that are not installed; run `pip install {packages}` "
        "(or set `backend` to `torch`)."
    )


def find_graph(folder: Path) -> Graph | None:
    """The converted model in `folder`, or None when there is none yet."""
    if not (folder / ABOUT_FILE).is_file():
        return None
    about = GraphAbout(**json.loads((folder / ABOUT_FILE).read_text(encoding="utf-8")))
    return Graph(folder, about, Tokenizer.from_file(str(folder / "tokenizer.json")))


def build_graph(folder: Path, about: GraphAbout, tokenizer: Tokenizer, write: Callable[[Path], None]) -> Graph:
    """Fill `folder` through `write`; it appears complete or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder.parent))
    try:
        write(scratch)
        tokenizer.save(str(scratch / "tokenizer.json"))
        (scratch / ABOUT_FILE).write_text(json.dumps(asdict(about)), encoding="utf-8")
        # another process may have finished the same work first; its folder is as good as ours
        with contextlib.suppress(OSError):
            scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    graph = find_graph(folder)
    if graph is None:
        raise ModelUnavailable(f"the converted model could not be written to {folder}; is the disk full or read-only?")
    return graph


def load_body(backend: GraphBackend, graph: Graph, *, threads: int) -> Body:
    """The converted model, ready to run on at most `threads` cores."""
    if backend.startswith("onnx"):
        return OnnxBody(graph.folder / GRAPH_FILES["onnx"], backend=backend, threads=threads)
    return OpenVinoBody(graph.folder / GRAPH_FILES["openvino"], backend=backend, threads=threads)


class OnnxBody:
    """A graph run by ONNX Runtime on the CPU."""

    def __init__(self, path: Path, *, backend: str, threads: int) -> None:
        """Open the graph."""
        import onnxruntime  # noqa: PLC0415  optional

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # spinning threads would take the other core from the web server between two questions
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.backend = backend

    def run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> FloatMatrix:
        """Vectors of one padded batch."""
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return np.asarray(vectors, dtype=np.float32)


class OpenVinoBody:
    """A graph run by OpenVINO on the CPU; it uses bfloat16 by itself where the CPU has it."""

    def __init__(self, path: Path, *, backend: str, threads: int) -> None:
        """Read and compile the graph."""
        import openvino  # noqa: PLC0415  optional

        hints = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
        self._model = openvino.Core().compile_model(str(path), "CPU", hints)
        self.backend = backend

    def run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> FloatMatrix:
        """Vectors of one padded batch."""
        vectors = self._model({"input_ids": ids, "attention_mask": mask})[0]
        # OpenVINO hands out a view of a buffer that the next call overwrites
        return np.array(vectors, dtype=np.float32)


def cache_folder() -> Path:
    """Where converted models are kept: `similar-cases/models` in the user's cache folder."""
    root = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(root).expanduser() / "similar-cases" / "models"
