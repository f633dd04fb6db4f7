"""Fit what the spelling of a text says of its language: `python -m retriever.training.language --pairs DIR --out FILE`.

A softmax over groups of letters (`retriever.case.clues`), fitted with Adagrad on the translated side of the pairs that
the built-in model was made of. Languages with a script of their own need no fit and are left out.
"""

import argparse
import json
import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from retriever.case.clues import BITS, Places, places_of, words_of
from retriever.case.language import ARABIC, CYRILLIC, LATIN
from retriever.training.model.pairs import DICTIONARY_PREFIX, iter_rows

LANGUAGES = (*sorted(LATIN), *sorted(CYRILLIC), *sorted(ARABIC))
COMMON = frozenset(["en", "es", "de", "fr", "pt", "it", "nl", "pl", "ru", "tr", "vi", "sv", "uk", "ar", "cs"])
"""Languages that most texts are in: they get the most texts, so that they win where nothing else decides."""
MOST, MOST_OTHERS, LEAST = 40_000, 22_000, 14_000
"""Texts of a common language, of another one, and below which the texts of a small one are repeated, cut otherwise."""
RARER = {"gl": 0.4}
"""Log-odds that languages stand behind the far commoner neighbour that few words cannot tell them from."""
MACHINE_MADE = frozenset(("id", "ms"))
"""Languages whose dictionaries were made by a program, and mix with each other."""
ENGLISH_SHARE = 0.05
"""Every file of pairs has English sides; so many are read."""
LENGTH = 300
BATCH = 512
ROUNDS = 2.0
RATE = 0.12
SEED = 1

_LETTER = re.compile(r"[^\W\d_]")
_LATIN_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
Sample = tuple[int, str]


def known_words(folder: Path) -> frozenset[str]:
    """The texts of an evaluation (`language, source, text` a line), as the fit would see them."""
    lines = (line for path in sorted(folder.glob("*.tsv")) for line in path.read_text("utf-8").splitlines())
    return frozenset(words_of(line.split("\t")[2]) for line in lines)


def texts_of(folder: Path, language: str, left_out: frozenset[str], dice: random.Random) -> list[str]:
    """Words of the texts of one language, sentences before dictionary entries, long ones likelier first."""
    sentences: set[str] = set()
    entries: set[str] = set()
    for text, source in _rows(folder, language, dice):
        words = words_of(text)
        if len(words) < 4 or words in left_out or not _in_script(text, language):
            continue
        dictionary = source.startswith(DICTIONARY_PREFIX)
        if not (dictionary and language in MACHINE_MADE):
            (entries if dictionary else sentences).add(words)
    most = MOST if language in COMMON else MOST_OTHERS
    first = sorted(sentences, key=lambda words: (-min(len(words), 60) * dice.random(), words))[:most]
    rest = sorted(entries)
    dice.shuffle(rest)
    return (first + rest[: max(6_000, (most - len(first)) // 3)])[:most]


def samples_of(texts: Sequence[Sequence[str]], dice: random.Random) -> list[Sample]:
    """Texts with the number of their language: some as a few words of themselves, some without their accents."""
    samples: list[Sample] = []
    for number, known in enumerate(texts):
        times = -(-LEAST // max(len(known), 1)) if len(known) < LEAST else 1
        samples += [(number, _varied(words, LANGUAGES[number], dice)[:LENGTH]) for words in [*known] * times]
    dice.shuffle(samples)
    return samples


def fit(samples: Sequence[Sample]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (2**BITS, languages) of the groups and what each language begins with."""
    torch.manual_seed(SEED)
    table = torch.nn.EmbeddingBag(2**BITS, len(LANGUAGES), mode="sum", sparse=True)
    torch.nn.init.zeros_(table.weight)
    start = torch.zeros(len(LANGUAGES), requires_grad=True)
    optimizer = torch.optim.Adagrad([table.weight], lr=RATE, initial_accumulator_value=1e-10)
    slow = torch.optim.Adagrad([start], lr=RATE / 6)
    places = [places_of(words) for _, words in samples]
    wanted = np.array([number for number, _ in samples])
    steps = int(len(samples) * ROUNDS / BATCH)
    for step, rows in enumerate(_batches(len(samples), steps)):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - 0.9 * step / steps)
        flat, offsets, size = _flat([places[row] for row in rows])
        loss = cross_entropy(table(flat, offsets) / size[:, None].sqrt() + start, torch.from_numpy(wanted[rows]))
        optimizer.zero_grad()
        slow.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        slow.step()
        if step % 500 == 0:
            print(json.dumps({"step": step, "of": steps, "loss": round(float(loss), 4)}), flush=True)
    return table.weight.detach().numpy(), start.detach().numpy()


def save(path: Path, weights: NDArray[np.float32], start: NDArray[np.float32]) -> None:
    """Round to int8, one scale for all, and write."""
    scale = np.float32(np.quantile(np.abs(weights), 0.9999) / 127)
    groups = np.clip(np.round(weights / scale), -127, 127).astype(np.int8)
    behind = np.array([RARER.get(language, 0.0) for language in LANGUAGES], np.float32)
    np.savez(path, groups=groups, scale=scale, start=start - behind, languages=np.array(LANGUAGES))


def main() -> None:
    """Read, fit, write, and print what was read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, help="folder of LANGUAGE-en.tsv.xz files")
    parser.add_argument("--without", type=Path, help="folder of .tsv files whose texts are left out")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)  # the same sums in the same order everywhere
    dice = random.Random(SEED)  # noqa: S311  samples, no secrets
    left_out = known_words(options.without) if options.without else frozenset()
    texts = [texts_of(options.pairs, language, left_out, dice) for language in LANGUAGES]
    counts: dict[str, Any] = {language: len(known) for language, known in zip(LANGUAGES, texts, strict=True)}
    print(json.dumps({"texts": counts}), flush=True)
    save(options.out, *fit(samples_of(texts, dice)))


def _varied(words: str, language: str, dice: random.Random) -> str:
    """Some texts as a few words of themselves, some without their accents, as people type."""
    parts = words.split()
    if len(parts) > 4 and dice.random() < 0.45:
        length = dice.randint(2, 5)
        start = dice.randint(0, len(parts) - length)
        words = f" {' '.join(parts[start : start + length])} "
    if language in LATIN and dice.random() < 0.12:
        words = "".join(sign for sign in unicodedata.normalize("NFD", words) if not unicodedata.combining(sign))
    return words


def _rows(folder: Path, language: str, dice: random.Random) -> Iterator[tuple[str, str]]:
    """Texts of a language and their sources; untranslated ones are left out."""
    if language != "en":
        for text, english, source in iter_rows(folder / f"{language}-en.tsv.xz"):
            if text != english:
                yield text, source
        return
    for path in sorted(folder.glob("*-en.tsv.xz")):
        for _, english, source in iter_rows(path):
            if not source.startswith(DICTIONARY_PREFIX) and dice.random() < ENGLISH_SHARE:
                yield english, ""


def _in_script(text: str, language: str) -> bool:
    letters, latin = len(_LETTER.findall(text)), len(_LATIN_LETTER.findall(text))
    return latin >= letters * 0.9 if language in LATIN else latin <= letters * 0.4


def _batches(count: int, steps: int) -> Iterator[NDArray[np.int64]]:
    """Rows of each step: all of them once, in another order each time round."""
    chance = np.random.default_rng(SEED)
    order = chance.permutation(count)
    at = 0
    for _ in range(steps):
        if at + BATCH > count:
            order, at = chance.permutation(count), 0
        yield order[at : at + BATCH]
        at += BATCH


def _flat(bags: Sequence[Places]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """All places in a row, where each bag begins, and how many it has."""
    sizes = np.array([len(bag) for bag in bags])
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    flat = torch.from_numpy(np.concatenate(bags).astype(np.int64))
    return flat, torch.from_numpy(offsets), torch.from_numpy(sizes.astype(np.float32))


if __name__ == "__main__":
    main()
