"""A question as it is compared, and its candidates on their way to an answer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.keys import KeyArray, KeySet, are_in
from index.types import FloatVector
from retriever.search.scores import FloatArray

IntArray: TypeAlias = NDArray[np.int64]
NAMED = 60.0
"""Log-odds of a case that the question names: as sure as a confidence gets."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedQuery:
    """A question in all the forms in which it is compared."""

    text: str
    vector: FloatVector
    """Centred as the cases of the view are."""
    tokens: Sequence[str]
    language: str

    @property
    def empty(self) -> bool:
        """Whether nothing of it can be searched."""
        return not (self.vector.any() or self.tokens)


@dataclass(frozen=True, slots=True, eq=False)
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

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def compared(self) -> int:
        """How many were compared closely: stages look at these only, as the others depend on how many are wanted."""
        return int(np.count_nonzero(self.logit > -np.inf))

    def take(self, places: IntArray) -> "Candidates":
        """The candidates at these places, in this order."""
        arrays = {name: getattr(self, name)[places] for name in _ARRAYS}
        return Candidates(**arrays, stages={name: found[places] for name, found in self.stages.items()})

    def concat(self, other: "Candidates") -> "Candidates":
        """These candidates, then the others; a stage that saw only one of both found nothing of the other."""
        arrays = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _ARRAYS}
        stages = {
            name: np.concatenate([part.stages.get(name, np.full(len(part), np.nan)) for part in (self, other)])
            for name in {**self.stages, **other.stages}
        }
        return Candidates(**arrays, stages=stages)

    def led_by(self, keys: KeySet, *, alone: bool) -> "Candidates":
        """Those of these keys first, as sure as can be, since somebody named them; `alone` without the others."""
        named = are_in(self.keys, keys)
        order = np.flatnonzero(named) if alone else np.argsort(~named, kind="stable")
        led = self.take(order)
        sure = named[order]
        logit, sureness = np.where(sure, NAMED, led.logit), np.where(sure, 1.0, led.confidence)
        return replace(led, logit=logit, confidence=sureness)

    def reordered(self, order: IntArray, stage: str, found: FloatArray) -> "Candidates":
        """The first places filled anew: `order` holds, for each of them, the place whose case comes there.

        How sure each place is stays as it was. `found` (as long as `order`, by the old places) is what the stage found.
        """
        everyone = np.concatenate([order, np.arange(len(order), len(self))])
        of_all = np.concatenate([found, np.full(len(self) - len(found), np.nan)])
        moved = replace(self, stages={**self.stages, stage: of_all}).take(everyone)
        return replace(moved, logit=self.logit, confidence=self.confidence)

    def seen_at(self, position: int) -> dict[str, float]:
        """What the stages that looked at one candidate found of it, to four digits."""
        found = {name: float(values[position]) for name, values in self.stages.items()}
        return {name: round(value, 4) for name, value in found.items() if not math.isnan(value)}


_ARRAYS = tuple(one.name for one in fields(Candidates) if one.name != "stages")
"""Fields with one value for each candidate: whatever moves one of them moves all."""
