"""Concurrent questions through the batching encoder."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from retriever.domain import FloatMatrix
from retriever.embedding.batching import BatchingEncoder, open_for_serving
from retriever.embedding.static import StaticEncoder
from retriever.errors import Overloaded
from tests.support.tiny_models import CORPUS


class GatedEncoder:
    """The static model behind a gate: a run waits until the test opens it, and notes how many texts it had."""

    def __init__(self, inner: StaticEncoder) -> None:
        self.inner = inner
        self.gate = threading.Event()
        self.started = threading.Semaphore(0)
        self.sizes: list[int] = []
        self.name, self.dim, self.fingerprint = inner.name, inner.dim, inner.fingerprint

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Wait for the gate; the text `poison` breaks the run."""
        self.sizes.append(len(texts))
        self.started.release()
        assert self.gate.wait(10)
        if "poison" in texts:
            raise ValueError("poison")
        return self.inner.encode_query(texts)

    def encode_cases(self, texts: Sequence[str]) -> FloatMatrix:
        """No gate for cases."""
        return self.inner.encode_cases(texts)


@pytest.fixture
def gated(static_encoder: StaticEncoder) -> Iterator[GatedEncoder]:
    """A gated encoder whose gate opens at the end whatever happens."""
    encoder = GatedEncoder(static_encoder)
    yield encoder
    encoder.gate.set()


def _wait_for(serving: BatchingEncoder, waiting: int) -> None:
    for _ in range(2000):
        if serving._queue.qsize() >= waiting:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{serving._queue.qsize()} requests wait, expected {waiting}")


def test_every_thread_gets_its_own_vector(static_encoder: StaticEncoder) -> None:
    """Sixteen threads asking at once each get exactly what the model gives for their question."""
    expected = static_encoder.encode_query(CORPUS)

    with BatchingEncoder(static_encoder, queue_size=200) as serving, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda text: serving.encode_query([text])[0], CORPUS))

    assert np.array_equal(np.stack(answers), expected)


def test_what_arrives_during_a_run_forms_one_batch(gated: GatedEncoder) -> None:
    """A lone question starts at once; the five that come meanwhile run together afterwards."""
    with BatchingEncoder(gated) as serving, ThreadPoolExecutor(6) as pool:
        first = pool.submit(serving.encode_query, ["a"])
        assert gated.started.acquire(timeout=10)
        rest = [pool.submit(serving.encode_query, [text]) for text in CORPUS[:5]]
        _wait_for(serving, 5)
        gated.gate.set()
        answers = [future.result(10) for future in [first, *rest]]

    assert gated.sizes == [1, 5]
    assert all(answer.shape == (1, 32) for answer in answers)


def test_full_queue_refuses_at_once(gated: GatedEncoder) -> None:
    """One running, two waiting, and the next is refused instead of hanging."""
    with BatchingEncoder(gated, queue_size=2) as serving, ThreadPoolExecutor(3) as pool:
        running = pool.submit(serving.encode_query, ["a"])
        assert gated.started.acquire(timeout=10)
        waiting = [pool.submit(serving.encode_query, ["b"]) for _ in range(2)]
        _wait_for(serving, 2)

        with pytest.raises(Overloaded, match="2 questions are waiting") as caught:
            serving.encode_query(["c"])
        gated.gate.set()
        assert [future.result(10).shape for future in [running, *waiting]] == [(1, 32)] * 3
    assert caught.value.retry_after == 1


def test_slow_model_times_out(gated: GatedEncoder) -> None:
    """A question that waits longer than allowed is refused, and its place is not answered later."""
    with BatchingEncoder(gated, timeout=0.05) as serving:
        with pytest.raises(Overloaded, match=r"within 0\.05 s"):
            serving.encode_query(["a"])
        gated.gate.set()


def test_one_bad_question_fails_alone(gated: GatedEncoder) -> None:
    """An error inside a shared run reaches only the thread whose text caused it."""
    with BatchingEncoder(gated) as serving, ThreadPoolExecutor(4) as pool:
        first = pool.submit(serving.encode_query, ["a"])
        assert gated.started.acquire(timeout=10)
        bad = pool.submit(serving.encode_query, ["poison"])
        good = [pool.submit(serving.encode_query, [text]) for text in CORPUS[:2]]
        _wait_for(serving, 3)
        gated.gate.set()

        with pytest.raises(ValueError, match="poison"):
            bad.result(10)
        assert [future.result(10).shape for future in [first, *good]] == [(1, 32)] * 3


def test_closing_refuses_what_waits_and_what_comes(gated: GatedEncoder) -> None:
    """Close lets the running batch finish, refuses the waiting ones, and stays closed."""
    serving = BatchingEncoder(gated)
    with ThreadPoolExecutor(3) as pool:
        running = pool.submit(serving.encode_query, ["a"])
        assert gated.started.acquire(timeout=10)
        waiting = pool.submit(serving.encode_query, ["b"])
        _wait_for(serving, 1)
        closing = pool.submit(serving.close)
        with pytest.raises(Overloaded, match="shutting down"):
            waiting.result(10)
        gated.gate.set()
        closing.result(10)
        assert running.result(10).shape == (1, 32)
    with pytest.raises(Overloaded, match="shutting down"):
        serving.encode_query(["c"])


def test_a_retired_encoder_answers_all(gated: GatedEncoder) -> None:
    """Retiring lets what waits be answered, ends the thread, and who still asks is answered without it."""
    serving = BatchingEncoder(gated)
    with ThreadPoolExecutor(3) as pool:
        running = pool.submit(serving.encode_query, ["a"])
        assert gated.started.acquire(timeout=10)
        waiting = pool.submit(serving.encode_query, ["b"])
        _wait_for(serving, 1)
        retiring = pool.submit(serving.retire)
        gated.gate.set()
        retiring.result(10)
        late = serving.encode_query(["c"])
        assert [future.result(10).shape for future in (running, waiting)] == [(1, 32)] * 2

    assert np.array_equal(late, gated.inner.encode_query(["c"]))
    assert not serving._worker.is_alive()
    serving.close()


def test_static_models_need_no_queue(static_encoder: StaticEncoder, gated: GatedEncoder) -> None:
    """Serving wraps slow models only; cases bypass the queue."""
    assert open_for_serving(static_encoder) is static_encoder

    serving = open_for_serving(gated)

    assert isinstance(serving, BatchingEncoder)
    assert np.array_equal(serving.encode_cases(CORPUS[:2]), static_encoder.encode_cases(CORPUS[:2]))
    assert (serving.name, serving.dim, serving.fingerprint) == (gated.name, gated.dim, gated.fingerprint)
    serving.close()
