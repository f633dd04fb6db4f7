"""Is the process alive, is it ready, what runs here, and how is it doing."""

import asyncio

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from retriever import __version__
from retriever.api.models.responses import BuildResponse, HealthResponse, ReadinessResponse
from retriever.api.openapi import problems
from retriever.api.requests import json_response, serving_of
from retriever.api.runtime import Serving


def add_health_routes(app: FastAPI) -> None:
    """Register the routes of this file."""
    app.add_api_route(
        "/healthz", tell_health, methods=["GET"], operation_id="getHealth", tags=["operation"],
        response_model=HealthResponse, responses=problems(400),
    )  # fmt: skip
    app.add_api_route(
        "/readyz", tell_ready, methods=["GET"], operation_id="getReady", tags=["operation"],
        response_model=ReadinessResponse,
        responses=problems(400) | {503: {"model": ReadinessResponse, "description": "Not ready; `reasons` says why."}},
    )  # fmt: skip
    app.add_api_route(
        "/version", tell_version, methods=["GET"], operation_id="getVersion", tags=["operation"],
        response_model=BuildResponse, responses=problems(400),
    )  # fmt: skip
    app.add_api_route(
        "/metrics", tell_metrics, methods=["GET"], operation_id="getMetrics", tags=["operation"],
        response_class=Response, responses=problems(400) | {200: {"content": {"text/plain": {}}}},
    )  # fmt: skip


async def tell_health(request: Request) -> Response:
    """The process answers; it says nothing of the library."""
    return json_response({"status": "ok"})


async def tell_ready(request: Request) -> Response:
    """200 when questions are welcome, 503 with the reasons while loading, damaged, mismatched or behind."""
    serving = serving_of(request)
    reasons = serving.problems()
    snapshot, revision = _position(serving)
    answer = {"ready": not reasons, "reasons": reasons, "snapshot": snapshot, "revision": revision}
    if not reasons:
        return json_response(answer)
    return json_response(answer, 503, {"Retry-After": "1"})


async def tell_version(request: Request) -> Response:
    """Program and model; the model is empty until the library is open."""
    service = serving_of(request).find_service()
    model, fingerprint = ("", "") if service is None else (service.encoder.name, service.encoder.fingerprint)
    return json_response({"name": "similar-cases", "version": __version__, "model": model, "fingerprint": fingerprint})


async def tell_metrics(request: Request) -> Response:
    """Counters in the text format of Prometheus; never a word of a case or question."""
    serving = serving_of(request)
    service, metrics = serving.find_service(), serving.metrics
    if service is not None:
        view = service.indexing.view()
        metrics.revision.set(view.revision)
        metrics.cases.set(len(view))
        metrics.delta.set(len(view.delta.fresh | view.delta.overridden))
    # Not on the workers' threads: an overloaded server must still say so.
    text = await asyncio.to_thread(generate_latest, serving.metrics.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def _position(serving: Serving) -> tuple[str, int]:
    service = serving.find_service()
    if service is None:
        return "", 0
    view = service.indexing.view()
    return view.snapshot_name, view.revision
