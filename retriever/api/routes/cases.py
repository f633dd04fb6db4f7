"""Cases: create, read, replace, delete, list. A change names the version it changes (If-Match), so none is lost."""

from functools import partial
from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from retriever.api.etags import IfMatch, creates_only, current_version, etag_headers, if_match, is_held
from retriever.api.models.requests import CaseListParams, VersionListParams
from retriever.api.models.responses import CaseFields, CaseListResponse, CaseResponse, VersionListResponse
from retriever.api.models.serialisers import serialise_case, serialise_version
from retriever.api.pagination import list_mark, page_response, read_cursor, write_cursor
from retriever.api.requests import (
    actor_of,
    check_case_id,
    on_arrivals_thread,
    on_thread,
    parse_object,
    read_body,
    service_of,
)
from retriever.api.responses import json_response
from retriever.api.routing import Header, RequestBody, Responses, Route
from retriever.api.visibility import is_visible, visible_cases, visible_versions
from retriever.case.reading import case_of
from retriever.domain import Actor, Case, StoredCase
from retriever.errors import InvalidCase, VersionMismatch
from retriever.store.case_rows import CaseFilter
from retriever.wiring.service import Service

EXAMPLE = {
    "id": "ECM-001",
    "language": "en",
    "title": "Refund approved but not received",
    "problem": "The refund was approved four days ago and is not on the statement yet.",
    "solution": "Tell the usual times of each payment method and give the acquirer's reference number.",
    "product": "Checkout",
    "category": "payments/refunds",
    "tags": ["refund"],
}
CASE_BODY = RequestBody(CaseFields, {"case": EXAMPLE})


async def create_case(request: Request) -> Response:
    """Add a case; searchable on return. 409 when the id or the source is taken."""
    body = await read_body(request)
    return await on_arrivals_thread(request, partial(_create, service_of(request), actor_of(request), body))


async def get_case(request: Request, case_id: str) -> Response:
    """One case with its ETag, which is its version; the counters of reuse may move without a new version.

    A case is also found by the id that its own system gave it, if no other system has one of the same id.
    """
    service, actor = service_of(request), actor_of(request)
    stored = await on_thread(request, partial(service.find_case, check_case_id(case_id), actor=actor))
    if is_held(request, stored.version):
        return Response(status_code=304, headers=etag_headers(stored.version))
    return json_response(serialise_case(stored), headers=etag_headers(stored.version))


async def put_case(request: Request, case_id: str) -> Response:
    """Replace a case (If-Match), or create it under this id (If-None-Match: *).

    Below knowledge manager a new case is a draft, and a change of a live one waits for its reviews (202).
    """
    check_case_id(case_id)
    wanted = None if creates_only(request) else if_match(request)
    body = await read_body(request)
    service, actor = service_of(request), actor_of(request)
    if wanted is None:
        return await on_arrivals_thread(request, partial(_create_as, service, actor, case_id, body))
    return await on_arrivals_thread(request, partial(_replace, service, actor, case_id, body, wanted))


async def delete_case(request: Request, case_id: str) -> Response:
    """Remove a case (If-Match); no search returns it again."""
    wanted = if_match(request)
    service, actor = service_of(request), actor_of(request)
    return await on_thread(request, partial(_delete, service, actor, check_case_id(case_id), wanted))


async def list_cases(request: Request, params: Annotated[CaseListParams, Query()]) -> Response:
    """Cases page by page, last changed first. Walking on sees each unchanged case once, whatever is added meanwhile."""
    return await on_thread(request, partial(_list, service_of(request), actor_of(request), params))


async def list_versions(request: Request, case_id: str, params: Annotated[VersionListParams, Query()]) -> Response:
    """Versions of a case, newest first."""
    service, actor = service_of(request), actor_of(request)
    versions = await on_thread(request, partial(visible_versions, service, actor, check_case_id(case_id)))
    older = [version for version in reversed(versions) if params.before is None or version.version < params.before]
    return json_response({"id": case_id, "versions": [serialise_version(version) for version in older[: params.limit]]})


def _create(service: Service, actor: Actor, body: bytes) -> Response:
    stored, _ = service.put_case(case_of(parse_object(body)), if_version=0, actor=actor)
    return _created(stored)


def _create_as(service: Service, actor: Actor, case_id: str, body: bytes) -> Response:
    case = _case_named(case_id, body)
    if is_visible(service, actor, case_id):
        raise VersionMismatch(f"there is a case {case_id} already; send If-Match with its ETag to replace it.")
    stored, _ = service.put_case(case, if_version=0, actor=actor)
    return _created(stored)


def _replace(service: Service, actor: Actor, case_id: str, body: bytes, wanted: IfMatch) -> Response:
    case = _case_named(case_id, body)
    version = current_version(service, actor, case_id, wanted)
    stored, action = service.put_case(case, if_version=version, actor=actor)
    if action == "proposed":
        place = {"Location": f"/v1/cases/{quote(case_id, safe='')}/review"}
        return json_response(serialise_case(stored), 202, etag_headers(stored.version) | place)
    return json_response(serialise_case(stored), headers=etag_headers(stored.version))


def _delete(service: Service, actor: Actor, case_id: str, wanted: IfMatch) -> Response:
    service.delete_case(case_id, if_version=current_version(service, actor, case_id, wanted), actor=actor)
    return Response(status_code=204)


def _case_named(case_id: str, body: bytes) -> Case:
    case = case_of({"id": case_id, **parse_object(body)})
    if case.id != case_id:
        raise InvalidCase("id", "is not the id in the address; leave it out or make both equal")
    return case


def _created(stored: StoredCase) -> Response:
    place = {"Location": f"/v1/cases/{quote(stored.case.id, safe='')}"}
    return json_response(serialise_case(stored), 201, etag_headers(stored.version) | place)


def _list(service: Service, actor: Actor, params: CaseListParams) -> Response:
    which = CaseFilter(
        statuses=tuple(params.status),
        languages=tuple(params.language),
        products=tuple(params.product),
        updated_since=params.updated_since or "",
        readable_by=actor,
    )
    mark = list_mark("cases", which)
    found = service.store.cases.page(which, before=read_cursor(params.cursor, mark), limit=params.limit + 1)
    page = found[: params.limit]
    last = (page[-1].updated_at, page[-1].key) if len(found) > params.limit else None
    # The list holds what the actor may see already; this is the second lock.
    shown = [serialise_case(stored) for stored in visible_cases(actor, page)]
    return page_response("/v1/cases", params, {"cases": shown}, write_cursor(last, mark))


_IF_MATCH = Header("If-Match", 'ETag of the version that is changed, such as `"3"`; `*` for any.')
_IF_HELD = Header("If-None-Match", "ETag that the caller holds.")
_IF_NONE = Header("If-None-Match", "`*` to create the case: there must be none.")
_PROPOSED = "The text waits for two approvals, at Location; the case is live as before."
_WRITTEN: Responses = {
    201: {"model": CaseResponse, "description": "The case is new."},
    202: {"model": CaseResponse, "description": _PROPOSED},
}
_CASE = "/v1/cases/{case_id}"
ROUTES = (
    Route("POST /v1/cases", create_case, CaseResponse, 201, body=CASE_BODY, refusals=(409,)),
    Route("GET /v1/cases", list_cases, CaseListResponse),
    Route(f"GET {_CASE}", get_case, CaseResponse, headers=(_IF_HELD,)),
    Route(
        f"PUT {_CASE}",
        put_case,
        CaseResponse,
        body=CASE_BODY,
        headers=(_IF_MATCH, _IF_NONE),
        refusals=(409,),
        responses=_WRITTEN,
    ),
    Route(f"DELETE {_CASE}", delete_case, status=204, headers=(_IF_MATCH,)),
    Route(f"GET {_CASE}/versions", list_versions, VersionListResponse),
)
