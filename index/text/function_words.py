"""Words that hold a sentence together in 34 languages: texts that share no more than these share nothing."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from index.text.folding import fold


@cache
def function_words(language: str) -> frozenset[str]:
    """Those of a language by its base tag, such as `de`, folded; none for a language without a list."""
    return frozenset(map(fold, _lists().get(language, ())))


@cache
def every_function_word() -> frozenset[str]:
    """Those of all languages together, for texts of which nobody knows the language."""
    return frozenset().union(*map(function_words, _lists()))


@cache
def _lists() -> Mapping[str, list[str]]:
    text = resources.files("index.text").joinpath("function_words.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {tag: words for tag, *words in rows}
