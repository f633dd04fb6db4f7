"""The four indexes of a snapshot, over the same cases."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.facets.facets import Facets, build_facets, load_facets
from index.keys import KeyArray
from index.pieces import Pieces, build_pieces, load_pieces
from index.types import IndexDamaged
from index.vectors.centring import NO_EFFECTS, Effects
from index.vectors.dense import DenseIndex, build_dense, load_dense
from index.words.bm25 import Words, build_words, load_words
from index.words.postings import count_tokens


@dataclass(frozen=True, slots=True, eq=False)
class IndexParts:
    """What a snapshot holds of its cases: their vectors, words, facets and word pieces."""

    vectors: DenseIndex
    words: Words
    facets: Facets
    pieces: Pieces

    def __post_init__(self) -> None:
        sizes = {len(self.vectors), len(self.words), len(self.facets), len(self.pieces)}
        if len(sizes) != 1:
            raise ValueError(f"vectors, words, facets and pieces differ in size: {sorted(sizes)}")

    def __len__(self) -> int:
        return len(self.facets)

    def save(self, directory: Path) -> None:
        """Write all of them into an existing, empty directory."""
        self.vectors.save(directory)
        self.words.save(directory)
        self.facets.save(directory)
        self.pieces.save(directory)


def empty_parts(dim: int, effects: Effects = NO_EFFECTS) -> IndexParts:
    """Of no case; vectors would have this length, and are centred by what is known of the model."""
    keys: KeyArray = np.empty(0, np.int64)
    vectors = build_dense(np.empty((0, dim), np.float32), keys, groups=np.empty(0, np.object_), effects=effects)
    return IndexParts(vectors, build_words(keys, count_tokens(())), build_facets(()), build_pieces(keys, ()))


def load_parts(directory: Path) -> IndexParts:
    """Map what `save` wrote. Raises IndexDamaged when files are missing, damaged or do not fit together."""
    try:
        return IndexParts(load_dense(directory), load_words(directory), load_facets(directory), load_pieces(directory))
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"snapshot {directory.name}: {error}") from error
