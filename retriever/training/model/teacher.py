"""The teacher's vectors of English texts: bfloat16, length-sorted, resumable block by block."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

BLOCK = 4096


@dataclass(frozen=True, slots=True)
class TeacherConfig:
    """`tokens`: texts are cut here (word pieces); `batch_tokens`: padded tokens in one forward pass."""

    tokens: int
    batch_tokens: int


def build_teacher_vectors(
    texts: Sequence[str], model_folder: Path, out: Path, *, config: TeacherConfig, progress: Callable[[int, int], None]
) -> NDArray[np.float16]:
    """Encode every text into `out` (a .npy of shape (texts, dims), unit length, float16) and return it memory-mapped.

    A stopped run goes on at the last finished block of the same file.
    """
    model = _open_teacher(model_folder, config)
    dims = int(model.get_embedding_dimension() or 0)
    order = np.argsort(np.array([len(text) for text in texts]), kind="stable")
    done_file = out.with_suffix(".done.json")
    done = int(json.loads(done_file.read_text())["done"]) if done_file.exists() and out.exists() else 0
    vectors = np.lib.format.open_memmap(
        out, mode="r+" if done else "w+", dtype=np.float16, shape=None if done else (len(texts), dims)
    )
    for start in range(done, len(order), BLOCK):
        block = order[start : start + BLOCK]
        vectors[block] = _encode_block(model, [texts[i] for i in block], config)
        vectors.flush()
        finished = min(start + BLOCK, len(order))
        done_file.write_text(json.dumps({"done": finished}))
        progress(finished, len(order))
    return vectors


def _open_teacher(folder: Path, config: TeacherConfig) -> SentenceTransformer:
    model = SentenceTransformer(
        str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.bfloat16}
    )
    model.max_seq_length = config.tokens
    return model.eval()


def _encode_block(model: SentenceTransformer, texts: list[str], config: TeacherConfig) -> NDArray[np.float16]:
    """Texts of one block are near in length, so one batch size serves all of them."""
    longest = min(config.tokens, max(len(text) for text in texts) // 3 + 4)
    size = max(16, config.batch_tokens // longest)
    vectors = model.encode(
        texts, batch_size=size, convert_to_numpy=False, convert_to_tensor=True, show_progress_bar=False
    )
    unit = torch.nn.functional.normalize(vectors.float(), dim=-1)
    return unit.to(torch.float16).numpy()
