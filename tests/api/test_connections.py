"""Slow and swollen clients are refused before they cost anything, and others are served meanwhile."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from retriever.api import connections
from retriever.api.connections import BoundedProtocol

HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says how much came, and for which hosts."""
    request = Request(scope, receive)
    if scope["path"] == "/early":
        await PlainTextResponse("")(scope, receive, send)
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(0.2)
    body, hosts = await request.body(), request.headers.getlist("host")
    await PlainTextResponse(f"{len(body)} {','.join(hosts)}")(scope, receive, send)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server with half a second for a head of at most 4,000 bytes."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(connections, "HEAD_BYTES", 4_000)
    config = uvicorn.Config(app, http=BoundedProtocol, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(10)


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """One connection."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as connection:
        yield connection


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server hangs up; of what it did not read, the network may tell by a reset alone."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        parts.append(b"(reset)")
    return b"".join(parts)


def test_half_a_head_is_refused_after_a_while(port: int) -> None:
    """And a connection that says nothing too; meanwhile others are answered."""
    with connected(port) as half, connected(port) as silent:
        half.sendall(HALF)
        with connected(port) as other:
            other.sendall(HALF + b"b\r\nConnection: close\r\n\r\n")
            assert answer(other).startswith(b"HTTP/1.1 200")
        head, _, body = answer(half).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408")
        assert json.loads(body)["type"] == "urn:similar-cases:problem:headers_too_slow"
        assert answer(silent).startswith(b"HTTP/1.1 408")


def test_a_head_that_drips_is_refused(port: int) -> None:
    """Each byte in time is not enough: the whole head must be."""
    with connected(port) as connection:
        connection.settimeout(0.05)
        connection.sendall(HALF)
        for _ in range(100):  # five seconds at most
            try:
                told = connection.recv(100)
                break
            except TimeoutError:
                connection.sendall(b"x")
        assert told.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("size", [5_000, 300_000])
def test_a_swollen_head_is_refused(port: int, size: int) -> None:
    """In one piece or many, ended or not."""
    with connected(port) as connection:
        connection.sendall(HALF + b"x" * size)
        assert answer(connection).startswith((b"HTTP/1.1 431", b"(reset)"))
    with connected(port) as connection:
        connection.sendall(HALF + b"x" * size + b"\r\n\r\n")
        assert answer(connection).startswith((b"HTTP/1.1 431", b"(reset)"))


def test_a_large_body_behind_a_small_head_is_no_head(port: int) -> None:
    """The limit of a body is another matter; a second request of the connection counts anew."""
    for _ in range(2):
        with connected(port) as connection:
            post = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n"
            connection.sendall(post + b"\r\n" + b"x" * 500_000)
            time.sleep(0.6)  # longer than a head may take
            connection.sendall(post + b"Connection: close\r\n\r\n" + b"x" * 500_000)
            assert answer(connection).count(b"500000") == 2


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/", "localhost"),
        ("//evil.example/", "localhost"),
        ("http://evil.example/", "evil.example"),
        ("HTTP://evil.example:80?q", "evil.example:80"),
        ("http://localhost@evil.example/", "localhost@evil.example"),
    ],
)
def test_a_whole_address_names_the_host(port: int, target: str, host: str) -> None:
    """What a proxy would be asked for is no request for localhost, though its header says so."""
    with connected(port) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        told = answer(connection).rpartition(b"\r\n\r\n")[2]
    assert told in (f"0 {host}".encode(), b"Invalid HTTP request received.")


def test_a_body_in_crumbs_is_given_up(port: int) -> None:
    """Each piece of a few bytes costs as much as one of 64 KiB; lines of a generator are no crumbs."""
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    with connected(port) as connection:
        connection.sendall(head + b"1\r\n \r\n" * 900 + b"0\r\n\r\n")
        assert b"900 localhost" in answer(connection)
    with connected(port) as connection:
        connection.sendall(head + (b"20\r\n" + b"x" * 32 + b"\r\n") * 5_000 + b"0\r\n\r\n")
        assert b"160000 localhost" in answer(connection)
    with connected(port) as connection:
        begin = time.perf_counter()
        with suppress(ConnectionError):
            connection.sendall(head + b"1\r\n \r\n" * 200_000)
        assert b"200" not in answer(connection)[:20]
        assert time.perf_counter() - begin < 2


def test_a_body_that_nobody_reads_does_not_keep_the_connection(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answered before its body is there, and dripping on: the connection ends a moment after the answer."""
    monkeypatch.setattr(connections, "LINGER_SECONDS", 0.3)
    with connected(port) as connection:
        connection.sendall(b"POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx")
        begin, told = time.perf_counter(), b""
        with suppress(ConnectionError):
            while time.perf_counter() - begin < 5 and (part := connection.recv(65_536)):
                told += part
                connection.sendall(b"x")
        assert told.startswith(b"HTTP/1.1 200")
        assert time.perf_counter() - begin < 3


def test_few_requests_are_sent_ahead(port: int) -> None:
    """Sixteen are answered in their order; of thousands at once none after these costs anything."""
    request = b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connected(port) as connection:
        connection.sendall(b"".join(request % number for number in range(16)))
        connection.settimeout(1)
        told = b""
        with suppress(TimeoutError):
            while told.count(b"0 localhost") < 16:
                told += connection.recv(65_536)
        assert told.count(b"HTTP/1.1 200") == 16
    with connected(port) as connection:
        with suppress(ConnectionError):
            connection.sendall(b"".join(request % number for number in range(20_000)))
        assert answer(connection).count(b"HTTP/1.1") <= 32


def test_whoever_hangs_up_with_requests_ahead_leaves_no_error(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """Their answers go nowhere, and no traceback is logged."""
    with connected(port) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n" * 10)
        time.sleep(0.1)
    time.sleep(1)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    with connected(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert answer(connection).startswith(b"HTTP/1.1 200")
