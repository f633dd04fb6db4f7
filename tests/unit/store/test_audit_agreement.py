"""A library agrees with its audit log: what somebody does past the program, with the log left whole, is told."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from retriever.domain import OPERATOR, Actor, Role
from retriever.store import AuditNote, Store, audit_check, open_store
from retriever.store.audit_agreement import LoggedState, find_differences
from retriever.store.audit_chain import Anchors
from retriever.store.audit_check import DIFFERENCES_SHOWN
from tests.support.builders import hashes_of, make_case

ANNA = Actor("anna", Role.CONTRIBUTOR, "north", ("lab",))
LOG = ("audit", "audit_head")


@contextmanager
def edited(store: Store) -> Iterator[sqlite3.Connection]:
    """The file in the hands of somebody with sqlite3, who takes the triggers away and puts them back."""
    with closing(sqlite3.connect(store.path)) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield db
        for _, sql in triggers:
            db.execute(sql)
        db.commit()


def findings(store: Store, anchors: Anchors | None = None) -> list[tuple[str, str]]:
    """Kind and text of all that is wrong."""
    return [(found.kind, found.text) for found in store.audit.verify(anchors=anchors).findings]


def rows_of(store: Store, *tables: str) -> dict[str, list[tuple[object, ...]]]:
    """What tables hold now."""
    return {name: store._connections.rows(f"SELECT * FROM {name}") for name in tables}  # noqa: S608


def put_back(db: sqlite3.Connection, tables: dict[str, list[tuple[object, ...]]]) -> None:
    """Make tables hold that again."""
    for name, rows in tables.items():
        db.execute(f"DELETE FROM {name}")  # noqa: S608
        db.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608


@pytest.fixture
def used(store: Store) -> Store:
    """A library with a life: cases in all states, a deleted one, an erased one, one that came back, and keys."""
    store.cases.upsert([make_case("a"), make_case("b"), make_case("gone"), make_case("erased"), make_case("back")])
    store.cases.upsert([make_case("a", "it hums"), make_case("b", "it smokes"), make_case("erased", "x")])
    store.cases.upsert([make_case("a", "it hums again", status="historical")])
    store.cases.delete("gone")
    store.erasures.begin("erased", "asked for", names_of_text=hashes_of)
    store.cases.delete("back")
    store.cases.upsert([make_case("back", "it is here again")])
    store.keys.create(ANNA, by=OPERATOR, days=30)
    store.keys.rotate("anna", by=OPERATOR, overlap_hours=2, days=90)
    root = store.keys.create(Actor("root", Role.ADMIN), by=OPERATOR, days=None)
    store.keys.revoke(root.record.id, by=OPERATOR)
    return store


def test_an_honest_library_agrees(used: Store) -> None:
    """Nothing is found in a library with changes, deletions, an erased case and one that came back, and keys."""
    assert findings(used) == []


def empty_the_log(store: Store, *, key: bool) -> None:
    """Take every trace of the log away."""
    with edited(store) as db:
        db.execute("DELETE FROM audit")
        db.execute("UPDATE audit_head SET count = 0, link = zeroblob(32), seal = zeroblob(32)")
    store.audit.files.anchor.unlink()
    if key:
        store.audit.files.key.unlink()


@pytest.mark.parametrize("key", [False, True])
def test_an_emptied_log_is_told(used: Store, key: bool) -> None:
    """Log, head, anchor and perhaps the key are gone: what the library holds says that there was one."""
    empty_the_log(used, key=key)

    (found,) = findings(used)
    assert found[0] == "library"
    assert "5 cases" in found[1]
    assert "3 keys" in found[1]


@pytest.mark.parametrize("what", ["cases", "keys", "versions"])
def test_a_log_must_be_there_for_each_thing_alone(store: Store, what: str) -> None:
    """One case, one key, or an older version whose case is gone: none of them came without an entry."""
    if what == "keys":
        store.keys.create(ANNA, by=OPERATOR, days=1)
    else:
        store.cases.upsert([make_case("a")])
        store.cases.delete("a")
    with edited(store) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        if what == "versions":
            db.execute("DELETE FROM cases")
    empty_the_log(store, key=True)

    assert [kind for kind, _ in findings(store)] == ["library"]


def test_a_log_that_began_anew_is_told(used: Store) -> None:
    """After it was emptied the program goes on under a new key: the entries are whole, and know too little."""
    empty_the_log(used, key=True)
    with open_store(used.path) as later:
        later.cases.upsert([make_case("new")])

        told = findings(later)
        assert {kind for kind, _ in told} == {"library"}
        assert ("library", "case a is in the library and has no entry in the log") in told
        assert not [text for _, text in told if "case new" in text]


def test_a_restored_log_hides_no_key(used: Store) -> None:
    """Log, head and anchor of an hour ago, put back over an admin key that was made since."""
    before, anchor = rows_of(used, *LOG), used.audit.files.anchor.read_text()
    made = used.keys.create(Actor("eve", Role.ADMIN), by=OPERATOR, days=None)
    with edited(used) as db:
        put_back(db, before)
    used.audit.files.anchor.write_text(anchor)

    assert findings(used) == [("library", f"key {made.record.id} of eve has no entry in the log")]


def test_a_restored_log_hides_no_change(used: Store) -> None:
    """The same over a case that was written, one that was deleted and one that is new."""
    before, anchor = rows_of(used, *LOG), used.audit.files.anchor.read_text()
    used.cases.upsert([make_case("b", "pay to another account"), make_case("new")])
    used.cases.delete("back")
    with edited(used) as db:
        put_back(db, before)
    used.audit.files.anchor.write_text(anchor)

    assert {text.split(" ")[1] for kind, text in findings(used) if kind == "library"} == {"b", "new", "back"}


EDITS: dict[str, tuple[str, str]] = {
    "role": ("UPDATE api_keys SET role = 4 WHERE client = 'anna'", "another role"),
    "client": ("UPDATE api_keys SET client = 'root' WHERE number = 1", "another client"),
    "team": ("UPDATE api_keys SET team = 'south' WHERE number = 1", "another team"),
    "more groups": ('UPDATE api_keys SET audience = \'["lab", "*"]\' WHERE number = 1', "another groups"),
    "other groups": ("UPDATE api_keys SET audience = '[\"*\"]' WHERE number = 1", "not as it was made"),
    "secret": ("UPDATE api_keys SET digest = zeroblob(32) WHERE number = 1", "not as it was made"),
    "secret as text": ("UPDATE api_keys SET digest = 'x' WHERE number = 1", "not as it was made"),
    "limit": ("UPDATE api_keys SET rate_limit = 9999 WHERE number = 1", "not as it was made"),
    "longer": ("UPDATE api_keys SET expires_at = '2999-01-01T00:00:00Z' WHERE number = 1", "works until 2999"),
    "for ever": ("UPDATE api_keys SET expires_at = '' WHERE number = 1", "for ever"),
    "back to life": ("UPDATE api_keys SET revoked_at = '' WHERE client = 'root'", "works, and the log"),
    "quietly ended": ("UPDATE api_keys SET revoked_at = '2026-01-01T00:00:00Z' WHERE number = 1", "revoked"),
    "key gone": ("DELETE FROM api_keys WHERE client = 'root'", "not in the library"),
    "another id": ("UPDATE api_keys SET id = 'forged00' WHERE number = 1", "has no entry"),
    "broken role": ("UPDATE api_keys SET role = 'boss' WHERE number = 1", "not as this program writes"),
    "broken groups": ("UPDATE api_keys SET audience = 'all' WHERE number = 1", "not as this program writes"),
    "published": ("UPDATE cases SET status = 'published' WHERE id = 'a'", "the log says historical"),
    "hidden": ("UPDATE cases SET deleted = 1 WHERE id = 'a'", "is deleted"),
    "undeleted": ("UPDATE cases SET deleted = 0 WHERE id = 'gone'", "not there"),
    "version": ("UPDATE cases SET version = 7 WHERE id = 'b'", "version 7"),
    "renamed": ("UPDATE cases SET id = 'c' WHERE id = 'b'", "case c"),
    "case gone": ("DELETE FROM cases WHERE id = 'b'", "case b has entries"),
    "history gone": ("DELETE FROM case_versions WHERE key = 1 AND version = 1", "has 1 older versions"),
    "history forged": ("INSERT INTO case_versions VALUES (1, 9, 9, '', '', '{}')", "has 3 older versions"),
    "another's history": ("UPDATE case_versions SET key = 4 WHERE key = 1 AND version = 1", "older versions"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_past_the_program_is_told(used: Store, name: str) -> None:
    """What was changed in a case, its history or a key with sqlite3, the log being left as it is."""
    sql, said = EDITS[name]
    with edited(used) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute(sql)

    told = findings(used)
    assert {kind for kind, _ in told} == {"library"}
    assert any(said in text for _, text in told), told


def test_many_differences_are_told_in_short(used: Store) -> None:
    """The first twenty by name, of the others how many."""
    with edited(used) as db:
        db.executemany(
            "INSERT INTO cases SELECT NULL, 'x' || ?, source_system, NULL, status, language, product, version, 100 + ?,"
            " 0, content_hash, created_at, updated_at, document, review_due_on, valid_until FROM cases WHERE id = 'b'",
            [(number, number) for number in range(50)],
        )

    told = findings(used)
    assert len(told) == DIFFERENCES_SHOWN + 1
    assert told[-1] == ("library", "30 more differ from the log")


def test_a_log_that_is_not_whole_is_not_compared(used: Store) -> None:
    """What was cut out of the log is told as such; all that it no longer says is not told as well."""
    with edited(used) as db:
        db.execute("DELETE FROM audit WHERE position = 2")

    assert {kind for kind, _ in findings(used)} == {"deleted"}


@pytest.mark.parametrize("name", ["audit_keeps_text", "audit_keeps_entries", "keep_old_version"])
@pytest.mark.parametrize("body", ["SELECT 1;", "SELECT RAISE(IGNORE) WHERE 0;"])
def test_a_trigger_that_does_nothing_is_told(used: Store, name: str, body: str) -> None:
    """Of the right name, on the right table, with a body that keeps nothing."""
    with closing(sqlite3.connect(used.path)) as db:
        ((sql,),) = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchall()
        db.execute(f"DROP TRIGGER {name}")
        db.execute(f"{sql.partition('BEGIN')[0]} BEGIN {body} END")
        db.commit()

    ((kind, text),) = findings(used)
    assert (kind, f"{name} " in text, "changed" in text) == ("unguarded", True, True)


@pytest.mark.parametrize("table", ["audit", "audit_head", "api_keys", "cases"])
def test_a_trigger_of_others_is_told(used: Store, table: str) -> None:
    """One that takes away, as soon as it is written, what somebody does not want to be there."""
    with closing(sqlite3.connect(used.path)) as db:
        db.execute(f"CREATE TRIGGER helpful AFTER INSERT ON {table} BEGIN SELECT 1; END")
        db.commit()

    assert [kind for kind, _ in findings(used)] == ["unguarded"]


def test_an_empty_library_needs_no_log(store: Store) -> None:
    """Before the first change there is nothing to keep a log of; a trigger that is gone is told even then."""
    assert findings(store) == []
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("DROP TRIGGER audit_keeps_entries")
        db.commit()
    assert [kind for kind, _ in findings(store)] == ["unguarded"]


def test_others_may_write_while_it_is_compared(used: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody writes between the pass over the log and the look at the cases is no finding."""
    compare: Callable[..., object] = find_differences

    def write_then_compare(*arguments: object) -> object:
        used.cases.upsert([make_case("b", "it is warm"), make_case("later")])
        used.keys.create(Actor("late", Role.VIEWER), by=OPERATOR, days=1)
        return compare(*arguments)

    monkeypatch.setattr(audit_check, "find_differences", write_then_compare)

    assert findings(used) == []


def test_keys_of_older_logs_are_compared_by_what_is_known(used: Store) -> None:
    """An entry without the hash, as earlier versions wrote it, says the rest."""
    logged = LoggedState()
    for entry in used.audit.iter_entries():
        details = {name: value for name, value in entry.details.items() if name != "record"}
        plain = replace(entry, details=details)
        logged.read({name: getattr(plain, name) for name in ("action", "subject", "version", "details")})

    assert list(find_differences(used._connections.rows, logged)) == []


# --- heads that were written elsewhere


def test_heads_written_elsewhere_prove_a_cut(used: Store, tmp_path: Path) -> None:
    """Library, anchor file and key of yesterday, put back whole: only the line outside knows better."""
    old = tmp_path / "old"
    old.mkdir()
    lines = [used.audit.anchor_line()]
    for path in used.path.parent.glob("library*"):
        if path.is_file():
            (old / path.name).write_bytes(path.read_bytes())
    used.cases.upsert([make_case("later")])
    lines.append(used.audit.anchor_line())
    anchors = Anchors("heads.jsonl", tuple(lines))

    assert findings(used, anchors) == []
    with open_store(old / "library.sqlite3") as yesterday:
        assert findings(yesterday) == []
        assert findings(yesterday, Anchors("heads.jsonl", (lines[0],))) == []
        ((kind, text),) = findings(yesterday, anchors)
    assert (kind, "line 2 of heads.jsonl" in text) == ("truncated", True)


@pytest.mark.parametrize(
    "line", ["", "x", "{}", "[]", "null", '{"head": 7, "seal": "00"}', '{"head": "3:00", "seal": "00"}', "forged"]
)
def test_a_line_that_was_not_written_with_the_key_is_told(used: Store, line: str) -> None:
    """It proves nothing, and somebody should know."""
    good = used.audit.anchor_line()
    if line == "forged":
        content = json.loads(good)
        line = json.dumps(content | {"head": content["head"].replace("1", "2", 1)})

    ((kind, text),) = findings(used, Anchors("heads", (good, line)))
    assert (kind, "line 2 of heads" in text) == ("anchor", True)


def test_heads_outlive_log_and_key(used: Store) -> None:
    """Where even the key is gone, the lines still say how long the log was."""
    anchors = Anchors("heads", (used.audit.anchor_line(), "broken"))
    empty_the_log(used, key=True)

    assert [kind for kind, _ in findings(used, anchors)] == ["truncated", "library"]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE cases SET document = replace(document, 'hums', 'sings') WHERE id = 'a'", "another text"),
        ("UPDATE cases SET document = CAST(replace(document, 'hums', 'sings') AS BLOB) WHERE id = 'a'", "another text"),
        ("UPDATE cases SET content_hash = '' WHERE id = 'a'", "another text"),
        ("UPDATE cases SET language = 'eo' WHERE id = 'a'", "another language"),
        ("UPDATE cases SET product = 'x' WHERE id = 'a'", "another product"),
        ("UPDATE cases SET review_due_on = '2099-01-01' WHERE id = 'a'", "another review_due_on"),
        ("UPDATE cases SET valid_until = '2099-01-01' WHERE id = 'a'", "another valid_until"),
        ("UPDATE case_versions SET document = replace(document, 'hums', 'sings')", "another text"),
    ],
)
def test_an_edited_text_does_not_fit_its_hash(used: Store, statement: str, told: str) -> None:
    """Within one version, and what of the text the table repeats."""
    with edited(used) as db:
        db.execute(statement)
    assert any(told in text for _, text in findings(used))


def test_a_text_edited_with_its_hash_is_not_what_the_log_knows(used: Store) -> None:
    """The entry in the log has the beginning of the hash; after all texts were masked anew nobody knows it."""
    (document,) = used._connections.rows("SELECT document FROM cases WHERE id = 'a'")[0]
    changed = document.encode().replace(b"hums", b"sings")
    with edited(used) as db:
        row = (changed.decode(), hashlib.sha256(changed).hexdigest())
        db.execute("UPDATE cases SET document = ?, content_hash = ? WHERE id = 'a'", row)
    assert findings(used) == [("library", "case a has another text than the log knows")]
    used.audit.append(OPERATOR, AuditNote("library.mask", "library"))
    assert findings(used) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE cases SET source_system = 'crm' WHERE id = 'a'", "another source.system"),
        ("UPDATE cases SET external_id = '9' WHERE id = 'a'", "another source.external_id"),
        (
            "INSERT INTO review_steps (key, at, step, actor, role, version, answers, note) "
            "SELECT key, updated_at, 'approve', 'eve', 'knowledge_manager', 1, '{}', 'fine' FROM cases WHERE id = 'a'",
            "has taken 1 steps, and the log knows 0",
        ),
    ],
)
def test_what_the_table_says_beside_the_text_is_compared(used: Store, statement: str, told: str) -> None:
    """Sources, and steps of reviews that nobody took."""
    with edited(used) as db:
        db.execute(statement)
    assert any(told in text for _, text in findings(used))


def test_ids_that_were_exchanged_are_told(used: Store) -> None:
    """The row is called otherwise than its text."""
    with edited(used) as db:
        db.execute("UPDATE cases SET id = 'x' WHERE id = 'a'")
        db.execute("UPDATE cases SET id = 'a' WHERE id = 'b'")
        db.execute("UPDATE cases SET id = 'b' WHERE id = 'x'")
    assert len(findings(used)) >= 2
