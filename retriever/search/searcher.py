"""The one question this project answers: which resolved cases are like this problem, and how sure is that?"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index import tokenise
from index.types import Allowed, KeyArray
from index.view import View
from retriever.case_facets import BASE_LANGUAGE
from retriever.domain import Encoder, FloatMatrix, Match, Query, ScoreParts, SearchResult, Status, StoredCase
from retriever.language import base_language, detect_language
from retriever.search import explain
from retriever.search.ranking import FloatArray, Ranking, confidence, logits
from retriever.search.scope import clauses_of, may_see
from retriever.texts import query_text, query_words_text

CANDIDATES = 100
"""How many each arm proposes. Fixed, not a multiple of `limit`, so that a longer list begins with the shorter one."""


class Cases(Protocol):
    """What search needs of the store."""

    def get_cases(self, keys: Sequence[int]) -> dict[int, StoredCase]:
        """Stored cases by key; keys that are gone are left out."""
        ...

    def find_keys(self, ids: Sequence[str]) -> list[int]:
        """Keys of the ids that exist."""
        ...


@dataclass(frozen=True, slots=True)
class Candidates:
    """Scored keys of one question, best first."""

    keys: KeyArray
    cosine: FloatArray
    words: FloatArray
    logit: FloatArray
    confidence: FloatArray
    same: NDArray[np.bool_]


class Stopwatch:
    """Milliseconds per stage, in the order the stages ran."""

    def __init__(self) -> None:
        """Start the first stage now."""
        self.took: dict[str, float] = {}
        self._last = self._begin = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self.took[stage] = round((now - self._last) * 1000, 3)
        self._last = now

    def total(self) -> dict[str, float]:
        """All stages and their sum."""
        return {**self.took, "total": round((time.perf_counter() - self._begin) * 1000, 3)}


@dataclass(frozen=True, slots=True)
class Searcher:
    """Holds the parts; a question only reads them."""

    encoder: Encoder
    cases: Cases
    ranking: Ranking
    view: Callable[[], View]

    def find_similar(self, query: Query) -> SearchResult:
        """Matches above the wanted confidence, best first, or an abstention with its reason."""
        watch = Stopwatch()
        view = self.view()
        text = query_text(query)
        vector = self.encoder.encode_query([text])[0]
        watch.lap("encode")
        tokens = tokenise.tokens(query_words_text(query))
        language = detect_language(text, among=view.values("language"))
        watch.lap("words")
        allowed = self._allowed(view, query)
        watch.lap("filter")
        candidates = self._candidates(view, vector, tokens, base_language(language), allowed)
        watch.lap("search")
        wanted = self.ranking.min_confidence if query.min_confidence is None else query.min_confidence
        matches = self._matches(query, text, candidates, wanted)
        watch.lap("load")
        return SearchResult(
            query_id=secrets.token_hex(8),
            matches=matches,
            abstained=not matches,
            reason="" if matches else _reason(bool(vector.any() or tokens), candidates, wanted),
            language=language,
            snapshot=view.snapshot_name,
            revision=view.revision,
            model=self.encoder.name,
            took_ms=watch.total(),
        )

    def _allowed(self, view: View, query: Query) -> Allowed:
        allowed = view.allowed(clauses_of(query))
        excluded = self.cases.find_keys(query.filters.exclude_ids) if query.filters.exclude_ids else []
        if excluded:
            allowed = (view.keys() if allowed is None else allowed) - BitMap(excluded)
        return allowed

    def _candidates(
        self, view: View, vector: FloatMatrix, tokens: Sequence[str], language: str, allowed: Allowed
    ) -> Candidates:
        near = view.search_dense(vector, CANDIDATES, allowed) if vector.any() else None
        worded = view.search_words(tokens, CANDIDATES, allowed) if tokens else None
        found = [hits.keys for hits in (near, worded) if hits is not None]
        keys = np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
        cosine = np.nan_to_num(view.dense_scores(vector, keys)).astype(np.float64)
        share = view.word_scores(tokens, keys).astype(np.float64) / (view.word_ceiling(tokens) if tokens else 1.0)
        same = view.has(BASE_LANGUAGE, language, keys)
        logit = logits(self.ranking, cosine, share, same)
        order = np.lexsort((keys, -logit))
        return Candidates(keys[order], cosine[order], share[order], logit[order], confidence(logit[order]), same[order])

    def _matches(self, query: Query, text: str, found: Candidates, wanted: float) -> tuple[Match, ...]:
        above = int(np.count_nonzero(found.confidence >= wanted))
        matches: list[Match] = []
        # Loaded in small steps: nearly always the first `limit` cases are still there and may be seen.
        for start in range(0, above, query.limit):
            keys = found.keys[start : min(start + query.limit, above)].tolist()
            loaded = self.cases.get_cases(keys)
            for position, key in enumerate(keys, start):
                stored = loaded.get(key)
                if stored is None or not may_see(stored.case, query):
                    continue
                rank = len(matches) + 1
                matches.append(_match(query, text, stored, found=found, position=position, rank=rank))
                if len(matches) == query.limit:
                    return tuple(matches)
        return tuple(matches)


def _match(query: Query, text: str, stored: StoredCase, *, found: Candidates, position: int, rank: int) -> Match:
    return Match(
        rank=rank,
        confidence=float(found.confidence[position]),
        score=ScoreParts(
            cosine=round(float(found.cosine[position]), 4),
            words=round(float(found.words[position]), 4),
            fused=round(float(found.logit[position]), 4),
            same_language=bool(found.same[position]),
        ),
        stored=stored,
        warnings=warnings_of(stored),
        matched_words=explain.shared_words(text, stored.case) if query.explain else (),
        matched_codes=explain.shared_codes(text, stored.case) if query.explain else (),
    )


def warnings_of(stored: StoredCase) -> tuple[str, ...]:
    """What a reader should know before trusting the case."""
    case, today = stored.case, datetime.now(UTC).date().isoformat()
    warnings = []
    if case.superseded_by:
        warnings.append(f"superseded by {case.superseded_by}")
    elif case.status is Status.HISTORICAL:
        warnings.append("historical: kept for reference, no longer maintained")
    if case.valid_until and case.valid_until[:10] < today:
        warnings.append(f"expired on {case.valid_until[:10]}")
    if case.review_due_on and case.review_due_on[:10] < today:
        warnings.append(f"review was due on {case.review_due_on[:10]}")
    return tuple(warnings)


def _reason(has_content: bool, found: Candidates, wanted: float) -> str:
    if not has_content:
        return "the question has no words that can be searched"
    if not len(found.keys):
        return "no case passes the filters"
    return f"the best case reaches a confidence of {found.confidence[0]:.2f}, below the threshold of {wanted:.2f}"
