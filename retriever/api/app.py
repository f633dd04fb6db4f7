"""The application: routes, problems and limits around one service."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from retriever.api.middleware import BodyLimitMiddleware, HeadMiddleware, ObservabilityMiddleware
from retriever.api.problems import answer_error, handled_errors
from retriever.api.routes import bulk, cases, checks, health, lifecycle, links, reviews, search, webhooks
from retriever.api.routing import Api
from retriever.api.runtime import Runtime
from retriever.api.security.gate import Gate
from retriever.config import Settings
from retriever.wiring.service import Service


def create_app(service: Service | Callable[[], Service], settings: Settings | None = None) -> FastAPI:
    """The application over an open service, or over one that is opened in the background while it answers already.

    `settings` gives the limits and is required with a function; an open service brings its own.
    """
    if settings is None:
        if not isinstance(service, Service):
            raise TypeError("create_app needs settings when the service is still to be opened")
        settings = service.settings
    runtime = Runtime(service, settings)
    app = Api(lifespan=_lifespan)
    app.state.runtime = runtime
    app.state.gate = Gate(settings, runtime.find_keys)
    for error in handled_errors():
        app.add_exception_handler(error, answer_error)
    # The last added is the outermost.
    app.add_middleware(HeadMiddleware)
    limits = {path: min(limit, settings.max_body_bytes) for path, limit in search.BODY_LIMITS.items()}
    app.add_middleware(
        BodyLimitMiddleware, limit=settings.max_body_bytes, others={bulk.PATH: settings.max_bulk_bytes, **limits}
    )
    app.add_middleware(ObservabilityMiddleware, metrics=lambda: runtime.metrics)
    app.add_routes("cases", bulk.ROUTES)
    app.add_routes("search", search.ROUTES)
    app.add_routes("cases", checks.ROUTES)
    app.add_routes("webhooks", webhooks.ROUTES)
    app.add_routes("cases", cases.ROUTES)
    app.add_routes("reviews", reviews.ROUTES)
    app.add_routes("lifecycle", lifecycle.ROUTES)
    app.add_routes("lifecycle", links.ROUTES)
    app.add_routes("operation", health.ROUTES)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    runtime: Runtime = app.state.runtime
    runtime.start()
    try:
        yield
    finally:
        await asyncio.to_thread(runtime.stop)
