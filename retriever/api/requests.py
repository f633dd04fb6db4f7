"""What the routes need of a request: the service behind it, its checked body, a thread to work on."""

import asyncio
import re
from collections.abc import Callable
from typing import TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from retriever.api.problems import FieldError, field_errors, refuse
from retriever.api.runtime import Serving
from retriever.domain import Actor
from retriever.errors import InvalidCase

Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")

JSON = ("application/json",)
NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
CASE_ID = re.compile(r"\w[\w.:@+~-]{0,199}")
_TAG = re.compile(r'"(r?\d{1,18})"')
_ETAG = re.compile(r'"(\d{1,18})"')


def serving_of(request: Request) -> Serving:
    """What the application serves."""
    serving: Serving = request.app.state.serving
    return serving


def actor_of(request: Request) -> Actor:
    """Who asks. Only for routes that need a role: the others do not know."""
    actor: Actor | None = request.state.actor
    if actor is None:
        raise RuntimeError(f"{request.url.path} asks for an actor, but its door in NEEDS lets anybody in")
    return actor


async def on_thread(request: Request, work: Callable[[], T]) -> T:
    """The result of work that takes long or waits for the disk. Raises Overloaded."""
    return await serving_of(request).workers.run(work)


async def read_body(request: Request) -> bytes:
    """The whole JSON body, unparsed; refused with 415, 413, or 408 when it comes too slowly."""
    check_media_type(request.headers, JSON)
    try:
        async with asyncio.timeout(serving_of(request).settings.request_timeout):
            return await request.body()
    except TimeoutError as error:
        raise refuse(408, "body_too_slow", "The body did not arrive in time; send it again.") from error


def check_media_type(headers: Headers, accepted: tuple[str, ...]) -> None:
    """Refuse a body of another media type with 415."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in accepted:
        raise refuse(415, "unsupported_media_type", f"The Content-Type must be {accepted[0]}.")


def parse(model: type[Model], body: bytes) -> Model:
    """The body as a model; 400 when it is no JSON, 422 naming each field that is refused."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        if details[0]["type"] == "json_invalid":
            raise refuse(400, "invalid_json", f"The body is not valid JSON: {_place(details[0]['msg'])}.") from error
        raise refuse(
            422, "invalid_request", "The request is not valid; `errors` names each field.", field_errors(details)
        ) from error


def parse_object(body: bytes) -> dict[str, object]:
    """The body as a JSON object whose fields are checked later; 400 when it is no JSON, InvalidCase when no object."""
    try:
        row = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise refuse(400, "invalid_json", f"The body is not valid JSON: {_place(str(error))}.") from error
    if not isinstance(row, dict):
        raise InvalidCase("case", "expected an object with the fields of a case")
    return row


def check_case_id(case_id: str) -> str:
    """The id from the address; one that no case can have is not worth a look into the store: 404."""
    if not CASE_ID.fullmatch(case_id):
        raise refuse(404, "case_not_found", "There is no case with this id.")
    return case_id


def wanted_versions(request: Request) -> tuple[int, ...] | None:
    """Versions that If-Match names, None for `*`. Refused with 428 when it is missing; weak tags match nothing."""
    header = request.headers.get("if-match")
    if header is None:
        raise refuse(428, "version_required", 'Send If-Match with the ETag of the version you change, for example "3".')
    if header.strip() == "*":
        return None
    parts = [part.strip() for part in header.split(",")]
    return tuple(int(found[1]) for part in parts if (found := _ETAG.fullmatch(part)))


def wanted_tags(request: Request) -> tuple[str, ...] | None:
    """What If-Match names of something under review, `3` or `r2`; None for `*`. Refused with 428 when it is missing."""
    header = request.headers.get("if-match")
    if header is None:
        raise refuse(428, "version_required", 'Send If-Match with the ETag of what you looked at, for example "r2".')
    if header.strip() == "*":
        return None
    return tuple(found[1] for part in header.split(",") if (found := _TAG.fullmatch(part.strip())))


def has_current(request: Request, version: int) -> bool:
    """Does If-None-Match say that the caller holds this version already?"""
    header = request.headers.get("if-none-match", "")
    return any(part.strip().removeprefix("W/") in (f'"{version}"', "*") for part in header.split(","))


def json_response(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Content as JSON; dataclasses are written field by field."""
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store"} | (headers or {}), "application/json")


def invalid_parameter(name: str, reason: str) -> Exception:
    """The refusal of one query parameter, 400."""
    detail = "The address has a query parameter that is not valid; `errors` names it."
    return refuse(400, "invalid_parameter", detail, (FieldError(name, reason, "invalid_parameter"),))


def _place(message: str) -> str:
    """Where the JSON breaks, in the parser's words, which never repeat the text."""
    return message.removeprefix("Invalid JSON: ").rstrip(".")[:120]
