"""Slow and swollen clients are refused before they cost anything, and others are served meanwhile."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

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
