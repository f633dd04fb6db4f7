"""What a language is called: one tag for its many codes and names, and what a tag includes.

Names and codes are those of the CLDR, which Babel carries, in the languages that tables are most often written in.
"""

import difflib
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from types import ModuleType

from index.text.folding import fold
from retriever.case.mentions import shown

UNSURE = "und"
"""The tag of a text whose language nobody knows."""
CHINESE = "zh"
"""Chinese in either script; a case is in one of the two."""
TAG_LIMIT = 60
"""Characters of a language's name that are looked at; no name is longer."""

_TAG = re.compile(r"(?P<base>[a-z]{2,3})(-(?P<script>[a-z]{4}))?(-(?P<region>[a-z]{2}|\d{3}))?(-[a-z0-9]{4,8})*")
_SCRIPTS = {"tw": "hant", "hk": "hant", "mo": "hant", "cn": "hans", "sg": "hans", "my": "hans"}
_NAMED_IN = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk", "ru", "uk", "tr", "ar", "fa", "he", "el", "ro", "hu"),
    *("sv", "da", "nb", "fi", "bg", "hr", "sl", "id", "ms", "vi", "th", "hi", "ko", "ja", "zh", "zh_Hant"),
)
_OTHER_NAMES = {
    # Names that the CLDR has in other words, codes of countries that stand where a language is asked for (unless they
    # are codes of a served language), and one language under two codes.
    CHINESE: "中文, 汉语, 漢語, 华语, 国语, mandarin, mandarin chinese",
    "zh-Hans": "普通话, 普通話, 简体, 简中, cn",
    "zh-Hant": "國語, 繁體, 繁体, 繁中, 正體中文, 正体中文, tw, hk",
    "cs": "cz",
    "da": "dk",
    "de": "德文",
    "el": "gr",
    "en": "英文, us, gb",
    "es": "西文, castellano",
    "fa": "farsi, prs",
    "fr": "法文",
    "id": "bahasa, bahasa indonesia",
    "ja": "日文, jp",
    "ko": "韩文, kr",
    "ms": "bahasa melayu, bahasa malaysia",
    "nl": "flemish",
    "no": "bokmal, nynorsk, nb, nn",
    "pt": "brasileiro, brazilian",
    "ru": "俄文",
    "sr-Latn": "sh",
    "tl": "tagalog, filipino, fil, tgl",
    "uk": "ua",
    "vi": "vn",
    UNSURE: "mul, zxx, mis, n/a, na, none, unknown, other, auto, -, ?",
}
_SPELLED_OTHERWISE = {name: tag for tag, names in _OTHER_NAMES.items() for name in names.split(", ")}
# What stands behind a name: "English (US)", "Chinese - Simplified", "Deutsch / Sie".
_QUALIFIER = re.compile(r"[(\[（/,;:|]|\s[-–—]\s")
_SIMPLIFIED = re.compile(r"hans|simpl|简|簡|china|中国|中國|大陆")
_TRADITIONAL = re.compile(r"hant|trad|繁|正體|taiwan|hong|台|臺|港")


@lru_cache(maxsize=1024)
def normalise_language(name: str) -> str:
    """The tag of a language, as language or language-Script: `EN_us`, `English (US)` and `eng` are `en`, `zh-CN` is
    `zh-Hans`, `Deutsch` and `德语` are `de`; `zh` when nothing tells the script, `und` for "unknown" and the like.

    Regions are dropped, for a filter on `pt` must find what came in as `pt-BR`. Raises ValueError, naming near ones.
    """
    text = " ".join(name[:TAG_LIMIT].split()).casefold()
    tag = _found(text)
    if not tag:
        head, qualifier = _parted(text)
        tag = _found(head)
        if tag == CHINESE:
            tag += "-Hant" if _TRADITIONAL.search(qualifier) else "-Hans" if _SIMPLIFIED.search(qualifier) else ""
    if not tag:
        near = near_languages(name)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"expected a language such as en, de, zh-Hans or German, got {shown(name)}{hint}")
    return tag


def wanted_language(name: str) -> str:
    """The tag of a language that a filter names; what is none stays as it is, and no case has it."""
    try:
        return normalise_language(name)
    except ValueError:
        return name.strip()


@lru_cache(maxsize=256)  # one unknown name stands in many rows of a table
def near_languages(name: str) -> tuple[str, ...]:
    """The languages whose names look most like this one, as `German (de)`; at most three, best first."""
    names = _telling_names()
    close = difflib.get_close_matches(_key(name[:TAG_LIMIT]), names, n=9, cutoff=0.7)
    tags = list(dict.fromkeys(names[key] for key in close))
    return tuple(f"{language_name(tag)} ({tag})" for tag in tags[:3])


def language_name(tag: str) -> str:
    """What a language is called in English; the tag itself where it has no name."""
    return str(_cldr().Locale("en").languages.get(tag.replace("-", "_"), tag))


def base_language(tag: str) -> str:
    """The language without its script or region: `zh-Hant` -> `zh`. What counts as "same language" when ranking."""
    return tag.split("-", 1)[0].lower()


def wider_tags(tag: str) -> tuple[str, ...]:
    """The tag and every wider one, the widest first: `zh-Hant` -> `zh`, `zh-Hant`. A filter may name any of them.

    What is longer than any tag is one part.
    """
    parts = tag.split("-") if len(tag) <= TAG_LIMIT else [tag]
    return tuple("-".join(parts[: length + 1]) for length in range(len(parts)))


def _found(text: str) -> str:
    """The tag of a language that is coded or called so, empty when there is none. Names are loaded last."""
    return _SPELLED_OTHERWISE.get(text) or _of_tag(text) or _tags_by_name().get(_key(text), "")


def _of_tag(text: str) -> str:
    """The tag that a code of a language or locale (`pt_BR.UTF-8`) stands for, empty when it is none."""
    found = _TAG.fullmatch(re.split("[.@]", text, maxsplit=1)[0].replace("_", "-"))
    if not found:
        return ""
    base, script, region = found["base"], found["script"], found["region"]
    alias = _cldr().get_global("language_aliases").get(base, base).replace("_", "-")
    base = base if base == "tl" else _SPELLED_OTHERWISE.get(base) or _SPELLED_OTHERWISE.get(alias, alias)
    if base_language(base) not in _codes():
        return ""
    if base == CHINESE:
        script = script or _SCRIPTS.get(region, "")
    return f"{base}-{script.title()}" if script and "-" not in base else base


def _parted(text: str) -> tuple[str, str]:
    """A name, and what stands behind it in brackets or after a dash."""
    found = _QUALIFIER.search(text)
    return (text[: found.start()].strip(), text[found.start() :]) if found else (text, "")


@cache
def _codes() -> frozenset[str]:
    """Every language that has a code."""
    return frozenset(base_language(code.replace("_", "-")) for code in _cldr().Locale("en").languages) | {"tl"}


@cache
def _tags_by_name() -> dict[str, str]:
    """Folded name -> tag, for names in the languages of `_NAMED_IN`; those of the first language win."""
    tags: dict[str, str] = {}
    for place in _NAMED_IN:
        for name, tag in _names_in(place):
            tags.setdefault(_key(name), tag)
    return tags


@cache
def _telling_names() -> dict[str, str]:
    """The names that a misspelt one is compared with: the English ones, and each language's own."""
    own = ((name, tag) for place in _NAMED_IN for name, tag in _names_in(place) if tag == _of_tag(place.casefold()))
    return {_key(name): tag for name, tag in (*own, *_names_in("en"))}


def _names_in(place: str) -> Iterator[tuple[str, str]]:
    """What languages are called in one of them, and their tags."""
    for code, name in _cldr().Locale.parse(place).languages.items():
        tag = _of_tag(code.casefold())
        if tag:
            yield name, tag


def _cldr() -> ModuleType:
    import babel.core  # noqa: PLC0415  most cases on most days name no language, or one that is known already

    return babel.core


def _key(name: str) -> str:
    """A name of a language in the one spelling that names are compared in."""
    return " ".join(fold(name).split())
