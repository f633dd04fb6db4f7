"""The words of `words.toml`: what help desks and their users call things, kept as data beside the rules."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources


def any_of(name: str) -> str:
    """The parts of patterns under this name, of all languages, as alternatives; the longer ones first."""
    parts = (part for parts in table(name).values() for part in parts)
    return f"(?:{'|'.join(sorted(dict.fromkeys(parts), key=len, reverse=True))})"


def table(name: str) -> Mapping[str, list[str]]:
    """The lists under this name, by language or by what they mean."""
    return _tables()[name]


@cache
def _tables() -> Mapping[str, Mapping[str, list[str]]]:
    text = resources.files("retriever.ingest").joinpath("words.toml").read_text(encoding="utf-8")
    tables: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(text)
    return tables
