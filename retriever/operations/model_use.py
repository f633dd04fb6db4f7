"""Another model for a library: its snapshot built beside the old one, the setting written, old vectors dropped."""

from dataclasses import dataclass
from pathlib import Path

from index.manifest import read_manifest
from index.snapshots import Snapshots
from index.types import IndexDamaged
from retriever.config import Settings, config_file
from retriever.domain import Encoder
from retriever.embedding.loading import pinned_name
from retriever.errors import ModelMismatch
from retriever.indexing.labels import check_labels
from retriever.indexing.rebuild import Progress, rebuild
from retriever.operations.model_check import check_model, load_model
from retriever.operations.settings_file import check_writable, set_model
from retriever.operations.snapshots import build_lock
from retriever.store import Store
from retriever.wiring.library import check_library, open_library


@dataclass(frozen=True, slots=True)
class ModelUse:
    """The model by its pinned name, the snapshot that is served, and the settings file that says so.

    `snapshot` is empty where a dry run found none to serve again.
    """

    model: str
    snapshot: str
    settings_file: Path


@dataclass(frozen=True, slots=True)
class VectorPrune:
    """Cached vectors dropped and kept; sizes in bytes, `bytes_before` and `bytes_excess` of the vectors alone."""

    bytes_before: int
    bytes_excess: int
    dropped: int = 0
    kept: int = 0
    file_bytes: int = 0


def use_model(settings: Settings, name: str, *, dry_run: bool = False, progress: Progress | None = None) -> ModelUse:
    """Check a model, serve its newest snapshot again or build one, and write its name into the settings file.

    `settings` are those of now; their snapshots stay, as the way back. Raises ModelUnavailable, Unavailable, Locked,
    SnapshotDamaged and InvalidSettings; nothing has changed then, but that a snapshot may have been built.
    """
    check_library(settings)
    file = config_file()
    check_writable(file)
    pinned = pinned_name(name)
    wanted = settings.model_copy(update={"model": pinned, "model_revision": "", "dims": None})
    encoder, _ = check_model(pinned, wanted)
    with open_library(settings, read_only=dry_run) as store:
        older = _find_snapshot(wanted, encoder)
        if dry_run:
            return ModelUse(pinned, older or "", file)
        served = _serve_again(wanted, older) if older else _build(wanted, store, encoder, progress)
        if not older:
            store.vectors.prune(wanted.vector_cache_mb << 20, keep_fingerprint=encoder.fingerprint)
    set_model(file, pinned)
    return ModelUse(pinned, served, file)


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
