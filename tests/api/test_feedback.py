"""Feedback over HTTP."""

from starlette.testclient import TestClient


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
