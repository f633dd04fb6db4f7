"""The walk through the life of a case in docs/lifecycle.md does what the page says, line by line."""

import re
import shlex
from pathlib import Path

from tests.support.cli import Run

PAGE = (Path(__file__).parents[3] / "docs" / "lifecycle.md").read_text(encoding="utf-8")
TEXT = '{"id": "D-1", "problem": "the printer jams", "solution": "%s", "product": "LX2"}'


def test_the_walk_by_command_line(run: Run, tmp_path: Path) -> None:
    """Every command of the page succeeds and says what stands below it."""
    (tmp_path / "draft.json").write_text(TEXT % "clean it")
    (tmp_path / "better.json").write_text(TEXT % "clean it twice")
    run("ingest", "--sample")
    block = re.search(r"```console\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    steps = re.findall(r"^\$ similar-cases (.*)\n((?:[^$].*\n)*)", block[1], re.MULTILINE)

    assert len(steps) == 17
    for command, said in steps:
        done = run(*shlex.split(command))
        assert (done.code, done.err if done.code else "") == (0, ""), command
        assert done.out == said or not said, command
