"""The scripts in examples/ do what they say."""

import json
import runpy
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

from retriever.api.app import create_app
from retriever.store import open_store
from tests.support.api import build_service
from tests.support.builders import make_case

EXAMPLES = Path(__file__).parents[2] / "examples"
CASES = (make_case("jam"), make_case("refund", "the refund has not arrived on the card", product="shop"))
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
def address(tmp_path: Path) -> Iterator[str]:
    """Where a library of two cases is served, over a real connection."""
    with build_service(tmp_path, *CASES) as service, socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(service), log_config=None))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def test_asking_prints_the_nearest_case_and_why(run: Run, address: str) -> None:
    """The best case, its solution, and the words that both say."""
    told = run("ask.py", "my refund has not arrived", "--url", address)

    first, solution, *why = told.splitlines()
    assert "refund" in first
    assert "clean the rollers" in solution
    assert any(line.startswith("      why: both say") and "refund" in line for line in why)


def test_a_question_without_an_answer_says_so(run: Run, address: str) -> None:
    """Nothing of the library is like it."""
    assert run("ask.py", "sourdough starter", "--url", address).startswith("nothing found: ")


def test_importing_tells_first_and_then_does(run: Run, tmp_path: Path) -> None:
    """Two good rows and one without a solution."""
    file = tmp_path / "export.csv"
    file.write_text("Nr,Description,Answer\n1,printer jams,clean it\n2,no sound,plug it in\n3,empty,\n", "utf-8")
    told = run("import_csv.py", file, "--map", "id=Nr", "--map", "problem=Description", "--map", "solution=Answer",
               "--data-dir", tmp_path / "lib")  # fmt: skip

    assert "would be created: 2, refused: 1" in told
    assert "were created: 2, refused: 1" in told
    assert "line 4: solution: " in told
    with open_store(tmp_path / "lib" / "library.sqlite3") as store:
        assert sorted(stored.case.id for stored in store.cases.iter()) == ["1", "2"]


def test_own_questions_are_measured(run: Run, tmp_path: Path) -> None:
    """One question that the library answers."""
    with open_store(tmp_path / "library.sqlite3") as store:
        store.cases.upsert(CASES)
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps({"id": "q", "text": "the printer jams", "relevant": ["jam"]}), "utf-8")
    told = run("evaluate_own_questions.py", file, "--data-dir", tmp_path)

    assert "ndcg@10: 100.0 of 100 over 1 questions" in told
    assert "ECE: " in told
