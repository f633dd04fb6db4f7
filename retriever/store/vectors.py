"""The vector cache: (model fingerprint, text hash) -> vector, in a file of its own.

A file of its own because it is derived: it is large, may be lost, needs no fsync and no backup, and writing to it must
never hold up those who read cases.
"""

import json
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database, Migrations

from retriever.domain import FloatMatrix
from retriever.errors import Locked, StoreDamaged
from retriever.store.schema import migrate
from retriever.store.sqlite import Connections, Journal, fold_log

VECTOR_CACHE = Migrations("vector_cache")
"""The schema of the file, as that of the library stands in `migrations`."""
_NUMBERS = np.dtype("<f4")
_CHUNK = 2_000
_DAY = 86_400


@VECTOR_CACHE(name="0001_vectors")
def vectors(db: Database) -> None:
    """Vectors by model and text; `last_used` is a day, counted from 1970."""
    db.executescript("""
        CREATE TABLE models (
            model INTEGER PRIMARY KEY,
            fingerprint TEXT NOT NULL UNIQUE,
            dim INTEGER NOT NULL,
            dtype TEXT NOT NULL
        );
        CREATE TABLE vectors (
            number INTEGER PRIMARY KEY,
            model INTEGER NOT NULL REFERENCES models (model),
            text_hash TEXT NOT NULL,
            last_used INTEGER NOT NULL,
            vector BLOB NOT NULL,
            UNIQUE (model, text_hash)
        );
        CREATE INDEX vectors_by_use ON vectors (model, last_used);
    """)


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Vectors and their bytes per model fingerprint, and the size of the file in bytes."""

    vectors: dict[str, int]
    bytes: dict[str, int]
    file_bytes: int


class VectorCache:
    """Vectors by text hash and model; a missing one costs an encoding, a wrong one cannot be: hashes name texts."""

    def __init__(self, path: Path, *, read_only: bool = False, journal: Journal = "auto") -> None:
        """Name the file. It is opened on first use: searching alone never needs it."""
        self._path, self._read_only, self._journal = path, read_only, journal
        self._opened: Connections | None = None
        self._opening = threading.Lock()

    def find(self, hashes: Sequence[str], fingerprint: str) -> tuple[FloatMatrix, NDArray[np.bool_]]:
        """Vectors of these texts, (len(hashes), dim) float32, and which were found; rows not found are zero.

        dim is 0 for a model without any vector. Those found count as used today, which `prune` goes by.
        """
        found = np.zeros(len(hashes), dtype=np.bool_)
        model = self._connections.rows("SELECT model, dim FROM models WHERE fingerprint = ?", (fingerprint,))
        if not model:
            return np.zeros((len(hashes), 0), dtype=np.float32), found
        ((number, dim),) = model
        matrix = np.zeros((len(hashes), dim), dtype=np.float32)
        today, stale = _today(), []
        for start in range(0, len(hashes), _CHUNK):
            rows = self._connections.rows(
                """SELECT wanted.key, v.vector, v.last_used, v.number FROM json_each(?) wanted
                   CROSS JOIN vectors v ON v.model = ? AND v.text_hash = wanted.value""",
                (json.dumps(hashes[start : start + _CHUNK]), number),
            )
            if rows:
                places = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows)) + start
                matrix[places] = self._decoded([row[1] for row in rows], dim)
                found[places] = True
                stale += [row[3] for row in rows if row[2] < today]
        self._mark_used(stale, today)
        return matrix, found

    def put(self, hashes: Sequence[str], fingerprint: str, matrix: FloatMatrix) -> None:
        """Keep one vector per text, in one transaction. The first call for a model fixes its dim.

        Raises ValueError when shapes disagree: with `hashes`, or with the vectors already kept for this model.
        """
        if matrix.ndim != 2 or len(matrix) != len(hashes):
            raise ValueError(f"{len(hashes)} hashes, but vectors of shape {matrix.shape}")
        with self._connections.writing() as db:
            db.conn.execute(
                "INSERT OR IGNORE INTO models (fingerprint, dim, dtype) VALUES (?, ?, 'float32')",
                (fingerprint, matrix.shape[1]),
            )
            number, dim = db.conn.execute(
                "SELECT model, dim FROM models WHERE fingerprint = ?", (fingerprint,)
            ).fetchone()
            if dim != matrix.shape[1]:
                raise ValueError(f"model {fingerprint[:12]} has vectors of length {dim}, not {matrix.shape[1]}")
            rows = np.ascontiguousarray(matrix, dtype=_NUMBERS)
            today = _today()
            db.conn.executemany(
                """INSERT INTO vectors (model, text_hash, last_used, vector) VALUES (?, ?, ?, ?)
                   ON CONFLICT (model, text_hash)
                   DO UPDATE SET last_used = excluded.last_used, vector = excluded.vector""",
                ((number, text_hash, today, row.tobytes()) for text_hash, row in zip(hashes, rows, strict=True)),
            )

    def forget(self, hashes: Sequence[str]) -> int:
        """Drop the vectors of these texts, of every model; how many. Nothing of them is left in the file."""
        if not self._path.exists():
            return 0
        with self._connections.writing() as db:
            sql = "DELETE FROM vectors WHERE text_hash IN (SELECT value FROM json_each(?))"
            gone = int(db.conn.execute(sql, (json.dumps(list(hashes)),)).rowcount)
        fold_log(self._connections)
        return gone

    def prune(self, max_bytes: int, *, keep_fingerprint: str = "") -> int:
        """Drop vectors until those left are within `max_bytes`; how many were dropped.

        Other models go before `keep_fingerprint`, then those used longest ago.
        """
        sizes = self._connections.rows(
            """SELECT v.model, v.last_used, count(*), sum(length(v.vector)), m.fingerprint = ? AS kept
               FROM vectors v JOIN models m USING (model) GROUP BY v.model, v.last_used ORDER BY kept, v.last_used""",
            (keep_fingerprint,),
        )
        excess = sum(size for _, _, _, size, _ in sizes) - max_bytes
        dropped = 0
        for model, day, count, size, _ in sizes:
            if excess <= 0:
                break
            doomed = min(count, -(-excess * count // size))
            with self._connections.writing() as db:
                db.conn.execute(
                    """DELETE FROM vectors WHERE number IN
                       (SELECT number FROM vectors WHERE model = ? AND last_used = ? ORDER BY number LIMIT ?)""",
                    (model, day, doomed),
                )
            dropped += doomed
            excess -= doomed * size // count
        if dropped:
            with self._connections.writing() as db:
                db.conn.execute("DELETE FROM models WHERE model NOT IN (SELECT model FROM vectors)")
            self._connections.give_back_free_pages()
        return dropped

    def stats(self) -> CacheStats:
        """How much is kept, per model."""
        rows = self._connections.rows(
            """SELECT m.fingerprint, count(*), sum(length(v.vector))
               FROM vectors v JOIN models m USING (model) GROUP BY m.fingerprint"""
        )
        return CacheStats(
            vectors={fingerprint: count for fingerprint, count, _ in rows},
            bytes={fingerprint: size for fingerprint, _, size in rows},
            file_bytes=self._path.stat().st_size,
        )

    def close(self) -> None:
        """Close the file, if it was opened."""
        if self._opened is not None:
            self._opened.close()

    @property
    def _connections(self) -> Connections:
        """A file that is no usable cache is replaced by an empty one, unless `read_only`. Raises StoreDamaged."""
        with self._opening:
            if self._opened is None:
                self._opened = _open_or_replace(self._path, self._read_only, self._journal)
            return self._opened

    def _decoded(self, blobs: list[bytes], dim: int) -> FloatMatrix:
        width = _NUMBERS.itemsize * dim
        if any(len(blob) != width for blob in blobs):
            raise StoreDamaged(f"{self._path} holds vectors of a wrong length; delete this file, it is a cache.")
        return np.frombuffer(b"".join(blobs), dtype=_NUMBERS).reshape(-1, dim).astype(np.float32)

    def _mark_used(self, numbers: list[int], today: int) -> None:
        """At most one write per vector and day; left for the next time when somebody else is writing."""
        if self._read_only:
            return
        with suppress(Locked):
            for start in range(0, len(numbers), _CHUNK):
                with self._connections.writing() as db:
                    db.conn.execute(
                        "UPDATE vectors SET last_used = ? WHERE number IN (SELECT value FROM json_each(?))",
                        (today, json.dumps(numbers[start : start + _CHUNK])),
                    )


def _open_or_replace(path: Path, read_only: bool, journal: Journal) -> Connections:
    try:
        return _open(path, read_only, journal)
    except StoreDamaged:
        if read_only:
            raise
        for suffix in ("", "-journal", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _open(path, read_only, journal)


def _open(path: Path, read_only: bool, journal: Journal) -> Connections:
    connections = Connections(path, read_only=read_only, journal=journal, synchronous="NORMAL")
    try:
        migrate(connections, VECTOR_CACHE)
    except BaseException:
        connections.close()
        raise
    return connections


def _today() -> int:
    return int(time.time()) // _DAY
