"""Parts of labelled sets: the split by time, and questions drawn at random."""

import pytest

from retriever.errors import InvalidInput
from retriever.evaluation.labelled import Document, LabelledQuestion, LabelledSet
from retriever.evaluation.subsets import draw_questions, split_by_time
from retriever.sample.library import load_sample_questions


def dated(*dates: str) -> LabelledSet:
    """One question asked on 2026-03-10, answered by a document of each date."""
    documents = tuple(Document(f"d{n}", "", "text", metadata={"date": date}) for n, date in enumerate(dates))
    question = LabelledQuestion("q", "text", metadata={"date": "2026-03-10"})
    return LabelledSet("dated", documents, (question,), {"q": {document.id: 1 for document in documents}})


def test_the_split_by_time_takes_newer_answers_away() -> None:
    """Only documents up to the day of the question are answers, and the question sees nothing later."""
    found = split_by_time(dated("2026-03-09", "2026-03-10T23:00:00Z", "2026-03-11"))

    assert found.qrels == {"q": {"d0": 1, "d1": 1}}
    assert found.questions[0].until == "2026-03-10"


def test_the_split_by_time_leaves_questions_out_that_nothing_answered_yet() -> None:
    """A question whose only answer came later cannot be measured."""
    found = split_by_time(dated("2026-03-11"))

    assert (found.questions, found.qrels) == ((), {})


@pytest.mark.parametrize("labelled", [dated(""), dated("2026-13-01")])
def test_the_split_by_time_needs_dates(labelled: LabelledSet) -> None:
    """An answer without a date, or with one that is none, is refused: it might be newer."""
    with pytest.raises(InvalidInput, match="date"):
        split_by_time(labelled)


def test_a_draw_of_questions_is_seeded_and_keeps_their_judgements() -> None:
    """Twice the same questions, each kind cut to the number asked for."""
    whole = load_sample_questions()

    drawn = draw_questions(whole, 20)

    assert drawn == draw_questions(whole, 20)
    assert (len(drawn.questions), len(drawn.out_of_scope)) == (20, 20)
    assert drawn.qrels == {question.id: whole.qrels[question.id] for question in drawn.questions}
