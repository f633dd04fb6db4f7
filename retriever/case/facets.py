"""The facets of a case: what the index knows of it besides vector and words, and what filters ask for."""

from collections.abc import Mapping

from retriever.case.language import base_language
from retriever.domain import Case

FACETS_VERSION = 1
"""Grows when `facets_of` gives other values for the same case: an index holds values of one version only."""
EVERYONE = "*"
"""Audience value of a case without an audience: everybody may see it."""
BASE_LANGUAGE = "base_language"
"""Facet of the language without its script, because zh-Hans and zh-Hant share their words after conversion."""


def facets_of(case: Case) -> Mapping[str, tuple[str, ...]]:
    """Values of each facet field (`…_at` are dates); every path above a category is a value, so a prefix is too."""
    parts = case.category.split("/") if case.category else []
    return {
        "product": _values(case.product),
        "category": tuple("/".join(parts[: depth + 1]) for depth in range(len(parts))),
        "industry": _values(case.industry),
        "language": _values(case.language),
        BASE_LANGUAGE: _values(base_language(case.language)),
        "tags": case.tags,
        "source": _values(case.source.system),
        "status": (case.status.value,),
        "audience": case.audience or (EVERYONE,),
        "resolved_at": _values(case.resolved_at),
    }


def _values(value: str) -> tuple[str, ...]:
    return (value,) if value else ()
