"""Copies of graphs in int8, made here: ONNX as it is, OpenVINO after looking at texts."""

import contextlib
import io
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retriever.embedding.transformer.graphs import GRAPH_FILES, Graph

CALIBRATION_FILE = Path(__file__).with_name("calibration.txt")
"""Support problems in seven languages, one a line: 16 sentences alone cost int8 0.7 points of nDCG, these none."""


def quantise(full: Graph, kind: str, target: Path) -> None:
    """Write an int8 copy of a graph of this kind (`onnx` or `openvino`) to `target`."""
    source = full.folder / GRAPH_FILES[kind]
    if kind == "onnx":
        _quantise_onnx(source, target)
        return
    texts = CALIBRATION_FILE.read_text(encoding="utf-8").splitlines()
    samples = _calibration_inputs(full.tokenizer, texts, full.about.max_tokens)
    _quantise_openvino(source, target, samples)


def _quantise_onnx(source: Path, target: Path) -> None:
    """An int8 copy of an ONNX graph: weights per channel now, activations as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415  optional

    with _quiet():
        quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True)


def _quantise_openvino(source: Path, target: Path, samples: Sequence[dict[str, NDArray[np.int64]]]) -> None:
    """An int8 copy of an OpenVINO graph; `samples` are inputs that show which range activations take."""
    import nncf  # noqa: PLC0415  optional
    import openvino  # noqa: PLC0415  optional

    with _quiet():
        small = nncf.quantize(
            openvino.Core().read_model(str(source)),
            nncf.Dataset(list(samples)),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(samples),
        )
    openvino.save_model(small, str(target), compress_to_fp16=False)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the converters' progress bars and advice off the terminal; errors still come out as exceptions."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def _calibration_inputs(tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int) -> list[dict[str, Any]]:
    """Each text as the inputs of a graph, one row at a time."""
    inputs = []
    for encoding in tokenizer.encode_batch(list(texts)):
        ids = np.array([encoding.ids[:max_tokens]], dtype=np.int64)
        inputs.append({"input_ids": ids, "attention_mask": np.ones_like(ids)})
    return inputs
