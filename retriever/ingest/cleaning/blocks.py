"""Plain text out of nested markup: blocks on lines of their own, lists with their marks, code between fences."""

import re
from dataclasses import dataclass, field

FENCE = "```"
_TICKS = re.compile("`{3,}")
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0]+")


@dataclass(slots=True)
class _List:
    """A list that is open: the number of its next item, None where it has none; letters stand for numbers."""

    number: int | None
    letters: str = ""


@dataclass(slots=True)
class Blocks:
    """Collects lines. White space runs together as browsers show it, except in what `verbatim` is given."""

    _lines: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _mark: str = ""
    _lists: list["_List"] = field(default_factory=list)

    def text(self, text: str) -> None:
        """Text within the line."""
        squeezed = _SPACES.sub(" ", text)
        if not self._pieces or self._pieces[-1].endswith(" "):
            squeezed = squeezed.removeprefix(" ")
        if squeezed:
            self._pieces.append(squeezed)

    def end_line(self) -> None:
        """What follows stands on another line; nothing happens at the beginning of one."""
        line = "".join(self._pieces).rstrip()
        self._pieces.clear()
        if line:
            self._lines.append(self._mark + line)
            self._mark = ""

    def blank_line(self) -> None:
        """What follows is another paragraph; within a list, another line."""
        self.end_line()
        if self._lines and self._lines[-1] and not self._lists:
            self._lines.append("")

    def verbatim(self, text: str) -> None:
        """A block of code, log or terminal output, as it is, between fences."""
        self.end_line()
        body = text.replace("\r\n", "\n").strip("\n")
        if body.strip():
            longest = max((len(run[0]) for run in _TICKS.finditer(body)), default=0)
            fence = "`" * max(len(FENCE), longest + 1)
            self._lines += [fence, *body.split("\n"), fence]

    def begin_list(self, *, ordered: bool, start: int = 1, letters: str = "") -> None:
        """Items follow, numbered from `start` or not; `letters` (a to z) are written for the first numbers."""
        self.end_line()
        self._lists.append(_List(start if ordered else None, letters))

    def end_list(self) -> None:
        """The innermost list ends."""
        self.end_line()
        self._mark = ""
        if self._lists:
            self._lists.pop()

    def begin_item(self, number: int | None = None) -> None:
        """One item of the innermost list, from which on a numbered list may count anew."""
        self.end_line()
        mark = "- "
        if self._lists and (inner := self._lists[-1]).number is not None:
            place = inner.number if number is None else number
            inner.number = place + 1
            mark = f"{inner.letters[place - 1] if 0 < place <= len(inner.letters) else place}. "
        self._mark = "  " * max(len(self._lists) - 1, 0) + mark

    def result(self) -> str:
        """The text so far."""
        self.end_line()
        return "\n".join(self._lines).strip("\n")
