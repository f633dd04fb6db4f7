"""The server as a process: it listens, answers, follows, and ends in order."""

import signal
import socket
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from retriever.api.server import export_settings, serve
from retriever.config import ENV_PREFIX, Settings, load_settings
from retriever.errors import Unavailable
from tests.support.server import fetch, running_server, until_ready


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_one_process_answers_and_ends_in_order(tmp_path: Path, stop: signal.Signals) -> None:
    """It announces its address, becomes ready, answers, and ends on a signal without a complaint."""
    with running_server(tmp_path) as (process, address):
        assert fetch(f"{address}/healthz")[0] == 200
        until_ready(address)
        created = fetch(f"{address}/v1/cases", {"id": "a", "problem": "the printer does not work", "solution": "s"})
        asked = {"problem": "the printer does not work", "min_confidence": 0}
        status, answer = fetch(f"{address}/v1/similar", asked)
        process.send_signal(stop)
        _, complaints = process.communicate(timeout=30)

    assert (created[0], status) == (201, 200)
    assert [match["id"] for match in answer["matches"]] == ["a"]  # type: ignore[attr-defined]
    assert "Traceback" not in complaints
    assert process.returncode in (0, -stop)


@pytest.mark.slow
def test_several_processes_share_a_port_and_follow(tmp_path: Path) -> None:
    """With two workers, what one of them writes is soon found by every request."""
    with running_server(tmp_path, workers="2", poll_seconds="0.05") as (process, address):
        time.sleep(0.5)
        until_ready(address)
        fetch(f"{address}/v1/cases", {"id": "a", "problem": "the printer does not work", "solution": "s"})
        found, deadline = 0, time.monotonic() + 240
        while found < 20:
            status, answer = fetch(f"{address}/v1/similar", {"problem": "the printer", "min_confidence": 0})
            found = found + 1 if status == 200 and answer["matches"] else 0
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=30)

    assert "Traceback" not in complaints
    assert process.returncode in (0, -signal.SIGTERM)


@pytest.mark.slow
def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """A parent that is killed cannot tell them; the port is free again soon all the same."""
    with running_server(tmp_path, workers="2") as (process, address):
        until_ready(address)
        process.kill()
        process.wait(10)
        host, _, port = address.removeprefix("http://").rpartition(":")
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
            except ConnectionRefusedError:
                break
            assert time.monotonic() < deadline, "somebody still listens"
            time.sleep(0.1)


@pytest.mark.slow
def test_a_bulk_upload_that_stalls_is_ended(tmp_path: Path) -> None:
    """With 408, in the time of a request, and the server goes on."""
    with running_server(tmp_path, request_timeout="1") as (_, address):
        until_ready(address)
        host, _, port = address.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(
                b"POST /v1/cases/bulk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                b"Content-Length: 100000\r\n\r\n"
            )
            connection.sendall(b'{"id": "a", "problem": "p", "solution": "s"}\n')
            told = connection.recv(65_536)
        assert told.startswith(b"HTTP/1.1 408"), told
        assert fetch(f"{address}/healthz")[0] == 200


def test_a_port_in_use_is_said_plainly(tmp_path: Path) -> None:
    """A second server on the same port is refused with the address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"127.0.0.1 port {port}"):
            serve(Settings(data_dir=tmp_path, port=port))


def test_settings_reach_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written into the environment is read back as the same settings."""
    settings = Settings(
        data_dir=tmp_path,
        workers=3,
        min_confidence=0.25,
        log_questions=True,
        dims=64,
        webhook_secrets={"github": SecretStr("a secret of the test, long enough")},
        review_days_by_category={"Network": 30},
        reminder_secret=SecretStr("another secret of the test"),
    )
    for name in Settings.model_fields:
        monkeypatch.setenv(ENV_PREFIX + name.upper(), "x")  # so that the test's end takes all of them back
        monkeypatch.delenv(ENV_PREFIX + name.upper())

    export_settings(settings)

    assert load_settings() == settings
