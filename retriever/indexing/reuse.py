"""What a rebuild takes over from the last snapshot: everything of cases that have not changed since.

Only a snapshot that is whole and was built by this very program and model, from this very library, is taken over from.
At any doubt there is nothing to take over, and every case is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import structlog

from index.keys import KeyArray, as_array
from index.merge import RowMerge, plan_merge
from index.parts import IndexParts
from index.pieces import PieceArray, Pieces, build_pieces, load_pieces
from index.snapshots import Snapshots
from index.types import IndexDamaged
from retriever.domain import Encoder, StoredCase
from retriever.errors import ModelMismatch
from retriever.indexing.entries import Entries, entries_of, is_searchable
from retriever.indexing.labels import labels_of
from retriever.indexing.live import load_view
from retriever.store.cases import CaseTable

log = structlog.get_logger()

SAMPLE = 200
"""Unchanged cases that are read all the same, to see whether the snapshot says of them what the library says."""
SEED = 20_261_125


@dataclass(frozen=True, slots=True, eq=False)
class LastSnapshot:
    """The parts of the current snapshot, and what has changed since."""

    parts: IndexParts
    changed: KeyArray
    """Keys of all cases that were written or deleted since its revision, ascending; new ones too."""
    reached: int
    """The library's revision just before that was asked."""

    @property
    def staying(self) -> KeyArray:
        """Keys of its cases that have not changed."""
        keys = self.parts.vectors.keys
        return keys[~np.isin(keys, self.changed)]

    def plan(self, fresh: KeyArray) -> RowMerge:
        """How its rows and those of the cases read again, by ascending key, make the new ones."""
        return plan_merge(self.parts.vectors.keys, self.changed, fresh)


@dataclass(frozen=True, slots=True, eq=False)
class KnownPieces:
    """The word pieces of a snapshot, good for every case that has not changed since its revision."""

    pieces: Pieces
    revision: int

    def of(self, entries: Entries) -> list[PieceArray]:
        """The pieces of these cases; only new and changed ones are cut up."""
        found = self.pieces.of(entries.keys)
        new = [i for i, case in enumerate(entries.cases) if case.revision > self.revision or not len(found[i])]
        for i, ids in zip(new, entries_of([entries.cases[i] for i in new]).pieces(), strict=True):
            found[i] = ids
        return found


NO_KNOWN_PIECES = KnownPieces(build_pieces(np.empty(0, np.int64), []), 0)
"""Every case is cut up."""


def find_last_snapshot(snapshots: Snapshots, cases: CaseTable, encoder: Encoder) -> LastSnapshot | None:
    """The current snapshot, if what it says of unchanged cases can be taken over."""
    try:
        name = snapshots.current_name()
        if name is None:
            return None
        view = load_view(snapshots, name, encoder)
    except (IndexDamaged, ModelMismatch, KeyError, ValueError) as error:
        log.info("last_snapshot_not_used", reason=str(error))
        return None
    if view.base.words.counts is None:
        log.info("last_snapshot_not_used", reason=f"snapshot {name} was built by an earlier program")
        return None
    reached = cases.revision()
    changed = np.array(sorted(change.key for change in cases.changes_since(view.revision)), np.int64)
    last = LastSnapshot(view.base, changed, reached)
    if view.revision > reached or not _agrees(last, cases):
        log.warning("last_snapshot_not_used", reason=f"snapshot {name} is not of this library")
        return None
    return last


def find_known_pieces(snapshots: Snapshots, encoder: Encoder) -> KnownPieces:
    """Pieces of the current snapshot, also of one of another model; none when it is damaged or cut them otherwise."""
    try:
        name = snapshots.current_name()
        if name is None:
            return NO_KNOWN_PIECES
        manifest = snapshots.verify(name)
        wanted = labels_of(encoder, 0)
        if any(manifest.labels.get(label) != wanted[label] for label in ("text_version", "pieces")):
            return NO_KNOWN_PIECES
        return KnownPieces(load_pieces(snapshots.path(name)), int(manifest.labels["revision"]))
    except (IndexDamaged, KeyError, OSError, ValueError):
        return NO_KNOWN_PIECES


def _agrees(last: LastSnapshot, cases: CaseTable) -> bool:
    """Whether all parts hold the same cases, and sampled ones stand in the library as they were indexed."""
    parts, keys = last.parts, last.parts.vectors.keys
    others = (parts.words.keys, parts.pieces.keys, as_array(parts.facets.keys))
    if not all(np.array_equal(keys, other) for other in others):
        return False
    staying = last.staying
    chosen = staying[np.sort(np.random.default_rng(SEED).permutation(len(staying))[:SAMPLE])].tolist()
    found = cases.get_many(chosen)
    sample = [found[key] for key in chosen if key in found and found[key].revision <= last.reached]
    if len(sample) < len(chosen) and cases.revision() == last.reached:
        return False  # nothing was written meanwhile, so the others were never there
    return all(map(is_searchable, sample)) and _same(parts, sample)


def _same(parts: IndexParts, cases: Sequence[StoredCase]) -> bool:
    """Whether words and pieces of these cases are those of their texts, and their groups those of their languages."""
    counts = parts.words.counts
    if counts is None:
        return False
    entries = entries_of(cases)
    rows = np.searchsorted(parts.words.keys, entries.keys)
    if not np.array_equal(parts.vectors.groups[rows], entries.groups()):
        return False
    same_words = counts.lengths[rows].tolist() == [len(words) for words in entries.token_lists()]
    return same_words and all(map(np.array_equal, entries.pieces(), parts.pieces.of(entries.keys)))
