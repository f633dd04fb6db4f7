"""Writers that are killed with SIGKILL at any moment, and writers that get in each other's way."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from retriever.domain import Case
from retriever.store import Store, open_store
from tests.support.store_writer import COUNTER, FILE

ROOT = Path(__file__).parents[2]


def start(mode: str, path: Path, number: int) -> "subprocess.Popen[str]":
    """A writer in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.store_writer", mode, str(path), str(number)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def kill_while_filling(path: Path, choose: random.Random) -> int:
    """Let a writer fill the library, kill it at a random moment; the last number of lines it acknowledged."""
    writer = start("fill", path, choose.randrange(10**6))
    assert writer.stdout is not None
    acknowledged = 0
    for _ in range(choose.randrange(1, 12)):
        acknowledged = int(writer.stdout.readline())
    time.sleep(choose.random() * 0.03)
    writer.kill()
    rest, _ = writer.communicate()
    # What the killed process printed last may be cut off in the middle of a number.
    whole = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    return int(whole[-1]) if whole else acknowledged


def check_whole(store: Store, acknowledged: int) -> None:
    """Every acknowledged line is there, the last batch is there as a whole or not at all, and the file is sound."""
    assert store.check() == []
    progress = store.ingests.find(FILE)
    lines = progress.line if progress else 0
    assert lines >= acknowledged
    stored = {case.case.id: case for case in store.cases.iter()}
    counter = stored.pop(COUNTER, None)
    assert stored.keys() == {f"c-{number}" for number in range(lines)}
    if counter is not None:
        assert counter.case.problem == str(lines)
        assert len(store.cases.versions(COUNTER)) == counter.version
        assert store.cases.revision() == lines + counter.version
    assert [change.revision for change in store.cases.changes_since(0)] == sorted(
        case.revision for case in [*stored.values(), *([counter] if counter else [])]
    )


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(3, id="a few"),
        pytest.param(60, id="many", marks=[pytest.mark.crash_long, pytest.mark.timeout(1_200)]),
    ],
)
def test_killed_writers_lose_nothing_acknowledged(tmp_path: Path, kills: int) -> None:
    """After each kill -9 the library opens, is sound, holds every acknowledged batch and no half of another."""
    choose = random.Random(kills)
    path = tmp_path / "library.sqlite3"
    for _ in range(kills):
        acknowledged = kill_while_filling(path, choose)
        # A reader alone must manage too: it is the one that undoes what the killed writer began.
        with open_store(path, read_only=choose.random() < 0.5) as store:
            check_whole(store, acknowledged)


@pytest.mark.parametrize(
    "times",
    [pytest.param(8, id="a few"), pytest.param(100, id="many", marks=[pytest.mark.slow, pytest.mark.timeout(600)])],
)
def test_four_writers_and_a_reader_neither_lock_nor_lose(tmp_path: Path, times: int) -> None:
    """Four processes that read, add one and write back reach the sum; nobody is ever told "locked"."""
    path = tmp_path / "library.sqlite3"
    with open_store(path) as store:
        store.cases.upsert([Case(id=COUNTER, problem="0", solution="s")])
        writers = [start("count", path, times) for _ in range(4)]
        seen = [0]
        while any(writer.poll() is None for writer in writers):
            seen.append(int(store.cases.get(COUNTER).case.problem))  # raises Locked when readers are starved
            time.sleep(0.002)
        assert [writer.communicate()[1] for writer in writers] == [""] * 4
        assert seen == sorted(seen)
        assert store.cases.get(COUNTER).case.problem == str(4 * times)
        assert [version.case.problem for version in store.cases.versions(COUNTER)] == [
            str(n) for n in range(4 * times + 1)
        ]
