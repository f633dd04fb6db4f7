"""What only colleagues may see is never the solution, however a help desk or its export marks it."""

from typing import Any

import pytest

from retriever.ingest.sources.registry import get_source
from retriever.ingest.sources.speakers import is_internal
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
            "comments": [{"author_id": 2, "body": ANSWER}, {"author_id": 2, "body": NOTE} | marks],
        },
        "freshdesk": {
            "id": 1,
            "status": 5,
            "description_text": PROBLEM,
            "conversations": [{"body_text": ANSWER, "user_id": 2}, {"body_text": NOTE, "user_id": 2} | marks],
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
            "CaseComments": [by | {"CommentBody": ANSWER}, by | {"CommentBody": NOTE} | marks],
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
