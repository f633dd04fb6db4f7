"""BM25 over tokens: exact, filtered inside the search, read from memory-mapped arrays.

A posting list holds, for one token, the rows of the cases that contain it and what the token adds to each of them
(idf included), so that a search is a sum over a few lists: `index.words.loops` knows who does it.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from index.keys import Allowed, KeyArray, KeySet, as_array
from index.lru import LruCache
from index.merge import RowMerge
from index.types import Flags, FloatVector, Hits, best_hits
from index.words.loops import posting_loops
from index.words.plain_loops import Lists, Rows
from index.words.postings import CountedTokens, Postings, TermCounts, join_chunks, merge_counts, weigh
from index.words.vocabulary import Vocabulary, build_vocabulary, load_vocabulary

K1 = 1.2
"""How soon repeating a token stops to count."""
B = 0.75
"""How much a long case must share, 0 (length is ignored) to 1."""
FORMAT = 1
_QUESTIONS_KEPT = 16  # more than are in work at any time


@dataclass(frozen=True, slots=True)
class Statistics:
    """What scores depend on besides the words themselves: number of cases and their mean length in tokens."""

    cases: int
    mean_length: float

    def idf(self, cases_with_token: int) -> float:
        """Lucene's idf, always positive; a token that no case has counts like one that a single case has."""
        found = max(cases_with_token, 1)
        return math.log1p((max(self.cases, 1) - found + 0.5) / (found + 0.5))


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What is looked up of a question once: its lists and its ceiling."""

    lists: Lists
    ceiling: float

    @property
    def size(self) -> int:
        """How many postings its lists have."""
        return int((self.lists[3] - self.lists[2]).sum())


class Words:
    """An index over posting lists; never changes after it was built, so threads may share it."""

    def __init__(
        self, keys: KeyArray, vocabulary: Vocabulary, postings: Postings, statistics: Statistics, like: "Words | None"
    ) -> None:
        """Use `build_words`, `merge_words` or `load_words`."""
        self._keys = keys
        self._vocabulary = vocabulary
        self._postings = postings
        self._statistics = statistics
        self._like = like
        first = int(keys[0]) if len(keys) else 0
        self._first_key = first if len(keys) and int(keys[-1]) - first + 1 == len(keys) else None
        # A question is searched, then its candidates are scored: its lists are looked up once for both.
        self._recent: LruCache[tuple[str, ...], _Asked] = LruCache(_QUESTIONS_KEPT)
        self._everything = np.ones(len(keys), np.bool_)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> KeyArray:
        """Every key, ascending."""
        return self._keys

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokens that some case has."""
        return self._vocabulary

    @property
    def counts(self) -> TermCounts | None:
        """What `merge_words` takes over; None in an index that was saved before it was kept."""
        return self._postings.counts

    @property
    def statistics(self) -> Statistics:
        """The numbers that scores are computed with: its own, or those of the index given as `like`."""
        return self._statistics

    def search(self, tokens: Sequence[str], k: int, allowed: Allowed = None) -> Hits:
        """The k best allowed keys with a score above 0; fewer only if fewer allowed keys share a token."""
        asked = self._asked(tokens)
        if not asked.size or k <= 0:
            return _NO_HITS
        rows, scores = self._candidates(asked, k, allowed)
        return best_hits(self._keys[rows], scores, k)

    def scores(self, tokens: Sequence[str], keys: KeyArray) -> FloatVector:
        """BM25 score of each key, in the order given; 0 where nothing is shared or the key is not in the index."""
        asked = self._asked(tokens)
        result = np.zeros(len(keys), np.float32)
        if not asked.size:
            return result
        rows = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        known = self._keys[rows] == keys
        result[known] = posting_loops().sum_rows(asked.lists, rows[known].astype(np.int32))
        return result

    def ceiling(self, tokens: Sequence[str]) -> float:
        """An upper bound of any score for these tokens: the sum of their idf, unknown ones at the highest."""
        return self._asked(tokens).ceiling if self._like is None else self._like.ceiling(tokens)

    def known(self, tokens: Sequence[str]) -> set[str]:
        """Those of the tokens that some case has."""
        return {token for token, number in zip(tokens, self._vocabulary.numbers(tokens), strict=True) if number >= 0}

    def idf(self, tokens: Sequence[str]) -> list[float]:
        """The idf of each token in this index, the highest for an unknown one."""
        offsets = self._postings.offsets
        counts = (int(offsets[n + 1] - offsets[n]) if n >= 0 else 0 for n in self._vocabulary.numbers(tokens))
        return [self._statistics.idf(count) for count in counts]

    def save(self, directory: Path) -> None:
        """Write the index into an existing, empty directory as .npy files and one JSON header."""
        postings = self._postings
        for name in _ARRAYS:
            array_ = self._keys if name == "keys" else getattr(postings, name)
            np.save(directory / f"words_{name}.npy", array_, allow_pickle=False)
        for name in _COUNT_ARRAYS if postings.counts is not None else ():
            np.save(directory / f"words_{name}.npy", getattr(postings.counts, name), allow_pickle=False)
        self._vocabulary.save(directory)
        header = {"format": FORMAT, "cases": self._statistics.cases, "mean_length": self._statistics.mean_length}
        (directory / "words.json").write_text(json.dumps(header) + "\n", encoding="utf-8")

    def _asked(self, tokens: Sequence[str]) -> _Asked:
        asked = tuple(tokens)
        return self._recent.get(asked, lambda: self._look_up(asked))

    def _look_up(self, tokens: Sequence[str]) -> _Asked:
        """The lists of a question's known tokens, shortest first: the one order in which scores are summed."""
        said = Counter(tokens)
        numbers = np.array(self._vocabulary.numbers(list(said)), np.int64)
        times = np.fromiter(said.values(), np.float32, len(said))
        postings, known = self._postings, numbers >= 0
        sizes = np.zeros(len(numbers), np.int64)
        sizes[known] = postings.offsets[numbers[known] + 1] - postings.offsets[numbers[known]]
        idfs = map(self._statistics.idf, sizes.tolist())
        ceiling = sum(idf * often for idf, often in zip(idfs, times.tolist(), strict=True))
        order = np.lexsort((numbers, sizes))
        order = order[known[order]]
        numbers, sizes, times = numbers[order], sizes[order], times[order]
        starts = postings.offsets[numbers]
        lists = (postings.rows, postings.adds, starts, starts + sizes, times)
        return _Asked(lists, ceiling or self._statistics.idf(0))

    def _candidates(self, asked: _Asked, k: int, allowed: Allowed) -> tuple[Rows, FloatVector]:
        """Rows among which the k best allowed ones are, with their scores, every one above 0."""
        mask = self._everything
        if allowed is not None:
            if len(allowed) * len(asked.lists[2]) * _LOOKUP_COST <= asked.size + len(self._keys) * _SCAN_COST:
                rows = self._allowed_rows(allowed)
                scores = posting_loops().sum_rows(asked.lists, rows)
                return rows[scores > 0], scores[scores > 0]
            mask = self._allowed_mask(allowed)
        rows = posting_loops().find_best(asked.lists, mask, k)
        return rows, posting_loops().sum_rows(asked.lists, rows)

    def _allowed_rows(self, allowed: KeySet) -> Rows:
        keys = as_array(allowed)
        if self._first_key is not None:
            first, beyond = np.searchsorted(keys, (self._first_key, self._first_key + len(self._keys)))
            return keys[first:beyond].astype(np.int32) - np.int32(self._first_key)
        rows = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return cast(Rows, rows[self._keys[rows] == keys].astype(np.int32))

    def _allowed_mask(self, allowed: KeySet) -> Flags:
        span = int(self._keys[-1]) + 1
        if self._first_key is None and span <= 8 * len(self._keys) + 1_000_000:
            by_key = np.zeros(span, np.bool_)
            keys = as_array(allowed)
            by_key[keys[: np.searchsorted(keys, span)]] = True
            return np.asarray(by_key[self._keys], np.bool_)
        mask = np.zeros(len(self._keys), np.bool_)
        mask[self._allowed_rows(allowed)] = True
        return mask


_ARRAYS = ("keys", "offsets", "rows", "adds")
_COUNT_ARRAYS = ("times", "lengths")
_NO_HITS = Hits(np.empty(0, np.int64), np.empty(0, np.float32))
# In units of adding one posting to a sum: the cost of one binary search in one list, and of one row of the final scan.
_LOOKUP_COST = 25
_SCAN_COST = 0.25


def build_words(keys: KeyArray, counted: CountedTokens, *, like: Words | None = None) -> Words:
    """Index what `count_tokens` counted of these cases, in this order; keys strictly ascending.

    With `like` the scores use that index's statistics, so that both can be merged into one ranking.
    ValueError when keys are not ascending or there is not one token list for each.
    """
    keys = np.ascontiguousarray(keys, np.int64)
    if len(keys) and (int(keys[0]) < 0 or bool(np.any(keys[1:] <= keys[:-1]))):
        raise ValueError("keys must be distinct, ascending and not negative")
    if len(counted.lengths) != len(keys):
        raise ValueError(f"{len(keys)} keys but {len(counted.lengths)} token lists")
    vocabulary, order = build_vocabulary(counted.tokens)
    return _weighed(keys, vocabulary, join_chunks(counted, order, len(vocabulary)), like)


def merge_words(old: Words, merge: RowMerge, counted: CountedTokens) -> Words:
    """The old index without the cases that go, and with the counted fresh ones (by ascending key).

    Equal, number by number, to an index of the same cases built from nothing. ValueError when `old` holds no counts.
    """
    from index.words.merge_loops import count_kept  # noqa: PLC0415  loaded when needed: a server never does

    if old.counts is None:
        raise ValueError("this word index does not say how often its tokens are said: build it from nothing")
    staying = np.flatnonzero(count_kept(old.counts.offsets, old.counts.rows, merge.old_rows))
    listed = np.full(len(old.vocabulary), -1, np.int64)  # place of each old token among those that stay
    listed[staying] = np.arange(len(staying))
    known = np.array(old.vocabulary.numbers(counted.tokens), np.int64)
    places = np.where(known >= 0, listed[known], -1) if len(listed) else known
    names = old.vocabulary.tokens()
    unseen = np.flatnonzero(places < 0)
    places[unseen] = len(staying) + np.arange(len(unseen))
    vocabulary, numbers = build_vocabulary(
        [*(names[i] for i in staying.tolist()), *(counted.tokens[i] for i in unseen.tolist())]
    )
    sources = np.full(len(vocabulary), -1, np.int64)
    sources[numbers[: len(staying)]] = staying
    fresh = join_chunks(counted, numbers[places], len(vocabulary))
    return _weighed(merge.keys, vocabulary, merge_counts(old.counts, sources, fresh, merge), None)


def _weighed(keys: KeyArray, vocabulary: Vocabulary, counts: TermCounts, like: Words | None) -> Words:
    mean = float(counts.lengths.mean()) if len(keys) else 0.0
    statistics = Statistics(len(keys), mean) if like is None else like.statistics
    if like is None:
        idfs = [statistics.idf(count) for count in np.diff(counts.offsets).tolist()]
    else:
        idfs = like.idf(vocabulary.tokens())
    norms = K1 * (1 - B + B * counts.lengths / (statistics.mean_length or 1.0))
    postings = weigh(counts, np.array(idfs, np.float32), norms.astype(np.float32))
    return Words(keys, vocabulary, postings, statistics, like)


def load_words(directory: Path) -> Words:
    """Map an index that `save` wrote; ValueError when its files are damaged or foreign, OSError if missing."""
    header = json.loads((directory / "words.json").read_text(encoding="utf-8"))
    if header.get("format") != FORMAT:
        raise ValueError(f"word index has format {header.get('format')}, this program reads {FORMAT}")
    keys, offsets, rows, adds = (
        np.load(directory / f"words_{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray) for name in _ARRAYS
    )
    vocabulary = load_vocabulary(directory)
    tokens, total = len(vocabulary), int(offsets[-1]) if len(offsets) else -1
    if (len(offsets), len(rows), len(adds)) != (tokens + 1, total, total):
        raise ValueError("word index files do not fit together")
    statistics = Statistics(int(header["cases"]), float(header["mean_length"]))
    postings = Postings(offsets, rows, adds, _load_counts(directory, offsets, rows))
    if postings.counts is not None and len(postings.counts.lengths) != len(keys):
        raise ValueError("word index files do not fit together")
    return Words(keys, vocabulary, postings, statistics, None)


def _load_counts(directory: Path, offsets: NDArray[np.int64], rows: Rows) -> TermCounts | None:
    """How often tokens are said; None in an index that was saved before this was kept."""
    paths = [directory / f"words_{name}.npy" for name in _COUNT_ARRAYS]
    if not all(path.exists() for path in paths):
        return None
    times, lengths = (np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray) for path in paths)
    if len(times) != len(rows):
        raise ValueError("word index files do not fit together")
    return TermCounts(offsets, rows, times, lengths)
