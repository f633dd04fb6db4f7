"""Commands that take a case take it by the name that its own system gave it, too."""

import json
from pathlib import Path

import pytest

from tests.support.cli import KIM, LEE, YES, Run

ROW = {"source.system": "zendesk", "source.external_id": "K1", "problem": "The printer hums.", "solution": "Clean it."}


@pytest.fixture
def drafts(run: Run) -> Run:
    """Two drafts, called by their numbers."""
    rows = [ROW | {"status": "draft"}, ROW | {"source.external_id": "K2", "problem": "The modem is hot."}]
    Path("rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert run("ingest", "rows.jsonl").code == 0
    return run


def test_a_case_goes_through_its_life_by_its_number(drafts: Run) -> None:
    """Submitted, approved twice, looked at, retired and brought back."""
    run = drafts
    for command in (
        ("review", "submit", "K1", *LEE),
        ("review", "show", "K1"),
        ("review", "approve", "K1", "--actor", "rev", "--role", "reviewer", "--team", "red", *YES),
        ("review", "approve", "k1", *KIM, *YES),
        ("case", "versions", "K1"),
        ("case", "history", "K1"),
        ("case", "show", "K1"),
        ("case", "retire", "K1", "--reason", "old", "--superseded-by", "K2", *KIM),
        ("case", "reinstate", "K1", *KIM),
        ("case", "delete", "K1"),
    ):
        done = run(*command)
        assert done.code == 0, (command, done.err)
    assert "zendesk:K1" in run("case", "deleted").out


def test_a_deleted_case_says_how_it_comes_back(drafts: Run) -> None:
    """Looking at it, and steps for it, name the command."""
    drafts("case", "delete", "K2")
    for command in (("case", "show"), ("review", "show"), ("case", "versions")):
        done = drafts(*command, "zendesk:K2")
        assert done.code == 1
        assert "case undelete" in done.err
        assert "zendesk:K2" in drafts(*command, "k2").err
    assert drafts("case", "undelete", "k2").code == 0
    drafts("case", "delete", "K2")
    assert drafts("case", "erase", "K2", "--reason", "asked").code == 0


def test_of_many_names_the_unknown_is_told_and_the_others_go(drafts: Run) -> None:
    """As for ids."""
    done = drafts("review", "submit", "K1", "K9", *LEE)
    assert done.code == 1
    assert "K9: refused: " in done.err
    assert "zendesk:K1" in done.out
