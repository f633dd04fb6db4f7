"""Bounded work: what may take long runs on a few threads behind a short queue, so that overload is an answer."""

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from prometheus_client import Counter

from retriever.errors import Overloaded, Unavailable

T = TypeVar("T")

PATIENCE_STEP = 0.02
"""Seconds between two looks of patient work for a free place."""


class Workers:
    """Threads for encoding, searching and SQLite. Used from one event loop; the counts need no lock for that reason."""

    def __init__(
        self,
        *,
        threads: int,
        queue_size: int,
        wait_seconds: float,
        during: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """`queue_size` pieces of work may wait, each for at most `wait_seconds`, before it starts within `during`."""
        self._during = during
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="similar-cases")
        self._threads = threads
        self._capacity = threads + queue_size
        self._wait_seconds = wait_seconds
        self._pending = 0
        self._rejected: Counter | None = None

    @property
    def pending(self) -> int:
        """Pieces of work that run or wait."""
        return self._pending

    def resize(self, threads: int) -> None:
        """Run new work on so many threads from now on; what is queued already ends on the threads it waits for."""
        if threads != self._threads:
            # Dropped, not shut down: its last work may just be on the way in, and idle threads end with the pool.
            self._pool = ThreadPoolExecutor(threads, thread_name_prefix="similar-cases")
            self._capacity += threads - self._threads
            self._threads = threads

    def count_rejected(self, counter: Counter) -> None:
        """Count refused work here from now on."""
        self._rejected = counter

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, run on a thread. Raises Overloaded at once when the queue is full."""
        if self._pending >= self._capacity:
            raise self._overloaded("too many requests wait already; try again in a moment")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        try:
            # The context carries the request id into the log lines of the thread.
            running = self._pool.submit(contextvars.copy_context().run, self._do, work)
        except RuntimeError as error:
            raise Unavailable("the server is shutting down.") from error
        self._pending += 1
        running.add_done_callback(lambda done: _call_soon(loop, self._settle, done, answer))
        timer = None
        if self._pending > self._threads:
            timer = loop.call_later(self._wait_seconds, running.cancel)
        try:
            return await answer
        finally:
            if timer is not None:
                timer.cancel()
            running.cancel()  # nobody waits for it any more: it must not start

    async def run_patiently(self, work: Callable[[], T]) -> T:
        """Like `run`, but waits for a place: for a long upload that gives way to single cases."""
        deadline = time.monotonic() + self._wait_seconds
        while self._pending >= self._capacity and time.monotonic() < deadline:  # noqa: ASYNC110  single cases come first
            await asyncio.sleep(PATIENCE_STEP)
        return await self.run(work)

    def close(self) -> None:
        """Let running work end and drop what waits. Blocks."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _do(self, work: Callable[[], T]) -> T:
        with self._during():
            return work()

    def _settle(self, done: "Future[Any]", answer: "asyncio.Future[Any]") -> None:
        """In the loop: free the place, whoever still listens."""
        self._pending -= 1
        if answer.done():
            return
        if done.cancelled():
            waited = f"the request waited {self._wait_seconds:g} s for its turn; try again in a moment"
            answer.set_exception(self._overloaded(waited))
        elif (error := done.exception()) is not None:
            answer.set_exception(error)
        else:
            answer.set_result(done.result())

    def _overloaded(self, message: str) -> Overloaded:
        if self._rejected is not None:
            self._rejected.inc()
        return Overloaded(message)


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback, *arguments)
