"""Parts of a labelled set: what was known when each question was asked, and questions drawn at random."""

import random
from dataclasses import replace

from retriever.errors import InvalidInput
from retriever.evaluation.labelled import LabelledSet


def split_by_time(labelled: LabelledSet) -> LabelledSet:
    """The set as it was when each question was asked: newer documents are not there, and answer nothing.

    Questions that nothing answered yet are left out. Raises InvalidInput for a question or an answer without a date.
    """
    dates = {document.id: document.date for document in labelled.documents}
    qrels, questions = {}, []
    for question in (*labelled.questions, *labelled.out_of_scope):
        if not question.date:
            raise InvalidInput(f"{labelled.name}: question {question.id!r} has no date, so there is no split by time.")
    for question in labelled.questions:
        judged = labelled.qrels[question.id]
        undated = next((name for name in judged if not dates.get(name)), None)
        if undated is not None:
            raise InvalidInput(f"{labelled.name}: {undated!r} has no date, so there is no split by time.")
        left = {name: grade for name, grade in judged.items() if not _is_newer(dates[name], question.date)}
        if any(grade > 0 for grade in left.values()):
            qrels[question.id] = left
            questions.append(replace(question, until=question.date))
    outside = tuple(replace(question, until=question.date) for question in labelled.out_of_scope)
    return replace(labelled, questions=tuple(questions), qrels=qrels, out_of_scope=outside)


def draw_questions(labelled: LabelledSet, count: int, *, seed: int = 20) -> LabelledSet:
    """The set with at most `count` questions of each kind (answerable, out of scope), drawn with a seed."""
    rng = random.Random(seed)  # noqa: S311  no secret
    drawn = {
        questions[place].id
        for questions in (labelled.questions, labelled.out_of_scope)
        for place in rng.sample(range(len(questions)), min(count, len(questions)))
    }
    return labelled.only(lambda question: question.id in drawn)


def _is_newer(one: str, other: str) -> bool:
    """Whether a date lies after another; where one of them is a bare day, days are compared."""
    length = min(len(one), len(other))
    return one[:length] > other[:length]
