"""The model inside a real server process: which libraries it brings along, and a change of model while it answers."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from retriever.config import ENV_PREFIX
from tests.support.server import fetch, running_server, until_ready
from tests.support.tiny_models import build_tiny_static
from tests.support.waiting import until

HEAVY = ("libtorch", "libonnxruntime", "onnxruntime_pybind", "libopenvino")
QUESTION = {"problem": "the printer does not work", "min_confidence": 0}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the memory map of a process is read from /proc")
def test_the_default_server_never_loads_torch(tmp_path: Path) -> None:
    """After writes, questions and a look at the version, no library of a neural runtime is in the server's memory."""
    with running_server(tmp_path, model="builtin") as (process, address):
        until_ready(address)
        fetch(f"{address}/v1/cases", {"id": "a", "problem": "the printer does not work", "solution": "s"})
        answer = fetch(f"{address}/v1/similar", QUESTION)[1]
        version = fetch(f"{address}/version")[1]
        mapped = Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")

    assert (version["model"], [match["id"] for match in answer["matches"]]) == ("builtin", ["a"])  # type: ignore[attr-defined]
    assert "tokenizers" in mapped  # the map does show what is loaded
    assert [name for name in HEAVY if name in mapped] == []


@pytest.mark.slow
def test_model_use_beside_a_running_server(tmp_path: Path) -> None:
    """`model use` and `index rollback` in other processes: the server changes both times and no question fails."""
    other = build_tiny_static(tmp_path / "other", dim=16)
    config = tmp_path / "similar-cases.toml"
    with running_server(tmp_path, poll_seconds="0.05") as (_, address):
        first = str(tmp_path / "model")
        config.write_text(f'model = "{first}"\n', encoding="utf-8")
        until_ready(address)
        fetch(f"{address}/v1/cases", {"id": "a", "problem": "the printer does not work", "solution": "s"})
        _command(tmp_path, "index", "rebuild")
        with asking(address) as statuses:
            _command(tmp_path, "model", "use", str(other))
            until(lambda: fetch(f"{address}/version")[1]["model"] == str(other))
            _command(tmp_path, "index", "rollback")
            until(lambda: fetch(f"{address}/version")[1]["model"] == first)

    assert len(statuses) > 20
    assert set(statuses) == {(200, "a")}
    assert f'model = "{first}"' in config.read_text(encoding="utf-8")


@contextmanager
def asking(address: str) -> Iterator[list[tuple[int, str]]]:
    """Two clients that ask without a pause until the end; status and first case of each answer."""
    stop = threading.Event()
    seen: list[tuple[int, str]] = []

    def ask() -> None:
        while not stop.is_set():
            status, answer = fetch(f"{address}/v1/similar", QUESTION)
            matches = answer.get("matches")
            seen.append((status, str(matches[0]["id"]) if isinstance(matches, list) and matches else ""))

    with ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(ask) for _ in range(2)]
        try:
            yield seen
        finally:
            stop.set()
    for task in tasks:
        task.result()


def _command(folder: Path, *argv: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    environment |= {
        ENV_PREFIX + "DATA_DIR": str(folder / "data"),
        ENV_PREFIX + "CONFIG": str(folder / "similar-cases.toml"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [sys.executable, "-m", "retriever.cli", *argv]
    subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=True)
