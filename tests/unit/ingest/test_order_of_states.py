"""An older state of a ticket never overwrites a newer one, by webhook, by file, or by both."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retriever.domain import Status
from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.ingest.rules import TicketRules
from retriever.ingest.sources.registry import get_source
from retriever.ingest.webhooks import process_deliveries, receive
from retriever.lifecycle.tickets import revised_by_ticket
from retriever.store import Store, open_store
from retriever.store.deliveries import DeliveryState
from tests.support.tickets import ZENDESK, export, put, ticket


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty library."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        yield opened


NEWER, OLDER = "Replace the fuse F3 and restart the unit at once.", "Restart the unit, and call back when it fails."


def send(store: Store, answer: str, changed: object, *, signed_at: str = "", source: str = "zendesk") -> None:
    """One delivery of ticket 1, noted."""
    more = {"updated_at": changed} if changed else {}
    body = json.dumps({"ticket": ticket(1, answer=answer, **more)}).encode()
    receive(store, source, body, delivery_id=f"{answer}{changed}{signed_at}", rules=TicketRules(), signed_at=signed_at)


def work(store: Store) -> list[str]:
    """What became of all deliveries, the oldest first."""
    process_deliveries(store, lambda _case: "", revised_by_ticket)
    return [str(delivery.state) for delivery in reversed(store.deliveries.last())]


def solution(store: Store) -> str:
    """What the case of ticket 1 says."""
    return store.cases.get("zendesk:1").case.solution


CLOCKS: list[tuple[object, object]] = [
    ("2026-03-02T09:00:00Z", "2026-03-02T08:00:00Z"),
    ("2026-03-02T09:00:00+02:00", "2026-03-02T06:30:00Z"),
    ("2026-03-02T08:00:00.500Z", "2026-03-02T08:00:00.250Z"),
    ("2026-03-02 09:00:00", "2026-03-02T08:00:00.000+0000"),
    (1772442000, 1772438400),
    (1772442000000, "2026-03-02T08:00:00Z"),
    ("02.03.2026 09:00", "2026-03-01"),
    ("Mon, 02 Mar 2026 09:00:00 GMT", "Mon, 02 Mar 2026 08:00:00 GMT"),
]


@pytest.mark.parametrize(("newer", "older"), CLOCKS)
@pytest.mark.parametrize("at_once", [True, False])
def test_an_older_delivery_changes_nothing(store: Store, newer: object, older: object, *, at_once: bool) -> None:
    """Whatever clock the help desk writes, and whether the newer one is worked off already or waits."""
    send(store, NEWER, newer)
    if not at_once:
        work(store)
    send(store, OLDER, older)

    assert work(store) == ["done", "superseded"]
    assert solution(store) == NEWER


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z"),
        ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z"),
        ("2026-03-02T08:00:00.250Z", "2026-03-02T08:00:00Z"),
        ("2026-03-02", "2026-03-02T08:00:00Z"),
        ("2026-03-02T08:00:00Z", "2026-03-02"),
        ("2026-03-02T08:00:00Z", None),
        (None, "2026-03-02T08:00:00Z"),
        (None, None),
        ("2026-03-02T08:00:00Z", "some day"),
    ],
)
def test_what_is_not_surely_older_is_taken(store: Store, first: object, second: object) -> None:
    """Equal times, less exact ones, and none at all: then the order in which they come decides."""
    send(store, OLDER, first)
    work(store)
    send(store, NEWER, second)

    assert work(store) == ["done", "done"]
    assert solution(store) == NEWER


def test_a_state_without_a_time_does_not_open_the_door_for_older_ones(store: Store) -> None:
    """What came after it is at least as new."""
    send(store, "First of all, look at fuse F3.", "2026-03-02T09:00:00Z")
    send(store, NEWER, None)
    send(store, OLDER, "2026-03-02T08:00:00Z")

    assert work(store)[-1] == "superseded"
    assert solution(store) == NEWER


def test_the_signed_time_counts_where_the_body_has_none(store: Store) -> None:
    """A late retry was signed earlier."""
    send(store, NEWER, None, signed_at="2026-03-02T09:00:00")
    work(store)
    send(store, OLDER, None, signed_at="2026-03-02T08:00:00")

    assert work(store) == ["done", "superseded"]
    assert solution(store) == NEWER


def test_a_file_does_not_overwrite_what_a_webhook_brought_since(store: Store, tmp_path: Path) -> None:
    """Nor the other way round; the report tells of it."""
    send(store, NEWER, "2026-03-02T09:00:00Z")
    work(store)

    report = ingest(export(tmp_path, [ticket(1, answer=OLDER, updated_at="2026-03-02T08:00:00Z")]), store, ZENDESK)
    assert (report.kept, report.older, report.updated) == (1, 1, 0)
    assert solution(store) == NEWER

    later = "Order a new unit: fuse F3 melts again within a day."
    assert ingest(
        export(tmp_path, [ticket(1, answer=later, updated_at="2026-03-03T08:00:00Z")]), store, ZENDESK
    ).updated
    send(store, OLDER, "2026-03-02T10:00:00Z")
    assert work(store)[-1] == "superseded"
    assert solution(store) == later


def test_publishing_does_not_bring_an_older_state_back(store: Store, tmp_path: Path) -> None:
    """`--publish` overwrites what people did here, not what the ticket says since."""
    options = IngestOptions(mapping=get_source("zendesk"), publish=True)
    ingest(export(tmp_path, [ticket(1, answer=NEWER, updated_at="2026-03-02T09:00:00Z")]), store, options)

    report = ingest(export(tmp_path, [ticket(1, answer=OLDER, updated_at="2026-03-02T08:00:00Z")]), store, options)

    assert report.older == 1
    assert solution(store) == NEWER


def test_the_newest_state_of_a_file_counts_in_whatever_order(store: Store, tmp_path: Path) -> None:
    """Pages of an incremental export hold a ticket once for each of its states."""
    opened = {"created_at": "2026-03-01T08:00:00Z"}
    states: list[dict[str, Any]] = [
        ticket(1, answer=OLDER, updated_at="2026-03-02T08:00:00Z", **opened),
        ticket(1, answer=NEWER, updated_at="2026-03-02T09:00:00Z", **opened),
        ticket(1, answer="Look at the fuse F3 first of all.", updated_at="2026-03-02T07:00:00Z", **opened),
    ]

    report = ingest(export(tmp_path, states), store, ZENDESK)

    assert (report.created, report.updated, report.older, report.rejected) == (1, 1, 1, 0)
    assert solution(store) == NEWER


def test_two_tickets_that_are_numbered_alike_are_no_states_of_one(store: Store, tmp_path: Path) -> None:
    """Two brands in one file were opened at different times: the second is refused, as ever."""
    tickets = [
        ticket(1, updated_at=f"2026-03-0{day}T09:00:00Z", created_at=f"2026-02-0{day}T08:00:00Z", answer=answer)
        for day, answer in ((1, NEWER), (2, OLDER))
    ]

    report = ingest(export(tmp_path, tickets), store, ZENDESK)

    assert (report.created, report.rejected) == (1, 1)


def test_a_newer_state_that_waits_for_a_review_is_not_superseded_by_an_older_one(store: Store) -> None:
    """The newer one is kept while its case is in review; a late retry of the state before changes nothing of that."""
    send(store, "Look at the fuse F3 first of all.", "2026-03-02T07:00:00Z")
    work(store)
    case = store.cases.get("zendesk:1").case
    put(store, replace(case, status=Status.IN_REVIEW))
    send(store, NEWER, "2026-03-02T09:00:00Z")
    assert work(store)[-1] == "kept"
    put(store, replace(case, status=Status.PUBLISHED))

    send(store, OLDER, "2026-03-02T08:00:00Z")
    assert work(store)[-2:] == ["kept", "superseded"]
    store.deliveries.retry(states=(DeliveryState.KEPT,))
    assert work(store)[-2:] == ["done", "superseded"]
    review = store.reviews.find("zendesk:1")
    assert review is not None
    assert review.pending is not None
    assert review.pending.solution == NEWER


def test_the_same_text_of_a_later_time_moves_the_time_on(store: Store) -> None:
    """A ticket that was only touched is newer all the same."""
    send(store, NEWER, "2026-03-02T08:00:00Z")
    send(store, NEWER, "2026-03-02T10:00:00Z")
    send(store, OLDER, "2026-03-02T09:00:00Z")

    assert work(store)[-1] == "superseded"
    assert solution(store) == NEWER
