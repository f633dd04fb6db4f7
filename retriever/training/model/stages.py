"""Cached stages: each one owns a folder named by what went into it, so a stopped run goes on where it was."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MARK = "stage.json"


@dataclass(frozen=True, slots=True)
class CachedStage:
    """One stage of a run: `folder` belongs to it alone; `key` stands for its settings and everything before it."""

    name: str
    key: str
    folder: Path

    def is_done(self) -> bool:
        """True once `finish` was called for the same ingredients."""
        return (self.folder / MARK).exists()

    def finish(self, figures: Mapping[str, object]) -> None:
        """Mark the stage done and keep its figures (seconds, counts)."""
        text = json.dumps({"stage": self.name, "key": self.key, "figures": figures}, indent=2)
        (self.folder / MARK).write_text(text + "\n", "utf-8")

    def figures(self) -> dict[str, object]:
        """Return the figures of a finished stage."""
        found: dict[str, object] = json.loads((self.folder / MARK).read_text("utf-8"))["figures"]
        return found


def open_stage(work: Path, name: str, ingredients: Mapping[str, object]) -> CachedStage:
    """Name a stage's folder by the hash of its ingredients (JSON-like values, frozen dataclasses included)."""
    text = json.dumps(ingredients, sort_keys=True, default=_plain)
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    folder = work / f"{name}-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ingredients.json").write_text(text + "\n", "utf-8")
    return CachedStage(name, key, folder)


def digest_files(paths: list[Path]) -> str:
    """One SHA-256 over the names and bytes of some files."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        with path.open("rb") as stream:
            digest.update(path.name.encode() + b"\0" + hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} cannot name a stage")
