"""The table of commands: it says what the commands say, and showing it imports none of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from retriever.cli.app import COMMANDS, load_command
from tests.support.cli import Run

FOLDER = Path(__file__).parents[3] / "retriever" / "cli" / "commands"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_has_the_first_line_of_each_command(name: str) -> None:
    """What `similar-cases --help` says of a command is what the command says of itself."""
    assert COMMANDS[name] == str(load_command(name).help).splitlines()[0]


def test_each_command_is_a_module_of_its_name() -> None:
    """None is missing in the table, and none stands there in vain."""
    assert {path.stem for path in FOLDER.glob("*.py")} - {"__init__"} == set(COMMANDS)


def test_help_imports_no_command() -> None:
    """Neither a command nor numpy, settings or the store: that is why it answers at once."""
    program = "import sys; from retriever.cli import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    help, loaded = done.stdout.rstrip().rsplit("\n", 1)
    assert "Find resolved cases like a problem." in help
    named = [name for name in loaded.split() if name.startswith("retriever.cli.commands.")]
    assert named == []
    assert not {"numpy", "pydantic", "retriever.store", "retriever.config"} & set(loaded.split())


def test_a_misspelt_command_is_a_usage_error_with_a_hint(run: Run) -> None:
    """Exit 2; a name that is near is offered."""
    ran = run("serch", "x")

    assert (ran.code, "search" in ran.err) == (2, True)


@pytest.mark.parametrize(("words", "offered"), [("similar-cases ind", "index"), ("similar-cases index re", "rebuild")])
def test_the_shell_completes_commands_and_what_is_below_them(words: str, offered: str) -> None:
    """Though a command is only imported when it is called."""
    environment = os.environ | {
        "_SIMILAR_CASES_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    program = "from retriever.cli import main; main([])"

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)

    assert offered in done.stdout.split()
