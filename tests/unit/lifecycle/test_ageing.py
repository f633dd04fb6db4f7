"""Dates, merges and reminders: what falls due, what ends, what comes back, and what is sent where."""

import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from retriever.domain import Actor, Role, Status
from retriever.errors import Conflict, Forbidden, InvalidInput, Unavailable
from retriever.lifecycle import Policy
from retriever.lifecycle.ageing import is_version_below
from retriever.lifecycle.channels import SIGNATURE, Mail, Webhook
from retriever.lifecycle.reminding import DueCase, Reminder, Reminding
from retriever.store import EventKind
from tests.support.builders import make_case
from tests.support.lifecycle import Workflow
from tests.support.people import AUTHOR, LEAD, MANAGER, SCREENED

REMINDER = Reminder("2026-03-01", (DueCase("a", "2026-02-01", "pay/refund"),), 2, 3, 4)


@pytest.mark.parametrize(
    ("category", "due"), [("pay/refund/late", "2026-03-31"), ("pay", "2026-05-30"), ("payments", "2026-08-28")]
)
def test_the_longest_category_decides(workflow: Workflow, category: str, due: str) -> None:
    """Days of a path count for all paths below it unless one of these has its own."""
    workflow.policy = Policy(review_days_by_category={"pay": 90, "pay/refund": 30})

    assert workflow.publish(category=category).review_due_on == due


def test_what_is_due_is_listed_until_it_is_confirmed(workflow: Workflow) -> None:
    """From the day itself on; not by its author, and only with all answers."""
    workflow.publish()
    workflow.wait(179)
    assert workflow.life.ageing.due(MANAGER) == ([], None)
    assert len(workflow.life.ageing.due(MANAGER, within_days=1)[0]) == 1
    workflow.wait(1)
    assert [stored.case.id for stored in workflow.life.ageing.due(MANAGER)[0]] == ["a"]
    with pytest.raises(Forbidden):
        workflow.life.ageing.confirm("a", Actor("ann", Role.ADMIN), SCREENED)

    workflow.life.ageing.confirm("a", LEAD, SCREENED)

    assert workflow.life.ageing.due(MANAGER) == ([], None)
    assert workflow.case().review_due_on == "2027-02-24"


def test_validity_ends_after_its_last_day(workflow: Workflow) -> None:
    """Then the case is historical, once, and cannot be reinstated as it is."""
    workflow.publish(valid_until="2026-03-05")
    workflow.wait(4)
    assert workflow.life.ageing.expire() == []
    workflow.wait(1)
    assert workflow.life.ageing.expire(dry_run=True) == ["a"]

    assert workflow.life.ageing.expire() == ["a"]
    assert workflow.life.ageing.expire() == []
    assert (workflow.status(), workflow.store.reviews.steps("a")[-1].actor) == (Status.HISTORICAL, "system")
    with pytest.raises(Conflict, match="which is past"):
        workflow.life.ageing.reinstate("a", MANAGER)


def test_merging_adds_counts_and_can_be_undone(workflow: Workflow) -> None:
    """The duplicate points to the case that is kept; undoing gives back state and counts."""
    workflow.publish()
    workflow.publish("b", problem="the printer is jammed")
    workflow.store.events.log(EventKind.SOLVED, "a")
    workflow.store.events.log(EventKind.SOLVED, "b")
    workflow.store.events.log(EventKind.OPENED, "b")

    kept = workflow.life.merging.merge("a", ["b"], MANAGER)
    assert (kept.stored.reuse.solved, kept.stored.reuse.opened) == (2, 1)
    assert (workflow.status("b"), workflow.case("b").superseded_by) == (Status.HISTORICAL, "a")
    with pytest.raises(Conflict, match="undo the merge"):
        workflow.life.ageing.reinstate("b", MANAGER)
    workflow.life.merging.unmerge("b", MANAGER)

    assert (workflow.status("b"), workflow.case("b").superseded_by) == (Status.PUBLISHED, "")
    assert (workflow.store.cases.get("a").reuse.solved, workflow.store.cases.get("a").reuse.opened) == (1, 0)
    with pytest.raises(Conflict, match="not merged"):
        workflow.life.merging.unmerge("b", MANAGER)


def test_a_merge_is_all_or_nothing(workflow: Workflow) -> None:
    """A draft, a case with a pending revision, and a missing one stop the whole merge."""
    workflow.publish()
    workflow.publish("b", problem="another")
    workflow.publish("c", problem="a third")
    workflow.draft("d", problem="a draft")
    workflow.life.writing.revise("c", make_case("c", "changed"), AUTHOR)

    for bad in ("c", "d", "none"):
        with pytest.raises(Conflict):
            workflow.life.merging.merge("a", ["b", bad], MANAGER)
    for bad_list in ([], ["a"], ["b", "b"]):
        with pytest.raises(InvalidInput):
            workflow.life.merging.merge("a", bad_list, MANAGER)
    with pytest.raises(Forbidden):
        workflow.life.merging.merge("a", ["b"], LEAD)
    assert workflow.status("b") is Status.PUBLISHED


@pytest.mark.parametrize(
    ("version", "prefix", "below"),
    [("3.1", "3.", True), ("3", "3.", True), ("30.1", "3.", False), ("3.1.7", "v3.1", True), ("3.10", "3.1", False)],
)
def test_versions_are_compared_part_by_part(version: str, prefix: str, below: bool) -> None:
    """3. is not 30."""
    assert is_version_below(version, prefix) is below


@contextmanager
def loopback(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    """A server on a free port of this machine."""
    server = (HTTPServer if issubclass(handler, BaseHTTPRequestHandler) else socketserver.TCPServer)(
        ("127.0.0.1", 0), handler
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("status", [204, 500, 302])
def test_the_webhook_is_signed_and_must_be_taken(status: int) -> None:
    """The receiver can check time and body; anything but a 2xx, a redirect too, is a failure that can be retried."""
    got: list[tuple[bytes, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.rfile.read(int(self.headers["Content-Length"])), self.headers[SIGNATURE]))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:  # noqa: ANN401
            pass

    with loopback(Receiver) as port:
        send = Webhook(f"http://127.0.0.1:{port}/hook", "secret")
        if status == 204:
            send(REMINDER)
        else:
            with pytest.raises(Unavailable, match=f"HTTP {status}"):
                send(REMINDER)

    ((body, signature),) = got
    at, digest = signature.removeprefix("t=").split(",v1=")
    assert hmac.new(b"secret", f"{at}.".encode() + body, hashlib.sha256).hexdigest() == digest
    assert json.loads(body)["due"] == [{"id": "a", "review_due_on": "2026-02-01", "category": "pay/refund"}]


def test_the_mail_is_handed_to_the_server() -> None:
    """Sender, recipients and the list arrive; a server that is not there is a failure that can be retried."""
    lines: list[str] = []

    class Server(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            in_data = False
            while raw := self.rfile.readline():
                line = raw.decode().rstrip()
                lines.append(line)
                if in_data and line != ".":
                    continue
                in_data = line.lower() == "data"
                self.wfile.write(
                    b"354 go on\r\n" if in_data else b"221 bye\r\n" if line.lower() == "quit" else b"250 ok\r\n"
                )
                if line.lower() == "quit":
                    return

    with loopback(Server) as port:
        Mail("127.0.0.1", port, "cases@example.org", ["one@example.org", "two@example.org"], tls=False)(REMINDER)

    assert "rcpt TO:<two@example.org>" in lines
    assert "Subject: similar-cases: 2 reviews due, 7 waiting" in lines
    assert "2026-02-01  a  pay/refund" in lines
    with pytest.raises(Unavailable):
        Mail("127.0.0.1", port, "cases@example.org", ["one@example.org"], tls=False)(REMINDER)


def test_reminders_go_out_once_a_day(workflow: Workflow) -> None:
    """Whoever comes first sends them; after a failure the next one tries again; nothing due, nothing sent."""
    sent: list[Reminder] = []
    broken = True

    def channel(reminder: Reminder) -> None:
        if broken:
            raise Unavailable("down")
        sent.append(reminder)

    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)
    reminding = Reminding(workflow.life.ageing.context, (channel,))
    with pytest.raises(Unavailable):
        reminding.send_once()
    broken = False

    assert [reminding.send_once(), reminding.send_once()] == [True, False]
    workflow.wait(1)
    assert reminding.send_once() is True
    assert [(one.due_in_all, one.waiting_for_first, one.waiting_for_second) for one in sent] == [(0, 1, 0)] * 2
    assert Reminding(workflow.life.ageing.context).send_once() is False
