"""What no JSON parser should be given, found out before: they take the square of the depth, or end the process."""

import re

DEEPEST = 200
"""Levels of a document; help desks reach 20."""
LONGEST_NUMBER = 4_000
"""Digits; the interpreter refuses to read some more, which the parser of documents does not survive."""

_TEXT = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
# A string, or one that the piece ends in: of it the quote stays, and a backslash that escapes what comes next.
_STRING = re.compile(rb'"%b"|(")%b(\\?)\Z' % (_TEXT, _TEXT), re.DOTALL)
_NUMBER = re.compile(rb"(?<![0-9])[0-9]{%d}" % (LONGEST_NUMBER + 1))
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class Hazards:
    """Follows a JSON text in UTF-8 that is given in pieces."""

    def __init__(self) -> None:
        """Before the first piece."""
        self._level = 0
        self._before = b""  # a string that the last piece ended in, without its text, or the digits at its end

    def find(self, piece: bytes) -> str:
        """What is wrong up to the end of this piece, in words that repeat nothing of it; empty for nothing."""
        outside, quote, rest = _STRING.sub(rb"\1\2", self._before + piece).partition(b'"')
        self._before = quote + rest
        if _NUMBER.search(outside):
            return f"a number of more than {LONGEST_NUMBER:,} digits"
        if not quote:
            end = outside[-LONGEST_NUMBER - 1 :]
            self._before = end[len(end.rstrip(b"0123456789")) :]
        for bracket in outside.translate(None, _NO_BRACKETS):
            self._level += 1 if bracket in b"[{" else -1
            if self._level > DEEPEST:
                return f"nested more than {DEEPEST} levels deep"
        return ""


def hazard_of(text: str) -> str:
    """The same of a whole text."""
    harmless = text.count("[") + text.count("{") <= DEEPEST and len(text) <= LONGEST_NUMBER
    return "" if harmless else Hazards().find(text.encode("utf-8", "surrogatepass"))
