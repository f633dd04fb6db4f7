"""A webhook's shells: taken off though they have fields of their own, and asked for a time that the ticket lacks."""

from typing import Any

import pytest

from retriever.ingest.sources.ticket import Mapped
from retriever.ingest.webhooks import mapping_of

ANSWER = "Replace the toner drum K2, then print the test page."
TICKET = {"number": "T-7", "subject": "Copier", "description": "The copier prints stripes.", "resolution": ANSWER}
AT = "2026-03-02T08:00:00Z"
MOMENT = "2026-03-02T08:00:00"
OTHER = {"number": "T-9", "subject": "Gate", "description": "The gate is shut.", "resolution": "Replace the fuse F3."}


def row(source: str, body: dict[str, Any]) -> Mapped:
    """The case of one delivery."""
    result = mapping_of(source).row(body)
    assert isinstance(result, Mapped)
    return result


@pytest.mark.parametrize(
    "body",
    [
        {"id": "evt_1", "subject": "ticket.updated", "ticket": TICKET},
        {"title": "Ticket closed", "description": "evt", "ticket": TICKET},
        {"id": "evt_1", "title": "Closed", "data": {"description": "evt", "ticket": TICKET}},
        {"Ticket": TICKET},
        {"Event": "closed", "Data": {"TICKET": TICKET}},
        {**TICKET, "issue": OTHER},
        {**TICKET, "ticket": {"id": 1, "subject": "Gate"}},
    ],
)
def test_the_ticket_is_found_in_its_shell(body: dict[str, Any]) -> None:
    """And is not taken for a shell where it names another one."""
    assert row("desk", body).values["source.external_id"] == "T-7"


def test_a_ticket_without_solution_is_none_of_another() -> None:
    """It has a status, and only speaks of the other one."""
    own = {**TICKET, "resolution": "", "status": "closed"}

    assert not isinstance(mapping_of("desk").row({**own, "incident": OTHER}), Mapped)


def test_a_known_help_desk_may_have_a_status_in_its_shell() -> None:
    """That of the delivery, say."""
    note = {"author_id": 2, "public": True, "body": ANSWER}
    ticket = {**TICKET, "id": 7, "status": "solved", "requester_id": 1, "comments": [note]}

    assert row("zendesk", {"status": "ok", "ticket": ticket}).values["solution"] == ANSWER


@pytest.mark.parametrize("name", ["timestamp", "occurred_at", "createdAt", "updated_at", "event_time"])
def test_the_time_of_an_event_counts_where_the_ticket_has_none(name: str) -> None:
    """A ticket's own time of change goes first, and when it was created says nothing."""
    assert row("desk", {name: AT, "ticket": TICKET}).moment == MOMENT
    assert row("desk", {name: "2026-03-09", "ticket": {**TICKET, "updated_at": AT}}).moment == MOMENT
    assert row("desk", {**TICKET, "created_at": AT}).moment == ""


@pytest.mark.parametrize(
    ("more", "moment"),
    [
        ({"closedAt": AT}, MOMENT),
        ({"closedAt": "2026-03-01T08:00:00Z", "comment": AT}, MOMENT),
        ({"closedAt": AT, "comment": "2026-03-01T08:00:00Z"}, MOMENT),
        ({"closedAt": "2026-03-09T08:00:00Z", "updatedAt": AT}, MOMENT),
        ({}, ""),
    ],
)
def test_an_issue_of_github_was_so_at_its_last_sign(more: dict[str, str], moment: str) -> None:
    """Its change, else its close or the newest comment."""
    note = {"authorAssociation": "MEMBER", "body": ANSWER, "createdAt": more.get("comment", "")}
    issue = {"number": 5, "state": "closed", "title": "Copier", "body": TICKET["description"], "comments": [note]}

    assert row("github", issue | more).moment == moment
