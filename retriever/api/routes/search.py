"""Questions: the one thing this service is for, and what people did with the answers."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from index.turns import answering, asking
from retriever import domain
from retriever.api.feedback import take_feedback, with_issued_id
from retriever.api.models.matches import BatchResponse, SimilarResponse
from retriever.api.models.requests import BatchRequest, FeedbackRequest, SimilarRequest, SimilarToParams, query_of
from retriever.api.models.responses import FeedbackResponse
from retriever.api.models.serialisers import serialise_result
from retriever.api.requests import actor_of, check_case_id, on_thread, parse, read_body, runtime_of, service_of
from retriever.api.responses import json_response
from retriever.api.routing import RequestBody, Responses, Route
from retriever.api.runtime import Runtime
from retriever.domain import Actor
from retriever.wiring.service import Service

QUESTIONS_PER_TASK, CHARACTERS_PER_TASK = 8, 2_000
"""Of a batch answered in one piece of work, at most or one question, so that it does not keep single ones waiting."""

BODY_LIMITS = {"/v1/similar": 512 << 10, "/v1/feedback": 16 << 10}
"""Bytes of bodies that never need more; what a body is refused for is told field by field, which takes its time."""

EXAMPLES = {
    "any language": {"problem": "退款什么时候到账", "limit": 3},
    "in parts, filtered": {
        "problem": {"title": "Printer stops", "problem": "Stops after two pages", "error_codes": ["E-05"]},
        "filters": {"languages": ["en", "de"], "tags": {"none": ["obsolete"]}, "resolved": {"since": "2025-01-01"}},
        "explain": True,
        "format": "concise",
    },
}
BATCH_EXAMPLES = {"two": {"questions": [{"problem": "VPN drops"}, {"problem": "发票抬头错了"}]}}
QUERY_ID = "9f86d081884c7d65-aSpcABcdH0t3Q4w2bqkYxg1J"
FEEDBACK = {
    "solved": {"query_id": QUERY_ID, "case_id": "ECM-001", "event": "solved"},
    "not solved after all": {"query_id": QUERY_ID, "case_id": "ECM-001", "event": "solved", "retract": True},
    "outdated": {"case_id": "ECM-001", "event": "outdated"},
}
ANSWER = {
    "query_id": QUERY_ID,
    "matches": [
        {
            "id": "ECM-001",
            "rank": 1,
            "confidence": 0.93,
            "title": "Refund approved but not received",
            "solution": "Tell the usual times of each payment method …",
            "product": "Checkout",
            "language": "en",
            "status": "published",
            "resolved_at": "2026-03-02T08:15:00Z",
            "warnings": [],
            "more_like_this": ["ECM-009"],
            "content_trust": "untrusted",
        }
    ],
    "abstained": False,
    "reason": "",
    "language": "zh-Hans",
    "snapshot": "00000007",
    "revision": 412,
    "model": "builtin",
    "took_ms": {"encode": 0.3, "search": 1.1, "total": 1.9},
    "warnings": [],
    "read_as": "",
}


async def find_similar(request: Request) -> Response:
    """Resolved cases like this problem, best first; none and a reason when nothing is good enough."""
    body = await read_body(request)
    with asking():
        return await on_thread(request, partial(_answer_body, runtime_of(request), actor_of(request), body))


async def find_similar_batch(request: Request) -> Response:
    """The same for up to 100 questions; the answers stand in the order of the questions."""
    body = await read_body(request)
    runtime, actor = runtime_of(request), actor_of(request)
    asked = (await on_thread(request, partial(parse, BatchRequest, body))).questions
    results: list[dict[str, Any]] = []
    for questions in _tasks(asked):
        results += await on_thread(request, partial(_answer_all, runtime, actor, questions))
    return json_response({"results": results})


async def find_similar_to(request: Request, case_id: str, params: Annotated[SimilarToParams, Query()]) -> Response:
    """Cases like a stored one, which is itself left out."""
    service = service_of(request)
    return await on_thread(request, partial(_answer_case, service, actor_of(request), check_case_id(case_id), params))


async def give_feedback(request: Request) -> Response:
    """Tell what a person did with a case, or that it is wrong or outdated: decides nothing by itself, and shows which
    cases help and which want a look. Counts once for a question and person, and for cases that its answer showed."""
    body = await read_body(request)
    return await on_thread(request, partial(_record, service_of(request), actor_of(request), body))


def _tasks(asked: Iterable[SimilarRequest]) -> Iterator[list[SimilarRequest]]:
    task, characters = list[SimilarRequest](), 0
    for question in asked:
        size = len(str(question.problem))
        if task and (len(task) == QUESTIONS_PER_TASK or characters + size > CHARACTERS_PER_TASK):
            yield task
            task, characters = [], 0
        task.append(question)
        characters += size
    if task:
        yield task


def _answer_body(runtime: Runtime, actor: Actor, body: bytes) -> Response:
    with answering():
        return json_response(_answer(runtime, actor, parse(SimilarRequest, body)))


def _answer_all(runtime: Runtime, actor: Actor, questions: list[SimilarRequest]) -> list[dict[str, Any]]:
    return [_answer(runtime, actor, asked) for asked in questions]


def _answer(runtime: Runtime, actor: Actor, asked: SimilarRequest) -> dict[str, Any]:
    # From the key alone: no field of a request can name a group.
    query = query_of(asked, audience=actor.audience)
    result = runtime.service.find_similar(query)
    runtime.note_question(query, result)
    issued = with_issued_id(runtime.service.store.events, result)
    return serialise_result(issued, concise=asked.format == "concise", explain=asked.explain)


def _answer_case(service: Service, actor: Actor, case_id: str, params: SimilarToParams) -> Response:
    query = domain.Query(
        problem="",
        filters=domain.Filters(products=tuple(params.product), languages=tuple(params.language)),
        limit=params.limit,
        min_confidence=params.min_confidence,
        include_historical=params.include_historical,
        explain=params.explain,
        audience=actor.audience,
    )
    with answering():
        result = with_issued_id(service.store.events, service.find_similar_to(case_id, query, actor=actor))
        return json_response(serialise_result(result, concise=params.format == "concise", explain=params.explain))


def _record(service: Service, actor: Actor, body: bytes) -> Response:
    feedback = parse(FeedbackRequest, body)
    service.get_case(feedback.case_id, actor=actor)
    reason = take_feedback(service.store.events, service.settings, actor, feedback)
    return json_response({"recorded": not reason, "reason": reason})


_ANSWERED: Responses = {
    200: {"description": "Matches, or an abstention.", "content": {"application/json": {"example": ANSWER}}}
}
ROUTES = (
    Route(
        "POST /v1/similar",
        find_similar,
        SimilarResponse,
        body=RequestBody(SimilarRequest, EXAMPLES),
        responses=_ANSWERED,
    ),
    Route("POST /v1/similar/batch", find_similar_batch, BatchResponse, body=RequestBody(BatchRequest, BATCH_EXAMPLES)),
    Route("GET /v1/cases/{case_id}/similar", find_similar_to, SimilarResponse),
    Route(
        "POST /v1/feedback",
        give_feedback,
        FeedbackResponse,
        body=RequestBody(FeedbackRequest, FEEDBACK),
        refusals=(404,),
    ),
)
