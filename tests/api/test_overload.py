"""Too much work is answered at once, and the event loop stays free while threads are busy."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from retriever.api.app import create_app
from retriever.api.requests import JSON, NDJSON
from retriever.api.routes import bulk, cases, checks, webhooks
from retriever.api.workers import Workers
from retriever.domain import FloatMatrix
from retriever.errors import Overloaded
from tests.support.api import build_service
from tests.support.builders import WordEncoder

QUESTION = {"problem": "the printer jams"}


class GatedEncoder(WordEncoder):
    """Holds every question until the gate is opened."""

    def __init__(self) -> None:
        """The gate is shut."""
        super().__init__()
        self.gate = threading.Event()
        self.started = threading.Semaphore(0)

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors, once the gate is open."""
        self.started.release()
        assert self.gate.wait(30)
        return super().encode_query(texts)


@contextmanager
def gated_app(folder: Path, **settings: object) -> Iterator[tuple[FastAPI, GatedEncoder]]:
    """An application whose questions wait for a gate; it is open at the end."""
    encoder = GatedEncoder()
    with build_service(folder, encoder=encoder, **settings) as service:
        app = create_app(service)
        try:
            yield app, encoder
        finally:
            encoder.gate.set()
            app.state.runtime.workers.close()
            app.state.runtime.arrivals.close()


def played(app: FastAPI, scene: Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]) -> None:
    """Run a scene with a client of the application."""

    async def play() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://localhost"
        ) as client:
            await scene(client)

    asyncio.run(play())


async def holds(semaphore: threading.Semaphore) -> None:
    """Wait until a thread says that it has begun."""
    assert await asyncio.to_thread(semaphore.acquire, timeout=20)


async def drained_to(workers: Workers, pending: int) -> None:
    """Wait until so many pieces of work run or wait."""
    while workers.pending != pending:  # noqa: ASYNC110  nothing tells of it but the number
        await asyncio.sleep(0.001)


def test_a_full_queue_is_answered_at_once(tmp_path: Path) -> None:
    """With one thread and one place to wait, the third question is 503 with Retry-After; the others are answered."""

    async def scene(client: httpx.AsyncClient) -> None:
        first = asyncio.create_task(client.post("/v1/similar", json=QUESTION))
        await holds(encoder.started)
        second = asyncio.create_task(client.post("/v1/similar", json=QUESTION))
        await drained_to(workers, 2)
        begin = time.perf_counter()
        third = await client.post("/v1/similar", json=QUESTION)
        took = time.perf_counter() - begin
        encoder.gate.set()

        assert (third.status_code, third.json()["code"], third.headers["Retry-After"]) == (503, "overloaded", "1")
        assert took < 0.5
        assert [(await task).status_code for task in (first, second)] == [200, 200]
        assert "similar_cases_overloaded_total 1.0" in (await client.get("/metrics")).text

    with gated_app(tmp_path, threads=1, queue_size=1) as (app, encoder):
        workers = app.state.runtime.workers
        played(app, scene)
        assert workers.pending == 0


def test_waiting_has_an_end(tmp_path: Path) -> None:
    """A question whose turn does not come in time is 503, and leaves its place."""

    async def scene(client: httpx.AsyncClient) -> None:
        first = asyncio.create_task(client.post("/v1/similar", json=QUESTION))
        await holds(encoder.started)
        second = await client.post("/v1/similar", json=QUESTION)
        assert (second.status_code, second.json()["code"]) == (503, "overloaded")
        assert app.state.runtime.workers.pending == 1
        encoder.gate.set()
        assert (await first).status_code == 200

    with gated_app(tmp_path, threads=1, queue_size=5, request_timeout=0.1) as (app, encoder):
        played(app, scene)


def test_the_event_loop_is_never_blocked(tmp_path: Path) -> None:
    """While every thread encodes, /healthz, /readyz and /metrics answer."""

    async def scene(client: httpx.AsyncClient) -> None:
        busy = [asyncio.create_task(client.post("/v1/similar", json=QUESTION)) for _ in range(4)]
        for _ in range(2):
            await holds(encoder.started)
        for path in ("/healthz", "/readyz", "/version", "/metrics"):
            answer = await asyncio.wait_for(client.get(path), 5)
            assert answer.status_code == 200
        assert not any(task.done() for task in busy)
        encoder.gate.set()
        assert [task.status_code for task in await asyncio.gather(*busy)] == [200] * 4

    with gated_app(tmp_path, threads=2) as (app, encoder):
        played(app, scene)


@pytest.mark.parametrize(
    ("module", "work", "call"),
    [
        (bulk, "_write_batch", ("POST", "/v1/cases/bulk", NDJSON[0])),
        (checks, "_check", ("POST", "/v1/cases/check", JSON[0])),
        (cases, "_create", ("POST", "/v1/cases", JSON[0])),
        (cases, "_replace", ("PUT", "/v1/cases/a1", JSON[0])),
        (webhooks, "_receive", ("POST", "/v1/webhooks/desk", JSON[0])),
    ],
)
def test_no_question_waits_for_what_comes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, work: str, call: tuple[str, str, str]
) -> None:
    """With more requests of a kind in hand than there are threads, questions are answered; too many are 503."""
    gate, begun = threading.Event(), threading.Semaphore(0)

    def held(*_: object) -> bytes:
        begun.release()
        assert gate.wait(30)
        raise ZeroDivisionError

    monkeypatch.setattr(module, work, held)
    monkeypatch.setattr(webhooks, "check_signature", lambda *_, **__: None)
    method, path, media_type = call

    async def come_in(client: httpx.AsyncClient) -> httpx.Response:
        headers = {"Content-Type": media_type, "If-Match": '"1"'}
        return await client.request(method, path, content=b'{"id":"a1","problem":"jams"}', headers=headers)

    async def scene(client: httpx.AsyncClient) -> None:
        coming = [asyncio.create_task(come_in(client)) for _ in range(3)]
        await holds(begun)
        await drained_to(app.state.runtime.arrivals, 3)
        answers = [await asyncio.wait_for(client.post("/v1/similar", json=QUESTION), 10) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 5
        if module is not bulk:  # which waits for a place
            assert (await come_in(client)).json()["code"] == "overloaded"
        assert not any(task.done() for task in coming)
        gate.set()
        assert {(await task).status_code for task in coming} == {500}

    with gated_app(tmp_path, threads=2, queue_size=2) as (app, encoder):
        encoder.gate.set()
        played(app, scene)


def test_who_leaves_gives_up_the_place() -> None:
    """Work whose caller went away while waiting never starts, and no place is lost."""

    async def scene() -> None:
        gate, ran = threading.Event(), list[int]()
        workers = Workers(threads=1, queue_size=10, wait_seconds=30)
        running = asyncio.create_task(workers.run(lambda: gate.wait(20)))
        waiting = [asyncio.create_task(workers.run(lambda: ran.append(1))) for _ in range(10)]
        await asyncio.sleep(0.05)
        assert workers.pending == 11
        with pytest.raises(Overloaded):
            await workers.run(lambda: None)
        for task in (running, *waiting):
            task.cancel()
        await asyncio.gather(running, *waiting, return_exceptions=True)
        await asyncio.sleep(0.05)
        # The one that runs cannot be stopped: it keeps its place until it ends.
        assert workers.pending == 1
        gate.set()
        await drained_to(workers, 0)
        assert ran == []
        assert await workers.run(lambda: 7) == 7
        workers.close()

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_patient_work_waits_for_a_place() -> None:
    """Patient work is not refused by a full queue that empties in time."""

    async def scene() -> None:
        gate = threading.Event()
        workers = Workers(threads=1, queue_size=1, wait_seconds=20)
        busy = [asyncio.create_task(workers.run(lambda: gate.wait(20))) for _ in range(2)]
        await asyncio.sleep(0.01)
        patient = asyncio.create_task(workers.run_patiently(lambda: 7))
        await asyncio.sleep(0.1)
        assert not patient.done()
        gate.set()
        assert await patient == 7
        await asyncio.gather(*busy)
        workers.close()

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_a_slow_body_is_given_up(tmp_path: Path) -> None:
    """A body that never ends its arrival is answered 408."""

    async def slowly() -> Any:  # noqa: ANN401
        yield b'{"problem":'
        await asyncio.sleep(20)

    async def scene(client: httpx.AsyncClient) -> None:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/v1/similar", content=slowly(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (408, "body_too_slow")

    with gated_app(tmp_path, request_timeout=0.1) as (app, _):
        played(app, scene)
