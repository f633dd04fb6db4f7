"""The script that trains the built-in model; a whole run is tested in tests/unit/training/model/test_run.py."""

import runpy

from tests.meta.sources import ROOT


def test_what_a_run_takes_without_being_told_is_there() -> None:
    """Configuration, model folder and log of the shipped model, wherever their rooms have moved."""
    script = runpy.run_path(str(ROOT / "scripts" / "train_builtin_model.py"))
    given = script["arguments"]().parse_args(["--pairs", "a", "--teacher", "b", "--data", "c", "--work-dir", "d"])

    assert [path for path in (given.config, given.out, given.log) if not path.exists()] == []
