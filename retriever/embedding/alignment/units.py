"""Texts as the units that explanations mark: words where a script has spaces, word pieces where it has none.

Texts are cut at white space and what stands between is remembered with its tokens and vectors, because cases repeat
their words: a text costs little the second time, and a new one in known words as well.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from index.text import tokenise
from index.types import FloatMatrix
from retriever.embedding.alignment.aligner import aligner
from retriever.embedding.static import Located, StaticEncoder

TELLING = 2.8
"""Weight of a unit from which it says something by itself: articles and particles lie below, and are left out."""
REMEMBERED = 16_384
"""Runs between white space, and units, that are kept: at most some 40 MB."""
_RUN = re.compile(r"\S+")
# Scripts whose words stand without spaces, and Korean, whose words carry their endings: pieces stay apart.
_APART = re.compile(
    "[\u0e01-\u0edf\u0f40-\u0fbc\u1000-\u109d\u1100-\u11ff\u1780-\u17d3\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af]"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A telling unit at [start, end) in code points; `number` is its row in the vectors of its memory."""

    start: int
    end: int
    number: int
    weight: float


@dataclass(frozen=True, slots=True)
class TextRun:
    """What stands between white space: its tokens for words (`index.text.tokenise`), and its telling units."""

    tokens: frozenset[str]
    spans: tuple[tokenise.TokenSpan, ...]
    units: tuple[Unit, ...]


@dataclass(slots=True)
class Memory:
    """Known runs and units. It only grows, so numbers stay good for whoever holds it; replaced when it is full."""

    dim: int
    runs: dict[str, TextRun] = field(default_factory=dict)
    numbers: dict[tuple[int, ...], int] = field(default_factory=dict)
    table: FloatMatrix = field(init=False)

    def __post_init__(self) -> None:
        """Begin with an empty table."""
        self.table = np.zeros((1024, self.dim), np.float32)

    def vectors(self, units: Sequence[Unit]) -> FloatMatrix:
        """Unit vectors of these units, (len(units), dim)."""
        return self.table.take([unit.number for unit in units], axis=0)

    def add(self, ids: Sequence[tuple[int, ...]], vectors: FloatMatrix) -> None:
        """Give numbers to new units."""
        first = len(self.numbers)
        while first + len(ids) > len(self.table):
            self.table = np.concatenate([self.table, np.zeros_like(self.table)])
        self.table[first : first + len(ids)] = vectors
        self.numbers.update(zip(ids, range(first, first + len(ids)), strict=True))


class UnitCutter:
    """Cuts texts with the tokenizer of a static model; threads may share it."""

    def __init__(self, encoder: StaticEncoder) -> None:
        """Take the model whose tokenizer and table are used."""
        self._encoder = encoder
        self._memory = Memory(encoder.dim)
        self._lock = Lock()

    def cut(self, texts: Sequence[str]) -> tuple[list[list[tuple[int, TextRun]]], Memory]:
        """The runs of each text with the offset of their first character, and the memory that has their vectors."""
        found = [[(match.start(), match.group()) for match in _RUN.finditer(text)] for text in texts]
        memory = self._memory
        known = memory.runs
        wanted = {run for runs in found for _, run in runs}
        if not known.keys() >= wanted:
            with self._lock:
                memory = self._learn(wanted)
            known = memory.runs
        return [[(start, known[run]) for start, run in runs] for runs in found], memory

    def forget(self) -> None:
        """Begin with an empty memory."""
        self._memory = Memory(self._encoder.dim)

    def _learn(self, wanted: set[str]) -> Memory:
        """A memory that knows all wanted runs: the present one, or a new one when that is full."""
        if max(len(self._memory.runs), len(self._memory.numbers)) > REMEMBERED:
            self.forget()
        memory = self._memory
        missing = sorted(wanted - memory.runs.keys())
        cut = [list(_words(run, at)) for run, at in zip(missing, self._encoder.locate_tokens(missing), strict=True)]
        groups = list(dict.fromkeys(ids for words in cut for _, _, ids in words))
        weights = self._add(memory, groups)
        for run, words in zip(missing, cut, strict=True):
            spans = tuple(tokenise.spans(run))
            units = tuple(
                Unit(start, end, memory.numbers[ids], weights[ids]) for start, end, ids in words if ids in weights
            )
            memory.runs[run] = TextRun(frozenset(token for token, _, _ in spans), spans, units)
        return memory

    def _add(self, memory: Memory, groups: list[tuple[int, ...]]) -> dict[tuple[int, ...], float]:
        """The weights of those groups of tokens that are telling; their vectors are in the memory afterwards."""
        if not groups:
            return {}
        sizes = np.fromiter(map(len, groups), np.int64)
        flat: NDArray[np.int64] = np.fromiter((token for group in groups for token in group), np.int64)
        sums = np.add.reduceat(self._encoder.rows.take(flat), np.cumsum(sizes) - sizes, axis=0)
        norms = np.sqrt(np.vecdot(sums, sums))
        weights = {ids: float(norm) for ids, norm in zip(groups, norms, strict=True) if norm >= TELLING}
        new = [row for row, ids in enumerate(groups) if ids in weights and ids not in memory.numbers]
        memory.add([groups[row] for row in new], sums[new] / norms[new, None])
        return weights


@lru_cache(maxsize=1)
def unit_cutter() -> UnitCutter:
    """The cutter with the built-in model, loaded when first needed. Raises ModelUnavailable."""
    return UnitCutter(aligner().encoder)


def _words(run: str, located: Located) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Tokens of one run put together into words; punctuation and tokens that stand for nothing are left out."""
    start = end = -1
    ids: list[int] = []
    for token, first, last in located:
        text = run[first:last]
        if not any(map(_says_something, text)):
            continue
        if ids and (first > end or _APART.search(text) or _APART.search(run[end - 1])):
            yield start, end, tuple(ids)
            ids = []
        if not ids:
            start = first
        ids.append(token)
        end = last
    if ids:
        yield start, end, tuple(ids)


def _says_something(char: str) -> bool:
    """Letters, digits, marks and signs such as emoji; not punctuation."""
    return char.isalnum() or unicodedata.category(char) in ("So", "Mn", "Mc")
