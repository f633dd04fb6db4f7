"""What only colleagues may see is never the solution, however a help desk or its export marks it."""

from typing import Any

import pytest

from retriever.ingest.columns import find_field
from retriever.ingest.sources.registry import get_source
from retriever.ingest.sources.speakers import is_internal, seen_by_all
from retriever.ingest.sources.ticket import SkipReason

ANSWER = "Replace the toner drum K2, then print the test page."
NOTE = "The customer has no contract; error ORA-00942 is our own fault, say nothing of it."
PROBLEM = "The copier on floor two prints stripes on every page."


def ticket(source: str, marks: dict[str, Any]) -> dict[str, Any]:
    """A resolved ticket whose answer for the customer is followed by a comment with these marks."""
    eva, jira = {"name": "eva"}, {"summary": "Copier", "description": PROBLEM, "resolution": "Done"}
    talk = [{"body": ANSWER, "author": eva}, {"body": NOTE, "author": eva} | marks]
    seen = {"sender": "Agent", "content_type": "text/plain"}
    asked = {"body": PROBLEM, "sender": "Customer"}
    by = {"CreatedBy": {"Name": "Kim Desk"}}
    sent = {"Incoming": False, "Status": "3"}
    tickets: dict[str, dict[str, Any]] = {
        "jira": {"key": "A-1", "fields": jira | {"status": {"statusCategory": {"key": "done"}}, "comment": talk}},
        "zendesk": {
            "id": 1,
            "status": "solved",
            "requester_id": 1,
            "description": PROBLEM,
            "comments": [{"author_id": 2, "body": ANSWER, "public": True}, {"author_id": 2, "body": NOTE} | marks],
        },
        "freshdesk": {
            "id": 1,
            "status": 5,
            "description_text": PROBLEM,
            "conversations": [
                {"body_text": ANSWER, "user_id": 2, "private": False},
                {"body_text": NOTE, "user_id": 2} | marks,
            ],
        },
        "zammad": {
            "id": 1,
            "title": "Copier",
            "state": "closed",
            "articles": [asked, seen | {"body": ANSWER}, seen | {"body": NOTE} | marks],
        },
        "salesforce": {
            "Id": "1",
            "IsClosed": True,
            "Description": PROBLEM,
            "CaseComments": [by | {"CommentBody": ANSWER, "IsPublished": True}, by | {"CommentBody": NOTE} | marks],
        },
        "salesforce mails": {
            "Id": "1",
            "IsClosed": True,
            "Description": PROBLEM,
            "EmailMessages": [sent | {"TextBody": ANSWER}, sent | {"TextBody": NOTE} | marks],
        },
    }
    return tickets[source]


INTERNAL: list[tuple[str, dict[str, Any]]] = [
    ("jira", {"jsdPublic": False}),
    ("jira", {"public": False}),
    ("jira", {"public": "false"}),
    ("jira", {"isPublic": False}),
    ("jira", {"internal": True}),
    ("jira", {"isInternal": "true"}),
    ("jira", {"visibility": {"type": "role", "value": "Developers"}}),
    ("jira", {"visibility": {"type": "group", "identifier": "276f955c", "value": "jira-staff"}}),
    ("jira", {"visibility": "Service Desk Team"}),
    ("jira", {"roleLevel": "Developers"}),
    ("jira", {"grouplevel": "jira-staff"}),
    ("jira", {"properties": [{"key": "sd.public.comment", "value": {"internal": True}}]}),
    ("jira", {"properties": [{"key": "sd.public.comment", "value": '{"internal": true}'}]}),
    ("jira", {"properties": {"sd.public.comment": {"internal": "true"}}}),
    ("zendesk", {"public": False}),
    ("zendesk", {"is_public": False}),
    ("zendesk", {"private": True}),
    ("zendesk", {"public": True, "via": {"channel": "side_conversation"}}),
    ("zendesk", {"public": True, "via": {"channel": "email", "source": {"rel": "side_conversation"}}}),
    ("freshdesk", {"private": True}),
    ("freshdesk", {"visibility": "private"}),
    ("zammad", {"internal": True}),
    ("zammad", {"internal": "1"}),
    ("zendesk", {}),
    ("zendesk", {"public": None}),
    ("freshdesk", {}),
    ("freshdesk", {"source": 2}),
    ("salesforce", {}),
    ("salesforce", {"IsPublished": ""}),
    ("salesforce", {"IsPublished": False}),
    ("salesforce", {"IsPublished": "0"}),
    ("salesforce", {"Visibility": "InternalUsers"}),
    ("salesforce mails", {"IsExternallyVisible": False}),
]
PUBLIC: list[tuple[str, dict[str, Any]]] = [
    ("jira", {"jsdPublic": True, "visibility": {}, "properties": []}),
    ("jira", {"public": True, "visibility": None, "roleLevel": ""}),
    ("jira", {"visibility": {"type": "", "value": ""}, "visibility_": "public"}),
    ("jira", {"visibility": "public"}),
    ("jira", {"properties": [{"key": "sd.public.comment", "value": {"internal": False}}]}),
    ("jira", {"properties": [{"key": "sd.public.comment", "value": '{"internal": false}'}]}),
    ("jira", {"properties": [{"key": "other", "value": {"internal": True}}]}),
    ("zendesk", {"public": True, "type": "Comment", "via": {"channel": "email"}}),
    ("freshdesk", {"private": False, "source": 2}),
    ("zammad", {"internal": False, "type": "note"}),
    ("salesforce", {"IsPublished": True}),
    ("salesforce mails", {"IsExternallyVisible": True}),
]


def row(source: str, marks: dict[str, Any]) -> dict[str, Any]:
    """The values of the case."""
    result = get_source(source.split(maxsplit=1)[0]).row(ticket(source, marks))
    assert not isinstance(result, SkipReason)
    return result.values


@pytest.mark.parametrize(("source", "marks"), INTERNAL)
def test_an_internal_note_is_no_solution(source: str, marks: dict[str, Any]) -> None:
    """Nor are the error codes in it those of the case."""
    values = row(source, marks)

    assert values["solution"] == ANSWER
    assert "ORA-00942" not in values.get("error_codes", [])


@pytest.mark.parametrize(("source", "marks"), PUBLIC)
def test_what_customers_see_is_one(source: str, marks: dict[str, Any]) -> None:
    """Marks that hide nothing, and those of other programs."""
    assert row(source, marks)["solution"] == NOTE


@pytest.mark.parametrize(
    ("comment", "hidden"),
    [
        ({"Is Public": "no"}, True),
        ({"internal_note": 1}, True),
        ({"isPrivate": True}, True),
        ({"comment_type": "Internal note"}, True),
        ({"Is Public": "yes"}, False),
        ({"internal_note": 0}, False),
        ({"type": "Comment"}, False),
        ({"public": None}, False),
        ({"body": "private"}, False),
    ],
)
def test_flags_are_known_in_any_spelling(comment: dict[str, Any], *, hidden: bool) -> None:
    """Exports and gateways rename them."""
    assert is_internal(comment) is hidden


@pytest.mark.parametrize(
    ("marks", "seen"),
    [
        (({}, {}), 2),
        (({"private": True}, {}), 1),
        (({"public": True}, {}), 1),
        (({"public": False}, {}), 0),
        (({"private": False}, {}), 1),
        (({"public": None}, {}), 2),
        (({"Is Published": "no"}, {"Is Published": "yes"}), 1),
    ],
)
def test_a_comment_without_a_mark_is_hidden_where_others_are_marked(
    marks: tuple[dict[str, Any], ...], seen: int
) -> None:
    """A mark that only the hidden ones carry says nothing of the rest."""
    assert len(seen_by_all(marks)) == seen


@pytest.mark.parametrize("source", [2, "2", "note"])
def test_a_note_of_freshdesk_is_private_unless_it_says_otherwise(source: object) -> None:
    """Also where no conversation of the ticket has a mark."""
    record = ticket("freshdesk", {"source": source})
    del record["conversations"][0]["private"]
    result = get_source("freshdesk").row(record)

    assert not isinstance(result, SkipReason)
    assert result.values["solution"] == ANSWER


ASKED = "Every page from the copier has stripes since Monday."
AGENT, CUSTOMER = {"author_id": 2, "public": True}, {"author_id": 1, "public": True, "body": ASKED}
OPENED = "2026-03-02T08:00:00Z"


def zendesk_problem(*comments: dict[str, Any], description: str = NOTE) -> dict[str, Any]:
    """The case of a ticket whose description is the note of an agent, or another text."""
    record = {"id": 1, "status": "solved", "requester_id": 1, "subject": "Stripes on paper", "created_at": OPENED}
    result = get_source("zendesk").row(
        record | {"description": description, "comments": [*comments, AGENT | {"body": ANSWER}]}
    )
    assert not isinstance(result, SkipReason)
    return result.values


@pytest.mark.parametrize(
    "note",
    [
        {"public": False, "body": NOTE},
        {"public": "false", "html_body": f"<p>{NOTE}</p>"},
        {"private": True, "body": NOTE, "created_at": OPENED},
        {"public": False, "body": "What was written is left out here.", "created_at": OPENED},
        {"public": False, "body": "What was written is left out here."},
    ],
)
def test_a_description_that_began_as_an_internal_note_is_no_problem(note: dict[str, Any]) -> None:
    """Zendesk repeats the first comment in it; the customer's own words count, else the subject."""
    hidden = AGENT | note

    for comments in ((hidden, CUSTOMER), (CUSTOMER | {"created_at": "2026-03-02T09:00:00Z"}, hidden | {"body": NOTE})):
        values = zendesk_problem(*comments)
        assert values["problem"] == ASKED
        assert "ORA-00942" not in values.get("error_codes", [])
    assert zendesk_problem(hidden)["problem"] == "Stripes on paper"


@pytest.mark.parametrize(
    "comments",
    [
        (),
        (AGENT | {"public": False, "body": NOTE, "created_at": "2026-03-02T08:30:00Z"},),
        ({"author_id": 1, "public": True, "body": PROBLEM}, AGENT | {"public": False, "body": NOTE}),
    ],
)
def test_a_description_stays_where_only_later_notes_are_internal(comments: tuple[dict[str, Any], ...]) -> None:
    """Some exports leave the first comment out."""
    assert zendesk_problem(*comments, description=PROBLEM)["problem"] == PROBLEM


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Resolution notes (internal)", None),
        ("Solution [Private]", None),
        ("Lösung (intern)", None),
        ("Description (staff only)", None),
        ("解决方案（内部）", None),
        ("Ticket number (internal)", "source.external_id"),
        ("Resolution notes (required)", "solution"),
        ("Solution (public)", "solution"),
        ("Internet", None),
    ],
)
def test_a_column_for_colleagues_gives_no_text(header: str, field: str | None) -> None:
    """A number may be internal, and other remarks in brackets say nothing of it."""
    assert find_field(header) == field
