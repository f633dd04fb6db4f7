"""The one question this project answers: which resolved cases are like this problem, and how sure is that?"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.keys import Allowed, KeyArray, KeySet
from index.text import tokenise
from index.types import FloatVector
from index.view import View
from retriever.case.facets import BASE_LANGUAGE
from retriever.case.language import base_language, detect_language
from retriever.case.texts import query_text, query_words_text
from retriever.domain import Encoder, Match, Query, ScoreParts, SearchResult, StoredCase
from retriever.embedding.alignment import aligner
from retriever.search.candidates import Asked, Candidates, Question, Stage
from retriever.search.explain import Explainer
from retriever.search.grouping import Group, Placed, add_groups
from retriever.search.ranking import Ranking, confidence, logits, rank_scores
from retriever.search.scope import clauses_of, may_see
from retriever.search.scores import CandidateScores, FloatArray, cosines_among
from retriever.search.smalltalk import asks_nothing
from retriever.search.trust import this_day, trust_of, trusted_order, warnings_of

CANDIDATES = 100
"""How many each arm proposes. Fixed, not a multiple of `limit`, so that a longer list begins with the shorter one."""
PROMISING = 32
"""How many of each arm's best are compared piece by piece; the others follow behind them."""

STEP = 20
"""Cases loaded at once, and put into the order of trust among themselves."""


class Cases(Protocol):
    """What search needs of the store."""

    def get_many(self, keys: Sequence[int]) -> dict[int, StoredCase]:
        """Stored cases by key; keys that are gone are left out."""
        ...

    def find_keys(self, ids: Sequence[str]) -> list[int]:
        """Keys of the ids that exist."""
        ...


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
    stages: Sequence[Stage] = ()
    """Optional steps after the ranking, in this order."""

    @property
    def identity(self) -> str:
        """What decides the confidence beside the ranking: the model's fingerprint, and the stages if there are any."""
        return " + ".join([self.encoder.fingerprint, *(stage.identity for stage in self.stages)])

    def find_similar(self, query: Query) -> SearchResult:
        """Matches above the wanted confidence, best first, or an abstention with its reason."""
        watch = Stopwatch()
        view = self.view()
        text = query_text(query)
        vector = self.encoder.encode_query([text])[0]
        watch.lap("encode")
        tokens = tokenise.tokens(query_words_text(query))
        language = detect_language(text, among=view.facets.values("language"))
        asked = Asked(text, vector, tokens, base_language(language))
        watch.lap("words")
        allowed = self._allowed(view, query)
        watch.lap("filter")
        keys, promising = self._proposed(view, asked, allowed)
        watch.lap("search")
        candidates = self._ranked(view, asked, keys, promising, limit=query.limit)
        watch.lap("rank")
        empty = not (vector.any() or tokens)
        silent = empty or asks_nothing(query_words_text(query))
        warnings: tuple[str, ...] = ()
        if self.stages and not silent:
            question = self._question(query, view, asked, allowed=allowed, proposed=(keys, promising))
            candidates, warnings = self._staged(question, candidates, watch)
        wanted = self.ranking.min_confidence if query.min_confidence is None else query.min_confidence
        matches = () if silent else self._matches(query, candidates, wanted)
        watch.lap("load")
        if query.explain and matches:
            matches = _explained(query, matches)
            watch.lap("explain")
        return SearchResult(
            query_id=secrets.token_hex(8),
            matches=matches,
            abstained=not matches,
            reason="" if matches else _reason(candidates, wanted, empty=empty, silent=silent),
            language=language,
            snapshot=view.snapshot_name,
            revision=view.revision,
            model=self.encoder.name,
            took_ms=watch.total(),
            warnings=warnings,
        )

    def _question(
        self, query: Query, view: View, asked: Asked, *, allowed: Allowed, proposed: tuple[KeyArray, NDArray[np.bool_]]
    ) -> Question:
        widen = partial(self._widened, view, asked, allowed=allowed, proposed=proposed, limit=query.limit)
        return Question(
            query,
            asked,
            load=self.cases.get_many,
            widen=widen,
            weight=lambda word: view.words.ceiling([word]),
            scale=self.ranking.scale,
        )

    def _staged(self, question: Question, found: Candidates, watch: Stopwatch) -> tuple[Candidates, tuple[str, ...]]:
        """The candidates after every optional stage, and what these warn of."""
        warnings = []
        for stage in self.stages:
            found, warning = stage.apply(question, found)
            warnings += [warning] if warning else []
            watch.lap(stage.name)
        return found, tuple(warnings)

    def _allowed(self, view: View, query: Query) -> Allowed:
        allowed = view.facets.allowed(clauses_of(query))
        excluded = self.cases.find_keys(query.filters.exclude_ids) if query.filters.exclude_ids else []
        if excluded:
            allowed = (view.facets.keys if allowed is None else allowed) - KeySet(excluded)
        return allowed

    def scores_of(self, query: Query) -> tuple[KeyArray, CandidateScores]:
        """The promising candidates of a question with all that is known of them, for fitting the ranking."""
        view, text = self.view(), query_text(query)
        language = base_language(detect_language(text, among=view.facets.values("language")))
        asked = Asked(text, self.encoder.encode_query([text])[0], tokenise.tokens(query_words_text(query)), language)
        keys, promising = self._proposed(view, asked, self._allowed(view, query))
        return keys[promising], self._scores(view, asked, keys[promising])

    def _proposed(self, view: View, asked: Asked, allowed: Allowed) -> tuple[KeyArray, NDArray[np.bool_]]:
        """What both arms find, ascending, and which of it is worth a closer look."""
        found = [
            view.vectors.search(asked.vector, CANDIDATES, allowed).keys if asked.vector.any() else _NO_KEYS,
            view.words.search(asked.tokens, CANDIDATES, allowed).keys if asked.tokens else _NO_KEYS,
        ]
        every = sorted({key for arm in found for key in arm.tolist()})
        promising = {key for arm in found for key in arm[:PROMISING].tolist()}
        return np.array(every, np.int64), np.array([key in promising for key in every], np.bool_)

    def _widened(
        self,
        view: View,
        asked: Asked,
        words: Sequence[str],
        *,
        allowed: Allowed,
        proposed: tuple[KeyArray, NDArray[np.bool_]],
        limit: int,
    ) -> Candidates:
        """What was proposed and what these words find, compared with the question as it was asked."""
        keys, promising = proposed
        others, near = self._proposed(view, replace(asked, vector=np.zeros_like(asked.vector), tokens=words), allowed)
        both = np.union1d(keys, others)
        closer = np.isin(both, np.concatenate([keys[promising], others[near]]))
        return self._ranked(view, asked, both, closer, limit=limit)

    def _scores(self, view: View, asked: Asked, keys: KeyArray) -> CandidateScores:
        ceiling = view.words.ceiling(asked.tokens) if asked.tokens else 1.0
        cosine, words = _cosines(view, asked.vector, keys), _word_shares(view, asked, keys, ceiling)
        pieces = aligner().ask(asked.text, view.pieces.rarity)
        weighted = cosine
        if len(pieces.whole) == len(asked.vector) and self.encoder.fingerprint == aligner().fingerprint:
            weighted = _cosines(view, pieces.whole, keys)
        alignment = aligner().compare(pieces, view.pieces.of(keys), view.pieces.rarity)
        same = view.facets.has(BASE_LANGUAGE, asked.language, keys)
        return CandidateScores(cosine, words, weighted, same, alignment, ceiling, cosines_among(view.vectors.of(keys)))

    def _ranked(
        self, view: View, asked: Asked, keys: KeyArray, promising: NDArray[np.bool_], *, limit: int
    ) -> Candidates:
        chosen, others = keys[promising], keys[~promising]
        scores = self._scores(view, asked, chosen)
        score = rank_scores(self.ranking, scores)
        odds = logits(self.ranking, scores, score)
        first = Candidates(
            keys=chosen,
            cosine=scores.cosine,
            words=scores.words,
            score=score,
            logit=odds,
            confidence=confidence(odds),
            same=scores.same,
            context=scores.alignment.context.astype(np.float64),
            sharp=scores.alignment.sharp.astype(np.float64),
        ).take(np.lexsort((chosen, -score)))
        # The others can only be reached by a long list.
        return _followed(first, self._plain(view, asked, others, scores.ceiling)) if limit >= len(chosen) else first

    def _plain(self, view: View, asked: Asked, keys: KeyArray, ceiling: float) -> Candidates:
        """Candidates that no arm has among its best: in the order of both scores added, with no confidence."""
        cosine, words = _cosines(view, asked.vector, keys), _word_shares(view, asked, keys, ceiling)
        nothing = np.zeros(len(keys))
        return Candidates(
            keys=keys,
            cosine=cosine,
            words=words,
            score=cosine + words,
            logit=np.full(len(keys), -np.inf),
            confidence=nothing,
            same=view.facets.has(BASE_LANGUAGE, asked.language, keys),
            context=nothing,
            sharp=nothing,
        ).take(np.lexsort((keys, -cosine - words)))

    def _matches(self, query: Query, found: Candidates, wanted: float) -> tuple[Match, ...]:
        above = int(np.count_nonzero(found.confidence >= wanted))
        groups: list[Group] = []
        # Steps of one size for every limit, so that a longer list begins with the shorter one.
        for start in range(0, above, STEP):
            placed = self._placed(query, found, start, min(start + STEP, above))
            groups = add_groups(groups, placed) if query.collapse else [*groups, *map(Group, placed)]
            if len(groups) >= query.limit:
                break
        return tuple(_match(group, found, rank) for rank, group in enumerate(groups[: query.limit], 1))

    def _placed(self, query: Query, found: Candidates, start: int, end: int) -> list[Placed]:
        """Some of the candidates as they are now, in the order of confidence and trust; not those gone or hidden."""
        loaded, today = self.cases.get_many(found.keys[start:end].tolist()), this_day()
        seen = [
            Placed(stored, position)
            for position, key in enumerate(found.keys[start:end].tolist(), start)
            if (stored := loaded.get(key)) is not None and may_see(stored.case, query)
        ]
        sure = [float(found.confidence[placed.position]) for placed in seen]
        return [seen[place] for place in trusted_order(sure, [trust_of(placed.stored, today) for placed in seen])]


_NO_KEYS: KeyArray = np.empty(0, np.int64)


def _cosines(view: View, vector: FloatVector, keys: KeyArray) -> FloatArray:
    scores = view.vectors.scores(vector, keys).astype(np.float64)
    scores[np.isnan(scores)] = 0.0  # a case without a vector
    return scores


def _word_shares(view: View, asked: Asked, keys: KeyArray, ceiling: float) -> FloatArray:
    return view.words.scores(asked.tokens, keys).astype(np.float64) / ceiling


def _followed(first: Candidates, others: Candidates) -> Candidates:
    """Both lists, the second behind the first whatever its scores: they are pushed below the lowest of the first."""
    lowest = float(first.score.min(initial=0.0)) - 1.0
    score = others.score - float(others.score.max(initial=0.0)) + lowest
    return first.concat(replace(others, score=score))


def _match(group: Group, found: Candidates, rank: int) -> Match:
    stored, position = group.leader.stored, group.leader.position
    return Match(
        rank=rank,
        confidence=float(found.confidence[position]),
        score=ScoreParts(
            cosine=round(float(found.cosine[position]), 4),
            words=round(float(found.words[position]), 4),
            fused=round(float(found.score[position]), 4),
            same_language=bool(found.same[position]),
            context=round(float(found.context[position]), 4),
            sharp=round(float(found.sharp[position]), 4),
            stages=found.seen_at(position),
        ),
        stored=stored,
        warnings=warnings_of(stored),
        more_like_this=tuple(group.others),
    )


def _explained(query: Query, matches: Sequence[Match]) -> tuple[Match, ...]:
    reasons = Explainer(query).explain([match.stored.case for match in matches])
    return tuple(replace(match, explanation=why) for match, why in zip(matches, reasons, strict=True))


def _reason(found: Candidates, wanted: float, *, empty: bool, silent: bool) -> str:
    if empty:
        return "the question has no words that can be searched"
    if silent:
        return "the question is a greeting or the like: it names no problem"
    if not len(found.keys):
        return "no case passes the filters"
    return f"the best case reaches a confidence of {found.confidence[0]:.2f}, below the threshold of {wanted:.2f}"
