"""Two halves of every labelled set: what is fitted is fitted on the first and reported on the second."""

import hashlib

from retriever.evaluation.labelled import LabelledQuestion, LabelledSet


def in_first_half(question: LabelledQuestion) -> bool:
    """By the question's text, so that a text is in the same half of every set that asks it."""
    return hashlib.sha256(question.text.encode()).digest()[0] % 2 == 0


def second_half(labelled: LabelledSet) -> LabelledSet:
    """The set with the questions that nothing was fitted on."""
    return labelled.only(lambda question: not in_first_half(question))
