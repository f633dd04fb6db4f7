"""Concurrent questions share one run of a slow model, without any of them waiting for company.

One worker thread takes whatever is queued: a lone question starts at once, what arrives meanwhile is the next batch.
"""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from retriever.domain import Encoder, FloatMatrix
from retriever.embedding.fingerprint import Identity
from retriever.embedding.static import StaticEncoder
from retriever.errors import Overloaded

MAX_BATCH = 32
"""Questions in one run: on a CPU larger batches raise the wait of the first one and gain nothing."""


@dataclass(frozen=True, slots=True)
class _Request:
    texts: Sequence[str]
    answer: "Future[FloatMatrix]" = field(default_factory=Future)


class BatchingEncoder:
    """An encoder for serving: many threads may ask, one thread runs the model, a full queue refuses. Must be closed."""

    def __init__(self, encoder: Encoder, *, queue_size: int = 64, timeout: float = 10.0) -> None:
        """Serve `encoder`; `queue_size` requests may wait, each at most `timeout` seconds."""
        self._encoder = encoder
        self._timeout = timeout
        self._queue: queue.Queue[_Request | None] = queue.Queue(maxsize=queue_size)
        self._closed = False
        self._retired = False
        self._entry = threading.Lock()
        self._worker = threading.Thread(target=self._work, name="encoder", daemon=True)
        self._worker.start()

    @property
    def name(self) -> str:
        """Name of the model behind."""
        return self._encoder.name

    @property
    def dim(self) -> int:
        """Length of each vector."""
        return self._encoder.dim

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the model behind."""
        return self._encoder.fingerprint

    @property
    def identity(self) -> Identity | None:
        """What the fingerprint is made of, where the model tells."""
        return getattr(self._encoder, "identity", None)

    @property
    def backend(self) -> str:
        """What computes the vectors."""
        return str(getattr(self._encoder, "backend", ""))

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of questions, (len(texts), dim), batched with other threads' questions; Overloaded when full."""
        if isinstance(texts, str):
            raise TypeError("texts must be a sequence of strings, not one string")
        request = self._queued(texts)
        if request is None:
            return self._encoder.encode_query(texts)
        try:
            return request.answer.result(self._timeout)
        except TimeoutError:
            request.answer.cancel()
            raise Overloaded(f"the model did not answer within {self._timeout:g} s.") from None
        except CancelledError:
            raise Overloaded("the encoder is shutting down.") from None

    def encode_cases(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of case problems, straight from the model: writers do not stand in the questions' queue."""
        return self._encoder.encode_cases(texts)

    def retire(self) -> None:
        """Answer what waits and end the thread: another model took over. Who still asks here runs the model alone."""
        with self._entry:
            if self._closed or self._retired:
                return
            self._retired = True
        self._queue.put(None)
        self._worker.join()

    def close(self) -> None:
        """Finish the batch that runs, refuse what still waits."""
        with self._entry:
            if self._closed:
                return
            self._closed = True
        while True:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                break
            if waiting is not None:
                waiting.answer.cancel()
        self._queue.put(None)
        self._worker.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _queued(self, texts: Sequence[str]) -> _Request | None:
        """A request in the queue; None once retired, when nobody reads the queue any more."""
        request = _Request(list(texts))
        with self._entry:
            if self._closed:
                raise Overloaded("the encoder is shutting down.")
            if self._retired:
                return None
            try:
                self._queue.put_nowait(request)
            except queue.Full:
                raise Overloaded(f"{self._queue.maxsize} questions are waiting for the model already.") from None
        return request

    def _work(self) -> None:
        stop = False
        while not stop:
            batch, stop = self._take_batch()
            running = [request for request in batch if request.answer.set_running_or_notify_cancel()]
            if running:
                self._answer(running)

    def _take_batch(self) -> tuple[list[_Request], bool]:
        """Wait for one request, then take what is queued already; the flag says that it is time to stop."""
        batch: list[_Request] = []
        size = 0
        while size < MAX_BATCH:
            try:
                request = self._queue.get(block=not batch)
            except queue.Empty:
                break
            if request is None:
                return batch, True
            batch.append(request)
            size += len(request.texts)
        return batch, False

    def _answer(self, batch: list[_Request]) -> None:
        try:
            vectors = self._encoder.encode_query([text for request in batch for text in request.texts])
        except Exception as error:  # whatever the model raises belongs to the threads that asked
            self._answer_apart(batch, error)
            return
        start = 0
        for request in batch:
            stop = start + len(request.texts)
            request.answer.set_result(vectors[start:stop])
            start = stop

    def _answer_apart(self, batch: list[_Request], error: Exception) -> None:
        """One bad text must not fail its neighbours: run each request by itself."""
        if len(batch) == 1:
            batch[0].answer.set_exception(error)
            return
        for request in batch:
            self._answer([request])


def open_for_serving(encoder: Encoder, *, queue_size: int = 64, timeout: float = 10.0) -> Encoder:
    """The encoder behind a batching queue, or itself if it is static: that one is faster than any queue."""
    if isinstance(encoder, StaticEncoder):
        return encoder
    return BatchingEncoder(encoder, queue_size=queue_size, timeout=timeout)
