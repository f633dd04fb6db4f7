"""One spelling for what people spell in many ways: width, case, accents, Arabic letters, traditional characters."""

import re
import unicodedata
from functools import cache

from index.text.normal import normalise

_HAS_HAN = re.compile("[\u3400-\u9fff\U00020000-\U000323af]")
# Latin with marks, Greek, IPA-free: the ranges in which an accent may be dropped without making another letter.
_ACCENTED = ((0x00C0, 0x0250), (0x0370, 0x0400), (0x1E00, 0x2000))
# Runs in which every character folds to exactly one: their offsets are those of the text.
_ONE_TO_ONE = re.compile(
    "[\x00-\x7f\u3001\u3002\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*"
)
_LETTERS = {
    "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th", "ß": "ss", "ŋ": "n",
    "ё": "е", "ѐ": "е", "ѝ": "и", "ґ": "г",
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ۀ": "ه", "ک": "ك",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "’": "'", "ʼ": "'",
}  # fmt: skip
# Dropped: combining accents, Hebrew points, Arabic vowel signs and tatweel, soft hyphen, joiners, direction marks, BOM.
_DROPPED = (
    (0x0300, 0x0370), (0x0591, 0x05C8), (0x0610, 0x061B), (0x0640, 0x0641), (0x064B, 0x0660), (0x0670, 0x0671),
    (0x06D6, 0x06DD), (0x06DF, 0x06E9), (0x00AD, 0x00AE), (0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2065),
    (0xFE00, 0xFE10), (0xFEFF, 0xFF00),
)  # fmt: skip


def fold(text: str) -> str:
    """The text in its one spelling: NFKC, case folded, accents dropped, traditional characters simplified."""
    if text.isascii():
        return text.lower()
    return _fold_segment(text)


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """`fold(text)`, and for each of its characters the offset in `text` of its source; the length of `text` last."""
    if text.isascii():
        return text.lower(), list(range(len(text) + 1))
    if _ONE_TO_ONE.fullmatch(text):
        return _fold_segment(text), list(range(len(text) + 1))
    pieces, offsets = [], []
    for start, segment in _iter_segments(text):
        folded = segment.lower() if segment.isascii() else _fold_segment(segment)
        pieces.append(folded)
        offsets.extend([start] * len(folded))
    offsets.append(len(text))
    return "".join(pieces), offsets


def _fold_segment(text: str) -> str:
    folded = normalise("NFKC", text).casefold()
    return folded.translate(_table_with_han() if _HAS_HAN.search(folded) else _table())


def _iter_segments(text: str) -> "list[tuple[int, str]]":
    """Cut where normalisation cannot reach across: before every character that never joins the one before it."""
    starts = [i for i, char in enumerate(text) if i == 0 or not _joins(char)]
    return [(a, text[a:b]) for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


@cache
def _joining() -> frozenset[str]:
    """Every character that may combine with the one before it under NFKC, jamo and half-width sound marks included."""
    marks = {chr(c) for c in range(0x300, 0x20000) if unicodedata.category(chr(c)).startswith("M")}
    jamo = {chr(c) for c in (*range(0x1160, 0x1200), *range(0x3131, 0x318F), *range(0xFF9E, 0xFFDD))}
    return frozenset(marks | jamo)


def _joins(char: str) -> bool:
    return char >= "\u0300" and char in _joining()


@cache
def _table() -> dict[int, str | None]:
    """Character -> folded characters (None drops it), for str.translate; without Han."""
    table: dict[int, str | None] = {}
    for low, high in _ACCENTED:
        for code in range(low, high):
            base = unicodedata.normalize("NFD", chr(code))[0]
            if base != chr(code):
                table[code] = base
    table.update({ord(char): folded for char, folded in _LETTERS.items()})
    for low, high in _DROPPED:
        table.update(dict.fromkeys(range(low, high)))
    for code in range(0x0660, 0x1_0000):
        digit = unicodedata.decimal(chr(code), None)
        if digit is not None:
            table[code] = str(digit)
    return table


@cache
def _table_with_han() -> dict[int, str | None]:
    """`_table` and the simplified form of every traditional character, from OpenCC (loaded here, about 50 ms)."""
    from opencc import OpenCC  # noqa: PLC0415 - only texts with Chinese characters pay for it

    characters = [chr(code) for code in range(0x3400, 0xA000)]
    simplified = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    pairs = zip(characters, simplified, strict=True)
    return {**_table(), **{ord(a): b for a, b in pairs if a != b and len(b) == 1}}


def script_votes(text: str) -> tuple[int, int]:
    """How many characters of a Chinese text are only traditional, and how many only simplified."""
    traditional, simplified = _one_script_only()
    return sum(char in traditional for char in text), sum(char in simplified for char in text)


@cache
def _one_script_only() -> tuple[frozenset[str], frozenset[str]]:
    pairs = {a: b for a, b in _table_with_han().items() if a >= 0x3400 and b}
    return frozenset(map(chr, pairs)), frozenset(b for b in pairs.values() if b and ord(b) not in pairs)
