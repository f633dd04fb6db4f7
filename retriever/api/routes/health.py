"""Is the process alive, is it ready, what runs here, and how is it doing."""

import asyncio

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from retriever import __version__
from retriever.api.models.responses import BuildResponse, HealthResponse, ReadinessResponse
from retriever.api.requests import runtime_of
from retriever.api.responses import json_response
from retriever.api.routing import Responses, Route
from retriever.api.runtime import Runtime
from retriever.api.shared_metrics import all_metrics


async def get_health(request: Request) -> Response:
    """The process answers; it says nothing of the library."""
    return json_response({"status": "ok"})


async def get_ready(request: Request) -> Response:
    """200 when questions are welcome, 503 with the reasons while loading, damaged, mismatched, behind or gone."""
    runtime = runtime_of(request)
    reasons = await asyncio.to_thread(runtime.problems)  # not on the workers' threads, which may be busy
    snapshot, revision = _position(runtime)
    answer = {"ready": not reasons, "reasons": reasons, "snapshot": snapshot, "revision": revision}
    if not reasons:
        return json_response(answer)
    return json_response(answer, 503, {"Retry-After": "1"})


async def get_version(request: Request) -> Response:
    """Program and model; the model is empty until the library is open."""
    service = runtime_of(request).find_service()
    model, fingerprint = ("", "") if service is None else (service.encoder.name, service.encoder.fingerprint)
    return json_response({"name": "similar-cases", "version": __version__, "model": model, "fingerprint": fingerprint})


async def get_metrics(request: Request) -> Response:
    """Counters of all worker processes in the text format of Prometheus; never a word of a case or question."""
    runtime = runtime_of(request)
    service, metrics = runtime.find_service(), runtime.metrics
    if service is not None:
        view = service.indexing.view()
        metrics.revision.set(view.revision)
        metrics.cases.set(len(view))
        metrics.delta.set(len(view.delta.touched))
    # Not on the workers' threads: an overloaded server must still say so.
    text = await asyncio.to_thread(lambda: generate_latest(all_metrics(runtime.metrics.registry)))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def _position(runtime: Runtime) -> tuple[str, int]:
    service = runtime.find_service()
    if service is None:
        return "", 0
    view = service.indexing.view()
    return view.snapshot_name, view.revision


_NOT_READY: Responses = {503: {"model": ReadinessResponse, "description": "Not ready; `reasons` says why."}}
ROUTES = (
    Route("GET /healthz", get_health, HealthResponse),
    Route("GET /readyz", get_ready, ReadinessResponse, responses=_NOT_READY),
    Route("GET /version", get_version, BuildResponse),
    Route("GET /metrics", get_metrics, responses={200: {"content": {"text/plain": {}}}}),
)
