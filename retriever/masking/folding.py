"""The text that rules look at: one spelling for digits, dashes and spaces, what is masked already as one sign.

Only for matching; every position leads back to the original. Placeholders and claimed passages become one `MARK` each,
whatever their length, so a rule finds the same in a masked text as it found when it masked it.
"""

import re
import unicodedata
from array import array
from collections.abc import Sequence
from functools import cache, cached_property

from retriever.masking.placeholders import PLACEHOLDER

MARK = "\ue000"
"""Stands for a masked passage; a private-use character, which no rule takes for a letter, digit or space."""

WORD = re.compile(r"[^\W\d_]+")
"""A run of letters."""

_REMOVED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
_WIDE = (
    "".join(map(chr, (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)))) + "＠＋－．＿／＃％＆＝"
)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63"
_SPACES = "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_LAST_DIGIT = 0x1FBF9


class Folded:
    """A text as rules see it; `text[i]` stands for `original[start_of(i):end_of(i)]`."""

    def __init__(self, text: str, starts: Sequence[int] | None, ends: Sequence[int] | None) -> None:
        """Without offsets each character stands for itself."""
        self.text = text
        self._starts = starts
        self._ends = ends

    @cached_property
    def lower(self) -> str:
        """The text in lower case, position for position."""
        return self.text.replace("\u0130", "i").lower()  # the one letter that is longer when it is small

    @cached_property
    def has_digit(self) -> bool:
        """Is there an ASCII digit?"""
        return _DIGIT.search(self.text) is not None

    @cached_property
    def has_han(self) -> bool:
        """Is there a Chinese character?"""
        return not self.text.isascii() and _HAN.search(self.text) is not None

    @cached_property
    def words(self) -> list[tuple[int, str]]:
        """Every run of letters with its start."""
        return [(found.start(), found[0]) for found in WORD.finditer(self.text)]

    @cached_property
    def lower_words(self) -> list[tuple[int, str]]:
        """The same in lower case."""
        return [(found.start(), found[0]) for found in WORD.finditer(self.lower)]

    def start_of(self, position: int) -> int:
        """Where a character begins in the original."""
        return position if self._starts is None else self._starts[position]

    def end_of(self, position: int) -> int:
        """Where a character ends in the original."""
        return position + 1 if self._ends is None else self._ends[position]

    def marked(self, passages: Sequence[tuple[int, int]]) -> "Folded":
        """The same text with each of these passages (in order, apart) as one MARK."""
        if not passages:
            return self
        starts = self._starts if self._starts is not None else array("l", range(len(self.text)))
        ends = self._ends if self._ends is not None else array("l", range(1, len(self.text) + 1))
        texts: list[str] = []
        new_starts, new_ends, after = array("l"), array("l"), 0
        for start, end in passages:
            texts += (self.text[after:start], MARK)
            new_starts.extend(starts[after:start])
            new_starts.append(starts[start])
            new_ends.extend(ends[after:start])
            new_ends.append(ends[end - 1])
            after = end
        texts.append(self.text[after:])
        new_starts.extend(starts[after:])
        new_ends.extend(ends[after:])
        return Folded("".join(texts), new_starts, new_ends)


_DIGIT = re.compile("[0-9]")
_HAN = re.compile("[\u4e00-\u9fff]")


def fold(original: str) -> Folded:
    """The text as rules see it: full-width and other scripts' digits as ASCII, no invisible characters."""
    text = original if original.isascii() else original.translate(_table())
    folded = Folded(text, None, None)
    if not text.isascii() and _REMOVED.search(text):
        kept, after = array("l"), 0
        for found in _REMOVED.finditer(text):
            kept.extend(range(after, found.start()))
            after = found.end()
        kept.extend(range(after, len(text)))
        folded = Folded(_REMOVED.sub("", text), kept, array("l", (place + 1 for place in kept)))
    if "_" not in folded.text:
        return folded
    return folded.marked([found.span() for found in PLACEHOLDER.finditer(folded.text)])


@cache
def _table() -> dict[int, str]:
    """One character for one character: full-width letters, decimal digits of every script, dashes, spaces."""
    # Full-width commas, colons and brackets end a URL or an address where ASCII ones may go on: they stay.
    table = {ord(sign): chr(ord(sign) - 0xFEE0) for sign in _WIDE}
    table |= dict.fromkeys(map(ord, _DASHES), "-") | dict.fromkeys(map(ord, _SPACES), " ")
    table |= {ord("\ufe6b"): "@", ord(MARK): "\ufffd"}
    for code in range(0x80, _LAST_DIGIT + 1):
        sign = chr(code)
        if unicodedata.category(sign) == "Nd":
            table[code] = str(unicodedata.decimal(sign))
    return table
