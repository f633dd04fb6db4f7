"""No command writes over what it reads, nor over the library."""

import json
import os
from pathlib import Path

import pytest

from tests.support.cli import Run

ROWS = "\n".join(json.dumps({"id": f"T-{n}", "problem": f"Printer {n} is jammed."}) for n in range(3)) + "\n{broken\n"


@pytest.mark.parametrize("name", ["in.jsonl", "./in.jsonl", "sub/../in.jsonl", "soft.jsonl", "hard.jsonl"])
@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--source", "generic")])
def test_rejects_never_empty_the_file_that_is_read(run: Run, name: str, more: tuple[str, ...]) -> None:
    """By whatever name; nothing is taken in either."""
    file = Path("in.jsonl")
    file.write_text(ROWS, encoding="utf-8")
    Path("sub").mkdir()
    Path("soft.jsonl").symlink_to(file)
    os.link(file, "hard.jsonl")

    done = run("ingest", "in.jsonl", "--rejects", name, *more)

    assert done.code == 1
    assert "--rejects" in done.err
    assert "choose another name" in done.err
    assert file.read_text(encoding="utf-8") == ROWS


@pytest.mark.parametrize("option", ["--map", "--rules"])
def test_rejects_never_empty_a_file_of_rules(run: Run, option: str) -> None:
    """What else the command reads is kept, too."""
    Path("in.jsonl").write_text(ROWS, encoding="utf-8")
    Path("more.toml").write_text("[fields]\nproblem = 'problem'\n" if option == "--map" else "", encoding="utf-8")
    before = Path("more.toml").read_bytes()

    done = run("ingest", "in.jsonl", "--source", "generic", option, "more.toml", "--rejects", "more.toml")

    assert done.code != 0
    assert Path("more.toml").read_bytes() == before


def test_rejects_are_json_lines_by_name(run: Run) -> None:
    """A name that promises a table is refused: what is in it would not be read back."""
    Path("in.jsonl").write_text(ROWS, encoding="utf-8")
    done = run("ingest", "in.jsonl", "--rejects", "no.csv")
    assert done.code == 2
    assert "no.jsonl" in done.err
    assert run("ingest", "in.jsonl", "--rejects", "no.jsonl").code == 1
    assert json.loads(Path("no.jsonl").read_text().splitlines()[-1])["row"] == {"": "{broken"}


@pytest.mark.parametrize("command", [("ingest", "in.jsonl", "--rejects"), ("export", "--force")])
def test_nothing_is_written_over_the_library(run: Run, command: tuple[str, ...]) -> None:
    """Database, seals and snapshots stay what they are."""
    Path("in.jsonl").write_text(ROWS, encoding="utf-8")
    run("ingest", "in.jsonl")
    assert run("index", "rebuild").code == 0
    files = [path for path in Path("lib").rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))]
    assert len(files) > 5
    for file in files:
        before = file.read_bytes()
        done = run(*command, file, *(("--format", "jsonl") if command[0] == "export" else ()))
        assert done.code != 0, file
        assert file.read_bytes() == before, file


def test_judgements_are_never_written_over(run: Run) -> None:
    """The result of a measurement does not take the place of its questions."""
    Path("asked.jsonl").write_text('{"id": "q", "text": "printer jammed", "relevant": ["T-1"]}\n', encoding="utf-8")
    before = Path("asked.jsonl").read_bytes()
    for option in ("--out", "--html", "--save-run"):
        done = run("evaluate", "--judgements", "asked.jsonl", option, "asked.jsonl")
        assert done.code == 1
        assert option in done.err
    assert Path("asked.jsonl").read_bytes() == before


def test_a_misspelt_help_desk_is_told(run: Run) -> None:
    """A new name is taken for a help desk of one's own, but not without a word when it nearly is a known one."""
    Path("in.jsonl").write_text(ROWS, encoding="utf-8")
    assert "did you mean zendesk?" in run("ingest", "in.jsonl", "--source", "zendsk").err
    assert "did you mean" not in run("ingest", "in.jsonl", "--source", "ourdesk").err
