"""The newest drafts, in memory: what arrives is compared with them too, though no search ever finds a draft.

Their vectors are those of the built-in table whatever model serves the library: near-duplicates share their words, and
comparing must cost little with a slow model as well.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.turns import in_turns
from retriever.case.access import OPEN, may_read
from retriever.domain import Actor, Case, Change, FloatMatrix, Match, ScoreParts
from retriever.embedding.alignment.aligner import aligner
from retriever.embedding.spelling import embedded_spelling
from retriever.store import CaseFilter
from retriever.store.cases import CaseTable

MOST = 5_000
"""Drafts that are compared, the newest. One question looks at all of them, in about a millisecond."""
NEAREST = 10
_LOOKED_AT = 50  # nearest by vector that are loaded, in case the actor may not see the first ones
_DRAFTS = CaseFilter(statuses=OPEN)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Drafts as of a revision: row i of the vectors belongs to `keys[i]`, the newest last."""

    revision: int
    keys: NDArray[np.int64]
    vectors: FloatMatrix


class RecentDrafts:
    """Drafts and cases in review of one library; several threads may ask at once."""

    def __init__(self, cases: CaseTable, *, most: int = MOST) -> None:
        """Nothing is read before the first question."""
        self._cases = cases
        self._most = most
        self._known: _Known | None = None
        self._changing = threading.Lock()

    def nearest(self, case: Case, actor: Actor) -> tuple[Match, ...]:
        """The drafts most like this case that the actor may see, best first, itself left out; no confidence (0)."""
        known = self._caught_up()
        cosines = known.vectors @ _vectors([case])[0]
        best = np.argsort(-cosines, kind="stable")[:_LOOKED_AT]
        loaded = self._cases.get_many(known.keys[best].tolist())
        found: list[Match] = []
        for place in best.tolist():
            stored = loaded.get(int(known.keys[place]))
            if stored is None or stored.case.id == case.id or stored.case.status not in OPEN:
                continue
            if may_read(actor, stored.case) and len(found) < NEAREST:
                score = ScoreParts(round(float(cosines[place]), 4), 0.0, 0.0, same_language=False)
                found.append(Match(len(found) + 1, 0.0, score, stored))
        return tuple(found)

    def _caught_up(self) -> _Known:
        with self._changing:
            known = self._known
            changes = [] if known is None else self._cases.changes_since(known.revision)
            if known is None or len(changes) > self._most:
                self._known = known = self._loaded()
            elif changes:
                self._known = known = self._changed(known, changes)
            return known

    def _loaded(self) -> _Known:
        revision = self._cases.revision()
        drafts = self._cases.page(_DRAFTS, limit=self._most)[::-1]
        keys = np.array([stored.key for stored in drafts], np.int64)
        return _Known(revision, keys, _vectors([stored.case for stored in drafts]))

    def _changed(self, known: _Known, changes: Sequence[Change]) -> _Known:
        kept = ~np.isin(known.keys, np.array([change.key for change in changes], np.int64))
        stored = self._cases.get_many([change.key for change in changes if not change.deleted])
        fresh = [case for case in stored.values() if case.case.status in OPEN]
        keys = np.concatenate([known.keys[kept], np.array([case.key for case in fresh], np.int64)])
        vectors = np.concatenate([known.vectors[kept], _vectors([case.case for case in fresh])])
        return _Known(changes[-1].revision, keys[-self._most :], vectors[-self._most :])


def _vectors(cases: Sequence[Case]) -> FloatMatrix:
    return aligner().encoder.encode_cases([embedded_spelling(case) for case in in_turns(cases)])
