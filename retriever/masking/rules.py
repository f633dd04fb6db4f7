"""What a rule is, and the tools rules are made of."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Flag, auto
from typing import TypeAlias

from index.turns import give_way
from retriever.masking.folding import WORD, Folded
from retriever.masking.wordlists import words

TextPassage: TypeAlias = tuple[int, int]
"""Start and end in the folded text."""
Find: TypeAlias = Callable[[Folded], Iterable[TextPassage]]


class RuleScope(Flag):
    """What kind of field a rule may look at."""

    TEXT = auto()
    """Free text."""
    NAME = auto()
    """Products, tags, categories: short, and without sentences."""
    CODE = auto()
    """Error codes: numbers there are no phones."""
    LINK = auto()
    """The address of the source: it must still lead there."""


EVERYWHERE = RuleScope.TEXT | RuleScope.NAME | RuleScope.CODE | RuleScope.LINK
WORDED = RuleScope.TEXT | RuleScope.NAME


@dataclass(frozen=True, slots=True)
class MaskingRule:
    """Finds one kind of personal value; `may_match` is a quick look that spares most texts the search."""

    name: str
    kind: str
    find: Find
    may_match: Callable[[Folded], bool]
    scope: RuleScope = WORDED


def passages(pattern: re.Pattern[str], accept: Callable[[str], bool] | None = None, group: int | str = 0) -> Find:
    """A search for the group of a pattern, kept where `accept` says so."""

    def find(folded: Folded) -> Iterator[TextPassage]:
        for found in pattern.finditer(folded.text):
            if accept is None or accept(found[group]):
                yield found.span(group)

    return find


_WINDOW = 48  # characters before a value in which its cue stands
_BETWEEN_SIGNS = " \t\n:：.№º°#=*\"'“”‘’（(【[<|/-"
_BETWEEN_WORDS = words("fillers")
_FIRST_OF_OTHER_SCRIPTS = "\u2e80"


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that announce a value when nothing but fillers (`between`) stands between them and it; lower case."""

    words: tuple[str, ...]
    signs: str = _BETWEEN_SIGNS
    between: tuple[str, ...] = _BETWEEN_WORDS

    def before(self, folded: Folded, position: int) -> bool:
        """Does the text before this position end in one of the words?"""
        text = folded.lower[max(0, position - _WINDOW) : position]
        for _ in range(4):
            text = text.rstrip(self.signs)
            if text.endswith(self.words) and any(_ends_in_word(text, word) for word in self.words):
                return True
            if not text.endswith(self.between):
                return False
            text = text[: -max(len(word) for word in self.between if text.endswith(word))]
        return False

    def in_text(self, folded: Folded) -> bool:
        """A quick look: does any of the words stand anywhere?"""
        give_way()  # hundreds of words, and some rules ask for several cues
        lower = folded.lower
        return any(word in lower for word in self.words)


def _ends_in_word(text: str, word: str) -> bool:
    """Alphabets' words count only as a whole: `sim` does not end in `im`."""
    if not text.endswith(word):
        return False
    before = text[-len(word) - 1 : -len(word)]
    return not before.isalpha() or before >= _FIRST_OF_OTHER_SCRIPTS or word[0] >= _FIRST_OF_OTHER_SCRIPTS


class Phrases:
    """Finds phrases that begin with a word: only where their first word stands is a pattern tried.

    A pattern of many alternatives that may begin anywhere costs as much as all other rules together.
    """

    def __init__(self, phrases: Iterable[str], pattern: Callable[[str], str], *, lower: bool = True) -> None:
        """`pattern` makes the whole pattern of the alternatives; `lower` matches the text in lower case."""
        known = sorted(set(phrases), key=len, reverse=True)
        self._lower = lower
        self._first = frozenset(found[0] for phrase in known if (found := WORD.search(phrase)))
        self._pattern = re.compile(pattern("|".join(map(re.escape, known))))

    def find(self, folded: Folded) -> Iterator[re.Match[str]]:
        """Matches in order; they do not overlap."""
        text = folded.lower if self._lower else folded.text
        after = 0
        for start, word in folded.lower_words if self._lower else folded.words:
            if word in self._first and start >= after and (found := self._pattern.match(text, start)):
                after = found.end()
                yield found


def digits_of(text: str) -> str:
    """The ASCII digits alone."""
    return "".join(sign for sign in text if "0" <= sign <= "9")


def with_digit(folded: Folded) -> bool:
    """A quick look: is there a digit at all?"""
    return folded.has_digit


def with_any(*parts: str) -> Callable[[Folded], bool]:
    """A quick look: does any of these (lower case) stand in the text?"""

    def look(folded: Folded) -> bool:
        lower = folded.lower
        return any(part in lower for part in parts)

    return look


NOT_PERSONAL = Cue(words("things"))
"""Words after which a number names a thing and no person."""
