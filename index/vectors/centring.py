"""Vectors without what all of their group have in common.

A model puts texts of one group near each other, in practice texts of one language: beside them a text of another group
that says the same is far. Taking away the mean vector of each group mends that. What a model does to a group
(`Effects`) may be known beforehand; what a library is about is seen in its cases; and the more cases a group has, the
more its own mean counts.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.types import Flags, FloatMatrix, FloatVector

CENTRING_VERSION = 1
"""Grows when the same vectors get other means or other scores."""

GroupNames: TypeAlias = NDArray[np.object_]
"""The group of each row, (rows,) strings."""
GroupArray: TypeAlias = NDArray[np.uint16]
"""The same as numbers of a `Centring`, (rows,)."""

CHUNK = 65_536
"""Rows summed, centred or compared at a time."""
_MOST_GROUPS = 2**16 - 1
_DOMAIN_WEIGHT = 5  # so many cases' worth of doubt whether a library is about anything of its own
_GROUP_WEIGHT = 20  # so many cases' worth of what is expected of a group stand beside its own cases


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What a model is known to do: the mean vector (dim,) of general texts of some groups, perhaps of none, and the
    share of its group's mean that is taken from a question, 0..1."""

    means: Mapping[str, FloatVector]
    share: float

    @property
    def digest(self) -> str:
        """A name for exactly these: 16 hex digits."""
        content = hashlib.sha256(repr(float(self.share)).encode())
        for group, mean in sorted(self.means.items()):
            content.update(f"\n{group}\n".encode() + np.ascontiguousarray(mean, np.float32).tobytes())
        return content.hexdigest()[:16]


NO_EFFECTS = Effects({}, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Centring:
    """What is taken away of each group: row `n` of `means` (groups + 1, dim) of `groups[n]`, the last of any other."""

    groups: tuple[str, ...]
    means: FloatMatrix
    share: float

    @staticmethod
    def none(dim: int) -> "Centring":
        """Nothing is taken away from any vector of this length."""
        return Centring((), np.zeros((1, dim), np.float32), 0.0)

    def numbers(self, groups: Iterable[str]) -> GroupArray:
        """The row of `means` of each group, in the order given."""
        known = {group: number for number, group in enumerate(self.groups)}
        return np.array([known.get(group, len(known)) for group in groups], np.uint16)

    def question(self, vector: FloatVector, group: str) -> FloatVector:
        """A question's unit vector (dim,) without its share of the mean, at unit length; a zero vector stays zero."""
        mean = self.means[self.numbers([group])[0]]
        if not (self.share and mean.any() and vector.any()):
            return vector
        own = np.asarray(vector - np.float32(self.share) * mean, np.float32)
        length = np.sqrt(np.vecdot(own, own))
        return np.asarray(own / length, np.float32) if length else own


def fit_centring(
    vectors: FloatMatrix, groups: GroupNames, effects: Effects, *, counted: Flags | None = None
) -> Centring:
    """The means of these unit vectors (rows, dim) by the group of each; zero vectors do not count.

    Of the rows only those that are `counted` (rows,), all of them without it: a thousand copies of one text say no more
    of a language than one does.

    Depends on nothing but vectors and groups in their order. ValueError for too many groups, or means of another
    length.
    """
    names = tuple(sorted({*groups.tolist(), *effects.means}))
    if len(names) > _MOST_GROUPS:
        raise ValueError(f"{len(names)} groups, at most {_MOST_GROUPS} can be told apart")
    general = _general(names, effects, vectors.shape[1])
    nothing_yet = Centring(names, np.empty((0, 0), np.float32), effects.share)
    numbers = nothing_yet.numbers(groups.tolist())
    sums, counts = _sums(vectors, numbers, len(names), np.ones(len(numbers), np.bool_) if counted is None else counted)
    domain = (sums - counts * general[:-1]).sum(axis=0) / (counts.sum() + _DOMAIN_WEIGHT)
    means = general + domain
    means[:-1] = (sums + _GROUP_WEIGHT * means[:-1]) / (counts + _GROUP_WEIGHT)
    return Centring(names, means.astype(np.float32), effects.share)


def _general(names: tuple[str, ...], effects: Effects, dim: int) -> NDArray[np.float64]:
    """The mean of general texts of each group, (groups + 1, dim): where it is not known, and last, that of all."""
    general = np.zeros((len(names) + 1, dim))
    if effects.means:
        general[:] = np.mean([mean for _, mean in sorted(effects.means.items())], axis=0, dtype=np.float64)
    for number, name in enumerate(names):
        general[number] = effects.means.get(name, general[-1])
    return general


def _sums(
    vectors: FloatMatrix, numbers: GroupArray, groups: int, counted: Flags
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sum (groups, dim) of each group's counted vectors, and how many (groups, 1) are not zero."""
    sums, counts = np.zeros((groups, vectors.shape[1])), np.zeros((groups, 1))
    for start in range(0, len(vectors), CHUNK):
        here = counted[start : start + CHUNK]
        part, owners = vectors[start : start + CHUNK][here], numbers[start : start + CHUNK][here]
        for number in np.unique(owners).tolist():
            own = part[owners == number]
            sums[number] += own.sum(axis=0, dtype=np.float64)
            counts[number] += np.count_nonzero(own.any(axis=1))
    return sums, counts
