"""Identity of a model: everything that decides its vectors, in one short hash. Equal hashes, equal vectors."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

from retriever.masking import MASKING_VERSION

FINGERPRINT_LENGTH = 32
"""Hex digits kept of the SHA-256: 128 bits name a model beyond doubt and still fit on a line."""

FORMAT_VERSION = 1

IDENTITY_PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.model")
"""Files that can decide a vector."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What decides the vectors of an encoder; `files` maps names inside the model folder to their SHA-256."""

    files: Mapping[str, str]
    dim: int
    pooling: str
    query_prompt: str = ""
    case_prompt: str = ""
    max_tokens: int = 0
    """Longest window in tokens; 0 means no limit."""
    precision: str = "float32"
    library: str = ""
    """Library and major version that does the arithmetic; empty for the light runtime, which is ours."""
    normalised: bool = True
    masking: int = MASKING_VERSION

    @property
    def digest(self) -> str:
        """The fingerprint: 32 hex digits over every field."""
        fields = asdict(self) | {"format": FORMAT_VERSION}
        canonical = json.dumps(fields, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:FINGERPRINT_LENGTH]

    @property
    def model(self) -> str:
        """The same hash over what the vectors mean: whatever rounds or computes them, and whatever is masked before."""
        return replace(self, precision="", library="", masking=0).digest


def hash_files(root: Path, paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file by its name relative to `root`."""
    hashes = {}
    for path in sorted(paths):
        status = path.stat()
        hashes[path.relative_to(root).as_posix()] = _hash_file(path, status.st_size, status.st_mtime_ns)
    return hashes


def identity_files(root: Path) -> dict[str, str]:
    """Hashes of every file that can decide a vector; converted copies shipped beside the model do not count."""
    found = [path for pattern in IDENTITY_PATTERNS for path in root.rglob(pattern) if path.is_file()]
    return hash_files(root, [path for path in found if path.relative_to(root).parts[0] not in ("onnx", "openvino")])


@lru_cache(maxsize=256)
def _hash_file(path: Path, size: int, mtime_ns: int) -> str:
    # size and time are there to be part of the cache key
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
