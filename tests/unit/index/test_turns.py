"""Background work gives way to questions, and is never stopped by them."""

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from index import turns
from index.turns import alone, answering, asking, give_way, in_turns


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


def test_long_work_is_done_by_one_thread_at_a_time_and_each_gets_its_turn() -> None:
    """Whoever was just done waits for who waited: neither starves, and no two work at once."""
    inside, order = list[str](), list[str]()

    def work(name: str) -> None:
        for _ in range(20):
            with alone():
                inside.append(name)
                assert inside == [name]
                order.append(name)
                time.sleep(0.002)
                inside.remove(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    changes = sum(before != after for before, after in itertools.pairwise(order))
    assert len(order) == 40
    assert changes >= 20


def test_work_that_fails_leaves_the_turn_to_the_next() -> None:
    """An error of one piece of work stops no other."""
    with pytest.raises(ValueError, match="broken"), alone():
        raise ValueError("broken")
    with alone():
        pass
