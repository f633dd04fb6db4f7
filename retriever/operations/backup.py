"""Backups: one folder with the library as of one moment, its audit files and a manifest.

The index and the vector cache are not in it: both are derived, and a rebuild makes them again.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retriever import __version__
from retriever.case.times import utc_stamp
from retriever.domain import OPERATOR
from retriever.errors import BackupDamaged, InvalidInput, Unavailable
from retriever.store import AuditNote, Store, open_store
from retriever.store.audit import DETAIL_LIMIT

LIBRARY, KEY, ANCHOR, MANIFEST = "library.sqlite3", "audit.key", "audit.anchor", "manifest.json"
FORMAT = 1
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What a backup says about itself; `files` maps a name to its SHA-256."""

    created_at: str
    program: str
    revision: int
    cases: Mapping[str, int]
    audit_head: str
    files: Mapping[str, str]
    format: int = FORMAT

    @property
    def case_count(self) -> int:
        """Cases in any state."""
        return sum(self.cases.values())


def write_backup(store: Store, folder: Path, *, with_key: bool = True) -> BackupManifest:
    """Copy the library into a new folder while others go on using it, and note that in the audit log.

    `with_key` puts the key of the audit log in too: needed to go on after a loss, and to be kept from readers. Raises
    InvalidInput when the folder exists, Unavailable when it cannot be written.
    """
    if folder.exists():
        raise InvalidInput(f"{folder} exists; a backup never writes over anything.")
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        temporary.mkdir(parents=True, mode=0o700)
        manifest = _fill(store, temporary, with_key)
        temporary.rename(folder)
    except OSError as error:
        raise Unavailable(f"the backup cannot be written to {folder}: {error.strerror}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    store.audit.append(OPERATOR, AuditNote("library.backup", "library", details=_noted(manifest, folder)))
    return manifest


def _noted(manifest: BackupManifest, folder: Path) -> dict[str, str | int]:
    """What the audit log remembers: who erases a case is told which backups still hold it."""
    return {"revision": manifest.revision, "folder": str(folder.absolute())[-DETAIL_LIMIT:]}


def read_manifest(folder: Path) -> BackupManifest:
    """The manifest of a backup whose files all have their checksums. Raises InvalidInput, BackupDamaged."""
    path = folder / MANIFEST
    if not path.is_file():
        raise InvalidInput(f"{folder} is no backup: it has no {MANIFEST}.")
    try:
        manifest = BackupManifest(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise BackupDamaged(f"{path} cannot be read; take another backup.") from error
    if manifest.format != FORMAT or LIBRARY not in manifest.files:
        raise BackupDamaged(f"{path} has format {manifest.format}; this program reads format {FORMAT}.")
    for name, digest in manifest.files.items():
        # A name is one of ours: a manifest must not make anybody read or write elsewhere.
        if name not in (LIBRARY, KEY, ANCHOR) or not (folder / name).is_file() or _sha256(folder / name) != digest:
            raise BackupDamaged(f"{name[:40]} in {folder} is not what was backed up; take another backup.")
    return manifest


def count_by_status(store: Store) -> dict[str, int]:
    """Cases by the name of their state."""
    return {str(status): count for status, count in store.cases.count_by_status().items()}


def copy_file(source: Path, target: Path) -> None:
    """Copy, readable by the owner alone, complete or not at all. Raises OSError."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with source.open("rb") as read, os.fdopen(os.open(temporary, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as written:
            shutil.copyfileobj(read, written, _PIECE)
            written.flush()
            os.fsync(written.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _fill(store: Store, folder: Path, with_key: bool) -> BackupManifest:
    files = store.audit.files
    # The anchor first: the copy of the library then has at least the entries that the anchor knows.
    if files.anchor.exists():
        copy_file(files.anchor, folder / ANCHOR)
    if with_key and files.key.exists():
        copy_file(files.key, folder / KEY)
    store.backup_to(folder / LIBRARY)
    (folder / LIBRARY).chmod(0o600)
    with open_store(folder / LIBRARY, read_only=True) as copy:
        revision, cases, head = copy.cases.revision(), count_by_status(copy), str(copy.audit.head())
    names = [name for name in (LIBRARY, KEY, ANCHOR) if (folder / name).exists()]
    for path in folder.iterdir():
        if path.name not in names:
            path.unlink()  # what opening the copy has left, such as an empty journal
    digests = {name: _sha256(folder / name) for name in names}
    manifest = BackupManifest(utc_stamp(), __version__, revision, cases, head, digests)
    plain = {name: getattr(manifest, name) for name in BackupManifest.__slots__}
    (folder / MANIFEST).write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")
    for name in (*names, MANIFEST):
        _sync(folder / name)
    return manifest


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
