"""Stored vectors with what it takes to compare them centred: they stay as they are, since the means will change."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.rows import RowArray
from index.types import FloatMatrix, FloatVector, IndexDamaged
from index.vectors.centring import CHUNK, Centring, GroupArray, GroupNames

VECTORS_FILE = "dense_vectors.npy"
GROUPS_FILE = "dense_groups.npy"
SCALES_FILE = "dense_scales.npy"
MEANS_FILE = "centring_means.npy"
CENTRING_FILE = "centring.json"

_NEAREST = 1e-3
"""A case nearer to its mean than this is hardly a case of its own: below, it is stretched no more, as its direction
drowns in the rounding of its numbers."""
_ROUNDING = 3e-7  # float32 sums of unit vectors differ by less between one way of summing and another


@dataclass(frozen=True, slots=True, eq=False)
class CentredRows:
    """Vectors (rows, dim) as a model gave them; the group of each, and what brings it to unit length when centred."""

    vectors: FloatMatrix
    groups: GroupArray
    scales: FloatVector
    centring: Centring

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def dim(self) -> int:
        """Length of each vector."""
        return int(self.vectors.shape[1])

    @property
    def names(self) -> GroupNames:
        """The name of the group of each row; "" where the centring has none."""
        return np.array([*self.centring.groups, ""], np.object_)[self.groups]

    @property
    def rounding(self) -> float:
        """By how much a score may differ between one way of summing and another."""
        return max(1e-5, _ROUNDING * float(self.scales.max(initial=0.0)))

    def scores(self, query: FloatVector, rows: RowArray | slice) -> FloatVector:
        """Cosine of a centred question to each of these rows, centred.

        vecdot sums each row by itself: the result does not depend on what is beside it, nor on where it is stored.
        """
        away = np.vecdot(self.centring.means, query)
        return np.asarray((np.vecdot(self.vectors[rows], query) - away[self.groups[rows]]) * self.scales[rows])

    def unit(self, rows: RowArray | slice) -> FloatMatrix:
        """Centred vectors of these rows, (n, dim): of unit length, shorter for a case that is hardly one of its own,
        zero for one without a vector."""
        own = self.vectors[rows] - self.centring.means[self.groups[rows]]
        return np.asarray(own * self.scales[rows][:, None], np.float32)

    def take(self, rows: RowArray | slice) -> "CentredRows":
        """Only these rows, in this order."""
        return CentredRows(self.vectors[rows], self.groups[rows], self.scales[rows], self.centring)

    def write(self, rows: slice, others: "CentredRows") -> None:
        """Put others, centred by the same means, in the place of these rows."""
        self.vectors[rows], self.groups[rows], self.scales[rows] = others.vectors, others.groups, others.scales

    def save(self, directory: Path) -> None:
        """Write everything into an existing directory."""
        np.save(directory / VECTORS_FILE, self.vectors, allow_pickle=False)
        np.save(directory / GROUPS_FILE, self.groups, allow_pickle=False)
        np.save(directory / SCALES_FILE, self.scales, allow_pickle=False)
        np.save(directory / MEANS_FILE, self.centring.means, allow_pickle=False)
        names = {"groups": self.centring.groups, "share": self.centring.share}
        (directory / CENTRING_FILE).write_text(json.dumps(names) + "\n", encoding="utf-8")


def centre(vectors: FloatMatrix, groups: GroupNames, centring: Centring) -> CentredRows:
    """Unit or zero vectors (rows, dim), each of a group, by these means. Keeps `vectors`."""
    numbers = centring.numbers(groups.tolist())
    scales = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), CHUNK):
        part = slice(start, start + CHUNK)
        own = vectors[part] - centring.means[numbers[part]]
        lengths = np.maximum(np.sqrt(np.vecdot(own, own)), np.float32(_NEAREST))
        scales[part] = np.where(vectors[part].any(axis=1), 1 / lengths, 0)
    # What has nothing taken away has unit length as it is.
    scales[~np.any(centring.means, axis=1, keepdims=True)[numbers, 0]] = 1
    return CentredRows(vectors, numbers, scales, centring)


def load_rows(directory: Path) -> CentredRows:
    """Map what `save` wrote. Raises IndexDamaged."""
    try:
        described = json.loads((directory / CENTRING_FILE).read_text(encoding="utf-8"))
        names, share = tuple(described["groups"]), float(described["share"])
        means = np.load(directory / MEANS_FILE, allow_pickle=False)
        vectors, groups, scales = (
            np.load(directory / file, mmap_mode="r", allow_pickle=False).view(np.ndarray)
            for file in (VECTORS_FILE, GROUPS_FILE, SCALES_FILE)
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise IndexDamaged(f"vectors in {directory.name} cannot be read: {error}") from error
    rows = CentredRows(vectors, groups, scales, Centring(names, means, share))
    if not _fits(rows):
        raise IndexDamaged(f"vectors in {directory.name}: vectors, groups and means do not fit together")
    return rows


def _fits(rows: CentredRows) -> bool:
    """Whether shapes and types are those that `save` writes, and no row is of a group that has no mean."""
    centring, names = rows.centring, rows.centring.groups
    if rows.vectors.ndim != 2 or centring.means.shape != (len(names) + 1, rows.dim) or not 0 <= centring.share <= 1:
        return False
    if not all(isinstance(name, str) for name in names) or list(names) != sorted(set(names)):
        return False
    floats = (rows.vectors, centring.means, rows.scales)
    if any(one.dtype.name != "float32" for one in floats) or rows.groups.dtype.name != "uint16":
        return False
    if not np.isfinite(centring.means).all():
        return False
    return rows.groups.shape == rows.scales.shape == (len(rows),) and int(rows.groups.max(initial=0)) <= len(names)
