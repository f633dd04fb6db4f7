"""Waiting for another thread or process."""

import time
from collections.abc import Callable


def until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    """Wait for a condition; a test fails when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
