"""BM25 over tokens: exact, filtered inside the search, read from memory-mapped arrays.

A posting list holds, for one token, the rows of the cases that contain it and what the token adds to each of them
(idf included), so that a search is a sum over a few lists. Rare tokens are summed first; as soon as the k-th best
sum exceeds what all remaining, frequent tokens could add, those are looked up for the few rows that can still win
instead of being read through (the idea of MaxScore). The result is the same as without.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from index.postings import Counted, Postings, Rows, count_tokens, join_chunks, list_offsets
from index.recent import Recent
from index.types import Allowed, FloatVector, Hits, KeyArray, WordIndex, best_hits
from index.vocabulary import Vocabulary, build_vocabulary, load_vocabulary

K1 = 1.2
"""How soon repeating a token stops to count."""
B = 0.75
"""How much a long case must share, 0 (length is ignored) to 1."""
FORMAT = 1
_QUESTIONS_KEPT = 16  # more than are in work at any time

Mask: TypeAlias = NDArray[np.bool_]
"""(cases,) True where a row is allowed."""

_SAMPLE = 4_096  # rows, those of the rarest tokens first, from which the k-th best sum is estimated
_WORTH_SKIPPING = 30_000  # fewer postings are summed without asking whether they could be skipped
_ROUNDING = 1e-4  # float32 sums differ from the exact ones by less than this share


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
class _Term:
    """One distinct token of a question with its posting list; `times` is how often the question says it."""

    rows: Rows
    adds: FloatVector
    times: int
    bound: float


class Words:
    """A WordIndex over posting lists; never changes after it was built, so threads may share it."""

    def __init__(
        self, keys: KeyArray, vocabulary: Vocabulary, postings: Postings, statistics: Statistics, like: "Words | None"
    ) -> None:
        """Use `build_words` or `load_words`."""
        self._keys = keys
        self._vocabulary = vocabulary
        self._postings = postings
        self._statistics = statistics
        self._like = like
        first = int(keys[0]) if len(keys) else 0
        self._first_key = first if len(keys) and int(keys[-1]) - first + 1 == len(keys) else None
        # A question is searched, then its candidates are scored: its lists are looked up once for both.
        self._recent: Recent[tuple[str, ...], list[_Term]] = Recent(_QUESTIONS_KEPT)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> KeyArray:
        """Every key, ascending."""
        return self._keys

    @property
    def statistics(self) -> Statistics:
        """The numbers that scores are computed with: its own, or those of the index given as `like`."""
        return self._statistics

    def search(self, tokens: Sequence[str], k: int, allowed: Allowed = None) -> Hits:
        """The k best allowed keys with a score above 0; fewer only if fewer allowed keys share a token."""
        terms = self._terms(tokens)
        if not terms or k <= 0:
            return _NO_HITS
        rows, scores = self._candidates(terms, k, allowed)
        return best_hits(self._keys[rows], scores, k)

    def scores(self, tokens: Sequence[str], keys: KeyArray) -> FloatVector:
        """BM25 score of each key, in the order given; 0 where nothing is shared or the key is not in the index."""
        terms = self._terms(tokens)
        result = np.zeros(len(keys), np.float32)
        if not terms:
            return result
        rows = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        known = self._keys[rows] == keys
        result[known] = _exact_scores(terms, rows[known].astype(np.int32))
        return result

    def ceiling(self, tokens: Sequence[str]) -> float:
        """An upper bound of any score for these tokens: the sum of their idf, unknown ones at the highest."""
        source = self if self._like is None else self._like
        idfs = source.idf(tokens)
        return float(sum(idfs)) if idfs else self._statistics.idf(0)

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
        self._vocabulary.save(directory)
        header = {"format": FORMAT, "cases": self._statistics.cases, "mean_length": self._statistics.mean_length}
        (directory / "words.json").write_text(json.dumps(header) + "\n", encoding="utf-8")

    def _terms(self, tokens: Sequence[str]) -> list[_Term]:
        """The known tokens of a question, rarest first: the one order in which scores are summed."""
        asked = tuple(tokens)
        return self._recent.get(asked, lambda: self._look_up(asked))

    def _look_up(self, tokens: Sequence[str]) -> list[_Term]:
        counts = Counter(tokens)
        numbers = self._vocabulary.numbers(list(counts))
        offsets, rows, adds, bounds = (getattr(self._postings, name) for name in _POSTING_ARRAYS)
        found = []
        for number, times in zip(numbers, counts.values(), strict=True):
            if number >= 0:
                start, stop = int(offsets[number]), int(offsets[number + 1])
                found.append((stop - start, number, times, start))
        found.sort()
        return [
            _Term(rows[start : start + size], adds[start : start + size], times, times * float(bounds[number]))
            for size, number, times, start in found
        ]

    def _candidates(self, terms: list[_Term], k: int, allowed: Allowed) -> tuple[Rows, FloatVector]:
        """Rows among which the k best allowed ones are, with their scores, every one above 0."""
        mask = None
        if allowed is not None:
            postings = sum(len(term.rows) for term in terms)
            if len(allowed) * len(terms) * _LOOKUP_COST <= postings + len(self._keys) * _SCAN_COST:
                rows = self._allowed_rows(allowed)
                scores = _exact_scores(terms, rows)
                return rows[scores > 0], scores[scores > 0]
            mask = self._allowed_mask(allowed)
        rows = _search_lists(terms, k, len(self._keys), mask)
        return rows, _exact_scores(terms, rows)

    def _allowed_rows(self, allowed: "Allowed") -> Rows:
        keys = _as_keys(allowed)
        if self._first_key is not None:
            first, beyond = np.searchsorted(keys, (self._first_key, self._first_key + len(self._keys)))
            return keys[first:beyond].astype(np.int32) - np.int32(self._first_key)
        rows = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return cast(Rows, rows[self._keys[rows] == keys].astype(np.int32))

    def _allowed_mask(self, allowed: "Allowed") -> Mask:
        span = int(self._keys[-1]) + 1
        if self._first_key is None and span <= 8 * len(self._keys) + 1_000_000:
            by_key = np.zeros(span, np.bool_)
            keys = _as_keys(allowed)
            by_key[keys[: np.searchsorted(keys, span)]] = True
            return np.asarray(by_key[self._keys], np.bool_)
        mask = np.zeros(len(self._keys), np.bool_)
        mask[self._allowed_rows(allowed)] = True
        return mask


_ARRAYS = ("keys", "offsets", "rows", "adds", "bounds")
_POSTING_ARRAYS = _ARRAYS[1:]
_NO_HITS = Hits(np.empty(0, np.int64), np.empty(0, np.float32))
# In units of adding one posting to a sum: the cost of one binary search in one list, and of one row of the final scan.
_LOOKUP_COST = 25
_SCAN_COST = 0.25


def _as_keys(allowed: "Allowed") -> KeyArray:
    """The keys of a roaring bitmap, ascending."""
    assert allowed is not None  # noqa: S101 - callers have handled None
    return np.frombuffer(allowed.to_array(), np.uint32).astype(np.int64)


def _lookup(term: _Term, rows: Rows) -> FloatVector:
    """What a term adds to each of the given rows, 0 where the case lacks the token."""
    at = np.minimum(np.searchsorted(term.rows, rows), len(term.rows) - 1)
    adds = np.where(term.rows[at] == rows, term.adds[at], np.float32(0))
    return adds if term.times == 1 else adds * np.float32(term.times)


def _exact_scores(terms: list[_Term], rows: Rows) -> FloatVector:
    """Scores summed in one fixed order in double precision: the same for a row however it was found."""
    sums = np.zeros(len(rows), np.float64)
    for term in terms:
        sums += _lookup(term, rows)
    return sums.astype(np.float32)


def _search_lists(terms: list[_Term], k: int, cases: int, mask: Mask | None) -> Rows:
    """Rows that hold the k best of all (allowed) rows, found by adding up lists, rarest first."""
    left = [0.0, *accumulate(term.bound for term in reversed(terms))][::-1]  # left[i]: most that terms[i:] can add
    sums = np.zeros(cases, np.float32)
    floor, done = 0.0, len(terms)
    for i, term in enumerate(terms):
        unread = sum(len(later.rows) for later in terms[i:])
        if unread > _WORTH_SKIPPING and left[0] - left[i] > left[i]:
            floor = _floor(sums, terms[:i], k, mask)
            if floor * (1 - _ROUNDING) > left[i] * (1 + _ROUNDING):
                done = i
                break
        np.add.at(sums, term.rows, term.adds if term.times == 1 else term.adds * np.float32(term.times))
    else:
        floor = _floor(sums, terms, k, mask)
    lowest = (floor - left[done]) * (1 - _ROUNDING)
    rows = np.flatnonzero(sums >= lowest if lowest > 0 else sums > 0).astype(np.int32)
    if mask is not None:
        rows = rows[mask[rows]]
    return _narrow(rows, sums[rows], k, terms[done:], left[done:])


def _narrow(rows: Rows, sums: FloatVector, k: int, terms: list[_Term], left: list[float]) -> Rows:
    """Finish the sums of candidate rows with the lists not yet read, dropping rows that can no longer win."""
    for i in range(len(terms) + 1):
        if len(rows) > k:
            floor = float(np.partition(sums, len(sums) - k)[len(sums) - k])
            keep = sums >= (floor - left[i]) * (1 - _ROUNDING) - 1e-9
            rows, sums = rows[keep], sums[keep]
        if i < len(terms):
            sums = sums + _lookup(terms[i], rows)
    return rows


def _floor(sums: FloatVector, terms: list[_Term], k: int, mask: Mask | None) -> float:
    """A value that the k-th best sum reaches at least, from a sample of the lists; 0 when the sample has no k rows."""
    samples, size = [], 0
    for term in terms:
        rows = term.rows[: _SAMPLE if mask is None else 4 * _SAMPLE]
        if mask is not None:
            rows = rows[mask[rows]][:_SAMPLE]
        samples.append(rows)
        size += len(rows)
        if size >= _SAMPLE:
            break
    some = sums[_distinct(np.concatenate(samples))] if len(samples) > 1 else sums[samples[0]]
    if len(some) < k:
        return 0.0
    return float(np.partition(some, len(some) - k)[len(some) - k])


def _distinct(rows: Rows) -> Rows:
    """Rows without repetition, ascending; on a few thousand of them five times as fast as numpy's `unique`."""
    ordered = np.sort(rows)
    return np.asarray(ordered[np.diff(ordered, prepend=-1) != 0], np.int32)


def build_words(
    keys: KeyArray,
    token_lists: Iterable[Sequence[str]],
    *,
    like: WordIndex | None = None,
    progress: Callable[[int], None] | None = None,
) -> Words:
    """Index one token list per key; keys strictly ascending. `progress` gets the number of cases read so far.

    With `like` (a Words) the scores use that index's statistics, so that both can be merged into one ranking.
    ValueError when keys are not ascending or there is not one token list for each.
    """
    return words_from_counts(keys, count_tokens(token_lists, progress), like=like)


def words_from_counts(keys: KeyArray, counted: Counted, *, like: WordIndex | None = None) -> Words:
    """`build_words` for cases that were counted already, when their keys are known only after reading them."""
    keys = np.ascontiguousarray(keys, np.int64)
    if len(keys) and (int(keys[0]) < 0 or bool(np.any(keys[1:] <= keys[:-1]))):
        raise ValueError("keys must be distinct, ascending and not negative")
    if like is not None and not isinstance(like, Words):
        raise TypeError("`like` must be an index built by build_words or load_words")
    if len(counted.lengths) != len(keys):
        raise ValueError(f"{len(keys)} keys but {len(counted.lengths)} token lists")
    mean = float(counted.lengths.mean()) if len(keys) else 0.0
    statistics = Statistics(len(keys), mean) if like is None else like.statistics
    vocabulary, order = build_vocabulary(counted.tokens)
    offsets = list_offsets(counted, order)
    if like is None:
        idfs = [statistics.idf(count) for count in np.diff(offsets).tolist()]
    else:
        idfs = like.idf(vocabulary.tokens())
    norms = K1 * (1 - B + B * counted.lengths / (statistics.mean_length or 1.0))
    postings = join_chunks(counted, order, offsets, np.array(idfs, np.float32), norms.astype(np.float32))
    return Words(keys, vocabulary, postings, statistics, like)


def load_words(directory: Path) -> Words:
    """Map an index that `save` wrote; ValueError when its files are damaged or foreign, OSError if missing."""
    header = json.loads((directory / "words.json").read_text(encoding="utf-8"))
    if header.get("format") != FORMAT:
        raise ValueError(f"word index has format {header.get('format')}, this program reads {FORMAT}")
    keys, offsets, rows, adds, bounds = (
        np.load(directory / f"words_{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray) for name in _ARRAYS
    )
    vocabulary = load_vocabulary(directory)
    tokens, total = len(vocabulary), int(offsets[-1]) if len(offsets) else -1
    if (len(offsets), len(bounds), len(rows), len(adds)) != (tokens + 1, tokens, total, total):
        raise ValueError("word index files do not fit together")
    statistics = Statistics(int(header["cases"]), float(header["mean_length"]))
    return Words(keys, vocabulary, Postings(offsets, rows, adds, bounds), statistics, None)
