"""The words of `words.toml` and `headers.toml`: what help desks and their users call things, kept as data."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from index.text.normal import normalise

LONGEST_NAME = 200
"""Characters of a header or a status that are compared; none that is known is as long."""
_SIGNS = re.compile(r"[\W_]+")
# No accents in Unicode's eyes, and left out on keyboards all the same.
_LETTERS = str.maketrans({"ł": "l", "ı": "i", "ø": "o", "đ": "d", "ß": "ss", "ى": "ي", "ة": "ه"})


def any_of(name: str) -> str:
    """The parts of patterns under this name, of all languages, as alternatives; the longer ones first."""
    parts = (part for parts in table(name).values() for part in parts)
    return f"(?:{'|'.join(sorted(dict.fromkeys(parts), key=len, reverse=True))})"


def table(name: str) -> Mapping[str, list[str]]:
    """The lists under this name, by language."""
    found: Mapping[str, list[str]] = _read("words.toml")[name]
    return found


def states() -> Mapping[str, Mapping[str, list[str]]]:
    """The words for states, by what they mean and by language."""
    found: Mapping[str, Mapping[str, list[str]]] = _read("words.toml")["states"]
    return found


def known_headers() -> Mapping[str, Mapping[str, str]]:
    """The headers of tables, by the field of a case and by language; commas between them."""
    return _read("headers.toml")


def plain_name(name: str) -> str:
    """A header or a status as it is compared: without case, accents, spaces and punctuation."""
    folded = normalise("NFKD", name[:LONGEST_NAME]).casefold()
    return _SIGNS.sub("", "".join(sign for sign in folded if unicodedata.category(sign) != "Mn").translate(_LETTERS))


@cache
def _read(name: str) -> Mapping[str, Any]:
    text = resources.files("retriever.ingest").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)
