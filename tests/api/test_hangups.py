"""Clients that leave in the middle of what they send: nobody's fault, so no error in the log."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from retriever.api.app import create_app
from retriever.wiring.service import Service
from tests.support.api import LIBRARY

JSON = (b"content-type", b"application/json")
SENT = {
    "question": ("POST", "/v1/similar", JSON, b'{"problem": "the prin'),
    "nothing yet": ("POST", "/v1/similar", JSON, b""),
    "case": ("POST", "/v1/cases", JSON, b'{"id": "a"'),
    "feedback": ("POST", "/v1/feedback", JSON, b"{"),
    "webhook": ("POST", "/v1/webhooks/generic", JSON, b"{"),
    "bulk": (
        "POST",
        "/v1/cases/bulk",
        (b"content-type", b"application/x-ndjson"),
        b'{"id": "a", "problem": "p", "solution": "s"}\n{"id"',
    ),
}


def send_and_leave(
    service: Service, method: str, path: str, header: tuple[bytes, bytes], piece: bytes
) -> list[dict[str, Any]]:
    """What the application answers to somebody who sends the beginning of a body and hangs up."""
    answered: list[dict[str, Any]] = []
    messages: Iterator[dict[str, Any]] = iter(
        [{"type": "http.request", "body": piece, "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:  # noqa: ANN401  whatever ASGI sends
        answered.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "scheme": "http", "root_path": "", "client": ("127.0.0.1", 1),
        "server": ("localhost", 80), "headers": [(b"host", b"localhost"), header, (b"content-length", b"900")],
    }  # fmt: skip
    asyncio.run(create_app(service)(scope, receive, send))
    return answered


@pytest.mark.parametrize("name", SENT)
def test_a_client_that_leaves_is_no_error(service: Service, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Nothing is answered to nobody, nothing is logged at warning or above, and it is counted as 499."""
    answered = send_and_leave(service, *SENT[name])

    told = "".join(capsys.readouterr())
    counts = [
        sample
        for metric in service.metrics.registry.collect()
        for sample in metric.samples
        if sample.name == "similar_cases_requests_total"
    ]
    assert (answered, told) == ([], "")
    assert [(one.labels["status"], one.value) for one in counts] == [("499", 1.0)]


def test_whole_lines_of_a_cut_upload_are_not_lost_silently(service: Service) -> None:
    """What a bulk upload had not handed over when it was cut off is simply not there, as documented; no case is half
    written."""
    send_and_leave(service, *SENT["bulk"])

    assert {stored.case.id for stored in service.store.cases.iter()} == {case.id for case in LIBRARY}
