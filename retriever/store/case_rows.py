"""Cases in SQL: the statements that read them, what a row means, and deleting inside the caller's transaction."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from retriever.case.access import VISIBILITY, groups_of
from retriever.case.facets import facet_value
from retriever.case.format import decode_case
from retriever.case.identity import check_version
from retriever.domain import Actor, Case, Change, Reuse, Status, StoredCase
from retriever.errors import CaseNotFound
from retriever.store.reports import OPEN_REPORTS

STORED_COLUMNS = f"""
    c.key, c.version, c.revision, c.content_hash, c.created_at, c.updated_at, c.document,
    r.shown, r.opened, r.copied, r.linked, r.solved, r.last_solved_at, {OPEN_REPORTS}"""
AFTER_ALL = ("~", 0)
"""A cursor behind every time stamp, since these begin with a digit."""
WITH_REUSE = "LEFT JOIN reuse r ON r.key = c.key"
_DECODED = 1_024  # some megabytes


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
class CaseVersion:
    """One version of a case, as it was."""

    case: Case
    version: int
    revision: int
    content_hash: str
    updated_at: str


def delete(db: Database, id: str, *, if_version: int | None, now: str) -> Change:
    """Turn a case into a tombstone and drop what waits for review; its versions stay. See `erasures` for the rest.

    Raises CaseNotFound, VersionMismatch.
    """
    row = db.execute("SELECT key, version FROM cases WHERE id = ? AND NOT deleted", (id,)).fetchone()
    if row is None:
        raise CaseNotFound(f"there is no case {id}.")
    key, version = row
    if if_version is not None:
        check_version(id, version, if_version)
    revision = last_revision(db) + 1
    db.conn.execute(
        """UPDATE cases SET deleted = 1, revision = ?, updated_at = ?, content_hash = '', document = '',
                            language = '', product = '', external_id = NULL WHERE key = ?""",
        (revision, now, key),
    )
    db.conn.execute("DELETE FROM reviews WHERE key = ?", (key,))
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
    -- Each system once, one step of the index for each: `SELECT DISTINCT` would read every case.
    WITH RECURSIVE systems (name) AS (
        SELECT min(source_system) FROM cases WHERE external_id IS NOT NULL AND NOT deleted
        UNION ALL
        SELECT (SELECT min(source_system) FROM cases
                WHERE external_id IS NOT NULL AND NOT deleted AND source_system > systems.name)
        FROM systems WHERE systems.name IS NOT NULL
    ), wanted AS (SELECT DISTINCT value AS name FROM json_each(?)
    ), exact AS (
        SELECT wanted.name, c.key FROM wanted CROSS JOIN cases c ON c.id = wanted.name WHERE NOT c.deleted
    ), others AS (SELECT name FROM wanted WHERE name NOT IN (SELECT name FROM exact))
    SELECT key FROM exact
    UNION SELECT c.key FROM others CROSS JOIN systems CROSS JOIN cases c ON c.id = systems.name || ':' || others.name
          WHERE NOT c.deleted
    UNION SELECT c.key FROM others CROSS JOIN systems
          CROSS JOIN cases c ON c.source_system = systems.name AND c.external_id = others.name
          WHERE c.external_id IS NOT NULL AND NOT c.deleted
    UNION SELECT c.key FROM others
          CROSS JOIN cases c ON c.source_system = substr(others.name, 1, instr(others.name, ':') - 1)
                            AND c.external_id = substr(others.name, instr(others.name, ':') + 1)
          WHERE c.external_id IS NOT NULL AND NOT c.deleted
    UNION SELECT l.key FROM others CROSS JOIN case_links l ON l.external_id = others.name
          JOIN cases c ON c.key = l.key AND NOT c.deleted
    UNION SELECT l.key FROM others
          CROSS JOIN case_links l ON l.source_system = substr(others.name, 1, instr(others.name, ':') - 1)
                                 AND l.external_id = substr(others.name, instr(others.name, ':') + 1)
          JOIN cases c ON c.key = l.key AND NOT c.deleted
    ORDER BY key
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
        # A language is found with every script it is written in.
        "EXISTS (SELECT 1 FROM json_each(:languages) w WHERE instr(c.language || '-', w.value || '-') = 1)": (
            which.languages
        ),
        "facet_value(c.product) IN (SELECT value FROM json_each(:products))": which.products,
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
        "products": json.dumps(list(map(facet_value, which.products))),
        "source_systems": json.dumps(which.source_systems),
        "updated_since": which.updated_since,
        "updated_before": which.updated_before,
    }
    return sql, parameters | who


def _readable(actor: Actor | None) -> tuple[list[str], dict[str, Any]]:
    """Clauses and their parameters for what an actor may see: `retriever.case.access` in SQL."""
    clauses: list[str] = []
    if actor is None:
        return clauses, {}
    groups = groups_of(actor.audience)
    if groups is not None:
        clauses.append(
            # An empty audience is not written at all; see `encode_case`.
            """(json_extract(c.document, '$.audience') IS NULL
                OR EXISTS (SELECT 1 FROM json_each(c.document, '$.audience') a
                           WHERE a.value IN (SELECT value FROM json_each(:groups))))"""
        )
    for row in VISIBILITY:
        if not row.admits(actor, own=False):
            own = "json_extract(c.document, '$.created_by') = :reader" if row.admits(actor, own=True) else "0"
            states = ", ".join(f"'{status}'" for status in row.statuses)
            clauses.append(f"(c.status NOT IN ({states}) OR {own})")
    return clauses, {"groups": json.dumps(sorted(groups or ())), "reader": actor.id}


def stored_case(row: tuple[Any, ...], decode: Callable[[bytes], Case] = decode_case) -> StoredCase:
    """The case in a row of the columns above."""
    key, version, revision, digest, created_at, updated_at, document, shown, *rest = row
    reuse = Reuse(0, 0, 0, 0, 0, "", *rest[5:]) if shown is None else Reuse(shown, *rest)
    return StoredCase(decode(document), key, version, revision, digest, created_at, updated_at, reuse)


decode_often = lru_cache(maxsize=_DECODED)(decode_case)
"""For the cases that searches load again and again: one document is always one case, and a case never changes."""


def version(row: tuple[Any, ...]) -> CaseVersion:
    """The version in a row of VERSIONS_BY_ID."""
    document, number, revision, digest, updated_at = row
    return CaseVersion(decode_case(document), number, revision, digest, updated_at)
