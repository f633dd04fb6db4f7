"""Answered questions on their way into the library: the answer only queues them, one thread writes many at once."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from retriever.case.texts import query_text
from retriever.case.times import utc_stamp
from retriever.domain import Query, SearchResult
from retriever.errors import SimilarCasesError
from retriever.store import LoggedQuery, ShownCase
from retriever.telemetry import Metrics

log = structlog.get_logger()

WAITING = 4_096
"""Questions that may wait to be written; one more is not logged. Without texts, about 2 MB."""
BATCH = 512
"""Questions in one transaction."""
PAUSE = 1.0
"""Seconds for which questions are collected: each transaction waits for the disk, and other writers wait for it."""

_END = None


class _Noted(NamedTuple):
    """A question as the answer leaves it: put into words later, when nobody waits. A tuple is the quickest to make."""

    at: float
    query: Query | None
    query_id: str
    language: str
    abstained: bool
    snapshot: str
    shown: list[tuple[int, float]]


class QueryLog:
    """Keeps what was asked and shown, through a bounded queue and one writing thread. Closing writes the rest."""

    def __init__(
        self,
        write: Callable[[Sequence[LoggedQuery]], object],
        metrics: Callable[[], Metrics],
        *,
        texts: bool,
        waiting: int = WAITING,
        pause: float = PAUSE,
    ) -> None:
        """`write` stores and masks questions; with `texts` their text is kept too. `start` begins to write."""
        self._write = write
        self._metrics = metrics
        self._texts = texts
        self._pause = pause
        self._queue: queue.Queue[_Noted | None] = queue.Queue(maxsize=waiting)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="similar-cases-query-log", daemon=True)

    def start(self) -> None:
        """Begin to write, in a thread of its own."""
        self._thread.start()

    def note(self, query: Query, result: SearchResult) -> None:
        """Queue an answered question; never waits. When the queue is full it is dropped and counted."""
        # Only what is needed, so that a waiting question does not keep its cases in memory; the rest is done in _work.
        shown = [(match.stored.key, match.confidence) for match in result.matches]
        facts = (result.query_id, result.language, result.abstained, result.snapshot)
        try:
            self._queue.put_nowait(_Noted(time.time(), query if self._texts else None, *facts, shown))
        except queue.Full:
            self._metrics().queries_dropped.labels("full").inc()

    def close(self) -> None:
        """Write what waits and end the thread. Blocks; what is noted afterwards is lost."""
        self._closing.set()
        if self._thread.is_alive():
            self._queue.put(_END)
            self._thread.join()

    def _work(self) -> None:
        ended = False
        while not ended:
            batch, ended = self._collected()
            if batch:
                self._store([_logged(noted) for noted in batch])

    def _collected(self) -> tuple[list[_Noted], bool]:
        """The first question to come and those of the next moment, and whether the end came behind them."""
        first = self._queue.get()
        if first is _END:
            return [], True
        batch = [first]
        if self._queue.qsize() < BATCH:
            self._closing.wait(self._pause)  # ends at once when the server stops
        while len(batch) < BATCH:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is _END:
                return batch, True
            batch.append(following)
        return batch, False

    def _store(self, batch: Sequence[LoggedQuery]) -> None:
        metrics = self._metrics()
        try:
            self._write(batch)
        except SimilarCasesError as error:
            metrics.queries_dropped.labels("failed").inc(len(batch))
            log.warning("questions_not_logged", questions=len(batch), reason=str(error))
        except Exception as error:
            # A thread that died of it would drop every later question in silence.
            metrics.queries_dropped.labels("failed").inc(len(batch))
            log.error("questions_not_logged", questions=len(batch), reason=type(error).__name__)
        else:
            metrics.queries_logged.inc(len(batch))


def _logged(noted: _Noted) -> LoggedQuery:
    return LoggedQuery(
        query_id=noted.query_id,
        at=utc_stamp(datetime.fromtimestamp(noted.at, UTC)),
        language=noted.language,
        abstained=noted.abstained,
        snapshot=noted.snapshot,
        matches=tuple(ShownCase(key, confidence) for key, confidence in noted.shown),
        text=query_text(noted.query) if noted.query is not None else "",
    )
