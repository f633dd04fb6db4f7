"""What is declared is imported and what is imported is declared: deptry looks, pyproject.toml says what may pass."""

import subprocess
import sys

import pytest

from tests.meta.sources import ROOT

SHIPPED = ("retriever", "index")
ALL = (*SHIPPED, "benchmarks", "scripts", "examples", "tests")


@pytest.mark.parametrize(
    ("folders", "flags"),
    [
        pytest.param(SHIPPED, ("--optional-dependencies-dev-groups", "test,bench"), id="core"),
        pytest.param(ALL, ("--exclude", r"\.git"), id="extras"),
    ],
)
def test_dependencies_are_what_is_imported(folders: tuple[str, ...], flags: tuple[str, ...]) -> None:
    """The shipped code needs the core and nothing of the extras for tests and benchmarks; no entry is there in vain."""
    command = [sys.executable, "-m", "deptry", *folders, "--no-ansi", *flags]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "No dependency issues found" in done.stderr
