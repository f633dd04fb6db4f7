"""Two halves of every labelled set: what is fitted is fitted on the first and reported on the second."""

import hashlib
from dataclasses import replace

from retriever.evaluation.formats import LabelledSet, Question


def in_first_half(question: Question) -> bool:
    """By the question's text, so that a text is in the same half of every set that asks it."""
    return hashlib.sha256(question.text.encode()).digest()[0] % 2 == 0


def second_half(labelled: LabelledSet) -> LabelledSet:
    """The set with the questions that nothing was fitted on."""
    asked, outside = (
        tuple(question for question in part if not in_first_half(question))
        for part in (labelled.questions, labelled.out_of_scope)
    )
    qrels = {question.id: labelled.qrels[question.id] for question in asked}
    return replace(labelled, questions=asked, qrels=qrels, out_of_scope=outside)
