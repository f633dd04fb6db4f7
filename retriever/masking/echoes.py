"""Names that were found once, wherever they stand again in the texts of a case: in its title, or without their title.

Words are looked up, no pattern is tried: time grows with the texts and not with the names.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from retriever.masking.folding import WORD, Folded, fold
from retriever.masking.listed import names_to_find
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage
from retriever.masking.wordlists import names, words

_SHORTEST = 3  # letters of one word alone
_MAKERS = (maker.partition(" ")[0] for maker in words("vendors"))  # Schneider Electric
_ORDINARY = names("words_too") | frozenset((*words("no_name"), *_MAKERS, *words("name_particles")))
_THAI = re.compile("[\u0e01-\u0e4e]")
_SIGNS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


def echo_rule(found: Iterable[str], texts: Sequence[str]) -> MaskingRule | None:
    """A rule for these names in texts of the same case; none where no name is sure enough to be looked for.

    Whole names of two words or more are found in any letter case. A word alone counts with its capital, unless it is an
    everyday word: listed as one, or written small somewhere in these texts.
    """
    known = sorted(set(found))
    whole = names_to_find(name.lower() for name in known if _is_whole(name))
    alone = _words_alone(known, texts)
    if not (alone or whole.counts or whole.lengths):
        return None

    def find(folded: Folded) -> Iterator[TextPassage]:
        yield from whole.find(folded)
        for start, word in folded.words:
            if word in alone:
                yield start, start + len(word)

    return MaskingRule("echoed_name", "PERSON", find, lambda _: True, RuleScope.TEXT)


def _is_whole(name: str) -> bool:
    """Has it two words, or as many signs as no other word has that begins like it?"""
    if _THAI.search(name):
        return False
    if _SIGNS.search(name):
        return len(name) >= (3 if "\uac00" <= name[0] <= "\ud7a3" else 2)
    return sum(len(word) > 1 for word in WORD.findall(name)) > 1


def _words_alone(found: Iterable[str], texts: Sequence[str]) -> frozenset[str]:
    wanted = {
        word
        for name in found
        for word in WORD.findall(name)
        if len(word) >= _SHORTEST and word[0].isupper() and word.lower() not in _ORDINARY
    }
    if not wanted:
        return frozenset()
    small = {word for text in texts for _, word in fold(text).words if word.islower()}
    kept = {word for word in wanted if word.lower() not in small}
    return frozenset(kept | {word.upper() for word in kept})
