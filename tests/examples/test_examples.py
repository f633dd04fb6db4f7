"""The scripts in examples/ do what they say."""

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.serving import running_server
from retriever.config import Settings
from retriever.store import open_store
from tests.support.builders import make_case

EXAMPLES = Path(__file__).parents[2] / "examples"
Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a script with these arguments; what it prints."""

    def run(name: str, *arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    return run


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with a library of two cases."""
    with open_store(tmp_path / "library.sqlite3") as store:
        store.cases.upsert([make_case("jam"), make_case("refund", "the refund has not arrived on the card")])
    return tmp_path


def test_asking_prints_the_nearest_case_and_why(run: Run, library: Path) -> None:
    """Over HTTP, from a real server."""
    with running_server(Settings(data_dir=library)) as (port, _):
        told = run("ask.py", "my refund has not arrived", "--url", f"http://127.0.0.1:{port}")

    assert "refund" in told.splitlines()[0]
    assert "both say: " in told


def test_importing_tells_first_and_then_does(run: Run, tmp_path: Path) -> None:
    """Two good rows and one without a solution."""
    file = tmp_path / "export.csv"
    file.write_text("Nr,Description,Answer\n1,printer jams,clean it\n2,no sound,plug it in\n3,empty,\n", "utf-8")
    told = run("import_csv.py", file, "--map", "id=Nr", "--map", "problem=Description", "--map", "solution=Answer",
               "--data-dir", tmp_path / "lib")  # fmt: skip

    assert "would be created: 2, refused: 1" in told
    assert "were created: 2, refused: 1" in told
    with open_store(tmp_path / "lib" / "library.sqlite3") as store:
        assert sorted(stored.case.id for stored in store.cases.iter()) == ["1", "2"]


def test_own_questions_are_measured(run: Run, library: Path) -> None:
    """One question that the library answers."""
    file = library / "questions.jsonl"
    file.write_text(json.dumps({"id": "q", "text": "the printer jams", "relevant": ["jam"]}), "utf-8")
    told = run("evaluate_own_questions.py", file, "--data-dir", library)

    assert "ndcg@10: 100.0 of 100 over 1 questions" in told
    assert "ECE: " in told
