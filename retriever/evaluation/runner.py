"""Run a labelled set against a searcher, one encoder alone or a ranking made elsewhere, and measure what came back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from index.types import FloatMatrix
from retriever.domain import Encoder, Filters, Match, Query, SearchResult
from retriever.errors import InvalidInput
from retriever.evaluation.cases import OWN_ID
from retriever.evaluation.confidence import Judged, Reliability, reliability
from retriever.evaluation.labelled import LabelledQuestion, LabelledSet, Qrels
from retriever.evaluation.metrics import Run, RunScores, as_run, measure, top_of
from retriever.evaluation.significance import Interval
from retriever.evaluation.slices import Slice, intervals_of, slice_questions

DEPTH = 100
"""Results measured of each question, as deep as recall@100 needs."""
POOL = 2 * DEPTH
"""Results taken of each question: both arms propose at most this many together, so each arm can be ranked by itself."""
TOP = 10
"""Results kept of each question, for showing rankings side by side."""
BATCH = 256
"""Questions compared at once with all documents, when an encoder is measured alone."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one run on one set showed.

    `arms` holds the measures of words and vectors alone, from the same searches; `latency_ms` p50, p95 and p99 of each
    stage as users see it; `top` the best documents of each question.
    """

    name: str
    questions: int
    scores: RunScores
    intervals: Mapping[str, Interval]
    top: Mapping[str, Sequence[str]]
    arms: Mapping[str, RunScores] = field(default_factory=dict)
    slices: tuple[Slice, ...] = ()
    reliability: Reliability | None = None
    latency_ms: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def evaluate_search(
    labelled: LabelledSet,
    find: Callable[[Query], SearchResult],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Ask every question of the set twice: to the full depth without a threshold, and as users ask.

    The first gives the ranking and the confidence before any threshold, the second abstention and latency.
    """
    deep: dict[str, tuple[Match, ...]] = {}
    judged: list[Judged] = []
    took: list[Mapping[str, float]] = []
    everything = [*labelled.questions, *labelled.out_of_scope]
    for done, question in enumerate(everything, 1):
        everyday = query_of(question)
        deep[question.id] = _others(question, find(query_of(question, limit=POOL, min_confidence=0.0)).matches)
        usual = find(everyday)
        took.append(usual.took_ms)
        judged.append(_judged(labelled.qrels.get(question.id, {}), deep[question.id], usual, question))
        if progress is not None:
            progress(done, len(everything))
    ranked = {question.id: _ids(deep[question.id]) for question in labelled.questions}
    scores = measure(labelled.qrels, as_run(ranked))
    arms = _measured_arms(labelled, deep)
    own = {document.id: str(document.metadata.get(OWN_ID, document.id)) for document in labelled.documents}
    return Evaluation(
        labelled.name,
        len(labelled.questions),
        scores,
        intervals_of(scores),
        {name: [own.get(id, id) for id in found[:TOP]] for name, found in ranked.items()},
        arms,
        slice_questions(labelled, scores, arms),
        reliability(judged),
        _latency(took),
    )


def evaluate_encoder(labelled: LabelledSet, encoder: Encoder) -> Evaluation:
    """Exact search with one encoder alone: title and text of each document against each question, self excluded."""
    documents = encoder.encode_cases(texts_of(labelled))
    texts = [question.text for question in labelled.questions]
    parts = [np.empty((0, documents.shape[1]), np.float32)]
    parts += [encoder.encode_query(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    return _ranking_only(labelled, rank_by_cosine(labelled, np.concatenate(parts), documents))


def texts_of(labelled: LabelledSet) -> list[str]:
    """What is encoded of each document: its title, if it has one, and its text."""
    return [f"{one.title}\n{one.text}" if one.title else one.text for one in labelled.documents]


def rank_by_cosine(labelled: LabelledSet, questions: FloatMatrix, documents: FloatMatrix) -> dict[str, list[str]]:
    """The best DEPTH documents of each question, ties in their order: unit vectors (questions, dim), (documents, dim).

    A question finds neither itself nor what it excludes. Raises InvalidInput for a set that is split by time.
    """
    ids = [document.id for document in labelled.documents]
    ranked: dict[str, list[str]] = {}
    for start in range(0, len(labelled.questions), BATCH):
        similarity = questions[start : start + BATCH] @ documents.T
        for question, row in zip(labelled.questions[start : start + BATCH], similarity, strict=True):
            best = np.argsort(-row, kind="stable")[: DEPTH + 1 + len(question.exclude)]
            ranked[question.id] = _allowed(question, labelled, [ids[i] for i in best.tolist()])[:DEPTH]
    return ranked


def evaluate_ranking(labelled: LabelledSet, run: Run) -> Evaluation:
    """A ranking made elsewhere, with trec_eval's order of ties; documents a question must not find are taken out."""
    ranked = {
        question.id: _allowed(question, labelled, top_of(run.get(question.id, {}), len(run.get(question.id, {}))))
        for question in labelled.questions
    }
    return _ranking_only(labelled, ranked)


def bare_set(name: str, qrels: Qrels) -> LabelledSet:
    """Judgements alone as a set: neither texts nor languages are known, so its slices say little."""
    return LabelledSet(name, (), tuple(LabelledQuestion(question, "") for question in qrels), qrels)


def query_of(question: LabelledQuestion, *, limit: int = 5, min_confidence: float | None = None) -> Query:
    """The question as a query, without what it must not find. Historical cases count: they answer too."""
    return Query(
        problem=question.text,
        limit=limit,
        min_confidence=min_confidence,
        include_historical=True,
        audience=question.audience,
        filters=Filters(exclude_ids=question.exclude, resolved_until=question.until),
    )


def _others(question: LabelledQuestion, matches: tuple[Match, ...]) -> tuple[Match, ...]:
    """The matches without the question itself. Raises InvalidInput when a document stands twice among them."""
    ids = _ids(matches)
    if len(set(ids)) != len(ids):
        raise InvalidInput(f"question {question.id!r} finds a case twice")
    return tuple(match for match in matches if match.stored.case.id not in question.exclude)


def _allowed(question: LabelledQuestion, labelled: LabelledSet, ids: Sequence[str]) -> list[str]:
    if question.until:
        raise InvalidInput(f"{labelled.name}: only the whole search can be split by time.")
    return [name for name in ids if name not in question.exclude and name != question.id]


def _judged(
    relevant: Mapping[str, int], deep: tuple[Match, ...], usual: SearchResult, question: LabelledQuestion
) -> Judged:
    def right(match: Match) -> bool:
        return relevant.get(match.stored.case.id, 0) > 0

    shown = _others(question, usual.matches)
    return Judged(
        confidence=deep[0].confidence if deep else 0.0,
        right=bool(deep) and right(deep[0]),
        in_scope=bool(relevant),
        shown=bool(shown),
        helped=any(right(match) for match in shown),
    )


def _measured_arms(labelled: LabelledSet, deep: Mapping[str, tuple[Match, ...]]) -> dict[str, RunScores]:
    """Measures of each arm; an arm that found nothing at all is left out, as it did not run."""
    ranked: dict[str, dict[str, list[str]]] = {"words": {}, "dense": {}}
    for question in labelled.questions:
        matches = deep[question.id]
        worded = [match for match in matches if match.score.words > 0]
        ranked["words"][question.id] = _ids(sorted(worded, key=lambda match: -match.score.words))
        ranked["dense"][question.id] = _ids(sorted(matches, key=lambda match: -match.score.cosine))
    return {arm: measure(labelled.qrels, as_run(found)) for arm, found in ranked.items() if any(found.values())}


def _ids(matches: Sequence[Match]) -> list[str]:
    return [match.stored.case.id for match in matches][:DEPTH]


def _latency(took: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    stages = list(dict.fromkeys(stage for one in took for stage in one))
    spent = {stage: [one[stage] for one in took if stage in one] for stage in stages}
    return {
        stage: {f"p{share}": round(float(np.percentile(values, share)), 3) for share in (50, 95, 99)}
        for stage, values in spent.items()
    }


def _ranking_only(labelled: LabelledSet, ranked: Mapping[str, Sequence[str]]) -> Evaluation:
    scores = measure(labelled.qrels, as_run(ranked))
    return Evaluation(
        labelled.name,
        len(labelled.questions),
        scores,
        intervals_of(scores),
        {name: list(found[:TOP]) for name, found in ranked.items()},
        slices=slice_questions(labelled, scores, {}) if labelled.documents else (),
    )
