"""Build a new snapshot from the store, check it, publish it. Works beside a running server, resumes after a kill.

Nothing is lost when it is interrupted: vectors are cached page by page in the store, the half-written folder is swept
by the next builder, and readers keep the snapshot they have until CURRENT names another.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import structlog

from index.facets.facets import FacetRow, build_facets
from index.keys import KeyArray, as_set
from index.manifest import Manifest, read_manifest
from index.parts import IndexParts
from index.pieces import PieceArray, Pieces, build_pieces, merge_pieces
from index.snapshots import BuildLocked, Snapshots
from index.types import IndexDamaged
from index.vectors.centring import GroupNames
from index.vectors.dense import DenseIndex, build_dense
from index.vectors.kinds import EXACT, Kind
from index.words.bm25 import build_words, merge_words
from index.words.postings import CountedTokens, count_tokens
from retriever.case.access import LIVE
from retriever.case.times import utc_stamp
from retriever.domain import Encoder, FloatMatrix, Progress, StoredCase
from retriever.embedding.canaries import canary_vectors
from retriever.embedding.language_means import effects_of
from retriever.errors import Locked, ModelMismatch, SnapshotDamaged
from retriever.indexing.entries import entries_of, is_searchable
from retriever.indexing.labels import check_labels, labels_of
from retriever.indexing.live import CANARY_FILE
from retriever.indexing.reuse import (
    NO_KNOWN_PIECES,
    KnownPieces,
    LastSnapshot,
    find_known_pieces,
    find_last_snapshot,
)
from retriever.indexing.selfcheck import Fault, find_fault
from retriever.store import Store
from retriever.store.cases import CaseTable

log = structlog.get_logger()

PAGE = 1_024
"""Cases read, encoded and cached at a time: what a kill can cost."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did; `fresh` is False when the current snapshot was up to date already.

    `exact_because` says which case a faster kind of index did not serve, where every case is compared instead.
    """

    manifest: Manifest
    fresh: bool
    removed: tuple[str, ...] = ()
    exact_because: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """What a rebuild works with."""

    store: Store
    encoder: Encoder
    threads: int
    report: Progress


def rebuild(
    store: Store,
    encoder: Encoder,
    root: Path,
    *,
    threads: int = 2,
    keep: int = 2,
    force: bool = False,
    full: bool = False,
    progress: Progress | None = None,
) -> Rebuilt:
    """Fold all searchable cases into a new snapshot below `root` and make it the current one.

    Does nothing when the current snapshot already holds the store's revision for this model, unless `force` or `full`.
    What the current snapshot says of unchanged cases is taken over; with `full`, it is not looked at. Where the kind of
    vector index for this size fails its own check, the exact kind is built. Raises Locked when another process builds
    here, SnapshotDamaged when that fails its check too.
    """
    report = progress or (lambda _stage, _done, _total: None)
    work = _Work(store, encoder, threads, report)
    snapshots = Snapshots(root)
    try:
        with snapshots.build_lock():
            # Read before the cases: what changes meanwhile comes again with the changes after this revision.
            revision = store.cases.revision()
            current = None if force or full else _current(snapshots, encoder, revision)
            if current is not None:
                return Rebuilt(current, fresh=False)
            parts = _build(work) if full else _build_with_last(work, snapshots)
            parts, exact_because = _checked(work, parts)
            with snapshots.stage() as staged:
                manifest = _write(staged, parts, encoder, revision)
                report("publish", 0, 1)
                manifest = snapshots.publish(staged, manifest)
            removed = snapshots.prune(keep)
            report("publish", 1, 1)
    except BuildLocked as error:
        raise Locked(f"{error}; wait for it, or stop it first.") from error
    log.info("snapshot_published", snapshot=manifest.name, rows=manifest.rows, revision=revision)
    return Rebuilt(manifest, fresh=True, removed=tuple(removed), exact_because=exact_because)


def _current(snapshots: Snapshots, encoder: Encoder, revision: int) -> Manifest | None:
    """The current snapshot's manifest if it is whole and says what a new one would say."""
    try:
        name = snapshots.current_name()
        if name is None:
            return None
        manifest = read_manifest(snapshots.path(name))
        check_labels(manifest, encoder)
        return snapshots.verify(name) if manifest.labels["revision"] == str(revision) else None
    except (IndexDamaged, ModelMismatch, KeyError):
        return None


def _build_with_last(work: _Work, snapshots: Snapshots) -> IndexParts:
    """The indexes over every searchable case, with whatever can be taken over from the current snapshot."""
    last = find_last_snapshot(snapshots, work.store.cases, work.encoder)
    parts = None if last is None else _merge(work, last)
    return _build(work, find_known_pieces(snapshots, work.encoder)) if parts is None else parts


def _build(work: _Work, known: KnownPieces = NO_KNOWN_PIECES) -> IndexParts:
    """The indexes over every searchable case, all of which are read."""
    cases, total = work.store.cases, _count_searchable(work.store.cases)
    read = _read(work, _pages(cases), known, lambda done: work.report("read", done, max(total, done)))
    words = build_words(read.keys, read.counted)
    vectors = _build_vectors(work, read.vectors, read.groups, read.keys)
    return IndexParts(vectors, words, build_facets(read.facets), read.pieces)


def _merge(work: _Work, last: LastSnapshot) -> IndexParts | None:
    """The same indexes from the last snapshot and the cases changed since; None if they would not hold all cases."""
    cases, old, staying = work.store.cases, last.parts, len(last.staying)
    total = staying + len(last.changed)
    work.report("read", staying, total)
    pages = _pages_of(cases, last.changed)
    read = _read(work, pages, NO_KNOWN_PIECES, lambda done: work.report("read", staying + done, total))
    merge = last.plan(read.keys)
    # Only when nothing is written meanwhile can the two be compared.
    if len(merge.keys) != _count_searchable(cases) and cases.revision() == last.reached:
        log.warning("last_snapshot_not_used", reason="its cases and those of the library differ in number")
        return None
    work.report("read", len(merge.keys), len(merge.keys))
    words = merge_words(old.words, merge, read.counted)
    facets = old.facets.merged(as_set(last.changed), read.facets)
    pieces = merge_pieces(old.pieces, merge, read.pieces)
    raw = merge.join(old.vectors.vectors, read.vectors)
    vectors = _build_vectors(work, raw, merge.join(old.vectors.groups, read.groups), merge.keys)
    return IndexParts(vectors, words, facets, pieces)


def _build_vectors(
    work: _Work, vectors: FloatMatrix, groups: GroupNames, keys: KeyArray, kind: Kind | None = None
) -> DenseIndex:
    """An index of the kind for its size, or of the given one; centred anew, as every case counts."""
    work.report("vectors", 0, len(keys))

    def report(done: int) -> None:
        work.report("vectors", done, len(keys))

    effects = effects_of(work.encoder)
    return build_dense(vectors, keys, groups=groups, effects=effects, kind=kind, threads=work.threads, progress=report)


def _checked(work: _Work, parts: IndexParts) -> tuple[IndexParts, str]:
    """The same parts, with exact vectors and the reason where the others fail; SnapshotDamaged if these do too."""
    fault = _find_fault(work, parts.vectors)
    if fault is None:
        return parts, ""
    because = _said_of(work, fault, parts.vectors.kind)
    log.warning("vector_index_not_used", kind=parts.vectors.kind.name, reason=because)
    vectors = parts.vectors
    if vectors.kind is not EXACT:
        vectors = _build_vectors(work, vectors.vectors, vectors.groups, vectors.keys, EXACT)
        fault = _find_fault(work, vectors)
    if fault is not None:
        raise SnapshotDamaged(
            f"self-check failed: {_said_of(work, fault, EXACT)}. Look at this case and at the model's vector of it; "
            "the index before stays in use."
        )
    return replace(parts, vectors=vectors), because


def _find_fault(work: _Work, vectors: DenseIndex) -> Fault | None:
    return find_fault(vectors, lambda done, total: work.report("check", done, total))


def _said_of(work: _Work, fault: Fault, kind: Kind) -> str:
    """The fault with the id of its case."""
    stored = work.store.cases.get_many([fault.key]).get(fault.key)
    return f"case {stored.case.id if stored else f'with key {fault.key}'} {fault.what} in an index of kind {kind.name}"


@dataclass(frozen=True, slots=True, eq=False)
class _ReadCases:
    """What was read of some cases, by ascending key."""

    keys: KeyArray
    facets: Sequence[FacetRow]
    vectors: FloatMatrix
    groups: GroupNames
    counted: CountedTokens
    pieces: Pieces


def _read(
    work: _Work, pages: Iterable[list[StoredCase]], known: KnownPieces, done: Callable[[int], None]
) -> _ReadCases:
    """Everything the indexes need of these cases, from one pass over them."""
    keys, facets, pieces = array("q"), list[FacetRow](), list[PieceArray]()
    vectors, groups = [np.empty((0, work.encoder.dim), np.float32)], [np.empty(0, np.object_)]

    def token_lists() -> Iterator[Sequence[str]]:
        for page in pages:
            entries = entries_of(page)
            vectors.append(entries.vectors(work.encoder, work.store.vectors))
            groups.append(entries.groups())
            pieces.extend(known.of(entries))
            facets.extend(entries.facets())
            keys.extend(stored.key for stored in page)
            yield from entries.token_lists()
            done(len(keys))

    counted = count_tokens(token_lists())
    rows = np.array(keys, np.int64)
    kept = build_pieces(rows, pieces)
    pieces.clear()  # at a million cases each of these is a gigabyte
    matrix = np.concatenate(vectors)
    vectors.clear()
    return _ReadCases(rows, facets, matrix, np.concatenate(groups), counted, kept)


def _count_searchable(cases: CaseTable) -> int:
    counts = cases.count_by_status()
    return sum(counts.get(status, 0) for status in LIVE)


def _pages_of(cases: CaseTable, keys: KeyArray) -> Iterator[list[StoredCase]]:
    """The searchable ones of these cases."""
    for start in range(0, len(keys), PAGE):
        found = cases.get_many(keys[start : start + PAGE].tolist())
        page = [found[key] for key in sorted(found) if is_searchable(found[key])]
        if page:
            yield page


def _pages(cases: CaseTable) -> Iterator[list[StoredCase]]:
    page: list[StoredCase] = []
    for stored in cases.iter(batch=PAGE):
        if is_searchable(stored):
            page.append(stored)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _write(folder: Path, parts: IndexParts, encoder: Encoder, revision: int) -> Manifest:
    parts.save(folder)
    np.save(folder / CANARY_FILE, canary_vectors(encoder), allow_pickle=False)
    return Manifest(
        name="",
        created_at=utc_stamp(),
        rows=len(parts),
        dim=encoder.dim,
        kind=parts.vectors.kind.name,
        labels=labels_of(encoder, revision),
    )
