"""How much two texts say the same, letter by letter: in every script, whatever their spaces and signs."""

import re

from index.text.normal import normalise

_SIGNS = re.compile(r"[\W_]+")
_GROUP = 3


def letters_of(text: str, *, first: int | None = None) -> str:
    """The letters and digits of a text, or of its first characters, in one spelling: NFKC, case folded."""
    return _SIGNS.sub("", normalise("NFKC", text[:first]).casefold())


def letter_groups(letters: str) -> frozenset[str]:
    """Every three letters that follow one another (of `letters_of`); fewer are one group, so that no set is empty."""
    return frozenset(letters[start : start + _GROUP] for start in range(max(len(letters) - _GROUP + 1, 1)))


def overlap_of(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of common groups among all (Jaccard), 0 to 1; neither may be empty."""
    return len(one & other) / len(one | other)
