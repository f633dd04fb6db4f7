"""Connections that are bounded before a request exists, and behind it.

Its head must come in time and may not be large, few requests may wait behind one another, a body may not come in
crumbs, and one that nobody reads does not keep the connection open.
"""

import asyncio
from typing import Any, cast

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS = 10
"""From connecting, or from the first byte of a further request, to the end of its headers."""
HEAD_BYTES = 64 << 10
"""Request line and headers together."""
WAITING_REQUESTS = 16
"""Sent ahead on one connection, while an earlier one is answered; browsers send none, and each takes a turn."""
CRUMBS = 1_000
"""Pieces of a body after which they are looked at: each costs as much as a whole one."""
CRUMB_BYTES = 16
"""Least that the pieces of a body may hold on average."""
LINGER_SECONDS = 5
"""What is left of a body may arrive for so long after the answer: who still sends would else miss it."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with an end to patience: half a head is 408 after a while, a large one 431."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  uvicorn's own
        """As uvicorn makes it, once per connection."""
        super().__init__(*arguments, **named)
        self._head_bytes = 0
        self._in_head = True
        self._refused = False
        self._timer: asyncio.TimerHandle | None = None
        self._in_body = False
        self._pieces = self._body_bytes = 0
        self._unanswered: list[RequestResponseCycle] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected: the clock runs."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, also for requests that were sent ahead: uvicorn tells the last one only."""
        self._stop_clock()
        for cycle in self._unanswered:
            cycle.disconnected = not cycle.response_complete
            cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes arrive; those of a head that has not ended yet are counted."""
        if self._refused:
            return
        was_in_head = self._in_head
        super().data_received(data)
        # A head that began within these bytes is counted from the next ones on: others lie before it.
        if self._in_head and was_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(431, "headers_too_large", f"Request line and headers may have {HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        """A further request of the same connection begins."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._in_body, self._pieces, self._body_bytes = True, 0, 0
        self._unanswered = [cycle for cycle in self._unanswered if not cycle.response_complete]
        if len(self._unanswered) > WAITING_REQUESTS:
            self._hang_up()
        if self._timer is None:
            self._start_clock()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        self._stop_clock()
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD_BYTES:
            self._refuse(431, "headers_too_large", f"Request line and headers may have {HEAD_BYTES} bytes.")
        if not self._refused:
            self._take_host_of_target()
            super().on_headers_complete()
            self._unanswered.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        """Part of a body; nobody reads that of a request that was refused."""
        self._pieces += 1
        self._body_bytes += len(body)
        if self._pieces > CRUMBS and self._body_bytes < self._pieces * CRUMB_BYTES:
            self._hang_up()
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._in_body = False
        if not self._refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Answered; when the body still comes, nobody waits for the end of it for long."""
        super().on_response_complete()
        if self._in_body and self.cycle.response_complete:
            self.loop.call_later(LINGER_SECONDS, self._stop_lingering, self.cycle)

    def _take_host_of_target(self) -> None:
        """A target that is a whole address names the host, whatever the header says (RFC 9112, 3.2.2)."""
        authority = self.url.partition(b"://")[2].partition(b"/")[0]
        if authority and not self.url.startswith(b"/"):
            self.headers[:] = [(name, value) for name, value in self.headers if name != b"host"]
            self.headers.append((b"host", authority))

    def _start_clock(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._out_of_time)

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _out_of_time(self) -> None:
        self._timer = None
        if self._in_head and not self.transport.is_closing():
            self._refuse(408, "headers_too_slow", "The headers did not arrive in time.")

    def _stop_lingering(self, cycle: RequestResponseCycle) -> None:
        if self._in_body and self.cycle is cycle:
            self._hang_up()

    def _hang_up(self) -> None:
        """End the connection; whoever sends what nobody serves does not wait for an answer."""
        self._refused = True
        self._stop_clock()
        self.transport.close()

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answer before there is a request, as a problem (RFC 9457), and hang up."""
        problem = {"type": f"urn:similar-cases:problem:{code}", "status": status, "detail": detail}
        body = orjson.dumps(problem)
        head = (
            b"content-type: application/problem+json\r\nconnection: close\r\n"
            b"content-length: " + str(len(body)).encode() + b"\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[status] + head + body)
        self._hang_up()
