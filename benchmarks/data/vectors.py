"""Vectors shaped like embeddings of short texts, made from a seed: as hard to search as real ones.

Sizes of the groups follow a power law and the spectrum falls slowly. Most questions are new members of a group, which
have no very near case (on real short texts, embedded as bags of words, the medians of the best and the tenth cosine
were 0.66 and 0.51 among 100,000); some are noisy copies of a case.
"""

from dataclasses import dataclass

import numpy as np

from index.types import FloatMatrix

_CHUNK = 50_000
_COPIES = 0.3  # share of questions that are noisy copies
_GROUP_SHARE = 0.42  # share of a case's variance that its group explains
_NOISE = 0.6  # length of the noise of a copy, the case having length 1
_FALL = 0.25  # the i-th strongest direction has a deviation of i ** -0.25


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Unit vectors of cases and of questions."""

    cases: FloatMatrix
    questions: FloatMatrix


def build_corpus(rows: int, dim: int, questions: int, seed: int) -> Corpus:
    """Cases (rows, dim) and questions (questions, dim), the same for the same arguments."""
    rng = np.random.default_rng(seed)
    spectrum = (np.arange(1, dim + 1) ** -_FALL).astype(np.float32)
    groups = max(20, rows // 40)
    centres = rng.standard_normal((groups, dim), np.float32) * spectrum
    weights = 1.0 / np.arange(1, groups + 1) ** 0.7
    weights /= weights.sum()

    def members(count: int) -> FloatMatrix:
        group = rng.choice(groups, count, p=weights)
        own = rng.standard_normal((count, dim), np.float32) * spectrum
        return _unit(np.sqrt(_GROUP_SHARE) * centres[group] + np.sqrt(1 - _GROUP_SHARE) * own)

    cases = np.empty((rows, dim), np.float32)
    for start in range(0, rows, _CHUNK):
        cases[start : start + _CHUNK] = members(min(_CHUNK, rows - start))
    asked = members(questions)
    copies = int(_COPIES * questions)
    noise = _unit(rng.standard_normal((copies, dim), np.float32) * spectrum)
    asked[:copies] = _unit(cases[rng.integers(0, rows, copies)] + _NOISE * noise)
    return Corpus(cases, asked)


def _unit(vectors: FloatMatrix) -> FloatMatrix:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
