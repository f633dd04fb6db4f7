"""audit: tampering is found, and the log goes out as it was sealed."""

import http.server
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from retriever.lifecycle.channels import SIGNATURE
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


@contextmanager
def receiver(status: int) -> Iterator[tuple[str, list[tuple[str | None, bytes]]]]:
    """A webhook on this machine: its address, and signature and body of each request that came."""
    came: list[tuple[str | None, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append((self.headers[SIGNATURE], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/heads", came
        server.shutdown()


def cut_and_cover(folder: Path) -> None:
    """Put back, with everything that belongs to it, the library that was copied to `yesterday`."""
    for path in (folder / "yesterday").iterdir():
        (folder / "lib" / path.name).write_bytes(path.read_bytes())


def test_a_head_in_a_file_elsewhere_proves_a_cut(run: Run, cases_file: Path, tmp_path: Path) -> None:
    """`audit anchor --to F` adds a line, `audit verify --anchor F` finds that the log no longer holds it."""
    heads = tmp_path / "heads.jsonl"
    run("ingest", cases_file)
    (tmp_path / "yesterday").mkdir()
    for path in (tmp_path / "lib").glob("library*"):
        (tmp_path / "yesterday" / path.name).write_bytes(path.read_bytes())

    assert run("audit", "anchor", "--to", heads, "--dry-run").code == 0
    assert not heads.exists()
    assert run("audit", "anchor", "--to", heads).code == 0
    run("key", "create", "anna")
    assert run("audit", "anchor", "--to", heads).code == 0
    assert len(heads.read_text().splitlines()) == 2
    assert run("audit", "verify", "--anchor", heads).code == 0
    cut_and_cover(tmp_path)

    assert run("audit", "verify").code == 0
    found = run("audit", "verify", "--anchor", heads, "--json")
    assert (found.code, [one["kind"] for one in json.loads(found.out)["findings"]]) == (3, ["truncated"])


def test_no_head_of_a_log_that_is_not_whole_is_written(run: Run, cases_file: Path, tmp_path: Path) -> None:
    """Neither when it was tampered with, nor when it lacks what the file knows: the file stays as it is."""
    heads = tmp_path / "heads.jsonl"
    run("ingest", cases_file)
    run("audit", "anchor", "--to", heads)
    before = heads.read_text()
    with closing(sqlite3.connect(tmp_path / "lib" / "library.sqlite3")) as db:
        db.execute("UPDATE cases SET version = 9 WHERE key = 1")
        db.commit()

    refused = run("audit", "anchor", "--to", heads)
    assert (refused.code, heads.read_text()) == (3, before)
    assert "nothing was written" in refused.err


@pytest.mark.parametrize("content", [None, "", "\n\n", b"\xff\xfe"])
def test_a_file_without_heads_is_refused(
    run: Run, cases_file: Path, tmp_path: Path, content: str | bytes | None
) -> None:
    """A file that is missing, empty or no text proves nothing, and must not pass for a check."""
    heads = tmp_path / "heads.jsonl"
    run("ingest", cases_file)
    if content is not None:
        heads.write_bytes(content if isinstance(content, bytes) else content.encode())

    refused = run("audit", "verify", "--anchor", heads)
    assert (refused.code, "--anchor" in refused.err) == (1, True)


def test_a_head_goes_to_a_webhook(run: Run, cases_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As JSON, signed where there is a secret; what it got, kept in a file, is what `verify --anchor` reads."""
    monkeypatch.setenv("SIMILAR_CASES_REMINDER_SECRET", "quiet")
    run("ingest", cases_file)
    with receiver(204) as (address, came):
        assert run("audit", "anchor", "--to", address).code == 0
    ((signature, body),) = came
    (tmp_path / "received").write_bytes(body)

    assert json.loads(body)["event"] == "audit.anchor"
    assert signature is not None
    assert run("audit", "verify", "--anchor", tmp_path / "received").code == 0


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_does_not_take_the_head_is_told(run: Run, cases_file: Path, status: int) -> None:
    """Exit 3, without the address, which may hold a token; a redirect is not followed."""
    run("ingest", cases_file)
    with receiver(status) as (address, came):
        refused = run("audit", "anchor", "--to", address + "?token=abc")

    assert (refused.code, len(came), str(status) in refused.err, "abc" in refused.err) == (3, 1, True, False)


def test_there_is_no_head_before_the_first_entry(run: Run, tmp_path: Path) -> None:
    """An empty log has nothing to be held against later."""
    run("key", "list")

    assert run("audit", "anchor", "--to", tmp_path / "heads").code != 0
    assert not (tmp_path / "heads").exists()
