"""The server as a process of its own, and requests to it without a client library."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from retriever.config import ENV_PREFIX
from tests.support.tiny_models import build_tiny_static

PROGRAM = """
import sys
from retriever.api.server import serve
from retriever.config import load_settings
if __name__ == "__main__":
    serve(load_settings(port=0), announce=lambda address: print(address, flush=True))
"""


@contextmanager
def running_server(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process over a new library, and its address; killed if the test leaves it running."""
    model = build_tiny_static(folder / "model")
    program = folder / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    values = {"data_dir": str(folder / "data"), "model": str(model)} | settings
    environment = os.environ | {ENV_PREFIX + name.upper(): value for name, value in values.items()}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, str(program)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # its workers too


def fetch(address: str, body: object = None) -> tuple[int, dict[str, object]]:
    """Status and answer of one request on a connection of its own."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(address, data, {"Content-Type": "application/json"})  # noqa: S310  our own server
    try:
        with urlopen(request, timeout=30) as response:  # noqa: S310
            return response.status, json.load(response)
    except HTTPError as error:
        return error.code, json.load(error)


def until_ready(address: str) -> None:
    """Wait until questions are welcome."""
    deadline = time.monotonic() + 60
    while fetch(f"{address}/readyz")[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
