"""Whatever touches outside text takes time that grows with its length and no faster.

Each function gets nothing but repetitions of a hostile unit, then twice as many: a quadratic one takes four times as
long. Time is that of this process, the least of several runs, so that a busy machine changes nothing.
"""

import gc
import time
from collections.abc import Callable

import pytest

from tests.support.hostile import UNITS
from tests.support.text_functions import TEXT_FUNCTIONS

LENGTH = 20_000
"""Characters; the second text is twice as long."""
FAST = 0.004
"""Seconds below which the longer text is no matter: a quadratic function would take minutes for a megabyte."""
GROWTH = 2.6
RUNS = 5


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXT_FUNCTIONS)
def test_time_grows_with_the_length(name: str) -> None:
    """Twice the text takes at most 2.6 times as long, for every hostile unit."""
    work = TEXT_FUNCTIONS[name]
    slow = {}
    for unit in UNITS:
        growth, seconds = grown(work, unit)
        if growth > GROWTH:
            slow[unit] = f"{growth:.1f} times, {seconds:.2f} s"

    assert slow == {}


def grown(work: Callable[[str], object], unit: str) -> tuple[float, float]:
    """How many times as long the longer text takes, 0 where it is quick; and its seconds."""
    count = LENGTH // len(unit)
    shorter, longer = unit * count, unit * (2 * count)
    work(unit)
    first = timed(work, longer)
    if first < FAST:
        return 0.0, first
    for _ in range(RUNS):
        seconds = min(first, timed(work, longer))
        growth = seconds / max(min(timed(work, shorter), timed(work, shorter)), 1e-6)
        if growth <= GROWTH:
            break
    return growth, seconds


def timed(work: Callable[[str], object], text: str) -> float:
    """Seconds of processor time."""
    gc.disable()
    try:
        began = time.process_time()
        work(text)
        return time.process_time() - began
    finally:
        gc.enable()
