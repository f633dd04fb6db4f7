"""What came after the snapshot: fresh cases in memory, and which cases of the snapshot they replace.

A Delta never changes for those who hold it: `with_changes` gives the next one. Vectors go to the end of a buffer that
successive deltas share, words to small indexes that are merged as they grow, so one more case costs little however
many there are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from index.facets.facets import Facets, build_facets
from index.keys import KeySet
from index.pieces import NO_PIECES, FreshPieces, PieceArray
from index.types import FloatVector
from index.vectors.centring import Centring
from index.vectors.fresh import FreshVectors
from index.words.bm25 import Words
from index.words.fresh import FreshWords


@dataclass(frozen=True, slots=True, eq=False)
class Upsert:
    """A new or changed case: its unit vector (dim,), the tokens of its text, the values of its facets, its pieces, and
    the group that its vector is centred with."""

    key: int
    vector: FloatVector
    tokens: Sequence[str]
    facets: Mapping[str, Sequence[str]]
    pieces: PieceArray = field(default_factory=lambda: NO_PIECES)
    group: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Delta:
    """Fresh cases, and the keys of the snapshot that are replaced or deleted (`overridden`)."""

    vectors: FreshVectors
    words: FreshWords
    facets: Facets
    pieces: FreshPieces
    overridden: KeySet
    touched: KeySet
    """Keys for which the delta speaks: the overridden and the fresh ones."""
    _values: Mapping[int, Mapping[str, Sequence[str]]]

    @staticmethod
    def empty(centring: Centring, like: Words | None = None) -> "Delta":
        """No change yet. Vectors are centred as the snapshot's are; `like` is the snapshot's word index, whose
        statistics word scores will use."""
        nothing = build_facets(())
        return Delta(FreshVectors.empty(centring), FreshWords(like), nothing, FreshPieces(), KeySet(), KeySet(), {})

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def fresh(self) -> KeySet:
        """Keys of the cases that are held here."""
        return self.vectors.held

    def with_changes(self, upserts: Sequence[Upsert], deletions: Collection[int], snapshot: KeySet) -> "Delta":
        """The next delta; `snapshot` are the keys of the snapshot below. A key given twice: the last upsert counts,
        and a deletion counts more than any upsert. ValueError when a vector has another length or a key is too large.
        """
        gone = {key for key in deletions if 0 <= key < 2**32}
        latest = {upsert.key: upsert for upsert in upserts if upsert.key not in gone}
        if any(not 0 <= key < 2**32 for key in latest):
            raise ValueError("keys must not be negative and must be below 2**32")
        written = KeySet([*latest, *gone])
        dropped = written & self.fresh
        overridden = self.overridden | (written & snapshot)
        placed = {key: (upsert.vector, upsert.group) for key, upsert in latest.items()}
        vectors = self.vectors.with_changes(placed, dropped)
        facets = {key: upsert.facets for key, upsert in latest.items()}
        values = {**self._values, **facets}
        for key in gone & values.keys():
            del values[key]
        return Delta(
            vectors=vectors,
            words=self.words.with_changes({key: upsert.tokens for key, upsert in latest.items()}, dropped),
            facets=self.facets.with_changes(facets.items(), [(key, self._values[key]) for key in dropped]),
            pieces=self.pieces.with_changes({key: upsert.pieces for key, upsert in latest.items()}, dropped),
            overridden=overridden,
            touched=overridden | vectors.held,
            _values=values,
        )
