"""The audit log: what is recorded, with what, and what verifying says of every way to tamper with it."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from retriever.domain import Actor, Role
from retriever.errors import CaseNotFound, StoreDamaged
from retriever.store import Store, open_store, record
from retriever.store.audit_chain import AuditFiles, Head, parse_head
from tests.support.builders import make_case

ANNA = Actor("anna", Role.REVIEWER)
ENTRIES = 12


def write_some(store: Store, count: int = ENTRIES) -> None:
    """One entry per case."""
    for number in range(count):
        store.cases.upsert([make_case(f"c{number}")], actor=ANNA)


@contextmanager
def behind_the_back(store: Store) -> Iterator[sqlite3.Connection]:
    """Another program on the same file, without the triggers that keep the log as it is; it puts them back."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as db:
        triggers = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type='trigger' AND tbl_name='audit'"
        ).fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield db
        for _, sql in triggers:
            db.execute(sql)


def kinds(store: Store, *, known: Head | None = None) -> set[str]:
    """The kinds of tampering that verifying finds."""
    return {finding.kind for finding in store.audit.verify(known=known).findings}


def test_a_change_is_recorded_with_its_actor(store: Store) -> None:
    """Create, update and delete leave one entry each; what changes nothing leaves none."""
    store.cases.upsert([make_case("a")], actor=ANNA)
    store.cases.upsert([make_case("a")], actor=ANNA)
    store.cases.upsert([make_case("a", "it hums")], actor=ANNA)
    store.cases.delete("a", actor=replace(ANNA, id="ben", role=Role.ADMIN))

    entries = list(store.audit.iter_entries())
    assert [(entry.number, entry.actor, entry.role, entry.action, entry.version) for entry in entries] == [
        (1, "anna", "reviewer", "case.create", 1),
        (2, "anna", "reviewer", "case.update", 2),
        (3, "ben", "admin", "case.delete", None),
    ]


def test_a_change_that_fails_leaves_no_entry(store: Store) -> None:
    """The entry is part of the transaction: both are kept or neither."""
    with pytest.raises(CaseNotFound):
        store.cases.delete("nothing")
    with pytest.raises(ZeroDivisionError), store._connections.writing() as db:
        record(db, actor=ANNA, action="x", subject="y")
        1 / 0  # noqa: B018

    assert list(store.audit.iter_entries()) == []
    assert store.audit.verify().findings == ()


def test_an_entry_after_a_failed_one_anchors_itself_only(store: Store) -> None:
    """The anchor never says more than what was committed."""
    with pytest.raises(ZeroDivisionError), store._connections.writing() as db:
        record(db, actor=ANNA, action="x", subject="y")
        1 / 0  # noqa: B018
    with store._connections.writing():
        pass
    write_some(store, 1)

    assert store.audit.verify().entries == 1
    assert kinds(store) == set()


def test_no_text_of_a_case_is_recorded(store: Store) -> None:
    """Entries hold ids, states and numbers; a detail that is long enough for a text is refused."""
    store.cases.upsert([make_case("a", "the secret problem", title="secret", audience=["lab"])])

    (entry,) = store.audit.iter_entries()
    assert "secret" not in str(entry)
    with pytest.raises(ValueError, match="holds no texts"), store._connections.writing() as db:
        record(db, actor=ANNA, action="x", subject="y", details={"note": "x" * 201})


def test_entries_are_narrowed(store: Store) -> None:
    """Subject, actor, action and time each narrow the list."""
    write_some(store, 3)
    store.cases.delete("c1")

    def numbers(**which: str) -> list[int]:
        return [entry.number for entry in store.audit.iter_entries(**which)]  # type: ignore[arg-type]

    assert numbers(subject="c1") == [2, 4]
    assert numbers(actor="anna") == [1, 2, 3]
    assert numbers(action="case.delete") == [4]
    assert numbers(since="2999-01-01T00:00:00Z") == []


def test_the_log_cannot_be_changed_through_sql(store: Store) -> None:
    """Triggers refuse what an honest program might do by mistake."""
    write_some(store, 1)

    for sql in ("UPDATE audit SET entry = 'x'", "DELETE FROM audit"):
        with closing(sqlite3.connect(store.path)) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(sql)


def test_the_key_is_made_once_and_private(store: Store) -> None:
    """The first entry makes a key that only its owner reads; later ones keep it."""
    assert not store.audit.files.key.exists()
    write_some(store, 1)
    first = store.audit.files.key.read_bytes()
    write_some(store, 2)

    assert store.audit.files.key.read_bytes() == first
    assert len(bytes.fromhex(first.decode())) == 32
    assert store.audit.files.key.stat().st_mode & 0o777 == 0o600
    assert store.audit.files.anchor.stat().st_mode & 0o777 == 0o600


def test_a_lost_key_is_never_replaced(store: Store) -> None:
    """A log that has entries does not go on under another key: writing and verifying say which file is missing."""
    write_some(store, 1)
    store.audit.files.key.unlink()

    with open_store(store.path) as again:
        with pytest.raises(StoreDamaged, match=r"library-audit\.key"):
            again.cases.upsert([make_case("b")])
        with pytest.raises(StoreDamaged, match="missing"):
            again.audit.verify()
        assert again.cases.find("b") is None
    assert not store.audit.files.key.exists()


def test_key_and_anchor_may_lie_elsewhere(tmp_path: Path) -> None:
    """The places can be chosen; nothing is left beside the library then."""
    files = AuditFiles(tmp_path / "safe" / "key", tmp_path / "anchor")
    with open_store(tmp_path / "lib" / "library.sqlite3", audit=files) as store:
        write_some(store, 2)
        report = store.audit.verify()

    assert report.findings == ()
    assert report.entries == 2
    assert files.key.exists()
    assert files.anchor.exists()
    assert not list((tmp_path / "lib").glob("*audit*"))


def test_two_stores_on_one_file_share_one_chain(store: Store) -> None:
    """Entries of several processes follow one another."""
    with open_store(store.path) as other:
        for number in range(6):
            (store, other)[number % 2].cases.upsert([make_case(f"c{number}")])

    assert store.audit.verify().entries == 6
    assert kinds(store) == set()


def test_an_untouched_log_is_clean(store: Store) -> None:
    """No entries, some entries, and the head that was noted at any time: nothing is found."""
    assert store.audit.verify().findings == ()
    assert store.audit.verify().entries == 0
    write_some(store, 3)
    noted = parse_head(str(store.audit.head()))
    write_some(store, 9)

    assert kinds(store, known=noted) == set()
    assert store.audit.verify().head == store.audit.head()


# Each tamperer gets the database and a source of chance, and returns the kinds that must be found.


def edit_text(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """One character of one entry."""
    place = chance.randint(1, ENTRIES)
    (text,) = db.execute("SELECT entry FROM audit WHERE position = ?", (place,)).fetchone()
    at = chance.randrange(len(text))
    other = chance.choice([sign for sign in 'abc:{}",019 é' if sign != text[at]])
    db.execute("UPDATE audit SET entry = ? WHERE position = ?", (text[:at] + other + text[at + 1 :], place))
    return {"edited"}


def edit_subject(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """The column that the index is over."""
    db.execute("UPDATE audit SET subject = 'other' WHERE position = ?", (chance.randint(1, ENTRIES),))
    return {"edited"}


def edit_seal(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """One bit of one seal or link, or another type."""
    place, column = chance.randint(1, ENTRIES), chance.choice(["seal", "link"])
    (value,) = db.execute(f"SELECT {column} FROM audit WHERE position = ?", (place,)).fetchone()  # noqa: S608
    changed = bytearray(value)
    changed[chance.randrange(32)] ^= 1 << chance.randrange(8)
    value = chance.choice([bytes(changed), bytes(changed), b"", "text", 7])
    db.execute(f"UPDATE audit SET {column} = ? WHERE position = ?", (value, place))  # noqa: S608
    return {"edited"}


def delete_inside(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """Some entries before the last."""
    first = chance.randint(1, ENTRIES - 1)
    last = chance.randint(first, ENTRIES - 1)
    db.execute("DELETE FROM audit WHERE position BETWEEN ? AND ?", (first, last))
    return {"deleted"}


def delete_and_renumber(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """One entry before the last, and those behind it move up."""
    place = chance.randint(1, ENTRIES - 1)
    db.execute("DELETE FROM audit WHERE position = ?", (place,))
    for later in range(place + 1, ENTRIES + 1):
        db.execute("UPDATE audit SET position = ? WHERE position = ?", (later - 1, later))
    return {"deleted"}


def swap(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """Two entries change places, with their links or without."""
    one, two = sorted(chance.sample(range(1, ENTRIES + 1), 2))
    columns = chance.choice(["subject, entry, seal, link", "subject, entry, seal"])
    read = f"SELECT {columns} FROM audit WHERE position = ?"  # noqa: S608
    rows = [db.execute(read, (place,)).fetchone() for place in (one, two)]
    marks = ", ".join("?" * len(rows[0]))
    for place, row in ((one, rows[1]), (two, rows[0])):
        db.execute(f"UPDATE audit SET ({columns}) = ({marks}) WHERE position = ?", (*row, place))  # noqa: S608
    return {"reordered"}


def rotate(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """One entry moves to another place, and those between move up."""
    place = chance.randint(1, ENTRIES - 1)
    db.execute("UPDATE audit SET position = 0 WHERE position = ?", (place,))
    for later in range(place + 1, ENTRIES + 1):
        db.execute("UPDATE audit SET position = ? WHERE position = ?", (later - 1, later))
    db.execute("UPDATE audit SET position = ? WHERE position = 0", (ENTRIES,))
    return {"reordered"}


def truncate(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """The end is cut off."""
    db.execute("DELETE FROM audit WHERE position >= ?", (chance.randint(1, ENTRIES),))
    return {"truncated"}


def truncate_with_head(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """The end is cut off, and the head that the log had at that time is put back."""
    count = chance.randint(1, ENTRIES - 1)
    seal = HEADS[count]
    (link,) = db.execute("SELECT link FROM audit WHERE position = ?", (count,)).fetchone()
    db.execute("DELETE FROM audit WHERE position > ?", (count,))
    db.execute("UPDATE audit_head SET count = ?, link = ?, seal = ?", (count, link, seal))
    return {"truncated"}


def insert_forged(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """A new row behind the last, with seals taken from others."""
    entry, seal, link = db.execute("SELECT entry, seal, link FROM audit ORDER BY random() LIMIT 1").fetchone()
    entry = chance.choice([entry, entry.replace("anna", "eve")])
    row = (ENTRIES + 1, "c1", entry, seal, link)
    db.execute("INSERT INTO audit (position, subject, entry, seal, link) VALUES (?, ?, ?, ?, ?)", row)
    return {"inserted"}


def edit_head(db: sqlite3.Connection, chance: random.Random) -> set[str]:
    """Another length, a broken seal, or no head at all."""
    db.execute(
        chance.choice(
            ["UPDATE audit_head SET count = count - 1", "UPDATE audit_head SET seal = randomblob(32)",
             "UPDATE audit_head SET link = randomblob(32)", "DELETE FROM audit_head"]
        )
    )  # fmt: skip
    return {"head"}


TAMPERERS: tuple[Callable[[sqlite3.Connection, random.Random], set[str]], ...] = (
    edit_text, edit_seal, edit_subject, delete_inside, delete_and_renumber, swap, rotate, truncate, truncate_with_head,
    insert_forged, edit_head,
)  # fmt: skip
HEADS: dict[int, bytes] = {}


@pytest.fixture
def tampered(store: Store) -> Iterator[Store]:
    """A log of some entries that tests tamper with; the seals of its older heads are in HEADS."""
    HEADS.clear()
    for number in range(ENTRIES):
        store.cases.upsert([make_case(f"c{number}")], actor=ANNA)
        ((HEADS[number + 1],),) = store._connections.rows("SELECT seal FROM audit_head")
    yield store


@pytest.mark.parametrize("tamper", TAMPERERS, ids=lambda tamper: tamper.__name__)
def test_a_hundred_random_tampers_of_each_kind_are_found_and_named(
    tampered: Store, tamper: Callable[[sqlite3.Connection, random.Random], set[str]]
) -> None:
    """1,100 in all: each one is found, called by its kind and by nothing else; putting it back makes the log clean."""
    chance = random.Random(tamper.__name__)
    with closing(sqlite3.connect(tampered.path)) as db:
        rows = db.execute("SELECT position, subject, entry, seal, link FROM audit").fetchall()
        head = db.execute("SELECT one, count, link, seal FROM audit_head").fetchall()

    with behind_the_back(tampered) as db:
        db.execute("PRAGMA synchronous=OFF")
        for _ in range(100):
            db.execute("BEGIN")
            expected = tamper(db, chance)
            db.execute("COMMIT")
            found = kinds(tampered) - {"unguarded"}
            db.execute("BEGIN")
            db.execute("DELETE FROM audit")
            db.execute("DELETE FROM audit_head")
            db.executemany("INSERT INTO audit (position, subject, entry, seal, link) VALUES (?, ?, ?, ?, ?)", rows)
            db.executemany("INSERT INTO audit_head (one, count, link, seal) VALUES (?, ?, ?, ?)", head)
            db.execute("COMMIT")

            assert found == expected
    assert kinds(tampered) == set()


def test_missing_triggers_are_told(tampered: Store) -> None:
    """A log that nothing guards any more is reported before anything happens to it."""
    with closing(sqlite3.connect(tampered.path)) as db:
        db.execute("DROP TRIGGER audit_keeps_text")

    (finding,) = tampered.audit.verify().findings
    assert (finding.kind, "audit_keeps_text" in finding.text) == ("unguarded", True)


@pytest.mark.parametrize("content", [None, "", "{}", '{"head": "1:00", "seal": "00"}', "swap"])
def test_a_changed_anchor_is_told(tampered: Store, content: str | None) -> None:
    """An anchor file that is gone or was not written with the key is reported, and never silently replaced."""
    anchor = tampered.audit.files.anchor
    if content is None:
        anchor.unlink()
    elif content == "swap":
        anchor.write_text(anchor.read_text().replace('"12:', '"11:'))
    else:
        anchor.write_text(content)

    assert kinds(tampered) == {"anchor"}
    if content is not None:
        write_some(tampered, 13)
        assert kinds(tampered) == {"anchor"}
        tampered.audit.anchor_now()
        assert kinds(tampered) == set()


def test_a_whole_library_put_back_is_told_by_a_noted_head(tampered: Store, tmp_path: Path) -> None:
    """Database and anchor of an earlier day agree with one another; only a head noted elsewhere knows better."""
    tampered.backup_to(tmp_path / "old.sqlite3")
    old_anchor = tampered.audit.files.anchor.read_text()
    write_some(tampered, ENTRIES + 2)
    noted = tampered.audit.head()
    files = AuditFiles(tampered.audit.files.key, tmp_path / "old.anchor")
    files.anchor.write_text(old_anchor)

    with open_store(tmp_path / "old.sqlite3", audit=files) as old:
        assert kinds(old) == set()
        assert kinds(old, known=noted) == {"truncated"}


def test_a_log_that_was_cut_and_went_on_is_told(tampered: Store) -> None:
    """Entries written after a cut do not hide it: the anchor knows another entry of that number."""
    anchor = tampered.audit.files.anchor.read_text()
    with behind_the_back(tampered) as db:
        link = db.execute("SELECT link FROM audit WHERE position = 10").fetchone()[0]
        db.execute("DELETE FROM audit WHERE position > 10")
        db.execute("UPDATE audit_head SET count = 10, link = ?, seal = ?", (link, HEADS[10]))
    tampered.cases.upsert([make_case("new1"), make_case("new2"), make_case("new3")])
    assert tampered.audit.verify().entries == 13
    tampered.audit.files.anchor.write_text(anchor)

    assert kinds(tampered) == {"truncated"}
