"""The words of `words.toml`: cues, gazetteers and what is no name, kept as data beside the rules."""

import re
import tomllib
from functools import cache
from importlib import resources


def words(name: str) -> tuple[str, ...]:
    """A list of words; a string there is a list of signs."""
    return tuple(_table()[name])


@cache
def _table() -> dict[str, list[str] | str]:
    text = resources.files("retriever.masking").joinpath("words.toml").read_text(encoding="utf-8")
    table: dict[str, list[str] | str] = tomllib.loads(text)
    return table


def any_of(name: str) -> str:
    """A list of words as the alternatives of a pattern, longer ones first."""
    return "|".join(re.escape(word) for word in sorted(words(name), key=len, reverse=True))
