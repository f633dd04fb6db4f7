"""ingest: what goes in, what is refused by name, and a dry run that changes nothing."""

import json
from pathlib import Path

from tests.support.cli import Run


def test_ingest_says_what_it_did_and_a_second_time_changes_nothing(run: Run, cases_file: Path) -> None:
    """Three cases are created, and the same file again leaves all three as they are."""
    first = run("ingest", cases_file, "--json")
    again = run("ingest", cases_file, "--json")

    (report,) = json.loads(first.out)
    assert (first.code, report["read"], report["created"], report["rejected"]) == (0, 3, 3, 0)
    (report,) = json.loads(again.out)
    assert (again.code, report["created"], report["unchanged"]) == (0, 0, 3)


def test_a_dry_run_of_ingest_does_not_even_make_a_library(run: Run, cases_file: Path) -> None:
    """It counts what would be created and leaves the folder empty."""
    ran = run("ingest", cases_file, "--dry-run", "--json")

    assert ran.code == 0
    assert json.loads(ran.out)[0]["created"] == 3
    assert not Path("lib").exists()


def test_refused_rows_are_named_and_the_rest_goes_in(run: Run, tmp_path: Path) -> None:
    """A row without a solution costs exit 1 and a line on stderr with its number and field; the other is there."""
    file = tmp_path / "half.csv"
    file.write_text("Nr;Was;Lösung\nA-1;Drucker kaputt;Neustart\nA-2;Karte abgelehnt;\n", encoding="utf-8")

    ran = run("ingest", file, "--map", "id=Nr", "--map", "problem=Was", "--rejects", tmp_path / "no.jsonl")

    assert ran.code == 1
    assert "half.csv:3: solution: " in ran.err
    assert json.loads((tmp_path / "no.jsonl").read_text())["line"] == 3
    assert run("case", "show", "A-1").code == 0
    assert run("case", "show", "A-2").code == 1


def test_a_map_that_names_no_field_is_refused(run: Run, cases_file: Path) -> None:
    """A misspelt field is exit 1 with its name, a pair without `=` too, and nothing to read is a usage error."""
    assert (ran := run("ingest", cases_file, "--map", "problme=Was")).code == 1 and "problme" in ran.err
    assert run("ingest", cases_file, "--map", "problem").code == 1
    assert run("ingest").code == 2


def test_the_sample_library_is_loaded_once(run: Run) -> None:
    """At least 240 cases come in, and none changes the second time."""
    (first,) = json.loads(run("ingest", "--sample", "--json").out)
    (again,) = json.loads(run("ingest", "--sample", "--json").out)

    assert first["created"] == first["read"] >= 240
    assert again["unchanged"] == first["read"]


def test_an_export_is_tried_with_examples_and_then_taken(run: Run, tmp_path: Path) -> None:
    """The dry run counts by reason and shows what masking does; the tickets come in as drafts."""
    export = Path(__file__).parents[2] / "fixtures" / "importers" / "zendesk" / "normal.json"

    tried = run("ingest", export, "--source", "zendesk", "--dry-run", "--json")
    taken = run("ingest", export, "--source", "zendesk", "--json")

    (report,) = json.loads(tried.out)
    assert report["reasons"] == {"unresolved": 1, "worthless resolution": 1, "merged into another": 1}
    assert [example["line"] for example in report["examples"]] == [1]
    assert "1 skipped: unresolved" in tried.err
    assert json.loads(taken.out)[0]["created"] == 1
    assert json.loads(run("case", "show", "zendesk:35436", "--json").out)["status"] == "draft"


def test_a_mapping_file_reads_a_crm_export(run: Run) -> None:
    """The example that comes with the project, over a table in GB18030."""
    root = Path(__file__).parents[3]
    table = root / "tests" / "fixtures" / "importers" / "generic" / "normal.csv"

    ran = run(
        "ingest", table, "--source", "generic", "--map", root / "docs" / "maps" / "fxiaoke.toml", "--publish", "--json"
    )

    assert json.loads(ran.out)[0]["created"] == 1
    shown = json.loads(run("case", "show", "fxiaoke:WO-1001", "--json").out)
    assert (shown["status"], shown["error_codes"]) == ("published", ["57"])


def test_ingest_tells_of_near_duplicates_among_cases_and_drafts(run: Run, tmp_path: Path) -> None:
    """Of the rows before in the same file, too; --compare 0 leaves it out."""
    problem, solution = "the printer shows error E-05 after two pages", "clean the rollers with alcohol and restart it"
    rows = [
        {"id": id, "problem": problem + more, "solution": solution, "status": status, "language": "en"}
        for id, more, status in (("A", "", "published"), ("B", " again", "draft"), ("C", " and again", "draft"))
    ]
    file = tmp_path / "like.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    told = run("ingest", file, "--json")

    (report,) = json.loads(told.out)
    assert (report["checked"], report["near_duplicates"]) == (3, 3)
    likes = {arrival["id"]: {other["id"] for other in arrival["like"]} for arrival in report["arrivals"]}
    assert likes["C"] == {"A", "B"}
    assert "near-duplicates of 3 cases" in told.err
    assert json.loads(run("ingest", file, "--json", "--no-resume", "--compare", "0").out)[0]["checked"] == 0
