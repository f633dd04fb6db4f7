"""The life of a published case: confirm, retire, merge, restore, compare. If-Match names the version of the case."""

from functools import partial
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from retriever.api.etags import current_version
from retriever.api.models.requests import (
    DiffParams,
    MergeRequest,
    PageParams,
    RestoreRequest,
    RetireProductRequest,
    RetireRequest,
    ScreeningRequest,
    screening_of,
)
from retriever.api.models.responses import (
    CaseListResponse,
    CaseStateResponse,
    DiffResponse,
    RetirementResponse,
    StepListResponse,
)
from retriever.api.models.serialisers import serialise_case, serialise_retirement
from retriever.api.pagination import list_mark, page_response, read_cursor, write_cursor
from retriever.api.requests import actor_of, check_case_id, on_thread, parse, read_body, service_of
from retriever.api.responses import json_response
from retriever.api.routes.reviews import SCREENING
from retriever.api.routes.steps import case_state_response, step_route, take_step
from retriever.api.routing import Header, RequestBody, Route
from retriever.api.visibility import visible_versions
from retriever.domain import Actor
from retriever.errors import CaseNotFound
from retriever.lifecycle import Lifecycle
from retriever.lifecycle.history import diff_cases
from retriever.wiring.service import Service

RETIREMENT = {"product": "LX2", "version_prefix": "3.", "reason": "Sold no more."}


async def confirm_case(request: Request, case_id: str) -> Response:
    """Say after a look at a published case that it still holds; its next review moves on."""
    screening = screening_of(parse(ScreeningRequest, await read_body(request)))
    return await take_step(
        request,
        case_id,
        current_version,
        lambda life, actor, at: life.ageing.confirm(case_id, actor, screening, if_version=at),
    )


async def retire_case(request: Request, case_id: str) -> Response:
    """Make a published case historical: it is found on request only."""
    body = parse(RetireRequest, await read_body(request))
    return await take_step(
        request,
        case_id,
        current_version,
        lambda life, actor, at: life.ageing.retire(
            case_id, actor, body.reason, superseded_by=body.superseded_by, if_version=at
        ),
    )


async def reinstate_case(request: Request, case_id: str) -> Response:
    """Publish a historical case again, unless it was merged or its validity is over."""
    return await take_step(
        request, case_id, current_version, lambda life, actor, at: life.ageing.reinstate(case_id, actor, if_version=at)
    )


async def merge_cases(request: Request, case_id: str) -> Response:
    """Make duplicates historical in favour of this case, which takes over their counts of use; all or none."""
    duplicates = parse(MergeRequest, await read_body(request)).duplicates
    return await take_step(
        request,
        case_id,
        current_version,
        lambda life, actor, at: life.merging.merge(case_id, duplicates, actor, if_version=at),
    )


async def unmerge_case(request: Request, case_id: str) -> Response:
    """Give a merged duplicate back its state and its counts."""
    return await take_step(
        request, case_id, current_version, lambda life, actor, at: life.merging.unmerge(case_id, actor, if_version=at)
    )


async def restore_version(request: Request, case_id: str) -> Response:
    """Bring back the text of an older version: at once for a knowledge manager when it was published before, else as
    a draft or pending revision."""
    version = parse(RestoreRequest, await read_body(request)).version
    return await take_step(
        request,
        case_id,
        current_version,
        lambda life, actor, at: life.writing.restore(case_id, version, actor, if_version=at).state,
    )


async def list_deleted_cases(request: Request, params: Annotated[PageParams, Query()]) -> Response:
    """Deleted cases as they were, last deleted first; `updated_at` is when. What was erased is not among them."""
    return await on_thread(request, partial(_list_deleted, service_of(request).lifecycle, actor_of(request), params))


async def undelete_case(request: Request, case_id: str) -> Response:
    """Bring a deleted case back as it was; what was under review is a draft again."""
    lifecycle, actor = service_of(request).lifecycle, actor_of(request)
    state = await on_thread(request, partial(lifecycle.deleting.bring_back, check_case_id(case_id), actor))
    return case_state_response(state, lifecycle)


async def retire_product(request: Request) -> Response:
    """Make the cases of a product, or of old versions of it, historical; a preview unless `dry_run` is false."""
    body = parse(RetireProductRequest, await read_body(request))
    actor, service = actor_of(request), service_of(request)

    def work() -> Response:
        done = service.lifecycle.ageing.retire_product(
            body.product, body.version_prefix, actor, body.reason, expected=body.expected, dry_run=body.dry_run
        )
        return json_response(serialise_retirement(done, dry_run=body.dry_run))

    return await on_thread(request, work)


async def diff_versions(request: Request, case_id: str, params: Annotated[DiffParams, Query()]) -> Response:
    """What differs between two versions of a case, field by field and line by line."""
    service, actor = service_of(request), actor_of(request)
    return await on_thread(request, partial(_diff, service, actor, check_case_id(case_id), params))


async def list_steps(request: Request, case_id: str) -> Response:
    """Every step in the life of a case: who submitted, approved with which answers, rejected why, retired."""
    service, actor = service_of(request), actor_of(request)
    return await on_thread(request, partial(_steps, service, actor, check_case_id(case_id)))


def _diff(service: Service, actor: Actor, case_id: str, params: DiffParams) -> Response:
    texts = {held.version: held.case for held in visible_versions(service, actor, case_id)}
    newer = max(texts, default=0) if params.newer is None else params.newer
    older = max((number for number in texts if number < newer), default=newer)
    older = older if params.older is None else params.older
    for number in (older, newer):
        if number not in texts:
            raise CaseNotFound(f"case {case_id} has no version {number}.")
    changes = diff_cases(texts[older], texts[newer])
    return json_response({"id": case_id, "older": older, "newer": newer, "changes": changes})


def _steps(service: Service, actor: Actor, case_id: str) -> Response:
    service.get_case(case_id, actor=actor)
    steps = service.store.reviews.steps(case_id)
    return json_response({"id": case_id, "steps": steps})


def _list_deleted(lifecycle: Lifecycle, actor: Actor, params: PageParams) -> Response:
    mark = list_mark("deleted-cases", None)
    found, last = lifecycle.deleting.page(actor, before=read_cursor(params.cursor, mark), limit=params.limit)
    cases = [serialise_case(stored) for stored in found]
    return page_response("/v1/deleted-cases", params, {"cases": cases}, write_cursor(last, mark))


_IF_MATCH = Header("If-Match", 'ETag of the case, such as `"3"`; `*` for any.')
_step = partial(step_route, if_match=_IF_MATCH)
ROUTES = (
    _step("confirm", confirm_case, body=RequestBody(ScreeningRequest, {"confirmation": SCREENING})),
    _step("retire", retire_case, body=RequestBody(RetireRequest, {"retirement": {"reason": "Sold no more."}})),
    _step("reinstate", reinstate_case),
    _step("merge", merge_cases, body=RequestBody(MergeRequest, {"merge": {"duplicates": ["ECM-007"]}})),
    _step("unmerge", unmerge_case),
    _step("restore", restore_version, body=RequestBody(RestoreRequest, {"restore": {"version": 1}})),
    Route(
        "POST /v1/retirements",
        retire_product,
        RetirementResponse,
        body=RequestBody(RetireProductRequest, {"preview": RETIREMENT}),
        refusals=(403, 404, 409),
    ),
    Route("GET /v1/deleted-cases", list_deleted_cases, CaseListResponse),
    Route("POST /v1/cases/{case_id}/undelete", undelete_case, CaseStateResponse, refusals=(403, 409)),
    Route("GET /v1/cases/{case_id}/diff", diff_versions, DiffResponse),
    Route("GET /v1/cases/{case_id}/steps", list_steps, StepListResponse),
)
