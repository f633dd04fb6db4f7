"""Cases: create, read, replace, delete, list. A change names the version it changes (If-Match), so none is lost."""

from functools import partial
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response

from retriever.api.models.requests import CaseListParams, VersionListParams
from retriever.api.models.responses import CaseFields, CaseListResponse, CaseResponse, VersionListResponse
from retriever.api.models.serialisers import serialise_case, serialise_version
from retriever.api.openapi import body_of, header, problems
from retriever.api.pagination import list_mark, page_response, read_cursor, write_cursor
from retriever.api.requests import (
    actor_of,
    check_case_id,
    has_current,
    json_response,
    on_thread,
    parse_object,
    read_body,
    serving_of,
    wanted_versions,
)
from retriever.case.access import may_read
from retriever.case.format import case_from_dict
from retriever.domain import Actor, Case, StoredCase
from retriever.errors import InvalidCase, VersionMismatch
from retriever.store.case_rows import CaseFilter, CaseVersion
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
PROPOSED = "The text waits for two approvals, at Location; the case is live as before."
_MATCH = header("If-Match", 'ETag of the version that is changed, such as `"3"`; `*` for any.')
_NONE_MATCH = header("If-None-Match", "ETag that the caller holds.")


def add_case_routes(app: FastAPI) -> None:
    """Register the routes of this file."""
    path, tags = "/v1/cases/{case_id}", ["cases"]
    app.add_api_route(
        "/v1/cases", create_case, methods=["POST"], operation_id="createCase", tags=list(tags), status_code=201,
        response_model=CaseResponse, openapi_extra=body_of(CaseFields, {"case": EXAMPLE}),
        responses=problems(400, 409, 413, 415, 422),
    )  # fmt: skip
    app.add_api_route(
        "/v1/cases", list_cases, methods=["GET"], operation_id="listCases", tags=list(tags),
        response_model=CaseListResponse, responses=problems(400, 422),
    )  # fmt: skip
    app.add_api_route(
        path, get_case, methods=["GET"], operation_id="getCase", tags=list(tags), response_model=CaseResponse,
        openapi_extra={"parameters": [_NONE_MATCH]}, responses=problems(304, 400, 404),
    )  # fmt: skip
    app.add_api_route(
        path, put_case, methods=["PUT"], operation_id="putCase", tags=list(tags), response_model=CaseResponse,
        openapi_extra=body_of(CaseFields, {"case": EXAMPLE})
        | {"parameters": [_MATCH, header("If-None-Match", "`*` to create the case: there must be none.")]},
        responses=problems(400, 404, 409, 412, 413, 415, 422, 428)
        | {201: {"model": CaseResponse, "description": "The case is new."},
           202: {"model": CaseResponse, "description": PROPOSED}},
    )  # fmt: skip
    app.add_api_route(
        path, delete_case, methods=["DELETE"], operation_id="deleteCase", tags=list(tags), status_code=204,
        openapi_extra={"parameters": [_MATCH]}, responses=problems(400, 404, 412, 428),
    )  # fmt: skip
    app.add_api_route(
        path + "/versions", list_versions, methods=["GET"], operation_id="listVersions", tags=list(tags),
        response_model=VersionListResponse, responses=problems(400, 404, 422),
    )  # fmt: skip


async def create_case(request: Request) -> Response:
    """Add a case; searchable on return. 409 when the id or the source is taken."""
    body = await read_body(request)
    return await on_thread(request, partial(_create, serving_of(request).service, actor_of(request), body))


async def get_case(request: Request, case_id: str) -> Response:
    """One case with its ETag, which is its version; the counters of reuse may move without a new version."""
    service, actor = serving_of(request).service, actor_of(request)
    stored = await on_thread(request, partial(service.get_case, check_case_id(case_id), actor=actor))
    if has_current(request, stored.version):
        return Response(status_code=304, headers=_tag(stored))
    return json_response(serialise_case(stored), headers=_tag(stored))


async def put_case(request: Request, case_id: str) -> Response:
    """Replace a case (If-Match), or create it under this id (If-None-Match: *).

    Below knowledge manager a new case is a draft, and a change of a live one waits for its reviews (202).
    """
    check_case_id(case_id)
    create = request.headers.get("if-none-match", "").strip() == "*"
    wanted = None if create else wanted_versions(request)
    body = await read_body(request)
    service, actor = serving_of(request).service, actor_of(request)
    if create:
        return await on_thread(request, partial(_create_as, service, actor, case_id, body))
    return await on_thread(request, partial(_replace, service, actor, case_id, body, wanted))


async def delete_case(request: Request, case_id: str) -> Response:
    """Remove a case (If-Match); no search returns it again."""
    wanted = wanted_versions(request)
    service, actor = serving_of(request).service, actor_of(request)
    return await on_thread(request, partial(_delete, service, actor, check_case_id(case_id), wanted))


async def list_cases(request: Request, params: Annotated[CaseListParams, Query()]) -> Response:
    """Cases page by page, last changed first. Walking on sees each unchanged case once, whatever is added meanwhile."""
    return await on_thread(request, partial(_list, serving_of(request).service, actor_of(request), params))


async def list_versions(request: Request, case_id: str, params: Annotated[VersionListParams, Query()]) -> Response:
    """Versions of a case, newest first."""
    service, actor = serving_of(request).service, actor_of(request)
    versions = await on_thread(request, partial(_versions, service, actor, check_case_id(case_id)))
    older = [version for version in reversed(versions) if params.before is None or version.version < params.before]
    return json_response({"id": case_id, "versions": [serialise_version(version) for version in older[: params.limit]]})


def _versions(service: Service, actor: Actor, case_id: str) -> list[CaseVersion]:
    """Versions that the actor may see: an older one may have been for other people."""
    service.get_case(case_id, actor=actor)
    return [version for version in service.store.cases.versions(case_id) if may_read(actor, version.case)]


def _create(service: Service, actor: Actor, body: bytes) -> Response:
    stored, _ = service.put_case(case_from_dict(parse_object(body)), if_version=0, actor=actor)
    return _created(stored)


def _create_as(service: Service, actor: Actor, case_id: str, body: bytes) -> Response:
    case = _case_named(case_id, body)
    held = service.store.cases.find(case_id)
    if held is not None and may_read(actor, held.case):
        raise VersionMismatch(f"there is a case {case_id} already; send If-Match with its ETag to replace it.")
    stored, _ = service.put_case(case, if_version=0, actor=actor)
    return _created(stored)


def _replace(service: Service, actor: Actor, case_id: str, body: bytes, wanted: tuple[int, ...] | None) -> Response:
    case = _case_named(case_id, body)
    version = _current_version(service, actor, case_id, wanted)
    stored, action = service.put_case(case, if_version=version, actor=actor)
    if action == "proposed":
        place = {"Location": f"/v1/cases/{quote(case_id, safe='')}/review"}
        return json_response(serialise_case(stored), 202, _tag(stored) | place)
    return json_response(serialise_case(stored), headers=_tag(stored))


def _delete(service: Service, actor: Actor, case_id: str, wanted: tuple[int, ...] | None) -> Response:
    service.delete_case(case_id, if_version=_current_version(service, actor, case_id, wanted), actor=actor)
    return Response(status_code=204)


def _current_version(service: Service, actor: Actor, case_id: str, wanted: tuple[int, ...] | None) -> int:
    """The stored version, when it is one of those wanted; the store looks again under its lock."""
    version = service.get_case(case_id, actor=actor).version
    if wanted is not None and version not in wanted:
        raise VersionMismatch(f"case {case_id} has version {version} now; read it again and repeat the change.")
    return version


def _case_named(case_id: str, body: bytes) -> Case:
    case = case_from_dict({"id": case_id, **parse_object(body)})
    if case.id != case_id:
        raise InvalidCase("id", "is not the id in the address; leave it out or make both equal")
    return case


def _created(stored: StoredCase) -> Response:
    place = {"Location": f"/v1/cases/{quote(stored.case.id, safe='')}"}
    return json_response(serialise_case(stored), 201, _tag(stored) | place)


def _tag(stored: StoredCase) -> dict[str, str]:
    return {"ETag": f'"{stored.version}"', "Cache-Control": "no-cache"}


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
    shown = [serialise_case(stored) for stored in page if may_read(actor, stored.case)]
    return page_response("/v1/cases", params, {"cases": shown}, write_cursor(last, mark))
