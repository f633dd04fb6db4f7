"""restore: the drill, and a library that comes back only from a backup that is whole."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from retriever.store import open_store
from tests.support.cli import Run


def titles(tmp_path: Path) -> list[str]:
    """Ids of the cases in the library."""
    with open_store(tmp_path / "lib" / "library.sqlite3") as store:
        return sorted(stored.case.id for stored in store.cases.iter())


def test_the_drill_restores_checks_rebuilds_and_asks(run: Run, backed_up: Path, tmp_path: Path) -> None:
    """All in a throw-away folder: the library here is not touched, and need not even be there."""
    before = sorted(path.name for path in (tmp_path / "lib").iterdir())
    drilled = run("restore", "copy", "--verify", "--json")

    assert drilled.code == 0
    assert [step["step"] for step in json.loads(drilled.out)] == ["checksums", "library", "index and a question"]
    assert sorted(path.name for path in (tmp_path / "lib").iterdir()) == before


def test_a_lost_library_comes_back(run: Run, backed_up: Path, tmp_path: Path) -> None:
    """With its audit log in order, which goes on, and questions are answered after a rebuild."""
    for path in (tmp_path / "lib").glob("library*"):
        path.unlink()

    assert run("restore", "copy").code == 0
    assert titles(tmp_path) == ["P-1", "P-2", "R-1"]
    assert run("case", "delete", "P-2").code == 0
    assert run("audit", "verify").code == 0
    assert run("index", "rebuild").code == 0
    assert "P-1" in run("search", "printer error E-05", "--min-confidence", "0").out


def test_a_library_is_replaced_only_when_told_and_kept(run: Run, backed_up: Path, tmp_path: Path) -> None:
    """Without --replace nothing happens; with it the present library lies beside under another name."""
    run("case", "delete", "P-2")

    assert run("restore", "copy").code == 1
    assert run("restore", "copy", "--replace", "--dry-run").code == 0
    assert titles(tmp_path) == ["P-1", "R-1"]
    assert run("restore", "copy", "--replace").code == 0
    assert titles(tmp_path) == ["P-1", "P-2", "R-1"]
    assert run("audit", "verify").code == 0
    kept = list((tmp_path / "lib").glob("library.sqlite3.replaced-*"))
    with closing(sqlite3.connect(kept[0])) as db:
        assert db.execute("SELECT count(*) FROM cases WHERE NOT deleted").fetchone() == (2,)


@pytest.mark.parametrize("name", ["library.sqlite3", "audit.key", "audit.anchor", "manifest.json"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    run: Run, backed_up: Path, tmp_path: Path, name: str
) -> None:
    """One changed byte in any file, or a missing one: exit 3 or 1, and the present library stays."""
    run("case", "delete", "P-2")
    content = bytearray((backed_up / name).read_bytes())
    content[len(content) // 2] ^= 0x55
    (backed_up / name).write_bytes(content)

    assert run("restore", "copy", "--verify").code == 3
    assert run("restore", "copy", "--replace").code == 3
    (backed_up / name).unlink()
    assert run("restore", "copy", "--replace").code in (1, 3)
    assert titles(tmp_path) == ["P-1", "R-1"]
    assert not list((tmp_path / "lib").glob("*.replaced-*"))


def test_a_backup_that_was_changed_with_its_checksums_is_refused(run: Run, backed_up: Path, tmp_path: Path) -> None:
    """Who rewrites the manifest too still has no key: a cut audit log and missing cases are found."""
    with closing(sqlite3.connect(backed_up / "library.sqlite3")) as db:
        db.execute("DROP TRIGGER audit_keeps_entries")
        db.execute("DELETE FROM audit WHERE position = 3")
        db.commit()
    manifest = json.loads((backed_up / "manifest.json").read_text())
    manifest["files"]["library.sqlite3"] = hashlib.sha256((backed_up / "library.sqlite3").read_bytes()).hexdigest()
    (backed_up / "manifest.json").write_text(json.dumps(manifest))
    for path in (tmp_path / "lib").glob("library*"):
        path.unlink()

    refused = run("restore", "copy")
    assert (refused.code, "missing" in refused.err) == (3, True)
    assert not list((tmp_path / "lib").glob("library*"))


def test_a_backup_without_the_key_asks_for_it(run: Run, cases_file: Path, tmp_path: Path) -> None:
    """The key may be kept elsewhere; then restoring names it, and another one is refused."""
    run("ingest", cases_file)
    run("backup", "copy", "--without-key")
    (tmp_path / "lib" / "library-audit.key").rename(tmp_path / "safe.key")
    for path in (tmp_path / "lib").glob("library*"):
        path.unlink()
    (tmp_path / "wrong.key").write_text("ab" * 32)

    asked = run("restore", "copy")
    assert (asked.code, "--audit-key" in asked.err) == (1, True)
    assert run("restore", "copy", "--audit-key", "wrong.key").code == 3
    assert not list((tmp_path / "lib").glob("library*"))
    assert run("restore", "copy", "--audit-key", "safe.key").code == 0
    assert run("audit", "verify").code == 0
