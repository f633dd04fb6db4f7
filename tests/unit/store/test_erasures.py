"""Erasing a case: no word of it in the file, no way back in but by a person, and only a tombstone in the audit log."""

import sqlite3
from pathlib import Path

import pytest

from retriever.case.format import encode_case
from retriever.domain import Case, Status
from retriever.errors import CaseNotFound, Conflict
from retriever.store import EventKind, LoggedQuery, Review, ShownCase, Step, Store
from retriever.store.deliveries import DeliveryState
from tests.support.builders import hashes_of, make_case
from tests.support.people import MANAGER

TEXT = "the velociraptor in the basement chews the violet cable"
SOURCE = {"system": "desk", "external_id": "77"}


def erase(store: Store, id: str) -> dict[str, int]:
    """Erase; rows by kind."""
    return dict(store.erasures.begin(id, "asked for", names_of_text=hashes_of).rows)


def everywhere(store: Store) -> Case:
    """A case whose text stands in every table that can hold one."""
    store.imports.write([store.masking.case(make_case("v-1", f"{TEXT}, ticket", source=SOURCE, status="draft"))])
    case = make_case("v-1", TEXT, source=SOURCE, product="Velociproduct", status="published")
    store.cases.upsert([make_case("v-1", f"{TEXT}, first version", source=SOURCE, status="published")])
    (done,) = store.cases.upsert([case])
    masked = store.masking.case(make_case("v-1", f"{TEXT}, revised", source=SOURCE, status="published"))
    with store.transition(MANAGER) as transition:
        stored = transition.get_case("v-1")
        transition.save_review(Review(done.key, Status.DRAFT, 1, pending=masked, base_version=stored.version))
        transition.note(stored, Step.WRITE, tag="r1", reason=f"because {TEXT}", answers={"note": TEXT})
    store.deliveries.receive("desk", "d1", "hash", case=make_case("v-1", f"{TEXT}, hook", source=SOURCE))
    shown = LoggedQuery("q1", "2026-01-01T00:00:00Z", matches=(ShownCase(done.key, 0.9),), text="velociraptor, help")
    quoting = LoggedQuery("q2", "2026-01-01T00:00:00Z", text=f"my colleague wrote: {TEXT}. Any idea?")
    other = LoggedQuery("q3", "2026-01-01T00:00:00Z", text="printer")
    store.events.log_queries([shown, quoting, other])
    store.events.log(EventKind.OPENED, "v-1", query_id="q1", actor="kim")
    return case


def files(store: Store) -> list[Path]:
    """The database and whatever SQLite keeps beside it."""
    return [path for path in store.path.parent.iterdir() if path.is_file()]


def test_no_word_is_left_in_any_file(store: Store) -> None:
    """Case, versions, revision, steps, import, delivery and questions: searched for byte by byte, free pages too."""
    everywhere(store)
    assert any(b"elociraptor" in path.read_bytes() for path in files(store))

    rows = erase(store, "v-1")
    store.erasures.finish("v-1")

    assert [
        path.name for path in files(store) if b"elocir" in path.read_bytes() or b"Velocip" in path.read_bytes()
    ] == []
    assert rows.keys() == {"versions", "revisions", "steps", "imports", "deliveries", "questions", "events"}
    assert rows["questions"] == 2
    assert [query.text for query in store.events.iter_queries()] == ["", "", "printer"]
    assert store.deliveries.last(1)[0].state is DeliveryState.SKIPPED


def test_a_write_ahead_log_is_emptied_too(tmp_path: Path) -> None:
    """In WAL mode what was overwritten stands in the log until it is folded in."""
    path = tmp_path / "library.sqlite3"
    with Store(path, journal="wal") as store:
        everywhere(store)
        erase(store, "v-1")
        store.erasures.finish("v-1")

        assert [file.name for file in files(store) if b"elociraptor" in file.read_bytes()] == []


def test_a_deleted_case_can_be_erased(store: Store) -> None:
    """Its versions lie there still; after it they do not."""
    store.cases.upsert([make_case("a", TEXT)])
    store.cases.delete("a")
    erase(store, "a")

    assert b"elociraptor" not in store.path.read_bytes()
    assert store.deleted.find("a") is None


def test_the_audit_log_keeps_a_tombstone(store: Store) -> None:
    """Who erased which case when and why, masked; no text, and the chain still verifies."""
    everywhere(store)
    store.erasures.begin("v-1", "asked by anna@corp.example", names_of_text=hashes_of, actor=MANAGER)
    entry = next(store.audit.iter_entries(action="case.erase"))

    assert (entry.subject, entry.actor, entry.details["reason"]) == ("v-1", MANAGER.id, "asked by [EMAIL_1]")
    assert not any(
        "velociraptor" in str(value) for found in store.audit.iter_entries() for value in found.details.values()
    )
    assert store.audit.verify().findings == ()


def test_an_erased_case_does_not_come_back_by_itself(store: Store) -> None:
    """By its id, by its ticket, by an import or a webhook: refused with the reason, and no text is kept."""
    case = everywhere(store)
    erase(store, "v-1")

    (by_id,) = store.cases.upsert([make_case("v-1", "another text")])
    (by_ticket,) = store.cases.upsert([make_case("other", "another text", source=SOURCE)])
    (imported,) = store.imports.write([store.masking.case(case)])
    store.deliveries.receive("desk", "d2", "hash 2", case=case)

    assert [found.action for found in (by_id, by_ticket, imported)] == ["refused"] * 3
    assert "erased on" in by_id.reason
    assert "--lift" in by_ticket.reason
    assert (store.deliveries.last(1)[0].state, store.deliveries.last(1)[0].case) == (DeliveryState.SKIPPED, None)
    with pytest.raises(Conflict):
        store.cases.upsert([make_case("v-1", "another text")], if_version=0)
    assert b"elociraptor" not in store.path.read_bytes()


def test_a_linked_ticket_stays_out_too(store: Store) -> None:
    """It tells of the same case: its link goes, and so does what comes of it."""
    everywhere(store)
    key = store.cases.get("v-1").key
    with store._connections.writing() as db:
        db.conn.execute("INSERT INTO case_links VALUES ('crm', '9', ?, '2026-01-01T00:00:00Z')", (key,))
    erase(store, "v-1")

    (linked,) = store.cases.upsert([make_case("crm:9", "another", source={"system": "crm", "external_id": "9"})])

    assert linked.action == "refused"
    assert store._connections.rows("SELECT * FROM case_links") == []


def test_a_person_can_let_it_in_again(store: Store) -> None:
    """Once the erasure is finished, with a reason in the audit log; the old text does not come back."""
    everywhere(store)
    erase(store, "v-1")
    with pytest.raises(CaseNotFound):
        store.erasures.lift("v-1", "too early")
    store.erasures.finish("v-1")
    store.erasures.lift("v-1", "asked to come back")
    assert store.audit.verify().findings == ()

    (again,) = store.cases.upsert([make_case("v-1", "a clean text", source=SOURCE)])

    assert again.action == "created"
    assert [version.case.problem for version in store.cases.versions("v-1")] == ["a clean text"]
    assert erase(store, "v-1") == {"versions": 1, "imports": 1}


def test_other_cases_stay_as_they_are(store: Store) -> None:
    """Erasing one changes no byte of another one, and twice is refused."""
    other = make_case("b", "the printer jams", source={"system": "desk", "external_id": "78"})
    store.cases.upsert([other])
    everywhere(store)
    before = store.cases.get("b")
    erase(store, "v-1")

    assert store.cases.get("b") == before
    assert encode_case(store.cases.get("b").case) == encode_case(other)
    with pytest.raises(Conflict):
        erase(store, "v-1")
    with pytest.raises(CaseNotFound):
        erase(store, "nobody")
    assert store.check() == []


def test_a_dry_run_counts_and_changes_nothing(store: Store) -> None:
    """The same rows are named as would go."""
    everywhere(store)
    told = store.erasures.begin("v-1", "", names_of_text=hashes_of, dry_run=True)

    assert dict(told.rows) == erase(store, "v-1")


def test_the_vectors_of_its_texts_go(store: Store) -> None:
    """Of every model, and nothing of them is left in the file of the cache."""
    import numpy as np

    vector = np.arange(1, 65, dtype=np.float32).reshape(1, -1)
    for model in ("m1", "m2"):
        store.vectors.put(["gone"], model, vector)
        store.vectors.put(["stays"], model, -vector)

    assert store.vectors.forget(["gone", "unknown"]) == 2
    path = store.path.with_name("library-vectors.sqlite3")
    assert vector.tobytes() not in path.read_bytes()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM vectors").fetchone() == (2,)
