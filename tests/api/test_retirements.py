"""POST /v1/retirements: a product's cases become historical, after a preview that changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from retriever.domain import OPERATOR, Actor, Role, Status
from retriever.wiring.service import Service
from tests.support.api import client_of
from tests.support.builders import make_case

BODY = {"product": "LX2", "version_prefix": "3.", "reason": "Sold no more."}


@pytest.fixture
def fleet(service: Service) -> Service:
    """Cases of old, new and unnamed versions of a product, and an old one of other people."""
    service.write_cases(
        [
            make_case("old", "the LX2 hums", product="LX2 3.1"),
            make_case("older", "the LX2 leaks", product="LX2 3.0"),
            make_case("new", "the LX2 beeps", product="LX2 4.0"),
            make_case("any", "the LX2 smells", product="LX2"),
            make_case("theirs", "the LX2 flies", product="LX2 3.2", audience=["theirs"]),
        ]
    )
    return service


def retire(client: TestClient, headers: dict[str, str], **more: object) -> Any:  # noqa: ANN401  httpx's answer
    """One request."""
    return client.post("/v1/retirements", json=BODY | more, headers=headers)


@pytest.fixture
def manager(fleet: Service) -> dict[str, str]:
    """The key of a knowledge manager who is in no group."""
    made = fleet.store.keys.create(Actor("kim", Role.KNOWLEDGE_MANAGER), by=OPERATOR, days=1)
    return {"X-API-Key": made.text}


@pytest.fixture
def client(fleet: Service, manager: dict[str, str]) -> Iterator[TestClient]:
    """A client of an application that knows the key from its start."""
    del manager
    with client_of(fleet) as client:
        yield client


def test_a_preview_is_the_default(client: TestClient, fleet: Service, manager: dict[str, str]) -> None:
    """It names what would go and what stays with the reason; cases of others do not exist; nothing changes."""
    revision = fleet.store.cases.revision()

    answer = retire(client, manager)

    assert answer.status_code == 200
    assert answer.json() == {
        "dry_run": True,
        "retired_count": 2,
        "retired": ["old", "older"],
        "left_count": 2,
        "left": [{"id": "new", "reason": "is about 4.0"}, {"id": "any", "reason": "names no version"}],
    }
    assert fleet.store.cases.revision() == revision


def test_it_is_done_on_demand_and_at_once(client: TestClient, fleet: Service, manager: dict[str, str]) -> None:
    """In the name of the key, with the reason, and the next search does not find them."""
    assert retire(client, manager, dry_run=False, expected=2).json()["retired_count"] == 2

    assert [fleet.store.cases.get(id).case.status for id in ("old", "theirs")] == [Status.HISTORICAL, Status.PUBLISHED]
    found = client.post("/v1/similar", json={"problem": "the LX2 hums", "min_confidence": 0}, headers=manager).json()
    assert "old" not in [match["id"] for match in found["matches"]]
    (step,) = fleet.store.reviews.steps("old")
    assert (step.step, step.actor, step.note) == ("retire", "kim", "Sold no more.")


def test_another_number_than_the_preview_gave_is_refused(
    client: TestClient, fleet: Service, manager: dict[str, str]
) -> None:
    """Somebody wrote a case meanwhile: nothing is retired that nobody has looked at."""
    fleet.write_cases([make_case("late", "the LX2 burns", product="LX2 3.9")])

    answer = retire(client, manager, dry_run=False, expected=2)

    assert answer.status_code == 409
    assert "3 cases" in answer.json()["detail"]
    assert fleet.store.cases.get("old").case.status is Status.PUBLISHED


@pytest.mark.parametrize("wrong", [{"product": ""}, {"product": "  "}, {"reason": ""}, {"surprise": 1}])
def test_a_body_that_says_too_little_is_refused(reader: TestClient, wrong: dict[str, Any]) -> None:
    """With the field."""
    assert retire(reader, {}, **wrong).status_code in (400, 422)
