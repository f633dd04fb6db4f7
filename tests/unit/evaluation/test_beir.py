"""Labelled sets in the layout of BEIR: what is read, what is refused."""

from typing import Any

import pytest

from retriever.errors import InvalidInput
from retriever.evaluation.beir import load_beir
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
