"""Every error has one shape, and tells nothing that was sent or that happened inside."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from retriever import errors
from retriever.api.models.responses import ProblemResponse
from retriever.api.problems import INTERNAL, problem_of
from retriever.domain import FloatMatrix
from retriever.errors import SimilarCasesError
from retriever.telemetry import configure_logging
from tests.support.api import build_service, client_of
from tests.support.builders import WordEncoder

JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}
CASE = {"id": "x", "problem": "p", "solution": "s"}
SECRET = "hunter2-" * 30
QUESTION = {"problem": "x"}


def filtered(**filters: object) -> dict[str, Any]:
    """A question with filters."""
    return {**QUESTION, "filters": filters}


WAYS: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "no such address": ("GET", "/nowhere", {}, 404, "no_such_address"),
    "trailing slash": ("GET", "/v1/cases/", {}, 404, "no_such_address"),
    "no such case": ("GET", "/v1/cases/nobody", {}, 404, "case_not_found"),
    "id that cannot exist": ("GET", "/v1/cases/%00", {}, 404, "case_not_found"),
    "no such case to compare": ("GET", "/v1/cases/nobody/similar", {}, 404, "case_not_found"),
    "no versions": ("GET", "/v1/cases/nobody/versions", {}, 404, "case_not_found"),
    "method": ("PATCH", "/v1/cases/parcel", {}, 405, "method_not_allowed"),
    "not JSON": ("POST", "/v1/similar", {"content": "{", "headers": JSON}, 400, "invalid_json"),
    "case not JSON": ("POST", "/v1/cases", {"content": "{", "headers": JSON}, 400, "invalid_json"),
    "no UTF-8": ("POST", "/v1/similar", {"content": b'{"problem":"\xff"}', "headers": JSON}, 400, "invalid_json"),
    "lone surrogate": ("POST", "/v1/cases", {"content": b'{"id":"\\ud800"}', "headers": JSON}, 400, "invalid_json"),
    "empty body": ("POST", "/v1/similar", {"headers": JSON}, 400, "invalid_json"),
    "no object": ("POST", "/v1/similar", {"json": []}, 422, "invalid_request"),
    "case no object": ("POST", "/v1/cases", {"json": 3}, 422, "invalid_case"),
    "media type": ("POST", "/v1/similar", {"content": "{}"}, 415, "unsupported_media_type"),
    "bulk media type": ("POST", "/v1/cases/bulk", {"json": CASE}, 415, "unsupported_media_type"),
    "unknown parameter": ("POST", "/v1/similar?limit=3", {"json": {"problem": "x"}}, 400, "invalid_parameter"),
    "unknown filter": ("GET", "/v1/cases?lang=de", {}, 400, "invalid_parameter"),
    "bad parameter": ("GET", "/v1/cases?limit=201", {}, 422, "invalid_request"),
    "bad cursor": ("GET", "/v1/cases?cursor=abc", {}, 400, "invalid_parameter"),
    "unknown field": ("POST", "/v1/similar", {"json": {"problem": "x", "top_k": 3}}, 422, "invalid_request"),
    "empty question": ("POST", "/v1/similar", {"json": {"problem": "  "}}, 422, "invalid_request"),
    "long question": ("POST", "/v1/similar", {"json": {"problem": "x" * 32_001}}, 422, "invalid_request"),
    "too many matches": ("POST", "/v1/similar", {"json": {"problem": "x", "limit": 51}}, 422, "invalid_request"),
    "number as text": ("POST", "/v1/similar", {"json": {"problem": "x", "limit": "5"}}, 422, "invalid_request"),
    "language": ("POST", "/v1/similar", {"json": filtered(languages=[""])}, 422, "invalid_request"),
    "date": ("POST", "/v1/similar", {"json": filtered(resolved={"since": "soon"})}, 422, "invalid_request"),
    "empty batch": ("POST", "/v1/similar/batch", {"json": {"questions": []}}, 422, "invalid_request"),
    "large batch": ("POST", "/v1/similar/batch", {"json": {"questions": [QUESTION] * 101}}, 422, "invalid_request"),
    "event": ("POST", "/v1/feedback", {"json": {"case_id": "parcel", "event": "liked"}}, 422, "invalid_request"),
    "case without solution": ("POST", "/v1/cases", {"json": {"id": "x", "problem": "p"}}, 422, "invalid_case"),
    "unknown case field": ("POST", "/v1/cases", {"json": CASE | {"problme": "x"}}, 422, "invalid_case"),
    "case exists": ("POST", "/v1/cases", {"json": CASE | {"id": "parcel"}}, 409, "conflict"),
    "no If-Match": ("PUT", "/v1/cases/parcel", {"json": CASE | {"id": "parcel"}}, 428, "version_required"),
    "old version": ("DELETE", "/v1/cases/parcel", {"headers": {"If-Match": '"9"'}}, 412, "version_mismatch"),
    "other id": ("PUT", "/v1/cases/parcel", {"json": CASE, "headers": {"If-Match": "*"}}, 422, "invalid_case"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_errors_have_one_shape(reader: TestClient, way: str) -> None:
    """Each way to go wrong gives its status and code in a problem that passes the described model."""
    method, path, request, status, code = WAYS[way]

    response = reader.request(method, path, **request)

    assert response.headers["Content-Type"] == "application/problem+json"
    problem = ProblemResponse.model_validate(response.json(), strict=True)
    assert (response.status_code, problem.status, problem.code) == (status, status, code)
    assert problem.request_id == response.headers["X-Request-ID"]
    assert problem.type == f"urn:similar-cases:problem:{code}"


def test_each_refused_field_is_named(reader: TestClient) -> None:
    """A problem lists all refused fields by their path."""
    asked = {"problem": "x", "limit": 0, "filters": {"tags": {"any": ["a", ""]}, "languages": ["en", ""]}}

    errors_ = reader.post("/v1/similar", json=asked).json()["errors"]

    assert {error["field"] for error in errors_} == {"limit", "filters.tags.any[1]", "filters.languages[1]"}


@pytest.mark.parametrize(
    "body",
    [
        {"problem": SECRET * 200},
        {"problem": "x", "format": SECRET},
        {"problem": "x", "limit": SECRET},
        {"problem": "x", "filters": {"languages": [SECRET], "resolved": {"since": SECRET}}},
        {"problem": "x", SECRET: 1},
    ],
)
def test_errors_never_repeat_values(reader: TestClient, body: dict[str, Any]) -> None:
    """What was sent does not come back, except the beginning of a field's name."""
    response = reader.post("/v1/similar", json=body)

    assert response.status_code == 422
    assert SECRET not in response.text
    assert response.text.count("hunter2") <= 8


class FaultyEncoder(WordEncoder):
    """Fails in a way that nobody foresaw."""

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Raises always."""
        raise ZeroDivisionError("the inside")


def test_a_fault_tells_nothing_of_the_inside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A fault answers 500 with the request id under which the log has the traceback."""
    configure_logging("warning")
    with (
        build_service(tmp_path, encoder=FaultyEncoder()) as service,
        client_of(service) as client,
    ):
        response = client.post("/v1/similar", json={"problem": SECRET}, headers={"X-Request-ID": "look-for-me"})

    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "inside" not in response.text.replace(INTERNAL.detail, "")
    logged = capsys.readouterr().err
    assert "look-for-me" in logged
    assert "ZeroDivisionError: the inside" in logged
    assert SECRET not in logged


def domain_errors(cls: type[SimilarCasesError] = SimilarCasesError) -> Iterator[type[SimilarCasesError]]:
    """The exception tree."""
    yield cls
    for child in cls.__subclasses__():
        yield from domain_errors(child)


@pytest.mark.parametrize("cls", list(domain_errors()), ids=lambda cls: cls.__name__)
def test_domain_errors_keep_their_status_and_code(cls: type[SimilarCasesError]) -> None:
    """Every class of the tree becomes the status and code it declares; 503 says when to come back where one may."""
    arguments = ("field", "why") if cls is errors.InvalidCase else ("why",)
    problem = problem_of(cls(*arguments))

    assert (problem.status, problem.code) == (cls.http_status, cls.code)
    assert ("Retry-After" in problem.headers) == issubclass(cls, errors.Unavailable)


def test_allow_names_all_methods_of_an_address(reader: TestClient) -> None:
    """405 lists the methods of every route of the address."""
    assert reader.patch("/v1/cases/parcel").headers["Allow"] == "DELETE, GET, HEAD, PUT"
    assert reader.delete("/v1/cases").headers["Allow"] == "GET, HEAD, POST"
