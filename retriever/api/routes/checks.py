"""What arrives: cases that somebody wants checked before they go on."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from retriever.api.models.responses import CheckResponse
from retriever.api.requests import actor_of, on_arrivals_thread, parse_object, read_body, service_of
from retriever.api.responses import json_response
from retriever.api.routes.cases import CASE_BODY
from retriever.api.routing import Route
from retriever.case.format import case_from_dict
from retriever.domain import Actor
from retriever.wiring.service import Service

UNNAMED = "unnamed"
"""Id of a case that is checked before it has one."""


async def check_case(request: Request) -> Response:
    """What a case lacks, which published cases may be the same, where it belongs. Changes nothing; needs no id."""
    body = await read_body(request)
    return await on_arrivals_thread(request, partial(_check, service_of(request), actor_of(request), body))


def _check(service: Service, actor: Actor, body: bytes) -> Response:
    case = case_from_dict(parse_object(body), defaults={"id": UNNAMED})
    return json_response(service.arrivals.check(case, actor=actor))


ROUTES = (Route("POST /v1/cases/check", check_case, CheckResponse, body=CASE_BODY),)
