"""Help desks tell of closed tickets: signed by a secret of their own instead of a key, noted, acknowledged at once."""

import time
from functools import partial

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from retriever.api.models.responses import ReceiptResponse
from retriever.api.problems import Problem, ProblemError
from retriever.api.requests import on_arrivals_thread, read_body, runtime_of, service_of
from retriever.api.responses import json_response
from retriever.api.routing import Header, RequestBody, Route
from retriever.ingest.signatures import SignatureRefused, check_signature, delivery_id_of, signed_moment
from retriever.wiring.service import Service

_REFUSED = "The signature does not fit the body or is too old, or the setting webhook_secrets has no such source."
_SIGNATURE = Header("X-Similar-Cases-Signature", "`t=UNIX TIME,v1=HEX`, unless the help desk has its own signature.")


async def receive_webhook(request: Request, source: str) -> Response:
    """Take one event of a help desk: 202 as soon as it is on disk. A closed ticket becomes a draft within a second."""
    # A source without a secret is refused like a wrong signature: nobody learns which help desks there are.
    secret = runtime_of(request).settings.webhook_secrets.get(source, SecretStr(""))
    body = await read_body(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        check_signature(source, headers, body, secret=secret.get_secret_value(), now=time.time())
    except SignatureRefused as error:
        raise ProblemError(Problem(401, "signature_refused", _REFUSED)) from error
    delivery = (delivery_id_of(source, headers, body), signed_moment(source, headers))
    work = partial(_receive, service_of(request), source, body, *delivery)
    return await on_arrivals_thread(request, work)


def _receive(service: Service, source: str, body: bytes, delivery_id: str, signed_at: str) -> Response:
    receipt = service.arrivals.receive_webhook(source, body, delivery_id=delivery_id, signed_at=signed_at)
    return json_response(receipt, 202)


ROUTES = (
    Route(
        "POST /v1/webhooks/{source}",
        receive_webhook,
        ReceiptResponse,
        202,
        body=RequestBody(),
        headers=(_SIGNATURE,),
        refusals=(401,),
    ),
)
