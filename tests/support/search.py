"""Candidates of a search and their scores, as tests of ranking and stages need them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from index.text.tokenise import tokens
from retriever.domain import Case, Query, StoredCase
from retriever.embedding.alignment.aligner import Alignment
from retriever.search.candidates import Candidates, EncodedQuery
from retriever.search.ranking import confidence
from retriever.search.scores import CandidateScores, cosines_among
from retriever.search.stages import StageInput


def make_scores(cosine: list[float], words: list[float], same: list[bool]) -> CandidateScores:
    """Candidates that align by a tenth of their cosine and are like no other."""
    near = np.array(cosine)
    found = np.ones((1, len(near)), np.float32)
    part = np.asarray(near / 10, np.float32)
    fit = Alignment(part, part, part, part, found, np.ones(1, np.float32), 0.0, 3.0)
    return CandidateScores(near, np.array(words), near, np.array(same, np.bool_), fit, 12.0, np.eye(len(near)))


def random_scores(seed: int, count: int) -> CandidateScores:
    """Candidates of which every number is another one, for a question of six pieces."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, 8)).astype(np.float32) + 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    context, sharp, reverse, longer = (rng.random(count).astype(np.float32) for _ in range(4))
    found, weights = rng.random((6, count)).astype(np.float32), rng.random(6).astype(np.float32) * 9
    fit = Alignment(context, sharp, reverse, longer - np.float32(0.5), found, weights, 0.125, 3.5)
    cosine, words, weighted, same = (rng.random(count) for _ in range(4))
    return CandidateScores(cosine, words, weighted, same < 0.5, fit, 40.0, cosines_among(vectors))


def taken(known: CandidateScores, rows: NDArray[np.int64]) -> CandidateScores:
    """The candidates of these rows, each as often as its row is named."""
    fit = known.alignment
    own = {name: getattr(fit, name)[rows] for name in ("context", "sharp", "reverse", "longer")}
    return replace(
        known,
        **{name: getattr(known, name)[rows] for name in ("cosine", "words", "weighted", "same")},
        alignment=replace(fit, **own, found=fit.found[:, rows]),
        similarity=known.similarity[np.ix_(rows, rows)],
    )


def make_candidates(*odds: float, first: int = 0) -> Candidates:
    """Candidates with these log-odds and the keys `first`, `first` + 1, …; every other number is the key's own."""
    keys = np.arange(first, first + len(odds))
    own, logit = keys.astype(np.float64), np.array(odds)
    return Candidates(keys, own, own, own, logit, confidence(logit), keys % 2 == 0, own, own)


def make_stage_input(
    cases: Mapping[int, Case],
    *,
    language: str = "en",
    scale: float = 1.0,
    widen: Callable[[Sequence[str]], Candidates] | None = None,
) -> StageInput:
    """The question `printer jams` over these cases, by key; without `widen` it must not be widened."""

    def load(keys: Sequence[int]) -> dict[int, StoredCase]:
        return {key: StoredCase(cases[key], key, 1, 1, "", "", "") for key in keys if key in cases}

    def refuse(words: Sequence[str]) -> Candidates:
        raise AssertionError(words)

    encoded = EncodedQuery("printer jams", np.zeros(4, np.float32), tokens("printer jams"), language)
    return StageInput(Query("printer jams"), encoded, load, widen or refuse, lambda word: 1.0, scale)
