"""Run a labelled set against a searcher or against one encoder alone, and report measures, abstention and time."""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from retriever.domain import Encoder, Query, SearchResult
from retriever.evaluation.formats import LabelledSet, Question
from retriever.evaluation.metrics import Run, Scores, measure
from retriever.language import base_language

DEPTH = 50
"""Results taken of each question: what `limit` allows and recall@50 needs."""
Find = Callable[[Query], SearchResult]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Slice:
    """One group of questions with its size and measures."""

    name: str
    questions: int
    means: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one run on one set showed; `abstention` counts questions, `latency_ms` holds p50 and p99."""

    name: str
    questions: int
    scores: Scores
    slices: tuple[Slice, ...] = ()
    abstention: Mapping[str, float] = field(default_factory=dict)
    latency_ms: Mapping[str, float] = field(default_factory=dict)


def evaluate_search(
    labelled: LabelledSet, find: Find, *, languages: Mapping[str, str], progress: Progress | None = None
) -> Evaluation:
    """Ask every question of the set; `languages` gives each case's language, for the same- and cross-language slices.

    Ranking is measured without the confidence threshold, abstention with it: both from one search each.
    """
    run: dict[str, dict[str, float]] = {}
    took: list[float] = []
    shown: dict[str, bool] = {}
    everything = [*labelled.questions, *labelled.out_of_scope]
    for done, question in enumerate(everything, 1):
        started = time.perf_counter()
        result = find(Query(problem=question.text, limit=DEPTH, min_confidence=0.0, include_historical=True))
        took.append((time.perf_counter() - started) * 1000)
        run[question.id] = {match.stored.case.id: -float(match.rank) for match in result.matches}
        shown[question.id] = not find(Query(problem=question.text)).abstained
        if progress is not None:
            progress(done, len(everything))
    scores = measure(labelled.qrels, run)
    return Evaluation(
        labelled.name,
        len(labelled.questions),
        scores,
        _language_slices(labelled, scores, languages),
        _abstention(labelled, shown),
        {"p50": float(np.percentile(took, 50)), "p99": float(np.percentile(took, 99))},
    )


def evaluate_encoder(labelled: LabelledSet, encoder: Encoder) -> Evaluation:
    """Exact search with one encoder alone: title and text of each document against each question, self excluded."""
    documents = encoder.encode_cases([_document_text(d.title, d.text) for d in labelled.documents])
    ids = np.array([document.id for document in labelled.documents])
    run: dict[str, dict[str, float]] = {}
    for start in range(0, len(labelled.questions), 256):
        batch = labelled.questions[start : start + 256]
        similarity = encoder.encode_query([question.text for question in batch]) @ documents.T
        for question, row in zip(batch, similarity, strict=True):
            best = np.argsort(-row, kind="stable")[: DEPTH + 1]
            run[question.id] = {str(ids[i]): float(row[i]) for i in best if ids[i] != question.id}
    return Evaluation(labelled.name, len(labelled.questions), measure(labelled.qrels, run))


def machine() -> dict[str, str]:
    """What every committed result says about where it was made."""
    return {"python": platform.python_version(), "system": platform.system(), "processor": _processor()}


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123  not a file of ours
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def _document_text(title: str, text: str) -> str:
    return f"{title}\n{text}" if title else text


def _language_slices(labelled: LabelledSet, scores: Scores, languages: Mapping[str, str]) -> tuple[Slice, ...]:
    groups: dict[str, list[str]] = {}
    for question in labelled.questions:
        same = _answered_in_own_language(question, labelled.qrels[question.id], languages)
        groups.setdefault("same language" if same else "cross language", []).append(question.id)
        groups.setdefault(f"question in {question.language or '?'}", []).append(question.id)
    return tuple(
        Slice(name, len(ids), {key: _mean(scores, ids, key) for key in scores.means})
        for name, ids in sorted(groups.items())
    )


def _answered_in_own_language(question: Question, judged: Mapping[str, int], languages: Mapping[str, str]) -> bool:
    best = max(judged.values())
    own = base_language(question.language)
    return any(base_language(languages.get(case, "")) == own for case, grade in judged.items() if grade == best)


def _mean(scores: Scores, ids: Sequence[str], key: str) -> float:
    return sum(scores.by_question[name][key] for name in ids) / len(ids)


def _abstention(labelled: LabelledSet, shown: Mapping[str, bool]) -> dict[str, float]:
    answered = [shown[question.id] for question in labelled.questions]
    outside = [shown[question.id] for question in labelled.out_of_scope]
    rates = {"answered": float(np.mean(answered))}
    if outside:
        rates["abstained_out_of_scope"] = 1.0 - float(np.mean(outside))
    return rates


__all__ = ["Evaluation", "Run", "Slice", "evaluate_encoder", "evaluate_search", "machine"]
