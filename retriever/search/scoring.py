"""How well proposed cases answer a question: every score of the promising ones, in the order of the ranking."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.keys import KeyArray
from index.types import FloatVector
from index.view import View
from retriever.case.facets import LANGUAGE
from retriever.case.language_tags import UNSURE, base_language
from retriever.embedding.alignment.aligner import aligner
from retriever.search.candidates import Candidates, EncodedQuery
from retriever.search.proposing import Proposal
from retriever.search.ranking import Ranking, confidence, logits, rank_scores
from retriever.search.scores import CandidateScores, FloatArray, cosines_among


@dataclass(frozen=True, slots=True)
class Scorer:
    """Compares cases of one view with one question."""

    view: View
    query: EncodedQuery
    ranking: Ranking
    fingerprint: str
    """Of the model that made the vectors of view and question."""

    def ranked(self, proposal: Proposal, *, limit: int) -> Candidates:
        """The candidates, best first; those that are not promising only where the limit reaches behind the others."""
        keys = proposal.closer
        scores = self.scores(keys)
        score = rank_scores(self.ranking, scores)
        odds = logits(self.ranking, scores, score)
        first = Candidates(
            keys=keys,
            cosine=scores.cosine,
            words=scores.words,
            score=score,
            logit=odds,
            confidence=confidence(odds),
            same=scores.same,
            context=scores.alignment.context.astype(np.float64),
            sharp=scores.alignment.sharp.astype(np.float64),
        ).take(np.lexsort((keys, -score)))
        return _followed(first, self._plain(proposal.others, scores.ceiling)) if limit >= len(keys) else first

    def scores(self, keys: KeyArray) -> CandidateScores:
        """All that is known of these cases for the question, in the order of the keys."""
        query, view = self.query, self.view
        ceiling = view.words.ceiling(query.tokens) if query.tokens else 1.0
        cosine, words = self._cosines(query.vector, keys), self._word_shares(keys, ceiling)
        pieces = aligner().ask(query.text, view.pieces.rarity)
        weighted = cosine
        if len(pieces.whole) == len(query.vector) and self.fingerprint == aligner().fingerprint:
            whole = view.vectors.question(pieces.whole, base_language(query.language))
            weighted = self._cosines(whole, keys)
        return CandidateScores(
            cosine,
            words,
            weighted,
            same=self._same_language(keys),
            alignment=aligner().compare(pieces, view.pieces.of(keys), view.pieces.rarity),
            ceiling=ceiling,
            similarity=cosines_among(view.vectors.of(keys)),
        )

    def _plain(self, keys: KeyArray, ceiling: float) -> Candidates:
        """Candidates that no arm has among its best: in the order of both scores added, with no confidence."""
        cosine, words = self._cosines(self.query.vector, keys), self._word_shares(keys, ceiling)
        nothing = np.zeros(len(keys))
        return Candidates(
            keys=keys,
            cosine=cosine,
            words=words,
            score=cosine + words,
            logit=np.full(len(keys), -np.inf),
            confidence=nothing,
            same=self._same_language(keys),
            context=nothing,
            sharp=nothing,
        ).take(np.lexsort((keys, -cosine - words)))

    def _cosines(self, vector: FloatVector, keys: KeyArray) -> FloatArray:
        scores = self.view.vectors.scores(vector, keys).astype(np.float64)
        scores[np.isnan(scores)] = 0.0  # a case without a vector
        return scores

    def _same_language(self, keys: KeyArray) -> NDArray[np.bool_]:
        """Whether each case is in the language of the question, as far as both are known."""
        asked, facets = base_language(self.query.language), self.view.facets
        if asked == UNSURE:
            return np.ones(len(keys), np.bool_)
        return facets.has(LANGUAGE, asked, keys) | facets.has(LANGUAGE, UNSURE, keys)

    def _word_shares(self, keys: KeyArray, ceiling: float) -> FloatArray:
        return self.view.words.scores(self.query.tokens, keys).astype(np.float64) / ceiling


def _followed(first: Candidates, others: Candidates) -> Candidates:
    """Both lists, the second behind the first whatever its scores: they are pushed below the lowest of the first."""
    lowest = float(first.score.min(initial=0.0)) - 1.0
    score = others.score - float(others.score.max(initial=0.0)) + lowest
    return first.concat(replace(others, score=score))
