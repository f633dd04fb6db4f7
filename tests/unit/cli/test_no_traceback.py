"""What cannot be read ends in one line, whatever the command; never in a traceback."""

import os
from pathlib import Path

import pytest

from tests.support.cli import Run

HOSTILE = {
    "deep.json": b"[" * 100_000,
    "binary.json": bytes(range(256)) * 10,
    "empty.json": b"",
    "latin.json": "für größere Geräte\n".encode("latin-1"),
}
COMMANDS = (
    ("ingest", "{}"),
    ("ingest", "{}", "--map", "{}"),
    ("ingest", "{}", "--source", "zendesk"),
    ("case", "put", "{}"),
    ("case", "check", "{}"),
    ("restore", "{}"),
    ("export", "{}/x.xlsx"),
    ("ingest", "{}", "--rules", "{}"),
)


@pytest.mark.parametrize("name", [*HOSTILE, "missing.json", "folder"])
def test_nothing_hostile_gives_a_traceback(run: Run, name: str) -> None:
    """A missing file, a folder, bytes, another encoding and brackets without end are told in a line."""
    Path("folder").mkdir()
    for file, data in HOSTILE.items():
        Path(file).write_bytes(data)
    for command in COMMANDS:
        done = run(*(part.format(name) for part in command))
        assert "Traceback" not in done.err, command
        assert done.code in (0, 1, 2, 3), command


@pytest.mark.parametrize(
    "command",
    [
        *(("case", verb) for verb in ("show", "versions", "history", "delete", "undelete", "check")),
        ("case", "erase", "--reason", "asked"),
        *(("review", verb) for verb in ("submit", "approve", "show")),
        ("key", "revoke"),
        ("ingest",),
        ("retire", "--dry-run", "--product"),
        ("export",),
        ("sample", "load", "--actor"),
    ],
)
def test_an_argument_in_another_encoding_is_told(run: Run, command: tuple[str, ...]) -> None:
    """Python hands bytes that are no UTF-8 on as surrogates, which no database takes."""
    assert run("ingest", "--sample").code == 0
    done = run(*command, os.fsdecode(b"K\xff1"))
    assert "Traceback" not in done.err
    assert done.code in (0, 1, 2, 3)


@pytest.mark.parametrize("encoding", ["idna", "punycode", "undefined", "unicode_escape", "raw-unicode-escape", "x"])
def test_what_is_no_encoding_of_texts_is_told(run: Run, encoding: str) -> None:
    """Python has more codecs than texts come in."""
    Path("cases.csv").write_bytes("id,problem\n1,für größere Geräte\n".encode("latin-1"))
    done = run("ingest", "cases.csv", "--encoding", encoding)
    assert done.code == 1
    assert "encoding" in done.err


@pytest.mark.parametrize("command", ["show", "retry"])
@pytest.mark.parametrize("number", ["99999999999999999999", "0", "-1"])
def test_a_number_beyond_the_database_is_a_usage_error(run: Run, command: str, number: str) -> None:
    """No row has it."""
    assert run("webhook", command, "--", number).code == 2


def test_questions_in_another_encoding_are_told(run: Run) -> None:
    """Not answered as something else."""
    assert run("ingest", "--sample").code == 0
    Path("asked.txt").write_bytes("Drucker für größere Geräte\n".encode("utf-16"))
    assert "no valid utf-8" in run("search", "--file", "asked.txt").err


@pytest.mark.parametrize("name", ["local", "", "  ", "l\u043ecal", "x" * 300])
def test_a_dry_run_of_a_key_promises_nothing_false(run: Run, name: str) -> None:
    """Names are checked as for real."""
    assert run("ingest", "--sample").code == 0
    assert run("key", "create", name, "--dry-run").code == 1
    assert run("key", "create", "console", "--dry-run").code == 0
