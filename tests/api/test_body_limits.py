"""Bodies have a limit, whether their length is announced or not."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from retriever.api.app import create_app
from tests.support.api import build_service, client_of

LIMIT = 2_048
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a service that takes small bodies only; no test changes anything."""
    with (
        build_service(tmp_path_factory.mktemp("limits"), max_body_bytes=LIMIT) as service,
        client_of(service) as client,
    ):
        yield client


def padded(size: int) -> bytes:
    """A valid question of exactly this size."""
    return b'{"problem":"x"' + b" " * (size - 15) + b"}"


def pieces(body: bytes) -> Iterator[bytes]:
    """The body in pieces, so that its length is not announced."""
    yield from (body[at : at + 500] for at in range(0, len(body), 500))


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413), (LIMIT * 50, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_the_limit_is_exact(client: TestClient, size: int, status: int, chunked: bool) -> None:
    """A body of the limit passes and one byte more is 413, announced or chunked."""
    response = client.post("/v1/similar", content=pieces(padded(size)) if chunked else padded(size), headers=JSON)

    assert response.status_code == status
    if status == 413:
        assert response.json()["code"] == "body_too_large"
        assert response.headers["Content-Type"] == "application/problem+json"


def test_a_chunked_body_is_not_read_to_its_end(tmp_path: Path) -> None:
    """Reading stops at the limit: an endless body does not fill the memory."""
    asked = 0
    statuses: list[int] = []

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b" " * 500, "more_body": True}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [
        (b"host", b"localhost"),
        (b"content-type", b"application/json"),
        (b"transfer-encoding", b"chunked"),
    ]
    scope = {"type": "http", "method": "POST", "path": "/v1/similar", "query_string": b"", "headers": headers}
    with build_service(tmp_path, max_body_bytes=LIMIT) as service:
        asyncio.run(create_app(service)(scope, receive, send))

    assert statuses == [413]
    assert asked == LIMIT // 500 + 1


def test_an_announced_length_is_refused_on_any_address(client: TestClient) -> None:
    """A length above the limit is refused before the address is looked at."""
    assert client.post("/nowhere", content=b"x" * (LIMIT + 1)).status_code == 413
