"""An ingest killed with SIGKILL at any moment goes on where it stopped, and ends as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.ingest.report import IngestReport
from retriever.store import Store, open_store
from tests.support.ingest_writer import BATCH

ROOT = Path(__file__).parents[2]
ROWS = 1_200


def make_file(path: Path) -> Path:
    """Rows of which every 37th is refused, as CSV with cells over two lines."""
    lines = ["id,problem,solution,language"]
    for number in range(ROWS):
        solution = "" if number % 37 == 0 else f"solution {number}"
        lines.append(f'c-{number},"problem\n{number}",{solution},en')
    path.write_text("\n".join(lines) + "\n")
    return path


def start(file: Path, database: Path, rejects: Path) -> "subprocess.Popen[str]":
    """The ingest in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.ingest_writer", str(file), str(database), str(rejects)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def kill_at_random(writer: "subprocess.Popen[str]", choose: random.Random, how: signal.Signals) -> int:
    """Kill it after some batches; the last number of rows it said were committed."""
    assert writer.stdout is not None
    said = 0
    for _ in range(choose.randrange(1, 12)):
        said = int(writer.stdout.readline() or said)
    time.sleep(choose.random() * 0.02)
    writer.send_signal(how)
    rest, _ = writer.communicate()
    whole = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    return int(whole[-1]) if whole else said


def check_ended_well(store: Store, report: IngestReport, rejects: Path) -> None:
    """Every good row is there once, in its first version, and every bad one is listed once."""
    assert store.check() == []
    good = [number for number in range(ROWS) if number % 37]
    bad = [2 + 2 * number for number in range(ROWS) if not number % 37]
    assert [case.case.id for case in store.cases.iter()] == [f"c-{number}" for number in good]
    assert {case.version for case in store.cases.iter()} == {1}
    assert store.cases.revision() == len(good)
    assert (report.read, report.created, report.rejected) == (ROWS, len(good), len(bad))
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == bad


@pytest.mark.parametrize(
    ("seed", "kills", "how"),
    [(1, 1, signal.SIGKILL), (2, 3, signal.SIGKILL), (3, 1, signal.SIGINT)]
    + [pytest.param(seed, 4, signal.SIGKILL, marks=pytest.mark.crash_long) for seed in range(10, 25)],
)
def test_a_killed_ingest_goes_on(tmp_path: Path, seed: int, kills: int, how: signal.Signals) -> None:
    """Whatever was said to be committed is not read again; the end is the same as without a kill."""
    choose = random.Random(seed)
    file = make_file(tmp_path / "cases.csv")
    database, rejects = tmp_path / "library.sqlite3", tmp_path / "rejects.jsonl"
    said = 0
    for _ in range(kills):
        writer = start(file, database, rejects)
        said = max(said, kill_at_random(writer, choose, how))
        assert writer.returncode != 0, "the ingest ended before it was killed; make the file longer"
    with open_store(database) as store:
        assert len(list(store.cases.iter())) >= said - said // 37 - 1
        report = ingest(file, store, IngestOptions(batch=BATCH, rejects_path=rejects))
        # Row n (from 1) begins on line 2n, since every record has two lines below a header of one.
        assert report.resumed_from >= 2 * said
        check_ended_well(store, report, rejects)
        assert ingest(file, store).unchanged == report.created
