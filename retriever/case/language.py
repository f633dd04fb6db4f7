"""Which language a text is in: script first (sure and fast), then py3langid among the library's languages."""

import re
import threading
from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from index.text.folding import script_votes

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LATIN = frozenset(
    ("en", "es", "de", "fr", "pt", "it", "nl", "pl", "cs", "sv", "da", "no", "fi", "tr", "id", "vi", "ro", "hu")
)
CYRILLIC = frozenset(("ru", "uk", "bg", "sr"))
ARABIC = frozenset(("ar", "fa", "ur"))
LIKELY = frozenset(("en", "es", "de", "fr", "pt", "it", "ru", "uk", "ar"))
"""Languages that share a script and are told apart by statistics; the others have a script of their own."""

_SCRIPTS = (
    # Japanese before Chinese: kana decides, since Japanese also uses Han characters.
    ("ja", re.compile(r"[\u3040-\u30ff\uff66-\uff9f]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff\u3130-\u318f]")),
    ("zh", re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("bn", re.compile(r"[\u0980-\u09ff]")),
    ("ta", re.compile(r"[\u0b80-\u0bff]")),
    ("te", re.compile(r"[\u0c00-\u0c7f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
_SHARED_SCRIPTS = (
    (CYRILLIC, re.compile(r"[\u0400-\u04ff]")),
    (ARABIC, re.compile(r"[\u0600-\u06ff]")),
)
# Words that stand in nearly every sentence of one language and in few of the others: they settle most questions without
# the statistics, whose table takes a second to load.
_TELLING = {
    "en": "the is are my how why when what does not to of and it on this was can",
    "es": "el los las qué cómo por está mi del una cuándo para con se ya",
    "de": "der die das ist nicht wie wo wann ich mein meine und kann wird ein auf warum für",
    "fr": "le les est mon ma une pas comment pourquoi où je du et dans pour ne sur quand",
    "pt": "não meu minha uma quando como está do da em os foi você já",
    "it": "il è non mio mia come perché quando della che sono gli",
}
_LANGUAGES_OF = {
    word: frozenset(name for name, words in _TELLING.items() if word in words.split())
    for words in _TELLING.values()
    for word in words.split()
}
_loading = threading.Lock()
_LETTERS = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
LOOKED_AT = 4_000
"""Characters at the beginning of a text that tell its language: more would only take longer."""


def detect_language(text: str, *, among: Collection[str] = ()) -> str:
    """Language tag of a text (`zh-Hans`, `zh-Hant`, `en`, `ja` …), `und` when it has no letters.

    `among` narrows the guess within a shared script: short texts say little ("printer jam" looks Swedish), and the
    languages of the library and the most spoken ones are likelier than the rest.
    """
    text = text[:LOOKED_AT]
    letters = len(_LETTERS.findall(text))
    if not letters:
        return "und"
    for language, pattern in _SCRIPTS:
        found = len(pattern.findall(text))
        # One Han or kana character weighs three Latin letters, and Latin product names stand in texts of any language.
        if found and found * 3 >= letters - found:
            return _chinese_script(text) if language == "zh" else language
    candidates = next((names for names, script in _SHARED_SCRIPTS if script.search(text)), LATIN)
    likely = candidates & ({base_language(tag) for tag in among} | LIKELY)
    if len(likely) == 1:
        return next(iter(likely))
    told = _told_by_words(text) if candidates is LATIN else ""
    if told:
        return told
    # Codes and part numbers are no words of any language and mislead the statistics.
    words = " ".join(word for word in text.split() if not _DIGIT.search(word))
    if not words:
        return "und"
    return next(str(language) for language, _ in _identifier().rank(words) if language in likely)


def base_language(tag: str) -> str:
    """The language without its script or region: `zh-Hant` -> `zh`. What counts as "same language" when ranking."""
    return tag.split("-", 1)[0].lower()


def warm_up() -> None:
    """Begin to load the statistics, in a thread of its own: they are unpacked without the interpreter's lock."""
    threading.Thread(target=_identifier, name="similar-cases-languages", daemon=True).start()


def _told_by_words(text: str) -> str:
    """The language that telling words agree on, empty when they do not."""
    words = text.casefold().replace("?", " ").replace("¿", " ").replace(",", " ").split()
    votes = Counter(name for word in words for name in _LANGUAGES_OF.get(word, ()))
    (best, most), *others = votes.most_common(2) or [("", 0)]
    return best if most > (others[0][1] if others else 0) else ""


def _identifier() -> "LanguageIdentifier":
    with _loading:  # whoever comes meanwhile waits instead of loading them again
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  most questions do without

    return LanguageIdentifier.from_model_file(MODEL_FILE)


def _chinese_script(text: str) -> str:
    traditional, simplified = script_votes(text)
    return "zh-Hant" if traditional > simplified else "zh-Hans"
