"""The index follows the store: `catch_up` applies changes to the delta, `rebuild` folds everything into a new snapshot.

The store is the only truth. A snapshot says which revision it holds, the delta carries what came after, and a search
holds one frozen View, so publishing is one assignment. Nothing here needs to be reconciled: a lost index is a rebuild.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import structlog

from index.manifest import Manifest, read_manifest
from index.parts import load_parts
from index.snapshots import Snapshots
from index.types import IndexDamaged
from index.view import View
from retriever.domain import Change, Encoder, FloatMatrix
from retriever.embedding.canaries import check_canaries
from retriever.embedding.language_means import effects_of
from retriever.errors import SnapshotDamaged
from retriever.indexing.entries import entries_of, is_searchable
from retriever.indexing.labels import check_labels
from retriever.store import Store

log = structlog.get_logger()

CANARY_FILE = "canaries.npy"
CHANGES_PER_STEP = 2_000
"""Cases encoded and added to the delta at a time while catching up; readers see each step."""


class Indexing:
    """Keeps the View of one process in step with the store and with the published snapshots."""

    def __init__(self, store: Store, encoder: Encoder, root: Path) -> None:
        """Name the parts; `open` loads the current snapshot."""
        self._store = store
        self._encoder = encoder
        self._snapshots = Snapshots(root)
        self._view = View.empty(encoder.dim, effects_of(encoder))
        self._changing = threading.Lock()
        self._degraded = ""
        self._successor: Indexing | None = None

    def open(self) -> None:
        """Load the current snapshot and catch up with the store. Raises ModelMismatch, SnapshotDamaged."""
        with self._changing:
            self._load_current()
        self.catch_up()

    def view(self) -> View:
        """The frozen view to answer one question with."""
        return self._view

    def problems(self) -> list[str]:
        """Why this process is degraded; empty when all is well."""
        return [self._degraded] if self._degraded else []

    def poll(self) -> None:
        """Notice what other processes did: a newly published snapshot, new revisions.

        Raises ModelMismatch when the new snapshot belongs to another model; changes are followed all the same.
        """
        try:
            self._load_newer()
        finally:
            self.catch_up()

    def catch_up(self) -> int:
        """Apply every change of the store that the view does not hold yet; the revision reached."""
        with self._changing:
            changes = self._store.cases.changes_since(self._view.revision)
            for start in range(0, len(changes), CHANGES_PER_STEP):
                step = changes[start : start + CHANGES_PER_STEP]
                self._view = self._applied(self._view, step)
            reached = self._view.revision
        if self._successor is not None:
            self._successor.catch_up()
        return reached

    def hand_over(self, successor: "Indexing") -> None:
        """From now on whoever still writes through this one brings `successor` up to date too."""
        self._successor = successor

    def current_manifest(self) -> Manifest | None:
        """What the snapshot to serve says of itself, loaded or not; None without one. Raises IndexDamaged."""
        name = self._snapshots.current_name()
        return None if name is None else read_manifest(self._snapshots.path(name))

    def _load_newer(self) -> None:
        try:
            name = self._snapshots.current_name()
        except IndexDamaged:
            return
        if name is not None and name != self._view.snapshot_name and name not in self._degraded:
            with self._changing:
                self._load_current()

    def _applied(self, view: View, changes: Sequence[Change]) -> View:
        stored = self._store.cases.get_many([change.key for change in changes if not change.deleted])
        # A case deleted since the change was read is simply not there any more: its deletion comes with a later change.
        cases = [case for case in stored.values() if is_searchable(case)]
        gone = [change.key for change in changes if change.key not in {case.key for case in cases}]
        upserts = entries_of(cases).upserts(self._encoder, self._store.vectors)
        return view.with_changes(upserts, gone, revision=changes[-1].revision)

    def _load_current(self) -> None:
        """Load the snapshot that CURRENT names; if it is damaged, the newest older one that is whole."""
        try:
            name = self._snapshots.current_name()
        except IndexDamaged as error:
            name, self._degraded = None, str(error)
            candidates = self._snapshots.names()[::-1]
        else:
            if name is None:
                return
            older = [other for other in self._snapshots.names()[::-1] if other < name]
            candidates = [name, *older]
        for candidate in candidates:
            try:
                self._view = load_view(self._snapshots, candidate, self._encoder)
            except IndexDamaged as error:
                log.error("snapshot_damaged", snapshot=candidate, detail=str(error))
                self._degraded = f"snapshot {candidate} is damaged ({error}); run `similar-cases index rebuild`"
                continue
            if candidate == name:
                self._degraded = ""
            return
        raise SnapshotDamaged(f"no snapshot can be loaded: {self._degraded}")


def load_view(snapshots: Snapshots, name: str, encoder: Encoder) -> View:
    """A view over one verified snapshot. Raises IndexDamaged, ModelMismatch."""
    folder = snapshots.path(name)
    # Before all bytes are read: a process that waits for its model asks again and again.
    check_labels(read_manifest(folder), encoder)
    manifest = snapshots.verify(name)
    try:
        canaries: FloatMatrix = np.load(folder / CANARY_FILE, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"snapshot {name}: {error}") from error
    parts = load_parts(folder)
    check_canaries(encoder, canaries)
    return View.over(parts, snapshot_name=name, revision=int(manifest.labels["revision"]))
