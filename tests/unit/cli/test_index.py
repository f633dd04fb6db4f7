"""index: back to an older snapshot, and the model that goes with it."""

import json
from pathlib import Path

import pytest

from tests.support.cli import Run


def test_rollback_takes_the_model_along(by_file: Run, tiny_model: Path, other_model: Path) -> None:
    """Back to the snapshot of another model: that is the library's model, and the next start works."""
    by_file("model", "use", other_model)

    ran = by_file("index", "rollback")

    assert ran.code == 0
    found = json.loads(by_file("search", "the printer", "--json").out)
    assert (found["snapshot"], found["model"]) == ("000001", str(tiny_model))


@pytest.mark.parametrize("command", [("status",), ("verify",), ("rollback",), ("rollback", "--dry-run"), ("prune",)])
def test_a_lost_snapshot_is_damage(library: Run, command: tuple[str, ...]) -> None:
    """CURRENT names a snapshot that is not there: exit 3 with a line that says so."""
    Path("lib/index/CURRENT").write_text("000009\n", encoding="ascii")

    ran = library("index", *command)

    assert (ran.code, "000009" in ran.err) == (3, True)
    assert len(ran.err.strip().splitlines()) == 1
