"""POST /v1/cases/{id}/links and …/unlink: a ticket of a second channel joins the case that is there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from retriever.api.app import create_app
from retriever.domain import OPERATOR, Actor, Role
from retriever.wiring.service import Service
from tests.support.api import build_service
from tests.support.builders import make_case

FIRST = make_case("ERP-1", "The parcel has not arrived", source={"system": "erp", "external_id": "1"})
CRM = {"system": "crm", "external_id": "K-4711"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A library with three cases, one of which only others may see."""
    hidden = make_case("hidden", "theirs", audience=["theirs"], source={"system": "crm", "external_id": "K-9"})
    with build_service(tmp_path, FIRST, make_case("other", "Something else is broken"), hidden) as service:
        yield service


@pytest.fixture
def ask(service: Service) -> Iterator[Any]:
    """Requests of a contributor who belongs to no group."""
    who = Actor("ann", Role.CONTRIBUTOR, "red", ("mine",))
    key = service.store.keys.create(who, by=OPERATOR, days=1, rate_limit=10_000).text
    with TestClient(create_app(service), raise_server_exceptions=False, headers={"X-API-Key": key}) as client:
        yield client.request


def test_a_linked_ticket_joins_instead_of_making_a_second_case(service: Service, ask: Any) -> None:  # noqa: ANN401
    """The case keeps its text and version, the webhook of the second channel says so, and its number finds the case."""
    before = service.store.cases.get("ERP-1")
    linked = ask("POST", "/v1/cases/ERP-1/links", json=CRM)

    assert (linked.status_code, linked.json()) == (200, {"id": "ERP-1", "links": [CRM]})
    ticket = {
        "ticket": "K-4711",
        "subject": "Parcel",
        "description": "No parcel since Monday, says the customer",
        "resolution": "Start a search at the carrier and send a new one.",
    }
    service.arrivals.receive_webhook("crm", orjson.dumps(ticket), delivery_id="d-1")
    service.arrivals.process_deliveries()
    (delivery,) = service.store.deliveries.last()

    assert (str(delivery.state), "linked with case ERP-1" in delivery.outcome) == ("done", True)
    assert service.store.cases.get("ERP-1").version == before.version
    assert sum(1 for _ in service.store.cases.iter()) == 3
    for name in ("K-4711", "crm:K-4711"):
        assert ask("GET", f"/v1/cases/{name}").json()["id"] == "ERP-1"


def test_linking_twice_is_linking_once_and_can_be_undone(service: Service, ask: Any) -> None:  # noqa: ANN401
    """Both steps are kept with the case; without its link the ticket is a case of its own again."""
    for _ in range(2):
        assert ask("POST", "/v1/cases/ERP-1/links", json=CRM).json()["links"] == [CRM]
    assert ask("POST", "/v1/cases/ERP-1/links", json={"system": "erp", "external_id": "1"}).json()["links"] == [CRM]

    assert ask("POST", "/v1/cases/ERP-1/unlink", json=CRM).json() == {"id": "ERP-1", "links": []}
    assert ask("POST", "/v1/cases/ERP-1/unlink", json=CRM).status_code == 409
    assert [str(step.step) for step in service.store.reviews.steps("ERP-1")] == ["link", "unlink"]
    case = make_case("K-4711", "The parcel is late", source=CRM)
    assert service.store.cases.upsert([case])[0].action == "created"


def test_a_ticket_belongs_to_one_case(ask: Any) -> None:  # noqa: ANN401
    """A refusal never says whose it is, hidden or not."""
    ask("POST", "/v1/cases/ERP-1/links", json=CRM)
    taken = ask("POST", "/v1/cases/other/links", json=CRM)
    hidden = ask("POST", "/v1/cases/other/links", json={"system": "crm", "external_id": "K-9"})

    assert (taken.status_code, hidden.status_code) == (409, 409)
    assert taken.json()["detail"] == hidden.json()["detail"]
    assert "ERP-1" not in taken.text
    assert "hidden" not in hidden.text.replace(hidden.json().get("request_id", ""), "")


@pytest.mark.parametrize(
    ("case", "body", "status"),
    [
        ("hidden", CRM, 404),
        ("nowhere", CRM, 404),
        ("ERP-1", {"system": "crm"}, 422),
        ("ERP-1", {"system": "a b", "external_id": "1"}, 422),
        ("ERP-1", {"system": "crm", "external_id": "x" * 201}, 422),
        ("ERP-1", {**CRM, "more": 1}, 422),
    ],
)
def test_what_cannot_be_linked_is_refused(ask: Any, case: str, body: dict[str, Any], status: int) -> None:  # noqa: ANN401
    """A case that the caller may not see does not exist."""
    assert ask("POST", f"/v1/cases/{case}/links", json=body).status_code in (status, 400 if status == 422 else status)


def test_a_write_under_a_linked_source_is_refused(service: Service, ask: Any) -> None:  # noqa: ANN401
    """Else the second channel would overwrite what the first one says."""
    ask("POST", "/v1/cases/ERP-1/links", json=CRM)

    assert service.store.cases.upsert([make_case("K-4711", "x", source=CRM)])[0].action == "refused"
    written = ask("POST", "/v1/cases", json={"id": "K-4711", "problem": "x", "solution": "y", "source": CRM})
    assert written.status_code == 409
    assert "ERP-1" not in written.text


def test_a_deleted_case_holds_no_ticket(service: Service, ask: Any) -> None:  # noqa: ANN401
    """Its link gives way to another case's."""
    ask("POST", "/v1/cases/ERP-1/links", json=CRM)
    service.delete_case("ERP-1")

    assert ask("POST", "/v1/cases/other/links", json=CRM).json()["links"] == [CRM]
