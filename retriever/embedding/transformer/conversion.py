"""Models converted once into graphs that run without torch, kept in the user's cache folder; int8 copies of them."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, cast

from retriever.embedding.cards import ModelCard
from retriever.embedding.folder import ModelFolder
from retriever.embedding.transformer.graphs import (
    GRAPH_FILES,
    Graph,
    GraphBackend,
    build_graph,
    find_graph,
    require_backend,
)
from retriever.embedding.transformer.quantising import quantise
from retriever.embedding.transformer.torch_pipeline import as_module, load_pipeline, quiet_loading

if TYPE_CHECKING:
    import torch

GRAPH_FORMAT = 2
"""Raise by one when models are converted or calibrated otherwise: graphs are made again, int8 gets new fingerprints."""


def get_graph(folder: ModelFolder, card: ModelCard | None, backend: GraphBackend, keep: Path, *, threads: int) -> Graph:
    """The model as a graph for `backend`, converted now unless that was done before."""
    known = find_graph(keep / backend)
    require_backend(backend, to_convert=known is None)
    if known is not None:
        return known
    kind, small = backend.removesuffix("-int8"), backend.endswith("-int8")
    if small:
        full = get_graph(folder, card, cast(GraphBackend, kind), keep, threads=threads)
        return build_graph(
            keep / backend, full.about, full.tokenizer, lambda target: quantise(full, kind, target / GRAPH_FILES[kind])
        )
    pipeline = load_pipeline(folder, card, threads=threads)
    export = _export_openvino if kind == "openvino" else _export_onnx
    return build_graph(
        keep / backend,
        pipeline.about,
        pipeline.tokenizer,
        lambda target: export(as_module(pipeline.model), target / GRAPH_FILES[kind]),
    )


def graph_key(files: dict[str, str]) -> str:
    """Folder name of the graphs of a model: they depend on its files and on what converted them."""
    made_by = {name: version(name) for name in ("torch", "transformers", "sentence-transformers")}
    content = json.dumps({"files": files, "made_by": made_by, "format": GRAPH_FORMAT}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:24]


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
