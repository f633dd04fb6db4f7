"""What the spelling of a text says of its language: groups of one to five letters, and their weights for each language.

The weights lie in `languages.npz`; retriever/training/language.py fits them.
"""

import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.text.normal import normalise

WEIGHTS = Path(__file__).with_name("languages.npz")
LOOKED_AT = 4_000
"""Characters at the beginning of a text that tell its language: more would only take longer."""
LETTERS = 1_000
"""Letters of these that are weighed."""
ABBREVIATION = 5
"""Most letters of one."""
GROUP = 5
"""Most letters of a group."""
BITS = 17
"""Groups are counted in 2**BITS places; rare ones share a place."""

Places = NDArray[np.uint32]

_WORD = re.compile(r"[^\W\d_]+")
# Codes, addresses, paths, file names and names in code are words of no language.
_NO_WORD = re.compile(r"[\d_@/\\=<>{}|#]|\w\.\w|[a-zß-ÿ][A-Z]")
_STEP, _MIX = np.uint32(0x01000193), np.uint32(0x9E3779B1)


class LetterWeights(NamedTuple):
    """What each group says for each language: (2**BITS, languages) int8, times `scale`; what each begins with."""

    groups: NDArray[np.int8]
    scale: float
    start: NDArray[np.float32]
    languages: tuple[str, ...]


def words_of(text: str) -> str:
    """The words of a text in small letters, each once, a space between and around them; empty when it has none."""
    words = [word for part in _telling(text) for word in _WORD.findall(part.lower())]
    # Said twice a word is no more telling; many tickets repeat their title as the problem.
    return f" {' '.join(dict.fromkeys(words))[:LETTERS]} " if words else ""


def looks_like_a_name(text: str) -> bool:
    """Is this a single word, or does every word begin with a capital letter and go on in small ones, as names do?"""
    words = _WORD.findall(" ".join(_telling(text)))
    return len(set(words)) == 1 or all(map(str.istitle, words))


def places_of(words: str) -> Places:
    """Where the groups of letters of these words are counted, (n,)."""
    letters = np.frombuffer(words.encode("utf-32-le", "replace"), np.uint32)
    found, mixed = [], np.zeros(len(letters), np.uint32)
    for length in range(1, min(GROUP, len(letters)) + 1):
        mixed = (mixed[: len(letters) - length + 1] * _STEP) ^ (letters[length - 1 :] * _MIX)
        spread = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x85EBCA6B + 2 * length)
        found.append(spread >> np.uint32(32 - BITS))
    return np.concatenate(found) if found else np.empty(0, np.uint32)


def likeliest(words: str, among: Collection[str], bonus: Mapping[str, float]) -> tuple[str, float]:
    """The likeliest of these languages and its probability among them; `bonus` adds log-odds."""
    weights, places = _weights(), places_of(words)
    size = np.sqrt(max(len(places), 1))
    odds = weights.groups[places].sum(0, dtype=np.int32) * (weights.scale / size) + weights.start
    known = [(place, tag) for place, tag in enumerate(weights.languages) if tag in among]
    given = np.array([odds[place] + bonus.get(tag, 0.0) for place, tag in known])
    share = np.exp(given - given.max())
    best = int(share.argmax())
    return known[best][1], float(share[best] / share.sum())


def _telling(text: str) -> list[str]:
    """The parts of a text that are words of a language, as they are spelled."""
    parts = [part for part in normalise("NFC", text[:LOOKED_AT]).split() if not _NO_WORD.search(part)]
    # VPN and SAP are words of no language, unless all is written in capitals, and more than an abbreviation.
    small = [part for part in parts if not part.isupper()]
    shouted = parts if len(parts) > 2 or any(len(part) > ABBREVIATION for part in parts) else []
    return small or shouted


@cache
def _weights() -> LetterWeights:
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        names = tuple(str(name) for name in stored["languages"])
        return LetterWeights(stored["groups"], float(stored["scale"]), stored["start"], names)
