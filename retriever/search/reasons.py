"""Why nothing was found: one true sentence for whoever asked."""

from dataclasses import dataclass

from index.keys import Allowed
from index.view import View
from retriever.domain import Filters, Query
from retriever.search.candidates import Candidates, EncodedQuery

_DIGITS = 4
"""Digits of a confidence, which is rounded to so many."""


@dataclass(frozen=True, slots=True, eq=False)
class Unanswered:
    """A question without a match, and what was looked at for it."""

    query: Query
    encoded: EncodedQuery
    view: View
    allowed: Allowed
    found: Candidates
    wanted: float
    """Confidence from which a match is shown."""
    silent: bool
    """Whether it names no problem."""

    def reason(self) -> str:
        """The first that holds, as every later one supposes that none before it does."""
        unseen = self.allowed is not None and not self.allowed
        best = float(self.found.confidence[0]) if len(self.found) else 0.0
        reached, threshold = _apart(best, self.wanted)
        return next(
            reason
            for holds, reason in (
                (self.encoded.empty, "the question has no words that can be searched"),
                (self.silent, "the question is a greeting or the like: it names no problem"),
                (not self.view.facets.keys, "the library has no published case yet"),
                (unseen and self.query.filters != Filters(), "no case passes the filters"),
                (unseen, "the library has no published case that may be shown"),
                (not len(self.found), "no case has anything in common with the question"),
                (best >= self.wanted, "the cases that fit were withdrawn meanwhile or may not be shown: ask again"),
                (True, f"the best case reaches a confidence of {reached}, below the threshold of {threshold}"),
            )
            if holds
        )


def _apart(low: float, high: float) -> tuple[str, str]:
    """Two numbers with as few digits as show that one is lower: 0.1382 and 0.14, not 0.14 and 0.14."""
    for digits in range(2, _DIGITS + 1):
        if f"{low:.{digits}f}" != f"{high:.{digits}f}":
            return f"{low:.{digits}f}", f"{high:.{digits}f}".rstrip("0").ljust(4, "0")
    return str(low), str(high)
