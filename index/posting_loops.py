"""Compiled loops over posting lists: exact sums of given rows, and the search for the best rows."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.compiled import FLAGS, FLOATS, INTS, LONG, LONGS, compiled, together
from index.types import FloatVector

Rows: TypeAlias = NDArray[np.int32]
"""Positions in the ascending key array."""
Longs: TypeAlias = NDArray[np.int64]
Lists: TypeAlias = tuple[Rows, FloatVector, Longs, Longs, FloatVector]
"""The lists of a question, shortest first: `rows` and `adds` of all lists there are, then for each list of the question
where it starts and stops in them and how often the question says its token."""

_LISTS = together(INTS, FLOATS, LONGS, LONGS, FLOATS)
_SAMPLE = 4_096  # rows, those of the rarest tokens first, from which the k-th best sum is estimated
_WORTH_SKIPPING = 30_000  # fewer postings are summed without asking whether they could be skipped
_ROUNDING = 1e-4  # float32 sums differ from the exact ones by less than this share


@compiled(INTS, LONG, LONG, LONG)
def _bisect(rows: Rows, start: int, stop: int, row: int) -> int:
    """The first place in [start, stop) with a row that is not smaller."""
    while start < stop:
        middle = (start + stop) >> 1
        if rows[middle] < row:
            start = middle + 1
        else:
            stop = middle
    return start


@compiled(FLOATS, LONG)
def _kth_best(values: FloatVector, k: int) -> float:
    """The k-th largest value, 0 when there are fewer."""
    if len(values) < k:
        return 0.0
    return float(np.partition(values, len(values) - k)[len(values) - k])


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


@compiled(_LISTS, FLOATS, LONG, INTS, FLOATS, LONG)
def _narrowed(lists: Lists, left: FloatVector, done: int, rows_found: Rows, all_sums: FloatVector, k: int) -> Rows:
    """The found rows without those that can no longer win, once the lists from `done` on are looked up for them."""
    rows, adds, starts, stops, times = lists
    found, sums = rows_found.copy(), all_sums[rows_found]
    for i in range(done, len(starts) + 1):
        if len(found) > k:
            keep = sums >= (_kth_best(sums, k) - left[i]) * (1 - _ROUNDING) - 1e-9
            found, sums = found[keep], sums[keep]
        if i < len(starts):
            at = starts[i]
            for j in range(len(found)):
                at = _bisect(rows, at, stops[i], found[j])
                if at < stops[i] and rows[at] == found[j]:
                    sums[j] += adds[at] * times[i]
    return found


@compiled(_LISTS, FLOATS, FLAGS, LONG)
def find_best(lists: Lists, left: FloatVector, allowed: NDArray[np.bool_], k: int) -> Rows:
    """Ascending rows among which the k best allowed ones are; `left[i]` is the most that the lists from i on can add.

    Lists are added up, shortest first; as soon as the k-th best sum exceeds what all the others could add, those are
    looked up for the rows that can still win and not read (the idea of MaxScore, Turtle and Flood 1995).
    """
    rows, adds, starts, stops, times = lists
    unread = (stops - starts).sum()
    sums = np.zeros(len(allowed), np.float32)
    touched = np.empty(min(unread, len(allowed)), np.int32)
    count, done = 0, len(starts)
    for i in range(len(starts)):
        if unread > _WORTH_SKIPPING and left[0] - left[i] > left[i]:
            floor = _kth_best(sums[touched[: min(count, _SAMPLE)]], k)
            if floor * (1 - _ROUNDING) > left[i] * (1 + _ROUNDING):
                done = i
                break
        for at in range(starts[i], stops[i]):
            row = rows[at]
            if allowed[row]:
                if sums[row] == 0:
                    touched[count] = row
                    count += 1
                sums[row] += adds[at] * times[i]
        unread -= stops[i] - starts[i]
    floor = _kth_best(sums[touched[: min(count, _SAMPLE)]], k)
    lowest = (floor - left[done]) * (1 - _ROUNDING)
    found = touched[:count]
    return _narrowed(lists, left, done, np.sort(found[sums[found] >= lowest]), sums, k)
