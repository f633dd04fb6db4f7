"""One spelling of what is embedded, where people write the same words in several ways.

To a model `e-mail`, `e mail` and `email`, `wifi慢` and `wifi 慢` are other tokens, and so other questions. What the
built-in model knows as one word becomes one, whoever wrote it in two; other hyphens between words become spaces; and
words of scripts with spaces stand apart from scripts without. Cases and questions pass here whatever model encodes
them, since the built-in one compares them piece by piece.
"""

import re

from index.text.normal import normalise
from index.text.tokenise import SPACED, UNSPACED, may_be_one
from retriever.case.texts import embedded_text
from retriever.domain import Case
from retriever.embedding.alignment.aligner import aligner

LONGEST_WORD = 24
"""Letters of the longest word that may have been written in two."""

_TOUCHING = re.compile(f"(?<={SPACED})(?={UNSPACED})|(?<={UNSPACED})(?={SPACED})")
_WORD = re.compile(f"{SPACED}+")
_APOSTROPHES = frozenset("'’")
_SPACES = frozenset(" \u00a0")
_SIGNS = "-\u2010\u2011\u2012\u2013"
_JOINTS = frozenset(("_", *(joint for sign in _SIGNS for joint in (sign, f" {sign}", f"{sign} "))))
_HYPHEN = re.compile(f"(?<=[^\\W\\d_])[{_SIGNS}](?=[^\\W\\d_])")


def embedded_spelling(case: Case) -> str:
    """What the vector and the pieces of a case are made of."""
    return model_spelling(embedded_text(case))


def model_spelling(text: str) -> str:
    """What a model reads of a text."""
    return _HYPHEN.sub(" ", word_spelling(text))


def word_spelling(text: str) -> str:
    """The same with the hyphens that are left: words are cut at them in a way of their own (`index.text.tokenise`)."""
    text = normalise("NFKC", text)
    if not text.isascii():
        text = _TOUCHING.sub(" ", text)
    kept, copied = [], 0
    before: re.Match[str] | None = None
    for word in _WORD.finditer(text):
        if before is not None and _is_one(text, before, word):
            kept.append(text[copied : before.end()])
            copied = word.start()
            before = None  # `e mail address`: a word is joined once
        else:
            before = word
    return "".join((*kept, text[copied:]))


def _is_one(text: str, before: re.Match[str], after: re.Match[str]) -> bool:
    """Whether the model knows two neighbours as one word; those with a space between them must look like one too."""
    first, second = before.group(), after.group()
    if len(first) + len(second) > LONGEST_WORD or not (first.isalpha() and second.isalpha()):
        return False
    first, second, between = first.lower(), second.lower(), text[before.end() : after.start()]
    joint = between in _JOINTS
    if between in _SPACES and len(second) > 1:  # the rest of `it's` begins no word, and `l'` ends none
        apart = (
            text[before.start() - 1 : before.start()] in _APOSTROPHES
            or text[after.end() : after.end() + 1] in _APOSTROPHES
        )
        joint = not apart and may_be_one(first, second)
    return joint and aligner().encoder.knows(first + second)
