"""Deleted cases that were not erased: their last version is kept, and can be brought back."""

from typing import Any

from sqlite_utils import Database

from retriever.domain import StoredCase
from retriever.store.case_rows import AFTER_ALL, WITH_REUSE, stored_case
from retriever.store.sqlite import Connections

_COLUMNS = """
    c.key, v.version, c.revision, v.content_hash, c.created_at, c.updated_at, v.document,
    r.shown, r.opened, r.copied, r.linked, r.solved, r.last_solved_at"""
_DELETED = f"""
    SELECT {_COLUMNS} FROM cases c JOIN case_versions v ON v.key = c.key AND v.version = c.version {WITH_REUSE}
    WHERE c.deleted
"""  # noqa: S608  only constants of this module
_PAGE = (
    f"{_DELETED} AND (c.updated_at, c.key) < (:updated_at, :key) ORDER BY c.updated_at DESC, c.key DESC LIMIT :limit"
)
_BY_ID = f"{_DELETED} AND c.id = ?"
_BY_NAME = f"{_DELETED} AND (c.id LIKE :id ESCAPE '\\' OR c.id LIKE '%:' || :id ESCAPE '\\') ORDER BY c.key LIMIT 2"


class DeletedTable:
    """What was taken out of the library, each as it was last; `updated_at` is when that happened."""

    def __init__(self, connections: Connections) -> None:
        """Work on this library's connections."""
        self._connections = connections

    def page(self, *, before: tuple[str, int] | None = None, limit: int = 50) -> list[StoredCase]:
        """One page, last deleted first; `before` is (updated_at, key) of the last one of the page before."""
        updated_at, key = before or AFTER_ALL
        rows = self._connections.rows(_PAGE, {"updated_at": updated_at, "key": key, "limit": limit})
        return [stored_case(row) for row in rows]

    def find(self, id: str) -> StoredCase | None:
        """The deleted case with this id, None when there is none or it was erased."""
        rows = self._connections.rows(_BY_ID, (id,))
        return stored_case(rows[0]) if rows else None

    def named(self, name: str) -> list[StoredCase]:
        """The deleted cases that are called so, by id or by what their own system calls them; two at most."""
        escaped = "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in name)
        return [stored_case(row) for row in self._connections.rows(_BY_NAME, {"id": escaped})]


def find_deleted(db: Database, id: str) -> StoredCase | None:
    """The same inside the caller's transaction, such as a step of the lifecycle."""
    row: tuple[Any, ...] | None = db.conn.execute(_BY_ID, (id,)).fetchone()
    return stored_case(row) if row else None
