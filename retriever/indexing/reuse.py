"""What a rebuild takes over from the last snapshot: everything of cases that have not changed since.

Only a snapshot that is whole and was built by this very program and model, from this very library, is taken over from.
At any doubt there is nothing to take over, and every case is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import structlog

from index.facets.facets import Facets
from index.keys import KeyArray, as_array
from index.manifest import read_manifest
from index.merge import RowMerge, plan_merge
from index.pieces import Pieces
from index.snapshots import Snapshots
from index.text.tokenise import tokens
from index.types import IndexDamaged
from index.vectors.dense import DenseIndex
from index.words.bm25 import Words
from retriever.case.texts import embedded_text, matched_text
from retriever.domain import Encoder, StoredCase
from retriever.embedding.alignment import aligner
from retriever.errors import ModelMismatch
from retriever.indexing.live import FACETS_LABEL, CaseSource, is_searchable, load_view

log = structlog.get_logger()

SAMPLE = 200
"""Unchanged cases that are read all the same, to see whether the snapshot says of them what the library says."""
SEED = 20_261_125


@dataclass(frozen=True, slots=True, eq=False)
class LastSnapshot:
    """The parts of the current snapshot, and what has changed since."""

    dense: DenseIndex
    words: Words
    facets: Facets
    pieces: Pieces
    changed: KeyArray
    """Keys of all cases that were written or deleted since its revision, ascending; new ones too."""
    reached: int
    """The library's revision just before that was asked."""

    @property
    def staying(self) -> KeyArray:
        """Keys of its cases that have not changed."""
        return self.dense.keys[~np.isin(self.dense.keys, self.changed)]

    def plan(self, fresh: KeyArray) -> RowMerge:
        """How its rows and those of the cases read again, by ascending key, make the new ones."""
        return plan_merge(self.dense.keys, self.changed, fresh)


def find_last_snapshot(snapshots: Snapshots, source: CaseSource, encoder: Encoder) -> LastSnapshot | None:
    """The current snapshot, if what it says of unchanged cases can be taken over."""
    try:
        name = snapshots.current_name()
        if name is None:
            return None
        view = load_view(snapshots, name, encoder)
        labels = read_manifest(snapshots.path(name)).labels
    except (IndexDamaged, ModelMismatch, KeyError, ValueError) as error:
        log.info("last_snapshot_not_used", reason=str(error))
        return None
    base = view.base
    if base is None or not isinstance(base.dense, DenseIndex) or not isinstance(base.words, Words):
        return None
    if base.pieces is None or base.words.counts is None or FACETS_LABEL not in labels:
        log.info("last_snapshot_not_used", reason=f"snapshot {name} was built by an earlier program")
        return None
    reached = source.revision()
    changed = np.array(sorted(change.key for change in source.changes_since(view.revision)), np.int64)
    last = LastSnapshot(base.dense, base.words, base.facets, base.pieces, changed, reached)
    if view.revision > reached or not _agrees(last, source):
        log.warning("last_snapshot_not_used", reason=f"snapshot {name} is not of this library")
        return None
    return last


def _agrees(last: LastSnapshot, source: CaseSource) -> bool:
    """Whether all parts hold the same cases, and sampled ones stand in the library as they were indexed."""
    keys = last.dense.keys
    in_facets = as_array(last.facets.keys)
    if not all(np.array_equal(keys, other) for other in (last.words.keys, last.pieces.keys, in_facets)):
        return False
    staying = last.staying
    chosen = staying[np.sort(np.random.default_rng(SEED).permutation(len(staying))[:SAMPLE])].tolist()
    found = source.get_many(chosen)
    cases = [found[key] for key in chosen if key in found and found[key].revision <= last.reached]
    if len(cases) < len(chosen) and source.revision() == last.reached:
        return False  # nothing was written meanwhile, so the others were never there
    return all(map(is_searchable, cases)) and _same(last, cases)


def _same(last: LastSnapshot, cases: Sequence[StoredCase]) -> bool:
    """Whether words and pieces of these cases are those of their texts."""
    keys = np.array([case.key for case in cases], np.int64)
    counts = last.words.counts
    if counts is None:
        return False
    lengths = counts.lengths[np.searchsorted(last.words.keys, keys)].tolist()
    said = [len(tokens(matched_text(case.case))) for case in cases]
    pieces = aligner().pieces([embedded_text(case.case) for case in cases])
    return lengths == said and all(map(np.array_equal, pieces, last.pieces.of(keys)))
