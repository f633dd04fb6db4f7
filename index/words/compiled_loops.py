"""Compiled loops over posting lists: exact sums of given rows, and the search for the best rows."""

import numpy as np

from index.compiled import FLAGS, FLOATS, INTS, LONG, LONGS, compiled, helper, together
from index.types import Flags, FloatVector
from index.words.plain_loops import ROUNDING, Lists, Rows

_LISTS = together(INTS, FLOATS, LONGS, LONGS, FLOATS)
_FULL = 1_024  # so many found rows are cut down to the best


@helper
def _bisect(rows: Rows, start: int, stop: int, row: int) -> int:
    """The first place in [start, stop) with a row that is not smaller."""
    while start < stop:
        middle = (start + stop) >> 1
        if rows[middle] < row:
            start = middle + 1
        else:
            stop = middle
    return start


@helper
def _kth_best(values: FloatVector, k: int) -> float:
    """The k-th largest value, 0 when there are fewer; numba's `partition` takes quadratic time when many are equal."""
    if len(values) < k or k < 1:
        return 0.0
    heap = np.sort(values[:k])  # the smallest on top, as in every sorted array
    for value in values[k:]:
        if value > heap[0]:
            at, child = 0, 1
            while child < k:
                if child + 1 < k and heap[child + 1] < heap[child]:
                    child += 1
                if heap[child] >= value:
                    break
                heap[at] = heap[child]
                at, child = child, 2 * child + 1
            heap[at] = value
    return float(heap[0])


@compiled(_LISTS, INTS)
def sum_rows(lists: Lists, wanted: Rows) -> FloatVector:
    """Scores of rows, added list by list in double precision: the same for a row however it was found.

    Rows in ascending order are found quickest.
    """
    rows, adds, starts, stops, times = lists
    sums = np.zeros(len(wanted), np.float64)
    for term in range(len(starts)):
        at, stop = starts[term], stops[term]
        for i in range(len(wanted)):
            begin = at if i and wanted[i] >= wanted[i - 1] else starts[term]
            at = _bisect(rows, begin, stop, wanted[i])
            if at < stop and rows[at] == wanted[i]:
                sums[i] += adds[at] * times[term]
    return sums.astype(np.float32)


@helper
def _cut(sums: FloatVector, found: Rows, k: int) -> Rows:
    """The found rows that may be among the k best."""
    lowest = _kth_best(sums[found], k) * (1 - ROUNDING)
    return found[sums[found] >= lowest]


@compiled(_LISTS, FLAGS, LONG)
def find_best(lists: Lists, allowed: Flags, k: int) -> Rows:
    """Ascending rows among which the k best allowed ones are, every one with a sum above 0."""
    rows, adds, starts, stops, times = lists
    sums = np.zeros(len(allowed), np.float32)
    for i in range(len(starts)):
        for at in range(starts[i], stops[i]):
            sums[rows[at]] += adds[at] * times[i]
    found, count, full = np.empty(len(sums), np.int32), 0, _FULL
    lowest = np.float32(0)
    for row in range(len(sums)):
        if sums[row] > lowest and allowed[row]:
            found[count] = row
            count += 1
            if count == full:
                best = _cut(sums, found[:count], k)
                count = len(best)
                found[:count] = best
                full = max(_FULL, 2 * count)
                lowest = sums[best].min() * np.float32(1 - ROUNDING)
    return _cut(sums, found[:count], k)
