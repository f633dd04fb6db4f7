"""What an optional step after the ranking is: it may put a question's candidates in another order.

A model says which case stands at which place; how sure a place is was decided by the ranking and stays. So the order
can never contradict the confidence, and a model that nobody calibrated cannot make an answer surer than it was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from retriever.domain import Query, StoredCase
from retriever.search.candidates import Candidates, EncodedQuery

LoadCases: TypeAlias = Callable[[Sequence[int]], Mapping[int, StoredCase]]
"""Stored cases by key; keys that are gone are left out."""


@dataclass(frozen=True, slots=True)
class StageInput:
    """What a stage may use of the question in hand."""

    query: Query
    encoded: EncodedQuery
    load: LoadCases
    widen: Callable[[Sequence[str]], Candidates]
    """The candidates with what these words find beside them, all compared with the question as it was asked."""
    weight: Callable[[str], float]
    """How much a word counts in the search, > 0: rare words count more."""
    scale: float = 1.0
    """What the library's own calibration multiplied all log-odds by; the order must not depend on it."""


class Cases(Protocol):
    """What search needs of the store."""

    def get_many(self, keys: Sequence[int]) -> dict[int, StoredCase]:
        """Stored cases by key; keys that are gone are left out."""
        ...

    def find_keys(self, ids: Sequence[str]) -> list[int]:
        """Keys of the cases with these ids, or known by them in their own systems."""
        ...


class RankingStage(Protocol):
    """An optional step after the ranking. It never raises for what a question or a case says."""

    @property
    def name(self) -> str:
        """Its name in `took_ms` and among the parts of a score."""
        ...

    @property
    def identity(self) -> str:
        """What it does and with which model: a calibration of the confidence holds for these stages only."""
        ...

    def apply(self, question: StageInput, found: Candidates) -> tuple[Candidates, str]:
        """The candidates in their new order, and a warning for the reader, empty if there is none."""
        ...
