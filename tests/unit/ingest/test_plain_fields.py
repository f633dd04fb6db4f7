"""A field that is plain text keeps its tags and lines; only a field that is HTML is read as HTML."""

from typing import Any

import pytest

from retriever.ingest.cleaning.html import looks_like_html
from retriever.ingest.sources.record import written, written_plain
from retriever.ingest.sources.registry import get_source
from retriever.ingest.sources.ticket import SkipReason

TEXTS = [
    "Save this as x.xml:\n<a>1</a>\n<b>2</b>\nthen restart",
    "cat <<EOF > /etc/unit\n<b>1</b>\nEOF\nand reload it",
    "Put `<br>` between\nthe two lines of the footer",
    '<configuration>\n  <add key="a" value="b"/>\n</configuration>\nbelongs into web.config',
    "<p>Total</p>\nis what the template must hold",
    "<div>\n<span>x</span>\n</div>\nmust be closed in the footer",
    "Write a <br>\nand a <br/> behind each line",
    "if a<b and c>d then\n</b> is missing",
]
PAGE = "<p>Install the new driver</p><p>Reboot the machine</p>"


def record(source: str, text: str) -> dict[str, Any]:
    """A ticket whose problem and answer are the text, in the fields that are plain in that help desk."""
    comment = {"author_id": 2, "public": True, "body": text}
    jira = {"summary": "x", "description": text, "status": {"statusCategory": {"key": "done"}}, "resolution": "Done"}
    article = {"body": text, "content_type": "text/plain"}
    tickets: dict[str, dict[str, Any]] = {
        "zendesk": {"id": 1, "status": "solved", "requester_id": 1, "description": text, "comments": [comment]},
        "jira": {"key": "A-1", "fields": jira | {"comment": [{"body": text, "author": {"name": "eva"}}]}},
        "freshdesk": {
            "id": 1,
            "status": 5,
            "description_text": text,
            "conversations": [{"body_text": text, "incoming": False, "user_id": 2}],
        },
        "salesforce": {
            "Id": "1",
            "IsClosed": True,
            "Description": text,
            "CaseComments": [{"CommentBody": text, "IsPublished": True, "CreatedBy": {"Name": "Eva Long"}}],
        },
        "servicenow": {
            "number": "INC1",
            "state": "6",
            "description": "It fails every day since Monday.",
            "comments": f"2026-02-03 08:00:00 - Kim Desk (Additional comments)\n{text}\n",
        },
        "zammad": {
            "id": 1,
            "title": "x",
            "state": "closed",
            "articles": [article | {"sender": "Customer"}, article | {"sender": "Agent"}],
        },
    }
    return tickets[source]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("source", ["zendesk", "jira", "salesforce", "servicenow", "zammad", "freshdesk"])
def test_tags_in_plain_fields_stay(source: str, text: str) -> None:
    """Whatever they look like, with the lines around them."""
    row = get_source(source).row(record(source, text))

    assert not isinstance(row, SkipReason)
    assert row.values["solution"] == text
    if source != "servicenow":
        assert row.values["problem"] == text


def test_a_page_that_a_program_escaped_is_read() -> None:
    """The whole of it, and nothing that only holds a tag."""
    escaped = PAGE.replace("<", "&lt;").replace(">", "&gt;")

    assert written_plain(escaped) == "Install the new driver\n\nReboot the machine"
    assert written_plain("Write &lt;b&gt;Total&lt;/b&gt; there") == "Write <b>Total</b> there"
    assert written_plain(PAGE) == PAGE


@pytest.mark.parametrize(
    "note",
    [
        {"body_html": PAGE, "body": "Install the new driver"},
        {"body": PAGE, "body_text": "Install the new driver"},
        {"body": PAGE},
    ],
)
def test_freshdesk_names_its_html_in_two_ways(note: dict[str, Any]) -> None:
    """As its API does, and as its export does."""
    ticket = record("freshdesk", "It fails every day since Monday.") | {"conversations": [note | {"incoming": False}]}

    row = get_source("freshdesk").row(ticket)

    assert not isinstance(row, SkipReason)
    assert row.values["solution"] == "Install the new driver\n\nReboot the machine"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("one\n<b>two</b>\nthree", "one\ntwo\nthree"),
        ("one<br>\n<b>two</b>\nthree", "one\ntwo three"),
        ("<a>1</a>\n<b>2</b>", None),
        ("<note><p>first</p></note>", None),
        ("<?xml version='1.0'?>\n<b>1</b>", None),
    ],
)
def test_a_field_that_may_be_either_keeps_its_lines(text: str, read: str | None) -> None:
    """Where no tag begins a line, line breaks do; XML is no HTML."""
    assert looks_like_html(text) is (read is not None)
    assert written(text) == (read or text)
