"""A very small model in the format of the 4-bit file, with random weights, and the bytes that it consists of."""

import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

HIDDEN, LAYERS, HEADS, INNER, POSITIONS, TYPES, EPSILON = 32, 2, 4, 64, 24, 2, 1e-6
MARKS = ("<s>", "<pad>", "</s>", "<unk>")
WORDS = (
    "▁the",
    "▁refund",
    "▁card",
    "▁退款",
    "▁",
    "t",
    "h",
    "e",
    "r",
    "f",
    "u",
    "n",
    "d",
    "c",
    "a",
    "退",
    "款",
    "é",
    "fi",
)
PIECES = (*MARKS, *WORDS, "<mask>")
BECOMES = {"\u3000": " ", "\ufb01": "fi", "\u00ad": "", "ａ": "a", "\t": " "}


def pack_blocks(codes: NDArray[np.uint8], scales: NDArray[np.float16]) -> bytes:
    """Codes of 0 to 15, (blocks, 32), and a scale each, as the file has them."""
    lines = b""
    for block, scale in zip(codes, scales, strict=True):
        lines += scale.astype("<f2").tobytes()
        lines += bytes(int(low) | int(high) << 4 for low, high in zip(block[:16], block[16:], strict=True))
    return lines


def _random_tensors() -> dict[str, bytes]:
    random = np.random.default_rng(5)

    def matrix(rows: int, columns: int) -> bytes:
        count = rows * columns // 32
        codes = random.integers(0, 16, (count, 32)).astype(np.uint8)
        return pack_blocks(codes, random.uniform(0.02, 0.08, count).astype(np.float16))

    def floats(*shape: int, around: float = 0.0) -> bytes:
        return (around + 0.2 * random.normal(size=shape)).astype("<f4").tobytes()

    tensors = {"emb.word": matrix(len(PIECES) + 2, HIDDEN), "emb.pos": floats(POSITIONS, HIDDEN)}
    tensors |= {"emb.type": floats(TYPES, HIDDEN), "emb.ln.w": floats(HIDDEN, around=1), "emb.ln.b": floats(HIDDEN)}
    for layer in range(LAYERS):
        for name, rows, columns in (
            *((part, HIDDEN, HIDDEN) for part in ("q", "k", "v", "ao")),
            ("fi", INNER, HIDDEN),
            ("fo", HIDDEN, INNER),
        ):
            tensors |= {f"l{layer}.{name}.w": matrix(rows, columns), f"l{layer}.{name}.b": floats(rows)}
        for name in ("aln", "oln"):
            tensors |= {f"l{layer}.{name}.w": floats(HIDDEN, around=1), f"l{layer}.{name}.b": floats(HIDDEN)}
    return tensors


@dataclass
class TinyFile:
    """Parts of a file, which a test may change before it asks for the bytes."""

    magic: bytes = b"E5S1"
    version: int = 1
    sizes: list[int] = field(default_factory=lambda: [HIDDEN, LAYERS, HEADS, INNER, len(PIECES) + 2, POSITIONS, TYPES])
    epsilon: float = EPSILON
    block: int = 32
    marks: tuple[int, ...] = (0, 2, 1, 3)
    pieces: tuple[bytes, ...] = tuple(piece.encode() for piece in PIECES)
    becomes: dict[int, tuple[int, ...]] = field(
        default_factory=lambda: {ord(key): tuple(map(ord, value)) for key, value in BECOMES.items()}
    )
    tensors: dict[str, bytes] = field(default_factory=_random_tensors)
    shift: int = 0
    """Added to the place of each tensor."""

    def content(self) -> bytes:
        """The whole file."""
        head = self.magic + struct.pack("<I7ifi", self.version, *self.sizes, self.epsilon, self.block)
        head += self._vocabulary()
        directory_size = 4 + sum(2 + len(name) + 1 + 4 + 8 + 8 for name in self.tensors)
        place, entries = len(head) + directory_size, b""
        for name, content in self.tensors.items():
            four_bit = (name.endswith(".w") and "ln" not in name) or name == "emb.word"
            elements = len(content) // 18 * 32 if four_bit else len(content) // 4
            entries += struct.pack("<H", len(name)) + name.encode()
            entries += struct.pack("<BIQQ", four_bit, elements, place + self.shift, len(content))
            place += len(content)
        return head + struct.pack("<i", len(self.tensors)) + entries + b"".join(self.tensors.values())

    def _vocabulary(self) -> bytes:
        offsets = np.cumsum([0, *map(len, self.pieces)]).astype("<u4")
        scores = np.array([0.0] * 4 + [-float(2 + place % 5) for place in range(len(self.pieces) - 4)], "<f4")
        table = b"".join(
            struct.pack(f"<IB{len(value)}I", key, len(value), *value) for key, value in sorted(self.becomes.items())
        )
        head = struct.pack("<5iQ", len(self.pieces), *self.marks, int(offsets[-1]))
        rest = struct.pack("<iI", len(self.becomes), len(table)) + table
        return head + offsets.tobytes() + scores.tobytes() + b"".join(self.pieces) + rest
