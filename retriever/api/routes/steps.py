"""Steps in the life of a case: each is done at the version that If-Match names, and answers where the case stands."""

from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from retriever.api.etags import IfMatch, etag_headers, if_match, tag_of
from retriever.api.models.responses import CaseStateResponse
from retriever.api.models.serialisers import serialise_case_state
from retriever.api.requests import actor_of, check_case_id, on_thread, service_of
from retriever.api.responses import json_response
from retriever.api.routing import Endpoint, Header, RequestBody, Route
from retriever.domain import Actor
from retriever.lifecycle import CaseState, Lifecycle
from retriever.wiring.service import Service

Version = TypeVar("Version")


def step_route(name: str, endpoint: Endpoint, if_match: Header, body: RequestBody | None = None) -> Route:
    """The row of one step, POST below the address of its case."""
    return Route(
        f"POST /v1/cases/{{case_id}}/{name}",
        endpoint,
        CaseStateResponse,
        body=body,
        headers=(if_match,),
        refusals=(403, 409),
    )


async def take_step(
    request: Request,
    case_id: str,
    version: Callable[[Service, Actor, str, IfMatch], Version],
    step: Callable[[Lifecycle, Actor, Version], CaseState],
) -> Response:
    """Do one step at the version that If-Match names, as `version` reads it; where the case stands then."""
    check_case_id(case_id)
    wanted, actor, service = if_match(request), actor_of(request), service_of(request)

    def work() -> CaseState:
        return step(service.lifecycle, actor, version(service, actor, case_id, wanted))

    return case_state_response(await on_thread(request, work), service.lifecycle)


def case_state_response(state: CaseState, lifecycle: Lifecycle) -> Response:
    """Where a case stands now, with the ETag of what is under review, else that of the case."""
    return json_response(serialise_case_state(state, lifecycle), headers=etag_headers(tag_of(state)))
