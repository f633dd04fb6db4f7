"""audit: tampering is found, and the log goes out as it was sealed."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.cli import Run


def test_tampering_is_exit_3(run: Run, cases_file: Path, tmp_path: Path) -> None:
    """`audit verify` says what kind it is; a head noted earlier finds what the files agree on."""
    run("ingest", cases_file)
    head = json.loads(run("audit", "verify", "--json").out)["head"]
    assert run("audit", "verify", "--head", head).code == 0
    assert run("audit", "verify", "--head", "nonsense").code == 1
    with closing(sqlite3.connect(tmp_path / "lib" / "library.sqlite3")) as db:
        db.execute("DROP TRIGGER audit_keeps_text")
        db.execute("UPDATE audit SET entry = replace(entry, 'local', 'eve') WHERE position = 2")
        db.commit()

    verified = run("audit", "verify", "--json")
    assert verified.code == 3
    assert {finding["kind"] for finding in json.loads(verified.out)["findings"]} == {"edited", "unguarded"}


def test_the_audit_log_is_exported_as_it_was_sealed(run: Run, cases_file: Path, tmp_path: Path) -> None:
    """One JSON line per entry, and no file is written over."""
    run("ingest", cases_file)

    assert run("audit", "export", "log.jsonl").code == 0
    assert run("audit", "export", "log.jsonl").code == 1
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    with closing(sqlite3.connect(tmp_path / "lib" / "library.sqlite3")) as db:
        assert lines == [row[0] for row in db.execute("SELECT entry FROM audit ORDER BY position")]
    assert run("audit", "anchor").code == 0
