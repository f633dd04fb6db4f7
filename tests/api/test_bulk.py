"""Bulk uploads: each line has its own fate."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from retriever.api.models.responses import BulkLineResponse
from retriever.api.routes.bulk import LINE_LIMIT, LineSplitter
from retriever.wiring.service import Service
from tests.support.numbers import LONG_INTEGERS, NO_NUMBERS

NDJSON = {"Content-Type": "application/x-ndjson"}


def case_line(id: str, **more: object) -> bytes:
    """One case as a line."""
    return orjson.dumps({"id": id, "problem": "p", "solution": "s"} | more) + b"\n"


def upload(client: TestClient, content: bytes | Iterator[bytes]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Results by line, and the counts at the end."""
    response = client.post("/v1/cases/bulk", content=content, headers=NDJSON)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/x-ndjson"
    *lines, last = (json.loads(line) for line in response.text.splitlines())
    for line in lines:
        BulkLineResponse.model_validate(line, strict=True)
    return lines, last


def test_bad_lines_do_not_stop_good_ones(client: TestClient, service: Service) -> None:
    """Each line gets its action or its field and reason; good lines go in."""
    body = case_line("one") + b"\r\n{bad\n" + case_line("two", colour="red") + b"[]\n" + case_line("parcel") + b"\xff\n"
    body += case_line("three").rstrip()

    lines, last = upload(client, body)

    outcome = {line["line"]: line.get("action") or line["error"]["field"] for line in lines}
    assert outcome == {1: "created", 3: "line", 4: "colour", 5: "line", 6: "updated", 7: "line", 8: "created"}
    assert last == {"done": True, "created": 2, "updated": 1, "unchanged": 0, "refused": 4}
    assert service.store.cases.get("three").version == 1


def test_a_second_upload_changes_nothing(client: TestClient, service: Service) -> None:
    """Sending the same lines again is unchanged for each, and the revision stays."""
    body = b"".join(case_line(f"c{number}") for number in range(450))
    upload(client, body)
    revision = service.store.cases.revision()

    _, last = upload(client, body)

    assert last == {"done": True, "created": 0, "updated": 0, "unchanged": 450, "refused": 0}
    assert service.store.cases.revision() == revision


def test_the_store_may_refuse_a_line(client: TestClient) -> None:
    """A case whose id belongs to another source is refused with the reason, and the rest goes in."""
    body = case_line("x", source={"system": "a", "external_id": "1"})
    body += case_line("x", source={"system": "b", "external_id": "1"}) + case_line("y")

    lines, last = upload(client, body)

    assert "belongs to source a:1" in lines[1]["error"]["reason"]
    assert (last["created"], last["refused"]) == (2, 1)


def test_a_line_that_is_too_long_is_refused_alone(client: TestClient) -> None:
    """A line above the limit is refused without being kept; its neighbours go in."""
    body = case_line("a") + case_line("b", lessons="x" * LINE_LIMIT) + case_line("c")

    lines, last = upload(client, (body[at : at + 100_000] for at in range(0, len(body), 100_000)))

    assert lines[1]["error"]["field"] == "line"
    assert (last["created"], last["refused"]) == (2, 1)


def test_an_empty_upload_is_empty(client: TestClient) -> None:
    """Nothing in, nothing out but the counts."""
    assert upload(client, b"\n \n") == ([], {"done": True, "created": 0, "updated": 0, "unchanged": 0, "refused": 0})


@pytest.mark.parametrize("chunked", [False, True])
def test_the_bulk_limit_is_its_own(open_client: Callable[..., TestClient], chunked: bool) -> None:
    """A bulk body may exceed the common limit but not the one for bulk bodies."""
    client = open_client(max_body_bytes=1024, max_bulk_bytes=100_000)
    small, large = (case_line("a", lessons="x" * 1_000) * times for times in (40, 400))

    def sent(body: bytes) -> bytes | Iterator[bytes]:
        return (body[at : at + 4_096] for at in range(0, len(body), 4_096)) if chunked else body

    fits = client.post("/v1/cases/bulk", content=sent(small), headers=NDJSON)
    refused = client.post("/v1/cases/bulk", content=sent(large), headers=NDJSON)

    assert (fits.status_code, refused.status_code) == (200, 413)
    assert refused.json()["code"] == "body_too_large"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_lines_are_cut_the_same_way_however_they_arrive(step: int) -> None:
    """Pieces of any size give the lines of the whole, numbered as in an editor."""
    body = b"one\n\n  two \r\n" + b"x" * 50 + b"\nlast"
    lines = LineSplitter(limit=20)
    found = [line for at in range(0, len(body), step) for line in lines.feed(body[at : at + step])]
    found += lines.finish()

    assert found == [(1, b"one"), (3, b"two"), (4, None), (5, b"last")]


def test_lines_without_anything_are_counted_and_cost_nothing() -> None:
    """A body of bare line ends is gone through faster than it comes over a network; numbers stay those of the file."""
    lines = LineSplitter()
    assert lines.feed(b"\n\n{1\n \n\r\n") == [(3, b"{1")]
    begin = time.perf_counter()
    assert lines.feed(b"\n" * 1_000_000) == []
    assert time.perf_counter() - begin < 1
    assert lines.feed(b"{2") + lines.finish() == [(1_000_006, b"{2")]


@pytest.mark.parametrize("number", LONG_INTEGERS)
def test_a_long_integer_is_itself_in_a_line(client: TestClient, service: Service, number: int) -> None:
    """Two tickets whose numbers differ in the last digit are two cases; codes, tags and product keep theirs."""
    more = {"error_codes": [number], "tags": [number], "product": number}
    rows = [
        {"source": {"system": "sap", "external_id": at}, "problem": "p", "solution": "s"} | more
        for at in (number, number + 1)
    ]

    lines, last = upload(client, b"".join(json.dumps(row).encode() + b"\n" for row in rows))

    assert [line["id"] for line in lines] == [f"sap:{number}", f"sap:{number + 1}"]
    assert last["created"] == 2
    case = service.store.cases.get(f"sap:{number + 1}").case
    assert case.source.external_id == str(number + 1)
    assert (case.error_codes, case.tags, case.product) == ((str(number),), (str(number),), str(number))


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number_is_refused_in_its_line(client: TestClient, value: str) -> None:
    """Beside a long integer, too; the neighbours go in."""
    bad = b'{"id": "x", "problem": "p", "solution": "s", "product": %s, "source": {"external_id": %d}}\n'
    for number in (1, 10**20):
        lines, _ = upload(client, case_line("a") + bad % (value.encode(), number) + case_line("b"))

        assert [line.get("error", {}).get("field") for line in lines] == [None, "line", None]
