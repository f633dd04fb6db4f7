"""Who sent a webhook: the signatures of the help desks over the raw bytes, compared in constant time.

Zendesk signs its time stamp with the body, and so does our own scheme: these are refused when they are old. GitHub and
Jira sign the body alone; a repeated one is noticed by its hash. Freshdesk cannot sign and sends the secret itself.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from retriever.case.moments import moment_of

SKEW_SECONDS = 300
"""How far a signed time stamp may be from now."""

_ID = re.compile(r"[\w.:@+-]{1,100}")
_OWN = re.compile(r"t=(\d{9,11}),v1=([0-9a-f]{64})")
_DELIVERY_HEADERS = {
    "github": "x-github-delivery",
    "jira": "x-atlassian-webhook-identifier",
    "zendesk": "x-zendesk-webhook-invocation-id",
    "zammad": "x-zammad-delivery",
}


class SignatureRefused(Exception):
    """The request does not prove who sent it. Says no more than that: the sender may be anybody."""


def check_signature(source: str, headers: Mapping[str, str], body: bytes, *, secret: str, now: float) -> None:
    """Did somebody who knows the secret send these bytes? `headers` by lower-case name. Raises SignatureRefused."""
    check = _SCHEMES.get(source, _own)
    if not secret or not check(headers, body, secret.encode(), now):
        raise SignatureRefused


def delivery_id_of(source: str, headers: Mapping[str, str], body: bytes) -> str:
    """The sender's id of a delivery, which a repetition has too; the hash of the body where it sends none."""
    given = headers.get(_DELIVERY_HEADERS.get(source, "x-similar-cases-delivery"), "")
    return given if _ID.fullmatch(given) else f"sha256:{hashlib.sha256(body).hexdigest()}"


def signed_moment(source: str, headers: Mapping[str, str]) -> str:
    """When a delivery, whose signature was checked, was signed (see `retriever.case.moments`); empty if none says."""
    if source == "zendesk":
        return moment_of(headers.get("x-zendesk-webhook-signature-timestamp", ""))
    own = source not in _SCHEMES or (source == "freshdesk" and "x-similar-cases-token" not in headers)
    found = _OWN.fullmatch(headers.get("x-similar-cases-signature", "")) if own else None
    return moment_of(int(found[1])) if found else ""


def _mac(secret: bytes, message: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(secret, message, algorithm).digest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _own(headers: Mapping[str, str], body: bytes, secret: bytes, now: float) -> bool:
    found = _OWN.fullmatch(headers.get("x-similar-cases-signature", ""))
    if not found or abs(now - int(found[1])) > SKEW_SECONDS:
        return False
    return _same(found[2], _mac(secret, found[1].encode() + b"." + body).hex())


def _zendesk(headers: Mapping[str, str], body: bytes, secret: bytes, now: float) -> bool:
    stamp = headers.get("x-zendesk-webhook-signature-timestamp", "")
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return False
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if abs(now - moment.timestamp()) > SKEW_SECONDS:
        return False
    wanted = base64.b64encode(_mac(secret, stamp.encode() + body)).decode()
    return _same(headers.get("x-zendesk-webhook-signature", ""), wanted)


def _hub(header: str, algorithm: str) -> Callable[[Mapping[str, str], bytes, bytes, float], bool]:
    def check(headers: Mapping[str, str], body: bytes, secret: bytes, now: float) -> bool:
        del now  # the scheme has no time stamp
        return _same(headers.get(header, ""), f"{algorithm}={_mac(secret, body, algorithm).hex()}")

    return check


def _token(headers: Mapping[str, str], body: bytes, secret: bytes, now: float) -> bool:
    del body, now  # nothing is signed: whoever can read the request can repeat it
    return _same(headers.get("x-similar-cases-token", ""), secret.decode())


_SCHEMES: Mapping[str, Callable[[Mapping[str, str], bytes, bytes, float], bool]] = {
    "zendesk": _zendesk,
    "github": _hub("x-hub-signature-256", "sha256"),
    "jira": _hub("x-hub-signature", "sha256"),
    "zammad": _hub("x-hub-signature", "sha1"),
    "freshdesk": lambda headers, body, secret, now: (
        _token(headers, body, secret, now) or _own(headers, body, secret, now)
    ),
}
