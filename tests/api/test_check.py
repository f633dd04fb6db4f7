"""POST /v1/cases/check tells what a case lacks and which others are like it, and changes nothing."""

from starlette.testclient import TestClient

from retriever.wiring.service import Service


def test_a_case_is_checked_without_an_id(client: TestClient, service: Service) -> None:
    """The copy of a published case is found; one case alone suggests no product; nothing is stored."""
    revision = service.store.cases.revision()
    body = {"problem": "the parcel has not arrived", "solution": "clean the rollers", "language": "en"}

    answer = client.post("/v1/cases/check", json=body)

    assert answer.status_code == 200
    checked = answer.json()
    assert next((d["id"], d["offer"]) for d in checked["duplicates"]) == ("parcel", "merge")
    assert (checked["product"], checked["category"], checked["tags"]) == (None, None, [])
    assert checked["completeness"] < 60
    assert "diagnosis" in [part["field"] for part in checked["missing"]]
    assert service.store.cases.revision() == revision


def test_a_case_is_no_duplicate_of_itself(reader: TestClient) -> None:
    """By its id."""
    body = {"id": "parcel", "problem": "the parcel has not arrived", "solution": "clean the rollers", "language": "en"}

    checked = reader.post("/v1/cases/check", json=body).json()

    assert "parcel" not in [duplicate["id"] for duplicate in checked["duplicates"]]


def test_a_case_that_is_none_is_refused(reader: TestClient) -> None:
    """With the field, as everywhere."""
    answer = reader.post("/v1/cases/check", json={"problem": "x"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "solution"
