"""Where code stands in a text with Markdown's marks: between fences, indented, or between backticks."""

import re
from collections.abc import Callable, Iterator, Sequence

_OPENING = re.compile(r"[ \t>]{0,40}(?:(?:[-*+]|\d{1,9}[.)])[ \t]{1,8})?(?:(`{3,})[^`]*|(~{3,}).*)")
_CLOSING = re.compile(r"[ \t>]{0,40}(`{3,}|~{3,})[ \t]*")
_INDENTED = re.compile(r" {4}|\t")
_TICKS = re.compile(r"`+|\n[ \t]*\n")
_MARK = re.compile("\x00(\\d+)\x00")


def fenced_lines(lines: Sequence[str]) -> list[bool]:
    """Which lines stand between fences, these included. Open backticks end with the text; open tildes are a rule."""
    closings = _longest_tildes(lines)
    marks, fence = [], ""
    for place, line in enumerate(lines):
        if fence:
            marks.append(True)
            closing = _CLOSING.fullmatch(line)
            if closing and closing[1].startswith(fence):
                fence = ""
            continue
        opening = _OPENING.fullmatch(line)
        if opening:
            fence = opening[1] or opening[2]
            if fence[0] == "~" and len(fence) > closings[place + 1]:
                fence = ""
        marks.append(bool(fence))
    return marks


def _longest_tildes(lines: Sequence[str]) -> list[int]:
    """The longest line of tildes from each line on, and 0 behind the last."""
    longest = [0]
    for line in reversed(lines):
        closing = _CLOSING.fullmatch(line)
        longest.append(max(longest[-1], len(closing[1]) if closing and closing[1][0] == "~" else 0))
    return longest[::-1]


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """The text with `change` made to all of it but its code, which `change` sees as marks that it may drop."""
    kept: list[str] = []

    def stored(code: str) -> str:
        kept.append(code)
        return f"\x00{len(kept) - 1}\x00"

    lines = text.replace("\x00", "").split("\n")
    coded = _code_lines(lines)
    parts: list[str] = []
    place = 0
    while place < len(lines):
        after = place + 1
        while after < len(lines) and coded[after] == coded[place]:
            after += 1
        block = "\n".join(lines[place:after])
        parts.append(stored(block) if coded[place] else "".join(_spans(block, stored)))
        place = after
    return _MARK.sub(lambda mark: kept[int(mark[1])], change("\n".join(parts)))


def without_code(text: str) -> str:
    """The text with its code left out."""
    prose: list[str] = []

    def seen(marked: str) -> str:
        prose.append(_MARK.sub("", marked))
        return ""

    outside_code(text, seen)
    return "".join(prose)


def _code_lines(lines: Sequence[str]) -> list[bool]:
    """Lines between fences, and lines indented by four after an empty line."""
    coded = fenced_lines(lines)
    before = True
    for place, line in enumerate(lines):
        if not coded[place]:
            coded[place] = before and bool(_INDENTED.match(line)) and bool(line.strip())
        before = not line.strip() or (coded[place] and bool(_INDENTED.match(line)))
    return coded


def _spans(text: str, stored: Callable[[str], str]) -> Iterator[str]:
    """The text in pieces; what stands between equally long runs of backticks within a paragraph is `stored`."""
    runs = list(_TICKS.finditer(text))
    partners: dict[int, int] = {}
    waiting: dict[int, int] = {}
    for number in range(len(runs) - 1, -1, -1):
        if runs[number][0][0] == "\n":
            waiting.clear()
            continue
        length = len(runs[number][0])
        if length in waiting:
            partners[number] = waiting[length]
        waiting[length] = number
    end = number = 0
    while number < len(runs):
        if number in partners:
            partner = partners[number]
            yield text[end : runs[number].start()]
            yield stored(text[runs[number].start() : runs[partner].end()])
            end, number = runs[partner].end(), partner
        number += 1
    yield text[end:]
