"""The life of a published case: confirm, retire, merge, restore, compare. If-Match names the version of the case."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response

from retriever.api.models.requests import (
    DiffParams,
    MergeRequest,
    RestoreRequest,
    RetireProductRequest,
    RetireRequest,
    ScreeningRequest,
    screening_of,
)
from retriever.api.models.responses import DiffResponse, RetirementResponse, StepListResponse
from retriever.api.models.serialisers import serialise_retirement
from retriever.api.openapi import body_of, header, problems
from retriever.api.requests import (
    actor_of,
    check_case_id,
    json_response,
    on_thread,
    parse,
    read_body,
    serving_of,
    wanted_versions,
)
from retriever.api.routes.reviews import SCREENING, add_step, case_state_response
from retriever.case.access import may_read
from retriever.domain import Actor
from retriever.errors import CaseNotFound, VersionMismatch
from retriever.lifecycle import CaseState, Lifecycle
from retriever.lifecycle.history import diff_cases
from retriever.wiring.service import Service

RETIREMENT = {"product": "LX2", "version_prefix": "3.", "reason": "Sold no more."}
_MATCH = header("If-Match", 'ETag of the case, such as `"3"`; `*` for any.')


def add_lifecycle_routes(app: FastAPI) -> None:
    """Register the routes of this file."""
    add = partial(add_step, app, tag="lifecycle", match=_MATCH)
    add("confirm", confirm, "confirmCase", body_of(ScreeningRequest, {"confirmation": SCREENING}))
    add("retire", retire, "retireCase", body_of(RetireRequest, {"retirement": {"reason": "Sold no more."}}))
    add("reinstate", reinstate, "reinstateCase")
    add("merge", merge, "mergeCases", body_of(MergeRequest, {"merge": {"duplicates": ["ECM-007"]}}))
    add("unmerge", unmerge, "unmergeCase")
    add("restore", restore, "restoreVersion", body_of(RestoreRequest, {"restore": {"version": 1}}))
    app.add_api_route(
        "/v1/retirements", retire_product, methods=["POST"], operation_id="retireProduct", tags=["lifecycle"],
        response_model=RetirementResponse,
        openapi_extra=body_of(RetireProductRequest, {"preview": RETIREMENT}),
        responses=problems(400, 403, 409, 413, 415, 422),
    )  # fmt: skip
    app.add_api_route(
        "/v1/cases/{case_id}/diff", diff, methods=["GET"], operation_id="diffVersions", tags=["lifecycle"],
        response_model=DiffResponse, responses=problems(400, 404, 422),
    )  # fmt: skip
    app.add_api_route(
        "/v1/cases/{case_id}/steps", list_steps, methods=["GET"], operation_id="listSteps", tags=["lifecycle"],
        response_model=StepListResponse, responses=problems(400, 404),
    )  # fmt: skip


async def confirm(request: Request, case_id: str) -> Response:
    """Say after a look at a published case that it still holds; its next review moves on."""
    screening = screening_of(parse(ScreeningRequest, await read_body(request)))
    return await _step(
        request, case_id, lambda life, actor, at: life.ageing.confirm(case_id, actor, screening, if_version=at)
    )


async def retire(request: Request, case_id: str) -> Response:
    """Make a published case historical: it is found on request only."""
    body = parse(RetireRequest, await read_body(request))
    return await _step(
        request,
        case_id,
        lambda life, actor, at: life.ageing.retire(
            case_id, actor, body.reason, superseded_by=body.superseded_by, if_version=at
        ),
    )


async def reinstate(request: Request, case_id: str) -> Response:
    """Publish a historical case again, unless it was merged or its validity is over."""
    return await _step(request, case_id, lambda life, actor, at: life.ageing.reinstate(case_id, actor, if_version=at))


async def merge(request: Request, case_id: str) -> Response:
    """Make duplicates historical in favour of this case, which takes over their counts of use; all or none."""
    duplicates = parse(MergeRequest, await read_body(request)).duplicates
    return await _step(
        request, case_id, lambda life, actor, at: life.merging.merge(case_id, duplicates, actor, if_version=at)
    )


async def unmerge(request: Request, case_id: str) -> Response:
    """Give a merged duplicate back its state and its counts."""
    return await _step(request, case_id, lambda life, actor, at: life.merging.unmerge(case_id, actor, if_version=at))


async def restore(request: Request, case_id: str) -> Response:
    """Bring back the text of an older version: at once for a knowledge manager when it was published before, else as
    a draft or pending revision."""
    version = parse(RestoreRequest, await read_body(request)).version
    return await _step(
        request,
        case_id,
        lambda life, actor, at: life.writing.restore(case_id, version, actor, if_version=at).standing,
    )


async def retire_product(request: Request) -> Response:
    """Make the cases of a product, or of old versions of it, historical; a preview unless `dry_run` is false."""
    body, actor, service = (
        parse(RetireProductRequest, await read_body(request)),
        actor_of(request),
        serving_of(request).service,
    )

    def work() -> Response:
        done = service.lifecycle.ageing.retire_product(
            body.product, body.version_prefix, actor, body.reason, expected=body.expected, dry_run=body.dry_run
        )
        return json_response(serialise_retirement(done, dry_run=body.dry_run))

    return await on_thread(request, work)


async def diff(request: Request, case_id: str, params: Annotated[DiffParams, Query()]) -> Response:
    """What differs between two versions of a case, field by field and line by line."""
    service, actor = serving_of(request).service, actor_of(request)
    return await on_thread(request, partial(_diff, service, actor, check_case_id(case_id), params))


async def list_steps(request: Request, case_id: str) -> Response:
    """Every step in the life of a case: who submitted, approved with which answers, rejected why, retired."""
    service, actor = serving_of(request).service, actor_of(request)
    return await on_thread(request, partial(_steps, service, actor, check_case_id(case_id)))


async def _step(
    request: Request, case_id: str, step: Callable[[Lifecycle, Actor, int], CaseState]
) -> Response:  # fmt: skip
    """Do one step at the version of the case that If-Match names; where the case stands then."""
    check_case_id(case_id)
    wanted, actor, service = wanted_versions(request), actor_of(request), serving_of(request).service

    def work() -> CaseState:
        version = service.get_case(case_id, actor=actor).version
        if wanted is not None and version not in wanted:
            raise VersionMismatch(f"case {case_id} has version {version} now; read it again and repeat the change.")
        return step(service.lifecycle, actor, version)

    return case_state_response(await on_thread(request, work), service.lifecycle)


def _diff(service: Service, actor: Actor, case_id: str, params: DiffParams) -> Response:
    present = service.get_case(case_id, actor=actor).version
    # An older text may have been for other people.
    texts = {held.version: held.case for held in service.store.cases.versions(case_id) if may_read(actor, held.case)}
    newer = present if params.newer is None else params.newer
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
