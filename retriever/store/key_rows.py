"""One key as a row of the library."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from retriever.domain import Actor, Role

KEYS = """
    SELECT id, client, role, team, audience, digest, rate_limit, created_at, created_by, expires_at, revoked_at,
        last_used_at
    FROM api_keys
"""
NEW_KEY = """
    INSERT INTO api_keys (id, client, role, team, audience, digest, rate_limit, created_at, created_by, expires_at,
        revoked_at, last_used_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key as the library keeps it; times are RFC 3339 in UTC, empty for never. The secret is not in it."""

    id: str
    actor: Actor
    digest: bytes
    rate_limit: int
    created_at: str
    created_by: str
    expires_at: str
    revoked_at: str
    last_used_at: str

    def is_alive(self, now: str) -> bool:
        """Neither revoked nor expired?"""
        return not self.revoked_at and (not self.expires_at or now < self.expires_at)


def key_of(row: tuple[Any, ...]) -> KeyRecord:
    """The key in a row of KEYS. Raises TypeError or ValueError for one that the program did not write."""
    id, client, role, team, audience, *rest = row
    digest, rate_limit, created_at, created_by, expires_at, revoked_at, last_used_at = rest
    actor = Actor(client, Role(role), team, tuple(json.loads(audience)))
    return KeyRecord(id, actor, digest, rate_limit, created_at, created_by, expires_at, revoked_at, last_used_at)


def row_of(key: KeyRecord) -> tuple[Any, ...]:
    """The key as the values of NEW_KEY."""
    actor = key.actor
    return (key.id, actor.id, int(actor.role), actor.team, json.dumps(actor.audience), key.digest, key.rate_limit,
            key.created_at, key.created_by, key.expires_at, key.revoked_at, key.last_used_at)  # fmt: skip


def key_record_hash(key: KeyRecord) -> str:
    """What no later step changes of a key, in 32 hex digits for the audit log: nobody can change it unseen."""
    return hashlib.sha256(repr(row_of(key)[:9]).encode("utf-8", "backslashreplace")).hexdigest()[:32]
