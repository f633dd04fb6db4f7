"""Broken characters in the values of a row: repaired where that is sure, else noticed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from retriever.case.mojibake import is_damaged, mended
from retriever.masking import KnownEntities

_NAMED = ("id", "source", "source.system", "source.external_id", "source.url")
"""What a case is known by stays as it is: it must be the same in the next export."""


def mended_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row with what other programs broke repaired in its texts and lists of texts."""
    return {name: value if name in _NAMED else _mended(value) for name, value in values.items()}


def mended_people(people: KnownEntities) -> KnownEntities:
    """Whom a record speaks of, also as its repaired texts spell them: else they would pass unmasked."""
    return replace(people, names=_both(people.names), emails=_both(people.emails), companies=_both(people.companies))


def damaged_values(values: Mapping[str, Any]) -> bool:
    """Does any text of a row hold characters that are lost?"""
    texts = (text for name, value in values.items() if name not in _NAMED for text in _texts(value))
    return any(map(is_damaged, texts))


def _mended(value: object) -> object:
    if isinstance(value, str):
        return mended(value)
    return [_mended(part) for part in value] if isinstance(value, list) else value


def _both(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*texts, *map(mended, texts))))


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []
