"""Questions go first: work in the background gives way at places where it can wait.

Threads share one interpreter. A question lets go of it dozens of times (for SQLite, for compiled loops) and would wait
for its turn each time, beside work that never lets go by itself. So whoever works through rows, lines or rules gives
way between them, and long work in the background is done by one thread at a time: of several, each would take its turn.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 0.02
"""Seconds that background work waits for questions; then it goes on for as long, so that load does not stop it."""

_STEP = 0.0005
_asking: set[object] = set()  # adding and discarding is atomic
_next, _turn = threading.Lock(), threading.Lock()


class _Rest(threading.local):
    until = 0.0


_rest = _Rest()


@contextmanager
def asking() -> Iterator[None]:
    """While a person waits, wherever the work is done."""
    yield from _among_asking(object())


@contextmanager
def answering() -> Iterator[None]:
    """While a person waits for what this thread does, which never gives way itself."""
    yield from _among_asking(threading.get_ident())


@contextmanager
def alone() -> Iterator[None]:
    """While this thread does a piece of long work in the background; waits until no other one does. Never within it."""
    with _next:  # whoever waits for the turn keeps the others out: one that was just done cannot take it again before
        _turn.acquire()
    try:
        yield
    finally:
        _turn.release()


def _among_asking(who: object) -> Iterator[None]:
    _asking.add(who)
    try:
        yield
    finally:
        _asking.discard(who)


def give_way() -> None:
    """Let questions that are being answered go on; returns at once when there are none, or on their own threads."""
    if not _asking or threading.get_ident() in _asking:
        return
    now = time.monotonic()
    if now < _rest.until:
        return
    end = now + PATIENCE
    while _asking and now < end:
        time.sleep(_STEP)
        now = time.monotonic()
    if now >= end:
        _rest.until = now + PATIENCE


def in_turns(items: Iterable[T]) -> Iterator[T]:
    """The same items, giving way before each."""
    for item in items:
        give_way()
        yield item
