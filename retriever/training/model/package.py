"""From a float table to the shipped folder: int8 rows, one scale per token, in sentence-transformers' own format."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

LIMIT = 127


@dataclass(frozen=True, slots=True)
class QuantisedTable:
    """`rows` int8 (tokens, dims) and `scales` float32 (tokens,): a token's vector is row times scale."""

    rows: NDArray[np.int8]
    scales: NDArray[np.float32]

    def to_float(self) -> NDArray[np.float32]:
        """Return the table that both runtimes compute with, float32 (tokens, dims)."""
        return self.rows.astype(np.float32) * self.scales[:, None]


def balance_rows(table: NDArray[np.float32], power: float) -> NDArray[np.float32]:
    """Scale each row by (its length / the median length) ** power: below zero, loud tokens speak a little softer."""
    lengths = np.linalg.norm(table, axis=1)
    known = lengths > 0
    factors = np.ones_like(lengths)
    factors[known] = (lengths[known] / np.median(lengths[known])) ** power
    return np.asarray(table * factors[:, None], np.float32)


def quantise_table(table: NDArray[np.float32]) -> QuantisedTable:
    """Round every row to 8 bits on its own scale; a zero row stays zero."""
    largest = np.abs(table).max(axis=1)
    scales = (np.where(largest > 0, largest, 1.0) / LIMIT).astype(np.float32)
    rows = np.clip(np.rint(table / scales[:, None]), -LIMIT, LIMIT).astype(np.int8)
    return QuantisedTable(rows, np.where(largest > 0, scales, 0.0).astype(np.float32))


def write_model(folder: Path, tokenizer: Tokenizer, table: QuantisedTable, versions: dict[str, str]) -> int:
    """Write the model folder (no README) and return its size in bytes; the same input gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    save_file({"embeddings": table.rows, "weights": table.scales}, folder / "model.safetensors")
    # The library writes weights for their owner only; a package is read by everyone.
    (folder / "model.safetensors").chmod(0o644)
    documents: dict[str, object] = {
        "1_Normalize/config.json": {
            "module_input_name": "sentence_embedding",
            "module_output_name": "sentence_embedding",
        },
        "modules.json": [
            {
                "idx": 0,
                "name": "0",
                "path": "",
                "type": "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding",
            },
            {
                "idx": 1,
                "name": "1",
                "path": "1_Normalize",
                "type": "sentence_transformers.base.modules.normalize.Normalize",
            },
        ],
        "config_sentence_transformers.json": {
            "__version__": versions,
            "default_prompt_name": None,
            "model_type": "SentenceTransformer",
            "prompts": {"document": "", "query": ""},
            "similarity_fn_name": "cosine",
        },
        "config.json": {
            "architectures": ["StaticModel"],
            "embedding_dtype": "int8",
            "hidden_dim": int(table.rows.shape[1]),
            "model_type": "model2vec",
            "normalize": True,
        },
    }
    for name, content in documents.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def digest_folder(folder: Path) -> str:
    """SHA-256 over the names and bytes of weights and tokenizer."""
    digest = hashlib.sha256()
    for name in ("model.safetensors", "tokenizer.json"):
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes())
    return digest.hexdigest()
