"""What masking is told and what it answers with."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MASKING_VERSION = 2
"""Grows whenever masking gives another text for the same input: what was embedded before counts as another model's."""


@dataclass(frozen=True, slots=True)
class KnownEntities:
    """Who a ticket is about, from its own record: masked wherever the text mentions them, in whatever spelling.

    Names need two CJK characters or two words, companies three characters, phones seven digits; shorter ones would hit
    ordinary words and are left out.
    """

    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    listed: tuple[Any, ...] = ()
    """Rules for names that the operator lists (`retriever.masking.listed`)."""


NOBODY = KnownEntities()


@dataclass(frozen=True, slots=True)
class MaskedSpan:
    """One masked passage: `text[start:end]` of the original became `placeholder`, because of `rule`."""

    rule: str
    placeholder: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """A masked text, and its spans in order of the original's offsets (characters); they never overlap."""

    text: str
    spans: tuple[MaskedSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A passage that a rule takes: offsets in the original, and the value that decides its number."""

    rule: str
    kind: str
    start: int
    end: int
    value: str


def joined(text: str, spans: tuple[MaskedSpan, ...]) -> str:
    """The text with every span replaced."""
    return "".join(_pieces(text, spans))


def _pieces(text: str, spans: tuple[MaskedSpan, ...]) -> Iterator[str]:
    after = 0
    for span in spans:
        yield text[after : span.start]
        yield span.placeholder
        after = span.end
    yield text[after:]
