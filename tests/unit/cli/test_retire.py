"""retire: all cases of a product, or of old versions of it."""

import json
from pathlib import Path

from tests.support.cli import Run, status


def test_a_product_is_retired_in_one_go(run: Run, tmp_path: Path) -> None:
    """Cases of the old versions become historical; those that name no version, or one that stays, are listed."""
    row = '{"id": "%s", "problem": "p", "solution": "s", "product": "%s", "environment": "%s"}\n'
    lines = [("R-1", "Router 3.1", ""), ("R-2", "Router", "firmware 3.0.2"), ("R-3", "Router", "3.1 and 4.0"),
             ("R-4", "Router", ""), ("R-5", "Routerama", "3.1"), ("R-6", "Router 30.1", "")]  # fmt: skip
    (tmp_path / "r.jsonl").write_text("".join(row % line for line in lines))
    run("ingest", "r.jsonl")

    done = json.loads(run("retire", "--product", "router", "--version-prefix", "3.", "--json").out)

    assert done["retired"] == ["R-1", "R-2"]
    assert {entry["id"]: entry["reason"] for entry in done["left"]} == {
        "R-3": "is also about 4.0",
        "R-4": "names no version",
        "R-6": "is about 30.1",
    }
    assert [status(run, id) for id, _, _ in lines] == ["historical"] * 2 + ["published"] * 4


def test_an_unknown_product_is_no_success(run: Run, tmp_path: Path) -> None:
    """Exit 1 with the names that are near; nothing is changed."""
    (tmp_path / "r.jsonl").write_text('{"id": "R-1", "problem": "p", "solution": "s", "product": "Router X"}\n')
    run("ingest", "r.jsonl")

    misspelt = run("retire", "--product", "Ruoter X")
    unknown = run("retire", "--product", "Toaster", "--dry-run")

    assert (misspelt.code, "'Router X'" in misspelt.err) == (1, True)
    assert (unknown.code, "no published case of product 'Toaster'" in unknown.err) == (1, True)
    assert status(run, "R-1") == "published"
