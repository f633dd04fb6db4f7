"""POST /v1/webhooks/{source}: signed, each delivery once, on disk before it is acknowledged, a draft soon after."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from retriever.api.app import create_app
from retriever.domain import Status
from retriever.operations.upkeep import daily_round
from retriever.store import open_store
from retriever.wiring.service import Service
from tests.support.api import LIBRARY, build_service
from tests.support.numbers import LONG_INTEGERS, NO_NUMBERS
from tests.support.signing import sign

SECRET = "s3cret-of-the-desk"  # noqa: S105  of this test alone
RULES = '[[rule]]\nname = "no spam"\nkeywords = ["casino"]\nthen = "ignore"\n'


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Service]:
    """A service that two senders may tell of tickets."""
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")
    secrets = {"desk": SecretStr(SECRET), "servicenow": SecretStr(SECRET)}
    settings: dict[str, Any] = {
        "webhook_secrets": secrets,
        "webhook_rules": tmp_path / "rules.toml",
        "poll_seconds": 0.05,
    }
    with build_service(tmp_path, *LIBRARY, **settings) as service:
        yield service


@pytest.fixture
def client(hooked: Service) -> Iterator[TestClient]:
    """A client of it; the application works in the background as a server does."""
    with TestClient(create_app(hooked), raise_server_exceptions=False) as client:
        yield client


def event(number: str = "T-1", **more: object) -> dict[str, Any]:
    """A closed ticket of a sender without a mapping of its own."""
    ticket = {
        "ticket": number,
        "subject": "Parcel lost",
        "description": "The parcel of eva.long@northwind.example has not arrived",
        "resolution": "Start a search at the carrier and send a new parcel at once.",
    }
    return ticket | more


def send(client: TestClient, body: dict[str, Any] | bytes, source: str = "desk", **headers: str) -> Any:  # noqa: ANN401  the client's own answer
    """One signed delivery."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    signed = {"content-type": "application/json", "x-similar-cases-signature": sign(raw, SECRET, time.time())}
    return client.post(f"/v1/webhooks/{source}", content=raw, headers=signed | headers)


def outcome_of(service: Service) -> str:
    """What became of the last delivery, once it is worked off."""
    for _ in range(200):
        (last, *_) = service.store.deliveries.last(1)
        if last.state != "queued":
            return last.outcome
        time.sleep(0.02)
    pytest.fail("the delivery still waits")


@pytest.mark.parametrize(
    "shell",
    [
        lambda ticket: {"ticket": ticket},
        lambda ticket: {"event": "ticket.closed", "data": {"ticket": ticket}},
        lambda ticket: {"type": "closed", "payload": ticket, "sent_at": "2026-03-02T08:00:00Z"},
        lambda ticket: {"tickets": [ticket]},
        lambda ticket: {"message": {"detail": {"case": ticket}}},
        lambda ticket: {"工单": ticket},
    ],
)
def test_a_shell_of_any_sender_is_taken_off(
    client: TestClient, hooked: Service, shell: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """As docs/import.md says of `{"ticket": {…}}`, whatever the sender is called."""
    answer = send(client, shell(event("T-7")))

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert outcome_of(hooked).startswith("created")
    assert hooked.store.cases.get("desk:T-7").case.title == "Parcel lost"


@pytest.mark.parametrize("field", ["ticket", "data", "record"])
def test_a_shell_is_taken_off_for_every_known_help_desk(client: TestClient, hooked: Service, field: str) -> None:
    """Also where its own export knows none."""
    incident = {
        "number": "INC7",
        "state": "6",
        "short_description": "Door scanner is dead",
        "close_notes": "Replace the fuse F3 of the dock.",
    }
    answer = send(client, {field: incident | {"description": "The door scanner is dead since Monday"}}, "servicenow")

    assert answer.json()["state"] == "queued"
    assert outcome_of(hooked).startswith("created")


def test_a_closed_ticket_becomes_a_masked_draft(client: TestClient, hooked: Service) -> None:
    """Acknowledged at once; the background makes the draft and notes what it was told."""
    started = time.perf_counter()
    answer = send(client, event())
    took = time.perf_counter() - started

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert took < 1
    assert outcome_of(hooked).startswith("created; completeness ")
    case = hooked.store.cases.get("desk:T-1").case
    assert case.status is Status.DRAFT
    assert "eva.long" not in case.problem
    assert hooked.store.deliveries.last(1)[0].case is None


def test_a_delivery_counts_once(client: TestClient, hooked: Service) -> None:
    """By its id, and by its body when the id is another one."""
    first = send(client, event(), **{"x-similar-cases-delivery": "d-1"})
    again = send(client, event(subject="changed"), **{"x-similar-cases-delivery": "d-1"})
    replayed = send(client, event(), **{"x-similar-cases-delivery": "d-2"})

    assert [answer.json()["state"] for answer in (first, again, replayed)] == ["queued", "known", "known"]
    assert len(hooked.store.deliveries.last()) == 1


@pytest.mark.parametrize(
    ("body", "source", "reason"),
    [
        (event(resolution="Fixed."), "desk", "worthless resolution"),
        (event(description="the casino parcel is lost again"), "desk", "left out by a rule: no spam"),
        ({"number": "INC1", "state": "2", "short_description": "still open"}, "servicenow", "unresolved"),
        (event(""), "desk", "the ticket has no number"),
    ],
)
def test_a_ticket_of_no_use_is_acknowledged_with_the_reason(
    client: TestClient, hooked: Service, body: dict[str, Any], source: str, reason: str
) -> None:
    """So that the help desk does not send it again; no text of it is kept."""
    answer = send(client, body, source)

    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["reason"]) == ("skipped", reason)
    assert hooked.store.deliveries.last(1)[0].case is None


def test_an_unsigned_or_unknown_sender_is_refused(client: TestClient, hooked: Service) -> None:
    """401 for a wrong or old signature and for a source without a secret alike; nothing is noted."""
    wrong = send(client, event(), **{"x-similar-cases-signature": sign(b"other", SECRET, time.time())})
    old = send(client, event(), **{"x-similar-cases-signature": sign(orjson.dumps(event()), SECRET, time.time() - 900)})
    unknown = send(client, event(), "zendesk")

    assert [answer.status_code for answer in (wrong, old, unknown)] == [401, 401, 401]
    assert SECRET not in wrong.text + old.text + unknown.text
    assert hooked.store.deliveries.last() == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xfe", b"7"])
def test_a_signed_body_that_is_no_object_is_refused(client: TestClient, body: bytes) -> None:
    """400, without repeating it."""
    assert send(client, body).status_code == 400


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number_is_refused(client: TestClient, hooked: Service, value: str) -> None:
    """A draft `desk:inf` would take in the next ticket, too."""
    body = orjson.dumps(event()).replace(b'"T-1"', value.encode())

    assert send(client, body).status_code == 400
    assert hooked.store.deliveries.last() == []


@pytest.mark.parametrize("number", LONG_INTEGERS)
def test_a_long_integer_is_itself(client: TestClient, hooked: Service, number: int) -> None:
    """The draft is named after the number as it was sent."""
    send(client, orjson.dumps(event()).replace(b'"T-1"', str(number).encode()))

    assert outcome_of(hooked).startswith("created")
    assert hooked.store.cases.get(f"desk:{number}").case.source.external_id == str(number)


def test_what_waits_survives_a_restart(tmp_path: Path) -> None:
    """A delivery that was acknowledged is worked off by the next server; the file holds no raw personal value."""
    with build_service(tmp_path) as service:
        service.arrivals.receive_webhook("desk", orjson.dumps(event()), delivery_id="d-1")

    raw = b"".join(path.read_bytes() for path in tmp_path.glob("library.sqlite3*"))
    assert b"eva.long" not in raw
    with build_service(tmp_path) as service:
        assert [delivery.state for delivery in service.store.deliveries.last()] == ["queued"]
        assert service.arrivals.process_deliveries() == 1
        assert service.store.cases.get("desk:T-1").case.status is Status.DRAFT


def test_a_delivery_that_cannot_be_taken_in_is_given_up_at_last(tmp_path: Path) -> None:
    """It does not stop the others, and what it held is still there."""
    with build_service(tmp_path) as service:
        for number in ("T-1", "T-2"):
            service.arrivals.receive_webhook("desk", orjson.dumps(event(number)), delivery_id=number)
        first = service.store.deliveries.queued()[0].number
        for _ in range(5):
            service.store.deliveries.fail(first, "locked")

        assert service.arrivals.process_deliveries() == 1
        states = {delivery.delivery_id: delivery.state for delivery in service.store.deliveries.last()}
        assert states == {"T-1": "failed", "T-2": "done"}


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    """Neither in the settings as text nor in the database."""
    with build_service(tmp_path, webhook_secrets={"desk": SecretStr(SECRET)}) as service:
        assert SECRET not in repr(service.settings) + str(service.settings.model_dump())
    with open_store(tmp_path / "library.sqlite3") as store:
        assert store.deliveries.last() == []


def test_a_changed_ticket_of_a_published_case_becomes_a_revision(tmp_path: Path) -> None:
    """The live version answers until people approve; the same change again adds nothing."""
    with build_service(tmp_path) as service:
        service.arrivals.receive_webhook("desk", orjson.dumps(event()), delivery_id="d-1")
        service.arrivals.process_deliveries()
        service.put_case(replace(service.store.cases.get("desk:T-1").case, status=Status.PUBLISHED))

        for delivery in ("d-2", "d-3"):
            changed = event(resolution="Refund the parcel, then start a search at the carrier.", delivery=delivery)
            service.arrivals.receive_webhook("desk", orjson.dumps(changed), delivery_id=delivery)
            service.arrivals.process_deliveries()

        outcomes = [delivery.outcome for delivery in service.store.deliveries.last()]
        assert outcomes[:2] == ["unchanged", "proposed"]
        assert service.store.cases.get("desk:T-1").case.solution.startswith("Start a search")
        review = service.store.reviews.find("desk:T-1")
        assert review is not None
        assert review.pending is not None
        assert review.pending.solution.startswith("Refund the parcel")


def test_a_change_that_comes_during_a_review_is_proposed_afterwards(tmp_path: Path) -> None:
    """The draft waits with the delivery, and the hourly round tries again."""
    with build_service(tmp_path) as service:
        service.arrivals.receive_webhook("desk", orjson.dumps(event()), delivery_id="d-1")
        service.arrivals.process_deliveries()
        draft = service.store.cases.get("desk:T-1").case
        service.put_case(replace(draft, status=Status.IN_REVIEW))
        changed = orjson.dumps(event(resolution="Refund the parcel, then start a search at the carrier."))
        service.arrivals.receive_webhook("desk", changed, delivery_id="d-2")
        service.arrivals.process_deliveries()
        assert service.store.deliveries.last(1)[0].state == "kept"

        service.put_case(replace(draft, status=Status.PUBLISHED))
        daily_round(service.settings, service.store, service.lifecycle)
        service.arrivals.process_deliveries()

        assert service.store.deliveries.last(1)[0].outcome == "proposed"
