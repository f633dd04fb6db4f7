"""Any sentence-transformers model as an encoder, on the fastest of the backends that are installed."""

from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypeAlias, cast

from retriever.domain import Progress
from retriever.embedding.cards import DEEP, ModelCard
from retriever.embedding.fingerprint import Identity, identity_files
from retriever.embedding.folder import ModelFolder
from retriever.embedding.transformer import graphs
from retriever.embedding.transformer.conversion import GRAPH_FORMAT, get_graph, graph_key
from retriever.embedding.transformer.deep import load_deep
from retriever.embedding.transformer.encoder import Body, TransformerEncoder
from retriever.embedding.transformer.graphs import Graph, GraphBackend
from retriever.embedding.transformer.installed import check_installed
from retriever.embedding.transformer.safety import check_modules
from retriever.embedding.transformer.torch_pipeline import LoadedPipeline, TorchBody, has_bfloat16, load_pipeline
from retriever.errors import InvalidSettings

TransformerBackend: TypeAlias = Literal["torch", "torch-fp32"] | GraphBackend

# Fastest first, as measured in benchmarks/results/encoders.json. int8 changes the vectors, so it is never automatic.
AUTO_ORDER: tuple[GraphBackend, ...] = ("openvino", "onnx")


def load_transformer(
    folder: ModelFolder,
    *,
    name: str,
    card: ModelCard | None = None,
    backend: Literal["auto"] | TransformerBackend = "auto",
    dims: int | None = None,
    threads: int = 2,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> TransformerEncoder:
    """The model in `folder` on `backend`; ModelUnavailable says what is missing, converted graphs go to `cache`."""
    if name == DEEP:
        return load_deep(folder, backend=backend, dims=dims, threads=threads, cache=cache, progress=progress)
    check_installed()
    check_modules(folder)
    files = identity_files(folder.path)
    chosen: TransformerBackend = choose_backend() if backend == "auto" else backend
    pipeline: LoadedPipeline | Graph
    body: Body
    if chosen in ("torch", "torch-fp32"):
        pipeline = load_pipeline(folder, card, threads=threads)
        body = TorchBody(pipeline.model, half=chosen == "torch" and has_bfloat16())
    else:
        keep = (cache or graphs.cache_folder()) / graph_key(files)
        graph_backend = cast(GraphBackend, chosen)
        pipeline = get_graph(folder, card, graph_backend, keep, threads=threads)
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


def _major(package: str) -> str:
    return version(package).split(".", 1)[0]
