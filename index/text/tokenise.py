"""Words for every script: what a question and a case must share to be found by words.

Text of scripts with spaces is cut at them, and each word gives its stem and its first letters; Chinese, Japanese,
Korean and Thai become overlapping pairs of characters. Codes (`E-05`, `0x80070057`, `AX-200/B`, `3.2.1`, `HTTP 429`)
give one token however they are spelt, and count double. Words that some write as one and others as two (`Wi-Fi`,
`wi fi`, `wifi`) give the one word too. docs/words.md says what was measured for each choice.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from index.text.folding import fold, fold_with_offsets
from index.text.function_words import function_words
from index.text.remembering import remembered

TOKENISER_VERSION = 3
"""Goes up whenever the same text gives other tokens: an index of another version must be rebuilt."""
CODE_MARK = "#"
"""First character of every code token and of no other."""
CODE_WEIGHT = 2
"""How often a code is counted where a word is counted once."""

PREFIX_MARK = "~"
"""Last character of a token that stands for all words with the same first letters."""
PREFIX_LENGTH = 4
"""Letters that such a token keeps; shorter words have none."""

JOINED_LETTERS = 12
"""Most letters of two neighbours that are also taken for one word."""
JOINED_PARTICLE_LETTERS = 8
"""The same where the second is a particle: `log in`, `check out`, but not `problem in`."""

TokenSpan: TypeAlias = tuple[str, int, int]
"""Token, first and one-past-last character it was made from."""

_HAN = "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_HANGUL = "\uac00-\ud7a3\u1100-\u11ff"
# Scripts without spaces whose characters carry marks: Thai, Lao, Tibetan, Burmese, Khmer.
_CLUSTERED = "\u0e01-\u0e4e\u0e81-\u0ede\u0f40-\u0fbc\u1000-\u109d\u1780-\u17d3"
UNSPACED = f"[{_HAN}{_KANA}{_HANGUL}{_CLUSTERED}]"
"""Pattern of a character of a script without spaces between words, or of Korean, whose words end in particles."""
SPACED = f"(?:[^\\W_{_HAN}{_KANA}{_HANGUL}{_CLUSTERED}]|[\u0900-\u0963\u0966-\u0dff])"
"""Pattern of a letter or digit of a script with spaces. Indic vowel signs are, too, though `\\w` leaves them out."""

_PIECE = re.compile(
    f"({SPACED}+(?:[-_./:+]{SPACED}+)*)|([{_HAN}{_KANA}]+)|([{_HANGUL}]+)|([{_CLUSTERED}]+)",
)
_PARTS = re.compile("[^-_./:+]+")
_CLUSTER = re.compile(
    "[\u0e40-\u0e44\u0ec0-\u0ec4]?.[\u0e30-\u0e3a\u0e45\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece\u0f71-\u0fbc\u102b-\u103e\u1056-\u109d\u17b4-\u17d3]*",
    re.DOTALL,
)
_BETWEEN = re.compile("(?<=[0-9])([-_/:+])(?=[0-9])|[-_/:+]|(?<![0-9])[.]|[.](?![0-9])")
_DIGIT = re.compile("[0-9]")
_HANGUL_START = "^"  # marks the first syllable of a run: where a Korean word begins says more than its inside
# A number after one of these words is a code of its own: `error code 404`, `HTTP 429`, `错误码 5003`.
_NAMED_NUMBER = re.compile(
    "(?<![a-z])(https?|error|err|code|status|errno|sqlstate|event|fehler|fehlercode|erreur|codigo|ошибка|код"
    "|错误码?|代码|状态码?|故障码?|报错|エラー|コード|오류|코드|에러)[ :=#-]{0,3}([0-9]{3,10})(?![0-9a-z])"
)
_VERSION = re.compile("v?([0-9]+(?:[.][0-9]+)+)")
_LONGEST_CODE = 40
# Between two words that may be one: a single space, or a hyphen that stands off (`e- mail`).
_JOINTS = frozenset((" ", "\u00a0", "- ", " -"))
_AFTER_CYRILLIC = "\u0530"
_PARTICLES = frozenset(("in", "on", "up", "out", "off"))


@dataclass(frozen=True, slots=True)
class Code:
    """One code in a text: as it was spelt, normalised (`E-05` and `e05` both `e05`), and where it stands."""

    text: str
    normalised: str
    start: int
    end: int


def tokens(text: str) -> list[str]:
    """The tokens of a text in reading order, with repetitions; empty for text without letters or digits."""
    return [token for token, _, _ in _cut(fold(text))]


def spans(text: str) -> list[TokenSpan]:
    """The same tokens with code-point offsets into the text as given, [start, end)."""
    folded, offsets = fold_with_offsets(text)
    ends = _ends(offsets)
    return [(token, offsets[start], ends[end - 1]) for token, start, end in _cut(folded)]


def codes(text: str) -> list[Code]:
    """Every code of a text, each place once, in reading order."""
    seen: dict[tuple[int, int], Code] = {}
    for token, start, end in spans(text):
        if token.startswith(CODE_MARK):
            seen.setdefault((start, end), Code(text[start:end], token[1:], start, end))
    return list(seen.values())


def _ends(offsets: list[int]) -> list[int]:
    """Where the source of each folded character ends: at the next source that begins later."""
    ends = offsets[1:]
    for place in range(len(ends) - 2, -1, -1):
        if ends[place] == offsets[place]:
            ends[place] = ends[place + 1]
    return ends


def _cut(folded: str) -> list[TokenSpan]:
    found: list[TokenSpan] = []
    before, ended = "", 0  # the word just before, and where it ended
    for match in _PIECE.finditer(folded):
        piece, start = match.group(), match.start()
        kind = match.lastindex
        if kind == 1:
            if piece.isalpha():
                _add_word(found, piece, start)
                if before and folded[ended:start] in _JOINTS and may_be_one(before, piece):
                    found.append((_forms(before + piece)[0], ended - len(before), match.end()))
                before, ended = piece, match.end()
            else:
                _add_compound(found, piece, start)
        elif kind == 2:
            _add_pairs(found, piece, start)
        elif kind == 3:
            _add_syllables(found, piece, start)
        else:
            _add_clusters(found, piece, start)
    if _DIGIT.search(folded):
        _add_named_numbers(found, folded)
    return found


def _add_word(found: list[TokenSpan], word: str, start: int) -> None:
    end = start + len(word)
    stem, prefix = _forms(word)
    found.append((stem, start, end))
    if prefix:
        found.append((prefix, start, end))


@remembered(65_536)
def _forms(word: str) -> tuple[str, str]:
    """A word's stem and its prefix token, the latter empty for short words and numbers."""
    if not word[0].isalpha():
        return word, ""
    return stem_of(word), word[:PREFIX_LENGTH] + PREFIX_MARK if len(word) >= PREFIX_LENGTH else ""


def stem_of(word: str) -> str:
    """A folded word without the commonest English endings: cards -> card, ordering and ordered -> order."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-3] + "y" if word.endswith("ies") and len(word) > 4 else word[:-1]
    for ending in ("ing", "edly", "ed", "ly", "er", "ment"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def _add_compound(found: list[TokenSpan], piece: str, start: int) -> None:
    """Parts joined by hyphens, dots …, or letters mixed with digits: a code if there is a digit, and its parts."""
    if version := _VERSION.fullmatch(piece):
        _add_code(found, version.group(1), start, start + len(piece))
        return
    parts = [(match.group(), start + match.start()) for match in _PARTS.finditer(piece)]
    if len(parts) > 1 and _DIGIT.search(piece):
        _add_code(found, _BETWEEN.sub("\\1", piece), start, start + len(piece))
    elif "-" in piece or "_" in piece:
        _add_joined(found, parts)
    for part, at in parts:
        if part.isalpha() or part.isdigit() or not _DIGIT.search(part):
            _add_word(found, part, at)
        else:
            _add_code(found, part, at, at + len(part))


def may_be_one(first: str, second: str) -> bool:
    """Neighbours that somebody may write as one word: short ones that both say something."""
    letters = len(first) + len(second)
    if letters > JOINED_LETTERS or first in _apart() or max(first, second) >= _AFTER_CYRILLIC:
        return False
    return second not in _apart() or (second in _PARTICLES and letters <= JOINED_PARTICLE_LETTERS)


@lru_cache(maxsize=1)
def _apart() -> frozenset[str]:
    """Words that are no part of another: of these languages alone, as `fi` and `e` are such words in others."""
    return frozenset().union(*map(function_words, ("en", "de", "fr", "es", "ru", "uk", "bg", "el")))


def _add_joined(found: list[TokenSpan], parts: list[tuple[str, int]]) -> None:
    """`e-mail-address` as `email`, `mailaddress` and `emailaddress`, which others write without the hyphens."""
    runs = [parts[place : place + 2] for place in range(len(parts) - 1)]
    for run in [*runs, parts] if len(parts) > 2 else runs:
        word = "".join(part for part, _ in run)
        if len(word) > _LONGEST_CODE:
            continue
        start, end = run[0][1], run[-1][1] + len(run[-1][0])
        stem, prefix = _forms(word)
        found.append((stem, start, end))
        if prefix and len(run[0][0]) < PREFIX_LENGTH:  # a longer first part gives the same
            found.append((prefix, start, end))


def _add_code(found: list[TokenSpan], code: str, start: int, end: int) -> None:
    if len(code) <= _LONGEST_CODE:
        found.extend([(CODE_MARK + code, start, end)] * CODE_WEIGHT)


def _add_named_numbers(found: list[TokenSpan], folded: str) -> None:
    for match in _NAMED_NUMBER.finditer(folded):
        name, number = match.groups()
        _add_code(found, number, match.start(2), match.end())
        if name.startswith("http") and folded[match.start(2) - 1] != "-":  # `HTTP-429` is a compound, found already
            _add_code(found, "http" + number, match.start(), match.end())


def _add_pairs(found: list[TokenSpan], run: str, start: int) -> None:
    if len(run) == 1:
        found.append((run, start, start + 1))
        return
    found.extend((a + b, at, at + 2) for at, (a, b) in enumerate(pairwise(run), start))


def _add_syllables(found: list[TokenSpan], run: str, start: int) -> None:
    """Overlapping pairs of Korean syllables, the first one also paired with the beginning of the run."""
    found.append((_HANGUL_START + run[0], start, start + 1))
    found.extend((a + b, at, at + 2) for at, (a, b) in enumerate(pairwise(run), start))


def _add_clusters(found: list[TokenSpan], run: str, start: int) -> None:
    """Overlapping pairs of characters with their marks."""
    clusters = [(match.start(), match.end()) for match in _CLUSTER.finditer(run)]
    if len(clusters) == 1:
        found.append((run, start, start + len(run)))
        return
    found.extend((run[a:b], start + a, start + b) for (a, _), (_, b) in pairwise(clusters))
