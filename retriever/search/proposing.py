"""Which cases are compared with a question at all: the best of each arm, vectors and words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.keys import Allowed, KeyArray
from index.view import View
from retriever.search.candidates import EncodedQuery

CANDIDATES = 100
"""How many each arm proposes. Fixed, not a multiple of `limit`, so that a longer list begins with the shorter one."""
PROMISING = 32
"""How many of each arm's best are compared piece by piece; the others follow behind them."""

_NO_KEYS: KeyArray = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """Keys of cases that may answer a question, ascending, and which of them are worth a closer look, (n,)."""

    keys: KeyArray
    promising: NDArray[np.bool_]

    @property
    def closer(self) -> KeyArray:
        """Those to compare piece by piece."""
        return self.keys[self.promising]

    @property
    def others(self) -> KeyArray:
        """Those that only a long list reaches."""
        return self.keys[~self.promising]

    def union(self, other: "Proposal") -> "Proposal":
        """All of both; promising is what is so in either."""
        both = np.union1d(self.keys, other.keys)
        return Proposal(both, np.isin(both, np.concatenate([self.closer, other.closer])))


def propose(view: View, query: EncodedQuery, allowed: Allowed) -> Proposal:
    """What both arms find among the allowed cases."""
    found = [
        view.vectors.search(query.vector, CANDIDATES, allowed).keys if query.vector.any() else _NO_KEYS,
        view.words.search(query.tokens, CANDIDATES, allowed).keys if query.tokens else _NO_KEYS,
    ]
    every = sorted({key for arm in found for key in arm.tolist()})
    promising = {key for arm in found for key in arm[:PROMISING].tolist()}
    return Proposal(np.array(every, np.int64), np.array([key in promising for key in every], np.bool_))
