"""Questions asked, and what people did with the cases they were shown; the counters of reuse are kept in step."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlite_utils import Database

from retriever.case.times import utc_stamp
from retriever.domain import Reuse
from retriever.errors import CaseNotFound
from retriever.store import reports
from retriever.store.masking import Masking
from retriever.store.query_ids import QueryIds
from retriever.store.reuse import COUNTERS, add_reuse, keep_counts, recount, refresh_last_solved
from retriever.store.sqlite import Connections

_FORGOTTEN_AT_ONCE = 5_000


class EventKind(StrEnum):
    """What a person did with a case, in rising order of worth, and what they report of it."""

    OPENED = "opened"
    COPIED = "copied"
    LINKED = "linked"
    SOLVED = "solved"
    WRONG = "wrong"
    OUTDATED = "outdated"


REPORTS = (EventKind.WRONG, EventKind.OUTDATED)
"""Reports of a version of a case, which put it on the list of those to be reviewed; they are no use of it."""


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
EVENTS_AFTER = """
    SELECT number, at, kind, key, query_id, actor FROM events WHERE number > ? AND counts ORDER BY number LIMIT ?
"""
_SHOWN = """
    SELECT 1 FROM queries q JOIN cases c ON c.id = ?2
    WHERE q.query_id = ?1 AND c.key IN (SELECT json_extract(m.value, '$[0]') FROM json_each(q.matches) m)
"""
_DELETE_EVENTS = "DELETE FROM events WHERE number IN (SELECT value FROM json_each(?))"
_FORGOTTEN = {
    "SELECT number FROM queries WHERE at < ? ORDER BY at LIMIT ?": (
        "DELETE FROM queries WHERE number IN (SELECT value FROM json_each(?))"
    ),
    "SELECT number FROM events WHERE at < ? ORDER BY at LIMIT ?": _DELETE_EVENTS,
}
_ONE_SHOWN = Reuse(shown=1)


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
        """Count that somebody opened, copied, linked or solved with a case, or note what they report of it.

        False if that was counted already: the same kind, case, question and actor count once, a report of the same
        version too; without a question each call counts. Whether the question was asked, the caller has looked at.
        Raises CaseNotFound.
        """
        with self._connections.writing() as db:
            return _log_event(db, kind, id, query_id=query_id, actor=actor, at=utc_stamp())

    def take_back(self, kind: EventKind, id: str, *, query_id: str = "", actor: str = "") -> bool:
        """Undo what `log` did for the same actor; False when there is nothing to undo. Raises CaseNotFound."""
        with self._connections.writing() as db:
            return _take_back(db, kind, id, query_id=query_id, actor=actor)

    @cached_property
    def query_ids(self) -> QueryIds:
        """Issues and reads the ids of answered questions."""
        ((key,),) = self._connections.rows("SELECT value FROM seal_keys WHERE name = 'query_ids'")
        return QueryIds(key)

    def was_shown(self, query_id: str, id: str) -> bool:
        """Does the log of questions hold this one, answered with this case?"""
        return bool(self._connections.rows(_SHOWN, (query_id, id)))

    def recount(self) -> int:
        """Derive the counters of use from the events and correct those that differ; how many cases did."""
        with self._connections.writing() as db:
            return recount(db)

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
            for key in {shown.key for shown in query.matches}:
                add_reuse(db, key, _ONE_SHOWN)
    return new


def _log_event(db: Database, kind: EventKind, id: str, *, query_id: str, actor: str, at: str) -> bool:
    """Count an event of a case, or note a report; False when the same one was counted already. Raises CaseNotFound."""
    key, version = _case_named(db, id)
    if kind in REPORTS:
        return reports.report(db, key, version, kind, actor=actor, at=at)
    cursor = db.conn.execute(
        "INSERT INTO events (at, kind, key, query_id, actor) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (at, str(kind), key, query_id, actor),
    )
    if not cursor.rowcount:
        return False
    add_reuse(db, key, _counted(kind, at))
    return True


def _take_back(db: Database, kind: EventKind, id: str, *, query_id: str, actor: str) -> bool:
    key, version = _case_named(db, id)
    if kind in REPORTS:
        return reports.take_back(db, key, version, kind, actor=actor)
    # Without a question the same may be there many times: the last one goes.
    gone = db.conn.execute(
        """DELETE FROM events WHERE number =
               (SELECT max(number) FROM events WHERE key = ? AND kind = ? AND query_id = ? AND actor = ?)
           RETURNING counts""",
        (key, str(kind), query_id, actor),
    ).fetchone()
    if gone is None:
        return False
    if gone[0]:
        add_reuse(db, key, _counted(kind, ""), sign=-1)
        refresh_last_solved(db, key)
    return True


def _case_named(db: Database, id: str) -> tuple[int, int]:
    """Key and version of a case. Raises CaseNotFound."""
    row = db.conn.execute("SELECT key, version FROM cases WHERE id = ? AND NOT deleted", (id,)).fetchone()
    if row is None:
        raise CaseNotFound(f"there is no case {id}.")
    return row[0], row[1]


def _counted(kind: EventKind, at: str) -> Reuse:
    """What one event adds."""
    counts = {name: int(name == kind) for name in COUNTERS}
    return Reuse(**counts, last_solved_at=at if kind is EventKind.SOLVED else "")


def _delete_before(db: Database, at: str, *, limit: int) -> int:
    """Forget questions and events before a time, at most so many of each; how many. The counters of reuse stay."""
    gone = 0
    for oldest, delete in _FORGOTTEN.items():
        numbers = json.dumps([row[0] for row in db.conn.execute(oldest, (at, limit))])
        if delete is _DELETE_EVENTS:
            keep_counts(db, numbers)
        gone += db.conn.execute(delete, (numbers,)).rowcount
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
