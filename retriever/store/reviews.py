"""Reviews: what waits for approval, every step that was taken, and which duplicates were merged.

A case that was never published carries its state itself; its row here adds who wrote and who approved. A pending
revision of a published case lies here whole, so that the live version answers until the new one is approved.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from retriever.case.format import decode_case, encode_case
from retriever.case.validity import EXPIRED_SQL
from retriever.domain import Reuse, Status, StoredCase
from retriever.errors import CaseNotFound
from retriever.store.case_rows import STORED_BY_ID, STORED_COLUMNS, WITH_REUSE, stored_case
from retriever.store.masking import MaskedCase
from retriever.store.reuse import COUNTERS
from retriever.store.sqlite import Connections

_STORED_WIDTH = 15
_ROW = """w.key, w.document, w.state, w.version, w.base_version, w.authors, w.submitted_by, w.team, w.submitted_at,
    w.first_by, w.updated_at, w.first_by_manager"""


class Step(StrEnum):
    """What happens to a case in its life; each is one transaction with an entry in the audit log."""

    WRITE = "write"
    SUBMIT = "submit"
    APPROVE = "approve"
    PUBLISH = "publish"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    DISCARD = "discard"
    CONFIRM = "confirm"
    RETIRE = "retire"
    EXPIRE = "expire"
    REINSTATE = "reinstate"
    RESTORE = "restore"
    UNDELETE = "undelete"
    MERGE = "merge"
    UNMERGE = "unmerge"
    LINK = "link"
    UNLINK = "unlink"


@dataclass(frozen=True, slots=True)
class Review:
    """What waits for approval: a case that was never published, or (`pending`) the new text of one that is live.

    `version` counts the case, or the changes of the pending text; `base_version` is the live version that the pending
    text was written for. `team` is that of who submitted it, None when nobody knows.
    """

    key: int
    state: Status
    version: int
    pending: MaskedCase | None = None
    base_version: int = 0
    authors: tuple[str, ...] = ()
    submitted_by: str = ""
    team: str | None = None
    submitted_at: str = ""
    first_by: str = ""
    updated_at: str = ""
    first_by_manager: bool = False
    """Did a knowledge manager give the first approval? Then the other one may be a reviewer's."""

    @property
    def tag(self) -> str:
        """The version that a reviewer names: `3` of the case itself, `r2` of a pending revision."""
        return f"r{self.version}" if self.pending else str(self.version)


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """One step in the life of a case; `answers` are those of the checklist, `note` is a reason given by a person."""

    number: int
    at: str
    step: Step
    actor: str
    role: str
    version: str
    answers: Mapping[str, str | bool] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """A duplicate that was merged: what it was before, and the counts that the other case took over."""

    duplicate: int
    into: int
    status: Status
    superseded_by: str
    counts: Reuse


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Narrows the queue; empty means no limit.

    `stage` is `first` or `second`; `team` that of who submitted; `source` the system that a case came from.
    """

    states: tuple[Status, ...] = ()
    stage: str = ""
    team: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Queued:
    """One entry of the queue: the case as it is live (or as a draft), and its row here if there is one."""

    stored: StoredCase
    review: Review | None
    since: str


_WHOLE_QUEUE = QueueFilter()


class ReviewTable:
    """Reads what waits for review or is due for one; every method is one transaction. `Transition` writes."""

    def __init__(self, connections: Connections) -> None:
        """Work on this library's connections."""
        self._connections = connections

    def find(self, id: str) -> Review | None:
        """What is noted about the open review of a case, None when there is nothing."""
        rows = self._connections.rows(ROW_BY_ID, (id,))
        return review(rows[0]) if rows else None

    def page(
        self, which: QueueFilter = _WHOLE_QUEUE, *, after: tuple[str, int] = ("", 0), limit: int = 50
    ) -> list[Queued]:
        """One page of what waits for review, longest first; `after` is (since, key) of the last one seen."""
        sql, parameters = queue(which)
        since, key = after
        rows = self._connections.rows(sql, parameters | {"since": since, "key": key, "limit": limit})
        return [queued(row) for row in rows]

    def steps(self, id: str) -> list[ReviewStep]:
        """Every step in the life of a case, oldest first. Raises CaseNotFound."""
        if not self._connections.rows(STORED_BY_ID, (id,)):
            raise CaseNotFound(f"there is no case {id}.")
        return [review_step(row) for row in self._connections.rows(STEPS_BY_ID, (id,))]

    def page_due(
        self, until: str, *, after: tuple[str, int] = ("", 0), limit: int = 50
    ) -> list[tuple[str, StoredCase]]:
        """Published cases whose review is due before `until`, or that readers report, each with the day since when.

        Most overdue first; `after` is (day, key).
        """
        due, key = after
        rows = self._connections.rows(DUE, {"until": until, "after": due, "key": key, "limit": limit})
        return [(row[0], stored_case(row[1:])) for row in rows]

    def count_due(self, until: str) -> int:
        """How many published cases are due for review before `until`, or reported."""
        ((count,),) = self._connections.rows(COUNT_DUE, {"until": until})
        return int(count)

    def find_expired(self, today: str, *, limit: int = 500) -> list[StoredCase]:
        """Published cases whose `valid_until` lies before today (YYYY-MM-DD), longest first."""
        rows = self._connections.rows(EXPIRED, {"today": today, "limit": limit})
        return [stored_case(row) for row in rows]


class ReminderTable:
    """On which days reminders were sent, so that several servers send one."""

    def __init__(self, connections: Connections) -> None:
        """Work on this library's connections."""
        self._connections = connections

    def claim(self, day: str) -> bool:
        """True for the first who asks on a day: that one sends the reminders."""
        with self._connections.writing() as db:
            return bool(db.conn.execute("INSERT INTO reminders VALUES (?) ON CONFLICT DO NOTHING", (day,)).rowcount)

    def release(self, day: str) -> None:
        """The reminders of a day could not be sent: somebody should try again."""
        with self._connections.writing() as db:
            db.conn.execute("DELETE FROM reminders WHERE day = ?", (day,))


def find(db: Database, key: int) -> Review | None:
    """The row of a case."""
    row = db.conn.execute(f"SELECT {_ROW} FROM reviews w WHERE w.key = ?", (key,)).fetchone()  # noqa: S608  constants
    return review(row) if row else None


def save(db: Database, row: Review, now: str) -> None:
    """Write the row of a case."""
    pending = encode_case(row.pending).decode() if row.pending else ""
    db.conn.execute(
        "INSERT OR REPLACE INTO reviews VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row.key, pending, str(row.state), row.version, row.base_version, json.dumps(row.authors),
         row.submitted_by, row.team, row.submitted_at, row.first_by, now, row.first_by_manager),
    )  # fmt: skip


def follow_base(db: Database, key: int, *, before: int, after: int) -> None:
    """A pending text that was written for one version of the live case stands for another one from now on."""
    db.conn.execute(
        "UPDATE reviews SET base_version = ? WHERE key = ? AND base_version = ? AND document <> ''",
        (after, key, before),
    )


def drop(db: Database, key: int) -> None:
    """Forget the row of a case; its steps stay."""
    db.conn.execute("DELETE FROM reviews WHERE key = ?", (key,))


def add_step(db: Database, key: int, step: ReviewStep) -> None:
    """Keep a step; its number is given here."""
    db.conn.execute(
        "INSERT INTO review_steps (key, at, step, actor, role, version, answers, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (key, step.at, str(step.step), step.actor, step.role, step.version, json.dumps(dict(step.answers)), step.note),
    )


def save_merge(db: Database, merge: Merge) -> None:
    """Remember how to undo a merge."""
    counts = json.dumps([getattr(merge.counts, name) for name in COUNTERS])
    db.conn.execute(
        "INSERT OR REPLACE INTO merges VALUES (?, ?, ?, ?, ?)",
        (merge.duplicate, merge.into, str(merge.status), merge.superseded_by, counts),
    )


def take_merge(db: Database, duplicate: int) -> Merge | None:
    """What is remembered of a merged duplicate, and forget it."""
    row = db.conn.execute(
        "DELETE FROM merges WHERE duplicate = ? RETURNING duplicate, into_key, status, superseded_by, counts",
        (duplicate,),
    ).fetchone()
    return Merge(row[0], row[1], Status(row[2]), row[3], Reuse(*json.loads(row[4]))) if row else None


ROW_BY_ID = f"SELECT {_ROW} FROM reviews w JOIN cases c ON c.key = w.key WHERE c.id = ? AND NOT c.deleted"  # noqa: S608
STEPS_BY_ID = """
    SELECT s.number, s.at, s.step, s.actor, s.role, s.version, s.answers, s.note
    FROM cases c JOIN review_steps s ON s.key = c.key WHERE c.id = ? AND NOT c.deleted ORDER BY s.number
"""
# A report counts from its day on, whatever day was set, and only of the version that is there now.
_REPORTED = """
    WITH reported (key, due) AS (
        SELECT c.key, min(substr(p.at, 1, 10), CASE WHEN c.review_due_on = '' THEN '~' ELSE c.review_due_on END)
        FROM cases c JOIN (SELECT key, version, min(at) AS at FROM reports WHERE NOT settled GROUP BY key, version) p
            ON p.key = c.key AND p.version = c.version
        WHERE c.status = 'published' AND NOT c.deleted
    )"""
DUE = f"""
    {_REPORTED}, due (key, due) AS (
        SELECT key, review_due_on FROM cases
        WHERE status = 'published' AND NOT deleted AND review_due_on <> '' AND review_due_on < :until
            AND (review_due_on, key) > (:after, :key) AND key NOT IN (SELECT key FROM reported)
        UNION ALL SELECT key, due FROM reported
    )
    SELECT due.due, {STORED_COLUMNS} FROM due JOIN cases c ON c.key = due.key {WITH_REUSE}
    WHERE (due.due, due.key) > (:after, :key) ORDER BY due.due, due.key LIMIT :limit
"""  # noqa: S608
COUNT_DUE = f"""
    {_REPORTED}
    SELECT (SELECT count(*) FROM reported) + (SELECT count(*) FROM cases
    WHERE status = 'published' AND NOT deleted AND review_due_on <> '' AND review_due_on < :until
        AND key NOT IN (SELECT key FROM reported))
"""  # noqa: S608
EXPIRED = f"""
    SELECT {STORED_COLUMNS} FROM cases c {WITH_REUSE}
    WHERE c.status = 'published' AND NOT c.deleted AND {EXPIRED_SQL}
    ORDER BY c.valid_until, c.key LIMIT :limit
"""  # noqa: S608
# A row of another version than the case's says nothing any more: somebody wrote the case directly meanwhile.
_QUEUE = f"""
    SELECT * FROM (
        SELECT {STORED_COLUMNS}, {_ROW}, c.source_system AS source_now,
            CASE WHEN w.document <> '' THEN w.state ELSE c.status END AS state_now,
            CASE WHEN w.document <> '' OR w.version = c.version THEN w.first_by ELSE '' END AS first_now,
            CASE WHEN w.document <> '' OR w.version = c.version THEN w.updated_at ELSE c.updated_at END AS since
        FROM cases c LEFT JOIN reviews w ON w.key = c.key {WITH_REUSE}
        WHERE NOT c.deleted AND (c.status IN ('draft', 'in_review')
            OR c.key IN (SELECT key FROM reviews WHERE document <> ''))
    ) WHERE (since, key) > (:since, :key) AND {{where}} ORDER BY since, key LIMIT :limit
"""  # noqa: S608


def queue(which: QueueFilter) -> tuple[str, dict[str, Any]]:
    """A SELECT of the queue after (`:since`, `:key`), at most `:limit` rows, longest waiting first."""
    clauses = {
        "state_now IN (SELECT value FROM json_each(:states))": which.states,
        "state_now = 'in_review' AND (first_now = '') = (:stage = 'first')": which.stage,
        "team = :team": which.team,
        "source_now = :source": which.source,
    }
    where = " AND ".join(["1", *(clause for clause, value in clauses.items() if value)])
    states = json.dumps([str(state) for state in which.states])
    parameters = {"states": states, "stage": which.stage, "team": which.team, "source": which.source}
    return _QUEUE.format(where=where), parameters


def queued(row: tuple[Any, ...]) -> Queued:
    """The entry in a row of the queue."""
    inner = row[_STORED_WIDTH:-4]
    return Queued(stored_case(row[:_STORED_WIDTH]), review(inner) if inner[0] is not None else None, row[-1])


def review(row: tuple[Any, ...]) -> Review:
    """The review in a row."""
    key, document, state, version, base, authors, submitted_by, team, submitted_at, first_by, updated_at, manager = row
    return Review(
        key=key,
        state=Status(state),
        version=version,
        # As it is stored; a transition masks it again before it writes it.
        pending=MaskedCase(decode_case(document)) if document else None,
        base_version=base,
        authors=tuple(json.loads(authors)),
        submitted_by=submitted_by,
        team=team,
        submitted_at=submitted_at,
        first_by=first_by,
        updated_at=updated_at,
        first_by_manager=bool(manager),
    )


def review_step(row: tuple[Any, ...]) -> ReviewStep:
    """The step in a row of STEPS_BY_ID."""
    number, at, step, actor, role, version, answers, note = row
    return ReviewStep(number, at, Step(step), actor, role, version, json.loads(answers), note)
