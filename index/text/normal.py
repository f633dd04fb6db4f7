"""Unicode normal forms in linear time: `unicodedata.normalize` alone sorts a long run of marks in quadratic time."""

import re
import unicodedata
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["NFC", "NFKC", "NFD", "NFKD"]

MOST_MARKS = 30
"""Combining marks that may follow one another, as in the Stream-Safe Text Format of UAX #15; no script needs more."""

# Whatever is neither letter, digit, space nor ASCII: every combining mark is such a character, few others come in runs.
_LONG_RUN = re.compile(rf"[^\w\s\x00-\x7f]{{{MOST_MARKS + 1},}}")


# Characters that stand for whole phrases, 18 and 8 letters long: a text of them would grow past any limit.
_PHRASES = re.compile("[\ufdfa\ufdfb]")


def normalise(form: Form, text: str) -> str:
    """The text in this normal form; of a longer run of combining marks only the first 30 stay.

    The two ligatures that NFKC writes out as whole phrases are spaces.
    """
    if text.isascii():
        return text
    if form in ("NFKC", "NFKD"):
        text = _PHRASES.sub(" ", text)
    return unicodedata.normalize(form, _LONG_RUN.sub(_cut, text))


def _cut(run: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for char in run.group():
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)
