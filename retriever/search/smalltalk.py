"""Does a question ask anything? Greetings, thanks and calls for attention alone must not find cases."""

import re
from functools import lru_cache
from importlib import resources

from index.text.folding import fold

# Vowel signs of Thai and of Indic scripts belong to words though `\w` leaves them out.
_WORD = re.compile("(?:[^\\W_]|[\u0900-\u0963\u0e30-\u0e4e])+(?:['’][^\\W_]+)*")
# Scripts without spaces: what is said is a string of phrases, not of words.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")


def asks_nothing(text: str) -> bool:
    """Whether a text consists of small talk, punctuation and signs only.

    A digit asks something: it may be a code.
    """
    words, phrases = _known()
    for match in _WORD.finditer(fold(text)):
        word = match.group().replace("’", "'")
        if word in words:
            continue
        if not _UNSPACED.search(word) or phrases.sub("", word):
            return False
    return True


def small_talk() -> frozenset[str]:
    """The words of small talk, folded."""
    return _known()[0]


@lru_cache(maxsize=1)
def _known() -> tuple[frozenset[str], re.Pattern[str]]:
    lines = resources.files("retriever.search").joinpath("smalltalk.txt").read_text(encoding="utf-8").splitlines()
    said = {fold(word) for line in lines if not line.startswith("#") for word in line.split()}
    unspaced = sorted((word for word in said if _UNSPACED.search(word)), key=len, reverse=True)
    return frozenset(said), re.compile("|".join(map(re.escape, unspaced)))
