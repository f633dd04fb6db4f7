"""A server of this program, or of another checkout of it, in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from retriever.config import Settings

STARTUP_SECONDS = 60
NO_MORE: Mapping[str, str] = {}


@contextmanager
def running_server(
    settings: Settings, *flags: str, checkout: Path | None = None, more: Mapping[str, str] = NO_MORE
) -> Iterator[tuple[int, float]]:
    """A server of its own process on a free port; the port and the seconds until it was ready.

    `checkout` is the folder whose code runs, this one without it; `more` are further variables of its environment.
    """
    environment = os.environ | {
        "SIMILAR_CASES_DATA_DIR": str(settings.data_dir),
        "SIMILAR_CASES_WORKERS": "1",
        "SIMILAR_CASES_MODEL": settings.model,
        **more,
    }
    port = _free_port()
    command = [sys.executable, "-m", "retriever.cli", "serve", "--port", str(port), *flags]
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=checkout, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield port, _wait_until_ready(port, started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_until_ready(port: int, started: float) -> float:
    while time.perf_counter() - started < STARTUP_SECONDS:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
                if answer.status == 200:
                    return time.perf_counter() - started
        except OSError:
            time.sleep(0.01)
    raise TimeoutError("the server did not become ready")
