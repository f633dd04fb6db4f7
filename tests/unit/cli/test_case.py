"""case: put, show, check, delete; versions, history, merges."""

import json
from pathlib import Path

import pytest

from tests.support.cli import ANN, KIM, LEE, Run, publish, status
from tests.support.numbers import LONG_INTEGERS, NO_NUMBERS


def test_a_case_is_put_shown_and_deleted(run: Run, cases_file: Path) -> None:
    """Each step does what it says, a wrong version is refused, and a dry run leaves things as they are."""
    run("ingest", cases_file)
    changed = {**json.loads(run("case", "show", "P-1", "--json").out), "solution": "replace the rollers"}
    Path("one.json").write_text(json.dumps(changed), encoding="utf-8")

    assert run("case", "put", "one.json", "--dry-run").out == "P-1: would be updated\n"
    assert run("case", "put", "one.json", "--if-version", "7").code == 1
    assert run("case", "put", "one.json", "--if-version", "1").out == "P-1: updated\n"
    assert [version["version"] for version in json.loads(run("case", "versions", "P-1", "--json").out)] == [1, 2]
    assert "replace the rollers" in run("case", "show", "P-1").out
    assert run("case", "delete", "P-1", "--if-version", "1").code == 1
    assert run("case", "delete", "P-1", "--dry-run").code == 0
    assert run("case", "delete", "P-1").code == 0
    assert run("case", "delete", "P-1").code == 1
    assert {case["id"] for case in json.loads(run("case", "list", "--json").out)} == {"P-2", "R-1"}


def test_a_case_is_shown_by_the_id_of_its_own_system(run: Run) -> None:
    """A row of a table is known by the id that stands in it; another spelling is asked back."""
    row = "KB-017,the lift stops between two floors,reset the drive and check the door contact"
    Path("rows.csv").write_text(f"id,problem,solution\n{row}\n", encoding="utf-8")
    run("ingest", "rows.csv", "--source", "generic")

    assert "reset the drive" in run("case", "show", "KB-017").out
    assert "did you mean" in run("case", "show", "KB17").err


@pytest.mark.parametrize("value", [*NO_NUMBERS, "[" * 5_000, '"\\\0\\", "tags": ' + "[" * 5_000])
def test_a_case_with_what_is_no_number_is_refused_by_name(run: Run, value: str) -> None:
    """As is one that is nested without end, also behind a zero character: one line, no traceback."""
    Path("bad.json").write_text(f'{{"problem": "p", "solution": "s", "id": {value}}}', encoding="utf-8")

    ran = run("case", "put", "bad.json")

    assert ran.code == 1
    assert "bad.json is not JSON" in ran.err


@pytest.mark.parametrize("number", LONG_INTEGERS)
def test_a_long_integer_is_itself_in_a_file(run: Run, number: int) -> None:
    """As over HTTP."""
    Path("one.json").write_text(json.dumps({"id": number, "problem": "p", "solution": "s"}), encoding="utf-8")

    assert run("case", "put", "one.json").out.startswith(f"{number}: created")


def test_a_file_that_is_no_case_is_refused_by_name(run: Run) -> None:
    """Not JSON, not there, or without a problem: exit 1, one line, no traceback."""
    Path("bad.json").write_text("{", encoding="utf-8")
    Path("poor.json").write_text('{"id": "x", "solution": "y"}', encoding="utf-8")

    for name, word in (("bad.json", "not JSON"), ("none.json", "cannot be read"), ("poor.json", "problem")):
        ran = run("case", "put", name)
        assert ran.code == 1
        assert word in ran.err
        assert len(ran.err.strip().splitlines()) == 1


def test_a_case_is_checked_by_id_and_by_file(run: Run, cases_file: Path, tmp_path: Path) -> None:
    """Both ways tell the same of the same text."""
    run("ingest", cases_file)
    (tmp_path / "one.json").write_text(cases_file.read_text(encoding="utf-8").splitlines()[0], encoding="utf-8")

    by_id, by_file = run("case", "check", "P-1", "--json"), run("case", "check", "one.json", "--json")

    assert json.loads(by_id.out) == json.loads(by_file.out)
    assert "diagnosis" in [part["field"] for part in json.loads(by_id.out)["missing"]]
    assert run("case", "check", "P-1").code == 0
    assert run("case", "check", "P-9").code == 1


def test_a_case_is_not_similar_to_itself(library: Run) -> None:
    """Neighbours of a stored case leave it out."""
    answer = json.loads(library("case", "similar", "P-1", "--json").out)

    assert "P-1" not in {match["id"] for match in answer["matches"]}


def test_versions_are_compared_and_restored(run: Run, drafted: Path) -> None:
    """`case diff` shows the fields that differ, `case restore` brings an old text back as a new version."""
    publish(run)
    drafted.write_text('{"id": "D-1", "problem": "the printer jams", "solution": "buy another", "title": "Jam"}')
    run("case", "put", drafted)

    diff = run("case", "diff", "D-1", "4", "5")
    restored = run("case", "restore", "D-1", "4")

    assert "-clean it" in diff.out
    assert "+buy another" in diff.out
    assert restored.out == "D-1: published (version 6)\n"
    assert json.loads(run("case", "show", "D-1", "--json").out)["solution"] == "clean it"
    assert run("case", "diff", "D-1", "4", "99").code == 1


def test_history_tells_every_step(run: Run, drafted: Path) -> None:
    """Who did what in which role, with reasons and notes."""
    run("review", "submit", "D-1", *ANN)
    run("review", "reject", "D-1", *LEE, "--reason", "which printer?")
    publish(run)

    steps = json.loads(run("case", "history", "D-1", "--json").out)

    told = [(step["step"], step["actor"], step["note"]) for step in steps]
    assert told == [
        ("write", "ann", ""),
        ("submit", "ann", ""),
        ("reject", "lee", "which printer?"),
        ("submit", "ann", ""),
        ("approve", "lee", ""),
        ("publish", "kim", "tried it"),
    ]
    assert steps[-1]["answers"]["no_duplicate"] is True
    assert "which printer?" in run("case", "history", "D-1").out


def test_merging_is_undone(run: Run, drafted: Path) -> None:
    """A duplicate is historical while it is merged, and published again after `case unmerge`."""
    publish(run)
    run("ingest", "--sample")
    keep = json.loads(run("case", "list", "--status", "published", "--json").out)[-1]["id"]

    merged = run("case", "merge", keep, "D-1", *KIM)
    between = status(run)
    undone = run("case", "unmerge", "D-1", *KIM)

    assert merged.code == 0
    assert between == "historical"
    assert (undone.code, status(run)) == (0, "published")


def test_a_deleted_case_is_seen_and_brought_back(library: Run) -> None:
    """It is listed with the day it went; a dry run only tells; then it is found again."""
    library("case", "delete", "P-1")

    listed = json.loads(library("case", "deleted", "--json").out)
    told = library("case", "undelete", "P-1", "--dry-run")
    back = library("case", "undelete", "P-1")

    assert [row["id"] for row in listed] == ["P-1"]
    assert "P-1: would be published" in told.out
    assert (back.code, back.out) == (0, "P-1: published (version 2)\n")
    assert library("case", "deleted", "--json").out.strip() == "[]"
    assert json.loads(library("search", "the printer shows error E-05", "--json").out)["matches"][0]["id"] == "P-1"
