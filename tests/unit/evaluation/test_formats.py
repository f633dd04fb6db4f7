"""Labelled sets: what is read, what is refused, and the split by time."""

from typing import Any

import pytest

from retriever.errors import InvalidInput
from retriever.evaluation.formats import (
    Document,
    LabelledSet,
    Question,
    load_beir,
    load_sample_questions,
    sample_questions,
    split_by_time,
)
from tests.support.labelled_sets import WriteSet


def test_a_folder_gives_documents_questions_grades_and_metadata(write_set: WriteSet) -> None:
    """Grades stay whole numbers, the language comes from the metadata, out-of-scope questions are apart."""
    folder = write_set(
        queries=[{"_id": "q1", "text": "paper stuck", "metadata": {"lang": "en", "date": "2026-01-02"}}],
        qrels="q1\td1\t2\nq1\td2\t0\n",
        outside=[{"_id": "o1", "text": "who won"}],
    )

    found = load_beir(folder)

    assert found.qrels == {"q1": {"d1": 2, "d2": 0}}
    assert (found.questions[0].language, found.questions[0].date) == ("en", "2026-01-02")
    assert [document.id for document in found.documents] == ["d1", "d2"]
    assert [question.id for question in found.out_of_scope] == ["o1"]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"corpus": [{"_id": "d1", "text": "a"}, {"_id": "d1", "text": "b"}]}, "corpus.jsonl:2: _id 'd1'"),
        ({"corpus": [{"text": "a"}]}, "corpus.jsonl:1: _id None"),
        ({"queries": [{"_id": "q1", "text": "a"}, {"_id": "q1", "text": "b"}]}, "queries.jsonl:2: _id 'q1'"),
        ({"qrels": "q1\td1\t1\nq1\td9\t1\n"}, "test.tsv:2: document 'd9' does not exist"),
        ({"qrels": "q9\td1\t1\n"}, "test.tsv:1: question 'q9' does not exist"),
        ({"qrels": "q1\td1\t1\nq1\td1\t2\n"}, "test.tsv:2: 'q1' and 'd1' are judged twice"),
        ({"qrels": "q1\td1\thigh\n"}, "test.tsv:1: expected query-id, corpus-id and a whole score"),
        ({"qrels": "q1 d1 1\n"}, "test.tsv:1: expected"),
        ({"qrels": ""}, "holds no judgement"),
        ({"outside": [{"_id": "q1", "text": "a"}]}, "stands in queries.jsonl too"),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_its_line(
    write_set: WriteSet, parts: dict[str, Any], message: str
) -> None:
    """Repeated ids and judgements that point nowhere are refused, naming file and line."""
    folder = write_set(**parts)

    with pytest.raises(InvalidInput) as refused:
        load_beir(folder)

    assert message in str(refused.value)


def test_a_question_never_answers_itself(write_set: WriteSet) -> None:
    """A question with the id of a document excludes it, and a judgement of the pair is taken out."""
    folder = write_set(queries=[{"_id": "d1", "text": "printer jams"}], qrels="d1\td1\t1\nd1\td2\t1\n")

    found = load_beir(folder)

    assert found.questions[0].exclude == ("d1",)
    assert found.qrels == {"d1": {"d2": 1}}


def dated(*dates: str) -> LabelledSet:
    """One question asked on 2026-03-10, answered by a document of each date."""
    documents = tuple(Document(f"d{n}", "", "text", metadata={"date": date}) for n, date in enumerate(dates))
    question = Question("q", "text", metadata={"date": "2026-03-10"})
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

    drawn = sample_questions(whole, 20)

    assert drawn == sample_questions(whole, 20)
    assert (len(drawn.questions), len(drawn.out_of_scope)) == (20, 20)
    assert drawn.qrels == {question.id: whole.qrels[question.id] for question in drawn.questions}
