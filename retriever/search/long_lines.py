"""A long line is read by its parts: records of a log that lost its line ends, and what stands around a code."""

import re
from collections.abc import Collection, Iterator

from index.text import tokenise

LONG = 160
"""Characters of a line that may be read by its parts."""
LONGEST_PART = 300
"""Characters of one part, whatever it consists of."""
AROUND = 24
"""Characters on each side of a code that are read with it."""

# Where a record begins: a stamp, a level, a frame of a stack trace, what caused it, an object of JSON.
_RECORD = re.compile(
    r"(?<!\S)(?=\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|(?:ERROR|FATAL|WARN|WARNING|INFO|DEBUG|TRACE|CRITICAL|SEVERE)\b"
    r"|at [\w$.<>/]{3,200}\(|File \"|Caused by: )|(?<=\})(?=,\s?\{|\s?\{)|(?<=\\n)"
)
# Where words and cells end, and between characters of a script without spaces.
_END = re.compile(f"(?<=[\\s,;|，；、。])|(?={tokenise.UNSPACED})|(?<={tokenise.UNSPACED})")


def code_tokens(text: str) -> dict[str, str]:
    """Codes that say something alone, by token as written: all but sizes, times and dates, which begin with a digit."""
    return {
        f"{tokenise.CODE_MARK}{code.normalised}": code.text
        for code in tokenise.codes(text)
        if code.normalised.isdigit() or not code.normalised[0].isdigit() or code.normalised.startswith("0x")
    }


def records_of(text: str) -> Iterator[str]:
    """The lines of a text; a long one falls where another record begins."""
    for line in text.split("\n"):
        yield from _RECORD.split(line) if len(line) > LONG else [line]


def pieces_of(part: str, codes: Collection[str]) -> Iterator[str]:
    """A short part as it is, a long one cut: around each of these codes, and wherever it would be too long."""
    windows = list(_windows(part, codes)) if len(part) > LONG else []
    at = 0
    for start, end in [*windows, (len(part), len(part))]:
        while at < start:
            stop = start if start - at <= LONGEST_PART else _end_before(part, at + LONGEST_PART, at + LONGEST_PART // 2)
            yield part[at:stop].strip()
            at = stop
        if at < end:
            yield part[at:end].strip()
            at = end


def _windows(part: str, codes: Collection[str]) -> Iterator[tuple[int, int]]:
    """What stands around the codes, [start, end), in order; what would overlap is one."""
    start = end = 0
    for code in tokenise.codes(part):
        if tokenise.CODE_MARK + code.normalised not in codes:
            continue
        first = _end_after(part, max(code.start - AROUND, 0), code.start)
        last = _end_before(part, min(code.end + AROUND, len(part)), code.end)
        if end and first <= end:
            end = max(end, last)
            continue
        if end:
            yield start, end
        start, end = first, last
    if end:
        yield start, end


def _end_before(text: str, at: int, least: int) -> int:
    """The last place from `least` up to `at` where something ends, `at` itself if there is none."""
    ends = (found.start() for found in _END.finditer(text, least, at))
    return at if at == len(text) else max(ends, default=at)


def _end_after(text: str, at: int, most: int) -> int:
    """The first such place from `at` up to `most`, which is taken if there is none."""
    found = _END.search(text, at, most)
    return at if at == 0 else found.start() if found else most
