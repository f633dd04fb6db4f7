"""Which encodings are told from their bytes: encodings × languages × rows of a CSV, read right, refused, or wrong.

    python -m benchmarks.quality.encodings --parallel ../shared/parallel

Sentences come from the folder that the built-in model is trained on (`{language}-en.tsv.xz`), the same ones each time.
Wrong means that a file is read as other characters without a word; the gate is none. Characters that code pages of one
family write alike count as equal: wave dashes, bullets and slashes of CJK, the cedilla and comma below of Romanian.
"""

import io
import lzma
import random
from collections import Counter
from pathlib import Path

import chardet

from benchmarks.measuring import RESULTS, command_line, conditions, write_result
from retriever.errors import InvalidInput
from retriever.ingest.files.lines import LineReader
from retriever.ingest.files.streams import PeekedStream

LANGUAGES = {
    "de": "cp1252 iso8859_15 mac_roman cp850",
    "fr": "cp1252 iso8859_15 mac_roman cp850",
    "es": "cp1252 cp850",
    "pt": "cp1252",
    "it": "cp1252",
    "nl": "cp1252",
    "sv": "cp1252",
    "da": "cp1252",
    "fi": "cp1252",
    "pl": "cp1250 iso8859_2 cp852",
    "cs": "cp1250 iso8859_2 cp852",
    "hu": "cp1250 iso8859_2",
    "ro": "cp1250 iso8859_2",
    "hr": "cp1250",
    "sl": "cp1250",
    "sk": "cp1250 iso8859_2",
    "ru": "cp1251 koi8_r iso8859_5 cp866 mac_cyrillic",
    "uk": "cp1251 koi8_u",
    "bg": "cp1251 iso8859_5",
    "sr": "cp1251",
    "el": "cp1253 iso8859_7",
    "tr": "cp1254 iso8859_9",
    "he": "cp1255 iso8859_8",
    "ar": "cp1256 iso8859_6",
    "lt": "cp1257 iso8859_13",
    "lv": "cp1257",
    "et": "cp1257",
    "th": "cp874 tis_620",
    "vi": "utf_8 utf_16",
    "ja": "shift_jis cp932 euc_jp iso2022_jp utf_16_le",
    "ko": "euc_kr cp949 iso2022_kr utf_16_be",
    "zh": "gb2312 gbk gb18030 hz utf_16 utf_32_le",
    "zhtw": "big5 big5hkscs cp950 utf_8_sig",
}
ROWS = (1, 2, 3, 5, 10, 40)
SAME = str.maketrans("şţŞŢ～∕‧╱", "șțȘȚ〜／•／")


def sentences(folder: Path, language: str) -> list[str]:
    """Up to 20,000 sentences, in an order of their own."""
    found = []
    with lzma.open(folder / f"{language}-en.tsv.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            text, _, source = line.rstrip("\n").split("\t")[:3]
            if 10 < len(text) < 300 and not source.startswith("dict"):
                found.append(text.replace(",", ";"))
            if len(found) == 20_000:
                break
    random.Random(language).shuffle(found)
    return found


def outcome(data: bytes, text: str) -> str:
    """`right`, `refused` (the file, or a row with its line) or `wrong`, as a file is read."""
    try:
        lines = list(LineReader(PeekedStream(io.BytesIO(data))))
    except InvalidInput:
        return "refused"
    if any(line.fault for line in lines):
        return "refused"
    read = "".join(line.text + "\n" for line in lines)
    return "right" if read.translate(SAME) == text.removeprefix("\ufeff").translate(SAME) else "wrong"


def rival(data: bytes, text: str) -> str:
    """The same of the library alone."""
    try:
        read = data.decode(str(chardet.detect(data)["encoding"])).removeprefix("\ufeff")
    except (LookupError, UnicodeDecodeError):
        return "refused"
    return "right" if read.translate(SAME) == text.removeprefix("\ufeff").translate(SAME) else "wrong"


def measure(folder: Path, files: int) -> dict[str, object]:
    """Counts by encoding and rows, by language, and those of chardet alone."""
    by_encoding: dict[str, dict[str, Counter[str]]] = {}
    by_language: dict[str, Counter[str]] = {}
    alone: dict[str, Counter[str]] = {str(rows): Counter() for rows in ROWS}
    ours: dict[str, Counter[str]] = {str(rows): Counter() for rows in ROWS}
    for language, encodings in LANGUAGES.items():
        texts = sentences(folder, language)
        draw = random.Random(language)
        for encoding in encodings.split():
            for rows in ROWS:
                for _ in range(files):
                    lines = [f"{number},{text},ok\n" for number, text in enumerate(draw.choices(texts, k=rows))]
                    written = "id,problem,solution\n" + "".join(lines)
                    data = written.encode(encoding, errors="ignore")
                    text = data.decode(encoding)
                    if text.isascii():
                        continue
                    found = outcome(data, text)
                    by_encoding.setdefault(encoding, {}).setdefault(str(rows), Counter())[found] += 1
                    by_language.setdefault(language, Counter())[found] += 1
                    ours[str(rows)][found] += 1
                    alone[str(rows)][rival(data, text)] += 1
    return {"rows": ours, "chardet alone": alone, "encodings": by_encoding, "languages": by_language}


def main() -> None:
    """Measure and save."""
    parser = command_line(__doc__, out=RESULTS / "encodings.json")
    parser.add_argument("--parallel", type=Path, required=True, help="folder of {language}-en.tsv.xz")
    parser.add_argument("--files", type=int, default=10, help="per language, encoding and number of rows")
    arguments = parser.parse_args()
    found = measure(arguments.parallel, arguments.files)
    write_result(arguments.out, {"conditions": conditions("chardet"), "files": arguments.files, **found})


if __name__ == "__main__":
    main()
