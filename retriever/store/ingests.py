"""How far a file was read in. Written in the transaction of the cases it speaks of, so the two never disagree."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from retriever.store.sqlite import Connections


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """Everything of a file up to `line` (and byte `offset`, where the reader knows it) is in the store.

    A file is known by the hash of its bytes and the mapping it was read with; name, size and mtime serve to notice that
    it is the same without hashing it again. `counts` holds what the report needs, for example created and rejected.
    """

    sha256: str
    line: int
    mapping: str = ""
    name: str = ""
    size: int = 0
    mtime_ns: int = 0
    offset: int = 0
    finished: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)


_COLUMNS = "sha256, line, mapping, name, size, mtime_ns, offset, finished, counts"
_PROGRESS = f"SELECT {_COLUMNS} FROM ingests WHERE sha256 = ? AND mapping = ?"  # noqa: S608  constants
_ALL_PROGRESS = f"SELECT {_COLUMNS} FROM ingests ORDER BY updated_at DESC, sha256"  # noqa: S608


class IngestTable:
    """What is known of files that were read in; `cases.upsert` and `imports.write` note it with the cases."""

    def __init__(self, connections: Connections) -> None:
        """Work on this library's connections."""
        self._connections = connections

    def find(self, sha256: str, mapping: str = "") -> IngestProgress | None:
        """How far a file was read in with this mapping, None when it never was."""
        rows = self._connections.rows(_PROGRESS, (sha256, mapping))
        return _ingest_progress(rows[0]) if rows else None

    def all(self) -> list[IngestProgress]:
        """All files known, the last one first."""
        return [_ingest_progress(row) for row in self._connections.rows(_ALL_PROGRESS)]


def save_progress(db: Database, progress: IngestProgress, now: str) -> None:
    """Write how far a file was read, over what was known of it."""
    db.conn.execute(
        f"INSERT OR REPLACE INTO ingests ({_COLUMNS}, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            *(progress.sha256, progress.line, progress.mapping, progress.name, progress.size, progress.mtime_ns),
            *(progress.offset, progress.finished, json.dumps(dict(progress.counts)), now),
        ),
    )


def _ingest_progress(row: tuple[Any, ...]) -> IngestProgress:
    """The progress in a row of the columns above."""
    sha256, line, mapping, name, size, mtime_ns, offset, finished, counts = row
    return IngestProgress(sha256, line, mapping, name, size, mtime_ns, offset, bool(finished), json.loads(counts))
