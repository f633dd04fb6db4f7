"""Build a new snapshot from the store, check it, publish it. Works beside a running server, resumes after a kill.

Nothing is lost when it is interrupted: vectors are cached page by page in the store, the half-written folder is swept
by the next builder, and readers keep the snapshot they have until CURRENT names another.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from index.facets.facets import FacetRow, Facets, build_facets
from index.keys import KeyArray, as_set
from index.manifest import Manifest, read_manifest
from index.pieces import PieceArray, Pieces, build_pieces, load_pieces, merge_pieces
from index.snapshots import BuildLocked, Snapshots
from index.text.tokenise import tokens
from index.types import IndexDamaged
from index.vectors.dense import DenseIndex, build_dense
from index.words.bm25 import Words, build_words, merge_words
from index.words.postings import CountedTokens, count_tokens
from retriever.case.access import LIVE
from retriever.case.facets import facets_of
from retriever.case.texts import embedded_text, matched_text
from retriever.case.times import utc_stamp
from retriever.domain import Encoder, FloatMatrix, StoredCase
from retriever.embedding.alignment import aligner
from retriever.embedding.cache import encode_cases_cached
from retriever.embedding.canaries import canary_vectors
from retriever.errors import Locked, ModelMismatch, SnapshotDamaged
from retriever.indexing.live import CANARY_FILE, CaseSource, CaseStore, check_labels, is_searchable, labels_of
from retriever.indexing.reuse import LastSnapshot, find_last_snapshot

log = structlog.get_logger()

PAGE = 1_024
"""Cases read, encoded and cached at a time: what a kill can cost."""
SAMPLE = 200
"""Cases that must find themselves, and with which recall is measured, before a snapshot is published."""
TOP = 10
SEED = 20_261_124
_ROUNDING = 1e-5  # inner products of float32 differ by less between one way of summing and another
_ROWS = 65_536  # vectors compared at a time in the self-check
Progress = Callable[[str, int, int], None]
"""Called with (stage, done, in all); stages: read, words, vectors, check, publish."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The indexes of a new snapshot, before they are written."""

    dense: DenseIndex
    words: Words
    facets: Facets
    pieces: Pieces
    canaries: FloatMatrix


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did; `fresh` is False when the current snapshot was up to date already."""

    manifest: Manifest
    fresh: bool
    removed: tuple[str, ...] = ()


def rebuild(
    store: CaseStore,
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
    What the current snapshot says of unchanged cases is taken over; with `full`, it is not looked at. Raises Locked
    when another process builds here, SnapshotDamaged when the new snapshot fails its own check.
    """
    report = progress or (lambda _stage, _done, _total: None)
    snapshots = Snapshots(root)
    try:
        with snapshots.build_lock():
            # Read before the cases: what changes meanwhile comes again with the changes after this revision.
            revision = store.cases.revision()
            current = None if force or full else _current(snapshots, encoder, revision)
            if current is not None:
                return Rebuilt(current, fresh=False)
            last = None if full else find_last_snapshot(snapshots, store.cases, encoder)
            parts = _build_from_last(store, encoder, threads, report, last) if last else None
            if parts is None:
                known = _NOTHING_KNOWN if full else _known_pieces(snapshots, encoder)
                parts = _build(store, encoder, threads, report, known)
            _check(parts.dense, report)
            with snapshots.stage() as staged:
                manifest = _write(staged, parts, encoder, revision)
                report("publish", 0, 1)
                manifest = snapshots.publish(staged, manifest)
            removed = snapshots.prune(keep)
            report("publish", 1, 1)
    except BuildLocked as error:
        raise Locked(f"{error}; wait for it, or stop it first.") from error
    log.info("snapshot_published", snapshot=manifest.name, rows=manifest.rows, revision=revision)
    return Rebuilt(manifest, fresh=True, removed=tuple(removed))


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


@dataclass(frozen=True, slots=True, eq=False)
class KnownPieces:
    """The word pieces of the last snapshot, good for every case that has not changed since its revision."""

    pieces: Pieces
    revision: int

    def of(self, page: Sequence[StoredCase], texts: Sequence[str]) -> list[PieceArray]:
        """The pieces of these cases; only new and changed ones are cut up."""
        found = self.pieces.of(np.array([stored.key for stored in page], np.int64))
        new = [i for i, stored in enumerate(page) if stored.revision > self.revision or not len(found[i])]
        for i, ids in zip(new, aligner().pieces([texts[i] for i in new]), strict=True):
            found[i] = ids
        return found


_NOTHING_KNOWN = KnownPieces(build_pieces(np.empty(0, np.int64), []), 0)


def _known_pieces(snapshots: Snapshots, encoder: Encoder) -> KnownPieces:
    """Pieces of the last snapshot, those of another model too."""
    try:
        name = snapshots.current_name()
        if name is None:
            return _NOTHING_KNOWN
        manifest = snapshots.verify(name)
        wanted = labels_of(encoder, 0)
        if any(manifest.labels.get(label) != wanted[label] for label in ("text_version", "pieces")):
            return _NOTHING_KNOWN
        return KnownPieces(load_pieces(snapshots.path(name)), int(manifest.labels["revision"]))
    except (IndexDamaged, KeyError, OSError, ValueError):
        return _NOTHING_KNOWN


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What was read of some cases, by ascending key."""

    keys: KeyArray
    facets: Sequence[FacetRow]
    vectors: FloatMatrix
    words: CountedTokens
    pieces: Pieces


def _read(
    pages: Iterable[list[StoredCase]],
    store: CaseStore,
    encoder: Encoder,
    known: KnownPieces,
    done: Callable[[int], None],
) -> Read:
    """Everything the indexes need of these cases, from one pass over them."""
    keys, rows_of_facets, vectors = array("q"), list[FacetRow](), [np.empty((0, encoder.dim), np.float32)]
    pieces = list[PieceArray]()

    def token_lists() -> Iterator[Sequence[str]]:
        for page in pages:
            texts = [embedded_text(stored.case) for stored in page]
            vectors.append(encode_cases_cached(encoder, texts, store.vectors))
            pieces.extend(known.of(page, texts))
            for stored in page:
                keys.append(stored.key)
                rows_of_facets.append((stored.key, facets_of(stored.case)))
                yield tokens(matched_text(stored.case))
            done(len(keys))

    counted = count_tokens(token_lists())
    rows = np.array(keys, np.int64)
    kept = build_pieces(rows, pieces)
    pieces.clear()  # at a million cases each of these is a gigabyte
    matrix = np.concatenate(vectors)
    vectors.clear()
    return Read(rows, rows_of_facets, matrix, counted, kept)


def _build(store: CaseStore, encoder: Encoder, threads: int, report: Progress, known: KnownPieces) -> Parts:
    """The indexes over every searchable case, all of which are read."""
    total = _searchable(store.cases)
    read = _read(_pages(store.cases), store, encoder, known, lambda done: report("read", done, max(total, done)))
    words = build_words(read.keys, read.words)
    dense = _dense(read.vectors, read.keys, threads, report)
    return Parts(dense, words, build_facets(read.facets), read.pieces, canary_vectors(encoder))


def _build_from_last(
    store: CaseStore, encoder: Encoder, threads: int, report: Progress, last: LastSnapshot
) -> Parts | None:
    """The same indexes from the last snapshot and the cases changed since; None if they would not hold all cases."""
    staying = len(last.staying)
    total = staying + len(last.changed)
    report("read", staying, total)
    pages = _pages_of(store.cases, last.changed)
    read = _read(pages, store, encoder, _NOTHING_KNOWN, lambda done: report("read", staying + done, total))
    merge = last.plan(read.keys)
    # Only when nothing is written meanwhile can the two be compared.
    if len(merge.keys) != _searchable(store.cases) and store.cases.revision() == last.reached:
        log.warning("last_snapshot_not_used", reason="its cases and those of the library differ in number")
        return None
    report("read", len(merge.keys), len(merge.keys))
    words = merge_words(last.words, merge, read.words)
    facets = last.facets.merged(as_set(last.changed), read.facets)
    pieces = merge_pieces(last.pieces, merge, read.pieces)
    dense = _dense(merge.join(last.dense.vectors, read.vectors), merge.keys, threads, report)
    return Parts(dense, words, facets, pieces, canary_vectors(encoder))


def _dense(vectors: FloatMatrix, keys: KeyArray, threads: int, report: Progress) -> DenseIndex:
    report("vectors", 0, len(keys))
    return build_dense(vectors, keys, threads=threads, progress=lambda done: report("vectors", done, len(keys)))


def _searchable(cases: CaseSource) -> int:
    counts = cases.count_by_status()
    return sum(counts.get(status, 0) for status in LIVE)


def _pages_of(cases: CaseSource, keys: KeyArray) -> Iterator[list[StoredCase]]:
    """The searchable ones of these cases."""
    for start in range(0, len(keys), PAGE):
        found = cases.get_many(keys[start : start + PAGE].tolist())
        page = [found[key] for key in sorted(found) if is_searchable(found[key])]
        if page:
            yield page


def _pages(cases: CaseSource) -> Iterator[list[StoredCase]]:
    page: list[StoredCase] = []
    for stored in cases.iter(batch=PAGE):
        if is_searchable(stored):
            page.append(stored)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _check(dense: DenseIndex, report: Progress) -> None:
    """Every sampled case finds itself and recall reaches the kind's floor, or SnapshotDamaged."""
    chosen = np.random.default_rng(SEED).permutation(len(dense))[:SAMPLE]
    questions = np.array(dense.vectors[np.sort(chosen)])
    questions = questions[questions.any(axis=1)]
    found = wanted = 0
    for done, (vector, exact) in enumerate(zip(questions, _exact_tops(dense, questions), strict=True), 1):
        best = dense.search(vector, TOP).scores
        # Of equal vectors any may come first: the best score must be reached, not the own key.
        if not len(best) or best[0] < exact[0] - _ROUNDING:
            raise SnapshotDamaged("self-check failed: a case does not find itself")
        found += int(np.count_nonzero(best >= exact[-1] - _ROUNDING))
        wanted += len(exact)
        report("check", done, len(questions))
    recall = min(found / wanted, 1.0) if wanted else 1.0
    if recall < dense.kind.recall_floor:
        raise SnapshotDamaged(
            f"self-check failed: recall@10 is {recall:.3f}, {dense.kind.name} must reach {dense.kind.recall_floor}"
        )


def _exact_tops(dense: DenseIndex, questions: FloatMatrix) -> FloatMatrix:
    """The true best scores of each question, (questions, at most TOP), best first, by comparing everything."""
    best = np.full((len(questions), 0), 0, np.float32)
    for start in range(0, len(dense), _ROWS):
        scores = np.hstack([best, questions @ dense.vectors[start : start + _ROWS].T])
        keep = min(TOP, scores.shape[1])
        best = np.partition(scores, scores.shape[1] - keep, axis=1)[:, scores.shape[1] - keep :]
    return np.asarray(-np.sort(-best, axis=1), np.float32)


def _write(folder: Path, parts: Parts, encoder: Encoder, revision: int) -> Manifest:
    parts.dense.save(folder)
    parts.words.save(folder)
    parts.facets.save(folder)
    parts.pieces.save(folder)
    np.save(folder / CANARY_FILE, parts.canaries, allow_pickle=False)
    return Manifest(
        name="",
        created_at=utc_stamp(),
        rows=len(parts.dense),
        dim=encoder.dim,
        kind=parts.dense.kind.name,
        labels=labels_of(encoder, revision),
    )
