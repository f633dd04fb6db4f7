"""index: back to an older snapshot, and the setting that follows."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.support.cli import Run


def test_rollback_takes_the_setting_along(by_file: Run, tiny_model: Path, other_model: Path) -> None:
    """Back to the snapshot of another model: the file names that model with its length, and the next start works."""
    by_file("model", "use", other_model)

    ran = by_file("index", "rollback")

    assert ran.code == 0
    assert tomllib.loads(Path("similar-cases.toml").read_text("utf-8")) == {"model": str(tiny_model), "dims": 32}
    assert json.loads(by_file("search", "the printer", "--json").out)["snapshot"] == "000001"


def test_rollback_within_one_model_leaves_the_file_alone(by_file: Run) -> None:
    """Only another model is a reason to write settings."""
    before = Path("similar-cases.toml").read_text("utf-8")
    by_file("index", "rebuild", "--force")

    assert by_file("index", "rollback").code == 0
    assert Path("similar-cases.toml").read_text("utf-8") == before


@pytest.mark.parametrize("command", [("status",), ("verify",), ("rollback",), ("rollback", "--dry-run"), ("prune",)])
def test_a_lost_snapshot_is_damage(library: Run, command: tuple[str, ...]) -> None:
    """CURRENT names a snapshot that is not there: exit 3 with a line that says so."""
    Path("lib/index/CURRENT").write_text("000009\n", encoding="ascii")

    ran = library("index", *command)

    assert (ran.code, "000009" in ran.err) == (3, True)
    assert len(ran.err.strip().splitlines()) == 1
