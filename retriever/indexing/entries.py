"""What the index holds of a case: whoever writes an index, or checks one against the library, asks here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.delta import Upsert
from index.facets.facets import FacetRow
from index.keys import KeyArray
from index.pieces import PieceArray
from index.text.tokenise import tokens
from index.turns import in_turns
from index.vectors.centring import GroupNames
from retriever.case.access import LIVE
from retriever.case.facets import facets_of
from retriever.case.language_tags import UNSURE, base_language
from retriever.case.texts import matched_text
from retriever.domain import Encoder, FloatMatrix, StoredCase
from retriever.embedding.alignment.aligner import aligner
from retriever.embedding.cache import KnownVectors, encode_cases_cached
from retriever.embedding.spelling import embedded_spelling


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """The entries of some cases, in the order given; each part is computed when it is asked for."""

    cases: Sequence[StoredCase]
    texts: Sequence[str]
    """What the vector and the pieces of each case are made of."""

    @property
    def keys(self) -> KeyArray:
        """The key of each case, (n,)."""
        return np.array([stored.key for stored in self.cases], np.int64)

    def vectors(self, encoder: Encoder, known: KnownVectors) -> FloatMatrix:
        """The vector of each case, (n, dim); only texts that are not known are encoded."""
        return encode_cases_cached(encoder, self.texts, known)

    def groups(self) -> GroupNames:
        """The group that the vector of each case is centred with, (n,): its language, in whatever script."""
        return np.array([base_language(stored.case.language or UNSURE) for stored in self.cases], np.object_)

    def token_lists(self) -> Iterator[Sequence[str]]:
        """The words of each case."""
        return (tokens(matched_text(stored.case)) for stored in in_turns(self.cases))

    def facets(self) -> Iterator[FacetRow]:
        """The key and the facets of each case."""
        return ((stored.key, facets_of(stored.case)) for stored in self.cases)

    def pieces(self) -> list[PieceArray]:
        """The word pieces of each case."""
        return aligner().pieces(self.texts)

    def upserts(self, encoder: Encoder, known: KnownVectors) -> list[Upsert]:
        """Each case with all of this, as a delta takes it."""
        parts = (self.vectors(encoder, known), self.token_lists(), self.pieces(), self.groups())
        rows = zip(self.facets(), *parts, strict=True)
        return [
            Upsert(key, vector, words, facets, pieces, group) for (key, facets), vector, words, pieces, group in rows
        ]


def entries_of(cases: Sequence[StoredCase]) -> Entries:
    """What the index holds of these cases."""
    return Entries(cases, [embedded_spelling(stored.case) for stored in in_turns(cases)])


def is_searchable(stored: StoredCase) -> bool:
    """Drafts and cases in review are never in the index, so no filter can let them through."""
    return stored.case.status in LIVE
