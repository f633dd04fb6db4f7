"""The cases of the library: written in whole transactions, read by key, by id, page by page, or since a revision."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from sqlite_utils import Database

from retriever.case.times import utc_stamp
from retriever.domain import OPERATOR, Actor, Case, Change, Status, StoredCase
from retriever.errors import CaseNotFound
from retriever.store import case_rows
from retriever.store.audit import record, record_all
from retriever.store.case_rows import CaseFilter, CaseVersion
from retriever.store.ingests import IngestProgress, save_progress
from retriever.store.masking import Masking
from retriever.store.sqlite import Connections
from retriever.store.upserts import Admit, Upserted, UpsertPlan, audit_notes

ProgressOf: TypeAlias = Callable[[list[Upserted]], IngestProgress]

_EVERYTHING = CaseFilter()
_UNLIMITED = -1


class CaseTable:
    """Cases with their versions and revisions. Every method is one transaction."""

    def __init__(self, connections: Connections, masking: Masking) -> None:
        """Work on this library's connections; texts go in masked."""
        self._connections = connections
        self._masking = masking

    def upsert(
        self,
        cases: Iterable[Case],
        *,
        if_version: int | None = None,
        dry_run: bool = False,
        progress: IngestProgress | ProgressOf | None = None,
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
        batch = self._masking.cases(cases)

        def plan(db: Database) -> UpsertPlan:
            return UpsertPlan(db, batch, if_version=if_version, now=utc_stamp(), admit=admit)

        if dry_run:
            return self._connections.read(lambda db: plan(db).outcomes)
        with self._connections.writing() as db:
            planned = plan(db)
            planned.write(db)
            record_all(db, actor=actor, notes=audit_notes(batch, planned.outcomes))
            if progress is not None:
                done = progress(planned.outcomes) if callable(progress) else progress
                save_progress(db, self._masking.progress(done), utc_stamp())
        return planned.outcomes

    def delete(self, id: str, *, if_version: int | None = None, actor: Actor = OPERATOR) -> Change:
        """Take a case out of the library. Its versions are kept; `Erasures.begin` takes them, too.

        Raises CaseNotFound, VersionMismatch.
        """
        with self._connections.writing() as db:
            change = case_rows.delete(db, id, if_version=if_version, now=utc_stamp())
            record(db, actor=actor, action="case.delete", subject=id, details={"revision": change.revision})
        return change

    def get(self, id: str) -> StoredCase:
        """The case with this id. Raises CaseNotFound."""
        found = self.find(id)
        if found is None:
            raise CaseNotFound(f"there is no case {id}.")
        return found

    def find(self, id: str) -> StoredCase | None:
        """The case with this id, None when there is none."""
        rows = self._connections.rows(case_rows.STORED_BY_ID, (id,))
        return case_rows.stored_case(rows[0]) if rows else None

    def get_many(self, keys: Iterable[int]) -> dict[int, StoredCase]:
        """The cases with these keys, in one SELECT; deleted and unknown keys are missing from the answer."""
        wanted = "[" + ",".join(map(str, map(int, keys))) + "]"
        rows = self._connections.rows(case_rows.STORED_BY_KEYS, (wanted,))
        return {row[0]: case_rows.stored_case(row, case_rows.decode_often) for row in rows}

    def find_keys(self, ids: Iterable[str]) -> list[int]:
        """Keys of the cases with these ids, growing; an id that no case has may be one of its own system's.

        `DE-001` is then `generic:DE-001`, and every other case whose source calls it so.
        """
        return [row[0] for row in self._connections.rows(case_rows.KEYS_BY_IDS, (json.dumps(list(ids)),))]

    def iter(self, which: CaseFilter = _EVERYTHING, *, after_key: int = 0, batch: int = 500) -> Iterator[StoredCase]:
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

    def page(
        self, which: CaseFilter = _EVERYTHING, *, before: tuple[str, int] | None = None, limit: int = 50
    ) -> list[StoredCase]:
        """One page of cases, last updated first; `before` is (updated_at, key) of the last case of the page before."""
        updated_at, key = before or case_rows.AFTER_ALL
        sql, parameters = case_rows.listing(which, newest_first=True)
        rows = self._connections.rows(sql, parameters | {"updated_at": updated_at, "key": key, "limit": limit})
        return [case_rows.stored_case(row) for row in rows]

    def versions(self, id: str) -> list[CaseVersion]:
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
