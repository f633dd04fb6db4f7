"""Which texts the means of languages are made of."""

import lzma
from pathlib import Path

import numpy as np
import pytest

from retriever.training.language_means import ENGLISH_TEXTS, TEXTS, draw, measure, texts_by_language
from tests.support.builders import WordEncoder


def write(folder: Path, stem: str, rows: list[tuple[str, str, str]]) -> None:
    """A file of texts, their English and their sources."""
    with lzma.open(folder / f"{stem}-en.tsv.xz", "wt", encoding="utf-8") as lines:
        lines.writelines("\t".join(row) + "\n" for row in rows)


def sentences(name: str, count: int) -> list[tuple[str, str, str]]:
    """So many rows, all different."""
    return [(f"{name} sentence number {n}", f"English of {name} number {n}", "docs") for n in range(count)]


def test_the_same_texts_are_drawn_in_any_order() -> None:
    """Each once, none too short, no more than wanted."""
    texts = [f"a sentence of number {n}" for n in range(40)]

    assert draw([*texts, *texts, "too short"], 7) == draw(reversed(texts), 7)
    assert len(set(draw(texts, 7))) == 7
    assert sorted(draw([*texts[:3], "too short"], 7)) == texts[:3]


def test_sentences_alone_are_read(tmp_path: Path) -> None:
    """No dictionaries, nothing left untranslated, and nothing short."""
    rows = [
        ("Der Drucker druckt nicht", "The printer does not print", "docs"),
        ("der Drucker, das Druckwerk", "printer, printing unit", "dict-one"),
        ("Printing subsystem", "Printing subsystem", "docs"),
        ("Drucker", "Printer out of paper", "docs"),
    ]
    write(tmp_path, "de", rows)
    write(tmp_path, "lexicon_zh", [("打印机", "a printer of some kind", "dict-cedict-single")])

    found = texts_by_language(tmp_path)
    assert found.keys() == {"de", "en"}
    assert found["de"] == ["Der Drucker druckt nicht"]
    assert sorted(found["en"]) == ["Printer out of paper", "The printer does not print"]


def test_both_scripts_are_one_language(tmp_path: Path) -> None:
    """What simplified Chinese lacks of the wanted number, traditional Chinese fills up."""
    write(tmp_path, "zh", sentences("simplified", TEXTS - 20))
    write(tmp_path, "zhtw", sentences("traditional", 50))
    found = texts_by_language(tmp_path)

    assert found.keys() == {"zh", "en"}
    assert [sum(name in text for text in found["zh"]) for name in ("simplified", "traditional")] == [TEXTS - 20, 20]


def test_no_language_has_more_than_its_number(tmp_path: Path) -> None:
    """English comes from all files."""
    write(tmp_path, "de", sentences("German", 900))
    write(tmp_path, "fr", sentences("French", 900))
    found = texts_by_language(tmp_path)

    assert {language: len(texts) for language, texts in found.items()} == {
        "de": TEXTS,
        "fr": TEXTS,
        "en": ENGLISH_TEXTS,
    }
    assert 500 < sum("French" in text for text in found["en"]) < 1_000


def test_the_mean_of_a_language_is_that_of_its_texts() -> None:
    """As cases are encoded, in the spelling that models read."""
    encoder = WordEncoder(8)
    known = measure(encoder, {"en": ["a printer", "one e-mail"], "de": ["Drucker"]})

    assert known["en"] == pytest.approx(encoder.encode_cases(["a printer", "one email"]).mean(axis=0), abs=1e-6)
    assert known["de"] == pytest.approx(encoder.encode_cases(["Drucker"])[0], abs=1e-6)
    assert known["en"].dtype == np.float32
