"""Writes a model in 4 bits as an ONNX graph from token ids to unit vectors. Needs `onnx`: import it late.

Embedding rows stay in 4 bits, as they are; matrices become int8 with one scale per output. What a matrix is given is
rounded to 8 bits with one scale per token: a scale for the whole batch, as dynamic quantisation takes it, loses more
and makes a text's vector depend on its neighbours. A few channels are far larger than the others and would leave them
few steps; so channels are brought to one size before they are rounded, and the columns of the matrix take their sizes.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from retriever.domain import FloatMatrix
from retriever.embedding.transformer.four_bit import BLOCK, FourBitFile

_CONTRIBUTED = "com.microsoft"
"""Home of the one operator that is not ONNX's own; ONNX Runtime and OpenVINO both know it."""

_ZERO = 128
"""The unsigned byte that means 0 on the way into a matrix: signed bytes take a way that is ten times slower."""

_MASKED = -10_000.0


def write_graph(
    model: FourBitFile, target: Path, *, channels: NDArray[np.float32], done: Callable[[int], None]
) -> None:
    """Write the model with mean pooling and unit rows; `done` is told how many of its layers are.

    `channels` are the sizes of what attention and then the wide matrix of each layer are given, (layers, 2, hidden).
    """
    graph = _Graph()
    bias = _mask_bias(graph)
    states = _embed(graph, model)
    for layer in range(model.shape.layers):
        done(layer)
        states = _attend(graph, model, f"l{layer}", states, bias=bias, channels=channels[layer, 0])
        states = _widen(graph, model, f"l{layer}", states, channels[layer, 1])
    _pool(graph, states)
    onnx.save(graph.finish(model.shape.hidden), str(target))
    done(model.shape.layers)


class _Graph:
    """Nodes and weights in the order they were added; a value goes by its name."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[TensorProto] = []

    def weight(self, values: NDArray[Any] | np.generic) -> str:
        name = f"weight{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def numbers(self, *values: int) -> str:
        """A list of whole numbers, such as axes or sizes."""
        return self.weight(np.array(values, np.int64))

    def add(self, kind: str, *inputs: str, domain: str = "", **attributes: object) -> str:
        return self.add_many(1, kind, *inputs, domain=domain, **attributes)[0]

    def add_many(self, outputs: int, kind: str, *inputs: str, domain: str = "", **attributes: object) -> list[str]:
        names = [f"value{len(self._nodes)}.{number}" for number in range(outputs)]
        node = helper.make_node(kind, list(inputs), names, domain=domain)
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
        self._nodes.append(node)
        return names

    def finish(self, hidden: int) -> onnx.ModelProto:
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["rows", hidden])]
        self._nodes[-1].output[0] = "vectors"
        return helper.make_model(
            helper.make_graph(self._nodes, "encoder", inputs, outputs, self._weights),
            opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid(_CONTRIBUTED, 1)],
            ir_version=10,
        )


def int8_rows(weights: FloatMatrix) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix rounded to −127 … 127 and the scale of each row."""
    scales = np.abs(weights).max(axis=1) / 127
    scales[scales == 0] = 1
    return np.rint(weights / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def _mask_bias(graph: _Graph) -> str:
    """What is added to the scores of attention, (rows, 1, 1, length): 0 on tokens, very little on padding."""
    absent = graph.add("Sub", graph.weight(np.float32(1)), _mask(graph))
    bias = graph.add("Mul", absent, graph.weight(np.float32(_MASKED)))
    return graph.add("Unsqueeze", bias, graph.numbers(1, 2))


def _mask(graph: _Graph) -> str:
    return graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)


def _embed(graph: _Graph, model: FourBitFile) -> str:
    """Words, positions and the one type, (rows, length, hidden)."""
    shape = model.shape
    table = model.blocks("emb.word", shape.words, shape.hidden)
    words = graph.add(
        "GatherBlockQuantized",
        graph.weight(table.paired()),
        "input_ids",
        graph.weight(table.scales),
        domain=_CONTRIBUTED,
        bits=4,
        block_size=BLOCK,
        gather_axis=0,
        quantize_axis=1,
    )
    kind = model.floats("emb.type", shape.types, shape.hidden)[0]
    places = graph.weight(model.floats("emb.pos", shape.positions, shape.hidden) + kind)
    length = graph.add("Slice", graph.add("Shape", "input_ids"), graph.numbers(1), graph.numbers(2))
    places = graph.add("Slice", places, graph.numbers(0), length, graph.numbers(0))
    return _norm(graph, model, "emb.ln", graph.add("Add", words, places))


def _attend(
    graph: _Graph, model: FourBitFile, layer: str, states: str, *, bias: str, channels: NDArray[np.float32]
) -> str:
    hidden, heads = model.shape.hidden, model.shape.heads
    names = [f"{layer}.{part}" for part in "qkv"]
    together = _multiply(graph, model, names, states, shape=(hidden, hidden), channels=channels)
    sizes = graph.numbers(0, 0, heads, hidden // heads)
    query, key, value = (
        graph.add("Transpose", graph.add("Reshape", part, sizes), perm=order)
        for part, order in zip(
            graph.add_many(3, "Split", together, axis=2, num_outputs=3),
            ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]),
            strict=True,
        )
    )
    width = np.float32((hidden // heads) ** -0.5)
    scores = graph.add("Mul", graph.add("MatMul", query, key), graph.weight(width))
    shares = graph.add("Softmax", graph.add("Add", scores, bias), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", shares, value), perm=[0, 2, 1, 3])
    mixed = graph.add("Reshape", mixed, graph.numbers(0, 0, hidden))
    mixed = _multiply(graph, model, [f"{layer}.ao"], mixed, shape=(hidden, hidden))
    return _norm(graph, model, f"{layer}.aln", graph.add("Add", mixed, states))


def _widen(graph: _Graph, model: FourBitFile, layer: str, states: str, channels: NDArray[np.float32]) -> str:
    hidden, inner = model.shape.hidden, model.shape.inner
    wide = graph.add("Gelu", _multiply(graph, model, [f"{layer}.fi"], states, shape=(inner, hidden), channels=channels))
    narrow = _multiply(graph, model, [f"{layer}.fo"], wide, shape=(hidden, inner))
    return _norm(graph, model, f"{layer}.oln", graph.add("Add", narrow, states))


def _multiply(
    graph: _Graph,
    model: FourBitFile,
    names: Sequence[str],
    states: str,
    *,
    shape: tuple[int, int],
    channels: NDArray[np.float32] | None = None,
) -> str:
    """Linear layers of one shape beside each other, in int8; `channels` are the sizes of what they are given."""
    full = np.concatenate([model.blocks(f"{name}.w", *shape).weights() for name in names])
    if channels is not None:
        states, full = graph.add("Mul", states, graph.weight(1 / channels)), full * channels
    rounded, scale = _round(graph, states)
    weights, scales = int8_rows(full)
    whole = graph.add(
        "MatMulInteger", rounded, graph.weight(weights.T), graph.weight(np.uint8(_ZERO)), graph.weight(np.int8(0))
    )
    # The scales of outputs come first: ONNX Runtime takes two scales multiplied beforehand for one of the whole batch.
    product = graph.add("Mul", graph.add("Cast", whole, to=TensorProto.FLOAT), graph.weight(scales / 127))
    offset = np.concatenate([model.floats(f"{name}.b", shape[0]) for name in names])
    return graph.add("Add", graph.add("Mul", product, scale), graph.weight(offset))


def _round(graph: _Graph, states: str) -> tuple[str, str]:
    """States in unsigned bytes around 128, and the largest of each token, which means 127."""
    largest = graph.add("ReduceMax", graph.add("Abs", states), graph.numbers(-1), keepdims=1)
    scale = graph.add("Max", largest, graph.weight(np.float32(1e-20)))  # a row of zeros stays one
    step, zero = graph.weight(np.float32(1 / 127)), graph.weight(np.uint8(_ZERO))
    return graph.add("QuantizeLinear", graph.add("Div", states, scale), step, zero), scale


def _norm(graph: _Graph, model: FourBitFile, name: str, states: str) -> str:
    slope, offset = (graph.weight(model.floats(f"{name}.{part}", model.shape.hidden)) for part in "wb")
    return graph.add("LayerNormalization", states, slope, offset, axis=-1, epsilon=model.shape.epsilon)


def _pool(graph: _Graph, states: str) -> None:
    """The mean over the tokens at unit length, which is their sum at unit length."""
    kept = graph.add("Mul", states, graph.add("Unsqueeze", _mask(graph), graph.numbers(2)))
    graph.add("LpNormalization", graph.add("ReduceSum", kept, graph.numbers(1), keepdims=0), axis=-1, p=2)
