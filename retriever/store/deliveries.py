"""What help desks sent by webhook: noted before it is acknowledged, each delivery once, worked off after a restart too.

A delivery is known by its id and by the hash of its body, since the id is not signed everywhere. Only the masked draft
is kept, and only until it is worked off; the hash and the outcome stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from retriever.case_format import decode_case, encode_case
from retriever.domain import Case
from retriever.masking import KnownEntities
from retriever.masking.spans import NOBODY
from retriever.store.door import Door
from retriever.store.imports import now
from retriever.store.sqlite import Connections

QUEUED, DONE, SKIPPED, FAILED = "queued", "done", "skipped", "failed"
ATTEMPTS = 5
"""Tries after which a delivery counts as failed."""

_COLUMNS = "number, source, delivery_id, received_at, state, attempts, outcome, document"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery. `case` is the draft that waits, None once it is worked off; `outcome` says what became of it."""

    number: int
    source: str
    delivery_id: str
    received_at: str
    state: str
    attempts: int
    outcome: str
    case: Case | None


class Deliveries:
    """The queue in the library's database; each method is one transaction."""

    def __init__(self, connections: Connections, door: Door) -> None:
        """Work on this library's connections; texts go in through its door."""
        self._connections = connections
        self._door = door

    def receive(
        self, source: str, delivery_id: str, digest: str, *, case: Case | None, reason: str = "",
        known: KnownEntities = NOBODY,
    ) -> bool:  # fmt: skip
        """Note a delivery on disk: a draft that waits, or (without one) the reason why there is none.

        False when its id or its body came before: then nothing changes.
        """
        document = encode_case(self._door.case(case, known)).decode() if case else ""
        with self._connections.writing() as db:
            cursor = db.conn.execute(
                """INSERT INTO deliveries (source, delivery_id, body_sha256, received_at, state, outcome, document)
                   VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
                (source, delivery_id, digest, now(), QUEUED if case else SKIPPED, reason, document),
            )
            return bool(cursor.rowcount)

    def queued(self, limit: int = 50) -> list[Delivery]:
        """Deliveries that wait, the oldest first."""
        sql = f"SELECT {_COLUMNS} FROM deliveries WHERE state = 'queued' ORDER BY number LIMIT ?"  # noqa: S608  constants
        return [_delivery(row) for row in self._connections.rows(sql, (limit,))]

    def last(self, limit: int = 50) -> list[Delivery]:
        """The last deliveries of every state, the newest first."""
        sql = f"SELECT {_COLUMNS} FROM deliveries ORDER BY number DESC LIMIT ?"  # noqa: S608
        return [_delivery(row) for row in self._connections.rows(sql, (limit,))]

    def settle(self, number: int, outcome: str) -> None:
        """A delivery is worked off: its draft is in the library, the copy here goes."""
        with self._connections.writing() as db:
            _settle(db, number, DONE, outcome)

    def fail(self, number: int, reason: str) -> None:
        """A delivery could not be worked off now; after `ATTEMPTS` tries it is given up, its draft is kept."""
        with self._connections.writing() as db:
            db.conn.execute(
                """UPDATE deliveries SET attempts = attempts + 1, outcome = ?,
                       state = CASE WHEN attempts + 1 >= ? THEN 'failed' ELSE state END WHERE number = ?""",
                (self._door.text(reason), ATTEMPTS, number),
            )


def _settle(db: Database, number: int, state: str, outcome: str) -> None:
    db.conn.execute(
        "UPDATE deliveries SET state = ?, outcome = ?, document = '' WHERE number = ?", (state, outcome, number)
    )


def _delivery(row: Sequence[Any]) -> Delivery:
    number, source, delivery_id, received_at, state, attempts, outcome, document = row
    case = decode_case(document) if document else None
    return Delivery(number, source, delivery_id, received_at, state, attempts, outcome, case)
