"""Counters of use follow from the events, whatever happens in whatever order, and after an update too."""

import json
import random
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlite_utils import Database

from retriever.domain import OPERATOR, Reuse
from retriever.errors import SimilarCasesError
from retriever.lifecycle import Policy, open_lifecycle
from retriever.store import EventKind, LoggedQuery, ShownCase, Store, open_store
from retriever.store.events import REPORTS
from retriever.store.migrations import LIBRARY
from retriever.store.schema import APPLICATION_ID
from tests.support.builders import make_case

USES = [kind for kind in EventKind if kind not in REPORTS]
IDS = ("a", "b", "c", "d")


def reuse_of(store: Store) -> dict[str, Reuse]:
    """The counters of every case."""
    return {stored.case.id: stored.reuse for stored in store.cases.iter()}


@pytest.mark.parametrize("seed", range(6))
def test_counters_are_what_the_events_say(store: Store, seed: int) -> None:
    """After many random uses, retractions, merges, merges undone and events forgotten there is nothing to correct."""
    chance = random.Random(seed)
    life = open_lifecycle(store, Policy(), searchable=lambda: None, today=lambda: date(2026, 3, 1))
    store.cases.upsert([make_case(id) for id in IDS])
    told: list[tuple[EventKind, str, str, str]] = []

    def deed() -> None:
        match chance.randrange(8):
            case 0:
                life.merging.merge(*_two(chance), OPERATOR)
            case 1:
                life.merging.unmerge(chance.choice(IDS), OPERATOR)
            case 2 if told:
                kind, id, query_id, actor = told.pop(chance.randrange(len(told)))
                store.events.take_back(kind, id, query_id=query_id, actor=actor)
            case 3 if chance.random() < 0.3:
                store.events.delete_before("2999-01-01T00:00:00Z")
            case _:
                event = chance.choice(USES), chance.choice(IDS), chance.choice(["q1", "q2", "q3"]), chance.choice("xy")
                if store.events.log(event[0], event[1], query_id=event[2], actor=event[3]):
                    told.append(event)

    for _ in range(120):
        try:
            deed()
        except SimilarCasesError:
            continue  # what the lifecycle refuses changes nothing

    before = reuse_of(store)
    assert store.events.recount() == 0
    assert reuse_of(store) == before


def _two(chance: random.Random) -> tuple[str, list[str]]:
    keep, duplicate = chance.sample(IDS, 2)
    return keep, [duplicate]


def test_counters_that_somebody_changed_are_corrected(store: Store) -> None:
    """With sqlite3, say: the next round of a server derives them again."""
    store.cases.upsert([make_case("a"), make_case("b")])
    store.events.log(EventKind.SOLVED, "a", query_id="q1", actor="x")
    right = reuse_of(store)
    with store._connections.writing() as db:
        db.conn.execute("UPDATE reuse SET solved = 999, last_solved_at = '2999-01-01T00:00:00Z'")
        db.conn.execute("INSERT INTO reuse (key, solved) VALUES (2, 7)")

    assert store.events.recount() == 2
    assert reuse_of(store) == right


def test_what_is_done_with_a_duplicate_counts_for_the_case_that_is_kept(store: Store) -> None:
    """From the merge on, and no longer when it is undone; what is taken back is taken from both."""
    life = open_lifecycle(store, Policy(), searchable=lambda: None, today=lambda: date(2026, 3, 1))
    store.cases.upsert([make_case("kept"), make_case("copy")])
    store.events.log(EventKind.SOLVED, "copy", query_id="q1", actor="x")
    life.merging.merge("kept", ["copy"], OPERATOR)
    store.events.log(EventKind.SOLVED, "copy", query_id="q2", actor="x")
    merged = [reuse_of(store)[id].solved for id in ("kept", "copy")]
    store.events.take_back(EventKind.SOLVED, "copy", query_id="q1", actor="x")
    less = [reuse_of(store)[id].solved for id in ("kept", "copy")]
    life.merging.unmerge("copy", OPERATOR)

    assert (merged, less) == ([2, 2], [1, 1])
    assert [reuse_of(store)[id].solved for id in ("kept", "copy")] == [0, 1]


OLD_EVENTS = (
    # kind, case, question, actor: what an older version counted, each of them
    ("solved", "a", "known", "x"),
    ("solved", "b", "known", "x"),  # not shown there
    ("solved", "a", "unlogged", "x"),  # questions were not always logged
    ("solved", "a", "", "x"),
    ("solved", "a", "", "x"),  # repeated without a question
    ("solved", "a", "", "y"),
    ("opened", "a", "", "x"),
    ("opened", "b", "known", "y"),  # not shown there
    ("copied", "copy", "known", "x"),
)


def library_before(path: Path) -> None:
    """A library as a program before this step left it: counters of events, of some that are forgotten, and a merge."""
    with open_store(path) as store:
        store.cases.upsert([make_case("a"), make_case("b"), make_case("copy")])
        keys = {stored.case.id: stored.key for stored in store.cases.iter()}
        shown = (ShownCase(keys["a"], 0.9), ShownCase(keys["copy"], 0.8))
        store.events.log_queries([LoggedQuery("known", "2026-10-01T00:00:00Z", matches=shown)])
    before = Database(path.with_name("before.sqlite3"))
    LIBRARY.apply(before, stop_before="0016_forgotten_reuse")
    tables = [row[0] for row in before.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    with closing(Database(path)) as now:
        for table in tables:
            if table.startswith("sqlite_") or table == "_sqlite_migrations":
                continue
            columns = [column.name for column in before[table].columns]
            rows = now.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()  # noqa: S608
            before.conn.execute(f"DELETE FROM {table}")  # noqa: S608
            marks = ", ".join("?" * len(columns))
            before.conn.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
    for number, (kind, id, query_id, actor) in enumerate(OLD_EVENTS):
        row = (f"2026-10-02T00:00:{number:02}Z", kind, keys[id], query_id, actor)
        before.conn.execute("INSERT INTO events (at, kind, key, query_id, actor) VALUES (?, ?, ?, ?, ?)", row)
    # As counted then, with 10 solved of a that are forgotten; b was kept when copy was merged into it.
    for id, counts in {"a": (5, 1, 0, 0, 15), "b": (2, 1, 1, 0, 1), "copy": (3, 0, 1, 0, 0)}.items():
        figures = (keys[id], *counts, "2026-10-02T00:00:05Z" if counts[-1] else "")
        before.conn.execute("INSERT OR REPLACE INTO reuse VALUES (?, ?, ?, ?, ?, ?, ?)", figures)
    merged = (keys["copy"], keys["b"], "published", "", json.dumps([0, 0, 1, 0, 0]))
    before.conn.execute("INSERT INTO merges VALUES (?, ?, ?, ?, ?)", merged)
    before.conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
    steps = [row["name"] for row in before["_sqlite_migrations"].rows]
    before.conn.execute(f"PRAGMA user_version={len(steps)}")
    before.conn.commit()
    before.close()
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}-journal"):
        path.with_name(name).unlink(missing_ok=True)
    path.with_name("before.sqlite3").rename(path)


def test_old_events_are_counted_right_after_an_update(tmp_path: Path) -> None:
    """Repeats without a question count once a person, cases that the log says were not shown not at all; everything
    else goes on counting, what was forgotten too, and merges once."""
    library_before(tmp_path / "library.sqlite3")

    with open_store(tmp_path / "library.sqlite3") as store:
        counted = reuse_of(store)
        # 10 forgotten, one for each of two questions, one each of two people without.
        assert (counted["a"].solved, counted["a"].opened, counted["a"].shown) == (14, 1, 5)
        assert (counted["b"].solved, counted["b"].opened, counted["b"].copied) == (0, 0, 1)
        assert (counted["copy"].copied, counted["copy"].solved) == (1, 0)
        assert counted["b"].last_solved_at == ""
        assert store.events.recount() == 0
        assert store.events.take_back(EventKind.SOLVED, "a", query_id="known", actor="x")
        assert reuse_of(store)["a"].solved == 13
        # Told once more by the same person for the same question: known already.
        assert not store.events.log(EventKind.SOLVED, "b", query_id="known", actor="x")
        assert len(list(store.events.iter())) == len(OLD_EVENTS) - 4
