"""HEAD answers as GET does, without the body: monitors and load balancers ask that way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from retriever.api.app import create_app
from tests.support.api import LIBRARY, LOCAL, build_service

KNOWN = {"{case_id}": "parcel"}
VARYING = {"date", "x-request-id", "content-length", "ratelimit", "age"}
"""Headers that two answers to the same request need not share; the figures of /metrics grow."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client for tests that change nothing."""
    folder: Path = tmp_path_factory.mktemp("head")
    with (
        build_service(folder, *LIBRARY) as service,
        TestClient(create_app(service), base_url=LOCAL) as client,
    ):
        yield client


def paths_of(client: TestClient) -> list[str]:
    """Every address with a GET, its parameters filled in."""
    routes = [route for route in client.app.routes if isinstance(route, Route)]  # type: ignore[attr-defined]
    found = [route.path for route in routes if "GET" in (route.methods or ())]
    for name, value in KNOWN.items():
        found = [path.replace(name, value) for path in found]
    return found


def test_every_get_answers_head(asked: TestClient) -> None:
    """With the same status and headers, and nothing after them; good answers, problems and unknown addresses alike."""
    paths = [*paths_of(asked), "/v1/cases/nobody", "/v1/cases?limit=0", "/v1/cases?x=1", "/nowhere"]
    assert {"/healthz", "/readyz", "/version", "/metrics", "/v1/cases", "/openapi.json"} <= set(paths)
    for path in paths:
        got, head = asked.get(path), asked.head(path)

        assert head.status_code == got.status_code, path
        assert head.content == b"", path
        shown, expected = (
            {name: value for name, value in answer.headers.items() if name not in VARYING} for answer in (head, got)
        )
        assert shown == expected, path


def test_head_says_how_long_the_body_would_be(asked: TestClient) -> None:
    """Content-Length is that of the body of GET."""
    assert asked.head("/v1/cases/parcel").headers["Content-Length"] == str(len(asked.get("/v1/cases/parcel").content))


def test_head_of_a_version_that_is_held_is_304(asked: TestClient) -> None:
    """Conditions count as for GET."""
    tag = asked.head("/v1/cases/parcel").headers["ETag"]

    assert asked.head("/v1/cases/parcel", headers={"If-None-Match": tag}).status_code == 304


def test_head_is_counted_under_its_route(asked: TestClient) -> None:
    """Figures tell HEAD from GET and know the route."""
    asked.head("/v1/cases/druck")

    text = asked.get("/metrics").text
    assert 'similar_cases_requests_total{method="HEAD",route="/v1/cases/{case_id}",status="200"}' in text


def test_what_has_no_get_has_no_head(asked: TestClient) -> None:
    """405, as for GET, and Allow names what there is."""
    head = asked.head("/v1/similar")

    assert (head.status_code, head.headers["Allow"], head.content) == (405, "POST", b"")
    assert "HEAD" in asked.patch("/healthz").headers["Allow"]
