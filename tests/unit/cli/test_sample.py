"""sample: in, out again, and never over what somebody changed."""

import json
from pathlib import Path

from tests.support.cli import YES, Run


def test_the_sample_goes_and_own_cases_stay(run: Run, cases_file: Path) -> None:
    """A dry run tells the number; afterwards only one's own cases are there."""
    run("ingest", cases_file)
    loaded = run("sample", "load")
    told = run("sample", "remove", "--dry-run")
    removed = run("sample", "remove")

    assert loaded.out.split()[0] == told.out.split()[0] == removed.out.split()[0]
    assert [case["id"] for case in json.loads(run("case", "list", "--json").out)] == ["R-1", "P-2", "P-1"]


def test_a_second_load_leaves_what_was_reviewed(run: Run) -> None:
    """A sample case that was confirmed keeps its new date; a removed one comes back."""
    run("sample", "load")
    run("review", "confirm", "BNK-001", "--actor", "lee", "--role", "reviewer", *YES)
    run("case", "delete", "BNK-002")
    before = json.loads(run("case", "show", "BNK-001", "--json").out)

    again = run("sample", "load")

    assert again.out.startswith("1 sample cases loaded")
    assert json.loads(run("case", "show", "BNK-001", "--json").out) == before
