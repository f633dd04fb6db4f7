"""Optional stages that let a model read the best candidates again: off unless the settings name a model.

Cases in the languages that the model reads exchange places among themselves; all others keep theirs. A stage that takes
too long is left out, and the answer says so.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from retriever.case.language_tags import base_language
from retriever.case.texts import embedded_text
from retriever.domain import Encoder, FloatMatrix
from retriever.embedding.cache import text_hash
from retriever.search.candidates import Candidates, IntArray
from retriever.search.scores import FloatArray
from retriever.search.stages import StageInput

RESCORE_WEIGHT = 6.5
"""Log-odds that a standard deviation of the model's cosines counts; fitted by retriever/training/reading/fit.py."""
RERANK_WEIGHT = 6.0
"""Log-odds between a pair that the cross-encoder is sure of and one it rules out. Chosen, not fitted: no cross-encoder
was at hand; with one, retriever/training/reading/fit.py fits it."""

AT_ONCE = 8
"""Cases read between two looks at the clock."""
REMEMBERED = 20_000
"""Vectors of cases kept in memory: 30 MB at 384 dimensions."""


class Reader(Protocol):
    """A model that reads a question and cases together."""

    @property
    def identity(self) -> str:
        """Which model it is, exactly."""
        ...

    def read(self, question: str, cases: Sequence[str], *, until: float) -> FloatArray | None:
        """How well each case answers the question, (n,), higher is better, on a scale of the reader's own.

        None when the clock (`time.perf_counter`) passed `until` before the end.
        """
        ...


class Rescorer:
    """Cosines of a second embedding model; vectors of cases are remembered. Safe to use from many threads."""

    def __init__(self, encoder: Encoder, *, remembered: int = REMEMBERED) -> None:
        """Read with this encoder; at most `remembered` case vectors are kept, those used last."""
        self._encoder = encoder
        self._remembered = remembered
        self._vectors: OrderedDict[str, FloatMatrix] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        """The model's fingerprint."""
        return self._encoder.fingerprint

    def read(self, question: str, cases: Sequence[str], *, until: float) -> FloatArray | None:
        """Cosines in standard deviations around their mean, so that models with narrow cosines count the same.

        What was encoded before the time was over is remembered: the next question gets further.
        """
        asked = self._encoder.encode_query([question])[0]
        names = [text_hash(text) for text in cases]
        known = self._recall(names)
        missing = list({name: text for name, text in zip(names, cases, strict=True) if name not in known}.items())
        for start in range(0, len(missing), AT_ONCE):
            if time.perf_counter() > until:
                return None
            batch = missing[start : start + AT_ONCE]
            vectors = self._encoder.encode_cases([text for _, text in batch])
            fresh = {name: vector for (name, _), vector in zip(batch, vectors, strict=True)}
            self._remember(fresh)
            known |= fresh
        if time.perf_counter() > until:
            return None
        cosines = np.stack([known[name] for name in names]).astype(np.float64) @ asked
        return np.asarray((cosines - cosines.mean()) / (cosines.std() + 1e-6), np.float64)

    def _recall(self, names: Sequence[str]) -> dict[str, FloatMatrix]:
        with self._lock:
            found = {name: self._vectors[name] for name in names if name in self._vectors}
            for name in found:
                self._vectors.move_to_end(name)
        return found

    def _remember(self, fresh: dict[str, FloatMatrix]) -> None:
        with self._lock:
            self._vectors.update(fresh)
            while len(self._vectors) > self._remembered:
                self._vectors.popitem(last=False)


class PairModel(Protocol):
    """A cross-encoder."""

    @property
    def fingerprint(self) -> str:
        """Identity of everything that decides its scores."""
        ...

    def score_pairs(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Log-odds of each text, (n,)."""
        ...


class Reranker:
    """Probabilities of a cross-encoder, which reads question and case as one text. Nothing can be remembered."""

    def __init__(self, model: PairModel) -> None:
        """Read with this cross-encoder."""
        self._model = model

    @property
    def identity(self) -> str:
        """The model's fingerprint."""
        return self._model.fingerprint

    def read(self, question: str, cases: Sequence[str], *, until: float) -> FloatArray | None:
        """Probabilities 0..1: where the model sees no answer at all, its small differences change nothing."""
        parts = []
        for start in range(0, len(cases), AT_ONCE):
            if time.perf_counter() > until:
                return None
            parts.append(self._model.score_pairs(question, cases[start : start + AT_ONCE]))
        if time.perf_counter() > until:
            return None
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(np.concatenate(parts), -60, 60))), np.float64)


@dataclass(frozen=True, slots=True)
class ReadingStage:
    """A reader's opinion, times `weight`, on top of the log-odds of the best `top` candidates."""

    name: str
    reader: Reader
    weight: float
    top: int
    budget_ms: float
    languages: frozenset[str] = frozenset()
    """Base languages (`en`, `zh`) that the model reads; empty for all."""

    @property
    def identity(self) -> str:
        """Everything that decides who stands where."""
        return f"{self.name} {self.reader.identity} {self.weight:g} {self.top} {','.join(sorted(self.languages))}"

    def apply(self, question: StageInput, found: Candidates) -> tuple[Candidates, str]:
        """Readable candidates in their new order on the places they had, or a warning that there was no time."""
        until = time.perf_counter() + self.budget_ms / 1000
        if not self._reads(base_language(question.encoded.language)):
            return found, ""
        first = min(self.top, found.compared)
        stored = question.load(found.keys[:first].tolist())
        cases = {place: stored[key].case for place, key in enumerate(found.keys[:first].tolist()) if key in stored}
        readable = [place for place, case in cases.items() if self._reads(base_language(case.language))]
        if len(readable) < 2:
            return found, ""
        opinion = self.reader.read(question.encoded.text, [embedded_text(cases[p]) for p in readable], until=until)
        if opinion is None:
            return (
                found,
                f"{self.name} was left out: it took longer than {self.budget_ms:g} ms (setting stage_budget_ms)",
            )
        seen = np.full(first, math.nan)
        seen[readable] = opinion
        order = order_with_opinions(found.logit[:first] / question.scale, seen, self.weight)
        return found.reordered(order, self.name, seen), ""

    def _reads(self, language: str) -> bool:
        return not self.languages or language in self.languages


def order_with_opinions(logit: FloatArray, opinion: FloatArray, weight: float) -> IntArray:
    """Places in their new order, (n,), by log-odds and the reader's opinion; those without one (NaN) keep theirs."""
    order, read = np.arange(len(logit)), np.flatnonzero(~np.isnan(opinion))
    order[read] = read[np.argsort(-(logit[read] + weight * opinion[read]), kind="stable")]
    return order
