"""Reviews: what waits for approval, and the steps from draft to published. If-Match names what is under review."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response

from retriever.api.models.requests import DueListParams, RejectRequest, ReviewListParams, ScreeningRequest, screening_of
from retriever.api.models.responses import CaseFields, CaseStateResponse, DueListResponse, ReviewListResponse
from retriever.api.models.serialisers import serialise_case, serialise_case_state
from retriever.api.openapi import body_of, header, problems
from retriever.api.pagination import START, list_mark, page_response, read_cursor, write_cursor
from retriever.api.requests import (
    actor_of,
    check_case_id,
    json_response,
    on_thread,
    parse,
    parse_object,
    read_body,
    serving_of,
    wanted_tags,
)
from retriever.api.routes.cases import EXAMPLE
from retriever.case.format import case_from_dict
from retriever.domain import Actor, Status
from retriever.errors import VersionMismatch
from retriever.lifecycle import CaseState, Lifecycle
from retriever.lifecycle.screening import CHECKLIST
from retriever.store import QueueFilter

SCREENING = {
    "scope": "general",
    "effective": True,
    "quantified": False,
    "checklist": dict.fromkeys(CHECKLIST, True),
    "note": "Tried on two other orders.",
}
_MATCH = header("If-Match", 'ETag of what is under review, such as `"3"`, or `"r2"` of a revision; `*` for any.')


def add_review_routes(app: FastAPI) -> None:
    """Register the routes of this file."""
    app.add_api_route(
        "/v1/reviews", list_reviews, methods=["GET"], operation_id="listReviews", tags=["reviews"],
        response_model=ReviewListResponse, responses=problems(400, 422),
    )  # fmt: skip
    app.add_api_route(
        "/v1/reviews/due", list_due, methods=["GET"], operation_id="listDueReviews", tags=["reviews"],
        response_model=DueListResponse, responses=problems(400, 422),
    )  # fmt: skip
    app.add_api_route(
        "/v1/cases/{case_id}/review", get_review, methods=["GET"], operation_id="getReview", tags=["reviews"],
        response_model=CaseStateResponse, responses=problems(400, 404),
    )  # fmt: skip
    add = partial(add_step, app, tag="reviews", match=_MATCH)
    add("submit", submit, "submitCase")
    add("withdraw", withdraw, "withdrawCase")
    add("approve", approve, "approveCase", body_of(ScreeningRequest, {"approval": SCREENING}))
    add("reject", reject, "rejectCase", body_of(RejectRequest, {"rejection": {"reason": "Which bank?"}}))
    add("revisions", revise, "reviseCase", body_of(CaseFields, {"case": EXAMPLE}))
    app.add_api_route(
        "/v1/cases/{case_id}/revisions", discard, methods=["DELETE"], operation_id="discardRevision",
        tags=["reviews"], response_model=CaseStateResponse, openapi_extra={"parameters": [_MATCH]},
        responses=problems(400, 403, 404, 409, 412, 428),
    )  # fmt: skip


async def list_reviews(request: Request, params: Annotated[ReviewListParams, Query()]) -> Response:
    """What waits for approval, longest first, texts left out. What moves meanwhile goes to the end of the list."""
    return await on_thread(request, partial(_list, _lifecycle(request), actor_of(request), params))


async def list_due(request: Request, params: Annotated[DueListParams, Query()]) -> Response:
    """Published cases whose next review is due, most overdue first."""
    return await on_thread(request, partial(_list_due, _lifecycle(request), actor_of(request), params))


async def get_review(request: Request, case_id: str) -> Response:
    """Where a case stands and what of it waits: the text, and how it differs from what is live. Its ETag is what
    If-Match names to submit, approve, reject or withdraw it."""
    lifecycle = _lifecycle(request)
    find = partial(lifecycle.reviewing.find, check_case_id(case_id), actor_of(request))
    return case_state_response(await on_thread(request, find), lifecycle)


async def submit(request: Request, case_id: str) -> Response:
    """Hand a draft, or a pending revision, in for review. The caller's team decides who comes first."""
    return await _step(request, case_id, lambda life, actor, tag: life.reviewing.submit(case_id, actor, if_version=tag))


async def withdraw(request: Request, case_id: str) -> Response:
    """Take it back from review; approvals are void. For its authors and knowledge managers."""
    return await _step(
        request, case_id, lambda life, actor, tag: life.reviewing.withdraw(case_id, actor, if_version=tag)
    )


async def approve(request: Request, case_id: str) -> Response:
    """Give the approval that is missing: the first by a reviewer of the submitter's team, the second by a knowledge
    manager, neither of them an author nor both the same person. The second one publishes."""
    screening = screening_of(parse(ScreeningRequest, await read_body(request)))
    return await _step(
        request, case_id, lambda life, actor, tag: life.reviewing.approve(case_id, actor, screening, if_version=tag)
    )


async def reject(request: Request, case_id: str) -> Response:
    """Send it back to its author with a reason; it is a draft again."""
    reason = parse(RejectRequest, await read_body(request)).reason
    return await _step(
        request, case_id, lambda life, actor, tag: life.reviewing.reject(case_id, actor, reason, if_version=tag)
    )


async def revise(request: Request, case_id: str) -> Response:
    """Propose a new text for a live case (If-Match: its version), or replace the pending one (If-Match: `"r…"`), which
    then has no approval any more. The live version answers until the new one is approved."""
    body = await read_body(request)

    def step(life: Lifecycle, actor: Actor, tag: str | None) -> CaseState:
        case = case_from_dict({**parse_object(body), "id": case_id})
        return life.writing.revise(case_id, case, actor, if_version=tag)

    return await _step(request, case_id, step)


async def discard(request: Request, case_id: str) -> Response:
    """Drop a pending revision; the live version stays. For its authors and knowledge managers."""
    return await _step(
        request, case_id, lambda life, actor, tag: life.reviewing.discard(case_id, actor, if_version=tag)
    )


def case_state_response(standing: CaseState, lifecycle: Lifecycle) -> Response:
    """Where a case stands now, with the ETag of what is under review, else that of the case."""
    tag = standing.review.tag if standing.review else str(standing.stored.version)
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    return json_response(serialise_case_state(standing, lifecycle), headers=headers)


async def _step(
    request: Request, case_id: str, step: Callable[[Lifecycle, Actor, str | None], CaseState]
) -> Response:  # fmt: skip
    """Do one step at the version that If-Match names; where the case stands then."""
    check_case_id(case_id)
    wanted, actor, lifecycle = wanted_tags(request), actor_of(request), _lifecycle(request)

    def work() -> CaseState:
        return step(lifecycle, actor, _current_tag(lifecycle, case_id, actor, wanted))

    return case_state_response(await on_thread(request, work), lifecycle)


def _current_tag(lifecycle: Lifecycle, case_id: str, actor: Actor, wanted: tuple[str, ...] | None) -> str | None:
    """The tag under review when it is one of those wanted; the step looks again under the lock."""
    if wanted is None:
        return None
    standing = lifecycle.reviewing.find(case_id, actor)
    tag = standing.review.tag if standing.review else str(standing.stored.version)
    if tag not in wanted:
        raise VersionMismatch(f"what is reviewed of case {case_id} has version {tag} now; read it again first.")
    return tag


def add_step(
    app: FastAPI, name: str, step: Callable[..., Any], operation: str, body: dict[str, Any] | None = None,
    *, tag: str, match: dict[str, Any],
) -> None:  # fmt: skip
    """Register one step in the life of a case, POST below its address; `match` describes its If-Match header."""
    statuses = (400, 403, 404, 409, 412, 428) if body is None else (400, 403, 404, 409, 412, 413, 415, 422, 428)
    app.add_api_route(
        f"/v1/cases/{{case_id}}/{name}", step, methods=["POST"], operation_id=operation, tags=[tag],
        response_model=CaseStateResponse, openapi_extra={**(body or {}), "parameters": [match]},
        responses=problems(*statuses),
    )  # fmt: skip


def _list(lifecycle: Lifecycle, actor: Actor, params: ReviewListParams) -> Response:
    which = QueueFilter(
        states=(Status(params.state),) if params.state else (), stage=params.waiting_for or "", team=params.team
    )
    mark = list_mark("reviews", which)
    after = read_cursor(params.cursor, mark) or START
    found, last = lifecycle.reviewing.page(which, actor, after=after, limit=params.limit)
    reviews = [serialise_case_state(standing, lifecycle, texts=False) for standing in found]
    return page_response("/v1/reviews", params, {"reviews": reviews}, write_cursor(last, mark))


def _list_due(lifecycle: Lifecycle, actor: Actor, params: DueListParams) -> Response:
    mark = list_mark("due", params.within_days)
    after = read_cursor(params.cursor, mark) or START
    found, last = lifecycle.ageing.due(actor, within_days=params.within_days, after=after, limit=params.limit)
    cases = [serialise_case(stored) for stored in found]
    return page_response("/v1/reviews/due", params, {"cases": cases}, write_cursor(last, mark))


def _lifecycle(request: Request) -> Lifecycle:
    return serving_of(request).service.lifecycle
