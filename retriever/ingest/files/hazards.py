"""What no JSON parser should be given, found out before: they take the square of the depth, or end the process."""

import re

from index.turns import in_turns

DEEPEST = 200
"""Levels of a document; help desks reach 20."""
LONGEST_NUMBER = 4_000
"""Digits; the interpreter refuses to read some more, which the parser of documents does not survive."""
BEYOND = "a number beyond all that can be read"

_TEXT = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
# A string, or one that the piece ends in: of it the quote stays, and a backslash that escapes what comes next.
_STRING = re.compile(rb'"%b"|(")%b(\\?)\Z' % (_TEXT, _TEXT), re.DOTALL)
# Too many digits, or an exponent that no kind of number has.
_NUMBER = re.compile(rb"(?<![0-9])[0-9]{%d}|[eE][+-]?[0-9]{7}" % (LONGEST_NUMBER + 1))
_LONG_INTEGER = re.compile(rb"[0-9]{19}")
_HUGE_NUMBER = re.compile(rb"[eE]\+?[0-9]{3}|[0-9]{309}")
_NUMBERS_END = b"0123456789eE+-"
_CONTROLS = bytes(range(32))
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_PIECE = 1 << 16
"""Bytes looked at in one go: a megabyte would hold up every other thread."""


class Hazards:
    """Follows a JSON text in UTF-8 that is given in pieces."""

    def __init__(self) -> None:
        """Before the first piece."""
        self.has_long_integer = False
        """Was there one that may be above 2⁶⁴, outside of texts?"""
        self.has_huge_number = False
        """Was there one that may be beyond all floats, outside of texts?"""
        self.has_raw_control = False
        """Does the last piece have a control character within a text?"""
        self._level = 0
        self._before = b""  # a string that the last piece ended in, without its text, or the end of a number

    @property
    def open_string(self) -> bytes:
        """The quote of a string that the last piece ended in, and a backslash before what comes next; mostly empty."""
        return self._before if self._before.startswith(b'"') else b""

    def find(self, piece: bytes) -> str:
        """What is wrong up to the end of this piece, in words that repeat nothing of it; empty for nothing."""
        outside, quote, rest = _STRING.sub(rb"\1\2", self._before + piece).partition(b'"')
        self._before = quote + rest
        self.has_raw_control = _controls(piece) > _controls(outside)
        self.has_long_integer = self.has_long_integer or bool(_LONG_INTEGER.search(outside))
        self.has_huge_number = self.has_huge_number or bool(_HUGE_NUMBER.search(outside))
        if number := _NUMBER.search(outside):
            return f"a number of more than {LONGEST_NUMBER:,} digits" if number[0].isdigit() else BEYOND
        if not quote:
            end = outside[-LONGEST_NUMBER - 1 :]
            self._before = end[len(end.rstrip(_NUMBERS_END)) :]
        for bracket in outside.translate(None, _NO_BRACKETS):
            self._level += 1 if bracket in b"[{" else -1
            if self._level > DEEPEST:
                return f"nested more than {DEEPEST} levels deep"
        return ""

    def find_in(self, text: str) -> str:
        """The same of a whole text."""
        data = text.encode("utf-8", "surrogatepass")
        pieces = in_turns(range(0, len(data), _PIECE))
        return next((hazard for at in pieces if (hazard := self.find(data[at : at + _PIECE]))), "")


def _controls(data: bytes) -> int:
    return len(data) - len(data.translate(None, _CONTROLS))
