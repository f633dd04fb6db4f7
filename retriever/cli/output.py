"""How the command line talks: data to stdout, everything else to stderr; tables and progress through rich."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

UNSEEN_WIDTH = 160
"""Columns of what goes into a file or a pipe, where no window sets a width."""

LONG_WORD = 20
"""Columns from which on a word is broken rather than given a column as wide as itself; Chinese texts are one word."""

out = Console(highlight=False, width=None if sys.stdout.isatty() else UNSEEN_WIDTH)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else UNSEEN_WIDTH)


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")


def plain(value: Any) -> Any:  # noqa: ANN401  any value becomes JSON types
    """Dataclasses, enums, paths and tuples as JSON types."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    return [plain(item) for item in value] if isinstance(value, list | tuple | set) else value


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", figures: Sequence[str] = ()
) -> None:
    """A table on stdout; columns in `figures` are never broken into lines.

    Where a window is too narrow for its longest words, each row is a block of its own, a line for each field.
    """
    texts = [[str(cell) for cell in row] for row in rows]
    table = Table(title=title or None, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        # Figures stay on one line; a text without spaces is folded, it would be cut off otherwise.
        table.add_column(column, overflow="fold", no_wrap=column in figures)
    for row in texts:
        table.add_row(*map(Text, row))
    needed = [
        _narrowest((column, *cells), whole=column in figures) for column, *cells in zip(columns, *texts, strict=True)
    ]
    if len(columns) > 2 and sum(needed) + 3 * (len(columns) - 1) > out.width:
        _print_blocks(columns, texts, title)
    else:
        _print_lines(table)


def _narrowest(cells: Iterable[str], *, whole: bool) -> int:
    """Columns of the window that these cells need: the longest of their words, or all of them if `whole`."""
    if whole:
        return max(map(cell_len, cells))
    return min(LONG_WORD, max(cell_len(word) for cell in cells for word in cell.split() or [""]))


def _print_blocks(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    """Row below row, each as name and value; what is empty is left out."""
    if title:
        out.print(Text(title, style="italic"))
    for number, row in enumerate(rows):
        if number:
            out.print()
        block = Table.grid(padding=(0, 2), pad_edge=False)
        block.add_column(style="bold", no_wrap=True)
        block.add_column(overflow="fold")
        for column, cell in zip(columns, row, strict=True):
            if cell:
                block.add_row(column, Text(cell))
        _print_lines(block)


def print_indented(text: Text, columns: int) -> None:
    """A text on stdout, each of its lines that many columns to the right."""
    _print_lines(Padding(text, (0, 0, 0, columns)))


def _print_lines(shown: RenderableType) -> None:
    """A table or the like on stdout without the blanks that fill its lines."""
    for segments in out.render_lines(shown, pad=False):
        line = Text.assemble(*((segment.text, segment.style or "") for segment in segments))
        line.rstrip()
        out.print(line, no_wrap=True, overflow="ignore", crop=False)


class RateColumn(ProgressColumn):
    """Units per second."""

    def render(self, task: Task) -> Text:
        """The rate so far."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "–/s")


@contextmanager
def progress_bars() -> Iterator["Bars"]:
    """Bars on stderr, one per stage, with rate and time left, from the first report on."""
    columns = (
        TextColumn("{task.description:<9}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    bars = Bars(Progress(*columns, console=err))
    try:
        yield bars
    finally:
        bars.stop()


class Bars:
    """Shows (stage, done, in all) as one bar per stage; a stage that begins anew has its bar set back."""

    def __init__(self, progress: Progress) -> None:
        """Draw on this display once there is something to show."""
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._done: dict[str, int] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Move the bar of a stage."""
        if not self._tasks:
            self._progress.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        elif done < self._done[stage]:
            self._progress.reset(self._tasks[stage])
        self._done[stage] = done
        self._progress.update(self._tasks[stage], completed=done, total=total)

    def stop(self) -> None:
        """Leave the bars as they are."""
        if self._tasks:
            self._progress.stop()
