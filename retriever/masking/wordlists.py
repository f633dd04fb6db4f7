"""The words of `words.toml` and `names.toml`: cues, gazetteers and what is no name, kept as data beside the rules."""

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib import resources

_SHORT = 3  # letters; without its accent a short name is another word: lê


def words(name: str) -> tuple[str, ...]:
    """A list of words; a string there is a list of signs."""
    return tuple(_table()[name])


@cache
def names(list_name: str) -> frozenset[str]:
    """A list of people's names in lower case, longer ones without their accents, too."""
    listed = _read("names.toml")[list_name]
    known = listed.split() if isinstance(listed, str) else listed
    return frozenset(known) | {plain(name) for name in known if len(name) > _SHORT}


def plain(text: str) -> str:
    """The text without accents, position for position."""
    return text if text.isascii() else "".join(map(_base, text))


@lru_cache(maxsize=4096)
def _base(sign: str) -> str:
    if sign < "\u00c0" or sign >= "\u0370":
        return sign
    return unicodedata.normalize("NFD", sign)[0]


@cache
def _table() -> dict[str, list[str] | str]:
    return _read("words.toml")


def _read(file: str) -> dict[str, list[str] | str]:
    text = resources.files("retriever.masking").joinpath(file).read_text(encoding="utf-8")
    table: dict[str, list[str] | str] = tomllib.loads(text)
    return table


def any_of(name: str) -> str:
    """A list of words as the alternatives of a pattern, longer ones first."""
    return "|".join(re.escape(word) for word in sorted(words(name), key=len, reverse=True))
