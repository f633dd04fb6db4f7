"""Questions and feedback over HTTP, and what the library keeps of them."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from retriever.evaluation.judgements import judgements_from_feedback
from retriever.store import open_store
from tests.support.api import LIBRARY, build_service, client_of

PARCEL = "the parcel has not arrived, write to mia.lang@example.org"


def test_feedback_counts_once_for_a_question(client: TestClient) -> None:
    """The same event for the same question and case is recorded once and shows in the case's reuse."""
    told = {"query_id": "abc", "case_id": "parcel", "event": "solved"}

    first, second = (client.post("/v1/feedback", json=told).json() for _ in range(2))

    assert (first, second) == ({"recorded": True}, {"recorded": False})
    assert client.get("/v1/cases/parcel").json()["reuse"]["solved"] == 1


def test_feedback_on_an_unknown_case_is_404(client: TestClient) -> None:
    """Feedback names a case that exists."""
    response = client.post("/v1/feedback", json={"case_id": "nobody", "event": "opened"})

    assert (response.status_code, response.json()["code"]) == (404, "case_not_found")


def ask_and_leave(folder: Path, *questions: str, **settings: Any) -> list[str]:  # noqa: ANN401
    """Ask a new server each question and stop it; the ids of the answers."""
    with build_service(folder, *LIBRARY, **settings) as service, client_of(service) as client:
        ids = [client.post("/v1/similar", json={"problem": text}).json()["query_id"] for text in questions]
        batch = {"questions": [{"problem": text} for text in questions]}
        ids += [one["query_id"] for one in client.post("/v1/similar/batch", json=batch).json()["results"]]
        client.post("/v1/feedback", json={"query_id": ids[0], "case_id": "parcel", "event": "solved"})
    return ids


def test_questions_are_kept_with_what_was_shown(tmp_path: Path) -> None:
    """A stopped server has logged every question, single and of a batch, and counted what it showed; no text."""
    ids = ask_and_leave(tmp_path, PARCEL, "zyx wvu")

    with open_store(tmp_path / "library.sqlite3") as store:
        logged = {query.query_id: query for query in store.events.iter_queries()}
        assert set(logged) == set(ids)
        assert [logged[id].abstained for id in ids] == [False, True, False, True]
        assert logged[ids[0]].matches[0].key == store.cases.get("parcel").key
        assert store.cases.get("parcel").reuse.shown == 2
        assert {query.text for query in logged.values()} == {""}


def test_kept_texts_are_masked_and_become_judgements(tmp_path: Path) -> None:
    """With `log_questions` the text is kept without personal values, and feedback makes it a judged question."""
    ask_and_leave(tmp_path, PARCEL, log_questions=True)

    with open_store(tmp_path / "library.sqlite3") as store:
        labelled = judgements_from_feedback(store)
    (question,) = labelled.questions
    assert "the parcel has not arrived" in question.text
    assert "mia.lang" not in question.text
    assert labelled.qrels == {question.id: {"parcel": 3}}


def test_questions_are_not_kept_when_not_wanted(tmp_path: Path) -> None:
    """`log_queries` off keeps nothing, whatever `log_questions` says; feedback is still counted."""
    ask_and_leave(tmp_path, PARCEL, log_queries=False, log_questions=True)

    with open_store(tmp_path / "library.sqlite3") as store:
        assert list(store.events.iter_queries()) == []
        assert (store.cases.get("parcel").reuse.shown, store.cases.get("parcel").reuse.solved) == (0, 1)


@pytest.mark.parametrize("name", ["similar_cases_queries_logged_total", "similar_cases_queries_dropped_total"])
def test_the_log_is_measured(reader: TestClient, name: str) -> None:
    """What is logged and what is dropped can be watched."""
    assert name in reader.get("/metrics").text
