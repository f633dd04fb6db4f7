"""What arrives: cases that somebody wants checked before they go on."""

from functools import partial

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from retriever.api.models.responses import CaseFields, CheckResponse
from retriever.api.openapi import body_of, problems
from retriever.api.requests import actor_of, json_response, on_thread, parse_object, read_body, serving_of
from retriever.api.routes.cases import EXAMPLE
from retriever.case.format import case_from_dict
from retriever.domain import Actor
from retriever.wiring.service import Service

UNNAMED = "unnamed"
"""Id of a case that is checked before it has one."""


def add_arrival_routes(app: FastAPI) -> None:
    """Register the routes of this file."""
    app.add_api_route(
        "/v1/cases/check", check_case, methods=["POST"], operation_id="checkCase", tags=["cases"],
        response_model=CheckResponse, openapi_extra=body_of(CaseFields, {"case": EXAMPLE}),
        responses=problems(400, 413, 415, 422),
    )  # fmt: skip


async def check_case(request: Request) -> Response:
    """What a case lacks, which published cases may be the same, where it belongs. Changes nothing; needs no id."""
    body = await read_body(request)
    return await on_thread(request, partial(_check, serving_of(request).service, actor_of(request), body))


def _check(service: Service, actor: Actor, body: bytes) -> Response:
    case = case_from_dict(parse_object(body), defaults={"id": UNNAMED})
    return json_response(service.arrivals.check(case, actor=actor))
