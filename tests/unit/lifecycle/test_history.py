"""What differs between two texts of a case, and what reminders say."""

import smtplib
import ssl
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from retriever.errors import Unavailable
from retriever.lifecycle import channels, reminding
from retriever.lifecycle.channels import Mail, mail_of
from retriever.lifecycle.history import diff_cases
from retriever.lifecycle.reminding import DueCase, Reminder, Reminding
from tests.support.builders import make_case
from tests.support.lifecycle import Workflow
from tests.support.people import AUTHOR, LEAD, MANAGER, SCREENED

REMINDER = Reminder(
    "2026-03-01", (DueCase("a", "2026-02-01T00:00:00Z", "pay"), DueCase("b", "2026-02-02", "")), 2, 3, 4
)


def test_equal_texts_do_not_differ() -> None:
    """Nothing is listed."""
    assert diff_cases(make_case(), make_case()) == ()


def test_fields_that_differ_are_listed_with_their_lines() -> None:
    """In the order of the case; lists line by line, parts of source and outcome by name, no diff heads."""
    before = make_case(steps=["open", "@@ look", "close", "wait"], outcome={"csat": 4, "first_contact_resolved": True})
    after = make_case(
        steps=["open", "@@ look", "shut", "wait"],
        outcome={"first_contact_resolved": False},
        source={"system": "desk", "external_id": "7"},
        tags=["x", "y"],
    )

    changes = {change.field: (change.before, change.after, change.lines) for change in diff_cases(before, after)}

    assert changes == {
        "source.system": ("manual", "desk", ("-manual", "+desk")),
        "source.external_id": ("", "7", ("+7",)),
        "steps": (
            "open\n@@ look\nclose\nwait", "open\n@@ look\nshut\nwait", (" @@ look", "-close", "+shut", " wait"),
        ),
        "outcome.csat": ("4.0", "", ("-4.0",)),
        "outcome.first_contact_resolved": ("true", "false", ("-true", "+false")),
        "tags": ("", "x\ny", ("+x", "+y")),
    }  # fmt: skip


def test_the_mail_names_days_ids_and_categories() -> None:
    """One line for each case that is named, and how many more there are, if any."""
    mail = mail_of(REMINDER, "me@x.io", ["a@x.io", "b@x.io"])
    longer = mail_of(replace(REMINDER, due_in_all=5), "me@x.io", ["a@x.io"]).get_content()

    assert (mail["From"], mail["To"]) == ("me@x.io", "a@x.io, b@x.io")
    assert mail["Subject"] == "similar-cases: 2 reviews due, 7 waiting"
    assert mail.get_content().splitlines() == [
        "As of 2026-03-01:",
        "- 2 published cases are due for their next review",
        "- 3 wait for a first approval, 4 for a second one",
        "",
        "2026-02-01  a  pay",
        "2026-02-02  b",
    ]
    assert longer.splitlines()[-1] == "… and 3 more: similar-cases review due"


class FakeServer:
    """Notes what a mail server is told."""

    last: ClassVar["FakeServer"]

    def __init__(self, *_: object, **__: object) -> None:
        """Every server made is the last one."""
        self.told: list[str] = []
        type(self).last = self

    def __enter__(self) -> "FakeServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.told.append("quit")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return lambda *_, **__: self.told.append(name)


class FakeTlsServer(FakeServer):
    """Speaks TLS from the start."""


class NoTls(FakeServer):
    """Cannot switch to TLS."""

    def starttls(self, **_: object) -> None:
        """Refuse."""
        raise ssl.SSLError("no")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"port": 25, "tls": False}, ["send_message", "quit"]),
        ({"port": 587}, ["starttls", "send_message", "quit"]),
        ({"port": 587, "user": "u", "password": "p"}, ["starttls", "login", "send_message", "quit"]),
        ({"port": channels.TLS_PORT, "user": "u"}, ["tls", "login", "send_message", "quit"]),
    ],
)
def test_how_a_mail_server_is_spoken_to(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], told: list[str]
) -> None:
    """In TLS from the start at its port, else after STARTTLS unless that is off; with a login where there is one."""
    monkeypatch.setattr(smtplib, "SMTP", FakeServer)
    monkeypatch.setattr(smtplib, "SMTP_SSL", FakeTlsServer)
    server = FakeTlsServer if settings["port"] == 465 else FakeServer

    Mail("mail.x.io", sender="me@x.io", recipients=["a@x.io"], **settings)(REMINDER)

    assert (["tls"] if server is FakeTlsServer else []) + server.last.told == told


def test_a_server_without_tls_gets_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is closed, and the failure can be retried."""
    monkeypatch.setattr(smtplib, "SMTP", NoTls)

    with pytest.raises(Unavailable, match="SSLError"):
        Mail("mail.x.io", 587, "me@x.io", ["a@x.io"], user="u", password="x")(REMINDER)  # noqa: S106
    assert NoTls.last.told == ["close"]


@pytest.mark.parametrize(
    ("due", "first", "second", "is_empty"), [(0, 0, 0, True), (1, 0, 0, False), (0, 1, 0, False), (0, 0, 1, False)]
)
def test_a_reminder_without_anything_to_do_is_empty(due: int, first: int, second: int, is_empty: bool) -> None:
    """Anything that is due or waits is something to do."""
    assert Reminder("2026-03-01", (), due, first, second).is_empty is is_empty


def test_the_reminder_counts_all_and_names_the_most_overdue(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is due today counts, what is due tomorrow does not; drafts wait for nobody."""
    monkeypatch.setattr(reminding, "LISTED", 2)
    for number, day in enumerate(("2026-02-28", "2026-03-01", "2026-02-27", "2026-03-02")):
        workflow.store.cases.upsert([make_case(f"c{number}", f"p{number}", status="published", review_due_on=day)])
    for number in range(4):
        workflow.draft(f"d{number}", problem=f"q{number}")
    for number in range(3):
        workflow.life.reviewing.submit(f"d{number}", AUTHOR)
    workflow.life.reviewing.approve("d0", LEAD, SCREENED)

    reminder = workflow.life.reminding.reminder()

    assert reminder.due == (DueCase("c2", "2026-02-27", ""), DueCase("c0", "2026-02-28", ""))
    assert (reminder.day, reminder.due_in_all) == ("2026-03-01", 3)
    assert (reminder.waiting_for_first, reminder.waiting_for_second) == (2, 1)


def test_reminders_go_to_every_channel(workflow: Workflow) -> None:
    """When there is anything to say; a day without it needs no message."""
    sent: list[str] = []
    reminding = Reminding(
        workflow.life.ageing.context, (lambda reminder: sent.append("one"), lambda reminder: sent.append("two"))
    )
    assert reminding.send() is False
    workflow.publish()
    workflow.wait(180)

    assert reminding.send() is True
    assert sent == ["one", "two"]
    assert Reminding(workflow.life.ageing.context).send() is False
    assert workflow.life.ageing.due(MANAGER)[0] != []
