"""One frozen state of the whole index: a snapshot with the changes since. A request takes one and keeps it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from index.delta import Delta, Upsert
from index.layers import LayeredFacets, LayeredPieces, LayeredVectors, LayeredWords
from index.parts import IndexParts, empty_parts
from index.vectors.centring import NO_EFFECTS, Effects


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A snapshot, the delta over it, what both together answer, and the store's revision that they hold."""

    snapshot_name: str
    """"" where there is no snapshot yet."""
    revision: int
    base: IndexParts
    delta: Delta
    vectors: LayeredVectors
    words: LayeredWords
    facets: LayeredFacets
    pieces: LayeredPieces

    @staticmethod
    def empty(dim: int, effects: Effects = NO_EFFECTS) -> "View":
        """No snapshot, no case, revision 0; vectors are centred by what is known of the model."""
        return View.over(empty_parts(dim, effects), snapshot_name="", revision=0)

    @staticmethod
    def over(base: IndexParts, *, snapshot_name: str, revision: int) -> "View":
        """A snapshot without any change since."""
        # Words of the delta are scored with the statistics of the snapshot, if it has any case.
        delta = Delta.empty(base.vectors.centring, like=base.words if len(base) else None)
        return _view(snapshot_name, revision, base, delta)

    def with_changes(self, upserts: Sequence[Upsert], deletions: Collection[int], *, revision: int) -> "View":
        """The view after these changes; this one stays as it is. ValueError for a wrong vector length or key."""
        delta = self.delta.with_changes(upserts, deletions, self.base.facets.keys)
        return _view(self.snapshot_name, revision, self.base, delta)

    def __len__(self) -> int:
        return len(self.facets)


def _view(snapshot_name: str, revision: int, base: IndexParts, delta: Delta) -> View:
    return View(
        snapshot_name=snapshot_name,
        revision=revision,
        base=base,
        delta=delta,
        vectors=LayeredVectors(base, delta),
        words=LayeredWords(base, delta),
        facets=LayeredFacets(base, delta),
        pieces=LayeredPieces(base, delta),
    )
