"""Which language a text is in: its script where one language has it alone, else the spelling of its words.

Nobody can tell the language of a code, a product name or one word of several languages: such a text is `und`, unsure.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from functools import cache

from index.text.folding import script_votes
from retriever.case.clues import LOOKED_AT, likeliest, looks_like_a_name, words_of
from retriever.case.language_tags import CHINESE, UNSURE, base_language
from retriever.domain import AnyCase

SIMPLIFIED, TRADITIONAL, JAPANESE = "zh-Hans", "zh-Hant", "ja"


def _tags(text: str) -> frozenset[str]:
    return frozenset(text.split())


LATIN = _tags("ca cs da de en es et eu fi fr gl hr hu id it lt lv ms nl no pl pt ro sk sl sv sw tl tr vi")
CYRILLIC = _tags("bg ru sr uk")
ARABIC = _tags("ar fa ur")
MAIN = _tags("ar de en es fr it nl pl pt ru tr")
"""Languages that most texts are in."""
RARE = _tags("ca eu gl ms sw tl")
"""Languages that few texts are in, and that product names and titles in a main language often look like."""
BEHIND, FAR_BEHIND = 0.4, 1.5
"""Log-odds that other languages, and the rare ones, stand behind the main ones where a text has `FEW` words."""
SURE = 0.45
"""Probability from which a language is named. All numbers here are chosen on benchmarks/results/language.json."""
FEW, SURE_OF_FEW = 2, 0.6
"""The same for texts of so many words at most, which look like many languages."""
SURE_OF_A_NAME, SURE_OF_A_MAIN_NAME = 0.9, 0.65
"""The same for what looks like a name, and for a main language."""
ENOUGH = 5
"""Words that tell their language, however few texts are in it, and are no name."""
OF_THE_LIBRARY = 1.0
"""Log-odds that a language of the library has before the others."""
_SECOND_LEVEL = 0xD0  # where the rare characters of JIS X 0208 begin in EUC-JP
_CERTAINLY_CHINESE = 12  # Chinese characters in a row of words without kana: no Japanese sentence does without

_ALONE = (
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("bn", re.compile(r"[\u0980-\u09ff]")),
    ("ta", re.compile(r"[\u0b80-\u0bff]")),
    ("te", re.compile(r"[\u0c00-\u0c7f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
_SHARED = {
    LATIN: re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]"),
    CYRILLIC: re.compile(r"[\u0400-\u04ff]"),
    ARABIC: re.compile(r"[\u0600-\u06ff]"),
}
_SPELLED = LATIN | CYRILLIC | ARABIC
_LETTERS = re.compile(r"[^\W\d_]")
_HAN = re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf]")
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9f]")
_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")


def detect_language(text: str, *, among: Collection[str] = ()) -> str:
    """Language tag of a text (`zh-Hans`, `zh-Hant`, `en`, `ja` …), `und` when nobody could tell.

    `among` are the languages of the library, which are likelier than others where a text says little.
    """
    text = text[:LOOKED_AT]
    letters = len(_LETTERS.findall(text))
    if not letters:
        return UNSURE
    asian = len(_HAN.findall(text)), len(_KANA.findall(text)), len(_HANGUL.findall(text))
    # One Han or kana character weighs three Latin letters, and Latin product names stand in texts of any language.
    if sum(asian) * 3 >= letters - sum(asian):
        return _east_asian(text, *asian, among)
    for language, script in _ALONE:
        found = len(script.findall(text))
        if found and found * 3 >= letters - found:
            return language
    # Error messages and product names in Latin letters stand in texts of other scripts, and not the other way round.
    weights = {names: len(script.findall(text)) * (1 if names is LATIN else 2) for names, script in _SHARED.items()}
    candidates = max(weights, key=lambda names: weights[names])
    words = words_of(text)
    if weights[candidates] * 2 < letters or not words:
        return UNSURE
    count = words.count(" ") - 1
    language, probability = likeliest(words, candidates, _lead(count, frozenset(map(base_language, among))))
    return language if probability >= _needed(text, count, language) else UNSURE


def with_language(case: AnyCase) -> AnyCase:
    """The case with the language that its text is in, unless it names one; Chinese without a script gets its own."""
    if case.language not in ("", UNSURE, CHINESE):
        return case
    text = f"{case.title}\n{case.problem}"
    if case.language == CHINESE:
        return replace(case, language=_chinese_script(text))
    return replace(case, language=detect_language(text))


def _lead(words: int, own: frozenset[str]) -> dict[str, float]:
    """Log-odds that each language has before a text of so many words is read; `own` are those of the library."""
    share = min(max(ENOUGH - words, 0) / (ENOUGH - FEW), 1.0)
    behind = {tag: -share * (FAR_BEHIND if tag in RARE else BEHIND) for tag in _SPELLED - MAIN}
    return behind | dict.fromkeys(own, OF_THE_LIBRARY)


def _needed(text: str, words: int, language: str) -> float:
    """The probability from which this language is named for a text of so many words."""
    if words < ENOUGH and looks_like_a_name(text):
        return SURE_OF_A_MAIN_NAME if language in MAIN else SURE_OF_A_NAME
    return SURE if words > FEW else SURE_OF_FEW


def _east_asian(text: str, han: int, kana: int, hangul: int, among: Collection[str]) -> str:
    if hangul > han + kana:
        return "ko"
    # Chinese shop and brand names like の, so a little kana makes no Japanese.
    if kana * 8 >= han:
        return JAPANESE
    chinese, japanese = _marks(text)
    if chinese != japanese:
        return _chinese_script(text) if chinese > japanese else JAPANESE
    if han >= _CERTAINLY_CHINESE and not kana:
        return _chinese_script(text)
    own = {base_language(tag) for tag in among} & {CHINESE, JAPANESE}
    return UNSURE if len(own) != 1 else JAPANESE if own == {JAPANESE} else _chinese_script(text)


def _chinese_script(text: str) -> str:
    traditional, simplified = script_votes(text[:LOOKED_AT])
    return TRADITIONAL if traditional > simplified else SIMPLIFIED


def _marks(text: str) -> tuple[int, int]:
    """How many characters are everyday ones in Chinese only, and how many in Japanese only."""
    kinds = [_only_in(sign) for sign in _HAN.findall(text)]
    return kinds.count(CHINESE), kinds.count(JAPANESE)


@cache
def _only_in(sign: str) -> str:
    """The one of the two languages whose everyday characters this is among, empty for both and for neither; by the
    national standards GB 2312, Big5 and level 1 of JIS X 0208."""
    chinese = bool(sign.encode("gb2312", "ignore") or sign.encode("big5", "ignore"))
    rows = sign.encode("euc_jp", "ignore")
    japanese = len(rows) == 2 and rows[0] < _SECOND_LEVEL
    return "" if chinese == japanese else CHINESE if chinese else JAPANESE
