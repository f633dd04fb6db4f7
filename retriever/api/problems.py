"""Every error as one shape, RFC 9457 problem+json: errors are raised wherever they happen and mapped here, by class.

A problem never repeats what the caller sent beyond the names of fields: texts may be private, and logs keep answers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from retriever.errors import InvalidCase, Overloaded, SimilarCasesError, Unavailable
from retriever.masking import mask_mention, mask_text

MEDIA_TYPE = "application/problem+json"
ERRORS_SHOWN = 20
NAME_SHOWN = 60
RETRY_SECONDS = 1
INVALID_REQUEST = "The request is not valid; `errors` names each field."

_CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "no_such_address",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}
_DETAILS = {
    404: "There is nothing at this address; /openapi.json lists what there is.",
    405: "This address does not answer to this method; the Allow header lists those it does.",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused field: its path from the top of the body or query, why, and a stable code."""

    field: str
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What goes wrong, in the terms of HTTP."""

    status: int
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class ProblemError(Exception):
    """A request is refused for what it is as HTTP: its headers, its size, its form."""

    def __init__(self, problem: Problem) -> None:
        """Carry the answer."""
        super().__init__(problem.detail)
        self.problem = problem


def invalid_parameter(name: str, reason: str) -> ProblemError:
    """The refusal of one query parameter, 400."""
    detail = "The address has a query parameter that is not valid; `errors` names it."
    return ProblemError(Problem(400, "invalid_parameter", detail, (FieldError(name, reason, "invalid_parameter"),)))


INTERNAL = Problem(500, "internal_error", "The server failed; its log has the details under this request id.")


def problem_of(error: Exception) -> Problem:
    """The problem that an exception means: the nearest class in its method resolution order decides."""
    for cls in type(error).__mro__:
        if cls in _MAPPED:
            return _masked(_MAPPED[cls](error))
    return INTERNAL


def _masked(problem: Problem) -> Problem:
    """A message may name a value; it never repeats a personal one."""
    errors = tuple(
        replace(error, field=mask_mention(error.field), reason=_masked_text(error.reason)) for error in problem.errors
    )
    return replace(problem, detail=_masked_text(problem.detail), errors=errors)


def _masked_text(text: str) -> str:
    return mask_text(text).text


def field_errors(details: Sequence[ErrorDetails | Mapping[str, Any]]) -> tuple[FieldError, ...]:
    """Pydantic's errors as ours, without the values it would repeat; the first few."""
    return tuple(
        FieldError(_path(detail["loc"]), str(detail["msg"]).removeprefix("Value error, "), str(detail["type"]))
        for detail in details[:ERRORS_SHOWN]
    )


def problem_response(problem: Problem, scope: Scope) -> Response:
    """The problem as a response; `instance` is the path that was asked, `request_id` finds the log entries."""
    body: dict[str, Any] = {
        "type": f"urn:similar-cases:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": scope.get("raw_path", b"").decode("ascii", "replace")[:300] or "/",
        "code": problem.code,
        "request_id": scope.get("state", {}).get("request_id", ""),
        "errors": list(problem.errors),
    }
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(orjson.dumps(body), problem.status, headers, MEDIA_TYPE)


async def answer_error(request: Request, error: Exception) -> Response:
    """The handler of every exception class in `handled_errors`."""
    problem = problem_of(error)
    if problem.status == 405 and "Allow" in problem.headers:
        problem = Problem(405, problem.code, problem.detail, headers={"Allow": allowed_methods(request.scope)})
    return problem_response(problem, request.scope)


def handled_errors() -> list[type[Exception]]:
    """Classes to register `answer_error` for; anything else is a fault of the server."""
    return list(_MAPPED)


def allowed_methods(scope: Scope) -> str:
    """All methods of all routes that match the path: the router itself names those of the first one only."""
    methods: set[str] = set()
    for route in scope["app"].routes:
        if route.path_regex.match(scope["path"]):
            methods |= route.methods or set()
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))


def _path(loc: Sequence[str | int]) -> str:
    names = [part for part in loc if part not in ("body", "query", "path")]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:NAME_SHOWN]}" for part in names)
    return path.removeprefix(".")


def _from_domain(error: SimilarCasesError) -> Problem:
    return Problem(error.http_status, error.code, str(error))


def _from_case(error: InvalidCase) -> Problem:
    errors = (FieldError(error.field, error.reason, error.code),)
    return Problem(error.http_status, error.code, str(error), errors)


def _from_unavailable(error: Unavailable) -> Problem:
    seconds = error.retry_after if isinstance(error, Overloaded) else RETRY_SECONDS
    return Problem(error.http_status, error.code, str(error), headers={"Retry-After": str(seconds)})


def _from_http(error: HTTPException) -> Problem:
    status = error.status_code
    code = _CODES.get(status, HTTPStatus(status).phrase.lower().replace(" ", "_"))
    return Problem(status, code, _DETAILS.get(status, str(error.detail)), headers=error.headers or {})


def _from_validation(error: RequestValidationError) -> Problem:
    errors = field_errors(error.errors())
    return Problem(422, "invalid_request", INVALID_REQUEST, errors)


def _from_problem(error: ProblemError) -> Problem:
    return error.problem


_MAPPED: dict[type[Exception], Callable[[Any], Problem]] = {
    SimilarCasesError: _from_domain,
    InvalidCase: _from_case,
    Unavailable: _from_unavailable,
    HTTPException: _from_http,
    RequestValidationError: _from_validation,
    ProblemError: _from_problem,
}
