"""Every answer carries a request id."""

import re

import pytest
from starlette.testclient import TestClient

MADE = re.compile(r"[0-9a-f]{16}")


@pytest.mark.parametrize("path", ["/healthz", "/v1/cases/parcel", "/nowhere", "/openapi.json", "/v1/cases?x=1"])
def test_a_given_id_comes_back(reader: TestClient, path: str) -> None:
    """An id in the allowed form is kept, on good answers and on problems."""
    assert reader.get(path, headers={"X-Request-ID": "Abc_9-z"}).headers["X-Request-ID"] == "Abc_9-z"


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 65, "é".encode(), 'a"b', "a,b"])
def test_a_missing_or_odd_id_is_replaced(reader: TestClient, given: str | bytes | None) -> None:
    """Anything else is replaced by an id of our own, a new one each time."""
    headers = {} if given is None else {"X-Request-ID": given}
    first, second = (reader.get("/healthz", headers=headers).headers["X-Request-ID"] for _ in range(2))  # type: ignore[arg-type]

    assert MADE.fullmatch(first)
    assert first != second
