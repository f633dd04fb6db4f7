"""Backups: one folder with the library as of one moment, its audit files and a manifest; restored only when all fits.

The index and the vector cache are not in it: both are derived, and a rebuild makes them again.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from retriever import __version__
from retriever.case.times import utc_stamp
from retriever.domain import OPERATOR
from retriever.errors import BackupDamaged, InvalidInput, Unavailable
from retriever.store import AuditFiles, AuditNote, Store, open_store
from retriever.store.audit_chain import parse_head

LIBRARY, KEY, ANCHOR, MANIFEST = "library.sqlite3", "audit.key", "audit.anchor", "manifest.json"
FORMAT = 1
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself; `files` maps a name to its SHA-256."""

    created_at: str
    program: str
    revision: int
    cases: Mapping[str, int]
    audit_head: str
    files: Mapping[str, str]
    format: int = FORMAT


def write_backup(store: Store, folder: Path, *, with_key: bool = True) -> Manifest:
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
    store.audit.append(OPERATOR, AuditNote("library.backup", "library", details={"revision": manifest.revision}))
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup whose files all have their checksums. Raises InvalidInput, BackupDamaged."""
    path = folder / MANIFEST
    if not path.is_file():
        raise InvalidInput(f"{folder} is no backup: it has no {MANIFEST}.")
    try:
        manifest = Manifest(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise BackupDamaged(f"{path} cannot be read; take another backup.") from error
    if manifest.format != FORMAT or LIBRARY not in manifest.files:
        raise BackupDamaged(f"{path} has format {manifest.format}; this program reads format {FORMAT}.")
    for name, digest in manifest.files.items():
        # A name is one of ours: a manifest must not make anybody read or write elsewhere.
        if name not in (LIBRARY, KEY, ANCHOR) or not (folder / name).is_file() or _sha256(folder / name) != digest:
            raise BackupDamaged(f"{name[:40]} in {folder} is not what was backed up; take another backup.")
    return manifest


def restore_backup(folder: Path, library: Path, audit: AuditFiles, *, key: Path | None = None) -> Manifest:
    """Put a backup where no library is, and check it there before it counts.

    `key` is the key of the audit log, when it is not in the backup. Raises InvalidInput when there is a library already
    or the key is missing, BackupDamaged when the backup is not whole; nothing is left behind then.
    """
    if library.exists():
        raise InvalidInput(f"there is a library at {library}; move it away first.")
    manifest = read_manifest(folder)
    source_key = folder / KEY if KEY in manifest.files else key
    if source_key is None and parse_head(manifest.audit_head).count:
        raise InvalidInput("the key of the audit log is not in this backup; --audit-key names the file.")
    copies = {folder / LIBRARY: library}
    if source_key is not None and source_key != audit.key:
        if audit.key.exists() and audit.key.read_bytes() != source_key.read_bytes():
            raise InvalidInput(f"{audit.key} is the key of another audit log; move it away first.")
        copies[source_key] = audit.key
    if ANCHOR in manifest.files:
        copies[folder / ANCHOR] = audit.anchor
    new = [target for target in copies.values() if not target.exists()]
    try:
        for source, target in copies.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(source, target)
        problems = check_restored(library, audit, manifest)
        if problems:
            raise BackupDamaged(f"the backup is not whole: {problems[0]}.")
    except BaseException as error:
        for path in new:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Unavailable(f"the backup cannot be written to {library}: {error.strerror}.") from error
        raise
    return manifest


def check_restored(library: Path, audit: AuditFiles, manifest: Manifest) -> list[str]:
    """What is wrong with a restored library, one line each: pages, references, counts, revision, audit log."""
    with open_store(library, audit=audit) as store:
        found = list(store.check())
        if (revision := store.cases.revision()) != manifest.revision:
            found.append(f"the revision is {revision}, the backup was of {manifest.revision}")
        if _counts(store) != manifest.cases:
            found.append("the number of cases in some state is another one")
        report = store.audit.verify(known=parse_head(manifest.audit_head))
    return found + [finding.text for finding in report.findings]


def move_aside(library: Path, index: Path, audit: AuditFiles, *, keep_key: bool = False) -> list[Path]:
    """Give a library and what belongs to it other names, so that a backup can take its place; the new names.

    Its index goes too: the revisions of the restored library may mean other changes. `keep_key`: the backup needs it.
    """
    mark = datetime.now(UTC).strftime("replaced-%Y%m%dT%H%M%SZ")
    moved = []
    for path in (*(library.with_name(library.name + end) for end in ("-wal", "-shm", "-journal", "")), index,
                 audit.key, audit.anchor):  # fmt: skip
        if path.exists() and not (keep_key and path == audit.key):
            moved.append(path.rename(path.with_name(f"{path.name}.{mark}")))
    return moved


def _fill(store: Store, folder: Path, with_key: bool) -> Manifest:
    files = store.audit.files
    # The anchor first: the copy of the library then has at least the entries that the anchor knows.
    if files.anchor.exists():
        _copy(files.anchor, folder / ANCHOR)
    if with_key and files.key.exists():
        _copy(files.key, folder / KEY)
    store.backup_to(folder / LIBRARY)
    (folder / LIBRARY).chmod(0o600)
    with open_store(folder / LIBRARY, read_only=True) as copy:
        revision, cases, head = copy.cases.revision(), _counts(copy), str(copy.audit.head())
    names = [name for name in (LIBRARY, KEY, ANCHOR) if (folder / name).exists()]
    for path in folder.iterdir():
        if path.name not in names:
            path.unlink()  # what opening the copy has left, such as an empty journal
    digests = {name: _sha256(folder / name) for name in names}
    manifest = Manifest(utc_stamp(), __version__, revision, cases, head, digests)
    plain = {name: getattr(manifest, name) for name in Manifest.__slots__}
    (folder / MANIFEST).write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")
    for name in (*names, MANIFEST):
        _sync(folder / name)
    return manifest


def _counts(store: Store) -> dict[str, int]:
    return {str(status): count for status, count in store.cases.count_by_status().items()}


def _copy(source: Path, target: Path) -> None:
    """Copy, readable by the owner alone, complete or not at all."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with source.open("rb") as read, os.fdopen(os.open(temporary, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as written:
            shutil.copyfileobj(read, written, _PIECE)
            written.flush()
            os.fsync(written.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
