"""Immutable snapshots in one folder: staged, published by one rename, verified, rolled back, pruned.

    <root>/snapshots/000012/…      one generation, never changed after it is published
    <root>/snapshots/.staged-…     being written; swept when its writer is gone
    <root>/CURRENT                 the name of the generation to serve
    <root>/rebuild.lock            held while one process builds

Order of publishing: files → fsync each → fsync folder → rename folder → fsync parent → CURRENT.tmp → fsync → rename.
After a crash at any point CURRENT names a whole generation (or none was ever published).
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from index.manifest import Manifest, hash_files, read_manifest, verify, write_manifest
from index.types import IndexDamaged

STAGED_PREFIX = ".staged-"
CURRENT_FILE = "CURRENT"


class BuildLocked(Exception):
    """Another process is building in this folder."""


class Snapshots:
    """All generations below one root folder."""

    def __init__(self, root: Path) -> None:
        """Name the root; nothing is touched before the first write."""
        self.root = root
        self.folder = root / "snapshots"

    def names(self) -> list[str]:
        """Published generations, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir() and path.name.isdigit())

    def path(self, name: str) -> Path:
        """Folder of a generation. Raises KeyError when there is none of that name."""
        if name not in self.names():
            raise KeyError(name)
        return self.folder / name

    def current_name(self) -> str | None:
        """The generation that CURRENT names, None when nothing was published yet."""
        try:
            name = (self.root / CURRENT_FILE).read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return None
        if name not in self.names():
            raise IndexDamaged(f"{CURRENT_FILE} names snapshot {name[:40]!r}, which does not exist")
        return name

    @contextmanager
    def build_lock(self) -> Iterator[None]:
        """Hold the one builder's lock; the system frees it when the process dies. Raises BuildLocked."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "rebuild.lock").open("a+b") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BuildLocked(f"another process is building in {self.root}") from error
            yield

    @contextmanager
    def stage(self) -> Iterator[Path]:
        """A fresh folder to write the next generation into; removed unless `publish` took it. Needs the build lock."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sweep()
        staged = self.folder / f"{STAGED_PREFIX}{os.getpid()}"
        staged.mkdir(mode=0o700)
        try:
            yield staged
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def sweep(self) -> list[str]:
        """Remove what a killed builder left behind; the names removed. Needs the build lock."""
        left = [path for path in self.folder.glob(f"{STAGED_PREFIX}*")] if self.folder.is_dir() else []
        left += [path for path in [self.root / f"{CURRENT_FILE}.tmp"] if path.exists()]
        for path in left:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return [path.name for path in left]

    def publish(self, staged: Path, manifest: Manifest) -> Manifest:
        """Make the staged folder the current generation; the manifest with its name and files. Needs the build lock."""
        names = self.names()
        name = f"{int(names[-1]) + 1 if names else 1:06d}"
        finished = replace(manifest, name=name, files=hash_files(staged))
        write_manifest(staged, finished)
        for path in sorted(staged.rglob("*")):
            _fsync(path)
        _fsync(staged)
        staged.rename(self.folder / name)
        _fsync(self.folder)
        self._point_to(name)
        return finished

    def verify(self, name: str) -> Manifest:
        """The generation's manifest after every byte was checked. Raises IndexDamaged, KeyError."""
        folder = self.path(name)
        manifest = read_manifest(folder)
        verify(folder, manifest)
        return manifest

    def rollback(self, name: str | None = None) -> Manifest:
        """Serve an older generation (the one before the current by default) after verifying it.

        Raises KeyError when there is none, IndexDamaged when its bytes are wrong. Needs the build lock.
        """
        names = self.names()
        if name is None:
            current = self.current_name()
            older = [other for other in names if current is None or other < current]
            if not older:
                raise KeyError("older")
            name = older[-1]
        manifest = self.verify(name)
        self._point_to(name)
        return manifest

    def prune(self, keep: int, *, dry_run: bool = False) -> list[str]:
        """Delete all but the newest `keep` generations, never the current one; the names. Needs the build lock."""
        current = self.current_name()
        spare = [name for name in self.names() if name != current]
        doomed = spare[: max(0, len(spare) - (keep - 1))]
        for name in [] if dry_run else doomed:
            # Renamed first: a half-deleted folder must never look like a generation.
            grave = self.folder / f"{STAGED_PREFIX}pruned-{name}"
            (self.folder / name).rename(grave)
            shutil.rmtree(grave)
        return doomed

    def _point_to(self, name: str) -> None:
        temporary = self.root / f"{CURRENT_FILE}.tmp"
        temporary.write_text(name + "\n", encoding="ascii")
        _fsync(temporary)
        temporary.rename(self.root / CURRENT_FILE)
        _fsync(self.root)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
