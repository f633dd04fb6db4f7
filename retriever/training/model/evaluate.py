"""nDCG@10 of a token table on labelled sets: exact search, dense alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retriever.evaluation.labelled import LabelledSet
from retriever.evaluation.metrics import as_run, measure
from retriever.evaluation.runner import rank_by_cosine, texts_of
from retriever.training.model.bags import build_bags, pool_bags

MEASURE = "ndcg@10"


@dataclass(frozen=True, slots=True)
class TableScores:
    """Mean nDCG@10 (0..1) over all questions, and by their language where the set names more than one."""

    overall: float
    by_language: Mapping[str, float]


def evaluate_table(tokenizer: Tokenizer, table: NDArray[np.float32], labelled: LabelledSet) -> TableScores:
    """Rank every document for every question by cosine and average nDCG@10."""
    documents = pool_bags(table, build_bags(tokenizer, texts_of(labelled)))
    questions = pool_bags(table, build_bags(tokenizer, [question.text for question in labelled.questions]))
    return score_vectors(labelled, questions, documents)


def score_vectors(labelled: LabelledSet, questions: NDArray[np.float32], documents: NDArray[np.float32]) -> TableScores:
    """Average nDCG@10 of unit vectors: questions (questions, dims) against documents (documents, dims)."""
    found = measure(labelled.qrels, as_run(rank_by_cosine(labelled, questions, documents)))
    gains: dict[str, list[float]] = {}
    for question in labelled.questions:
        gains.setdefault(question.language, []).append(found.by_question[question.id][MEASURE])
    by_language = {name: float(np.mean(gains[name])) for name in sorted(gains)} if len(gains) > 1 else {}
    return TableScores(found.means[MEASURE], by_language)
