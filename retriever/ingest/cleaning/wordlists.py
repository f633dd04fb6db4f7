"""The words of `words.toml`: how mails of many programs and languages begin, end and quote each other."""

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any
from unicodedata import category

# Accents and vowels of all scripts up to Burmese and, behind those, Ethiopic's and Khmer's; joiners stand within words.
MARKS = "".join(chr(code) for code in range(0x300, 0x1800) if category(chr(code)).startswith("M")) + "\u200c\u200d"
WORD = rf"(?:[^\W\d_][{MARKS}]*)+(?:['’\-·](?:[^\W\d_][{MARKS}]*)+)*"
"""A pattern for a word: letters with the accents and vowels that stand on their own, hyphens and apostrophes within."""
_WORD = re.compile(WORD)
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@cache
def _lists() -> dict[str, Any]:
    text = resources.files("retriever.ingest.cleaning").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def words(name: str) -> frozenset[str]:
    """The single words of a list, folded."""
    return frozenset(str(_lists()[name]).casefold().split())


@cache
def phrases(name: str) -> frozenset[str]:
    """The phrases of a list, folded."""
    return _split(_lists()[name])


@cache
def starts(name: str) -> tuple[str, ...]:
    """The phrases of a list, folded, the longest first."""
    return tuple(sorted(phrases(name), key=len, reverse=True))


@cache
def labels() -> dict[str, str]:
    """Which header of a mail (from, sent, to, cc, subject, other) a folded label means."""
    return {label: kind for kind, text in reversed(_lists()["labels"].items()) for label in _split(text)}


@cache
def dense_words(name: str) -> tuple[str, ...]:
    """The words of a list in scripts that put no spaces between words."""
    return tuple(word for word in words(name) if _DENSE.match(word))


def holds(text: str, name: str) -> bool:
    """Does the text hold a word of the list: as a whole word, or within one where scripts have no spaces?"""
    folded = text.casefold()
    known = words(name)
    if any(word in known for word in _WORD.findall(folded)):
        return True
    return bool(_DENSE.search(folded)) and any(word in folded for word in dense_words(name))


def _split(text: str) -> frozenset[str]:
    return frozenset(part.strip().casefold() for part in text.replace("\n", " ").split("|"))
