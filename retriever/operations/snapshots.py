"""The snapshots of a library's index: which there are, are they whole, back to an older one, and old ones away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from index.manifest import Manifest, read_manifest
from index.snapshots import BuildLocked, Snapshots
from index.types import IndexDamaged
from retriever.config import Settings
from retriever.errors import Locked, SnapshotDamaged, SnapshotNotFound
from retriever.wiring.library import open_library


@dataclass(frozen=True, slots=True)
class SnapshotState:
    """One snapshot; `behind` counts the changes of the library since. When `damaged` says why, nothing else is known.

    `mib` is its size on disk.
    """

    name: str
    current: bool
    cases: int = 0
    kind: str = ""
    model: str = ""
    behind: int = 0
    mib: float = 0.0
    created_at: str = ""
    damaged: str = ""


@dataclass(frozen=True, slots=True)
class IndexState:
    """The revision of the library, the snapshot that is served, and all that there are, oldest first."""

    revision: int
    current: str | None
    snapshots: tuple[SnapshotState, ...]


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The snapshot that is served from now on, its model, and the snapshot that was served before."""

    snapshot: str
    model: str
    before: str


def index_state(settings: Settings) -> IndexState:
    """Every snapshot, and how far it is behind the library. Raises Unavailable, SnapshotDamaged."""
    snapshots = Snapshots(settings.index_dir)
    with open_library(settings, read_only=True) as store:
        revision = store.cases.revision()
    current = _current_name(snapshots)
    states = tuple(_state(snapshots, name, current, revision) for name in snapshots.names())
    return IndexState(revision, current, states)


def verify_snapshot(settings: Settings, name: str | None = None) -> Manifest:
    """The manifest of a snapshot, the current one without a name, after every byte was checked.

    Raises SnapshotNotFound, SnapshotDamaged.
    """
    snapshots = Snapshots(settings.index_dir)
    try:
        wanted = name or snapshots.current_name()
        if wanted is None:
            raise SnapshotNotFound("nothing is published yet; run `similar-cases index rebuild`.")
        return snapshots.verify(wanted)
    except IndexDamaged as error:
        raise SnapshotDamaged(f"{error}; run `similar-cases index rebuild --force`.") from error
    except KeyError as error:
        raise _not_found(error, snapshots) from error


def served_name(settings: Settings) -> str | None:
    """The snapshot that is served, None while there is none. Raises SnapshotDamaged."""
    return _current_name(Snapshots(settings.index_dir))


def find_older_snapshot(settings: Settings) -> str | None:
    """The snapshot that was served before, to which `roll_back` goes without a name. Raises SnapshotDamaged."""
    try:
        return Snapshots(settings.index_dir).find_previous()
    except IndexDamaged as error:
        raise SnapshotDamaged(str(error)) from error


def roll_back(settings: Settings, name: str | None = None) -> RolledBack:
    """Serve another snapshot again, without a name the one served before; the library's model is then its model.

    Raises SnapshotNotFound, SnapshotDamaged, Locked.
    """
    snapshots = Snapshots(settings.index_dir)
    try:
        with build_lock(snapshots):
            before = _name_if_whole(snapshots)
            manifest = snapshots.rollback(name)
    except IndexDamaged as error:
        raise SnapshotDamaged(str(error)) from error
    except KeyError as error:
        raise _not_found(error, snapshots) from error
    return RolledBack(manifest.name, manifest.labels["model"], before)


def prune_snapshots(settings: Settings, keep: int | None = None, *, dry_run: bool = False) -> list[str]:
    """Delete all but the newest `keep`, never the current one; the names. Without `keep` as the settings say.

    Raises Locked, SnapshotDamaged.
    """
    snapshots = Snapshots(settings.index_dir)
    try:
        with build_lock(snapshots):
            return snapshots.prune(keep or settings.keep_snapshots, dry_run=dry_run)
    except IndexDamaged as error:
        raise SnapshotDamaged(str(error)) from error


@contextmanager
def build_lock(snapshots: Snapshots) -> Iterator[None]:
    """Nobody else builds or prunes meanwhile. Raises Locked."""
    try:
        with snapshots.build_lock():
            yield
    except BuildLocked as error:
        raise Locked(f"{error}; wait for it.") from error


def changes_behind(settings: Settings, revision: int) -> int:
    """Changes up to this revision that are not in the current snapshot; all of them while there is none."""
    snapshots = Snapshots(settings.index_dir)
    try:
        name = snapshots.current_name()
        held = int(read_manifest(snapshots.path(name)).labels["revision"]) if name else 0
    except IndexDamaged:
        return 0
    return revision - held


def _name_if_whole(snapshots: Snapshots) -> str:
    """The snapshot that is served; empty where there is none, or what says so is damaged."""
    try:
        return snapshots.current_name() or ""
    except IndexDamaged:
        return ""


def _current_name(snapshots: Snapshots) -> str | None:
    try:
        return snapshots.current_name()
    except IndexDamaged as error:
        raise SnapshotDamaged(str(error)) from error


def _state(snapshots: Snapshots, name: str, current: str | None, revision: int) -> SnapshotState:
    try:
        manifest = read_manifest(snapshots.path(name))
    except IndexDamaged as error:
        return SnapshotState(name, name == current, damaged=str(error))
    size = sum(entry.bytes for entry in manifest.files.values())
    return SnapshotState(
        name=name,
        current=name == current,
        cases=manifest.rows,
        kind=manifest.kind,
        model=manifest.labels["model"],
        behind=revision - int(manifest.labels["revision"]),
        mib=round(size / 2**20, 1),
        created_at=manifest.created_at,
    )


def _not_found(error: KeyError, snapshots: Snapshots) -> SnapshotNotFound:
    if error.args[0] == "older":
        return SnapshotNotFound("nothing was served before the current snapshot, so there is no way back.")
    names = ", ".join(snapshots.names()) or "none"
    return SnapshotNotFound(f"there is no snapshot {error.args[0]!r}; there are: {names}.")
