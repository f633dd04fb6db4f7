"""Every command over a library that is none, with arguments that are of no use: a line on stderr, never a traceback."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retriever.cli.app import load_commands
from tests.support.cli import Run

KINDS = ("text", "empty", "folder", "no folder")


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401  click's
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        below = (*path, name)
        yield from commands(command, below) if hasattr(command, "commands") else [(below, command)]


COMMANDS = {" ".join(path): command for path, command in commands(load_commands()) if path != ("serve",)}


def arguments(command: Any) -> list[str]:  # noqa: ANN401
    """What it must be given: the path of a folder for everything."""
    needed = [part for part in command.params if part.required]
    return [word for part in needed for word in ([] if part.param_type_name == "argument" else [part.opts[0]]) + ["."]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_ends_in_a_traceback(run: Run, tmp_path: Path, name: str, kind: str) -> None:
    """Whatever lies where the library should be, the command ends by itself, and says why in words."""
    file = tmp_path / "lib" / "library.sqlite3"
    if kind == "no folder":
        file.parent.write_text("a file")
    else:
        file.parent.mkdir()
        file.mkdir() if kind == "folder" else file.write_text("no database " * 100 * (kind == "text"))

    done = run(*name.split(), *arguments(COMMANDS[name]))

    assert done.code in (0, 1, 2, 3)
    assert "Traceback" not in done.err
