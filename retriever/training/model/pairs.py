"""Sentence and dictionary pairs against English: read once, every English side known by one number."""

import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DICTIONARY_PREFIX = "dict-"
LEXICON_SOURCE = "dict-cedict-single"
LEXICON_STEM = "lexicon_"


@dataclass(frozen=True, slots=True)
class LanguagePairs:
    """All pairs of one language: `texts[i]` translates English text `english[i]` and comes from source `sources[i]`."""

    language: str
    texts: list[str]
    english: NDArray[np.int32]
    sources: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class ParallelCorpus:
    """Everything read: unique English texts with the source that named each first, and the pairs by language code.

    A sentence source wins over a dictionary as the source of an English text that occurs in both.
    """

    sources: list[str]
    english: list[str]
    english_source: NDArray[np.int16]
    languages: dict[str, LanguagePairs]

    def dictionary_mask(self) -> NDArray[np.bool_]:
        """True at the numbers of dictionary sources; shape (sources,)."""
        return np.array([name.startswith(DICTIONARY_PREFIX) for name in self.sources], dtype=np.bool_)

    def count_pairs(self) -> dict[str, int]:
        """How many pairs each source gave, over all languages."""
        counts = np.zeros(len(self.sources), dtype=np.int64)
        for pairs in self.languages.values():
            counts += np.bincount(pairs.sources, minlength=len(self.sources))
        return {name: int(count) for name, count in zip(self.sources, counts, strict=True)}


def iter_rows(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (text, English, source) of one `.tsv.xz` file; a row with another number of fields is an error."""
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            fields = line.rstrip("\n").split("\t")
            if len(fields) != 3:
                raise ValueError(f"{path.name}, line {number}: expected 3 fields, found {len(fields)}")
            yield fields[0], fields[1], fields[2]


def load_corpus(folder: Path) -> ParallelCorpus:
    """Read every `{language}-en.tsv.xz` of a folder; `lexicon_` files join the dictionary rows of their language."""
    paths = sorted(folder.glob("*-en.tsv.xz"))
    if not paths:
        raise FileNotFoundError(f"no *-en.tsv.xz files in {folder}")
    builder = _CorpusBuilder()
    for path in paths:
        builder.add_file(path)
    return builder.build()


class _CorpusBuilder:
    def __init__(self) -> None:
        self._sources: dict[str, int] = {}
        self._english: dict[str, int] = {}
        self._first_source: list[int] = []
        self._is_dictionary: list[bool] = []
        self._columns: dict[str, tuple[list[str], list[int], list[int]]] = {}

    def add_file(self, path: Path) -> None:
        stem = path.name.removesuffix("-en.tsv.xz")
        is_lexicon = stem.startswith(LEXICON_STEM)
        texts, english, sources = self._columns.setdefault(stem.removeprefix(LEXICON_STEM), ([], [], []))
        for text, gloss, named in iter_rows(path):
            source = self._source_number(LEXICON_SOURCE if is_lexicon else named)
            texts.append(text)
            english.append(self._english_number(gloss, source))
            sources.append(source)

    def _source_number(self, name: str) -> int:
        number = self._sources.get(name)
        if number is None:
            number = self._sources[name] = len(self._sources)
            self._is_dictionary.append(name.startswith(DICTIONARY_PREFIX))
        return number

    def _english_number(self, text: str, source: int) -> int:
        number = self._english.get(text)
        if number is None:
            number = self._english[text] = len(self._english)
            self._first_source.append(source)
        elif self._is_dictionary[self._first_source[number]] and not self._is_dictionary[source]:
            self._first_source[number] = source
        return number

    def build(self) -> ParallelCorpus:
        languages = {
            language: LanguagePairs(language, texts, np.array(english, np.int32), np.array(sources, np.int16))
            for language, (texts, english, sources) in sorted(self._columns.items())
        }
        return ParallelCorpus(
            list(self._sources), list(self._english), np.array(self._first_source, np.int16), languages
        )
