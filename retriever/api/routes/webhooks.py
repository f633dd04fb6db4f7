"""Help desks tell of closed tickets: signed by a secret of their own instead of a key, noted, acknowledged at once."""

import time
from functools import partial

from fastapi import FastAPI
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from retriever.api.models.responses import ReceiptResponse
from retriever.api.openapi import header, problems
from retriever.api.problems import refuse
from retriever.api.requests import json_response, on_thread, read_body, serving_of
from retriever.ingest.signatures import SignatureRefused, check_signature, delivery_id_of
from retriever.wiring.service import Service

_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
_SIGNATURE = header("X-Similar-Cases-Signature", "`t=UNIX TIME,v1=HEX`, unless the help desk has its own signature.")


def add_webhook_routes(app: FastAPI) -> None:
    """Register the routes of this file."""
    app.add_api_route(
        "/v1/webhooks/{source}", receive_webhook, methods=["POST"], operation_id="receiveWebhook", tags=["webhooks"],
        status_code=202, response_model=ReceiptResponse, openapi_extra=_BODY | {"parameters": [_SIGNATURE]},
        responses=problems(400, 401, 413, 415),
    )  # fmt: skip


async def receive_webhook(request: Request, source: str) -> Response:
    """Take one event of a help desk: 202 as soon as it is on disk. A closed ticket becomes a draft within a second."""
    # A source without a secret is refused like a wrong signature: nobody learns which help desks there are.
    secret = serving_of(request).settings.webhook_secrets.get(source, SecretStr(""))
    body = await read_body(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        check_signature(source, headers, body, secret=secret.get_secret_value(), now=time.time())
    except SignatureRefused as error:
        raise refuse(
            401,
            "signature_refused",
            "The signature does not fit the body or is too old, or the setting webhook_secrets has no such source.",
        ) from error
    work = partial(_receive, serving_of(request).service, source, body, delivery_id_of(source, headers, body))
    return await on_thread(request, work)


def _receive(service: Service, source: str, body: bytes, delivery_id: str) -> Response:
    return json_response(service.arrivals.receive_webhook(source, body, delivery_id=delivery_id), 202)
