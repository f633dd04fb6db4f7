"""The threads that do what may take long: how much may wait, how long, and what happens at the end."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from retriever.api.workers import Workers
from retriever.errors import Overloaded, Unavailable


def play(scene: Callable[[], Awaitable[None]]) -> None:
    """Run a scene; one that hangs fails."""
    asyncio.run(asyncio.wait_for(scene(), 20))


class Gate:
    """Work that says when it begins and ends when the gate is opened."""

    def __init__(self) -> None:
        """Nothing has begun."""
        self.begun = 0
        self._lock, self._open = threading.Lock(), threading.Event()

    def work(self) -> int:
        """Wait for the gate."""
        with self._lock:
            self.begun += 1
        assert self._open.wait(15)
        return self.begun

    def open(self) -> None:
        """Let all end."""
        self._open.set()

    async def reaches(self, count: int) -> None:
        """Wait until so many have begun."""
        while self.begun < count:  # noqa: ASYNC110  threads tell by the number only
            await asyncio.sleep(0.001)


def test_so_many_run_and_so_many_wait() -> None:
    """The next one is refused and counted; every result finds its caller, every place is free again."""
    refused = Counter("refused", "x", registry=CollectorRegistry())

    async def scene() -> None:
        workers, gate = Workers(threads=2, queue_size=3, wait_seconds=30), Gate()
        with pytest.raises(ZeroDivisionError):
            await workers.run(lambda: 1 // 0)
        assert workers.pending == 0
        workers.count_rejected(refused)
        tasks = [asyncio.create_task(workers.run(gate.work)) for _ in range(5)]
        await gate.reaches(2)
        assert (workers.pending, gate.begun) == (5, 2)
        with pytest.raises(Overloaded, match="too many requests wait already"):
            await workers.run(gate.work)
        gate.open()
        assert len(await asyncio.gather(*tasks)) == 5
        assert (workers.pending, await workers.run(lambda: 7)) == (0, 7)
        workers.close()

    play(scene)
    assert refused._value.get() == 1.0


def test_an_end_of_patience_is_told_with_its_time() -> None:
    """What waits too long is refused without ever starting; what runs is not cut off."""
    refused = Counter("refused", "x", registry=CollectorRegistry())

    async def scene() -> None:
        workers, gate, ran = Workers(threads=1, queue_size=1, wait_seconds=0.05), Gate(), list[int]()
        workers.count_rejected(refused)
        running = asyncio.create_task(workers.run(gate.work))
        await gate.reaches(1)
        with pytest.raises(Overloaded, match=r"waited 0\.05 s"):
            await workers.run(lambda: ran.append(1))
        assert (workers.pending, ran) == (1, [])
        waiting = asyncio.create_task(workers.run(lambda: ran.append(1)))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await workers.run_patiently(lambda: ran.append(1))
        with pytest.raises(Overloaded):
            await waiting
        gate.open()
        assert await running == 1
        workers.close()

    play(scene)
    assert refused._value.get() >= 2.0


@pytest.mark.parametrize(("threads", "at_once", "places"), [(1, 1, 4), (2, 2, 5), (3, 3, 6)])
def test_other_numbers_of_threads_count_for_new_work(threads: int, at_once: int, places: int) -> None:
    """As many run at once, and as many more or fewer may wait and run in all."""

    async def scene() -> None:
        workers, gate = Workers(threads=2, queue_size=3, wait_seconds=30), Gate()
        workers.resize(threads)
        tasks = [asyncio.create_task(workers.run(gate.work)) for _ in range(places)]
        await gate.reaches(at_once)
        await asyncio.sleep(0.02)
        assert (gate.begun, workers.pending) == (at_once, places)
        with pytest.raises(Overloaded):
            await workers.run(gate.work)
        gate.open()
        await asyncio.gather(*tasks)
        workers.resize(threads)
        assert await workers.run(lambda: 7) == 7
        workers.close()

    play(scene)


def test_closing_ends_what_runs_and_drops_what_waits() -> None:
    """Afterwards nothing begins; who waited is told."""

    async def scene() -> None:
        workers, gate, ran = Workers(threads=1, queue_size=5, wait_seconds=30), Gate(), list[Any]()
        running = asyncio.create_task(workers.run(gate.work))
        await gate.reaches(1)
        waiting = asyncio.create_task(workers.run(lambda: ran.append(1)))
        await asyncio.sleep(0.01)
        closing = asyncio.create_task(asyncio.to_thread(workers.close))
        await asyncio.sleep(0.05)
        assert not closing.done()
        gate.open()
        await closing
        assert await running == 1
        with pytest.raises(Overloaded):
            await waiting
        with pytest.raises(Unavailable, match="shutting down"):
            await workers.run(lambda: ran.append(2))
        assert (ran, workers.pending) == ([], 0)

    play(scene)
