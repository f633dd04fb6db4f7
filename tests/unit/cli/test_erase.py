"""case erase: the whole data folder is searched for the words; interrupted, lifted, and restored from a backup."""

import json
import time
from pathlib import Path

import pytest

from retriever.operations import erase as operation
from tests.support.cli import Run

TEXT = "the quicksilver ferret unplugs the vermilion switchboard every monday"


def holding(folder: Path) -> list[str]:
    """Files below a folder that hold words of the case."""
    words = (b"quicksilver", b"vermilion", b"Ferretomat", b"ferretomat")
    return [
        path.name for path in folder.rglob("*") if path.is_file() and any(word in path.read_bytes() for word in words)
    ]


def indexed(run: Run) -> None:
    """A library of two cases with two snapshots."""
    rows = [
        {
            "id": "F-1",
            "problem": TEXT,
            "solution": "lock the cabinet",
            "product": "Ferretomat",
            "language": "en",
            "status": "published",
        },
        {
            "id": "P-1",
            "problem": "the printer shows error E-05",
            "solution": "clean the rollers",
            "language": "en",
            "status": "published",
        },
    ]
    Path("cases.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert run("ingest", "cases.jsonl").code == 0
    assert run("index", "rebuild").code == 0
    assert run("index", "rebuild", "--force").code == 0


def test_nothing_is_left_below_the_data_folder(run: Run) -> None:
    """Database, vector cache and every snapshot; what is not ours, a backup, is told."""
    indexed(run)
    run("backup", "old")
    assert holding(Path("lib")) != []

    told = run("case", "erase", "F-1", "--reason", "asked for", "--dry-run")
    assert "would be erased" in told.out
    assert holding(Path("lib")) != []
    done = run("case", "erase", "F-1", "--reason", "asked for")

    assert done.code == 0
    assert holding(Path("lib")) == []
    assert "still holds it: backup of" in done.out
    assert str(Path("old").absolute()) in done.out.replace("\n", "")
    assert holding(Path("old")) == ["library.sqlite3"]
    assert run("audit", "verify").code == 0
    assert run("doctor").code == 0
    assert run("index", "verify").code == 0
    assert [row["case_id"] for row in json.loads(run("case", "erased", "--json").out)] == ["F-1"]


def test_a_backup_from_before_a_deletion_is_told(run: Run) -> None:
    """A case that was deleted and brought back is as new; its words are in older backups all the same."""
    indexed(run)
    run("backup", "old")
    time.sleep(1.1)  # times have whole seconds
    assert run("case", "delete", "F-1").code == 0
    assert run("case", "undelete", "F-1").code == 0

    done = run("case", "erase", "F-1", "--reason", "asked for")

    assert str(Path("old").absolute()) in done.out.replace("\n", "")


def test_the_same_file_does_not_bring_it_back(run: Run) -> None:
    """The row is refused with the reason, and the library holds none of its words; after --lift it comes in."""
    indexed(run)
    run("case", "erase", "F-1", "--reason", "asked for")
    Path("more.jsonl").write_text(Path("cases.jsonl").read_text(encoding="utf-8") + "\n", encoding="utf-8")

    again = run("ingest", "more.jsonl", "--json")

    assert "erased on" in again.out + again.err
    assert holding(Path("lib")) == []
    assert run("case", "erase", "F-1", "--lift", "--reason", "changed their mind").code == 0
    Path("more.jsonl").write_text(Path("cases.jsonl").read_text(encoding="utf-8") + "\n\n", encoding="utf-8")
    run("ingest", "more.jsonl")
    assert run("case", "show", "F-1").code == 0


@pytest.mark.parametrize("step", ["rebuild_index", "prune_snapshots"])
def test_an_interrupted_erasure_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Killed before the index follows: the text is out of the database, doctor says so, the same command finishes."""
    indexed(run)
    with monkeypatch.context() as patch:

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(operation, step, killed)
        assert run("case", "erase", "F-1", "--reason", "asked for").code != 0
    assert holding(Path("lib")) != []
    assert [name for name in holding(Path("lib")) if name.endswith("sqlite3")] == []
    assert "case erase --finish" in run("doctor").out

    assert run("case", "erase", "F-1", "--reason", "asked for").code == 0

    assert holding(Path("lib")) == []
    assert run("doctor").code == 0


def test_an_interrupted_erasure_is_finished_without_its_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--finish` goes on with all that was begun."""
    indexed(run)
    with monkeypatch.context() as patch:
        patch.setattr(operation, "finish_erasures", lambda *_, **__: (0, ()))
        run("case", "erase", "F-1", "--reason", "asked for")
    assert holding(Path("lib")) != []

    assert run("case", "erase", "--finish").code == 0

    assert holding(Path("lib")) == []


def test_a_backup_does_not_bring_it_back(run: Run) -> None:
    """What was erased after the backup is erased again when it is restored; what came in later stays out."""
    indexed(run)
    run("backup", "old")
    Path("late.json").write_text(json.dumps({"id": "L-1", "problem": TEXT, "solution": "s", "language": "en"}))
    run("case", "put", "late.json")
    for id in ("F-1", "L-1"):
        assert run("case", "erase", id, "--reason", "asked for").code == 0

    restored = run("restore", "old", "--replace")

    assert restored.code == 0, restored.err
    assert "F-1 had been erased" in restored.err
    assert run("case", "show", "F-1").code == 1
    assert "erased on" in run("case", "put", "late.json").err
    assert [name for name in holding(Path("lib")) if "replaced" not in name] == []
    assert run("audit", "verify").code == 0


def test_a_reason_and_a_case_are_needed(run: Run) -> None:
    """One line says what is missing."""
    indexed(run)

    assert "--reason" in run("case", "erase", "F-1").err
    assert run("case", "erase", "X-9", "--reason", "asked for").code == 1
    assert run("case", "erase").code == 1
    assert run("case", "erase", "P-1", "--lift").code == 1
