"""A new snapshot of a library's index, beside whatever is served."""

from dataclasses import dataclass

from index.manifest import Manifest
from retriever.config import Settings
from retriever.domain import Progress
from retriever.indexing.rebuild import rebuild
from retriever.wiring.encoder import open_encoder
from retriever.wiring.library import check_library, open_library


@dataclass(frozen=True, slots=True)
class IndexBuild:
    """The snapshot that is served now; `fresh` is False when it was up to date already.

    `vectors_dropped` left the cache to keep it within its size. `exact_because` is why every case is compared, where a
    library of this size would have a faster index.
    """

    manifest: Manifest
    fresh: bool
    vectors_dropped: int
    exact_because: str = ""


def rebuild_index(
    settings: Settings, *, force: bool = False, full: bool = False, progress: Progress | None = None
) -> IndexBuild:
    """Build a snapshot and publish it, unless the current one is up to date; see `indexing.rebuild`.

    `force` builds anyway, `full` from nothing. Raises Unavailable without a library, Locked, ModelUnavailable and
    SnapshotDamaged.
    """
    check_library(settings)
    with open_library(settings) as store:
        encoder = open_encoder(settings)
        done = rebuild(
            store,
            encoder,
            settings.index_dir,
            threads=settings.threads,
            keep=settings.keep_snapshots,
            force=force,
            full=full,
            progress=progress,
        )
        dropped = store.vectors.prune(settings.vector_cache_mb << 20, keep_fingerprint=encoder.fingerprint)
    return IndexBuild(done.manifest, done.fresh, dropped, done.exact_because)


def library_revision(settings: Settings) -> int:
    """The revision that a rebuild would hold. Raises Unavailable without a library."""
    check_library(settings)
    with open_library(settings, read_only=True) as store:
        return store.cases.revision()
