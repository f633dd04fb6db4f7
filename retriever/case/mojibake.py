"""Texts that were decoded with the wrong encoding somewhere, and saved like that: repaired where that is sure.

The home of ftfy, which knows the signs of such texts and undoes only what leads back to sound UTF-8.
"""

import re
from collections import Counter

from ftfy import fix_encoding
from ftfy.badness import is_bad

LOST = re.compile("\ufffd|锟斤拷")
"""What stands where characters were lost: nothing brings them back. The second is the first, read as GBK."""
_PART = 4_000
"""Characters that are repaired together: one broken line must not decide about a whole text, nor cost as much."""
_WORD = re.compile(r"\w+")
_CITED = re.compile(r"(?:^|[\s\"'`(\[])[‘’“”](?=$|[\s\"'`)\],.])|[\"'`(\[][^\x00-\x7f][\"'`)\]]")
"""A quotation mark that quotes nothing, or one sign between quotation marks: the text speaks of the sign."""
_MIXED = re.compile(r"[a-zß-ɏ][\u0530-\u1dbf]|[\u0530-\u1dbf][a-zß-ɏ]")
"""A letter of Latin beside one from Armenian to Georgian: no word of any language."""
_GLOSSES = re.compile(r"(?:[\u3400-\u9fff][(（][a-z\u00e0-\u01dc]{1,7}[)）]\s?){3,}")
_GLOSS = re.compile(r"[(（][a-z\u00e0-\u01dc]{1,7}[)）]")


def mended(text: str) -> str:
    """The text with double encodings undone line by line, and without readings behind each of several Han characters.

    `MÃ¼ller` is Müller, `Ð¿Ñ€Ð¸Ð²ÐµÑ‚` is привет, `退(tui)款(kuan)单(dan)` is 退款单; a sound text is itself, and so
    is a line that tells of broken characters (`Ã¼ instead of ü`).
    """
    if text.isascii():
        return text
    lines = (_mended_line(line) for line in text.split("\n"))
    return _GLOSSES.sub(lambda run: _GLOSS.sub("", run[0]), "\n".join(lines))


def is_damaged(text: str) -> bool:
    """Does it hold characters that were lost, or were read wrong in a way that nobody can undo?"""
    return not text.isascii() and bool(LOST.search(text) or any(map(is_bad, text[:_PART].split("\n"))))


def _mended_line(line: str) -> str:
    if line.isascii():
        return line
    parts = (line[start : start + _PART] for start in range(0, len(line), _PART))
    return "".join(_repaired(part) if is_bad(part) else part for part in parts)


def _repaired(part: str) -> str:
    """The part with its encoding undone, unless it speaks of broken characters or what comes of it is no word."""
    repaired = fix_encoding(part)
    if any(len(sign.findall(repaired)) > len(sign.findall(part)) for sign in (_CITED, _MIXED)):
        return part
    words = Counter(_WORD.findall(part))
    new = Counter(_WORD.findall(repaired)) - words
    # "shows Ã¼ instead of ü": whoever writes both compares them.
    return part if any(word in words and not word.isascii() for word in new) else repaired
