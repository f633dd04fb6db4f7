"""A case erased: its words out of the database, the vector cache and the index, and what is left told.

First one transaction takes the text out of every table; whatever happens after that, it is gone there. Then follow the
cached vectors, a new snapshot, the removal of all older ones, and the log of the database. A run that was interrupted
goes on with the next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from index.snapshots import Snapshots
from retriever.case.texts import embedded_text
from retriever.config import Settings
from retriever.domain import OPERATOR, Actor, Case, Progress
from retriever.embedding.cache import text_hash
from retriever.embedding.spelling import embedded_spelling
from retriever.errors import InvalidInput
from retriever.operations.rebuild import rebuild_index
from retriever.operations.snapshots import prune_snapshots
from retriever.store import Store
from retriever.store.erasures import ErasedRows
from retriever.wiring.library import open_library


@dataclass(frozen=True, slots=True)
class BackupLeft:
    """A backup that was taken while the case was in the library; `there` is whether its folder still is."""

    at: str
    folder: str
    there: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: rows that lost their text by kind, vectors and snapshots that went; and what still holds it.

    `backups` hold the case, `beside` are files of a library that a restore moved aside.
    """

    id: str
    rows: Mapping[str, int]
    vectors: int = 0
    snapshots: tuple[str, ...] = ()
    backups: tuple[BackupLeft, ...] = ()
    beside: tuple[str, ...] = field(default=())


def erase_case(
    settings: Settings,
    id: str,
    reason: str,
    *,
    actor: Actor = OPERATOR,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Erased:
    """Erase a case, a deleted one too, and finish what earlier runs left; `dry_run` only counts.

    Raises CaseNotFound, Conflict for one that was erased already, InvalidInput without a reason, and what a rebuild
    raises: then the text is out of the database, and the next run goes on.
    """
    if not reason.strip():
        raise InvalidInput("say why: --reason is kept in the audit log.")
    with open_library(settings, read_only=dry_run) as store:
        if not dry_run and any(erasure.case_id == id for erasure in store.erasures.unfinished()):
            # The same command again, after it was interrupted.
            vectors, snapshots = finish_erasures(settings, progress=progress)
            return Erased(id, {}, vectors, snapshots, beside=_beside(settings))
        told = begin_erasure(store, id, reason, actor=actor, dry_run=dry_run)
        backups = _backups(store, told.erasure.created_at)
    if dry_run:
        return Erased(id, told.rows, backups=backups, beside=_beside(settings))
    vectors, snapshots = finish_erasures(settings, progress=progress)
    return Erased(id, told.rows, vectors, snapshots, backups, _beside(settings))


def begin_erasure(store: Store, id: str, reason: str, *, actor: Actor = OPERATOR, dry_run: bool = False) -> ErasedRows:
    """Take the words of a case out of the database. Raises CaseNotFound, Conflict."""
    return store.erasures.begin(id, reason, names_of_text=_names_of_text, actor=actor, dry_run=dry_run)


def finish_erasures(settings: Settings, *, progress: Progress | None = None) -> tuple[int, tuple[str, ...]]:
    """Take what was erased out of the vector cache and the index; vectors and snapshots that went.

    Every snapshot but a new one goes, since each holds words of all cases: there is no way back to one of them. Raises
    what a rebuild raises, and Locked; run it again then.
    """
    with open_library(settings) as store:
        begun = store.erasures.unfinished()
        if not begun:
            return 0, ()
        vectors = sum(store.vectors.forget(erasure.vectors) for erasure in begun)
    held = set(Snapshots(settings.index_dir).names())
    if held:
        rebuild_index(settings, progress=progress)
        prune_snapshots(settings, keep=1)
    left = set(Snapshots(settings.index_dir).names())
    with open_library(settings) as store:
        for erasure in begun:
            store.erasures.finish(erasure.case_id)
    return vectors, tuple(sorted(held - left))


def _names_of_text(case: Case) -> tuple[str, ...]:
    # Earlier versions embedded the text as it is.
    return text_hash(embedded_spelling(case)), text_hash(embedded_text(case))


def _backups(store: Store, since: str) -> tuple[BackupLeft, ...]:
    """Backups taken since the case came in, as the audit log has them; older entries name no folder."""
    found = []
    for entry in store.audit.iter_entries(action="library.backup", since=since):
        folder = str(entry.details.get("folder", ""))
        found.append(BackupLeft(entry.at, folder, bool(folder) and Path(folder).exists()))
    return tuple(found)


def _beside(settings: Settings) -> tuple[str, ...]:
    folder = settings.database_path.parent
    return tuple(sorted(path.name for path in folder.glob("*.replaced-*")))
