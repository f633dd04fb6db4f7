"""Measure the means of languages: `python -m retriever.training.language_means --parallel DIR`.

DIR holds sentences against English, `{language}-en.tsv.xz` with text, English and source. The file that ships was made
of interface strings, documentation, customer messages and everyday sentences in 47 languages: at most 500 of each, but
1,500 English ones, which are none of the questions or cases of any evaluation. The texts are no part of the project.
"""

import argparse
import hashlib
import heapq
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from index.types import FloatVector
from retriever.case.language_tags import base_language, normalise_language
from retriever.config import Settings
from retriever.domain import Encoder
from retriever.embedding.cards import BUILTIN, DEEP
from retriever.embedding.language_means import MEANS_FILE, LanguageMeans, model_of, save_means
from retriever.embedding.spelling import model_spelling
from retriever.training.model.pairs import DICTIONARY_PREFIX, iter_rows
from retriever.wiring.encoder import open_encoder

MODELS = (BUILTIN, DEEP)
"""Those that ship."""
TEXTS, ENGLISH_TEXTS = 500, 1_500
"""Texts of a language, and of English, at most."""
SHORTEST = 15
"""Characters below which a text says little of its language."""

_ENDING = "-en.tsv.xz"
_TAGS = {"zhtw": "zh-Hant"}
_SEED = b"language means"


def draw(texts: Iterable[str], count: int) -> list[str]:
    """So many of the texts, each once; the same ones whatever the order they come in."""
    return heapq.nsmallest(count, {text for text in texts if len(text) >= SHORTEST}, key=_rank)


def texts_by_language(folder: Path) -> dict[str, list[str]]:
    """Texts of each base language. Of two files of one language the second fills up what the first lacks."""
    drawn: dict[str, list[str]] = {}
    english: list[str] = []
    for path in sorted(folder.glob(f"*{_ENDING}")):
        rows = list(_sentences(path))
        english = draw([*english, *(other for _, other in rows)], ENGLISH_TEXTS)
        stem = path.name.removesuffix(_ENDING)
        if not rows:
            continue
        texts = drawn.setdefault(base_language(normalise_language(_TAGS.get(stem, stem))), [])
        texts += draw((text for text, _ in rows), TEXTS - len(texts))
    return drawn | {"en": english}


def measure(encoder: Encoder, texts: dict[str, list[str]]) -> LanguageMeans:
    """The mean vector of each language's texts."""
    return {language: _mean(encoder, some) for language, some in sorted(texts.items())}


def main() -> None:
    """Read, measure, write, and print how many texts there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parallel", type=Path, required=True, help="folder of LANGUAGE-en.tsv.xz files")
    parser.add_argument("--out", type=Path, default=MEANS_FILE)
    options = parser.parse_args()
    texts = texts_by_language(options.parallel)
    print({language: len(some) for language, some in sorted(texts.items())}, flush=True)
    settings, means = Settings(), {}
    for name in MODELS:
        encoder = open_encoder(settings.model_copy(update={"model": name}))
        means[model_of(encoder)] = measure(encoder, texts)
    save_means(options.out, means)


def _sentences(path: Path) -> Iterator[tuple[str, str]]:
    """Texts with their English, without dictionaries and what was left untranslated."""
    for text, english, source in iter_rows(path):
        if not source.startswith(DICTIONARY_PREFIX) and text != english:
            yield text, english


def _rank(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16, key=_SEED).digest()


def _mean(encoder: Encoder, texts: Sequence[str]) -> FloatVector:
    vectors = encoder.encode_cases([model_spelling(text) for text in texts])
    return np.asarray(vectors.mean(axis=0, dtype=np.float64), np.float32)


if __name__ == "__main__":
    main()
