"""The file itself: version gate, pragmas, locks, schema versions, damage, backups."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from sqlite_utils import Database

from retriever.errors import Locked, StoreDamaged, Unavailable
from retriever.store import Store, open_store
from retriever.store.migrations import LIBRARY
from retriever.store.schema import APPLICATION_ID, schema_version
from retriever.store.sqlite import Connections, engine_version, has_wal_reset_bug, safe_journal
from tests.support.builders import a_case


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 54, 1), False),
        ((4, 0, 0), False),
    ],
)
def test_wal_is_used_only_where_it_is_safe(version: tuple[int, ...], affected: bool) -> None:
    """The gate knows both ends of every affected range."""
    assert has_wal_reset_bug(version) is affected
    assert safe_journal(version) == ("truncate" if affected else "wal")


@pytest.mark.parametrize("journal", ["wal", "truncate"])
def test_pragmas_hold_on_every_connection(tmp_path: Path, journal: str) -> None:
    """Durable commits, foreign keys and no memory mapping, on this thread's connection and on another's."""
    connections = Connections(tmp_path / "x.sqlite3", journal=journal)  # type: ignore[arg-type]
    seen: list[dict[str, object]] = []

    def read() -> None:
        names = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "mmap_size")
        seen.append({name: (connections.rows(f"PRAGMA {name}") or [(None,)])[0][0] for name in names})

    read()
    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    connections.close()
    wanted = {"journal_mode": journal, "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
    assert all({**each, "mmap_size": None} == {**wanted, "mmap_size": None} for each in seen)
    assert all(each["mmap_size"] in (0, None) for each in seen)
    assert len(seen) == 2


def test_this_engine_uses_the_journal_it_should(store: Store) -> None:
    """An opened library is in the journal mode that is safe for the SQLite in use."""
    plain = sqlite3.connect(store.path)
    (mode,) = plain.execute("PRAGMA journal_mode").fetchone()
    plain.close()
    assert (mode == "wal") is (safe_journal(engine_version()) == "wal")


def test_a_wal_database_is_converted_when_nobody_uses_it_and_never_under_another(tmp_path: Path) -> None:
    """Coming from a newer SQLite: refused while the file is open elsewhere, converted with all its rows after."""
    path = tmp_path / "x.sqlite3"
    newer = Connections(path, journal="wal")
    with newer.writing() as db:
        db.execute("CREATE TABLE t (x)")
        db.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(Locked):
        Connections(path, journal="truncate", busy_seconds=0.1)
    newer.close()
    older = Connections(path, journal="truncate")
    assert older.rows("SELECT x FROM t") == [(1,)]
    assert older.rows("PRAGMA journal_mode") == [("truncate",)]
    older.close()


def test_a_writer_that_waits_too_long_says_so(tmp_path: Path) -> None:
    """Locked is raised for another process's lock and for another thread's, and afterwards writing works."""
    one = Connections(tmp_path / "x.sqlite3", busy_seconds=0.1)
    two = Connections(tmp_path / "x.sqlite3", busy_seconds=0.1)
    caught: list[Locked] = []

    def write_beside() -> None:
        try:
            with one.writing():
                pass
        except Locked as error:
            caught.append(error)

    with one.writing():
        with pytest.raises(Locked, match="another process"), two.writing():
            pass
        thread = threading.Thread(target=write_beside)
        thread.start()
        thread.join()
    assert "another thread" in str(caught[0])
    with two.writing() as db:
        db.execute("CREATE TABLE t (x)")
    one.close()
    two.close()


def test_a_failed_transaction_changes_nothing(tmp_path: Path) -> None:
    """An exception inside `writing` takes everything back and frees the lock."""
    connections = Connections(tmp_path / "x.sqlite3")
    with pytest.raises(ZeroDivisionError), connections.writing() as db:
        db.execute("CREATE TABLE t (x)")
        raise ZeroDivisionError
    assert connections.rows("SELECT count(*) FROM sqlite_master") == [(0,)]
    with connections.writing() as db:
        db.execute("CREATE TABLE t (x)")
    connections.close()


def test_readers_go_on_during_a_long_write(store: Store) -> None:
    """Until its commit a transaction larger than the page cache blocks nobody who reads."""
    store.cases.upsert([a_case("a")])
    with open_store(store.path) as other, pytest.raises(ZeroDivisionError), store._connections.writing() as db:
        db.execute("CREATE TABLE big AS SELECT zeroblob(80000000) AS x")
        assert other.cases.get("a").version == 1
        raise ZeroDivisionError  # not committed: that would only wait for the disk


def test_a_library_of_a_newer_program_is_refused(store: Store) -> None:
    """The message names both schemas; the file stays as it was."""
    ours = schema_version(LIBRARY)
    Database(store.path).execute(f"PRAGMA user_version={ours + 1}").connection.close()
    with pytest.raises(StoreDamaged, match=f"schema {ours + 1}.*schema {ours}"):
        open_store(store.path)


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    """An SQLite file of something else is not taken over, nor is a file that is no database."""
    other = sqlite3.connect(tmp_path / "other.sqlite3")
    other.execute("CREATE TABLE cases (x)")
    other.close()
    with pytest.raises(StoreDamaged, match="no case library"):
        open_store(tmp_path / "other.sqlite3")
    (tmp_path / "noise.sqlite3").write_bytes(b"noise" * 1_000)
    with pytest.raises(StoreDamaged, match="damaged"):
        open_store(tmp_path / "noise.sqlite3")


def test_migrating_twice_or_half_way_ends_at_the_same_schema(tmp_path: Path) -> None:
    """A library of the first release is brought up to date, with its cases, and opening again does nothing."""
    path = tmp_path / "library.sqlite3"
    with Database(path) as old:
        LIBRARY.apply(old, stop_before="0002_events")
        old.execute(f"PRAGMA application_id={APPLICATION_ID}")
        old.execute("PRAGMA user_version=1")
    with pytest.raises(Unavailable, match="older schema"):
        open_store(path, read_only=True)
    for _ in range(2):
        with open_store(path) as store:
            tables = {name for (name,) in store._connections.rows("SELECT name FROM sqlite_master WHERE type='table'")}
            assert {"cases", "case_versions", "reuse", "queries", "events", "ingests"} <= tables
            assert store._connections.rows("PRAGMA user_version") == [(schema_version(LIBRARY),)]


def test_many_processes_may_make_the_library_at_once(tmp_path: Path) -> None:
    """Threads with stores of their own, opening a new library together, all succeed."""
    opened: list[int] = []

    def open_one(number: int) -> None:
        with open_store(tmp_path / "library.sqlite3") as store:
            store.cases.upsert([a_case(f"c{number}")])
            opened.append(number)

    threads = [threading.Thread(target=open_one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == list(range(6))
    with open_store(tmp_path / "library.sqlite3", read_only=True) as store:
        assert store.cases.revision() == 6


def test_read_only_means_it(tmp_path: Path) -> None:
    """A read-only store makes no file, refuses writes, and reads what writers commit meanwhile."""
    path = tmp_path / "library.sqlite3"
    with pytest.raises(Unavailable, match="no library"):
        open_store(path, read_only=True)
    assert list(tmp_path.iterdir()) == []
    with open_store(path) as writer, open_store(path, read_only=True) as reader:
        writer.cases.upsert([a_case("a")])
        assert reader.cases.get("a").version == 1
        with pytest.raises(Unavailable, match="reading only"):
            reader.cases.upsert([a_case("b")])
        with pytest.raises(Unavailable):
            reader._connections.rows("DELETE FROM cases")


def test_the_file_is_for_its_owner_alone(store: Store) -> None:
    """Customers' texts are not readable by other users of the machine."""
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_backup_is_a_whole_library(store: Store, tmp_path: Path) -> None:
    """The copy opens, holds the same cases, passes its check; an existing file is never overwritten."""
    store.cases.upsert([a_case(f"c{number}") for number in range(50)])
    store.backup_to(tmp_path / "copy.sqlite3")
    with open_store(tmp_path / "copy.sqlite3") as copy:
        assert list(copy.cases.iter()) == list(store.cases.iter())
        assert copy.check() == []
    with pytest.raises(Unavailable, match="never overwrites"):
        store.backup_to(tmp_path / "copy.sqlite3")


def test_damaged_pages_are_found(store: Store) -> None:
    """Overwritten pages turn up in `check` or stop the reading as StoreDamaged; never silently."""
    store.cases.upsert([a_case(f"c{number}", problem="text " * 200) for number in range(200)])
    assert store.check() == []
    with store.path.open("r+b") as file:
        for page in range(3, 60, 2):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    found: list[str] = []
    try:
        with open_store(store.path) as damaged:
            found = damaged.check()
    except StoreDamaged as error:
        found = [str(error)]
    assert found


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Using a store after closing it is Unavailable, not a crash."""
    store = open_store(tmp_path / "library.sqlite3")
    store.close()
    with pytest.raises(Unavailable, match="closed"):
        store.cases.revision()
