"""Several worker processes count as one."""

import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from retriever.api.shared_metrics import FOLDER, all_metrics, count_together, shared_folder
from retriever.telemetry import Metrics
from tests.support.server import fetch, running_server, until_ready

WORKER = """
import sys
from prometheus_client import generate_latest
from retriever.api.shared_metrics import all_metrics, count_together
from retriever.telemetry import Metrics
count_together()
first, metrics = Metrics(), Metrics()
for line in sys.stdin:
    metrics.requests.labels("/x", "GET", "200").inc()
    metrics.request_seconds.labels("/x").observe(0.3)
    metrics.cases.set(int(line))
    print(generate_latest(all_metrics(metrics.registry)).decode().replace(chr(10), ";"), flush=True)
"""


def worker() -> subprocess.Popen[str]:
    """A process that counts one request for each line, and answers with all metrics."""
    return subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str], cases: int) -> tuple[float, float, float]:
    """Requests, their number in the histogram, and cases, as this worker tells them after one more request."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{cases}\n")
    process.stdin.flush()
    line = process.stdout.readline()
    names = ('requests_total{method="GET",route="/x",status="200"}', 'request_seconds_count{route="/x"}', "cases")
    found = [re.search(rf";similar_cases_{re.escape(name)} ([0-9.]+)", line) for name in names]
    one, two, three = (float(match[1]) for match in found if match)
    return one, two, three


def test_workers_add_up_and_a_new_one_goes_on(tmp_path: Path) -> None:
    """Every worker tells the sum; it does not fall when one dies, and its successor needs no further file."""
    with shared_folder(tmp_path, 2):
        first, second = worker(), worker()
        assert told(first, 5) == (1, 1, 5)
        assert told(second, 6) == (2, 2, 6)
        assert told(first, 7) == (3, 3, 7)
        files = sorted(Path(os.environ[FOLDER]).iterdir())
        second.kill()
        second.communicate()
        third = worker()
        assert told(third, 8) == (4, 4, 8)
        assert told(first, 8) == (5, 5, 8)
        assert sorted(Path(os.environ[FOLDER]).iterdir()) == files
        for process in (first, third):
            process.communicate()

    assert FOLDER not in os.environ
    assert list((tmp_path / "run").iterdir()) == []


def test_the_folder_is_private_and_leftovers_are_swept(tmp_path: Path) -> None:
    """Nobody else may read it; the folder of a parent that was killed goes, that of a living one stays."""
    with shared_folder(tmp_path, 1):
        living = Path(os.environ[FOLDER])
        left = living.with_name("metrics-left")
        left.mkdir()
        (left / "owner.lock").touch()
        with shared_folder(tmp_path, 1):
            assert not left.exists()
            assert living.exists()
        os.environ[FOLDER] = str(living)

        assert stat.S_IMODE(living.stat().st_mode) == 0o700


def test_one_process_counts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder nothing changes: its own registry, no file."""
    monkeypatch.delenv(FOLDER, raising=False)
    count_together()
    metrics = Metrics()

    assert all_metrics(metrics.registry) is metrics.registry


@pytest.mark.slow
def test_a_scrape_tells_of_all_workers(tmp_path: Path) -> None:
    """Ten scrapes of a server with two workers tell the same, also when one of them was killed meanwhile."""

    def scrape() -> str:
        text = httpx.get(f"{address}/metrics", timeout=10).text
        return next((line for line in text.splitlines() if 'route="/v1/similar",status="200"' in line), "")

    with running_server(tmp_path, workers="2") as (process, address):
        until_ready(address)
        answered = 0
        for _ in range(20):
            answered += fetch(f"{address}/v1/similar", {"problem": "the printer"})[0] == 200
            time.sleep(0.01)
        assert answered
        assert {float(scrape().split()[-1]) for _ in range(10)} == {answered}
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        os.kill(int(children[-1]), signal.SIGKILL)
        time.sleep(3)
        until_ready(address)
        assert {float(scrape().split()[-1]) for _ in range(10)} == {answered}
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
