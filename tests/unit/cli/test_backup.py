"""backup: what a copy of the library holds."""

import json
from pathlib import Path

from tests.support.cli import Run


def test_a_backup_holds_what_is_needed_and_nothing_derived(run: Run, backed_up: Path) -> None:
    """Library, key, anchor and manifest, for the owner alone; the backup is noted in the audit log."""
    manifest = json.loads((backed_up / "manifest.json").read_text())

    assert sorted(path.name for path in backed_up.iterdir()) == [
        "audit.anchor", "audit.key", "library.sqlite3", "manifest.json",
    ]  # fmt: skip
    assert backed_up.stat().st_mode & 0o777 == 0o700
    assert manifest["cases"]["published"] == 3
    entries = json.loads(run("audit", "list", "--action", "library.backup", "--json").out)
    assert [entry["subject"] for entry in entries] == ["library"]


def test_a_backup_never_writes_over_anything(run: Run, backed_up: Path) -> None:
    """A second one needs another name; a dry run writes nothing."""
    assert run("backup", "copy").code == 1
    assert run("backup", "other", "--dry-run").code == 0
    assert not backed_up.with_name("other").exists()
