"""The signs of an earlier mail in a line: marks of quoting, a mail address, a date."""

import re

HEADER_WIDTH = 400
"""Characters of a header at most, its broken lines put together."""
_QUOTED = re.compile(r"\s{0,3}(?:>\s?)+")
_PROMPT = re.compile(r"\s{0,3}>>>\s\S")
# Digits of Arabic, Persian, Hindi, Bengali and Burmese to those that dates are looked for in.
_DIGITS = {ord(start) + value: str(value) for start in "\u0660\u06f0\u0966\u09e6\u1040" for value in range(10)}
# QQ mail leaves its blanks as entities, NetEase and Alibaba space out labels with ideographic ones.
_BLANKS = re.compile("&nbsp;|[\u00a0\u202f\u3000]")
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ADDRESS = re.compile(
    r"[<\[(]{0,2}(?:mailto:)?(?:[^\s<>()\[\]@:;,\"]{1,64}@[^\s<>()\[\]@;,\"]{1,190}\.[^\W\d_]{2,20}|\[EMAIL(?:_\d+)?\])"
    r"(?:[<\[]mailto:[^\s<>\[\]]{1,200}[>\]])?[>\])]{0,2}",
    re.IGNORECASE,
)
YEAR = re.compile(
    r"(?<!\d)(?:19|20|25)\d\d(?!\d)|(?<!\d)1[34]\d\d[./-]\d|(?<!\d)\d{1,2}([./-] ?)\d{1,2}\1(?:1[34])?\d\d(?!\d)"
)
"""A year of today's calendars: those of Persia and of Islam count as one within a date alone."""
TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h時时點点시]\s?\d\d(?!\d)")


def is_quoted(line: str) -> bool:
    """Does the line begin with the mark of quoting? `>>> call()` is a prompt."""
    return bool(_QUOTED.match(line)) and not _PROMPT.match(line)


def marks_of(line: str) -> int:
    """How many marks of quoting the line begins with."""
    found = _QUOTED.match(line)
    return found[0].count(">") if found else 0


def without_mark(line: str) -> str:
    """The line without marks of quoting."""
    found = _QUOTED.match(line)
    return line[found.end() :] if found else line


def is_dated(text: str) -> bool:
    """Does the text hold a date or a time?"""
    return bool(YEAR.search(text) or TIME.search(text))


def with_blanks(line: str) -> str:
    """The line with plain blanks for those of other widths and for entities."""
    return _BLANKS.sub(" ", line)


def plain_line(line: str) -> str:
    """The line without marks of quoting, emphasis and direction, its digits those of ASCII."""
    plain = with_blanks(_DIRECTION.sub("", without_mark(line))).strip(" \t*_")
    return plain if plain.isascii() else plain.translate(_DIGITS)
