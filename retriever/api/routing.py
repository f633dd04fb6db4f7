"""Routes as tables: a row says what is special, and what follows from it is described and checked for every route."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Lifespan

from retriever import __version__
from retriever.api.openapi import build_openapi, problem_responses, reference_to
from retriever.api.problems import NAME_SHOWN, invalid_parameter
from retriever.api.security.gate import Gate
from retriever.api.security.permissions import permission_of

Endpoint: TypeAlias = Callable[..., Awaitable[Response]]
Responses: TypeAlias = Mapping[int | str, dict[str, Any]]
"""Descriptions of answers by their status, as FastAPI wants them."""


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The body that a route reads itself: what `model` describes, or any JSON object. `examples` by name."""

    model: type[BaseModel] | None = None
    examples: Mapping[str, Any] = field(default_factory=dict)
    media_type: str = "application/json"

    def described(self) -> dict[str, Any]:
        """The body in OpenAPI."""
        content: dict[str, Any] = {"schema": reference_to(self.model) if self.model else {"type": "object"}}
        if self.examples:
            content["examples"] = {name: {"value": value} for name, value in self.examples.items()}
        return {"required": True, "content": {self.media_type: content}}


@dataclass(frozen=True, slots=True)
class Header:
    """A request header that a route reads."""

    name: str
    description: str

    def described(self) -> dict[str, Any]:
        """The header in OpenAPI. Never required there: without it the answer says which one to send."""
        schema = {"type": "string"}
        return {"name": self.name, "in": "header", "required": False, "description": self.description, "schema": schema}


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: `address` is like `GET /v1/cases`; its name in OpenAPI is that of its function, in camel case.

    `refusals` are the statuses of problems beyond those that follow from the rest; `responses` describes good answers
    other than `answer` under `status`.
    """

    address: str
    endpoint: Endpoint
    answer: type[BaseModel] | None = None
    status: int = 200
    body: RequestBody | None = None
    headers: tuple[Header, ...] = ()
    refusals: tuple[int, ...] = ()
    responses: Responses = field(default_factory=dict)

    @property
    def operation_id(self) -> str:
        """`list_cases` is `listCases`."""
        first, *others = self.endpoint.__name__.split("_")
        return first + "".join(map(str.capitalize, others))

    def problems(self) -> list[int]:
        """Statuses of all problems that the operation may answer with, growing."""
        found = {400, *self.refusals}
        if "{case_id}" in self.address:
            found.add(404)
        if self.body is not None:
            found |= {413, 415}
        if "params" in inspect.signature(self.endpoint).parameters or self.refuses_fields():
            found.add(422)
        named = {header.name for header in self.headers}
        if "If-Match" in named:
            found |= {412, 428}
        if "If-None-Match" in named and self.address.startswith("GET "):
            found.add(304)
        return sorted(found)

    def refuses_fields(self) -> bool:
        """Is there one body whose fields are checked? Bulk uploads answer line by line, webhooks take any object."""
        return self.body is not None and self.body.model is not None and self.body.media_type == "application/json"


class CheckedRoute(APIRoute):
    """A route that asks who may call it, and refuses parameters it does not know: a misspelt filter is not ignored."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the checks. Raises LookupError for a route that declares no permission."""
        handler = super().get_route_handler()
        known = _parameter_names(self)
        permission = permission_of(self.operation_id)

        async def checked(request: Request) -> Response:
            gate: Gate = request.app.state.gate
            # Known before anything is read: strangers learn nothing, not even which parameters there are.
            request.state.actor, headers = gate.admit(request.scope, permission)
            if request.scope["query_string"]:
                for name in request.query_params:
                    if name not in known:
                        hint = f"the known ones are {', '.join(sorted(known))}" if known else "there are none here"
                        raise invalid_parameter(name[:NAME_SHOWN], f"is not known; {hint}")
            response = await handler(request)
            for name, value in headers.items():
                response.headers[name] = value
            return response

        return checked


class Api(FastAPI):
    """FastAPI made of tables of routes; its description knows the bodies that the routes read themselves."""

    def __init__(self, lifespan: Lifespan["Api"]) -> None:
        """Without any route yet."""
        self._described = b""
        super().__init__(
            title="similar-cases",
            version=__version__,
            openapi_url=None,  # FastAPI's own route writes the description out for each request
            docs_url=None,  # both load scripts from the web
            redoc_url=None,
            redirect_slashes=False,
            lifespan=lifespan,
        )
        self.router.route_class = CheckedRoute
        self.add_route("/openapi.json", self._describe, include_in_schema=False)
        self._bodies: list[type[BaseModel]] = []

    def add_routes(self, tag: str, routes: Sequence[Route]) -> None:
        """Add the routes of a table, in its order. Raises LookupError for one that declares no permission."""
        for route in routes:
            method, _, path = route.address.partition(" ")
            described: dict[str, Any] = {}
            if route.body is not None:
                described["requestBody"] = route.body.described()
                self._bodies += [route.body.model] if route.body.model else []
            if route.headers:
                described["parameters"] = [header.described() for header in route.headers]
            self.add_api_route(
                path,
                route.endpoint,
                methods=[method],
                operation_id=route.operation_id,
                tags=[tag],
                status_code=route.status,
                response_model=route.answer,
                response_class=JSONResponse if route.answer else Response,
                openapi_extra=described,
                responses={**problem_responses(route.problems()), **route.responses},
            )

    async def _describe(self, _: Request) -> Response:
        self._described = self._described or orjson.dumps(self.openapi())
        return Response(self._described, media_type="application/json")

    def openapi(self) -> dict[str, Any]:
        """The description, built once."""
        if self.openapi_schema is None:
            self.openapi_schema = build_openapi(self, self._bodies)
        return self.openapi_schema


def _parameter_names(route: APIRoute) -> frozenset[str]:
    names: set[str] = set()
    for parameter in route.dependant.query_params:
        annotation = parameter.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names |= set(annotation.model_fields)
        else:
            names.add(parameter.alias)
    return frozenset(names)
