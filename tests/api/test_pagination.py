"""Every list is walked by a cursor; one that is broken, forged or another list's is refused and never a fault."""

import base64
import json
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any, TypeAlias

import pytest
from starlette.testclient import TestClient

from retriever.api.models.responses import ProblemResponse
from retriever.api.reference import described_api
from tests.support.api import build_service, client_of
from tests.support.builders import make_case

DESCRIBED = described_api()
Writing: TypeAlias = Callable[[str], str]
"""Writes a cursor with the mark of a list."""


def is_list(path: str) -> bool:
    """Does the good answer at this address say where to go on?"""
    operation = DESCRIBED["paths"][path].get("get", {})
    content = operation.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    return "next_cursor" in DESCRIBED["components"]["schemas"].get(name, {}).get("properties", {})


LISTS = [path for path in DESCRIBED["paths"] if is_list(path)]
"""The address of every list, from the description: a new one is tested without a word here."""


def forged(time: object = "2026-01-01T00:00:00Z", key: object = 1, mark: object = None) -> Writing:
    """A cursor with these parts, and the mark of the list where none is given."""
    return lambda own: encoded(json.dumps([time, key, own if mark is None else mark]).encode())


def encoded(content: bytes) -> str:
    """As cursors are written."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def raw(content: bytes) -> Writing:
    """A cursor with any content."""
    return lambda _: encoded(content)


HOSTILE: dict[str, Writing] = {
    "key of 64 bits": forged(key=2**63),
    "key of 65 bits": forged(key=2**64),
    "key of 400 digits": forged(key=10**400),
    "key of 100 digits": forged(key=10**100),
    "negative key": forged(key=-1),
    "most negative key": forged(key=-(2**63)),
    "key true": forged(key=True),
    "key with a point": forged(key=1.0),
    "key not finite": forged(key=float("nan")),
    "key as text": forged(key="1"),
    "no key": forged(key=[]),
    "year 0": forged("0000-00-00T00:00:00Z"),
    "day 0": forged("0000-00-00"),
    "month 13": forged("2026-13-01T00:00:00Z"),
    "February 30": forged("2026-02-30"),
    "hour 25": forged("2026-01-01T25:00:00Z"),
    "other digits": forged("２０２６-01-01"),
    "other offset": forged("2026-01-01T00:00:00+00:00"),
    "time with a line break": forged("2026-01-01\n"),
    "time with NUL": forged("2026-01-01\0"),
    "SQL": forged("' OR 1=1 --"),
    "time as number": forged(7),
    "empty time": forged(""),
    "no time": forged([]),
    "foreign mark": forged(mark="00000000"),
    "mark as list": forged(mark=[]),
    "lone surrogate": raw(b'["2026-01-01", 1, "\\ud800"]'),
    "too few parts": raw(b'["2026-01-01", 1]'),
    "too many parts": raw(b'["2026-01-01", 1, "x", "y"]'),
    "object": raw(b'{"a": 1, "b": 2, "c": 3}'),
    "number": raw(b"7"),
    "null": raw(b"null"),
    "deep": raw(b"[" * 140),
    "very deep": raw(b"[" * 5_000 + b"]" * 5_000),
    "no JSON": raw(b"abc"),
    "no UTF-8": raw(b"\xff\xfe"),
    "no base64": lambda _: "%%%",
    "NUL": lambda _: "\0",
    "not ASCII": lambda _: "游标",
    "one letter": lambda _: "a",
    "long": lambda _: "a" * 201,
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A library in which every list has more than one page: drafts wait, cases are due, and some were deleted."""
    drafts = [make_case(f"draft-{number}", status="draft") for number in range(5)]
    due = [make_case(f"due-{number}", review_due_on=f"2020-01-0{number % 2 + 1}") for number in range(5)]
    gone = [make_case(f"gone-{number}") for number in range(5)]
    with build_service(tmp_path_factory.mktemp("pages")) as service:
        service.write_cases([*drafts, *due, *gone])
        for case in gone:
            service.delete_case(case.id)
        with client_of(service) as client:
            yield client


@pytest.fixture(scope="module")
def marks(client: TestClient) -> dict[str, str]:
    """The mark that cursors of each list carry, out of a real one."""
    cursors = {address: page(client, address, limit=1)["next_cursor"] for address in LISTS}
    return {
        address: json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[-1]
        for address, cursor in cursors.items()
    }


def page(client: TestClient, address: str, **params: str | int) -> dict[str, Any]:
    """One page."""
    answer = client.get(address, params=params)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def ids(page: dict[str, Any]) -> list[str]:
    """Ids of the entries of a page."""
    (entries,) = (value for value in page.values() if isinstance(value, list))
    return [entry["id"] for entry in entries]


def assert_refused(client: TestClient, address: str, cursor: str) -> None:
    """400 as a problem that names the cursor and does not repeat it."""
    answer = client.get(address, params={"cursor": cursor})
    assert answer.status_code == 400, answer.text
    problem = ProblemResponse.model_validate(answer.json(), strict=True)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error.field for error in problem.errors] == ["cursor"]
    assert len(cursor) < 5 or cursor not in answer.text


def test_the_lists_are_found() -> None:
    """Lists are what takes a cursor, and what takes a cursor is a list."""
    taking = [
        path
        for path, methods in DESCRIBED["paths"].items()
        for parameter in methods.get("get", {}).get("parameters", [])
        if parameter["name"] == "cursor"
    ]

    assert taking == LISTS
    assert {"/v1/cases", "/v1/reviews", "/v1/reviews/due"} <= set(LISTS)


@pytest.mark.parametrize("way", HOSTILE)
@pytest.mark.parametrize("address", LISTS)
def test_a_hostile_cursor_is_refused(client: TestClient, marks: dict[str, str], address: str, way: str) -> None:
    """Whatever stands in it, also under the mark of the list: 400, never a fault, never a page."""
    assert_refused(client, address, HOSTILE[way](marks[address]))


@pytest.mark.parametrize(("one", "other"), list(permutations(LISTS, 2)))
def test_a_cursor_belongs_to_its_list(client: TestClient, one: str, other: str) -> None:
    """The cursor of one list is refused by every other."""
    assert_refused(client, other, page(client, one, limit=1)["next_cursor"])


@pytest.mark.parametrize("address", LISTS)
def test_a_good_cursor_walks_on(client: TestClient, address: str) -> None:
    """Page by page, by cursor and by link, come the entries of one long page, in its order."""
    whole = ids(page(client, address, limit=200))
    by_cursor, by_link = page(client, address, limit=2), client.get(address, params={"limit": 2})
    found = ids(by_cursor)
    while by_cursor["next_cursor"]:
        by_link = client.get(by_link.links["next"]["url"])
        by_cursor = page(client, address, limit=2, cursor=by_cursor["next_cursor"])
        assert by_link.json() == by_cursor
        found += ids(by_cursor)

    assert "next" not in by_link.links
    assert found == whole
    assert len(found) == len(set(found)) >= 5
