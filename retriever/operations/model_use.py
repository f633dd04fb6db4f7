"""Another model for a library: its snapshot built beside the old one and served, old vectors dropped."""

from dataclasses import dataclass

from index.manifest import read_manifest
from index.snapshots import Snapshots
from index.types import IndexDamaged
from retriever.config import Settings
from retriever.domain import Encoder, Progress
from retriever.embedding.loading import pinned_name
from retriever.errors import ModelMismatch
from retriever.indexing.labels import check_labels
from retriever.indexing.rebuild import rebuild
from retriever.operations.model_check import check_model, load_model
from retriever.operations.snapshots import build_lock, find_older_snapshot, served_name
from retriever.store import Store
from retriever.wiring.library import check_library, open_library


@dataclass(frozen=True, slots=True)
class ModelUse:
    """The model by its pinned name, the snapshot that is served, and the one that `index rollback` would serve again.

    `snapshot` is empty where a dry run found none to serve again, `before` where nothing was served.
    """

    model: str
    snapshot: str
    before: str


@dataclass(frozen=True, slots=True)
class VectorPrune:
    """Cached vectors dropped and kept; sizes in bytes, `bytes_before` and `bytes_excess` of the vectors alone."""

    bytes_before: int
    bytes_excess: int
    dropped: int = 0
    kept: int = 0
    file_bytes: int = 0


def use_model(
    settings: Settings, name: str, *, dims: int | None = None, dry_run: bool = False, progress: Progress | None = None
) -> ModelUse:
    """Check a model, and serve its newest snapshot again or build one: from then on it is the library's model.

    `settings` are those of now; the snapshot that is served stays, as the way back. `dims` cuts the model's vectors.
    Raises ModelUnavailable, Unavailable, Locked and SnapshotDamaged; nothing has changed then.
    """
    check_library(settings)
    pinned = pinned_name(name)
    wanted = settings.model_copy(update={"model": pinned, "model_revision": "", "dims": dims})
    encoder, _ = check_model(pinned, wanted, progress=progress)
    with open_library(settings, read_only=dry_run) as store:
        older = _find_snapshot(wanted, encoder)
        if dry_run:
            return ModelUse(pinned, older or "", served_name(settings) or "")
        served = _serve_again(wanted, older) if older else _build(wanted, store, encoder, progress)
        if not older:
            store.vectors.prune(wanted.vector_cache_mb << 20, keep_fingerprint=encoder.fingerprint)
    return ModelUse(pinned, served, find_older_snapshot(settings) or "")


def prune_vectors(
    settings: Settings, *, max_mb: int | None = None, others: bool = False, dry_run: bool = False
) -> VectorPrune:
    """Drop cached vectors down to a size: other models first, then those used longest ago.

    The size is that of the settings without `max_mb`; `others` drops all of models that are not in use. Raises
    Unavailable, ModelUnavailable.
    """
    check_library(settings)
    encoder = load_model(settings.model, settings)
    with open_library(settings) as store:
        before = store.vectors.stats()
        limit = (settings.vector_cache_mb if max_mb is None else max_mb) << 20
        if others:
            limit = min(limit, before.bytes.get(encoder.fingerprint, 0))
        held = sum(before.bytes.values())
        excess = max(0, held - limit)
        if dry_run:
            return VectorPrune(held, excess)
        dropped = store.vectors.prune(limit, keep_fingerprint=encoder.fingerprint)
        left = store.vectors.stats()
    return VectorPrune(held, excess, dropped, sum(left.vectors.values()), left.file_bytes)


def _find_snapshot(settings: Settings, encoder: Encoder) -> str | None:
    """The newest snapshot that this very model has built."""
    snapshots = Snapshots(settings.index_dir)
    for name in reversed(snapshots.names()):
        try:
            check_labels(read_manifest(snapshots.path(name)), encoder)
            return snapshots.verify(name).name
        except (IndexDamaged, ModelMismatch):
            continue
    return None


def _serve_again(settings: Settings, name: str) -> str:
    snapshots = Snapshots(settings.index_dir)
    with build_lock(snapshots):
        return snapshots.rollback(name).name


def _build(settings: Settings, store: Store, encoder: Encoder, progress: Progress | None) -> str:
    done = rebuild(
        store,
        encoder,
        settings.index_dir,
        threads=settings.threads,
        # The snapshot of the model before stays: it is the way back.
        keep=max(2, settings.keep_snapshots),
        progress=progress,
    )
    return done.manifest.name
