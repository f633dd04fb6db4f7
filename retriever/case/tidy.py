"""How any text is tidied before it is kept: one normal form, no invisible characters, no useless space."""

import re

from index.text.normal import normalise

_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030"
    "\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_TAGGED_FLAGS = "|".join("".join(chr(0xE0000 + ord(sign)) for sign in place) for place in ("gbeng", "gbsct", "gbwls"))
# Invisible characters that hide text from people or break matching: C0/C1 controls (tab and newline excepted), soft
# hyphen, zero-width and bidirectional marks, fillers, lone surrogates, non-characters. Those that are spelling in some
# place go everywhere else, where each can carry a letter of a hidden text: tags but in the three flags that are made of
# them, selectors but behind emoji, mathematical signs and letters of Mongolia and Myanmar, joiners but within emoji and
# in Arabic and Indic scripts. Selectors of ideographs only pick a glyph: they go.
_INVISIBLE = re.compile(
    f"(?P<kept>\U0001f3f4(?:{_TAGGED_FLAGS})\U000e007f)"
    "|[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    f"|(?<![{_EMOJI}])(?<![0-9#*](?=\ufe0f\u20e3))[\ufe0e\ufe0f]"
    "|(?<![\u1000-\u109f\u2200-\u22ff\ua840-\ua87f])\ufe00|[\ufe01-\ufe0d]"
    "|(?<![\u1820-\u18aa])[\u180b-\u180d\u180f]"
    "|\u115f(?![\u1161-\u11a7])|(?<![\u1100-\u115e])\u1160"
    "|(?<![\u2801-\u28ff])\u2800(?![\u2801-\u28ff])"
    f"|(?<![\u0600-\u0dff\u1000-\u109f\u1780-\u17ff\u1820-\u18aa])(?!(?<=[{_EMOJI}\ufe0f])\u200d[{_EMOJI}])[\u200c\u200d]"
)
# Printable to Python, though nobody sees them.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_LINE_BREAK = re.compile("\r\n?|[\x0b\x0c\x85]|[\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n{3,}")


def tidy_text(text: str) -> str:
    """The text in NFC without invisible characters, with `\\n` line breaks and no space around it. Idempotent."""
    # Nearly all texts pass, at a tenth of the patterns' cost.
    if not text.replace("\n", " ").isprintable() or (not text.isascii() and _UNSEEN.search(text)):
        text = _INVISIBLE.sub(r"\g<kept>", _LINE_BREAK.sub("\n", text))
    if "\n" in text:
        # Line by line: a pattern for spaces before a break would look at a long run of spaces from each of them.
        text = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip(" \t") for line in text.split("\n")))
    text = text.strip()
    # Last: taking a character out can bring a letter and its accent together.
    return normalise("NFC", text)


def tidy_line(text: str) -> str:
    """`tidy_text` for names and titles: every run of white space is one space."""
    return " ".join(tidy_text(text).split())
