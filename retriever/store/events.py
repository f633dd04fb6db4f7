"""Questions asked, and what people did with the cases they were shown; the counters of reuse are kept in step."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from retriever.case.times import utc_stamp
from retriever.errors import CaseNotFound
from retriever.store.masking import Masking
from retriever.store.sqlite import Connections

_FORGOTTEN_AT_ONCE = 5_000


class EventKind(StrEnum):
    """What a person did with a case, in rising order of worth."""

    OPENED = "opened"
    COPIED = "copied"
    LINKED = "linked"
    SOLVED = "solved"


@dataclass(frozen=True, slots=True)
class ShownCase:
    """One match of a logged question, best first."""

    key: int
    confidence: float


@dataclass(frozen=True, slots=True)
class LoggedQuery:
    """One answered question. `text` is what the caller chose to keep: masked, or empty."""

    query_id: str
    at: str
    language: str = ""
    abstained: bool = False
    snapshot: str = ""
    matches: tuple[ShownCase, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody did something with a case; `query_id` names the question that led to it, if any."""

    number: int
    at: str
    kind: EventKind
    key: int
    query_id: str
    actor: str


QUERIES_AFTER = """
    SELECT number, query_id, at, language, abstained, snapshot, matches, text FROM queries
    WHERE number > ? ORDER BY number LIMIT ?
"""
EVENTS_AFTER = "SELECT number, at, kind, key, query_id, actor FROM events WHERE number > ? ORDER BY number LIMIT ?"


class EventTable:
    """Logs questions and what came of them; every method is one transaction."""

    def __init__(self, connections: Connections, masking: Masking) -> None:
        """Work on this library's connections; texts go in masked."""
        self._connections = connections
        self._masking = masking

    def log_queries(self, queries: Iterable[LoggedQuery]) -> int:
        """Keep answered questions and count their matches as shown; how many were new.

        Their texts are masked. Each call waits for the disk: collect questions and log many at once.
        """
        masked = [replace(query, text=self._masking.text(query.text)) if query.text else query for query in queries]
        with self._connections.writing() as db:
            return _log_queries(db, masked)

    def log(self, kind: EventKind, id: str, *, query_id: str = "", actor: str = "") -> bool:
        """Count that somebody opened, copied, linked or solved with a case; False if that was counted already.

        The same kind, case, question and actor count once; without a question each call counts. Raises CaseNotFound.
        """
        named = self._masking.text(query_id)  # callers send what they like
        with self._connections.writing() as db:
            return _log_event(db, kind, id, query_id=named, actor=actor, at=utc_stamp())

    def iter_queries(self, *, batch: int = 1_000) -> Iterator[LoggedQuery]:
        """All logged questions in the order they came."""
        for row in self._numbered(QUERIES_AFTER, batch):
            yield _logged_query(row[1:])

    def iter(self, *, batch: int = 1_000) -> Iterator[Event]:
        """All events in the order they came."""
        yield from map(_event, self._numbered(EVENTS_AFTER, batch))

    def delete_before(self, at: str) -> int:
        """Forget questions and events before a time (RFC 3339 in UTC); how many. The counters of reuse stay."""
        gone = 0
        while True:
            # In steps: a year's questions in one transaction would keep other writers waiting.
            with self._connections.writing() as db:
                step = _delete_before(db, at, limit=_FORGOTTEN_AT_ONCE)
            gone += step
            if not step:
                return gone

    def _numbered(self, sql: str, batch: int) -> Iterator[tuple[Any, ...]]:
        """Rows of a SELECT whose first column grows, page by page."""
        after = 0
        while rows := self._connections.rows(sql, (after, batch)):
            yield from rows
            after = rows[-1][0]


def _log_queries(db: Database, queries: Iterable[LoggedQuery]) -> int:
    """Keep these questions and count each match as shown; how many were new. One known by its id changes nothing."""
    new = 0
    for query in queries:
        matches = json.dumps([(shown.key, round(shown.confidence, 4)) for shown in query.matches])
        cursor = db.conn.execute(
            """INSERT INTO queries (query_id, at, text, language, abstained, snapshot, matches)
               VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (query_id) DO NOTHING""",
            (query.query_id, query.at, query.text, query.language, query.abstained, query.snapshot, matches),
        )
        if cursor.rowcount:
            new += 1
            # Through cases: a key that is unknown here, from a hand-made request, counts nothing.
            db.conn.executemany(
                """INSERT INTO reuse (key, shown) SELECT key, 1 FROM cases WHERE key = ?
                   ON CONFLICT (key) DO UPDATE SET shown = shown + 1""",
                [(key,) for key in {shown.key for shown in query.matches}],
            )
    return new


def _log_event(db: Database, kind: EventKind, id: str, *, query_id: str, actor: str, at: str) -> bool:
    """Count an event of a case; False when the same one was counted for the same question and actor already.

    Raises CaseNotFound.
    """
    row = db.conn.execute("SELECT key FROM cases WHERE id = ? AND NOT deleted", (id,)).fetchone()
    if row is None:
        raise CaseNotFound(f"there is no case {id}.")
    cursor = db.conn.execute(
        "INSERT INTO events (at, kind, key, query_id, actor) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (at, str(kind), row[0], query_id, actor),
    )
    if not cursor.rowcount:
        return False
    column = EventKind(kind).value  # one of four names, so safe in SQL
    db.conn.execute(
        f"""INSERT INTO reuse (key, {column}, last_solved_at) VALUES (?, 1, ?)
            ON CONFLICT (key) DO UPDATE SET {column} = {column} + 1,
                last_solved_at = max(last_solved_at, excluded.last_solved_at)""",  # noqa: S608
        (row[0], at if kind is EventKind.SOLVED else ""),
    )
    return True


def _delete_before(db: Database, at: str, *, limit: int) -> int:
    """Forget questions and events before a time, at most so many of each; how many. The counters of reuse stay."""
    gone = 0
    for table in ("queries", "events"):
        oldest = f"SELECT number FROM {table} WHERE at < ? ORDER BY at LIMIT ?"  # noqa: S608  one of two names
        gone += db.conn.execute(f"DELETE FROM {table} WHERE number IN ({oldest})", (at, limit)).rowcount  # noqa: S608
    return gone


def _logged_query(row: tuple[Any, ...]) -> LoggedQuery:
    """The question in a row of QUERIES_AFTER."""
    query_id, at, language, abstained, snapshot, matches, text = row
    shown = tuple(ShownCase(key, confidence) for key, confidence in json.loads(matches))
    return LoggedQuery(query_id, at, language, bool(abstained), snapshot, shown, text)


def _event(row: tuple[Any, ...]) -> Event:
    """The event in a row of EVENTS_AFTER."""
    number, at, kind, key, query_id, actor = row
    return Event(number, at, EventKind(kind), key, query_id, actor)
