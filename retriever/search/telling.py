"""Does a word say something of a problem? Function words and single letters do not; what is shown leaves them out."""

import re

from index.text.folding import fold
from index.text.function_words import function_words
from index.text.remembering import remembered

_LONGEST = 12
"""Letters of the longest function word of a script without spaces, with some to spare."""
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
# What may go from the ends of a passage of Chinese without cutting a word in two: not 上 (上网), not 有 (有效).
_CHINESE_ENDS = frozenset("的了吗呢吧啊呀嘛我你您他她它是也很这那")
# A particle of Japanese beside a word in another script: `プリンターが`.
_PARTICLES = "[がはをにへでのもと]+"
_JAPANESE_ENDS = re.compile(f"^{_PARTICLES}(?=[^\u3041-\u309f])|(?<=[^\u3041-\u309f]){_PARTICLES}$")


@remembered(65_536)
def says_something(word: str, language: str) -> bool:
    """Whether a word is more than function words of this language (its base tag), or one letter."""
    folded = fold(word)
    if len(folded) == 1 and folded.isalpha() and not _HAN.match(folded):
        return False
    silent = function_words(language)
    return folded not in silent and not (_UNSPACED.match(folded) and _consists_of(folded, silent))


def telling_part(passage: str, language: str) -> str:
    """A passage without particles at its ends where words stand without spaces; empty when it says nothing."""
    if _UNSPACED.search(passage):
        passage = _JAPANESE_ENDS.sub("", passage) if language == "ja" else _without_chinese_ends(passage)
        if len(passage) == 1 and passage.isalpha():
            return ""
    return passage if passage and says_something(passage, language) else ""


def _without_chinese_ends(passage: str) -> str:
    """Without particles, pronouns and question words at either end; in linear time, as what goes is looked up."""
    words, folded = function_words("zh"), fold(passage)
    if len(folded) != len(passage):
        return passage
    start, end = 0, len(passage)
    while start < end and (length := _silent_length(folded[start : start + 4], words, first=True)):
        start += length
    while start < end and (length := _silent_length(folded[max(start, end - 4) : end], words, first=False)):
        end -= length
    return passage[start:end]


def _silent_length(part: str, words: frozenset[str], *, first: bool) -> int:
    """Characters of the function word that a part of at most four begins or ends with; 0 for none."""
    for length in range(len(part), 1, -1):
        if (part[:length] if first else part[-length:]) in words:
            return length
    return int((part[0] if first else part[-1]) in _CHINESE_ENDS)


def _consists_of(text: str, words: frozenset[str]) -> bool:
    """Can the text be cut into these words? What is longer than a few of them says something."""
    if len(text) > 3 * _LONGEST:
        return False
    ends = {0}
    for end in range(1, len(text) + 1):
        if any(start in ends and text[start:end] in words for start in range(max(0, end - _LONGEST), end)):
            ends.add(end)
    return len(text) in ends
