"""No code without a caller in the product: what only tests call is dead. vulture looks; these lists say what lives."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from functools import cache

import pytest

from tests.meta.sources import ROOT

ALIVE: Mapping[str, str] = {
    "index/vectors/dense.py attribute by_residual": "a setting of a FAISS index",
    "index/vectors/dense.py attribute own_fields": "FAISS: who frees the parts of an index",
    "retriever/api/connections.py attribute disconnected": "uvicorn: whether anybody waits for the answer",
    "retriever/api/models/* variable *": "fields that pydantic reads from requests and writes into answers",
    "retriever/api/shared_metrics.py attribute ValueClass": "what prometheus-client counts with",
    "retriever/api/server.py function app_from_environment": "a server with workers finds the app by this name",
    "retriever/cli/commands/calibrate.py function calibrate": "a command, called by the name of its module",
    "retriever/cli/commands/doctor.py function doctor": "a command, called by the name of its module",
    "retriever/cli/commands/evaluate.py function evaluate": "a command, called by the name of its module",
    "retriever/domain.py variable *": "fields that are read and written by their names, all at once",
    "retriever/embedding/fingerprint.py variable precision": "a field that the fingerprint is made of, by its name",
    "retriever/embedding/transformer/four_bit_tokenizer.py attribute *": "settings of a tokenizer",
    "retriever/embedding/transformer/graphs.py attribute *": "settings of a session of onnxruntime",
    "retriever/evaluation/confidence.py variable *": "figures that a report takes by their names, all at once",
    "retriever/lifecycle/screening.py variable *": "members of an enum that come in as text",
    "retriever/operations/model_check.py variable *": "figures that the command prints by their names, all at once",
    "retriever/operations/snapshots.py variable mib": "a figure that the command prints by its name",
    "retriever/search/calibration.py variable fitted_at": "a field that is read and written by its name",
    "retriever/store/events.py variable OPENED": "a member of an enum that comes in as text",
}
"""File, kind and name (shell patterns) of what vulture takes for dead, and why it lives."""

_FINDING = re.compile(r"(?P<file>[^:]+):\d+: (?:unused|unreachable) (?P<kind>\w+) '(?P<name>\w+)'.*")


@cache
def findings() -> tuple[str, ...]:
    """What vulture finds, as `file kind name`."""
    command = [sys.executable, "-m", "vulture"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr
    return tuple(_parsed(done.stdout))


def _parsed(output: str) -> Iterator[str]:
    for line in output.splitlines():
        found = _FINDING.fullmatch(line)
        yield f"{found['file']} {found['kind']} {found['name']}" if found else line


def test_everything_has_a_caller() -> None:
    """Nothing is unused but what is listed."""
    assert [one for one in findings() if not any(fnmatch(one, known) for known in ALIVE)] == []


@pytest.mark.parametrize("known", ALIVE)
def test_the_lists_hold_nothing_in_vain(known: str) -> None:
    """An entry that matches nothing any more goes from its list."""
    assert any(fnmatch(one, known) for one in findings())
