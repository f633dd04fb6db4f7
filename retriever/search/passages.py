"""Passages of texts that will be shown: offsets that hold in every script and language of programming."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from retriever.domain import Passage, Span
from retriever.masking.placeholders import PLACEHOLDER

PASSAGES = 8
"""Most passages of one case, the weightiest."""
_GAP = 12
"""Characters without a telling word that may lie inside a passage."""


@dataclass(frozen=True, slots=True)
class Field:
    """A text as it is returned; `plain` is its beginning, with blanks for what was masked, at the same offsets."""

    name: str
    item: int | None
    text: str
    plain: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word of the case at [start, end) of field number `field`, how much it adds, and its place among all words."""

    field: int
    start: int
    end: int
    strength: float
    place: int


def field_of(name: str, text: str, *, item: int | None = None, limit: int) -> Field:
    """A field of which at most `limit` characters are looked at, up to the last whole word."""
    plain = PLACEHOLDER.sub(lambda match: " " * len(match.group()), text) if "[" in text else text
    if len(plain) > limit:
        # Cut at white space, so that half a word is not taken for a word; texts without any are cut where they are.
        last = max(plain.rfind(" ", 0, limit + 1), plain.rfind("\n", 0, limit + 1))
        plain = plain[: last if last > 0 else limit]
    return Field(name, item, text, plain)


def span_of(field: Field, start: int, end: int) -> Span:
    """The passage [start, end), widened so that no accent, tone mark or half of an emoji is cut off."""
    start, end = whole(field.text, start, end)
    utf16_start = start if field.text.isascii() else _utf16_length(field.text[:start])
    text = field.text[start:end]
    return Span(
        field=field.name,
        item=field.item,
        start=start,
        end=end,
        utf16_start=utf16_start,
        utf16_end=utf16_start + _utf16_length(text),
        text=text,
    )


def passages_of(fields: Sequence[Field], marks: Iterable[Mark]) -> tuple[Passage, ...]:
    """Marked words that stand close together, joined; `marks` in reading order."""
    joined: list[Mark] = []
    for mark in marks:
        if joined and _belong(fields, joined[-1], mark):
            last = joined[-1]
            strength = last.strength + (mark.strength if mark.start >= last.end else 0.0)
            joined[-1] = Mark(mark.field, last.start, max(last.end, mark.end), strength, mark.place)
        else:
            joined.append(mark)
    best = sorted(joined, key=lambda mark: -mark.strength)[:PASSAGES]
    total = sum(mark.strength for mark in joined)
    return tuple(
        Passage(span_of(fields[mark.field], mark.start, mark.end), round(mark.strength / total, 3))
        for mark in sorted(best, key=lambda mark: (mark.field, mark.start))
    )


def whole(text: str, start: int, end: int) -> tuple[int, int]:
    """[start, end) widened to whole characters as people count them."""
    while 0 < start < len(text) and (_joins(text[start]) or text[start - 1] == "\u200d"):
        start -= 1
    while 0 < end < len(text) and (_joins(text[end]) or text[end - 1] == "\u200d"):
        end += 1
    return start, end


def _belong(fields: Sequence[Field], left: Mark, right: Mark) -> bool:
    if left.field != right.field or right.place > left.place + 1 or right.start - left.end > _GAP:
        return False
    between = fields[left.field].plain[left.end : right.start]
    return not any(char in "\n.!?;。！？；" for char in between)


def _utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _joins(char: str) -> bool:
    """Marks, joiners, variation selectors and skin tones belong to the character before them."""
    if char < "\u0300":
        return False
    return char in "\u200c\u200d" or "\U0001f3fb" <= char <= "\U0001f3ff" or unicodedata.category(char)[0] == "M"
