"""Names that an operator lists in `masking_names.txt` beside the library: masked wherever they stand, without any cue.

Words of the text are looked up, no pattern is tried: time grows with the text and not with the list.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from index.text.normal import normalise
from retriever.errors import InvalidInput
from retriever.masking.folding import Folded, fold
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage
from retriever.masking.wordlists import plain

NAMES_FILE = "masking_names.txt"
"""Lies beside the library."""
MOST_NAMES = 50_000
LONGEST_NAME = 100
"""Characters of one name."""

_TOKEN = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_GAP = 3  # signs that may stand between two words of a name
_SECTIONS = {"[people]": "PERSON", "[companies]": "COMPANY"}


@dataclass(frozen=True, eq=False)
class ListedNames:
    """Names of one kind, ready to be looked up: by their words, or by two signs in scripts without spaces."""

    worded: frozenset[str]
    counts: dict[str, tuple[int, ...]]
    """How many words names have that begin with this one, most first."""
    unspaced: frozenset[str]
    lengths: dict[str, tuple[int, ...]]

    def find(self, folded: Folded) -> Iterator[TextPassage]:
        """Where names of the list stand; words may be apart by a space, a hyphen or a comma."""
        text = plain(folded.lower)
        if self.counts:
            yield from self._find_words(text)
        if self.lengths:
            yield from self._find_signs(text)

    def _find_words(self, text: str) -> Iterator[TextPassage]:
        tokens = [(found.start(), found.end(), found[0]) for found in _TOKEN.finditer(text)]
        for place, (start, _, word) in enumerate(tokens):
            for count in self.counts.get(word, ()):
                name = tokens[place : place + count]
                if len(name) == count and " ".join(token[2] for token in name) in self.worded and _is_close(name):
                    yield start, name[-1][1]
                    break

    def _find_signs(self, text: str) -> Iterator[TextPassage]:
        for place in range(len(text) - 1):
            for length in self.lengths.get(text[place : place + 2], ()):
                # At the end of a text the slice is shorter than what is looked for, and may be another name.
                if place + length <= len(text) and text[place : place + length] in self.unspaced:
                    yield place, place + length
                    break


def _is_close(tokens: list[tuple[int, int, str]]) -> bool:
    return all(after[0] - before[1] <= _GAP for before, after in pairwise(tokens))


def load_names(file: Path) -> tuple[MaskingRule, ...]:
    """Rules for the names in this file, none without one. Raises InvalidInput, which names the line."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file.name} cannot be read as UTF-8: {type(error).__name__}.") from error
    return parse_names(text)


def parse_names(text: str) -> tuple[MaskingRule, ...]:
    """One name a line; `#` begins a remark; below `[companies]` they are companies, below `[people]` people again.

    Raises InvalidInput for a name that is too short to be told from other words or too long, and for too many.
    """
    names: dict[str, set[str]] = {"PERSON": set(), "COMPANY": set()}
    kind = "PERSON"
    for number, line in enumerate(text.splitlines(), 1):
        name = line.partition("#")[0].strip()
        if name.lower() in _SECTIONS:
            kind = _SECTIONS[name.lower()]
        elif name:
            names[kind].add(_checked(name, number))
    if sum(map(len, names.values())) > MOST_NAMES:
        raise InvalidInput(f"{NAMES_FILE} holds more than {MOST_NAMES:,} names.")
    scope = RuleScope.TEXT | RuleScope.NAME
    return tuple(
        MaskingRule(f"listed_{kind.lower()}", kind, names_to_find(found).find, lambda _: True, scope)
        for kind, found in names.items()
        if found
    )


def _checked(name: str, number: int) -> str:
    spelled = plain(fold(normalise("NFC", name)).lower)
    least = 2 if _UNSPACED.search(spelled) else 3
    if not least <= len("".join(_TOKEN.findall(spelled))) or len(spelled) > LONGEST_NAME:
        raise InvalidInput(f"{NAMES_FILE}, line {number}: a name has {least} to {LONGEST_NAME} letters.")
    return spelled


def names_to_find(names: Iterable[str]) -> ListedNames:
    """Names in lower case and without accents, made ready."""
    worded, unspaced = set[str](), set[str]()
    for name in names:
        tokens = _TOKEN.findall(name)
        if _UNSPACED.search(name):
            unspaced |= {"".join(tokens), " ".join(tokens)}
        else:
            worded.add(" ".join(tokens))
            if len(tokens) > 1:  # Berg, Anna
                worded.add(" ".join((tokens[-1], *tokens[:-1])))
    return ListedNames(
        frozenset(worded),
        _by_start((name.partition(" ")[0], name.count(" ") + 1) for name in worded),
        frozenset(unspaced),
        _by_start((name[:2], len(name)) for name in unspaced),
    )


def _by_start(pairs: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for start, size in pairs:
        found.setdefault(start, set()).add(size)
    return {start: tuple(sorted(sizes, reverse=True)) for start, sizes in found.items()}
