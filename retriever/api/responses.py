"""How the routes answer: JSON as orjson writes it."""

from collections.abc import Mapping

import orjson
from starlette.responses import Response


def json_response(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Content as JSON; dataclasses are written field by field."""
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")
