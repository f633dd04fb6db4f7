"""Only who knows the secret gets in: every scheme, every changed byte, every old time stamp."""

import base64
import hashlib
import hmac

import pytest

from retriever.ingest.signatures import SKEW_SECONDS, SignatureRefused, check_signature, delivery_id_of
from tests.support.signing import sign

NOW = 1_772_445_600.0
STAMP = "2026-03-02T10:00:00Z"
BODY = '{"id": 1, "subject": "退款"}'.encode()
SECRET = "s3cret-of-the-desk"  # noqa: S105  of this test alone


def hexed(algorithm: str, message: bytes = BODY, secret: str = SECRET) -> str:
    """A MAC as the hubs write it, made without the code under test."""
    return hmac.new(secret.encode(), message, getattr(hashlib, algorithm)).hexdigest()


ZENDESK = base64.b64encode(hmac.new(SECRET.encode(), STAMP.encode() + BODY, hashlib.sha256).digest()).decode()
SIGNED = {
    "zendesk": {"x-zendesk-webhook-signature": ZENDESK, "x-zendesk-webhook-signature-timestamp": STAMP},
    "github": {"x-hub-signature-256": f"sha256={hexed('sha256')}"},
    "jira": {"x-hub-signature": f"sha256={hexed('sha256')}"},
    "zammad": {"x-hub-signature": f"sha1={hexed('sha1')}"},
    "freshdesk": {"x-similar-cases-token": SECRET},
    "servicenow": {"x-similar-cases-signature": sign(BODY, SECRET, NOW)},
    "my-crm": {"x-similar-cases-signature": f"t={int(NOW)},v1={hexed('sha256', f'{int(NOW)}.'.encode() + BODY)}"},
}


def is_accepted(source: str) -> bool:
    """Is a request of this source, signed as it signs, let in?"""
    try:
        check_signature(source, SIGNED[source], BODY, secret=SECRET, now=NOW)
    except SignatureRefused:
        return False
    return True


@pytest.mark.parametrize("source", SIGNED)
def test_a_true_signature_is_accepted(source: str) -> None:
    """Each help desk's own scheme."""
    assert is_accepted(source)


@pytest.mark.parametrize("source", SIGNED)
def test_any_other_secret_or_header_is_refused(source: str) -> None:
    """A changed secret, a missing header, an empty one, a foreign one, an empty secret."""
    (name, value), *others = SIGNED[source].items()
    wrong = [{}, {name: "", **dict(others)}, {name: value + "0", **dict(others)}, {name: "ä" * 64, **dict(others)}]
    for headers in wrong:
        with pytest.raises(SignatureRefused):
            check_signature(source, headers, BODY, secret=SECRET, now=NOW)
    for secret in ("other", ""):
        with pytest.raises(SignatureRefused):
            check_signature(source, SIGNED[source], BODY, secret=secret, now=NOW)


@pytest.mark.parametrize("source", [name for name in SIGNED if name != "freshdesk"])
def test_one_changed_byte_of_the_body_is_refused(source: str) -> None:
    """Wherever it stands."""
    for place in range(len(BODY)):
        changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        with pytest.raises(SignatureRefused):
            check_signature(source, SIGNED[source], changed, secret=SECRET, now=NOW)


@pytest.mark.parametrize("source", ["zendesk", "my-crm"])
@pytest.mark.parametrize("late", [SKEW_SECONDS + 1, -SKEW_SECONDS - 1])
def test_an_old_or_future_time_stamp_is_refused(source: str, late: int) -> None:
    """And at the very edge it is not."""
    check_signature(source, SIGNED[source], BODY, secret=SECRET, now=NOW + SKEW_SECONDS)
    with pytest.raises(SignatureRefused):
        check_signature(source, SIGNED[source], BODY, secret=SECRET, now=NOW + late)


def test_the_delivery_is_known_by_its_header_or_its_body() -> None:
    """A header that could not be an id is not believed."""
    assert delivery_id_of("github", {"x-github-delivery": "72d3162e-cc78"}, BODY) == "72d3162e-cc78"
    assert delivery_id_of("github", {}, BODY) == f"sha256:{hashlib.sha256(BODY).hexdigest()}"
    assert delivery_id_of("github", {"x-github-delivery": "a b\n"}, BODY).startswith("sha256:")
