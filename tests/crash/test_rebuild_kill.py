"""A rebuild that is killed at any moment loses nothing: the old snapshot serves, and the next rebuild goes on."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.snapshots import Snapshots
from retriever.indexing.live import Indexing
from retriever.indexing.rebuild import rebuild
from retriever.store import open_store
from tests.support.builders import WordEncoder, make_case

CASES = 600
CHILD = """
import sys
from pathlib import Path
from retriever.indexing.rebuild import rebuild
from retriever.store import open_store
from tests.support.builders import WordEncoder
folder = Path(sys.argv[1])
with open_store(folder / "library.sqlite3") as store:
    print("ready", flush=True)
    while True:
        rebuild(store, WordEncoder(), folder / "index", force=True)
"""


def kill_a_rebuild(folder: Path, after: float) -> None:
    """Start rebuilding in a process of its own and kill it `after` seconds of work."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(after)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()


def check(folder: Path) -> None:
    """The library opens, serves every case, and can be rebuilt."""
    with open_store(folder / "library.sqlite3") as store:
        assert store.check() == []
        indexing = Indexing(store, WordEncoder(), folder / "index")
        indexing.open()
        assert len(indexing.view()) == CASES
        assert indexing.problems() == []
        rebuild(store, WordEncoder(), folder / "index", force=True)
        assert list((folder / "index" / "snapshots").glob(".staged-*")) == []
        current = Snapshots(folder / "index").current_name()
        assert current is not None
        Snapshots(folder / "index").verify(current)


def kill_often(folder: Path, times: int) -> None:
    """Kill at random moments, checking after each."""
    with open_store(folder / "library.sqlite3") as store:
        store.cases.upsert([make_case(f"c{n}", f"problem {n} of printer {n % 17}") for n in range(CASES)])
    moments = random.Random(5)
    for _ in range(times):
        kill_a_rebuild(folder, moments.uniform(0.0, 0.4))  # a few rebuilds long
        check(folder)


def test_killed_rebuilds_lose_nothing(tmp_path: Path) -> None:
    """Three kills at random moments."""
    kill_often(tmp_path, 3)


@pytest.mark.crash_long
def test_many_killed_rebuilds_lose_nothing(tmp_path: Path) -> None:
    """Forty kills at random moments."""
    kill_often(tmp_path, 40)
