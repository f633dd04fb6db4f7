"""What many tests build: cases with only what matters spelt out, and an encoder whose vectors mean something."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from index.text.tokenise import tokens
from retriever.case.format import case_from_dict, content_hash
from retriever.domain import Case, FloatMatrix, Source
from retriever.store import Store


def make_case(id: str = "a", problem: str = "the printer jams", **more: Any) -> Case:  # noqa: ANN401
    """A valid case; keyword arguments are fields of its mapping form."""
    return case_from_dict({"id": id, "problem": problem, "solution": "clean the rollers", "language": "en"} | more)


def a_case(id: str = "a", *, external: str = "", system: str = "desk", problem: str = "p", **more: str) -> Case:
    """A small case; `external` is its number in the help desk `system`."""
    return Case(id=id, problem=problem, solution="s", source=Source(system, external), **more)  # type: ignore[arg-type]


def hashes_of(case: Case) -> tuple[str, ...]:
    """The names of a case's vectors, in tests of erasing that have no vectors."""
    return (content_hash(case),)


def content_of(store: Store, id: str) -> str:
    """What the log says of the text that a case has now."""
    return store.cases.get(id).content_hash[:16]


class WordEncoder:
    """Texts that share words are near: each word has a fixed random direction, a text is the sum of its words."""

    def __init__(self, dim: int = 64, *, salt: str = "") -> None:
        """Another salt is another model: other vectors, another fingerprint."""
        self.name = f"words-{dim}{salt}"
        self.dim = dim
        self.fingerprint = hashlib.sha256(self.name.encode()).hexdigest()
        self._salt = salt

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """(len(texts), dim), unit rows; zero for a text without words."""
        matrix = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for word in tokens(text):
                matrix[row] += self._direction(word)
        norms = np.linalg.norm(matrix, axis=1, keepdims=True)
        return np.asarray(matrix / np.where(norms == 0, 1, norms), np.float32)

    def encode_cases(self, texts: Sequence[str]) -> FloatMatrix:
        """The same as for questions."""
        return self.encode_query(texts)

    def _direction(self, word: str) -> FloatMatrix:
        seed = int.from_bytes(hashlib.sha256((self._salt + word).encode()).digest()[:8], "big")
        return np.random.default_rng(seed).standard_normal(self.dim).astype(np.float32)
