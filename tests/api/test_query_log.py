"""The log of questions: quick to note, bounded, written in batches, nothing lost at the end."""

import threading
import timeit
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from retriever.api.query_log import QueryLog
from retriever.domain import Match, Query, ScoreParts, SearchResult, StoredCase
from retriever.errors import Locked
from retriever.store import LoggedQuery, ShownCase
from retriever.telemetry import Metrics
from tests.support.builders import make_case
from tests.support.waiting import until

ASKED = Query("the printer jams", title="Printer", error_codes=("E-05",))
ENOUGH = 10.0
"""Seconds for a thread to get its turn, on any machine."""


def answer(number: int = 0, *, matches: int = 5) -> SearchResult:
    """An answer with its own id."""
    stored = [StoredCase(make_case(f"c{key}"), key, 1, 1, "", "", "") for key in range(matches)]
    shown = tuple(Match(key + 1, 0.9, ScoreParts(0.9, 0.1, 1.0, True), one) for key, one in enumerate(stored))
    return SearchResult(f"q{number}", shown, not shown, "", "en", "000001", 7, "fake")


class Writer:
    """Where batches arrive; waits while `gate` is shut, fails while `fault` is set."""

    def __init__(self) -> None:
        self.batches: list[list[LoggedQuery]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fault: Exception | None = None
        self.entered = threading.Event()

    def write(self, queries: Sequence[LoggedQuery]) -> int:
        """Take a batch."""
        self.entered.set()
        assert self.gate.wait(ENOUGH)
        if self.fault is not None:
            raise self.fault
        self.batches.append(list(queries))
        return len(queries)

    @property
    def ids(self) -> list[str]:
        """Ids of all that arrived, in order."""
        return [query.query_id for batch in self.batches for query in batch]


@contextmanager
def running(
    writer: Writer, metrics: Metrics, *, texts: bool = False, waiting: int = 100, pause: float = 0.0
) -> Iterator[QueryLog]:
    """A log that is closed behind the block."""
    log = QueryLog(writer.write, lambda: metrics, texts=texts, waiting=waiting, pause=pause)
    log.start()
    yield log
    log.close()


def count(metrics: Metrics, name: str, **labels: str) -> float:
    """Value of a counter, 0 when it was never touched."""
    return metrics.registry.get_sample_value(f"similar_cases_{name}_total", labels) or 0.0


@pytest.mark.parametrize(("texts", "expected"), [(True, "Printer\nthe printer jams\nE-05"), (False, "")])
def test_what_was_shown_is_kept_and_the_text_on_request(texts: bool, expected: str) -> None:
    """A logged question has id, language, snapshot, matches with confidence; its text only where texts are wanted."""
    writer = Writer()

    with running(writer, Metrics(), texts=texts) as log:
        log.note(ASKED, answer(matches=2))

    (logged,) = writer.batches[0]
    assert (logged.query_id, logged.language, logged.snapshot, logged.abstained) == ("q0", "en", "000001", False)
    assert logged.matches == (ShownCase(0, 0.9), ShownCase(1, 0.9))
    assert logged.text == expected


def test_closing_writes_what_waits() -> None:
    """Every question noted before the end arrives once, in order, though the log would have waited for more."""
    writer, metrics = Writer(), Metrics()

    with running(writer, metrics, pause=3600.0) as log:
        for number in range(50):
            log.note(ASKED, answer(number))

    assert writer.ids == [f"q{number}" for number in range(50)]
    assert len(writer.batches) <= 2
    assert count(metrics, "queries_logged") == 50


def test_a_full_queue_drops_and_counts() -> None:
    """While the disk hangs, noting never waits: what does not fit is counted, what fits is written afterwards."""
    writer, metrics = Writer(), Metrics()
    writer.gate.clear()

    with running(writer, metrics, waiting=3) as log:
        log.note(ASKED, answer(0))
        assert writer.entered.wait(ENOUGH)
        for number in range(1, 9):
            log.note(ASKED, answer(number))
        dropped = count(metrics, "queries_dropped", reason="full")
        writer.gate.set()

    assert dropped == 5
    assert writer.ids == ["q0", "q1", "q2", "q3"]


@pytest.mark.parametrize("fault", [Locked("the library is busy."), RuntimeError("unforeseen")])
def test_a_failed_write_does_not_end_the_log(fault: Exception) -> None:
    """A batch that cannot be written is counted as dropped; later ones are written."""
    writer, metrics = Writer(), Metrics()
    writer.fault = fault

    with running(writer, metrics) as log:
        log.note(ASKED, answer(0))
        assert writer.entered.wait(ENOUGH)
        until(lambda: count(metrics, "queries_dropped", reason="failed") == 1)
        writer.fault = None
        log.note(ASKED, answer(1))

    assert writer.ids == ["q1"]
    assert count(metrics, "queries_dropped", reason="failed") == 1


def test_closing_a_log_that_never_started_returns() -> None:
    """An application that failed before it started can still be closed."""
    writer = Writer()

    QueryLog(writer.write, Metrics, texts=False).close()

    assert writer.batches == []


def test_noting_costs_microseconds() -> None:
    """An answer of five matches is noted in less than 20 µs (best of several runs: the machine may be busy)."""
    result = answer()
    log = QueryLog(Writer().write, Metrics, texts=True, waiting=100_000)

    best = min(timeit.repeat(lambda: log.note(ASKED, result), number=500, repeat=10)) / 500

    assert best < 20e-6
