"""Background work gives way to questions, and is never stopped by them."""

import threading
import time
from collections.abc import Iterator

import pytest

from index import turns
from index.turns import answering, asking, give_way, in_turns


@pytest.fixture
def question() -> Iterator[threading.Event]:
    """A question that another thread answers until the event is set."""
    begun, done = threading.Event(), threading.Event()

    def answer() -> None:
        with answering():
            begun.set()
            done.wait(10)

    thread = threading.Thread(target=answer)
    thread.start()
    begun.wait(10)
    yield done
    done.set()
    thread.join()


def test_without_questions_nothing_waits() -> None:
    """A hundred thousand looks take no time."""
    begin = time.perf_counter()
    assert list(in_turns(range(100_000))) == list(range(100_000))
    assert time.perf_counter() - begin < 2


def test_work_goes_on_when_the_question_is_answered(question: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before, and at once then."""
    monkeypatch.setattr(turns, "PATIENCE", 5.0)
    threading.Timer(0.2, question.set).start()
    begin = time.perf_counter()
    give_way()
    assert 0.1 < time.perf_counter() - begin < 4


def test_endless_questions_leave_half_of_the_time(question: threading.Event) -> None:
    """Work waits for a moment, goes on for as long, and waits again."""
    waits, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < 0.5:
        before = time.perf_counter()
        give_way()
        waits += time.perf_counter() - before > turns.PATIENCE / 2
    assert not question.is_set()
    assert 3 <= waits <= 13


def test_a_question_never_waits_for_itself() -> None:
    """Its own thread does not give way to it, another one does."""
    with asking():
        with answering():
            begin = time.perf_counter()
            for _ in range(1_000):
                give_way()
            assert time.perf_counter() - begin < turns.PATIENCE
        time.sleep(2 * turns.PATIENCE)  # what an earlier test has waited is forgotten
        begin = time.perf_counter()
        give_way()
        assert time.perf_counter() - begin >= turns.PATIENCE / 2
