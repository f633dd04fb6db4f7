"""Connections that are bounded before a request exists: its head must come in time and may not be large."""

import asyncio
from typing import Any, cast

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_SECONDS = 10
"""From connecting, or from the first byte of a further request, to the end of its headers."""
HEAD_BYTES = 64 << 10
"""Request line and headers together."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with an end to patience: half a head is 408 after a while, a large one 431."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  uvicorn's own
        """As uvicorn makes it, once per connection."""
        super().__init__(*arguments, **named)
        self._head_bytes = 0
        self._in_head = True
        self._refused = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected: the clock runs."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes arrive; those of a head that has not ended yet are counted."""
        if self._refused:
            return
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(431, "headers_too_large", f"Request line and headers may have {HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        """A further request of the same connection begins."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
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

    def on_body(self, body: bytes) -> None:
        """Part of a body; nobody reads that of a request that was refused."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self._refused:
            super().on_message_complete()

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

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answer before there is a request, as a problem (RFC 9457), and hang up."""
        self._refused = True
        self._stop_clock()
        problem = {"type": f"urn:similar-cases:problem:{code}", "status": status, "detail": detail}
        body = orjson.dumps(problem)
        head = (
            b"content-type: application/problem+json\r\nconnection: close\r\n"
            b"content-length: " + str(len(body)).encode() + b"\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()
