"""A library filled without masking is masked in place: nothing raw stays, and no work of people is undone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retriever.domain import Actor, Case, Role
from retriever.errors import InvalidInput
from retriever.lifecycle import Policy, open_lifecycle
from retriever.store import LoggedQuery, open_store, remasking
from tests.support.builders import make_case

RAW = (
    "anna@corp.example", "berta@corp.example", "carla@corp.example", "dora@corp.example", "emil@corp.example",
    "frida@corp.example", "gerd@corp.example",
)  # fmt: skip
ANN = Actor("ann", Role.KNOWLEDGE_MANAGER, audience=("*",))


def ticket(number: int, text: str) -> Case:
    """A draft of a ticket."""
    source = {"system": "desk", "external_id": str(number)}
    return make_case(f"desk:{number}", problem=text, source=source, status="draft")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The file of a library that holds a raw address in each place that keeps texts."""
    path = tmp_path / "library.sqlite3"
    with open_store(path, mask=False) as store:
        store.cases.upsert([make_case("a", f"mail {RAW[0]}"), make_case("clean")])
        store.cases.upsert([make_case("a", f"mail {RAW[1]} or 13812345678", product=f"of {RAW[1]}")])
        life = open_lifecycle(store, Policy(), searchable=lambda: None)
        life.writing.revise("a", make_case("a", f"write to {RAW[2]}"), ANN)
        life.ageing.retire("clean", ANN, f"{RAW[3]} says so")
        store.imports.write([store.masking.case(ticket(1, f"call {RAW[4]}"))])
        store.deliveries.receive("desk", "d-1", "x", case=ticket(2, f"from {RAW[5]}"))
        store.events.log_queries([LoggedQuery("q", "2026-01-01T00:00:00Z", text=f"who is {RAW[6]}?")])
    return path


def raw_values(path: Path) -> list[str]:
    """Those that stand in the file or beside it."""
    held = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    return [value for value in RAW if value.encode() in held]


def test_nothing_raw_stays_in_the_file(library: Path) -> None:
    """Live texts, versions, revisions, notes, drafts that wait and questions; what was found is counted by rule."""
    assert raw_values(library) == list(RAW)

    with open_store(library) as store:
        done = store.remask()

    assert raw_values(library) == []
    assert done.changed == {
        "cases": 2, "versions": 1, "revisions": 1, "notes": 1, "answers": 0, "imports": 0, "deliveries": 1,
        "questions": 1, "files": 0,
    }  # fmt: skip
    assert done.by_rule == {"email": 8, "chinese_mobile": 1}


def test_a_masked_case_keeps_its_version_and_gets_a_revision(library: Path) -> None:
    """So indexes follow it, and approvals and links to it hold; its own columns say the same as its text."""
    with open_store(library) as store:
        before, revision = store.cases.get("a"), store.cases.revision()
        clean = store.cases.get("clean")
        store.remask()
        after = store.cases.get("a")

        assert (after.version, after.case.problem) == (before.version, "mail [EMAIL_1] or [PHONE_1]")
        assert after.revision > revision
        assert store.cases.get("clean") == clean
        assert store.cases.upsert([after.case])[0].action == "unchanged"
        assert [v.case.problem for v in store.cases.versions("a")] == ["mail [EMAIL_1]", "mail [EMAIL_1] or [PHONE_1]"]
        review = store.reviews.find("a")
        assert review is not None
        assert review.pending is not None
        assert review.pending.problem == "write to [EMAIL_1]"


def test_a_ticket_that_was_taken_over_raw_has_not_changed(library: Path) -> None:
    """The next import of the same ticket, masked on its way in, leaves its draft alone."""
    with open_store(library) as store:
        store.remask()

        assert store.imports.write([store.masking.case(ticket(1, f"call {RAW[4]}"))])[0].action == "unchanged"


def test_a_second_run_finds_nothing(library: Path) -> None:
    """Masking a masked text changes nothing."""
    with open_store(library) as store:
        store.remask()
        revision = store.cases.revision()

        assert not any(store.remask().changed.values())
        assert store.cases.revision() == revision


def test_a_dry_run_counts_and_changes_nothing(library: Path) -> None:
    """The same numbers, also where the library may only be read."""
    with open_store(library, read_only=True) as store:
        told = store.remask(dry_run=True)

    assert raw_values(library) == list(RAW)
    with open_store(library) as store:
        assert store.remask() == told


def test_an_interrupted_run_goes_on_where_it_stopped(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its counts; --restart begins anew; one entry in the audit log at the end says what was done."""
    monkeypatch.setattr("retriever.store.remasking.BATCH", 1)
    seen: list[str] = []

    def stop(area: str, _done: int, _total: int) -> None:
        seen.append(area)
        if seen.count("versions"):
            raise KeyboardInterrupt

    with open_store(library) as store:
        with pytest.raises(KeyboardInterrupt):
            store.remask(progress=stop)
        assert list(store.audit.iter_entries(action="library.mask")) == []
        seen.clear()
        done = store.remask(progress=lambda area, _done, _total: seen.append(area))

        assert "cases" not in seen
        assert (done.resumed, done.changed["cases"], done.by_rule["email"]) == (True, 2, 8)
        (entry,) = store.audit.iter_entries(action="library.mask")
        assert (entry.details["cases changed"], entry.details["rule email"]) == (2, 8)
        assert store.remask(restart=True).changed["cases"] == 0
    assert raw_values(library) == []


def test_without_masking_it_is_refused(library: Path) -> None:
    """Rather than doing nothing."""
    with open_store(library, mask=False) as store, pytest.raises(InvalidInput, match="switched off"):
        store.remask()


def test_what_is_written_meanwhile_wins(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that somebody changes between the look and the lock keeps that change; its raw version is masked too."""
    found = remasking._changes
    with open_store(library) as store:

        def changes(*given: Any) -> Any:  # noqa: ANN401  passed on
            result = found(*given)
            if given[0].name == "cases":
                store.cases.upsert([replace(store.cases.get("a").case, problem="all new")])
            return result

        monkeypatch.setattr(remasking, "_changes", changes)
        store.remask()

        assert store.cases.get("a").case.problem == "all new"
    assert raw_values(library) == []
