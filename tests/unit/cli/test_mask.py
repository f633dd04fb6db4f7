"""mask: what masking makes of a text, without giving away what it took."""

import io
import json
from pathlib import Path

import pytest

from retriever.store import open_store
from tests.support.builders import make_case
from tests.support.cli import Run

TEXT = "mail anna@corp.example, 电话13812345678"


def test_mask_prints_the_masked_text(run: Run) -> None:
    """The text as it would be stored, and nothing else."""
    assert run("mask", TEXT).out == "mail [EMAIL_1], 电话[PHONE_1]\n"


def test_explain_names_rules_and_hides_values(run: Run) -> None:
    """A log of the terminal must not hold what masking is there to hide."""
    shown = run("mask", TEXT, "--explain").out

    assert "email" in shown
    assert "chinese_mobile" in shown
    assert "anna@corp.example" not in shown
    assert "13812345678" not in shown


def test_values_are_shown_on_demand_only(run: Run) -> None:
    """With --show-values each row has the passage that its offsets name."""
    spans = json.loads(run("mask", TEXT, "--explain", "--show-values", "--json").out)["spans"]

    assert [TEXT[span["start"] : span["end"]] for span in spans] == [span["value"] for span in spans]
    assert [span["value"] for span in spans] == ["anna@corp.example", "13812345678"]


def test_a_file_and_standard_input_are_read(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file by --file, standard input by a dash."""
    file = tmp_path / "note.txt"
    file.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(TEXT))

    assert json.loads(run("mask", "--file", file, "--json").out) == {
        "text": "mail [EMAIL_1], 电话[PHONE_1]",
        "masking_version": 2,
    }
    assert run("mask", "-").out == "mail [EMAIL_1], 电话[PHONE_1]\n"


def test_text_and_file_exclude_each_other(run: Run, tmp_path: Path) -> None:
    """Neither, both, and a file that is missing or no text are refused in one line."""
    (tmp_path / "noise").write_bytes(b"\xff\xfe\xff")

    for arguments in ([], ["x", "--file", "noise"], ["--file", "none"], ["--file", "noise"]):
        ended = run("mask", *arguments)
        assert ended.code == 1
        assert ended.err.count("\n") == 1


def test_masking_off_stores_texts_as_they_come_and_warns(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The switch is for people who know what they do, so it says so at every start."""
    monkeypatch.setenv("SIMILAR_CASES_MASK", "off")
    Path("c.jsonl").write_text(json.dumps({"id": "c", "problem": TEXT, "solution": "s"}), encoding="utf-8")

    warned = run("ingest", "c.jsonl").err

    assert "masking_is_off" in warned
    assert json.loads(run("case", "show", "c", "--json").out)["problem"] == TEXT


def test_the_library_is_masked_in_place(run: Run, tmp_path: Path) -> None:
    """--dry-run tells what would change; then it is done, and the index is to be rebuilt."""
    with open_store(tmp_path / "lib" / "library.sqlite3", mask=False) as store:
        store.cases.upsert([make_case("a", "write to anna@corp.example")])

    told = json.loads(run("mask", "--library", "--dry-run", "--json").out)
    assert (told["changed"]["cases"], told["by_rule"]) == (1, {"email": 1})
    assert "anna@corp.example" in run("case", "show", "a", "--json").out

    assert "index rebuild" in run("mask", "--library").err
    assert "anna@corp.example" not in run("case", "show", "a", "--json").out


def test_one_thing_is_masked_at_a_time(run: Run) -> None:
    """And a library that is not there is not made."""
    assert run("mask", TEXT, "--library").code == 1
    assert run("mask", "--library").code == 3


def test_names_of_the_library_and_hidden_texts_go(run: Run, tmp_path: Path) -> None:
    """A text is shown as the library would store it: without listed names and without invisible characters."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "masking_names.txt").write_text("Zofia\n[companies]\nContoso\n", encoding="utf-8")

    shown = run("mask", "zofia of contoso has\u3164 a pri\U000e0041\ufe01nter")

    assert shown.out == "[PERSON_1] of [COMPANY_1] has a printer\n"
