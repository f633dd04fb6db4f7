"""The application: routes, problems and limits around one service."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from retriever import __version__
from retriever.api.middleware import BodyLimit, RequestContext
from retriever.api.openapi import Api
from retriever.api.problems import NAME_SHOWN, answer_error, handled_errors
from retriever.api.requests import invalid_parameter
from retriever.api.routes import bulk
from retriever.api.routes.cases import add_case_routes
from retriever.api.routes.checks import add_arrival_routes
from retriever.api.routes.health import add_health_routes
from retriever.api.routes.lifecycle import add_lifecycle_routes
from retriever.api.routes.reviews import add_review_routes
from retriever.api.routes.search import add_search_routes
from retriever.api.routes.webhooks import add_webhook_routes
from retriever.api.runtime import Serving
from retriever.api.security.gate import Gate
from retriever.api.security.permissions import need_of
from retriever.config import Settings
from retriever.wiring.service import Service


class StrictRoute(APIRoute):
    """A route with a lock, which refuses query parameters it does not know: a misspelt filter must not be ignored."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the checks. Raises LookupError for a route that declares no role."""
        handler = super().get_route_handler()
        known = _parameter_names(self)
        need = need_of(self.operation_id)

        async def checked(request: Request) -> Response:
            gate: Gate = request.app.state.gate
            # Known before anything is read: strangers learn nothing, not even which parameters there are.
            request.state.actor, headers = gate.admit(request.scope, need)
            if request.scope["query_string"]:
                for name in request.query_params:
                    if name not in known:
                        hint = f"the known ones are {', '.join(sorted(known))}" if known else "there are none here"
                        raise invalid_parameter(name[:NAME_SHOWN], f"is not known; {hint}")
            response = await handler(request)
            for name, value in headers.items():
                response.headers[name] = value
            return response

        return checked


def create_app(service: Service | Callable[[], Service], settings: Settings | None = None) -> FastAPI:
    """The application over an open service, or over one that is opened in the background while it answers already.

    `settings` gives the limits and is required with a function; an open service brings its own.
    """
    if settings is None:
        if not isinstance(service, Service):
            raise TypeError("create_app needs settings when the service is still to be opened")
        settings = service.settings
    serving = Serving(service, settings)
    app = Api(
        title="similar-cases",
        version=__version__,
        docs_url=None,  # both load scripts from the web
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.router.route_class = StrictRoute
    app.state.serving = serving
    app.state.gate = Gate(settings, serving.find_keys)
    for error in handled_errors():
        app.add_exception_handler(error, answer_error)
    # The last added is the outermost.
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes, larger={bulk.PATH: settings.max_bulk_bytes})
    app.add_middleware(RequestContext, metrics=lambda: serving.metrics)
    bulk.add_bulk_routes(app)
    add_search_routes(app)
    add_arrival_routes(app)
    add_webhook_routes(app)
    add_case_routes(app)
    add_review_routes(app)
    add_lifecycle_routes(app)
    add_health_routes(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    serving: Serving = app.state.serving
    serving.start()
    try:
        yield
    finally:
        await asyncio.to_thread(serving.stop)


def _parameter_names(route: APIRoute) -> frozenset[str]:
    names: set[str] = set()
    for parameter in route.dependant.query_params:
        annotation = parameter.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names |= set(annotation.model_fields)
        else:
            names.add(parameter.alias)
    return frozenset(names)
