"""Personal data out of texts, before anything is stored, embedded or logged (docs/masking.md)."""

from retriever.masking.cases import Spans, mask_case, mask_query
from retriever.masking.masker import mask_mention, mask_text
from retriever.masking.spans import MASKING_VERSION, KnownEntities, Masked, MaskedSpan

__all__ = [
    "MASKING_VERSION",
    "KnownEntities",
    "Masked",
    "MaskedSpan",
    "Spans",
    "mask_case",
    "mask_mention",
    "mask_query",
    "mask_text",
]
