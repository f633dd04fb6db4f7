"""What a sender of webhooks does: our own signature over the raw body."""

import hashlib
import hmac


def sign(body: bytes, secret: str, now: float) -> str:
    """The value of `X-Similar-Cases-Signature` at a time in seconds, as docs/import.md describes it."""
    stamp = str(int(now))
    seal = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={seal}"
