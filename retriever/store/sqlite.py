"""Connections to one SQLite file: version gate, pragmas, one transaction helper for every write, errors in our words.

SQLite 3.7.0 to 3.51.2 (except 3.50.7 and later 3.50.x, 3.44.6 and later 3.44.x) can corrupt a database in WAL mode when
two connections write or checkpoint at the same moment. On those versions the rollback journal is used: readers then
wait for the few milliseconds of each commit, and nothing else changes.
"""

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from sqlite_utils import Database
from sqlite_utils.db import sqlite3  # type: ignore[attr-defined]  # the engine that sqlite-utils chose

from retriever.case.facets import facet_value
from retriever.errors import Locked, SimilarCasesError, StoreDamaged, Unavailable

Journal: TypeAlias = Literal["auto", "wal", "truncate"]
EngineVersion: TypeAlias = tuple[int, ...]
_T = TypeVar("_T")

MINIMUM_VERSION: EngineVersion = (3, 35, 0)
BUSY_SECONDS = 5.0
"""How long a statement waits for another process's lock before it gives up with Locked."""

_POLL_SECONDS = 0.002
_GAP_SECONDS = 0.02
"""Most that a writer pauses between two commits, ten polls: about what a crowded machine makes of one."""
_LOCKED_CODES = frozenset((5, 6))  # SQLITE_BUSY, SQLITE_LOCKED
_DAMAGED_CODES = frozenset((11, 26))  # SQLITE_CORRUPT, SQLITE_NOTADB


def engine_version() -> EngineVersion:
    """Version of the SQLite in use, which need not be the standard library's: sqlite-utils prefers `pysqlite3`."""
    return tuple(int(part) for part in sqlite3.sqlite_version.split("."))


def has_wal_reset_bug(version: EngineVersion) -> bool:
    """May WAL mode corrupt a database under this SQLite version?"""
    if version[:2] == (3, 50):
        return version < (3, 50, 7)
    if version[:2] == (3, 44):
        return version < (3, 44, 6)
    return (3, 7, 0) <= version <= (3, 51, 2)


def safe_journal(version: EngineVersion) -> Literal["wal", "truncate"]:
    """The fastest journal mode that is safe under this SQLite version."""
    return "truncate" if has_wal_reset_bug(version) else "wal"


class Follower(Protocol):
    """Somebody who is told of every connection and transaction; calls come under the lock of the writers."""

    def connected(self, database: Database) -> None:
        """A connection was opened, by any thread."""
        ...

    def begun(self) -> None:
        """A transaction has the write lock."""
        ...

    def committed(self) -> None:
        """The transaction is on disk; must not raise."""
        ...


class FilePlace:
    """A file as it was found at its path: SQLite goes on with one that was deleted or replaced, and loses what it
    writes into it."""

    def __init__(self, path: Path) -> None:
        """Remember which file it is. Raises OSError without one."""
        self._path = path
        self._identity = self._find()

    def check(self, *, writable: bool) -> None:
        """Is it still there, the same, and open to us? Costs microseconds. Raises Unavailable."""
        name = self._path.name
        try:
            same = self._find() == self._identity
        except OSError as error:
            raise Unavailable(
                f"{name} is gone or cannot be reached ({error.strerror}): put it back and restart the server."
            ) from error
        if not same:
            raise Unavailable(f"another file is in the place of {name} now: restart the server to use it.")
        if not os.access(self._path, os.R_OK | (os.W_OK if writable else 0)):
            raise Unavailable(f"{name} may not be read and written any more: give its rights back.")

    def _find(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_dev, found.st_ino


class Connections:
    """One connection per thread to one database file. Safe to use from many threads and processes."""

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        journal: Journal = "auto",
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        busy_seconds: float = BUSY_SECONDS,
        follower: Follower | None = None,
    ) -> None:
        """Open the file, making it (and its folder) unless `read_only`. Raises Unavailable, Locked, StoreDamaged."""
        self._follower = follower
        self.path = path
        self.read_only = read_only
        self._journal = safe_journal(engine_version()) if journal == "auto" else journal
        self._synchronous = synchronous
        self._busy_seconds = busy_seconds
        self._writing = threading.Lock()
        self._of_thread = threading.local()
        self._all: weakref.WeakSet[Database] = weakref.WeakSet()
        self._all_guard = threading.Lock()
        self._next_write_at = 0.0
        self._closed = False
        if engine_version() < MINIMUM_VERSION:
            raise Unavailable(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 or newer is needed.")
        self._prepare_file()
        self._place = FilePlace(path)
        self.reading()

    def reading(self) -> Database:
        """This thread's connection, for reads; inside `writing` it is the one that writes."""
        database: Database | None = getattr(self._of_thread, "database", None)
        # A connection must not be used, nor closed, in a forked child: file locks do not travel.
        if database is None or self._of_thread.process != os.getpid():
            if self._closed:
                raise Unavailable(f"{self.path.name} is closed.")
            database = self._connect()
            self._of_thread.database, self._of_thread.process = database, os.getpid()
        return database

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """One transaction that holds the write lock from its first statement; commits at the end, or changes nothing.

        Raises Locked when another writer holds the lock for longer than the busy time.
        """
        if self.read_only:
            raise Unavailable(f"{self.path.name} was opened for reading only.")
        database = self.reading()
        # Threads queue here, in memory; only processes meet at SQLite's lock, which is polled.
        if not self._writing.acquire(timeout=self._busy_seconds):
            raise Locked(
                f"another thread has been writing to {self.path.name} for {self._busy_seconds:g} s; try again."
            )
        try:
            self.check_in_place()
            with translated(self.path):
                # Not sqlite-utils' atomic(): that begins deferred, and a read lock cannot wait to become a write lock.
                time.sleep(max(0.0, self._next_write_at - time.monotonic()))
                self._patiently(lambda: database.conn.execute("BEGIN IMMEDIATE"))
                try:
                    if self._follower is not None:
                        self._follower.begun()
                    yield database
                    # A commit that readers hold up can be asked for again; it lets no new readers in meanwhile.
                    started = time.monotonic()
                    self._patiently(lambda: database.conn.execute("COMMIT"))
                    # Whoever has just released the lock would win it again every time: leave a gap for the others.
                    self._next_write_at = time.monotonic() + min(_GAP_SECONDS, (time.monotonic() - started) / 2)
                    if self._follower is not None:
                        self._follower.committed()
                finally:
                    database.rollback()  # nothing to do after a commit
        finally:
            self._writing.release()

    def check_in_place(self) -> None:
        """Is the file that was opened still the one at its path? Raises Unavailable."""
        self._place.check(writable=not self.read_only)

    def rows(self, sql: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> list[Any]:
        """All rows of one SELECT, read at once: an unfinished SELECT would hold a lock against writers."""
        return self.read(lambda database: list(database.execute(sql, parameters).fetchall()))

    def read(self, work: Callable[[Database], _T]) -> _T:
        """What `work` reads; it is done again when a writer was in the way. Raises Locked after the busy time."""
        with translated(self.path):
            database = self.reading()
            return self._patiently(lambda: work(database))

    def give_back_free_pages(self) -> None:
        """Shrink the file by what deleting has left empty."""
        with self._writing, translated(self.path):
            # A script, because execute() takes one step of this pragma, which frees a single page.
            database = self.reading()
            self._patiently(lambda: database.conn.executescript("PRAGMA incremental_vacuum"))

    def backup_to(self, path: Path) -> None:
        """Copy the database as of one moment into a new file. Raises Unavailable if that exists."""
        if path.exists():
            raise Unavailable(f"{path} exists already; a backup never overwrites.")
        with translated(path), closing(sqlite3.connect(path)) as target:
            self.reading().conn.backup(target)

    def close(self) -> None:
        """Close the connections of all threads. No other thread may be using the store any more."""
        self._closed = True
        with self._all_guard:
            for database in list(self._all):
                database.close()
        self._of_thread = threading.local()

    def _patiently(self, work: Callable[[], _T]) -> _T:
        """Do `work`, again and again while another process holds the lock, for as long as the busy time.

        SQLite could wait by itself, but soon asks ten times a second only. With a rollback journal on a slow disk
        commits leave gaps of a few milliseconds, and readers that ask so rarely starve behind busy writers.
        """
        give_up = time.monotonic() + self._busy_seconds
        while True:
            try:
                return work()
            except sqlite3.OperationalError as error:
                if not _is_locked(error) or time.monotonic() > give_up:
                    raise
            time.sleep(_POLL_SECONDS)

    def _prepare_file(self) -> None:
        if self.path.exists():
            return
        if self.read_only:
            raise Unavailable(f"there is no library at {self.path}; `similar-cases ingest` makes one.")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Customers' texts: readable by their owner alone. SQLite gives its journal the same mode.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))

    def _connect(self) -> Database:
        with translated(self.path):
            # Not mode=ro even for readers: only one who may write can undo what a killed writer left half done.
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=0,  # waiting is done in _patiently
                isolation_level=None,
                check_same_thread=False,
            )
            # Lists compare names as questions do.
            connection.create_function("facet_value", 1, facet_value, deterministic=True)
            database = Database(connection, recursive_triggers=False, execute_plugins=False)
            try:
                self._set_pragmas(database)
            except (sqlite3.Error, SimilarCasesError):
                database.close()
                raise
        with self._all_guard:
            self._all.add(database)
        if self._follower is not None:
            self._follower.connected(database)
        return database

    def _set_pragmas(self, database: Database) -> None:
        # Never mmap_size: it is said to make the corruption above likelier.
        for pragma in (
            "foreign_keys=ON",
            f"synchronous={self._synchronous}",
            "temp_store=MEMORY",
            "trusted_schema=OFF",
            "cell_size_check=ON",
            "secure_delete=ON",
            "cache_size=-65536",
            # Without this a large transaction writes to the file before its commit and locks readers out all the while.
            "cache_spill=OFF",
        ):
            self._pragma(database, pragma)
        if self._pragma(database, "page_count") == 0 and not self.read_only:
            # Only now: it counts while the file is empty, and takes the write lock each time.
            self._pragma(database, "auto_vacuum=INCREMENTAL")
        self._set_journal(database)
        if self.read_only:
            self._pragma(database, "query_only=ON")

    def _set_journal(self, database: Database) -> None:
        mode = self._pragma(database, "journal_mode")
        if mode == self._journal or (self.read_only and mode != "wal"):
            return
        # Into WAL or out of it needs the file alone: a WAL database that another process uses is never switched.
        mode = self._pragma(database, f"journal_mode={self._journal}")
        if mode != self._journal:
            raise Unavailable(f"{self.path.name} cannot use the journal mode {self._journal} (it stays {mode}).")

    def _pragma(self, database: Database, pragma: str) -> Any:  # noqa: ANN401  a number, a name, or nothing
        row = self._patiently(lambda: database.conn.execute(f"PRAGMA {pragma}").fetchone())
        return row[0] if row else None


def fold_log(connections: Connections) -> None:
    """Fold the write-ahead log into the file and empty it: what was overwritten stands in it until then.

    Raises Locked while somebody reads. With a rollback journal there is nothing to do.
    """
    ((busy, *_),) = connections.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    if busy:
        raise Locked(f"another process reads {connections.path.name}, so its log cannot be emptied now; try again.")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours: Locked, StoreDamaged, or Unavailable for a disk that is full or fails."""
    try:
        yield
    except sqlite3.Error as error:
        if _is_locked(error):
            raise Locked(f"another process holds the lock of {path.name} ({error}); try again.") from error
        if _primary_code(error) in _DAMAGED_CODES:
            raise StoreDamaged(f"{path} is damaged ({error}); restore it from a backup.") from error
        if isinstance(error, sqlite3.OperationalError):
            raise Unavailable(f"{path.name} cannot be used now: {error}.") from error
        raise


def _primary_code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _is_locked(error: Exception) -> bool:
    return _primary_code(error) in _LOCKED_CODES
