"""The keys in memory: a request is checked in microseconds and never waits for the disk."""

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from retriever.domain import Actor
from retriever.store.key_rows import KeyRecord
from retriever.store.keys import KeyTable, parse_key

TOUCH_SECONDS = 60.0
"""How often the time of last use is written down."""
_NOBODY = bytes(32)


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """Whose a key is: `actor` is None when it is nobody's or no longer valid, and `code` says why."""

    actor: Actor | None
    rate_limit: int = 0
    code: str = ""


UNKNOWN_KEY = KeyCheck(None, code="key_invalid")


@dataclass(frozen=True, slots=True)
class _Known:
    digest: bytes
    valid: KeyCheck
    ended: KeyCheck
    until: float


class KeyRing:
    """A copy of the keys; `refresh` brings it up to date, so a revoked key works for one more interval at most."""

    def __init__(self, table: KeyTable) -> None:
        """Read all keys. Raises what reading the library raises."""
        self._table = table
        self._used: dict[str, float] = {}
        self._touched_at = time.monotonic()
        self._known: Mapping[str, _Known] = {}
        self.refresh()

    @property
    def is_empty(self) -> bool:
        """Was there never any key? Once there was one, there is no way in without."""
        return not self._known

    def refresh(self) -> None:
        """Read all keys again; one assignment makes them count."""
        self._known = {record.id: _known(record) for record in self._table.all()}

    def check(self, text: str, *, now: float) -> KeyCheck:
        """Whom a key belongs to; `now` is seconds since 1970. Takes as long for an unknown id as for a wrong secret."""
        parsed = parse_key(text)
        if parsed is None:
            return UNKNOWN_KEY
        key_id, digest = parsed
        known = self._known.get(key_id)
        if not hmac.compare_digest(digest, _NOBODY if known is None else known.digest) or known is None:
            return UNKNOWN_KEY
        if now >= known.until:
            return known.ended
        self._used[key_id] = now
        return known.valid

    def write_uses(self, *, at_once: bool = False) -> None:
        """Write down when keys were last used, if it is time. Raises what writing to the library raises."""
        if not self._used or not (at_once or time.monotonic() - self._touched_at > TOUCH_SECONDS):
            return
        used, self._used = self._used, {}
        self._touched_at = time.monotonic()
        # A copy: a request that began before may still note itself in the old one.
        self._table.touch({key_id: datetime.fromtimestamp(at, UTC) for key_id, at in dict(used).items()})


def _known(record: KeyRecord) -> _Known:
    until = datetime.fromisoformat(record.expires_at).timestamp() if record.expires_at else float("inf")
    code = "key_revoked" if record.revoked_at else "key_expired"
    return _Known(
        record.digest,
        KeyCheck(record.actor, record.rate_limit),
        KeyCheck(None, code=code),
        float("-inf") if record.revoked_at else until,
    )
