"""Immutable snapshots in one folder: staged, published by one rename, verified, rolled back, pruned.

    <root>/snapshots/000012/…      one generation, never changed after it is published
    <root>/snapshots/.staged-…     being written; swept when its writer is gone
    <root>/CURRENT                 the name of the generation to serve
    <root>/SERVED                  what was served before it, newest last: the way back
    <root>/rebuild.lock            held while one process builds

Order of publishing: files → fsync each → fsync folder → rename folder → fsync parent → CURRENT.tmp → fsync → rename.
After a crash at any point CURRENT names a whole generation (or none was ever published). SERVED is written before
CURRENT, so a crash between them leaves the current name at its end, where it is passed over.
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
SERVED_FILE = "SERVED"
SERVED_KEPT = 50
"""How many changes back a way is remembered."""


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
        left += [path for file in (CURRENT_FILE, SERVED_FILE) if (path := self.root / f"{file}.tmp").exists()]
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
        self._serve(name)
        return finished

    def verify(self, name: str) -> Manifest:
        """The generation's manifest after every byte was checked. Raises IndexDamaged, KeyError."""
        folder = self.path(name)
        manifest = read_manifest(folder)
        verify(folder, manifest)
        return manifest

    def find_previous(self) -> str | None:
        """What was served before the current generation; where nobody remembers, the one built before it."""
        return self._way_back()[0]

    def rollback(self, name: str | None = None) -> Manifest:
        """Serve another generation after verifying it; without a name the one that was served before the current.

        Raises KeyError when there is none, IndexDamaged when its bytes are wrong. Needs the build lock.
        """
        if name is not None:
            manifest = self.verify(name)
            self._serve(name)
            return manifest
        previous, served = self._way_back()
        if previous is None:
            raise KeyError("older")
        manifest = self.verify(previous)
        self._write(SERVED_FILE, served)
        self._write(CURRENT_FILE, [previous])
        return manifest

    def prune(self, keep: int, *, dry_run: bool = False) -> list[str]:
        """Delete all but `keep` generations; the names. Needs the build lock.

        The current one stays, then the one that was served before it, then the newest.
        """
        current, previous = self.current_name(), self.find_previous()
        spare = sorted((name for name in self.names() if name != current), key=lambda name: (name == previous, name))
        doomed = spare[: max(0, len(spare) - (keep - 1))]
        for name in [] if dry_run else doomed:
            # Renamed first: a half-deleted folder must never look like a generation.
            grave = self.folder / f"{STAGED_PREFIX}pruned-{name}"
            (self.folder / name).rename(grave)
            shutil.rmtree(grave)
        return doomed

    def _way_back(self) -> tuple[str | None, list[str]]:
        """What was served before, and what was served before that, newest last."""
        current, names = self.current_name(), self.names()
        served = [name for name in self._served() if name in names]
        while served and served[-1] == current:
            served.pop()
        if served:
            return served[-1], served[:-1]
        older = [name for name in names if current is None or name < current]
        return (older[-1] if older else None), []

    def _serve(self, name: str) -> None:
        """Point to a generation and remember the one before."""
        try:
            before = self.current_name()
        except IndexDamaged:
            before = None
        if before not in (None, name):
            self._write(SERVED_FILE, [*self._served(), before][-SERVED_KEPT:])
        self._write(CURRENT_FILE, [name])

    def _served(self) -> list[str]:
        try:
            return (self.root / SERVED_FILE).read_text(encoding="ascii", errors="replace").split()
        except FileNotFoundError:
            return []

    def _write(self, file: str, names: list[str]) -> None:
        """Replace one of the two small files by one rename."""
        temporary = self.root / f"{file}.tmp"
        temporary.write_text("".join(name + "\n" for name in names), encoding="ascii")
        _fsync(temporary)
        temporary.rename(self.root / file)
        _fsync(self.root)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
