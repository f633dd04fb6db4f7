"""The store: the one door to the library's database. SQLite is the only truth; every index is derived from it."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from retriever.domain import OPERATOR, Actor, Case, Change, FloatMatrix, Reuse, Status, StoredCase
from retriever.errors import CaseNotFound, InvalidInput
from retriever.store import cases as case_rows
from retriever.store import events as event_rows
from retriever.store import ingests as ingest_rows
from retriever.store import reviews as review_rows
from retriever.store.audit import AuditChain, AuditLog, record, record_all
from retriever.store.audit_chain import AuditFiles
from retriever.store.cases import Admit, CaseFilter, Upserted, UpsertPlan, Version
from retriever.store.deeds import deeds_of
from retriever.store.deliveries import Deliveries
from retriever.store.door import open_door
from retriever.store.events import Event, EventKind, LoggedQuery
from retriever.store.imports import Imports
from retriever.store.ingests import IngestProgress
from retriever.store.keys import KeyTable
from retriever.store.migrations import LIBRARY, migrate
from retriever.store.remasking import Progress, Remasked, quiet, remask
from retriever.store.reviews import Queued, QueueFilter, Review, ReviewStep
from retriever.store.sqlite import Connections, Journal
from retriever.store.transition import Transition
from retriever.store.vectors import CacheStats, DType, VectorCache

_EVERYTHING = CaseFilter()
_WHOLE_QUEUE = QueueFilter()
_UNLIMITED = -1
_FORGOTTEN_AT_ONCE = 5_000
_AFTER_ALL = ("~", 0)
"""A cursor behind every time stamp, since these begin with a digit."""


class _Undone(Exception):
    """A dry run is over: take everything back."""


class Store:
    """A library on disk. Many threads and processes may use one file at once; every method is one transaction."""

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        journal: Journal = "auto",
        audit: AuditFiles | None = None,
        mask: bool = True,
    ) -> None:
        """Open or make the library; see `open_store`."""
        self.path = path
        self.read_only = read_only
        self.door = open_door(mask=mask, read_only=read_only)
        self._journal: Journal = journal
        self._cache: VectorCache | None = None
        self._cache_guard = threading.Lock()
        chain = AuditChain(audit or AuditFiles.beside(path), read_only=read_only)
        self._connections = Connections(path, read_only=read_only, journal=journal, follower=chain)
        self.audit = AuditLog(self._connections, chain)
        self.keys = KeyTable(self._connections)
        self.imports = Imports(self._connections, self.door)
        self.deliveries = Deliveries(self._connections, self.door)
        try:
            migrate(self._connections, LIBRARY)
        except BaseException:
            self._connections.close()
            raise

    # Cases

    def upsert_cases(
        self,
        cases: Iterable[Case],
        *,
        if_version: int | None = None,
        dry_run: bool = False,
        progress: IngestProgress | Callable[[list[Upserted]], IngestProgress] | None = None,
        actor: Actor = OPERATOR,
        admit: Admit | None = None,
    ) -> list[Upserted]:
        """Write these cases in one transaction (about a thousand at best), all or none; what became of each.

        A case is known by (source.system, source.external_id) when it has an external id, else by its id. Equal
        content changes nothing; any other change makes a new version and revision. A case whose id or source belongs
        to another case is `refused` and the rest goes in. `if_version` is the version that is changed (0: there must be
        none); then the id alone decides, and CaseNotFound, VersionMismatch or Conflict is raised. `dry_run` only tells.
        `progress`, or what it makes of the outcomes, is kept together with the cases, and so is an audit entry for each
        case that changes. Personal values are masked on the way in. `admit` looks at every stored and new case and may
        amend or refuse the new one.
        """
        # Before the transaction: masking takes longer than writing, and other writers would wait for it.
        batch = self.door.cases(cases)

        def plan(db: Database) -> UpsertPlan:
            return UpsertPlan(db, batch, if_version=if_version, now=_now(), admit=admit)

        if dry_run:
            return self._connections.read(lambda db: plan(db).outcomes)
        with self._connections.writing() as db:
            planned = plan(db)
            planned.write(db)
            record_all(db, actor=actor, deeds=deeds_of(batch, planned.outcomes))
            if progress is not None:
                done = progress(planned.outcomes) if callable(progress) else progress
                ingest_rows.save(db, self.door.progress(done), _now())
        return planned.outcomes

    def delete_case(
        self, id: str, *, if_version: int | None = None, erase: bool = False, actor: Actor = OPERATOR
    ) -> Change:
        """Take a case out of the library. Its versions are kept unless `erase`.

        Raises CaseNotFound, VersionMismatch.
        """
        with self._connections.writing() as db:
            change = case_rows.delete(db, id, if_version=if_version, erase=erase, now=_now())
            action = "case.erase" if erase else "case.delete"
            record(db, actor=actor, action=action, subject=id, details={"revision": change.revision})
        return change

    def get_case(self, id: str) -> StoredCase:
        """The case with this id. Raises CaseNotFound."""
        found = self.find_case(id)
        if found is None:
            raise CaseNotFound(f"there is no case {id}.")
        return found

    def find_case(self, id: str) -> StoredCase | None:
        """The case with this id, None when there is none."""
        rows = self._connections.rows(case_rows.STORED_BY_ID, (id,))
        return case_rows.stored_case(rows[0]) if rows else None

    def get_cases(self, keys: Iterable[int]) -> dict[int, StoredCase]:
        """The cases with these keys, in one SELECT; deleted and unknown keys are missing from the answer."""
        wanted = "[" + ",".join(map(str, map(int, keys))) + "]"
        rows = self._connections.rows(case_rows.STORED_BY_KEYS, (wanted,))
        return {row[0]: case_rows.stored_case(row, case_rows.decode_often) for row in rows}

    def find_keys(self, ids: Iterable[str]) -> list[int]:
        """Keys of those ids that exist, growing."""
        return [row[0] for row in self._connections.rows(case_rows.KEYS_BY_IDS, (json.dumps(list(ids)),))]

    def iter_cases(
        self, which: CaseFilter = _EVERYTHING, *, after_key: int = 0, batch: int = 500
    ) -> Iterator[StoredCase]:
        """All cases by growing key, read in pages, so that writers are never held up.

        A case that changes meanwhile comes in its newer state: take `revision()` first, and `changes_since` it after.
        """
        sql, parameters = case_rows.listing(which, newest_first=False)
        while True:
            rows = self._connections.rows(sql, parameters | {"key": after_key, "limit": batch})
            yield from map(case_rows.stored_case, rows)
            if len(rows) < batch:
                return
            after_key = rows[-1][0]

    def page_cases(
        self, which: CaseFilter = _EVERYTHING, *, before: tuple[str, int] | None = None, limit: int = 50
    ) -> list[StoredCase]:
        """One page of cases, last updated first; `before` is (updated_at, key) of the last case of the page before."""
        updated_at, key = before or _AFTER_ALL
        sql, parameters = case_rows.listing(which, newest_first=True)
        rows = self._connections.rows(sql, parameters | {"updated_at": updated_at, "key": key, "limit": limit})
        return [case_rows.stored_case(row) for row in rows]

    def versions(self, id: str) -> list[Version]:
        """Every version of a case, oldest first. Raises CaseNotFound."""
        rows = self._connections.rows(case_rows.VERSIONS_BY_ID, {"id": id})
        if not rows:
            raise CaseNotFound(f"there is no case {id}.")
        return [case_rows.version(row) for row in rows]

    def count_by_status(self) -> dict[Status, int]:
        """How many cases there are in each state; every state is in the answer."""
        counts = dict(self._connections.rows(case_rows.COUNT_BY_STATUS))
        return {status: counts.get(str(status), 0) for status in Status}

    def revision(self) -> int:
        """Revision of the last accepted change, 0 for a new library."""
        ((revision,),) = self._connections.rows(case_rows.LAST_REVISION)
        return int(revision)

    def changes_since(self, revision: int, *, limit: int | None = None) -> list[Change]:
        """The last change of each case that changed after this revision, in order of revision."""
        rows = self._connections.rows(case_rows.CHANGES_SINCE, (revision, _UNLIMITED if limit is None else limit))
        return [Change(number, key, bool(deleted)) for number, key, deleted in rows]

    # Reviews

    @contextmanager
    def transition(self, actor: Actor, *, via: str = "", dry_run: bool = False) -> Iterator[Transition]:
        """One transaction of the lifecycle in the name of `actor`; nothing is kept when the block raises.

        `via` goes into the audit log. `dry_run` keeps nothing either way.
        """
        with suppress(_Undone), self._connections.writing() as db:
            yield Transition(db, actor, _now(), via, dry_run, self.door)
            if dry_run:
                raise _Undone

    def find_review(self, id: str) -> Review | None:
        """What is noted about the open review of a case, None when there is nothing."""
        rows = self._connections.rows(review_rows.ROW_BY_ID, (id,))
        return review_rows.review(rows[0]) if rows else None

    def page_reviews(
        self, which: QueueFilter = _WHOLE_QUEUE, *, after: tuple[str, int] = ("", 0), limit: int = 50
    ) -> list[Queued]:
        """One page of what waits for review, longest first; `after` is (since, key) of the last one seen."""
        sql, parameters = review_rows.queue(which)
        since, key = after
        rows = self._connections.rows(sql, parameters | {"since": since, "key": key, "limit": limit})
        return [review_rows.queued(row) for row in rows]

    def review_steps(self, id: str) -> list[ReviewStep]:
        """Every step in the life of a case, oldest first. Raises CaseNotFound."""
        self.get_case(id)
        return [review_rows.review_step(row) for row in self._connections.rows(review_rows.STEPS_BY_ID, (id,))]

    def page_due(self, until: str, *, after: tuple[str, int] = ("", 0), limit: int = 50) -> list[StoredCase]:
        """Published cases whose review is due before `until`, most overdue first; `after` is (review_due_on, key)."""
        due, key = after
        rows = self._connections.rows(review_rows.DUE, {"until": until, "after": due, "key": key, "limit": limit})
        return [case_rows.stored_case(row) for row in rows]

    def count_due(self, until: str) -> int:
        """How many published cases are due for review before `until`."""
        ((count,),) = self._connections.rows(review_rows.COUNT_DUE, (until,))
        return int(count)

    def find_expired(self, today: str, *, limit: int = 500) -> list[StoredCase]:
        """Published cases whose `valid_until` lies before today (YYYY-MM-DD), longest first."""
        rows = self._connections.rows(review_rows.EXPIRED, {"until": today, "limit": limit})
        return [case_rows.stored_case(row) for row in rows]

    def claim_reminder(self, day: str) -> bool:
        """True for the first who asks on a day: that one sends the reminders."""
        with self._connections.writing() as db:
            return bool(db.conn.execute("INSERT INTO reminders VALUES (?) ON CONFLICT DO NOTHING", (day,)).rowcount)

    def release_reminder(self, day: str) -> None:
        """The reminders of a day could not be sent: somebody should try again."""
        with self._connections.writing() as db:
            db.conn.execute("DELETE FROM reminders WHERE day = ?", (day,))

    # Questions and events

    def log_queries(self, queries: Iterable[LoggedQuery]) -> int:
        """Keep answered questions and count their matches as shown; how many were new.

        Their texts are masked. Each call waits for the disk: collect questions and log many at once.
        """
        masked = [self.door.query(query) for query in queries]
        with self._connections.writing() as db:
            return event_rows.log_queries(db, masked)

    def log_event(self, kind: EventKind, id: str, *, query_id: str = "", actor: str = "") -> bool:
        """Count that somebody opened, copied, linked or solved with a case; False if that was counted already.

        The same kind, case, question and actor count once; without a question each call counts. Raises CaseNotFound.
        """
        named = self.door.text(query_id)  # callers send what they like
        with self._connections.writing() as db:
            return event_rows.log_event(db, kind, id, query_id=named, actor=actor, at=_now())

    def find_query(self, query_id: str) -> LoggedQuery | None:
        """A logged question, None when it is not known."""
        rows = self._connections.rows(event_rows.QUERY_BY_ID, (query_id,))
        return event_rows.logged_query(rows[0]) if rows else None

    def iter_queries(self, *, batch: int = 1_000) -> Iterator[LoggedQuery]:
        """All logged questions in the order they came."""
        for row in self._numbered(event_rows.QUERIES_AFTER, batch):
            yield event_rows.logged_query(row[1:])

    def iter_events(self, *, batch: int = 1_000) -> Iterator[Event]:
        """All events in the order they came."""
        yield from map(event_rows.event, self._numbered(event_rows.EVENTS_AFTER, batch))

    def delete_events_before(self, at: str) -> int:
        """Forget questions and events before a time (RFC 3339 in UTC); how many. The counters of reuse stay."""
        gone = 0
        while True:
            # In steps: a year's questions in one transaction would keep other writers waiting.
            with self._connections.writing() as db:
                step = event_rows.delete_events_before(db, at, limit=_FORGOTTEN_AT_ONCE)
            gone += step
            if not step:
                return gone

    def reuse(self, id: str) -> Reuse:
        """How often a case was used. Raises CaseNotFound."""
        return self.get_case(id).reuse

    # Ingests

    def find_progress(self, sha256: str, mapping: str = "") -> IngestProgress | None:
        """How far a file was read in with this mapping, None when it never was."""
        rows = self._connections.rows(ingest_rows.PROGRESS, (sha256, mapping))
        return ingest_rows.ingest_progress(rows[0]) if rows else None

    def save_progress(self, progress: IngestProgress) -> None:
        """Keep how far a file was read in; `upsert_cases(progress=…)` does it together with the cases."""
        with self._connections.writing() as db:
            ingest_rows.save(db, self.door.progress(progress), _now())

    def ingests(self) -> list[IngestProgress]:
        """All files known, the last one first."""
        return [ingest_rows.ingest_progress(row) for row in self._connections.rows(ingest_rows.ALL_PROGRESS)]

    def remask(self, *, dry_run: bool = False, restart: bool = False, progress: Progress = quiet) -> Remasked:
        """Mask what is stored already, in place; see `store.remasking`. Raises InvalidInput when masking is off."""
        if not self.door.mask:
            raise InvalidInput("masking is switched off by the settings: switch it on first.")
        return remask(self._connections, dry_run=dry_run, restart=restart, progress=progress)

    # Vectors, in a file of their own

    def find_vectors(self, hashes: Sequence[str], fingerprint: str) -> tuple[FloatMatrix, NDArray[np.bool_]]:
        """Cached vectors of a model by text hash; see `VectorCache.find_vectors`."""
        return self._vectors().find_vectors(hashes, fingerprint)

    def put_vectors(
        self, hashes: Sequence[str], fingerprint: str, matrix: FloatMatrix, *, dtype: DType = "float32"
    ) -> None:
        """Keep vectors of a model; see `VectorCache.put_vectors`."""
        self._vectors().put_vectors(hashes, fingerprint, matrix, dtype=dtype)

    def prune_vectors(self, max_bytes: int, *, keep_fingerprint: str = "") -> int:
        """Drop vectors down to a size; see `VectorCache.prune_vectors`."""
        return self._vectors().prune_vectors(max_bytes, keep_fingerprint=keep_fingerprint)

    def vector_stats(self) -> CacheStats:
        """How many vectors are cached, per model."""
        return self._vectors().stats()

    # The files

    def check(self) -> list[str]:
        """What is wrong with the database file, one line each; empty when all is well. Reads every page."""
        found = [str(row[0]) for row in self._connections.rows("PRAGMA integrity_check")]
        found = [] if found == ["ok"] else found
        return found + [f"broken reference: {row}" for row in self._connections.rows("PRAGMA foreign_key_check")]

    def backup_to(self, path: Path) -> None:
        """Copy the library as of one moment into a new file, while others go on. Raises Unavailable if it exists."""
        self._connections.backup_to(path)

    def close(self) -> None:
        """Close all files. No other thread may be using the store any more."""
        self._connections.close()
        if self._cache is not None:
            self._cache.close()

    def _vectors(self) -> VectorCache:
        """The cache beside the library, opened on first use: searching alone never needs it."""
        with self._cache_guard:
            if self._cache is None:
                path = self.path.with_name(f"{self.path.stem}-vectors{self.path.suffix}")
                self._cache = VectorCache(path, read_only=self.read_only, journal=self._journal)
            return self._cache

    def _numbered(self, sql: str, batch: int) -> Iterator[tuple[Any, ...]]:
        """Rows of a SELECT whose first column grows, page by page."""
        after = 0
        while rows := self._connections.rows(sql, (after, batch)):
            yield from rows
            after = rows[-1][0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(path: Path, *, read_only: bool = False, audit: AuditFiles | None = None, mask: bool = True) -> Store:
    """Open the library in this file, making it (and its folder) when there is none; close it after use.

    `read_only` refuses every write and a file that is missing; `audit` says where key and anchor of the audit log lie,
    beside the library without it. `mask=False` stores personal data as it comes, and warns. Raises Unavailable, Locked,
    and StoreDamaged for a file that is no library, is damaged, or was written by a newer program.
    """
    return Store(path, read_only=read_only, audit=audit, mask=mask)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
