"""Compiled loops that make new posting lists of old ones; apart from the others, because no server needs them."""

from typing import TypeAlias

import numpy as np

from index.compiled import INTS, LONGS, SHORTS, compiled, together
from index.types import Longs
from index.words.plain_loops import Rows, Times

CountedLists: TypeAlias = tuple[Longs, Rows, Times]
"""Lists of rows and how often: list i owns `[offsets[i], offsets[i + 1])` of both."""

_COUNTED_LISTS = together(LONGS, INTS, SHORTS)


@compiled(LONGS, INTS, INTS)
def count_kept(offsets: Longs, rows: Rows, new_rows: Rows) -> Longs:
    """How many postings of each list stay; `new_rows[row]` is negative where a row goes."""
    sizes = np.zeros(len(offsets) - 1, np.int64)
    for i in range(len(sizes)):
        for at in range(offsets[i], offsets[i + 1]):
            if new_rows[rows[at]] >= 0:
                sizes[i] += 1
    return sizes


@compiled(_COUNTED_LISTS, _COUNTED_LISTS, LONGS, INTS)
def merge_lists(old: CountedLists, fresh: CountedLists, sources: Longs, new_rows: Rows) -> CountedLists:
    """The old lists that `sources` names (-1: none), renumbered, each with the fresh list of its place merged in.

    Rows of every list ascend, and so do `new_rows`, those apart that are negative: these rows go.
    """
    old_offsets, old_rows, old_times = old
    fresh_offsets, fresh_rows, fresh_times = fresh
    offsets = np.zeros(len(sources) + 1, np.int64)
    most, count = len(old_rows) + len(fresh_rows), 0
    rows, times = np.empty(most, np.int32), np.empty(most, np.uint16)
    for i in range(len(sources)):
        at, stop = fresh_offsets[i], fresh_offsets[i + 1]
        if sources[i] >= 0:
            for place in range(old_offsets[sources[i]], old_offsets[sources[i] + 1]):
                row = new_rows[old_rows[place]]
                if row < 0:
                    continue
                while at < stop and fresh_rows[at] < row:
                    rows[count], times[count] = fresh_rows[at], fresh_times[at]
                    at += 1
                    count += 1
                rows[count], times[count] = row, old_times[place]
                count += 1
        for place in range(at, stop):
            rows[count], times[count] = fresh_rows[place], fresh_times[place]
            count += 1
        offsets[i + 1] = count
    return offsets, rows[:count].copy(), times[:count].copy()
