"""Links: a ticket of another system joins the case that is there, instead of a 409 or a second case."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from retriever.api.models.requests import LinkRequest
from retriever.api.models.responses import LinkListResponse
from retriever.api.requests import actor_of, check_case_id, on_thread, parse, read_body, service_of
from retriever.api.responses import json_response
from retriever.api.routing import RequestBody, Route
from retriever.domain import Source

_CASE = "/v1/cases/{case_id}"
_BODY = RequestBody(LinkRequest, {"crm": {"system": "crm", "external_id": "K-4711"}})


async def link_case(request: Request, case_id: str) -> Response:
    """Say that a ticket of another system tells of this case: when it comes in, it makes no second one.

    Once is enough. 409 when the ticket belongs to another case.
    """
    source, actor, life = _source(await read_body(request)), actor_of(request), service_of(request).lifecycle
    return await _answered(request, case_id, lambda: life.linking.link(case_id, source, actor))


async def unlink_case(request: Request, case_id: str) -> Response:
    """Take a link away again. 409 when there is none."""
    source, actor, life = _source(await read_body(request)), actor_of(request), service_of(request).lifecycle
    return await _answered(request, case_id, lambda: life.linking.unlink(case_id, source, actor))


def _source(body: bytes) -> Source:
    asked = parse(LinkRequest, body)
    return Source(asked.system, asked.external_id)


async def _answered(request: Request, case_id: str, work: Callable[[], list[Source]]) -> Response:
    check_case_id(case_id)
    found = await on_thread(request, work)
    links = [{"system": source.system, "external_id": source.external_id} for source in found]
    return json_response({"id": case_id, "links": links})


ROUTES = (
    Route(f"POST {_CASE}/links", link_case, LinkListResponse, body=_BODY, refusals=(403, 409)),
    Route(f"POST {_CASE}/unlink", unlink_case, LinkListResponse, body=_BODY, refusals=(403, 409)),
)
