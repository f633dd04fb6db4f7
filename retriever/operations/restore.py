"""Puts a backup where no library is, checked before it counts; and the drill that shows that a backup can be used."""

import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from retriever.config import Settings
from retriever.domain import OPERATOR, QUESTION_LIMIT, Query, Status
from retriever.errors import BackupDamaged, InvalidInput, SimilarCasesError, Unavailable
from retriever.indexing.rebuild import rebuild
from retriever.operations.backup import (
    ANCHOR,
    KEY,
    LIBRARY,
    BackupManifest,
    copy_file,
    count_by_status,
    read_manifest,
)
from retriever.operations.erase import begin_erasure, finish_erasures
from retriever.store import AuditFiles, AuditNote, CaseFilter, open_store
from retriever.store.audit_chain import parse_head
from retriever.wiring.encoder import open_encoder
from retriever.wiring.library import audit_files, open_library
from retriever.wiring.service import open_service


@dataclass(frozen=True, slots=True)
class DrillStep:
    """One step of a drill: what was done, what came out, and the seconds it took."""

    step: str
    found: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Restored:
    """The backup that is the library now, or would be; what was moved aside for it, by its new names."""

    manifest: BackupManifest
    moved: tuple[Path, ...] = ()
    erased: tuple[str, ...] = ()
    """Cases of the backup that had been erased since: they were erased again."""


def restore_backup(
    settings: Settings, folder: Path, *, replace: bool = False, audit_key: Path | None = None, dry_run: bool = False
) -> Restored:
    """Put a backup in the place of the library, after a drill; nothing counts before all checks have passed.

    `replace` moves a library that is there aside; `audit_key` is the key of the audit log, if it is neither in the
    backup nor here. Raises InvalidInput, BackupDamaged, Unavailable; the library before is in its place then.
    """
    manifest = read_manifest(folder)
    library, files = settings.database_path, audit_files(settings)
    audit_key = _key_of(settings, manifest, audit_key)
    if library.exists() and not replace:
        raise InvalidInput(f"there is a library at {library}; --replace moves it aside.")
    if dry_run:
        return Restored(manifest)
    # A backup that is damaged must be found out before the present library is touched.
    drill(settings, folder, audit_key=audit_key, questions=False)
    keep_key = audit_key == files.key
    moved = _move_aside(library, settings.index_dir, files, keep_key=keep_key) if library.exists() else []
    try:
        _restore_into(folder, library, files, key=audit_key)
    except SimilarCasesError:
        for path in moved:
            path.rename(path.with_name(path.name.rpartition(".replaced-")[0]))
        raise
    _note_restored(settings, manifest)
    before = next((path for path in moved if path.name.startswith(f"{library.name}.replaced-")), None)
    return Restored(manifest, tuple(moved), _erase_again(settings, before) if before else ())


def _erase_again(settings: Settings, before: Path) -> tuple[str, ...]:
    """What was erased after the backup was taken must not come back with it; the ids."""
    with open_library(settings) as store:
        with open_store(before, read_only=True) as replaced:
            ids = store.erasures.carry_over(replaced.erasures)
        for id in ids:
            begin_erasure(store, id, "erased before this backup was restored")
    finish_erasures(settings)
    return tuple(ids)


def drill(
    settings: Settings, folder: Path, *, audit_key: Path | None = None, questions: bool = True
) -> list[DrillStep]:
    """Restore into a throw-away folder, check, and with `questions` rebuild and ask; what was done.

    Raises BackupDamaged or InvalidInput at the first thing that is wrong.
    """
    steps: list[DrillStep] = []
    begin = time.perf_counter()

    def done(step: str, found: str) -> None:
        nonlocal begin
        now = time.perf_counter()
        steps.append(DrillStep(step, found, round(now - begin, 2)))
        begin = now

    manifest = read_manifest(folder)
    done("checksums", f"{len(manifest.files)} files as they were on {manifest.created_at}")
    audit_key = _key_of(settings, manifest, audit_key)
    with tempfile.TemporaryDirectory() as place:
        own = settings.model_copy(update={"data_dir": Path(place), "audit_key": None, "audit_anchor": None})
        _restore_into(folder, own.database_path, AuditFiles.beside(own.database_path), key=audit_key)
        done(
            "library",
            f"{manifest.case_count} cases at revision {manifest.revision}; pages, references, audit log",
        )
        if questions:
            done("index and a question", _ask(own))
    return steps


def _restore_into(folder: Path, library: Path, audit: AuditFiles, *, key: Path | None = None) -> BackupManifest:
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
            copy_file(source, target)
        problems = _problems_of(library, audit, manifest)
        if problems:
            raise BackupDamaged(f"the backup is not whole: {problems[0]}.")
    except BaseException as error:
        for path in new:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Unavailable(f"the backup cannot be written to {library}: {error.strerror}.") from error
        raise
    return manifest


def _problems_of(library: Path, audit: AuditFiles, manifest: BackupManifest) -> list[str]:
    """What is wrong with a restored library, one line each: pages, references, counts, revision, audit log."""
    with open_store(library, audit=audit) as store:
        found = list(store.check())
        if (revision := store.cases.revision()) != manifest.revision:
            found.append(f"the revision is {revision}, the backup was of {manifest.revision}")
        if count_by_status(store) != manifest.cases:
            found.append("the number of cases in some state is another one")
        report = store.audit.verify(known=parse_head(manifest.audit_head))
    return found + [finding.text for finding in report.findings]


def _move_aside(library: Path, index: Path, audit: AuditFiles, *, keep_key: bool = False) -> list[Path]:
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


def _key_of(settings: Settings, manifest: BackupManifest, audit_key: Path | None) -> Path | None:
    """Where the backup has no key of the audit log and none is named, the one that is here."""
    here = audit_files(settings).key
    return here if audit_key is None and KEY not in manifest.files and here.exists() else audit_key


def _ask(settings: Settings) -> str:
    """Build an index and ask for a case by its own text."""
    with open_library(settings) as store:
        rebuild(store, open_encoder(settings), settings.index_dir, threads=settings.threads)
        first = next(store.cases.iter(CaseFilter(statuses=(Status.PUBLISHED,)), batch=1), None)
    if first is None:
        return "no published case to ask for"
    query = Query(problem=first.case.problem[:QUESTION_LIMIT], limit=5, min_confidence=0, audience=OPERATOR.audience)
    with open_service(settings) as service:
        found = [match.stored.case.id for match in service.find_similar(query).matches]
    if first.case.id not in found:
        raise InvalidInput(f"the restored library does not find case {first.case.id} by its own text.")
    return f"{first.case.id} is found by its own text"


def _note_restored(settings: Settings, manifest: BackupManifest) -> None:
    details: dict[str, str | int] = {"backup_of": manifest.created_at, "revision": manifest.revision}
    with open_library(settings) as store:
        store.audit.append(OPERATOR, AuditNote("library.restore", "library", details=details))
