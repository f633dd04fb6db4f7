"""The gate of the API: who asks, may they, and not too often. Runs before a body is read."""

import math
import time
from collections.abc import Callable, Mapping

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.types import Scope

from retriever.api.problems import Problem, ProblemError
from retriever.api.security.keyring import KeyCheck, KeyRing
from retriever.api.security.locality import is_loopback, why_not_local
from retriever.api.security.permissions import Permission, SpecialAccess
from retriever.config import Settings
from retriever.domain import OPERATOR, Actor, Role
from retriever.errors import Forbidden, Unavailable

FAILURES_PER_MINUTE = 60
"""Keys that do not fit, per address: enough for a misconfigured client to be noticed, far too few to guess."""
MAKE_A_KEY = "`similar-cases key create NAME --role admin` makes the first key"
_REALM = 'Bearer realm="similar-cases"'
_REASONS = {
    "key_required": "Send an API key: Authorization: Bearer sc_… or X-API-Key.",
    "key_invalid": "This is no valid API key; `similar-cases key list` shows those there are.",
    "key_revoked": "This API key was revoked.",
    "key_expired": "This API key has expired.",
    "key_ambiguous": "Send one API key, in one header.",
}


class Gate:
    """Admits requests. Used from the event loop only."""

    def __init__(self, settings: Settings, ring: Callable[[], KeyRing | None]) -> None:
        """`ring` gives the keys, None while they cannot be relied on."""
        self._ring = ring
        self._rate_limit = settings.rate_limit
        self._open_metrics = settings.open_metrics
        self._local = is_loopback(settings.host)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._items: dict[int, RateLimitItemPerMinute] = {}
        self._failures = RateLimitItemPerMinute(FAILURES_PER_MINUTE)

    def admit(self, scope: Scope, permission: Permission) -> tuple[Actor | None, Mapping[str, str]]:
        """Who asks (None where nobody needs to be known), and headers for the answer.

        Raises ProblemError with 401 or 429, Forbidden, and Unavailable while the keys cannot be read.
        """
        monitoring = permission is SpecialAccess.MONITORING
        if permission in (SpecialAccess.PUBLIC, SpecialAccess.SIGNED) or (monitoring and self._open_metrics):
            return None, {}
        ring = self._ring()
        if ring is None:
            if monitoring and self._local and not why_not_local(scope):
                return None, {}
            raise Unavailable("not ready: the library is being opened, or cannot be read; /readyz says more.")
        token = _token(scope)
        if token is None and ring.is_empty:
            self._check_local(scope)
            return OPERATOR, {}
        checked = KeyCheck(None, code="key_required") if token is None else ring.check(token, now=time.time())
        if checked.actor is None:
            raise self._unauthorised(scope, checked.code)
        headers = self._count(checked)
        if isinstance(permission, Role) and checked.actor.role < permission:
            raise Forbidden(f"this takes the role {permission.label}; your key has {checked.actor.role.label}.")
        return checked.actor, headers

    def _check_local(self, scope: Scope) -> None:
        why = why_not_local(scope) if self._local else "this server listens for other machines too"
        if why:
            detail = f"Without keys only this machine itself is answered, and {why}; {MAKE_A_KEY}."
            raise ProblemError(Problem(401, "key_required", detail, headers={"WWW-Authenticate": _REALM}))

    def _count(self, checked: KeyCheck) -> Mapping[str, str]:
        """One more request of this client."""
        limit = checked.rate_limit or self._rate_limit
        if not limit or checked.actor is None:
            return {}
        item = self._items.get(limit) or self._items.setdefault(limit, RateLimitItemPerMinute(limit))
        allowed = self._limiter.hit(item, checked.actor.id)
        window = self._limiter.get_window_stats(item, checked.actor.id)
        wait = max(1, math.ceil(window.reset_time - time.time()))
        headers = {
            "RateLimit-Policy": f'"default";q={limit};w=60',
            "RateLimit": f'"default";r={max(0, window.remaining)};t={wait}',
        }
        if not allowed:
            detail = f"More than {limit} requests in a minute; try again in {wait} s."
            raise ProblemError(Problem(429, "too_many_requests", detail, headers={**headers, "Retry-After": str(wait)}))
        return headers

    def _unauthorised(self, scope: Scope, code: str) -> ProblemError:
        client = scope.get("client")
        if not self._limiter.hit(self._failures, "failures", client[0] if client else ""):
            detail = "Too many requests without a valid key from this address; try again in a minute."
            return ProblemError(Problem(429, "too_many_requests", detail, headers={"Retry-After": "60"}))
        challenge = _REALM if code == "key_required" else f'{_REALM}, error="invalid_token"'
        return ProblemError(Problem(401, code, _REASONS[code], headers={"WWW-Authenticate": challenge}))


def _token(scope: Scope) -> str | None:
    """The key that a request carries, None without one; "" for what cannot be one."""
    found: list[str] = []
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, rest = value.decode("latin-1").partition(" ")
            found.append(rest.strip() if scheme.lower() == "bearer" else "")
        elif name == b"x-api-key":
            found.append(value.decode("latin-1").strip())
    if len(found) > 1:
        headers = {"WWW-Authenticate": _REALM}
        raise ProblemError(Problem(401, "key_ambiguous", _REASONS["key_ambiguous"], headers=headers))
    return found[0] if found else None
