"""Words of fresh cases: a few small word indexes that are merged as they grow, so that adding one case stays cheap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.keys import Allowed, KeyArray, KeySet, are_in
from index.types import FloatVector, Hits, best_hits
from index.words.bm25 import Words, build_words
from index.words.postings import count_tokens

_TAIL = 64
"""The last part takes single cases until it has this many; longer parts are twice as long as the next, or more."""
_NO_HITS = Hits(np.empty(0, np.int64), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Some fresh cases; `live` are those not replaced since the index was built."""

    tokens: Mapping[int, Sequence[str]]
    words: Words
    live: KeySet


@dataclass(frozen=True, slots=True, eq=False)
class FreshWords:
    """Immutable; scores with the statistics of `like`, or without one with those of its own oldest part."""

    like: Words | None
    parts: tuple[_Part, ...] = ()

    def with_changes(self, added: Mapping[int, Sequence[str]], dropped: KeySet) -> "FreshWords":
        """These words without the dropped keys (and the old words of added ones), and with the added ones."""
        stale = dropped | KeySet(added)
        parts = [_Part(part.tokens, part.words, part.live - stale) for part in self.parts]
        parts = [part for part in parts if part.live]
        waiting = dict(added)
        while parts and waiting and _joins(parts[-1], len(waiting)):
            last = parts.pop()
            waiting |= {key: last.tokens[key] for key in last.live}
        if waiting:
            like = self.like or (parts[0].words if parts else None)
            keys = sorted(waiting)
            words = build_words(np.array(keys, np.int64), count_tokens(waiting[key] for key in keys), like=like)
            parts.append(_Part(waiting, words, KeySet(keys)))
        return FreshWords(self.like, tuple(parts))

    def search(self, tokens: Sequence[str], k: int, allowed: Allowed = None) -> Hits:
        """The k best allowed cases with a score above 0."""
        found = []
        for part in self.parts:
            inside = allowed
            if len(part.live) < len(part.tokens):
                inside = part.live if allowed is None else part.live & allowed
            found.append(part.words.search(tokens, k, inside))
        if not found:
            return _NO_HITS
        keys = np.concatenate([hits.keys for hits in found])
        return best_hits(keys, np.concatenate([hits.scores for hits in found]), k)

    def scores(self, tokens: Sequence[str], keys: KeyArray) -> FloatVector:
        """Score of each key, in the order given; 0 where nothing is shared or the key is unknown."""
        result = np.zeros(len(keys), np.float32)
        for part in self.parts:
            mine = are_in(keys, part.live)
            if mine.any():
                result[mine] = part.words.scores(tokens, keys[mine])
        return result

    def known(self, tokens: Sequence[str]) -> set[str]:
        """Those of the tokens that some fresh case has, or had until a moment ago."""
        return {token for part in self.parts for token in part.words.known(tokens)}

    def ceiling(self, tokens: Sequence[str]) -> float:
        """An upper bound of any score; infinite while there is nothing to score."""
        source = self.like or (self.parts[0].words if self.parts else None)
        return source.ceiling(tokens) if source is not None else float("inf")


def _joins(part: _Part, size: int) -> bool:
    """Whether a part is built again together with `size` newer cases: while small, or no larger than those."""
    return len(part.live) + size <= _TAIL or len(part.live) <= size
