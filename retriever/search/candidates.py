"""A question's candidates on their way to an answer, and the optional stages that may put them in another order.

A stage gives the first candidates new log-odds. Order and confidence are both made of these, so they cannot contradict
each other, and what a stage did not look at stays behind what it did.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.types import FloatVector, KeyArray
from retriever.domain import Query, StoredCase
from retriever.search.ranking import FloatArray, confidence


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in all the forms in which it is compared."""

    text: str
    vector: FloatVector
    tokens: Sequence[str]
    language: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """Scored keys of one question, best first, (n,) each."""

    keys: KeyArray
    cosine: FloatArray
    words: FloatArray
    score: FloatArray
    logit: FloatArray
    """Log-odds that the case answers the question, highest first; -inf for those that were not compared closely."""
    confidence: FloatArray
    same: NDArray[np.bool_]
    context: FloatArray
    sharp: FloatArray
    stages: Mapping[str, FloatArray] = field(default_factory=dict)
    """What each stage found, by its name; NaN for candidates that it did not look at."""

    @property
    def compared(self) -> int:
        """How many were compared closely: stages look at these only, as the others depend on how many are wanted."""
        return int(np.count_nonzero(self.logit > -np.inf))

    def seen_at(self, position: int) -> dict[str, float]:
        """What the stages that looked at one candidate found of it, to four digits."""
        found = {name: float(values[position]) for name, values in self.stages.items()}
        return {name: round(value, 4) for name, value in found.items() if not math.isnan(value)}


@dataclass(frozen=True, slots=True)
class Question:
    """What a stage may use of the question in hand."""

    query: Query
    asked: Asked
    load: Callable[[Sequence[int]], Mapping[int, StoredCase]]
    """Stored cases by key; keys that are gone are left out."""


class Stage(Protocol):
    """An optional step after the ranking. It never raises for what a question or a case says."""

    @property
    def name(self) -> str:
        """Its name in `took_ms` and among the parts of a score."""
        ...

    def apply(self, question: Question, found: Candidates) -> tuple[Candidates, str]:
        """The candidates in their new order, and a warning for the reader, empty if there is none."""
        ...


def moved(found: Candidates, logit: FloatArray, name: str, seen: FloatArray) -> Candidates:
    """The first len(logit) candidates with these log-odds, put in their order; ties keep theirs.

    `seen` (same length) is what the stage called `name` found. The others stay behind, and are at most as sure as the
    last of the first ones.
    """
    first = len(logit)
    best = np.argsort(-logit, kind="stable")
    order = np.concatenate([best, np.arange(first, len(found.keys))])
    rest = np.minimum(found.logit[first:], logit.min(initial=np.inf))
    odds = np.concatenate([logit[best], rest])
    shown = np.concatenate([seen, np.full(len(rest), np.nan)])
    return replace(
        found,
        keys=found.keys[order],
        cosine=found.cosine[order],
        words=found.words[order],
        score=found.score[order],
        logit=odds,
        confidence=confidence(odds),
        same=found.same[order],
        context=found.context[order],
        sharp=found.sharp[order],
        stages={stage: values[order] for stage, values in {**found.stages, name: shown}.items()},
    )
