"""Plain text out of nested markup: blocks on lines of their own, lists with their marks, code between fences."""

import re
from dataclasses import dataclass, field

FENCE = "```"
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0]+")


@dataclass(slots=True)
class Blocks:
    """Collects lines. White space runs together as browsers show it, except in what `verbatim` is given."""

    _lines: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _mark: str = ""
    _lists: list[int] = field(default_factory=list)

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
            self._lines += [FENCE, *body.split("\n"), FENCE]

    def begin_list(self, *, ordered: bool) -> None:
        """Items follow, numbered or not."""
        self.end_line()
        self._lists.append(1 if ordered else 0)

    def end_list(self) -> None:
        """The innermost list ends."""
        self.end_line()
        self._mark = ""
        if self._lists:
            self._lists.pop()

    def begin_item(self) -> None:
        """One item of the innermost list."""
        self.end_line()
        number = self._lists[-1] if self._lists else 0
        if number:
            self._lists[-1] += 1
        self._mark = "  " * max(len(self._lists) - 1, 0) + (f"{number}. " if number else "- ")

    def result(self) -> str:
        """The text so far."""
        self.end_line()
        return "\n".join(self._lines).strip("\n")
