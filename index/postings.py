"""Posting lists: for each token the rows of the cases that contain it and what it adds to their scores.

Built in chunks of consecutive cases, so that a million cases never lie in memory as Python lists.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.posting_loops import Rows
from index.types import FloatVector

_CHUNK_TOKENS = 4_000_000  # tokens sorted at a time: about 100 MB of working memory


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """The lists of all tokens, one after the other; token t owns [offsets[t], offsets[t + 1]), rows ascending in it."""

    offsets: NDArray[np.int64]
    rows: Rows
    adds: FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Counted tokens of some consecutive cases, sorted by (token id, row); ids count tokens as first seen."""

    ids: NDArray[np.int64]
    rows: Rows
    times: FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """All cases read: distinct tokens in order of their id, tokens per case, and the counts chunk by chunk."""

    tokens: list[str]
    lengths: NDArray[np.int64]
    chunks: list[Chunk]


def count_tokens(token_lists: Iterable[Sequence[str]], progress: Callable[[int], None] | None = None) -> Counted:
    """Read every case once; `progress` gets the number of cases read so far."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    chunks, lengths, done = [], [np.empty(0, np.int64)], 0
    for ids, sizes in _iter_chunks(token_lists, numbers):
        chunks.append(_count_chunk(ids, sizes, done))
        lengths.append(sizes)
        done += len(sizes)
        if progress is not None:
            progress(done)
    return Counted(list(numbers), np.concatenate(lengths), chunks)


def list_offsets(counted: Counted, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each list begins, and the end of the last; `order[id]` is the token's place among the lists."""
    counts = np.zeros(len(order), np.int64)
    for chunk in counted.chunks:
        counts[order] += np.bincount(chunk.ids, minlength=len(order))
    return np.concatenate(([0], np.cumsum(counts)))


def join_chunks(
    counted: Counted,
    order: NDArray[np.int64],
    offsets: NDArray[np.int64],
    idfs: NDArray[np.float32],
    norms: NDArray[np.float32],
) -> Postings:
    """Move each chunk's postings to their lists (`idfs` in list order); rows ascend from chunk to chunk, so lists do.

    What a token adds to a case is idf * times / (times + norm), norm being BM25's length term of the case.
    """
    total = int(offsets[-1])
    rows, adds = np.empty(total, np.int32), np.empty(total, np.float32)
    cursor, idf_by_id = offsets[:-1][order], idfs[order]
    for chunk in counted.chunks:
        counts = np.bincount(chunk.ids, minlength=len(order))
        shift = cursor - (np.cumsum(counts) - counts)
        places = np.arange(len(chunk.ids)) + shift[chunk.ids]
        rows[places] = chunk.rows
        adds[places] = idf_by_id[chunk.ids] * chunk.times / (chunk.times + norms[chunk.rows])
        cursor += counts
    return Postings(offsets, rows, adds)


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


def _count_chunk(ids: NDArray[np.int64], sizes: NDArray[np.int64], first_row: int) -> Chunk:
    rows = np.repeat(np.arange(first_row, first_row + len(sizes), dtype=np.int64), sizes)
    pairs = (ids << 32) | rows
    pairs.sort()
    starts = np.flatnonzero(np.diff(pairs, prepend=-1))
    times = np.diff(starts, append=len(pairs)).astype(np.float32)
    pairs = pairs[starts]
    return Chunk(pairs >> 32, (pairs & 0xFFFFFFFF).astype(np.int32), times)
