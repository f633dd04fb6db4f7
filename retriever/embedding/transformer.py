"""Any sentence-transformers model as an encoder. The home of torch, which is imported only when one is really run.

The whole pipeline of the model (body, pooling, dense layers) either runs in torch or is converted once into a graph
that ONNX Runtime or OpenVINO runs without torch. Converted graphs are kept in the user's cache folder.
"""

import contextlib
import hashlib
import json
import platform
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retriever.domain import FloatMatrix
from retriever.embedding import graphs
from retriever.embedding.cards import ModelCard
from retriever.embedding.fingerprint import Identity, hash_files
from retriever.embedding.folder import ModelFolder, read_json
from retriever.embedding.graphs import GRAPH_FILES, Graph, GraphAbout, GraphBackend
from retriever.embedding.windows import Body, TransformerEncoder
from retriever.errors import InvalidSettings, ModelUnavailable

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

TransformerBackend: TypeAlias = Literal["torch", "torch-fp32"] | GraphBackend

# Fastest first, as measured in benchmarks/results/encoders.json. int8 changes the vectors, so it is never automatic.
AUTO_ORDER: tuple[GraphBackend, ...] = ("openvino", "onnx")

IDENTITY_PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.model")
DEFAULT_MAX_TOKENS = 512
GRAPH_FORMAT = 2
"""Raise by one when models are converted or calibrated otherwise: graphs are made again, int8 gets new fingerprints."""
CALIBRATION_FILE = Path(__file__).with_name("calibration.txt")
"""Support problems in seven languages, one a line: 16 sentences alone cost int8 0.7 points of nDCG, these none."""
MODULE_KINDS = {"Transformer", "Pooling", "Normalize", "Dense", "LayerNorm"}


@dataclass(frozen=True, slots=True)
class LoadedPipeline:
    """A model in torch with what is needed around it."""

    model: "SentenceTransformer"
    tokenizer: Tokenizer
    about: GraphAbout


def load_transformer(
    folder: ModelFolder,
    *,
    name: str,
    card: ModelCard | None = None,
    backend: Literal["auto"] | TransformerBackend = "auto",
    dims: int | None = None,
    threads: int = 2,
    cache: Path | None = None,
) -> TransformerEncoder:
    """The model in `folder` on `backend`; ModelUnavailable says what is missing, converted graphs go to `cache`."""
    _check_safe(folder)
    files = identity_files(folder.path)
    chosen: TransformerBackend = choose_backend() if backend == "auto" else backend
    pipeline: LoadedPipeline | Graph
    body: Body
    if chosen in ("torch", "torch-fp32"):
        pipeline = _load_pipeline(folder, card, threads=threads)
        body = TorchBody(pipeline.model, half=chosen == "torch" and has_bfloat16())
    else:
        keep = (cache or graphs.cache_folder()) / _graph_key(files)
        graph_backend = cast(GraphBackend, chosen)
        pipeline = _get_graph(folder, card, graph_backend, keep, threads=threads)
        body = graphs.load_body(graph_backend, pipeline, threads=threads)
    identity = Identity(
        files=files,
        dim=_choose_dims(name, card, pipeline.about.dim, dims),
        pooling=folder.pooling,
        query_prompt=_prompt(folder, card, "query_prompt"),
        case_prompt=_prompt(folder, card, "case_prompt"),
        max_tokens=pipeline.about.max_tokens,
        # float32 and bfloat16 agree to a cosine of 0.9999 and share an index; each kind of int8 rounds otherwise
        precision=f"{chosen} {GRAPH_FORMAT}" if chosen.endswith("int8") else "float",
        library=f"sentence-transformers {_major('sentence-transformers')}, transformers {_major('transformers')}",
    )
    return TransformerEncoder(name, pipeline.tokenizer, body, identity, pad_id=pipeline.about.pad_id)


def choose_backend() -> TransformerBackend:
    """The fastest backend whose packages are installed."""
    for backend in AUTO_ORDER:
        if graphs.is_installed(backend, to_convert=True):
            return backend
    return "torch"


def has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; elsewhere it would be slower than float32."""
    if platform.system() != "Linux":
        return False
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


class TorchBody:
    """The pipeline run by torch on the CPU, in bfloat16 if `half`."""

    def __init__(self, model: "SentenceTransformer", *, half: bool) -> None:
        """Take a loaded model; it is converted in place."""
        import torch  # noqa: PLC0415  seconds to import

        self._torch = torch
        self._pipeline = _as_module(model.bfloat16() if half else model.float())
        self.backend = "torch-bf16" if half else "torch"

    def run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> FloatMatrix:
        """Vectors of one padded batch."""
        with self._torch.inference_mode():
            vectors = self._pipeline(self._torch.from_numpy(ids), self._torch.from_numpy(mask))
        return np.asarray(vectors.float().numpy(), dtype=np.float32)


def _load_pipeline(folder: ModelFolder, card: ModelCard | None, *, threads: int) -> LoadedPipeline:
    import torch  # noqa: PLC0415  seconds to import
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    torch.set_num_threads(threads)
    try:
        with quiet_loading():
            model = SentenceTransformer(
                str(folder.path),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            ).eval()
    except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
        raise ModelUnavailable(f"the model in {folder.path} cannot be loaded: {_first_line(error)}") from error
    backend_tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
    if not isinstance(backend_tokenizer, Tokenizer):
        raise ModelUnavailable(f"the model in {folder.path} has no fast tokenizer (tokenizer.json), which is needed.")
    about = GraphAbout(
        dim=int(model.get_embedding_dimension() or 0),
        max_tokens=_max_tokens(folder, card, model.max_seq_length),
        pad_id=int(model.tokenizer.pad_token_id or 0),
    )
    # a copy: sentence-transformers switches truncation and padding on in its own
    return LoadedPipeline(model, Tokenizer.from_str(backend_tokenizer.to_str()), about)


def _get_graph(
    folder: ModelFolder, card: ModelCard | None, backend: GraphBackend, keep: Path, *, threads: int
) -> Graph:
    """The model as a graph for `backend`, converted now unless that was done before."""
    known = graphs.find_graph(keep / backend)
    graphs.require_backend(backend, to_convert=known is None)
    if known is not None:
        return known
    kind, small = backend.removesuffix("-int8"), backend.endswith("-int8")
    if small:
        full = _get_graph(folder, card, cast(GraphBackend, kind), keep, threads=threads)
        return graphs.build_graph(
            keep / backend, full.about, full.tokenizer, lambda target: _quantise(full, kind, target / GRAPH_FILES[kind])
        )
    pipeline = _load_pipeline(folder, card, threads=threads)
    export = _export_openvino if kind == "openvino" else _export_onnx
    return graphs.build_graph(
        keep / backend,
        pipeline.about,
        pipeline.tokenizer,
        lambda target: export(_as_module(pipeline.model), target / GRAPH_FILES[kind]),
    )


def _quantise(full: Graph, kind: str, target: Path) -> None:
    source = full.folder / GRAPH_FILES[kind]
    if kind == "onnx":
        graphs.quantise_onnx(source, target)
        return
    texts = CALIBRATION_FILE.read_text(encoding="utf-8").splitlines()
    samples = graphs.calibration_inputs(full.tokenizer, texts, full.about.max_tokens)
    graphs.quantise_openvino(source, target, samples)


def _as_module(model: "SentenceTransformer") -> "torch.nn.Module":
    """The pipeline as a function of ids and mask, which is what can be traced."""
    import torch  # noqa: PLC0415  seconds to import

    class Pipeline(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = torch.nn.ModuleList(list(model))

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features: dict[str, Any] = {"input_ids": input_ids, "attention_mask": attention_mask}
            for step in self.steps:
                features = step(features)
            return cast(torch.Tensor, features["sentence_embedding"])

    return Pipeline().eval()


def _example_inputs() -> dict[str, "torch.Tensor"]:
    """Two rows, one of them padded: tracing must see that both sizes vary."""
    import torch  # noqa: PLC0415  seconds to import

    ids = torch.tensor([[5, 6, 7, 8, 9], [5, 6, 7, 0, 0]])
    return {"input_ids": ids, "attention_mask": (ids > 0).long()}


def _export_openvino(pipeline: "torch.nn.Module", target: Path) -> None:
    import openvino  # noqa: PLC0415  optional

    with quiet_loading():
        graph = openvino.convert_model(pipeline, example_input=_example_inputs())
    openvino.save_model(graph, str(target), compress_to_fp16=False)


def _export_onnx(pipeline: "torch.nn.Module", target: Path) -> None:
    import torch  # noqa: PLC0415  seconds to import

    example = _example_inputs()
    sizes = {0: torch.export.Dim("rows"), 1: torch.export.Dim("length")}
    with quiet_loading():
        torch.onnx.export(
            pipeline,
            (),
            str(target),
            kwargs=example,
            input_names=list(example),
            output_names=["vectors"],
            dynamic_shapes=dict.fromkeys(example, sizes),
            dynamo=True,
            verbose=False,
        )


def _check_safe(folder: ModelFolder) -> None:
    """ModelUnavailable for a model that would need pickles or code of its own, or has steps we cannot run."""
    unknown = [module.kind for module in folder.modules if module.kind not in MODULE_KINDS]
    if unknown:
        raise ModelUnavailable(
            f"the model in {folder.path} has a step {unknown[0]!r} that is not supported; "
            f"known steps are {', '.join(sorted(MODULE_KINDS))}."
        )
    check_weights(folder)


def check_weights(folder: ModelFolder) -> None:
    """ModelUnavailable for weights that can run code when read, and for an architecture that brings its own."""
    if not list(folder.modules[0].folder.glob("*.safetensors")):
        raise ModelUnavailable(
            f"{folder.path} holds no *.safetensors weights. Other formats can run code when read and are refused; "
            "fetch the safetensors files of this model."
        )
    config = read_json(folder.modules[0].folder / "config.json")
    if "auto_map" in config and not _is_native(str(config.get("model_type", ""))):
        raise ModelUnavailable(
            f"the model in {folder.path} only runs with program code from its repository ({config.get('model_type')}), "
            "which is never executed; `similar-cases model list` names models that need none."
        )


def _is_native(model_type: str) -> bool:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING  # noqa: PLC0415  rarely needed, slow

    return model_type in CONFIG_MAPPING


def identity_files(root: Path) -> dict[str, str]:
    """Hashes of every file that can decide a vector; converted copies shipped beside the model do not count."""
    found = [path for pattern in IDENTITY_PATTERNS for path in root.rglob(pattern) if path.is_file()]
    return hash_files(root, [path for path in found if path.relative_to(root).parts[0] not in ("onnx", "openvino")])


def _graph_key(files: dict[str, str]) -> str:
    """Folder name of the graphs of a model: they depend on its files and on what converted them."""
    made_by = {name: version(name) for name in ("torch", "transformers", "sentence-transformers")}
    content = json.dumps({"files": files, "made_by": made_by, "format": GRAPH_FORMAT}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def _choose_dims(name: str, card: ModelCard | None, full: int, dims: int | None) -> int:
    if dims is None or dims == full:
        return full
    if dims > full:
        raise InvalidSettings(f"setting dims: {name} gives {full} dimensions, {dims} are asked for.")
    if card is not None and dims not in card.matryoshka:
        lengths = ", ".join(str(length) for length in (full, *card.matryoshka))
        raise InvalidSettings(f"setting dims: {name} was trained for vectors of length {lengths}; got {dims}.")
    return dims


def _prompt(folder: ModelFolder, card: ModelCard | None, side: Literal["query_prompt", "case_prompt"]) -> str:
    """The model's own prompts when it declares any, else those of its card."""
    if folder.prompts or card is None:
        return str(getattr(folder, side))
    return str(getattr(card, side))


def _max_tokens(folder: ModelFolder, card: ModelCard | None, loaded: int | None) -> int:
    limits = [limit for limit in (folder.max_tokens, loaded, card.max_tokens if card else None) if limit]
    # tokenizers without a limit report absurd ones such as 10**30
    return int(min([*limits, 10**6])) if limits else DEFAULT_MAX_TOKENS


def _major(package: str) -> str:
    return version(package).split(".", 1)[0]


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


@contextlib.contextmanager
def quiet_loading() -> Iterator[None]:
    """Keep progress bars and warnings that only concern library authors off the terminal."""
    from transformers.utils import logging as transformers_logging  # noqa: PLC0415

    chatter: Any = transformers_logging  # its functions carry no types
    before, bars = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        chatter.set_verbosity(before)
        if bars:
            chatter.enable_progress_bar()
