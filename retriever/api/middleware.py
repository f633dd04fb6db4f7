"""What surrounds every request, as plain ASGI: request id, metrics, headers, faults, and the limit of the body."""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from traceback import format_exc

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retriever.api.problems import INTERNAL, Problem, ProblemError, problem_response
from retriever.telemetry import Metrics

log = structlog.get_logger()

REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
NO_ROUTE = "unmatched"


class ObservabilityMiddleware:
    """Outermost: names the request, counts it, and turns a fault into a problem that tells nothing of the inside."""

    def __init__(self, app: ASGIApp, *, metrics: Callable[[], Metrics]) -> None:
        """`metrics` is asked once per request: it exists only when the service is open."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; other kinds of scope pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        own_headers = [(b"x-request-id", request_id.encode("ascii")), (b"x-content-type-options", b"nosniff")]
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *own_headers]
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, send_named)
        except ClientDisconnect:
            log.debug("client_left", route=_route(scope), method=scope["method"])  # counted below, as 499
        except Exception:
            # The last place before the network: whatever comes here is our own fault, and is logged as such.
            log.error("request_failed", route=_route(scope), method=scope["method"], traceback=format_exc())
            if status:
                raise  # too late for another answer: the server cuts the connection
            await problem_response(INTERNAL, scope)(scope, receive, send_named)
        finally:
            self._count(scope, status or 499, time.perf_counter() - begin)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        metrics, route = self._metrics(), _route(scope)
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        metrics.requests.labels(route, method, str(status)).inc()
        metrics.request_seconds.labels(route).observe(seconds)


class HeadMiddleware:
    """Answers HEAD wherever there is a GET, with its status and headers and without its body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        """Around the routes, which know GET only."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the routes as if it were GET."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # A copy: the server looks at its own for the method that was asked, and must not miss the body.
        as_get = {**scope, "method": "GET"}
        try:
            await self._app(as_get, receive, send_head)
        finally:
            if "route" in as_get:
                scope["route"] = as_get["route"]  # for the figures


class BodyLimitMiddleware:
    """Refuses a body that is too large: by its announced length at once, a chunked one as soon as it is."""

    def __init__(self, app: ASGIApp, *, limit: int, others: Mapping[str, int]) -> None:
        """`limit` in bytes; `others` are the limits of some paths."""
        self._app = app
        self._limit = limit
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what the application reads."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._others.get(scope["path"], self._limit)
        if _announced(scope) > limit:
            await problem_response(too_large(limit).problem, scope)(scope, receive, send)
            return
        read = 0

        async def receive_counted() -> Message:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > limit:
                    raise too_large(limit)
            return message

        await self._app(scope, receive_counted, send)


def too_large(limit: int) -> ProblemError:
    """The refusal of a body above `limit` bytes."""
    detail = f"The body is larger than the {limit:,} bytes that are allowed here."
    return ProblemError(Problem(413, "body_too_large", detail))


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(8)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else 0
    return 0


def _route(scope: Scope) -> str:
    """The template of the route, never the path itself: labels must stay few, and ids are nobody's business."""
    return getattr(scope.get("route"), "path", NO_ROUTE)
