"""The one question this project answers: which resolved cases are like this problem, and how sure is that?"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from index.keys import Allowed, KeyArray, KeySet, as_array
from index.text import tokenise
from index.view import View
from retriever.case.facets import LANGUAGE
from retriever.case.language import detect_language
from retriever.case.language_tags import base_language
from retriever.case.texts import query_text, query_words_text
from retriever.domain import Encoder, Query, SearchResult
from retriever.embedding.spelling import model_spelling, word_spelling
from retriever.search.candidates import Candidates, EncodedQuery
from retriever.search.explain import explained
from retriever.search.focus import focused
from retriever.search.matching import matches_of
from retriever.search.naming import find_named_keys, names_in
from retriever.search.proposing import Proposal, propose
from retriever.search.questions import QuestionReader
from retriever.search.ranking import Ranking
from retriever.search.reasons import Unanswered
from retriever.search.scope import clauses_of
from retriever.search.scores import CandidateScores
from retriever.search.scoring import Scorer
from retriever.search.smalltalk import asks_nothing
from retriever.search.stages import Cases, RankingStage, StageInput
from retriever.search.stopwatch import Stopwatch
from retriever.search.unknown import unknown_values


@dataclass(frozen=True, slots=True, eq=False)
class _PreparedQuery:
    """One question over one view, with what was proposed for it."""

    scorer: Scorer
    allowed: Allowed
    proposal: Proposal
    named: KeySet
    """Cases that the question names; they come first."""
    named_only: bool
    """Whether it says nothing else."""

    def widened(self, words: Sequence[str], *, limit: int) -> Candidates:
        """What was proposed and what these words find, compared with the question as it was asked."""
        query = self.scorer.query
        others = replace(query, vector=np.zeros_like(query.vector), tokens=words)
        both = self.proposal.union(propose(self.scorer.view, others, self.allowed))
        return self.scorer.ranked(both, limit=limit)


class _Found(NamedTuple):
    """A question as it was read, prepared, and its candidates, best first."""

    query: Query
    asked: _PreparedQuery
    candidates: Candidates


@dataclass(frozen=True, slots=True)
class Searcher:
    """Holds the parts; a question only reads them."""

    encoder: Encoder
    cases: Cases
    ranking: Ranking
    view: Callable[[], View]
    stages: Sequence[RankingStage] = ()
    """Optional steps after the ranking, in this order."""
    reader: QuestionReader | None = None
    """Reads what somebody asks; without one a question is searched as it is, as the text of a case is."""

    @property
    def identity(self) -> str:
        """What decides the confidence beside the ranking: the model's fingerprint, and the stages if there are any."""
        return " + ".join([self.encoder.fingerprint, *(stage.identity for stage in self.stages)])

    def find_similar(self, query: Query) -> SearchResult:
        """Matches above the wanted confidence, best first, or an abstention with its reason."""
        watch = Stopwatch()
        given, (query, asked, candidates) = query, self._read(query, watch)
        view, encoded = asked.scorer.view, asked.scorer.query
        silent = encoded.empty or asks_nothing(query_words_text(query))
        candidates, warnings = (candidates, ()) if silent else self._staged(query, asked, candidates, watch)
        if asked.named:
            candidates = candidates.led_by(asked.named, alone=asked.named_only)
        wanted = self.ranking.min_confidence if query.min_confidence is None else query.min_confidence
        matches = () if silent else matches_of(query, candidates, wanted, self.cases.get_many)
        watch.lap("load")
        if query.explain and matches:
            matches = explained(query, encoded.language, matches)
            watch.lap("explain")
        reason = ""
        if not matches:
            reason = Unanswered(query, encoded, view, asked.allowed, candidates, wanted, silent).reason()
        return SearchResult(
            query_id=secrets.token_hex(8),
            matches=matches,
            abstained=not matches,
            reason=reason,
            language=encoded.language,
            snapshot=view.snapshot_name,
            revision=view.revision,
            model=self.encoder.name,
            took_ms=watch.total(),
            warnings=(*unknown_values(query, view.facets, self.cases.get_many), *warnings),
            read_as="" if query.problem == given.problem else query_text(query),
        )

    def scores_of(self, query: Query) -> tuple[KeyArray, CandidateScores]:
        """The promising candidates of a question with all that is known of them, for fitting the ranking."""
        _, asked, _ = self._read(query, Stopwatch())
        keys = asked.proposal.closer
        return keys, asked.scorer.scores(keys)

    def _read(self, query: Query, watch: Stopwatch) -> _Found:
        """What of the question is searched: all of a short one, of a long one what the library knows most of."""
        if self.reader is None:
            return self._find(query, watch)
        view = self.view()
        reading = self.reader.read(query, view.words.known)
        watch.lap("read")
        if len(reading.parts) < 2 and not reading.named:
            return self._find(reading.query, watch)
        tried: dict[tuple[str, ...], _Found] = {}  # the one that is chosen is not asked again

        def weight(part: str) -> tuple[float, float]:
            tokens = tokenise.tokens(part)
            codes = [token for token in tokens if token in reading.known]
            return view.words.ceiling(codes) if codes else 0.0, view.words.ceiling(tokens)

        def sure(parts: Sequence[str]) -> float:
            found = tried[tuple(parts)] = self._find(reading.narrowed(parts), watch)
            return float(found.candidates.logit.max(initial=-np.inf))

        return tried[focused(reading.parts, weight, sure, reading.named)]

    def _find(self, query: Query, watch: Stopwatch) -> _Found:
        asked = self._ask(query, watch)
        candidates = asked.scorer.ranked(asked.proposal, limit=query.limit)
        watch.lap("rank")
        return _Found(query, asked, candidates)

    def _ask(self, query: Query, watch: Stopwatch) -> _PreparedQuery:
        view, text = self.view(), model_spelling(query_text(query))
        vector = self.encoder.encode_query([text])[0]
        watch.lap("encode")
        tokens = tokenise.tokens(word_spelling(query_words_text(query)))
        language = detect_language(text, among=view.facets.values(LANGUAGE))
        encoded = EncodedQuery(text, view.vectors.question(vector, base_language(language)), tokens, language)
        watch.lap("words")
        allowed = self._allowed(view, query)
        watch.lap("filter")
        proposal = propose(view, encoded, allowed)
        names = names_in(query.problem)
        named = self._named(names, view, allowed)
        if named:
            proposal = proposal.union(Proposal(as_array(named), np.ones(len(named), np.bool_)))
        watch.lap("search")
        scorer = Scorer(view, encoded, self.ranking, self.encoder.fingerprint)
        alone = not query.title and names == (query.problem.strip().removeprefix("#"),)
        return _PreparedQuery(scorer, allowed, proposal, named, alone)

    def _named(self, names: Sequence[str], view: View, allowed: Allowed) -> KeySet:
        found = KeySet(find_named_keys(self.cases, names) if names else ())
        return found & (view.facets.keys if allowed is None else allowed)

    def _allowed(self, view: View, query: Query) -> Allowed:
        allowed = view.facets.allowed(clauses_of(query))
        excluded = self.cases.find_keys(query.filters.exclude_ids) if query.filters.exclude_ids else []
        if excluded:
            allowed = (view.facets.keys if allowed is None else allowed) - KeySet(excluded)
        return allowed

    def _staged(
        self, query: Query, asked: _PreparedQuery, found: Candidates, watch: Stopwatch
    ) -> tuple[Candidates, tuple[str, ...]]:
        """The candidates after every optional stage, and what these warn of."""
        question = StageInput(
            query,
            asked.scorer.query,
            load=self.cases.get_many,
            widen=lambda words: asked.widened(words, limit=query.limit),
            weight=lambda word: asked.scorer.view.words.ceiling([word]),
            scale=self.ranking.scale,
        )
        warnings = []
        for stage in self.stages:
            found, warning = stage.apply(question, found)
            warnings += [warning] if warning else []
            watch.lap(stage.name)
        return found, tuple(warnings)
