"""What a model does to texts of each language, whatever they say: measured beforehand, and taken away by the index."""

from index.vectors.centring import Effects
from retriever.domain import Encoder

_SHARE = 0.75
"""Of a question the mean is taken away in part: the means are those of cases, and questions are put otherwise."""


def effects_of(encoder: Encoder) -> Effects:
    """What is known of this model; of a model that was never measured, only how much to take from a question."""
    return Effects({}, _SHARE)
