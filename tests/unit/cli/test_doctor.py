"""doctor: what is wrong, with the command that mends it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.cli import Run


def test_the_doctor_looks_at_key_and_log(run: Run, cases_file: Path, tmp_path: Path) -> None:
    """A key that others may read is a warning, a changed or unreadable log a failure."""
    run("ingest", cases_file)
    key = tmp_path / "lib" / "library-audit.key"

    def found() -> str:
        told = json.loads(run("doctor", "--json").out)["findings"]
        return next(str(finding["state"]) for finding in told if finding["what"] == "audit log")

    assert found() == "ok"
    key.chmod(0o644)
    assert found() == "warn"
    with closing(sqlite3.connect(tmp_path / "lib" / "library.sqlite3")) as db:
        db.execute("DROP TRIGGER audit_keeps_text")
    assert found() == "fail"
    key.unlink()
    assert found() == "fail"


def test_the_doctor_tells_of_what_was_given_up(deliveries: Run) -> None:
    """With the command that mends it."""
    findings = json.loads(deliveries("doctor", "--json").out)["findings"]

    (found,) = [finding for finding in findings if finding["what"] == "deliveries"]
    assert (found["state"], found["found"]) == ("warn", "1 given up")
