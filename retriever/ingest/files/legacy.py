"""Which of the encodings before Unicode a text is in: the one in which it reads as a language. The home of chardet."""

import codecs
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import chardet

from retriever.case.language import detect_language
from retriever.ingest.files.alphabets import CJK, LATIN, common_characters, letters_of_words, oddities

SAMPLE = 24_000
"""Bytes, of lines beyond ASCII, that are looked at."""

# Families whose members differ in rare characters only: the first that decodes everything stands for all.
_FAMILIES: tuple[tuple[str, ...], ...] = (
    ("gb18030",),
    ("cp950", "big5hkscs"),
    ("cp932", "shift_jis", "shift_jis_2004"),
    ("euc_jp", "euc_jis_2004"),
    ("cp949",),
    *(
        (name,)
        for name in (
            "cp1252",
            "cp1250",
            "cp1251",
            "koi8_r",
            "koi8_u",
            "cp1253",
            "cp1254",
            "cp1255",
            "cp1256",
            "cp1257",
            "cp1258",
            "cp874",
            "iso8859_2",
            "iso8859_3",
            "iso8859_4",
            "iso8859_5",
            "iso8859_6",
            "iso8859_7",
            "iso8859_8",
            "iso8859_10",
            "iso8859_13",
            "iso8859_14",
            "iso8859_15",
            "iso8859_16",
            "cp437",
            "cp737",
            "cp775",
            "cp850",
            "cp852",
            "cp855",
            "cp857",
            "cp860",
            "cp862",
            "cp863",
            "cp864",
            "cp865",
            "cp866",
            "cp869",
            "cp1125",
            "kz1048",
            "ptcp154",
            "mac_roman",
            "mac_latin2",
            "mac_cyrillic",
            "mac_greek",
            "mac_turkish",
            "mac_iceland",
        )
    ),
)
_CJK_LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "gb18030": ("zh-Hans", "zh-Hant"),
    "cp950": ("zh-Hant",),
    "cp932": ("ja",),
    "euc_jp": ("ja",),
    "cp949": ("ko",),
}
_FIRST_OF = {
    "big5": "cp950",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859_9": "cp1254",
    "iso8859_1": "cp1252",
}
_COMMON_SHARE = 0.6
_LEAST_CJK = 4
_LEAST_BEYOND, _LEAST_BESIDE = 10, 4
_LEAST_LETTERS = 20
_AGREES, _OUTWEIGHS = 1.2, 4.0
# The comma below and the cedilla are one letter of Romanian that code pages write differently.
_SAME = str.maketrans("şţŞŢ", "șțȘȚ")


# Seven-bit encodings announce their characters, in letters that are ASCII to everybody else.
_SEVEN_BIT: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("iso2022_kr", re.compile(rb"\x1b\$\)C")),
    ("iso2022_jp_ext", re.compile(rb"\x1b\$(?:[@B]|\(D)|\x1b\(I")),
    ("hz", re.compile(rb"~\{(?:[!-w][!-~]){1,40}~\}")),
)
ANNOUNCED = re.compile(rb"\x1b\$|\x1b\(I|~\{[!-w][!-~]")
"""How characters are announced in encodings that would pass as ASCII otherwise."""


class Guess(NamedTuple):
    """The encoding, empty where it cannot be told; and what else it could be, the likeliest first."""

    encoding: str
    candidates: tuple[str, ...] = ()


class _Reading(NamedTuple):
    encoding: str
    lines: tuple[str, ...]
    odd: tuple[int, ...]
    signs: int


def guess_legacy(lines: Sequence[bytes]) -> Guess:
    """The encoding of lines that are no UTF-8, if they read as a language in one and in no other."""
    sample = _sample(lines)
    likely = _likelihoods(b"\n".join(sample))
    language = _language_in_ascii(sample)
    alike: dict[tuple[str, ...], list[_Reading]] = {}
    for family in _FAMILIES:
        reading = _read(sample, family)
        if reading and _is_sound(reading):
            alike.setdefault(tuple(line.translate(_SAME) for line in reading.lines), []).append(reading)
    # Of encodings that read alike the first is named, and the likeliest counts.
    ranked = sorted(
        ((group[0], max(likely.get(reading.encoding, 0.0) for reading in group)) for group in alike.values()),
        key=lambda entry: -entry[1],
    )
    candidates = tuple(reading.encoding for reading, _ in ranked)
    for reading, likelihood in ranked:
        others = ((other, likelihood / (its or 1e-9)) for other, its in ranked if other is not reading)
        if all(_beats(reading, other, language, times) for other, times in others):
            # English is told from its ASCII words alone; of other languages both ways to tell must agree.
            sure = (likelihood == ranked[0][1] or language == "en") and _is_telling(reading, language)
            return Guess(reading.encoding if sure else "", candidates)
    return Guess("", candidates)


def seven_bit(block: bytes) -> str:
    """The seven-bit encoding that a block of ASCII is in, where it reads as Chinese, Japanese or Korean; else empty."""
    for encoding, announced in _SEVEN_BIT:
        lines = [line for line in block.split(b"\n") if announced.search(line) or b"\x0e" in line][:200]
        try:
            # The Korean one announces its characters once, in a line of its own.
            text = b"\n".join(lines).decode(encoding)
        except UnicodeDecodeError:
            continue
        letters = CJK.findall(text)
        # Escapes stand in nothing else; braces behind a tilde do.
        if letters and (encoding != "hz" or _is_common(letters, "gb18030", least=1)):
            return encoding
    return ""


def _sample(lines: Sequence[bytes]) -> list[bytes]:
    sample: list[bytes] = []
    room = SAMPLE
    for line in lines:
        # A comma is no half of a character anywhere.
        sample.append(line if len(line) <= room else line[: line.rfind(b",", 0, room) + 1 or room])
        room -= len(line) + 1  # an empty line is something, too
        if room <= 0:
            break
    return sample


def _read(sample: Sequence[bytes], family: Sequence[str]) -> _Reading | None:
    for encoding in family:
        try:
            texts = tuple(line.decode(encoding) for line in sample)
        except UnicodeDecodeError:
            continue
        letters = [CJK.findall(text) for text in texts]
        misread = not _is_common([letter for line in letters for letter in line], family[0])
        judged = [oddities(text, cjk=not misread) for text in texts]
        odd = tuple(odd + misread * len(line) for (odd, _), line in zip(judged, letters, strict=True))
        return _Reading(encoding, texts, odd, sum(signs for _, signs in judged) + sum(map(len, letters)))
    return None


def _is_common(letters: Sequence[str], encoding: str, *, least: int = _LEAST_CJK) -> bool:
    """Are most of these letters the everyday ones of a language that this encoding was made for?"""
    if len(letters) < least:
        return False
    return any(
        sum(letter in known or (language == "ja" and "\u3040" <= letter <= "\u30ff") for letter in letters)
        >= _COMMON_SHARE * len(letters)
        for language in _CJK_LANGUAGES.get(encoding, ())
        for known in (common_characters(language),)
    )


def _is_telling(reading: _Reading, language: str) -> bool:
    """Is there enough of it? A few letters are words in many languages."""
    beyond, ascii_letters, other_script = letters_of_words("\n".join(reading.lines))
    if other_script:
        return beyond >= _LEAST_BEYOND
    return ascii_letters >= _LEAST_BESIDE or (not beyond and language == "en")


def _is_sound(reading: _Reading) -> bool:
    return sum(reading.odd) * 25 <= reading.signs


def _beats(one: _Reading, other: _Reading, language: str, times: float) -> bool:
    """Is the other way to read it clearly worse, on the lines that the two read differently?

    Where both could be, the letters of the language count that the words in ASCII are in, or else how many `times`
    likelier this one is by its pairs of bytes.
    """
    apart = [place for place, line in enumerate(one.lines) if line != other.lines[place]]
    mine, theirs = (sum(reading.odd[place] for place in apart) for reading in (one, other))
    if theirs > 2 * mine:
        return True
    if language:
        fit, unfit = (
            sum(oddities(reading.lines[place], language=language)[0] for place in apart) for reading in (one, other)
        )
        if unfit > 2 * fit and (language == "en" or (times > _AGREES and unfit > fit + 1)):
            return True
    return theirs >= mine and times > _OUTWEIGHS


def _language_in_ascii(sample: Sequence[bytes]) -> str:
    """The language of what says the same in every encoding; empty where that is too little, or of another script."""
    words = b"\n".join(sample).decode("ascii", errors="replace").replace("\ufffd", " ")
    found = detect_language(words, among=LATIN) if sum(map(str.isalpha, words)) > _LEAST_LETTERS else ""
    return found if found in LATIN else ""


def _likelihoods(sample: bytes) -> dict[str, float]:
    """What a model of pairs of bytes says, by encoding."""
    found: dict[str, float] = {}
    for entry in chardet.detect_all(sample, ignore_threshold=True):
        name = _name(str(entry["encoding"]))
        found[name] = max(found.get(name, 0.0), float(entry["confidence"] or 0.0))
    return found


def _name(name: str) -> str:
    try:
        plain = codecs.lookup(name).name.replace("-", "_")
    except LookupError:
        return name
    return _FIRST_OF.get(plain, plain)
