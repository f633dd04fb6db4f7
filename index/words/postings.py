"""Posting lists: for each token the rows of the cases that contain it, how often, and what that adds to their scores.

Built in chunks of consecutive cases, so that a million cases never lie in memory as Python lists; or from the lists of
an older index and the counted tokens of the cases that changed since, with the same result.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.merge import RowMerge
from index.types import FloatVector
from index.words.plain_loops import Rows, Times

_CHUNK_TOKENS = 4_000_000  # tokens sorted at a time: about 100 MB of working memory
_BLOCK = 4_000_000  # postings weighed at a time
_MOST_TIMES = 2**16 - 1


@dataclass(frozen=True, slots=True, eq=False)
class TermCounts:
    """The lists of all tokens, one after the other; token t owns [offsets[t], offsets[t + 1]), rows ascending in it.

    `times`: how often a case says the token, more than 65,535 times counting as so many; `lengths`: tokens per case.
    """

    offsets: NDArray[np.int64]
    rows: Rows
    times: Times
    lengths: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """The same lists weighed: what each token adds to each case. `counts`: what that was computed from, if known."""

    offsets: NDArray[np.int64]
    rows: Rows
    adds: FloatVector
    counts: TermCounts | None


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    """Counted tokens of some consecutive cases, sorted by (token id, row); ids count tokens as first seen."""

    ids: NDArray[np.int64]
    rows: Rows
    times: Times


@dataclass(frozen=True, slots=True, eq=False)
class CountedTokens:
    """All cases read: distinct tokens in order of their id, tokens per case, and the counts chunk by chunk."""

    tokens: list[str]
    lengths: NDArray[np.int64]
    chunks: list[_Chunk]


def count_tokens(token_lists: Iterable[Sequence[str]]) -> CountedTokens:
    """Read every case once, a list of tokens each."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    chunks, lengths, done = [], [np.empty(0, np.int64)], 0
    for ids, sizes in _iter_chunks(token_lists, numbers):
        chunks.append(_count_chunk(ids, sizes, done))
        lengths.append(sizes)
        done += len(sizes)
    return CountedTokens(list(numbers), np.concatenate(lengths), chunks)


def join_chunks(counted: CountedTokens, order: NDArray[np.int64], lists: int) -> TermCounts:
    """Move each chunk's postings to their lists; rows ascend from chunk to chunk, so lists do.

    `order[id]` is the token's place among so many lists.
    """
    sizes = np.zeros(lists, np.int64)
    for chunk in counted.chunks:
        sizes[order] += np.bincount(chunk.ids, minlength=len(order))
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    rows, times = np.empty(int(offsets[-1]), np.int32), np.empty(int(offsets[-1]), np.uint16)
    cursor = offsets[:-1][order]
    for chunk in counted.chunks:
        counts = np.bincount(chunk.ids, minlength=len(order))
        shift = cursor - (np.cumsum(counts) - counts)
        places = np.arange(len(chunk.ids)) + shift[chunk.ids]
        rows[places] = chunk.rows
        times[places] = chunk.times
        cursor += counts
    return TermCounts(offsets, rows, times, counted.lengths)


def merge_counts(old: TermCounts, sources: NDArray[np.int64], fresh: TermCounts, merge: RowMerge) -> TermCounts:
    """The old lists without the rows that go, and those of the fresh rows merged into them.

    `fresh` has one list for each new one, in that order; `sources` names the old one of each, or -1.
    """
    from index.words.merge_loops import merge_lists  # noqa: PLC0415  loaded when needed: a server never does

    lists = (old.offsets, old.rows, old.times), (fresh.offsets, merge.fresh_rows[fresh.rows], fresh.times)
    offsets, rows, times = merge_lists(*lists, sources, merge.old_rows)
    return TermCounts(offsets, rows, times, merge.join(old.lengths, fresh.lengths))


def weigh(counts: TermCounts, idfs: FloatVector, norms: FloatVector) -> Postings:
    """What each token adds to each case: idf * times / (times + norm), norm being BM25's length term of the case.

    `idfs` in order of the lists, `norms` by row.
    """
    adds = np.repeat(idfs, np.diff(counts.offsets))
    for start in range(0, len(adds), _BLOCK):
        part = slice(start, start + _BLOCK)
        times = counts.times[part].astype(np.float32)
        adds[part] *= times
        adds[part] /= times + norms[counts.rows[part]]
    return Postings(counts.offsets, counts.rows, adds, counts)


def _iter_chunks(
    token_lists: Iterable[Sequence[str]], numbers: "defaultdict[str, int]"
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Token ids of consecutive cases, and the length of each case; a new token gets the next id."""
    ids, sizes = array("q"), array("q")
    for tokens in token_lists:
        ids.extend(map(numbers.__getitem__, tokens))
        sizes.append(len(tokens))
        if len(ids) >= _CHUNK_TOKENS:
            yield np.array(ids), np.array(sizes)
            ids, sizes = array("q"), array("q")
    if sizes:
        yield np.array(ids), np.array(sizes)


def _count_chunk(ids: NDArray[np.int64], sizes: NDArray[np.int64], first_row: int) -> _Chunk:
    rows = np.repeat(np.arange(first_row, first_row + len(sizes), dtype=np.int64), sizes)
    pairs = (ids << 32) | rows
    pairs.sort()
    starts = np.flatnonzero(np.diff(pairs, prepend=-1))
    times = np.minimum(np.diff(starts, append=len(pairs)), _MOST_TIMES).astype(np.uint16)
    pairs = pairs[starts]
    return _Chunk(pairs >> 32, (pairs & 0xFFFFFFFF).astype(np.int32), times)
