"""The facets of a case: what the index knows of it besides vector and words, and what filters ask for."""

from collections.abc import Mapping

from index.text.folding import fold
from retriever.case.language_tags import UNSURE, wider_tags
from retriever.domain import Case

FACETS_VERSION = 2
"""Grows when `facets_of` gives other values for the same case: an index holds values of one version only."""
EVERYONE = "*"
"""Audience value of a case without an audience: everybody may see it."""
LANGUAGE = "language"
"""Facet of the language; zh-Hans and zh-Hant are also zh, since they share their words after conversion."""


def facets_of(case: Case) -> Mapping[str, tuple[str, ...]]:
    """Values of each facet field (`…_at` are dates); every path above a category is a value, so a prefix is too."""
    parts = category_value(case.category).split("/") if case.category else []
    return {
        "product": _values(case.product),
        "category": tuple("/".join(parts[: depth + 1]) for depth in range(len(parts))),
        "industry": _values(case.industry),
        LANGUAGE: wider_tags(case.language or UNSURE),
        "tags": tuple(dict.fromkeys(map(facet_value, case.tags))),
        "source": _values(case.source.system),
        "status": (case.status.value,),
        "audience": case.audience or (EVERYONE,),
        "resolved_at": (case.resolved_at,) if case.resolved_at else (),
    }


def facet_value(text: str) -> str:
    """A name as filters compare it: without case, width, accents and Chinese script."""
    return " ".join(fold(text).split())


def category_value(path: str) -> str:
    """A path of categories as filters compare it."""
    parts = (facet_value(part) for part in path.split("/"))
    return "/".join(part for part in parts if part)


def _values(text: str) -> tuple[str, ...]:
    return (facet_value(text),) if text else ()
