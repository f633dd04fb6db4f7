"""API keys: made once, shown once, kept as a hash. A client (a person or program) has at most two that are alive.

`sc_<id>_<secret><checksum>`: 8 letters that name the key, 256 random bits as 43 letters, CRC-32 as 6. The form and the
checksum let scanners for leaked secrets find keys and nothing else. A random secret of this length needs no slow hash.
"""

import hashlib
import re
import secrets
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from retriever.case.times import stamp_after, utc_stamp
from retriever.domain import ALL_GROUPS, Actor, Role
from retriever.errors import Conflict, NotFound
from retriever.store.audit import record
from retriever.store.client_names import check_client_name
from retriever.store.key_rows import KEYS, NEW_KEY, KeyRecord, key_of, key_record_hash, row_of
from retriever.store.sqlite import Connections

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY = re.compile(r"sc_([0-9A-Za-z]{8})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})")
ALIVE_LIMIT = 2
"""Keys of one client at a time: the one in use and the one that takes its place."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: `text` is shown once and kept nowhere."""

    text: str
    record: KeyRecord


def new_key_text() -> str:
    """A fresh key."""
    key_id, secret = _base62(8), _base62(43)
    return f"sc_{key_id}_{secret}{_checksum(f'{key_id}_{secret}')}"


def parse_key(text: str) -> tuple[str, bytes] | None:
    """Id and hash of a well-formed key, None for anything else; whether it is known says the library alone."""
    found = KEY.fullmatch(text)
    if found is None:
        return None
    key_id, secret, checksum = found.groups()
    return (key_id, key_digest(secret)) if checksum == _checksum(f"{key_id}_{secret}") else None


def key_digest(secret: str) -> bytes:
    """What the library keeps of a secret, 32 bytes."""
    return hashlib.sha256(secret.encode("ascii")).digest()


class KeyTable:
    """The keys of one library; every change is in its audit log."""

    def __init__(self, connections: Connections) -> None:
        """Share the store's connections."""
        self._connections = connections

    def create(self, actor: Actor, *, by: Actor, days: int | None, rate_limit: int = 0) -> NewKey:
        """A first key for a client, `actor.id`; it expires after so many days, never if None.

        `rate_limit` is requests per minute, 0 for that of the settings. Raises InvalidInput, and Conflict when the
        client has a key that is alive, or a name that can be taken for another client's.
        """
        if actor.role is Role.ADMIN:
            # Who hands out keys could give themselves any group; better to say so in the list of keys.
            actor = replace(actor, audience=(ALL_GROUPS,))
        with self._connections.writing() as db:
            _check_new(db, actor.id)
            return _insert(db, actor, by=by, expires_at=_after(days=days), rate_limit=rate_limit, action="key.create")

    def check_new(self, client: str) -> None:
        """May a client of this name get a first key? Raises InvalidInput and Conflict like `create`."""
        self._connections.read(lambda db: _check_new(db, client))

    def rotate(self, client: str, *, by: Actor, overlap_hours: float, days: int | None) -> NewKey:
        """Another key for a client with the same rights; the one before works `overlap_hours` longer at most.

        Raises NotFound without a key that is alive, Conflict with two.
        """
        with self._connections.writing() as db:
            alive = _alive(db, client, utc_stamp())
            if not alive:
                raise NotFound(f"{client} has no key that is alive: `similar-cases key create {client}` makes one.")
            if len(alive) >= ALIVE_LIMIT:
                ids = " and ".join(known.id for known in alive)
                raise Conflict(f"{client} has two keys already, {ids}: `similar-cases key revoke ID` ends one first.")
            old, until = alive[0], _in(timedelta(hours=overlap_hours))
            until = min(until, old.expires_at or until)
            db.conn.execute("UPDATE api_keys SET expires_at = ? WHERE id = ?", (until, old.id))
            expires_at, rate = _after(days=days), old.rate_limit
            return _insert(db, old.actor, by=by, expires_at=expires_at, rate_limit=rate, action="key.rotate")

    def revoke(self, id: str, *, by: Actor) -> KeyRecord:
        """End a key now; running servers know within a second. Raises NotFound, Conflict when it was ended before."""
        with self._connections.writing() as db:
            known = _find(db, id)
            if known.revoked_at:
                raise Conflict(f"key {id} was revoked on {known.revoked_at}.")
            now = utc_stamp()
            db.conn.execute("UPDATE api_keys SET revoked_at = ? WHERE id = ?", (now, id))
            record(db, actor=by, action="key.revoke", subject=f"key:{id}", details={"client": known.actor.id})
        return replace(known, revoked_at=now)

    def get(self, id: str) -> KeyRecord:
        """One key. Raises NotFound."""
        return self._connections.read(lambda db: _find(db, id))

    def all(self) -> list[KeyRecord]:
        """Every key there ever was, oldest first."""
        return [key_of(row) for row in self._connections.rows(KEYS + " ORDER BY number")]

    def touch(self, used: Mapping[str, datetime]) -> None:
        """Note when keys were last used, to the minute; no audit entry."""
        rows = [(at.strftime("%Y-%m-%dT%H:%M:00Z"), id) for id, at in used.items()]
        with self._connections.writing() as db:
            db.conn.executemany("UPDATE api_keys SET last_used_at = max(last_used_at, ?) WHERE id = ?", rows)


def _check_new(db: Database, client: str) -> None:
    check_client_name(client, (row[0] for row in db.conn.execute("SELECT DISTINCT client FROM api_keys")))
    if _alive(db, client, utc_stamp()):
        raise Conflict(f"{client} has a key: `similar-cases key rotate {client}` gives another one.")


def _insert(db: Database, actor: Actor, *, by: Actor, expires_at: str, rate_limit: int, action: str) -> NewKey:
    text = new_key_text()
    made = KeyRecord(text[3:11], actor, key_digest(text[12:55]), rate_limit, utc_stamp(), by.id, expires_at, "", "")
    db.conn.execute(NEW_KEY, row_of(made))
    details: dict[str, str | int] = {"client": actor.id, "role": actor.role.name.lower(), "expires_at": expires_at}
    details |= {"team": actor.team[:100], "groups": len(actor.audience), "record": key_record_hash(made)}
    record(db, actor=by, action=action, subject=f"key:{made.id}", details=details)
    return NewKey(text, made)


def _find(db: Database, id: str) -> KeyRecord:
    row = db.conn.execute(KEYS + " WHERE id = ?", (id,)).fetchone()
    if row is None:
        # Never the text that was given: it may be a whole key.
        raise NotFound("there is no key with this id; `similar-cases key list` shows the ids (8 characters).")
    return key_of(row)


def _alive(db: Database, client: str, now: str) -> list[KeyRecord]:
    """Keys of a client that are alive, oldest first."""
    rows: Iterable[Any] = db.conn.execute(KEYS + " WHERE client = ? ORDER BY number", (client,))
    return [known for known in map(key_of, rows) if known.is_alive(now)]


def _base62(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    """CRC-32 in six letters."""
    number, letters = zlib.crc32(text.encode("ascii")), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        letters = ALPHABET[rest] + letters
    return letters


def _after(*, days: int | None) -> str:
    """The moment so many days from now; empty, which means never, for None."""
    return "" if days is None else _in(timedelta(days=days))


def _in(time: timedelta) -> str:
    return stamp_after(time)
