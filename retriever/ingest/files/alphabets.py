"""Which letters a language writes, and how signs stand among them: what tells a text from one that is misread."""

import functools
import itertools
import re
from collections.abc import Collection, Mapping
from importlib.resources import files

from index.text.normal import normalise

_LATIN = {
    "en": "éèêïöüçñàôáäó",
    "de": "äöüßéèêàçë",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "es": "áéíóúüñçàèïò",
    "pt": "áâãàçéêíóôõúü",
    "it": "àèéìíîòóùú",
    "nl": "áéëïóöüèêíç",
    "sv": "åäöéàü",
    "fi": "äöåšžé",
    "da": "æøåéäöü",
    "no": "æøåéòóôêâà",
    "is": "áéíóúýðþæö",
    "et": "õäöüšž",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūžō",
    "pl": "ąćęłńóśźż",
    "cs": "áčďéěíňóřšťúůýž",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "hu": "áéíóöőúüű",
    "ro": "ăâîșțşţ",
    "hr": "čćđšž",
    "tr": "çğıiöşüâîû",
    "sq": "çë",
    "cy": "âêîôûŵŷ",
    "vi": "ăâđêôơưáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ",
}
_CYRILLIC = {
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
}
_GREEK = {"el": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ"}
_HEBREW = {"he": "".join(map(chr, range(0x5D0, 0x5EB)))}
_ARABIC = {
    "ar": "".join(map(chr, (*range(0x621, 0x63B), *range(0x640, 0x64B)))),
    "fa": "".join(map(chr, (*range(0x621, 0x63B), *range(0x640, 0x64B)))) + "پچژگکی",
}
_THAI = {"th": "".join(map(chr, range(0xE01, 0xE5C)))}
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_ASCII = frozenset("abcdefghijklmnopqrstuvwxyz\u0300\u0301\u0303\u0309\u0323")
_ALPHABETS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "latin": {language: _ASCII.union(letters) for language, letters in _LATIN.items()},
    "cyrillic": {language: frozenset(letters) for language, letters in _CYRILLIC.items()},
    "greek": {language: frozenset(letters) for language, letters in _GREEK.items()},
    "hebrew": {language: frozenset(letters) for language, letters in _HEBREW.items()},
    "arabic": {language: frozenset(letters) for language, letters in _ARABIC.items()},
    "thai": {language: frozenset(letters) for language, letters in _THAI.items()},
}
LATIN = frozenset(_LATIN)
"""Languages of the Latin script whose letters are known."""

_RANGES = (
    (0x250, "latin"),
    (0x370, ""),
    (0x400, "greek"),
    (0x530, "cyrillic"),
    (0x590, ""),
    (0x600, "hebrew"),
    (0x780, "arabic"),
    (0xE00, ""),
    (0xE80, "thai"),
    (0x1E00, ""),
    (0x1F00, "latin"),
    (0x2000, "greek"),
)
CJK = re.compile("[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f]")
"""A letter of Chinese, Japanese or Korean."""
_CJK_SIGNS = re.compile("[\u3000-\u303f\u30fb\u30fc\uff01-\uff65\uffe0-\uffe6\u2460-\u24ff\u2500-\u25ff\u2190-\u21ff]")
_SIGN = re.compile(f"[^\x00-\x7f\\w{_MARKS}]|[µªº²³¹½¼¾]|(?![0-9])\\d")
_SENTENCE = 300  # characters
_WORD = re.compile(f"(?:[^\\W\\d_µªº²³¹½¼¾]|[{_MARKS}])+")
_BEGIN = frozenset("ÀÁÈÉÍÓÚÅÖ")
_STANDS_BETWEEN_LETTERS = frozenset("’·\u00a0–—…")
_SIGNS = frozenset("“”‘’‚„«»‹›–—…•·€£¥§©®™°±²³¹½¼¾µ×÷¿¡ªº№\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f₪،؛؟٪") | frozenset(
    "٠١٢٣٤٥٦٧٨٩๐๑๒๓๔๕๖๗๘๙"
)


_LATIN_WORD = re.compile("[A-Za-z]{2,}")
# What stands in no word: in Thai vowels and tones on nothing, in Cyrillic a short vowel behind a consonant, in Greek a
# long word without its accent or the final sigma elsewhere, in Hebrew the same of final letters.
_ODD: Mapping[str, re.Pattern[str]] = {
    "thai": re.compile("^[\u0e30-\u0e3a\u0e45\u0e47-\u0e4e]|[ฯๆ][ก-ฮ]|[\u0e48-\u0e4e]{2}|[\u0e34-\u0e39]{2}"),
    "cyrillic": re.compile("^[ъьы]|[бвгджзклмнпрстфхцчшщ]й|[аеиоуюяэъь][ъь]", re.IGNORECASE),
    "greek": re.compile("ς.|.σ$|^[^άέήίόύώΐΰΆΈΉΊΌΎΏ]*[α-ω][^άέήίόύώΐΰ]{5,}$"),
    "hebrew": re.compile("[ךםןףץ][א-ת]"),
}


def oddities(text: str, *, cjk: bool = False, language: str = "") -> tuple[int, int]:
    """How many words and signs beyond ASCII are as nobody writes them, and how many there are; CJK is left out.

    Words have the letters of one language, whichever that is, or of this one. The signs of CJK are known where there
    is `cjk`.
    """
    odd = signs = 0
    words: dict[str, list[frozenset[str]]] = {}
    for found in _WORD.finditer(text):
        word = found[0]
        if word.isascii() or not any(map(str.isalpha, word)):
            continue
        plain = CJK.sub("", word)
        if plain != word:
            # Latin letters stand beside Chinese ones without a space; others do not.
            wrong = not plain.isascii()
            odd += wrong
            signs += wrong
            continue
        script = _script(word)
        before, after = text[max(found.start() - 1, 0) : found.start()], text[found.end() : found.end() + 1]
        if not script or _is_odd(word, script, before, after) or (language == "en" and len(word) == 1):
            odd += 1
            signs += 1
        else:
            words.setdefault(script, []).append(frozenset(filter(str.isalpha, normalise("NFC", word).lower())))
    for script, letters in words.items():
        signs += len(letters)
        alone = script != "latin" and all(len(word) == 1 for word in letters)
        if alone and len(_LATIN_WORD.findall(text)) > len(letters):
            odd += len(letters)
        else:
            known = _alphabets(script, language)
            odd += len(letters) - max(sum(map(alphabet.issuperset, letters)) for alphabet in known)
    for found in _SIGN.finditer(text):
        if not (cjk and _CJK_SIGNS.match(found[0])):
            signs += 1
            odd += _is_misplaced(found[0], text[max(found.start() - 1, 0) : found.start()], text[found.end() :])
    return odd, signs


def letters_of_words(text: str) -> tuple[int, int, bool]:
    """Of words beyond ASCII: letters beyond it, those within it, and whether any is of another script than Latin."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    within = sum(letter.isascii() for word in words for letter in word)
    return sum(map(len, words)) - within, within, any(_script(word) != "latin" for word in words)


@functools.cache
def common_characters(language: str) -> frozenset[str]:
    """The characters of zh-Hans, zh-Hant, ja (kana besides) or ko that make up nearly all of its texts."""
    found: dict[str, str] = {}
    name = ""
    for line in files("retriever.ingest.files").joinpath("common_characters.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif not line.startswith("#"):
            found[name] = found.get(name, "") + line
    return frozenset(found[language])


def _alphabets(script: str, language: str) -> Collection[frozenset[str]]:
    known = _ALPHABETS[script]
    return (known[language],) if language in known else known.values()


def _script(word: str) -> str:
    """The one script of a word; empty where it mixes several, or has one that no alphabet is known of."""
    scripts = {
        next((name for end, name in _RANGES if ord(letter) < end), "")
        for letter in word
        if not "\u0300" <= letter <= "\u036f"  # accents of Latin, Greek and Cyrillic
    }
    return scripts.pop() if len(scripts) == 1 else ""


def _is_odd(word: str, script: str, before: str, after: str) -> bool:
    if any(a.islower() and b.isupper() and not (a + b).isascii() for a, b in itertools.pairwise(word)):
        return True
    if not word.isupper() and any(letter.isupper() and not letter.isascii() for letter in word[1:]):
        return True
    if script != "latin":
        return script in _ODD and bool(_ODD[script].search(word))
    if before.isdigit() or after.isdigit():
        return True
    beyond = sum(not letter.isascii() for letter in word)
    return word.isupper() and word not in _BEGIN if len(word) == 1 else len(word) > 3 and beyond * 5 > len(word) * 3


def _is_misplaced(sign: str, before: str, rest: str) -> bool:
    """Is this no sign that people write, or not where they write it?"""
    after = rest[:1]
    if before.isalpha() and after.isalpha() and sign not in _STANDS_BETWEEN_LETTERS:
        return True
    wrong: Mapping[str, bool] = {
        "‚„": before.isalnum() or not after.isalnum(),
        "£€¥": after.isalpha(),
        "¡": not after.isalpha() or "!" not in rest[:_SENTENCE],
        "¿": not after.isalpha() or "?" not in rest[:_SENTENCE],
        "²³¹": not before.isalnum() or after.isalpha(),
        "°½¼¾": before.isalpha(),
        "’": not before.isalnum() and after.isalpha() and not after.isascii(),
    }
    return sign not in _SIGNS or any(found for signs, found in wrong.items() if sign in signs)
