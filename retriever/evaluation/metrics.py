"""The measures of a run, through ir-measures (trec_eval's arithmetic): a question that found nothing counts as 0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import ir_measures
import numpy as np
from ir_measures import AP, RR, R, Success, nDCG

from retriever.errors import InvalidInput
from retriever.evaluation.labelled import Qrels

Run: TypeAlias = Mapping[str, Mapping[str, float]]
"""Question id -> document id -> score, higher is better."""

MEASURES = {
    "ndcg@10": nDCG @ 10,
    "mrr@10": RR @ 10,
    "recall@1": R @ 1,
    "recall@5": R @ 5,
    "recall@10": R @ 10,
    "recall@50": R @ 50,
    "recall@100": R @ 100,
    "hit@1": Success @ 1,
    "hit@5": Success @ 5,
    "hit@10": Success @ 10,
    "map": AP,
}


MAIN = ("ndcg@10", "mrr@10", "recall@1", "recall@10", "hit@1", "hit@5")
"""The measures that slices show and that runs are compared by."""


@dataclass(frozen=True, slots=True)
class RunScores:
    """Mean of each measure over all judged questions, and each question's own value."""

    means: Mapping[str, float]
    by_question: Mapping[str, Mapping[str, float]]


def measure(qrels: Qrels, run: Run) -> RunScores:
    """All measures of one run. Raises InvalidInput when the run answers no judged question at all."""
    if not any(run.get(question) for question in qrels):
        raise InvalidInput("the run holds no result for any judged question")
    values: dict[str, dict[str, float]] = {question: dict.fromkeys(MEASURES, 0.0) for question in qrels}
    names = {measure: name for name, measure in MEASURES.items()}
    graded = {question: dict(judged) for question, judged in qrels.items()}
    # In trec_eval's order of ties from the start: some measures of ir-measures have another one.
    ranked = as_run({question: top_of(found, len(found)) for question, found in run.items() if question in qrels})
    ranked = {question: found for question, found in ranked.items() if found}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), graded, ranked):
        values[metric.query_id][names[metric.measure]] = float(metric.value)
    means = {name: sum(row[name] for row in values.values()) / len(values) for name in MEASURES}
    return RunScores(means, values)


def as_run(ranked: Mapping[str, Sequence[str]]) -> dict[str, dict[str, float]]:
    """Ranked documents, best first, as a run whose order no tie can change."""
    return {
        question: {document: float(len(found) - place) for place, document in enumerate(found)}
        for question, found in ranked.items()
    }


def top_of(found: Mapping[str, float], count: int) -> list[str]:
    """The best documents of one question as trec_eval orders them: by score in 32 bits, ties by the greater id."""
    scores = np.fromiter(found.values(), np.float32, len(found)).tolist()
    ranked = sorted(zip(scores, found, strict=True), reverse=True)
    return [document for _, document in ranked[:count]]
