"""What the routes need of a request: the service behind it, its checked body, a thread to work on."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request

from retriever.api.problems import INVALID_REQUEST, Problem, ProblemError, field_errors
from retriever.api.runtime import Runtime
from retriever.domain import Actor
from retriever.errors import InvalidCase
from retriever.ingest.files.json_text import exact_json
from retriever.wiring.service import Service

Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")

LEAST_BYTES = 1 << 10
"""Of a body that is read as it arrives, so much must come in the time that a request may take."""
JSON = ("application/json",)
NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
CASE_ID = re.compile(r"\w[\w.:@+~-]{0,199}")


def runtime_of(request: Request) -> Runtime:
    """What runs behind the application."""
    runtime: Runtime = request.app.state.runtime
    return runtime


def service_of(request: Request) -> Service:
    """The open service. Raises Unavailable while there is none."""
    return runtime_of(request).service


def actor_of(request: Request) -> Actor:
    """Who asks. Only for routes that need a role: the others do not know."""
    actor: Actor | None = request.state.actor
    if actor is None:
        raise RuntimeError(f"{request.url.path} asks for an actor, but PERMISSIONS lets anybody call it")
    return actor


async def on_thread(request: Request, work: Callable[[], T]) -> T:
    """The result of work that takes long or waits for the disk. Raises Overloaded."""
    return await runtime_of(request).workers.run(work)


async def on_arrivals_thread(request: Request, work: Callable[[], T]) -> T:
    """The result of work on a case that comes in: on a thread apart, so that no question waits for it.

    Raises Overloaded.
    """
    return await runtime_of(request).arrivals.run(work)


async def read_body(request: Request) -> bytes:
    """The whole JSON body, unparsed; refused with 415, 413, or 408 when it comes too slowly."""
    check_media_type(request.headers, JSON)
    try:
        async with asyncio.timeout(runtime_of(request).settings.request_timeout):
            return await request.body()
    except TimeoutError as error:
        raise _too_slow() from error


async def iter_body(request: Request) -> AsyncIterator[bytes]:
    """The body piece by piece as it arrives; refused with 408 when less than 1 KiB comes in the time of a request."""
    stream, seconds = request.stream(), runtime_of(request).settings.request_timeout
    piece: bytes | None = b""
    while piece is not None:
        came = b""
        try:
            async with asyncio.timeout(seconds):
                while len(came) < LEAST_BYTES and (piece := await anext(stream, None)) is not None:
                    came += piece
        except TimeoutError as error:
            raise _too_slow() from error
        yield came


def _too_slow() -> ProblemError:
    return ProblemError(Problem(408, "body_too_slow", "The body did not arrive in time; send it again."))


def check_media_type(headers: Headers, accepted: tuple[str, ...]) -> None:
    """Refuse a body of another media type with 415."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in accepted:
        raise ProblemError(Problem(415, "unsupported_media_type", f"The Content-Type must be {accepted[0]}."))


def parse(model: type[Model], body: bytes) -> Model:
    """The body as a model; 400 when it is no JSON, 422 naming each field that is refused."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        if details[0]["type"] == "json_invalid":
            raise _invalid_json(details[0]["msg"]) from error
        raise ProblemError(Problem(422, "invalid_request", INVALID_REQUEST, field_errors(details))) from error


def parse_object(body: bytes) -> dict[str, object]:
    """The body as a JSON object whose fields are checked later; 400 when it is no JSON, InvalidCase when no object."""
    try:
        row = exact_json(body)
    except ValueError as error:
        raise _invalid_json(str(error)) from error
    if not isinstance(row, dict):
        raise InvalidCase("case", "expected an object with the fields of a case")
    return row


def check_case_id(case_id: str) -> str:
    """The id from the address; one that no case can have is not worth a look into the store: 404."""
    if not CASE_ID.fullmatch(case_id):
        raise ProblemError(Problem(404, "case_not_found", "There is no case with this id."))
    return case_id


def _invalid_json(message: str) -> ProblemError:
    """The refusal that says where the JSON breaks, in the parser's words, which never repeat the text."""
    place = message.removeprefix("Invalid JSON: ").rstrip(".")[:120]
    return ProblemError(Problem(400, "invalid_json", f"The body is not valid JSON: {place}."))
