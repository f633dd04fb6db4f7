"""The walks of docs/architecture.md are walked: every file that they name is entered, in the order that they tell."""

import re

import pytest

from benchmarks.quality.walks import walk_all
from tests.meta.layers import PAGE

_WALK = re.compile(r"^### One (?P<name>\w+)\n(?P<steps>.*?)(?=^##)", re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"^\d+\. `([\w/.]+)`", re.MULTILINE)
TOLD = {name: _STEP.findall(steps) for name, steps in _WALK.findall(PAGE.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def walked() -> dict[str, list[str]]:
    """What is entered; what the server does in the background meanwhile stands between and disturbs nothing."""
    return walk_all(quiet_after=0)


@pytest.mark.parametrize("name", TOLD)
def test_a_walk_is_what_happens(walked: dict[str, list[str]], name: str) -> None:
    """The files named are a part of all that are entered, in the same order."""
    rest = iter(walked[name])

    assert TOLD[name]
    assert [file for file in TOLD[name] if file not in rest] == []


def test_every_walk_is_told(walked: dict[str, list[str]]) -> None:
    """One list for each."""
    assert set(TOLD) == set(walked)
