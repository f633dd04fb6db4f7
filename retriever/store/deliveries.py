"""What help desks sent by webhook: noted before it is acknowledged, each delivery once, worked off after a restart too.

A delivery is known by its id and by the hash of its body, since the id is not signed everywhere. Only the masked draft
is kept, and only until it is worked off; the hash and the outcome stay until the retention is over. A ticket that has
been worked off makes what waits of its earlier states `superseded`, so that a retry never brings an old text back.
Which state is the earlier one its own time says, or else the order in which the two came.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from retriever.case.format import decode_case, encode_case
from retriever.case.moments import is_older
from retriever.case.times import utc_stamp
from retriever.domain import Case
from retriever.errors import NotFound
from retriever.masking import KnownEntities
from retriever.masking.spans import NOBODY
from retriever.store.erasures import erased_among, why_erased
from retriever.store.masking import Masking
from retriever.store.sqlite import Connections

ATTEMPTS = 5
"""Tries after which a delivery counts as failed."""

_COLUMNS = "number, source, delivery_id, received_at, state, attempts, outcome, document, changed_at"
_READ = f"SELECT {_COLUMNS} FROM deliveries"  # noqa: S608  constants
_LAST = f"""
    SELECT {_COLUMNS} FROM deliveries
    WHERE (:states = '[]' OR state IN (SELECT value FROM json_each(:states))) AND (:source = '' OR source = :source)
    ORDER BY number DESC LIMIT :limit
"""  # noqa: S608  constants
_ONE = f"{_READ} WHERE number = ?"
_QUEUED = f"{_READ} WHERE state = 'queued' ORDER BY number LIMIT ?"
_WAITING = (
    f"{_READ} WHERE source = ? AND number <> ? AND state IN ('queued', 'failed', 'kept') AND document <> ''"
    " AND json_extract(document, '$.source.external_id') = ?"
)
_SUPERSEDED = "UPDATE deliveries SET state = 'superseded', document = '' WHERE number = ?"
_OLD = "state <> 'queued' AND received_at < ?"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    DONE = "done"
    SKIPPED = "skipped"
    """Of no use, with the reason."""
    FAILED = "failed"
    """Given up after some tries."""
    KEPT = "kept"
    """Its case could not follow the ticket now, since it is in review, say; looked at again every hour."""
    SUPERSEDED = "superseded"
    """A newer state of its ticket was worked off."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery. `case` is the draft that waits, None once it is worked off; `outcome` says what became of it."""

    number: int
    source: str
    delivery_id: str
    received_at: str
    state: DeliveryState
    attempts: int
    outcome: str
    case: Case | None
    changed_at: str = ""
    """When the ticket was in this state (see `retriever.case.moments`), empty when nobody said."""


class Deliveries:
    """The queue in the library's database; each method is one transaction."""

    def __init__(self, connections: Connections, masking: Masking) -> None:
        """Work on this library's connections; texts go in masked."""
        self._connections = connections
        self._masking = masking

    def receive(
        self, source: str, delivery_id: str, digest: str, *, case: Case | None, reason: str = "",
        known: KnownEntities = NOBODY, changed_at: str = "",
    ) -> bool:  # fmt: skip
        """Note a delivery on disk: a draft that waits, or (without one) the reason why there is none.

        False when its id or its body came before: then nothing changes.
        """
        document = encode_case(self._masking.case(case, known)).decode() if case else ""
        with self._connections.writing() as db:
            if case and (erased := why_erased(erased_among(db, [case]), case)):
                case, reason, document = None, erased, ""
            cursor = db.conn.execute(
                """INSERT INTO deliveries
                       (source, delivery_id, body_sha256, received_at, state, outcome, document, changed_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
                (
                    source,
                    delivery_id,
                    digest,
                    utc_stamp(),
                    DeliveryState.QUEUED if case else DeliveryState.SKIPPED,
                    reason,
                    document,
                    changed_at,
                ),
            )
            return bool(cursor.rowcount)

    def queued(self, limit: int = 50) -> list[Delivery]:
        """Deliveries that wait, the oldest first."""
        return [_delivery(row) for row in self._connections.rows(_QUEUED, (limit,))]

    def last(self, limit: int = 50, *, states: Sequence[DeliveryState] = (), source: str = "") -> list[Delivery]:
        """The last deliveries, the newest first; of these states and this source, if any are named."""
        names = {"states": json.dumps(list(states)), "source": source, "limit": limit}
        return [_delivery(row) for row in self._connections.rows(_LAST, names)]

    def get(self, number: int) -> Delivery:
        """One delivery. Raises NotFound."""
        rows = self._connections.rows(_ONE, (number,))
        if not rows:
            raise NotFound(f"there is no delivery {number}; it may be older than the retention.")
        return _delivery(rows[0])

    def count(self, state: DeliveryState) -> int:
        """How many are in this state."""
        return int(self._connections.rows("SELECT count(*) FROM deliveries WHERE state = ?", (state,))[0][0])

    def settle(self, number: int, outcome: str) -> None:
        """A delivery is worked off: its draft is in the library, the copy here goes, and so do earlier states of it."""
        with self._connections.writing() as db:
            row = db.conn.execute(_ONE, (number,)).fetchone()
            if row and (delivery := _delivery(row)).case:
                earlier = [
                    (other.number,)
                    for other in _waiting(db, delivery)
                    if other.number < number and not is_older(delivery.changed_at, other.changed_at)
                ]
                # What still waits of earlier states of this ticket says nothing any more.
                db.conn.executemany(_SUPERSEDED, earlier)
            _settle(db, number, DeliveryState.DONE, outcome)

    def is_overtaken(self, delivery: Delivery) -> bool:
        """Does a newer state of the same ticket wait?"""
        return self._connections.read(
            lambda db: any(is_older(delivery.changed_at, other.changed_at) for other in _waiting(db, delivery))
        )

    def supersede(self, number: int, reason: str) -> None:
        """A delivery came after a newer state of its ticket: its draft goes."""
        with self._connections.writing() as db:
            _settle(db, number, DeliveryState.SUPERSEDED, reason)

    def keep(self, number: int, reason: str) -> None:
        """The case of a delivery could not follow its ticket now: the draft waits here."""
        with self._connections.writing() as db:
            db.conn.execute("UPDATE deliveries SET state = 'kept', outcome = ? WHERE number = ?", (reason, number))

    def fail(self, number: int, reason: str) -> None:
        """A delivery could not be worked off now; after `ATTEMPTS` tries it is given up, its draft is kept."""
        with self._connections.writing() as db:
            db.conn.execute(
                """UPDATE deliveries SET attempts = attempts + 1, outcome = ?,
                       state = CASE WHEN attempts + 1 >= ? THEN 'failed' ELSE state END WHERE number = ?""",
                (self._masking.text(reason), ATTEMPTS, number),
            )

    def retry(
        self,
        numbers: Sequence[int] = (),
        *,
        states: Sequence[DeliveryState] = (DeliveryState.FAILED, DeliveryState.KEPT),
        dry_run: bool = False,
    ) -> list[int]:
        """Put what was given up or kept back into the queue, these or all in these states, for a server; which."""
        where = """document <> '' AND state IN (SELECT value FROM json_each(:states))
            AND (:numbers = '[]' OR number IN (SELECT value FROM json_each(:numbers)))"""
        names = {"states": json.dumps(list(states)), "numbers": json.dumps(list(numbers))}
        if dry_run:
            found = self._connections.rows(f"SELECT number FROM deliveries WHERE {where} ORDER BY number", names)  # noqa: S608
            return [number for (number,) in found]
        with self._connections.writing() as db:
            sql = f"UPDATE deliveries SET state = 'queued', attempts = 0 WHERE {where} RETURNING number"  # noqa: S608
            return sorted(number for (number,) in db.conn.execute(sql, names).fetchall())

    def prune(self, before: str, *, dry_run: bool = False) -> int:
        """Forget deliveries received before a time (RFC 3339 in UTC), but what waits; how many.

        A forgotten delivery that is sent again counts as new, unless its signature holds the time.
        """
        if dry_run:
            return int(self._connections.rows(f"SELECT count(*) FROM deliveries WHERE {_OLD}", (before,))[0][0])  # noqa: S608
        with self._connections.writing() as db:
            return int(db.conn.execute(f"DELETE FROM deliveries WHERE {_OLD}", (before,)).rowcount)  # noqa: S608


def _waiting(db: Database, delivery: Delivery) -> list[Delivery]:
    """What waits of the same ticket."""
    if delivery.case is None:
        return []
    names = (delivery.source, delivery.number, delivery.case.source.external_id)
    return [_delivery(row) for row in db.conn.execute(_WAITING, names).fetchall()]


def _settle(db: Database, number: int, state: DeliveryState, outcome: str) -> None:
    db.conn.execute(
        "UPDATE deliveries SET state = ?, outcome = ?, document = '' WHERE number = ?", (state, outcome, number)
    )


def _delivery(row: Sequence[Any]) -> Delivery:
    number, source, delivery_id, received_at, state, attempts, outcome, document, changed_at = row
    case = decode_case(document) if document else None
    return Delivery(number, source, delivery_id, received_at, DeliveryState(state), attempts, outcome, case, changed_at)
