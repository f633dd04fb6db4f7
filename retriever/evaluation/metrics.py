"""The measures of a run, through ir-measures (trec_eval's arithmetic): a question that found nothing counts as 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import ir_measures
from ir_measures import AP, RR, R, Success, nDCG

from retriever.errors import InvalidInput
from retriever.evaluation.formats import Qrels

Run: TypeAlias = Mapping[str, Mapping[str, float]]
"""Question id -> document id -> score, higher is better."""

MEASURES = {
    "ndcg@10": nDCG @ 10,
    "mrr@10": RR @ 10,
    "recall@1": R @ 1,
    "recall@5": R @ 5,
    "recall@10": R @ 10,
    "recall@50": R @ 50,
    "hit@1": Success @ 1,
    "hit@5": Success @ 5,
    "hit@10": Success @ 10,
    "map": AP,
}


@dataclass(frozen=True, slots=True)
class Scores:
    """Mean of each measure over all judged questions, and each question's own value."""

    means: Mapping[str, float]
    by_question: Mapping[str, Mapping[str, float]]


def measure(qrels: Qrels, run: Run) -> Scores:
    """All measures of one run. Raises InvalidInput when the run answers no judged question at all."""
    if not any(run.get(question) for question in qrels):
        raise InvalidInput("the run holds no result for any judged question")
    values: dict[str, dict[str, float]] = {question: dict.fromkeys(MEASURES, 0.0) for question in qrels}
    names = {measure: name for name, measure in MEASURES.items()}
    graded = {question: dict(judged) for question, judged in qrels.items()}
    ranked = {question: dict(found) for question, found in run.items() if found and question in qrels}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), graded, ranked):
        values[metric.query_id][names[metric.measure]] = float(metric.value)
    means = {name: sum(row[name] for row in values.values()) / len(values) for name in MEASURES}
    return Scores(means, values)
