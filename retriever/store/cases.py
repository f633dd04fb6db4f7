"""Cases in SQL: planning and writing upserts, deleting, reading back, inside the caller's transaction."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from sqlite_utils import Database

from retriever.case.format import decode_case, encode_case
from retriever.domain import ALL_GROUPS, Actor, Case, Change, Reuse, Role, Status, StoredCase
from retriever.errors import CaseNotFound, Conflict, Forbidden, VersionMismatch
from retriever.store.door import MaskedCase

Action: TypeAlias = Literal["created", "updated", "unchanged", "kept", "refused", "proposed"]
"""`proposed`: kept as a pending revision, the case itself is as before; only the lifecycle does that."""
Admit: TypeAlias = Callable[[Case | None, Case], Case]
"""Decides what may be written over a stored case, or as a new one (None); see `retriever.case.access.admitted`."""

_NO_REUSE = Reuse()
_TAKEN = "the id or the source is taken"
STORED_COLUMNS = """
    c.key, c.version, c.revision, c.content_hash, c.created_at, c.updated_at, c.document,
    r.shown, r.opened, r.copied, r.linked, r.solved, r.last_solved_at"""
WITH_REUSE = "LEFT JOIN reuse r ON r.key = c.key"
_DECODED = 1_024  # some megabytes
_HELD = "c.key, c.id, c.source_system, c.external_id, c.version, c.revision, c.content_hash, c.created_at, c.deleted"


@dataclass(frozen=True, slots=True)
class Upserted:
    """What became of one case; `refused` says why in `reason` and has no key (0); so does `kept`."""

    id: str
    action: Action
    key: int = 0
    version: int = 0
    revision: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Narrows a listing; empty means no limit. `updated_since` and `updated_before` are RFC 3339 in UTC.

    `readable_by` leaves out what this actor may not see, by the rules of `retriever.case.access.may_read`.
    """

    statuses: tuple[Status, ...] = ()
    languages: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    source_systems: tuple[str, ...] = ()
    updated_since: str = ""
    updated_before: str = ""
    readable_by: Actor | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a case, as it was."""

    case: Case
    version: int
    revision: int
    content_hash: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class _Held:
    """What the store knows of a case before a write; a tombstone is `deleted`."""

    key: int
    id: str
    source_system: str
    external_id: str | None
    version: int
    revision: int
    content_hash: str
    created_at: str
    deleted: int


class UpsertPlan:
    """Decides case by case what an upsert does, then writes it. Cases of one batch see each other in order."""

    def __init__(
        self, db: Database, cases: Sequence[MaskedCase], *, if_version: int | None, now: str, admit: Admit | None = None
    ) -> None:
        """Read what the store holds of these cases, and decide.

        Raises VersionMismatch, CaseNotFound, Conflict, and with `if_version` what `admit` raises.
        """
        self._db = db
        self._if_version = if_version
        self._now = now
        self._admit = admit
        self._fresh: dict[int, Case] = {}
        self._by_id: dict[str, _Held] = {}
        self._by_source: dict[tuple[str, str], _Held] = {}
        for held in _read_held(db, cases):
            self._remember(held)
        self._next_key = _last_key(db) + 1
        self._next_revision = last_revision(db) + 1
        self._changed: list[tuple[Any, ...]] = []
        self.outcomes = [self._decide(case) for case in cases]

    def write(self, db: Database) -> None:
        """Write what was decided; a trigger keeps the version that a row replaces."""
        db.conn.executemany(
            """
            INSERT INTO cases (key, id, source_system, external_id, status, language, product, version, revision,
                               deleted, content_hash, created_at, updated_at, document, review_due_on, valid_until)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (key) DO UPDATE SET
                source_system = excluded.source_system, external_id = excluded.external_id, status = excluded.status,
                language = excluded.language, product = excluded.product, version = excluded.version,
                revision = excluded.revision, deleted = 0, content_hash = excluded.content_hash,
                created_at = excluded.created_at, updated_at = excluded.updated_at, document = excluded.document,
                review_due_on = excluded.review_due_on, valid_until = excluded.valid_until
            """,
            self._changed,
        )

    def _decide(self, case: Case) -> Upserted:
        held = self._find(case)
        if isinstance(held, str):
            return self._refused(case, held if self._admit is None else _TAKEN)
        if held is not None and held.id != case.id:
            case = replace(case, id=held.id)
        if self._admit is not None:
            try:
                case = self._admit(self._stored(held), case)
            except (CaseNotFound, Forbidden) as error:
                return self._not_admitted(case, error)
        if self._if_version is not None:
            check_version(case.id, None if held is None or held.deleted else held.version, self._if_version)
        document = encode_case(case)
        digest = hashlib.sha256(document).hexdigest()
        if held is not None and not held.deleted and held.content_hash == digest:
            return Upserted(case.id, "unchanged", held.key, held.version, held.revision)
        return self._accept(case, held, document.decode(), digest)

    def _refused(self, case: Case, reason: str) -> Upserted:
        if self._if_version is not None:
            raise Conflict(f"{case.id}: {reason}")
        return Upserted(case.id, "refused", reason=reason)

    def _not_admitted(self, case: Case, error: CaseNotFound | Forbidden) -> Upserted:
        """A case that the writer may not see is not there, but its id cannot be given to another one either."""
        if isinstance(error, CaseNotFound) and not self._if_version:
            return self._refused(case, _TAKEN)
        if self._if_version is not None:
            raise error
        return Upserted(case.id, "refused", reason=str(error))

    def _stored(self, held: _Held | None) -> Case | None:
        """The case before the write, with what this batch did to it already."""
        if held is None or held.deleted:
            return None
        if held.key in self._fresh:
            return self._fresh[held.key]
        (document,) = self._db.conn.execute("SELECT document FROM cases WHERE key = ?", (held.key,)).fetchone()
        return decode_case(document)

    def _find(self, case: Case) -> _Held | str | None:
        """The stored case that this one updates, None for a new one, or the reason why it is refused."""
        system, external_id = case.source.system, case.source.external_id
        same_id = self._by_id.get(case.id)
        same_source = self._by_source.get((system, external_id)) if external_id else None
        alive = same_id is not None and not same_id.deleted
        if same_source is not None and same_source.id != case.id:
            if alive or self._if_version is not None:
                return f"source {system}:{external_id} belongs to case {same_source.id}"
            return same_source
        if same_source is None and alive and same_id is not None and self._if_version is None:
            stored = (same_id.source_system, same_id.external_id)
            # Two help desks that number their tickets alike must not overwrite each other's cases.
            if external_id and same_id.external_id and stored != (system, external_id):
                return f"id {case.id} belongs to source {stored[0]}:{stored[1]}"
        return same_id

    def _accept(self, case: Case, held: _Held | None, document: str, digest: str) -> Upserted:
        alive = held is not None and not held.deleted
        after = _Held(
            key=held.key if held else self._next_key,
            id=case.id,
            source_system=case.source.system,
            external_id=case.source.external_id or None,
            version=held.version + 1 if held else 1,
            revision=self._next_revision,
            content_hash=digest,
            created_at=held.created_at if held and alive else self._now,
            deleted=0,
        )
        self._next_key += held is None
        self._next_revision += 1
        if held is not None and held.external_id is not None:
            self._by_source.pop((held.source_system, held.external_id), None)
        self._remember(after)
        if self._admit is not None:
            self._fresh[after.key] = case
        facets = (str(case.status), case.language, case.product)
        identity = (after.key, after.id, after.source_system, after.external_id)
        state = (after.version, after.revision, digest, after.created_at, self._now, document)
        dates = (case.review_due_on, case.valid_until)
        self._changed.append((*identity, *facets, *state, *dates))
        return Upserted(case.id, "updated" if alive else "created", after.key, after.version, after.revision)

    def _remember(self, held: _Held) -> None:
        self._by_id[held.id] = held
        if held.external_id is not None and not held.deleted:
            self._by_source[held.source_system, held.external_id] = held


def check_version(id: str, stored: int | None, wanted: int) -> None:
    """Does the stored version (None: no such case) equal the one that a change names; 0 means "must be new"?

    Raises Conflict, CaseNotFound, VersionMismatch.
    """
    if wanted == 0:
        if stored is not None:
            raise Conflict(f"case {id} exists already (version {stored}).")
    elif stored is None:
        raise CaseNotFound(f"there is no case {id}.")
    elif stored != wanted:
        raise VersionMismatch(f"case {id} is at version {stored}, not {wanted}; read it again before changing it.")


def delete(db: Database, id: str, *, if_version: int | None, erase: bool, now: str) -> Change:
    """Turn a case into a tombstone and drop what waits for review; `erase` also removes every version and note.

    Raises CaseNotFound, VersionMismatch.
    """
    row = db.execute(
        "SELECT key, version, source_system, external_id FROM cases WHERE id = ? AND NOT deleted", (id,)
    ).fetchone()
    if row is None:
        raise CaseNotFound(f"there is no case {id}.")
    key, version, *source = row
    if if_version is not None:
        check_version(id, version, if_version)
    revision = last_revision(db) + 1
    db.conn.execute(
        """UPDATE cases SET deleted = 1, revision = ?, updated_at = ?, content_hash = '', document = '',
                            language = '', product = '', external_id = NULL WHERE key = ?""",
        (revision, now, key),
    )
    db.conn.execute("DELETE FROM reviews WHERE key = ?", (key,))
    if erase:
        db.conn.execute("DELETE FROM case_versions WHERE key = ?", (key,))
        db.conn.execute("DELETE FROM review_steps WHERE key = ?", (key,))
        db.conn.execute("UPDATE imports SET document = '' WHERE source_system = ? AND external_id = ?", source)
    return Change(revision=revision, key=key, deleted=True)


def last_revision(db: Database) -> int:
    """Revision of the last accepted change, 0 for a new library."""
    return int(db.conn.execute(LAST_REVISION).fetchone()[0])


LAST_REVISION = "SELECT coalesce(max(revision), 0) FROM cases"
STORED_BY_KEYS = f"""
    SELECT {STORED_COLUMNS} FROM json_each(?) wanted CROSS JOIN cases c ON c.key = wanted.value {WITH_REUSE}
    WHERE NOT c.deleted
"""  # noqa: S608  only constants of this module
KEYS_BY_IDS = """
    SELECT DISTINCT c.key FROM json_each(?) wanted CROSS JOIN cases c ON c.id = wanted.value
    WHERE NOT c.deleted ORDER BY c.key
"""
STORED_BY_ID = f"SELECT {STORED_COLUMNS} FROM cases c {WITH_REUSE} WHERE c.id = ? AND NOT c.deleted"  # noqa: S608
VERSIONS_BY_ID = """
    SELECT document, version, revision, content_hash, updated_at FROM cases WHERE id = :id AND NOT deleted
    UNION ALL
    SELECT v.document, v.version, v.revision, v.content_hash, v.updated_at
    FROM cases c JOIN case_versions v ON v.key = c.key WHERE c.id = :id AND NOT c.deleted
    ORDER BY version
"""
CHANGES_SINCE = "SELECT revision, key, deleted FROM cases WHERE revision > ? ORDER BY revision LIMIT ?"
COUNT_BY_STATUS = "SELECT status, count(*) FROM cases WHERE NOT deleted GROUP BY status"


def listing(which: CaseFilter, *, newest_first: bool) -> tuple[str, dict[str, Any]]:
    """A SELECT of stored cases after a cursor, `:key` (and `:updated_at` for newest first), at most `:limit` rows."""
    clauses = {
        "c.status IN (SELECT value FROM json_each(:statuses))": which.statuses,
        "c.language IN (SELECT value FROM json_each(:languages))": which.languages,
        "c.product IN (SELECT value FROM json_each(:products))": which.products,
        "c.source_system IN (SELECT value FROM json_each(:source_systems))": which.source_systems,
        "c.updated_at >= :updated_since": which.updated_since,
        "c.updated_at < :updated_before": which.updated_before,
    }
    where_readable, who = _readable(which.readable_by)
    cursor = "(c.updated_at, c.key) < (:updated_at, :key)" if newest_first else "c.key > :key"
    order = "c.updated_at DESC, c.key DESC" if newest_first else "c.key"
    given = [clause for clause, value in clauses.items() if value]
    where = " AND ".join(["NOT c.deleted", cursor, *given, *where_readable])
    sql = f"SELECT {STORED_COLUMNS} FROM cases c {WITH_REUSE} WHERE {where} ORDER BY {order} LIMIT :limit"  # noqa: S608
    parameters: dict[str, Any] = {
        "statuses": json.dumps([str(status) for status in which.statuses]),
        "languages": json.dumps(which.languages),
        "products": json.dumps(which.products),
        "source_systems": json.dumps(which.source_systems),
        "updated_since": which.updated_since,
        "updated_before": which.updated_before,
    }
    return sql, parameters | who


def _readable(actor: Actor | None) -> tuple[list[str], dict[str, Any]]:
    """Clauses and their parameters for what an actor may see."""
    clauses: list[str] = []
    if actor is None:
        return clauses, {}
    if ALL_GROUPS not in actor.audience:
        clauses.append(
            # An empty audience is not written at all; see `encode_case`.
            """(json_extract(c.document, '$.audience') IS NULL
                OR EXISTS (SELECT 1 FROM json_each(c.document, '$.audience') a
                           WHERE a.value IN (SELECT value FROM json_each(:groups))))"""
        )
    if actor.role < Role.REVIEWER:
        own = "json_extract(c.document, '$.created_by') = :reader" if actor.role >= Role.CONTRIBUTOR else "0"
        clauses.append(f"(c.status NOT IN ('draft', 'in_review') OR {own})")
    return clauses, {"groups": json.dumps(actor.audience), "reader": actor.id}


def stored_case(row: tuple[Any, ...], decode: Callable[[bytes], Case] = decode_case) -> StoredCase:
    """The case in a row of the columns above."""
    key, version, revision, digest, created_at, updated_at, document, shown, *rest = row
    reuse = _NO_REUSE if shown is None else Reuse(shown, *rest)
    return StoredCase(decode(document), key, version, revision, digest, created_at, updated_at, reuse)


decode_often = lru_cache(maxsize=_DECODED)(decode_case)
"""For the cases that searches load again and again: one document is always one case, and a case never changes."""


def version(row: tuple[Any, ...]) -> Version:
    """The version in a row of VERSIONS_BY_ID."""
    document, number, revision, digest, updated_at = row
    return Version(decode_case(document), number, revision, digest, updated_at)


def _read_held(db: Database, cases: Iterable[Case]) -> list[_Held]:
    ids, sources = [], []
    for case in cases:
        ids.append(case.id)
        if case.source.external_id:
            sources.append((case.source.system, case.source.external_id))
    by_id = f"SELECT {_HELD} FROM json_each(?) wanted CROSS JOIN cases c ON c.id = wanted.value"  # noqa: S608
    by_source = f"""
        SELECT {_HELD} FROM json_each(?) wanted CROSS JOIN cases c
            ON c.source_system = json_extract(wanted.value, '$[0]')
            AND c.external_id = json_extract(wanted.value, '$[1]')
            AND c.external_id IS NOT NULL AND NOT c.deleted
        """  # noqa: S608
    # Twice the same case in both lists is the same row, remembered twice.
    rows = db.conn.execute(by_id, (json.dumps(ids),)).fetchall()
    rows += db.conn.execute(by_source, (json.dumps(sources),)).fetchall()
    return [_Held(*row) for row in rows]


def _last_key(db: Database) -> int:
    # Not max(key): the sequence remembers keys whose rows are gone, and a key is never used twice.
    row = db.conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'cases'").fetchone()
    return int(row[0]) if row else 0
