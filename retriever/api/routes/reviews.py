"""Reviews: what waits for approval, and the steps from draft to published. If-Match names what is under review."""

from functools import partial
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from retriever.api.etags import current_tag
from retriever.api.models.requests import DueListParams, RejectRequest, ReviewListParams, ScreeningRequest, screening_of
from retriever.api.models.responses import CaseStateResponse, DueListResponse, ReviewListResponse
from retriever.api.models.serialisers import serialise_case, serialise_case_state
from retriever.api.pagination import START, list_mark, page_response, read_cursor, write_cursor
from retriever.api.requests import actor_of, check_case_id, on_thread, parse, parse_object, read_body, service_of
from retriever.api.routes.cases import CASE_BODY
from retriever.api.routes.steps import case_state_response, step_route, take_step
from retriever.api.routing import Header, RequestBody, Route
from retriever.case.reading import case_of
from retriever.domain import Actor, Status
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


async def list_reviews(request: Request, params: Annotated[ReviewListParams, Query()]) -> Response:
    """What waits for approval, longest first, texts left out. What moves meanwhile goes to the end of the list."""
    return await on_thread(request, partial(_list, service_of(request).lifecycle, actor_of(request), params))


async def list_due_reviews(request: Request, params: Annotated[DueListParams, Query()]) -> Response:
    """Published cases whose next review is due, most overdue first."""
    return await on_thread(request, partial(_list_due, service_of(request).lifecycle, actor_of(request), params))


async def get_review(request: Request, case_id: str) -> Response:
    """Where a case stands and what of it waits: the text, and how it differs from what is live. Its ETag is what
    If-Match names to submit, approve, reject or withdraw it."""
    lifecycle = service_of(request).lifecycle
    find = partial(lifecycle.reviewing.find, check_case_id(case_id), actor_of(request))
    return case_state_response(await on_thread(request, find), lifecycle)


async def submit_case(request: Request, case_id: str) -> Response:
    """Hand a draft, or a pending revision, in for review. The caller's team decides who comes first."""
    return await take_step(
        request, case_id, current_tag, lambda life, actor, tag: life.reviewing.submit(case_id, actor, if_version=tag)
    )


async def withdraw_case(request: Request, case_id: str) -> Response:
    """Take it back from review; approvals are void. For its authors and knowledge managers."""
    return await take_step(
        request, case_id, current_tag, lambda life, actor, tag: life.reviewing.withdraw(case_id, actor, if_version=tag)
    )


async def approve_case(request: Request, case_id: str) -> Response:
    """Give the approval that is missing: the first by a reviewer of the submitter's team, the second by a knowledge
    manager, neither of them an author nor both the same person. The second one publishes."""
    screening = screening_of(parse(ScreeningRequest, await read_body(request)))
    return await take_step(
        request,
        case_id,
        current_tag,
        lambda life, actor, tag: life.reviewing.approve(case_id, actor, screening, if_version=tag),
    )


async def reject_case(request: Request, case_id: str) -> Response:
    """Send it back to its author with a reason; it is a draft again."""
    reason = parse(RejectRequest, await read_body(request)).reason
    return await take_step(
        request,
        case_id,
        current_tag,
        lambda life, actor, tag: life.reviewing.reject(case_id, actor, reason, if_version=tag),
    )


async def revise_case(request: Request, case_id: str) -> Response:
    """Propose a new text for a live case (If-Match: its version), or replace the pending one (If-Match: `"r…"`), which
    then has no approval any more. The live version answers until the new one is approved."""
    body = await read_body(request)

    def step(life: Lifecycle, actor: Actor, tag: str | None) -> CaseState:
        case = case_of({**parse_object(body), "id": case_id})
        return life.writing.revise(case_id, case, actor, if_version=tag)

    return await take_step(request, case_id, current_tag, step)


async def discard_revision(request: Request, case_id: str) -> Response:
    """Drop a pending revision; the live version stays. For its authors and knowledge managers."""
    return await take_step(
        request, case_id, current_tag, lambda life, actor, tag: life.reviewing.discard(case_id, actor, if_version=tag)
    )


def _list(lifecycle: Lifecycle, actor: Actor, params: ReviewListParams) -> Response:
    which = QueueFilter(
        states=(Status(params.state),) if params.state else (), stage=params.waiting_for or "", team=params.team
    )
    mark = list_mark("reviews", which)
    after = read_cursor(params.cursor, mark) or START
    found, last = lifecycle.reviewing.page(which, actor, after=after, limit=params.limit)
    reviews = [serialise_case_state(state, lifecycle, texts=False) for state in found]
    return page_response("/v1/reviews", params, {"reviews": reviews}, write_cursor(last, mark))


def _list_due(lifecycle: Lifecycle, actor: Actor, params: DueListParams) -> Response:
    mark = list_mark("due", params.within_days)
    after = read_cursor(params.cursor, mark) or START
    found, last = lifecycle.ageing.due(actor, within_days=params.within_days, after=after, limit=params.limit)
    cases = [serialise_case(stored) for stored in found]
    return page_response("/v1/reviews/due", params, {"cases": cases}, write_cursor(last, mark))


_IF_MATCH = Header("If-Match", 'ETag of what is under review, such as `"3"`, or `"r2"` of a revision; `*` for any.')
_step = partial(step_route, if_match=_IF_MATCH)
ROUTES = (
    Route("GET /v1/reviews", list_reviews, ReviewListResponse),
    Route("GET /v1/reviews/due", list_due_reviews, DueListResponse),
    Route("GET /v1/cases/{case_id}/review", get_review, CaseStateResponse),
    _step("submit", submit_case),
    _step("withdraw", withdraw_case),
    _step("approve", approve_case, body=RequestBody(ScreeningRequest, {"approval": SCREENING})),
    _step("reject", reject_case, body=RequestBody(RejectRequest, {"rejection": {"reason": "Which bank?"}})),
    _step("revisions", revise_case, body=CASE_BODY),
    Route(
        "DELETE /v1/cases/{case_id}/revisions",
        discard_revision,
        CaseStateResponse,
        headers=(_IF_MATCH,),
        refusals=(403, 409),
    ),
)
