"""How a command is run by a test, how it ended, and who acts in the tests."""

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from retriever.cli import main

ANN = ("--actor", "ann", "--role", "contributor", "--team", "red")
LEE = ("--actor", "lee", "--role", "reviewer", "--team", "red")
KIM = ("--actor", "kim", "--role", "knowledge_manager")
YES = ("--effective", "--checked", "all")


@dataclass(frozen=True, slots=True)
class Ran:
    """How one command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@contextmanager
def command_line(folder: Path, model: Path) -> Iterator[Callable[[Sequence[str | Path]], int]]:
    """Runs `similar-cases` in this process and folder with this model; the library lies in `lib` below.

    What it gives takes arguments and gives the exit code.
    """
    handlers, level = logging.root.handlers[:], logging.root.level

    def run(argv: Sequence[str | Path]) -> int:
        with pytest.raises(SystemExit) as ended:
            main([str(part) for part in argv])
        return int(ended.value.code or 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SIMILAR_CASES_DATA_DIR", "lib")
        patch.setenv("SIMILAR_CASES_MODEL", str(model))
        patch.setattr(os, "nice", lambda _: 0)  # this process has other tests to run
        yield run
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


def made_by(folder: Path, model: Path, *commands: Sequence[str | Path]) -> Path:
    """The folder after these commands, which must succeed: tests work on copies of it."""
    with command_line(folder, model) as run:
        for argv in commands:
            assert run(argv) == 0, argv
    return folder


def publish(run: Run) -> None:
    """Take D-1 through both reviews."""
    assert run("review", "submit", "D-1", *ANN).code == 0
    assert run("review", "approve", "D-1", *LEE, *YES).code == 0
    assert run("review", "approve", "D-1", *KIM, *YES, "--note", "tried it").code == 0


def status(run: Run, id: str = "D-1") -> str:
    """The state of a case."""
    return str(json.loads(run("case", "show", id, "--json").out)["status"])
