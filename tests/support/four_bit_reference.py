"""What a model in 4 bits means, in full precision: read again on its own and run by transformers' BertModel."""

import struct

import numpy as np
from numpy.typing import NDArray


def read_weights(content: bytes, rows: int, columns: int) -> NDArray[np.float32]:
    """A matrix out of its bytes, weight by weight, as the format is described."""
    weights = []
    for start in range(0, len(content), 18):
        (scale,) = struct.unpack("<e", content[start : start + 2])
        packed = content[start + 2 : start + 18]
        weights += [((byte & 15) - 8) * scale for byte in packed] + [((byte >> 4) - 8) * scale for byte in packed]
    return np.array(weights, np.float32).reshape(rows, columns)
