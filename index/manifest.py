"""What a snapshot says about itself: its contents' identity, and size and SHA-256 of every file.

FAISS notices truncation, not bit rot: of damaged index files most load silently. So nothing of a snapshot is opened
before its bytes have been checked against the manifest.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from index.types import IndexDamaged

MANIFEST_FILE = "manifest.json"
FORMAT = 1
"""Version of the files' layout; another number is refused, because a rebuild is cheap and a misread index is not."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a snapshot."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Identity of one snapshot. `labels` are facts of its owner (model, revision, …)."""

    name: str
    created_at: str
    rows: int
    dim: int
    kind: str
    labels: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    format: int = FORMAT


def hash_file(path: Path) -> FileEntry:
    """Size and SHA-256 of one file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileEntry(path.stat().st_size, digest)


def hash_files(folder: Path) -> dict[str, FileEntry]:
    """Entry of every file below the folder except the manifest itself, by its relative path."""
    return {
        path.relative_to(folder).as_posix(): hash_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST_FILE
    }


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json` into the folder."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The folder's manifest. Raises IndexDamaged when it is missing, not readable or of another format."""
    path = folder / MANIFEST_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        files = {name: FileEntry(**entry) for name, entry in data.pop("files").items()}
        manifest = Manifest(files=files, **data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"{path.name} of snapshot {folder.name} cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise IndexDamaged(
            f"snapshot {folder.name} has format {manifest.format}, this program reads format {FORMAT}: rebuild it"
        )
    return manifest


def verify(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its entry. Raises IndexDamaged naming the first file that differs."""
    for name, entry in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise IndexDamaged(f"snapshot {folder.name}: {name} is missing")
        if path.stat().st_size != entry.bytes:
            raise IndexDamaged(f"snapshot {folder.name}: {name} has {path.stat().st_size} bytes, not {entry.bytes}")
        if hash_file(path).sha256 != entry.sha256:
            raise IndexDamaged(f"snapshot {folder.name}: {name} does not match its checksum")
