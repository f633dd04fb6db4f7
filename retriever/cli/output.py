"""How the command line talks: data to stdout, everything else to stderr; tables and progress through rich."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
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

from retriever.domain import Comparison, Explanation, SearchResult

if TYPE_CHECKING:
    from retriever.ingest.pipeline import IngestStep

UNSEEN_WIDTH = 160
"""Columns of what goes into a file or a pipe, where no window sets a width."""

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
    """A table on stdout; columns in `figures` are never broken into lines."""
    table = Table(title=title or None, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        # Figures stay on one line; a text without spaces is folded, it would be cut off otherwise.
        table.add_column(column, overflow="fold", no_wrap=column in figures)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    out.print(table)


def print_result(question: str, result: SearchResult) -> None:
    """One answered question as a person reads it. Case text is data: it is printed, never interpreted as markup."""
    out.print(Text(f"? {question}", style="bold"))
    if result.abstained:
        out.print(Text(f"  nothing found: {result.reason}", style="yellow"))
    for match in result.matches:
        case = match.stored.case
        head = Text(f"  {match.rank}. {match.confidence:5.1%}  ", style="green")
        head.append(f"{case.id} · {case.language} · {case.product}", style="cyan").append(
            f"\n     {case.title}", "bold"
        )
        out.print(head)
        out.print(Padding(Text(case.solution), (0, 0, 0, 5)))
        for warning in match.warnings:
            out.print(Text(f"     ! {warning}", style="yellow"))
        if match.more_like_this:
            more = f"     + {len(match.more_like_this)} more like this: {', '.join(match.more_like_this)}"
            out.print(Text(more, style="dim"))
        if match.explanation is not None:
            print_explanation(match.explanation)
    for warning in result.warnings:
        out.print(Text(f"  ! {warning}", style="yellow"))
    total = result.took_ms.get("total", 0.0)
    out.print(Text(f"  {result.language} · snapshot {result.snapshot or 'none'} · {total:.1f} ms", style="dim"))


def print_explanation(why: Explanation) -> None:
    """Why a case matched, a line each for what there is."""
    found = (
        ("shares", dict.fromkeys((*why.codes, *why.words))),
        ("passages", (f"{part.place.field}: “{part.place.text}”" for part in why.passages)),
        ("aligned", (f"{part.question.text} ↔ {part.case.text} {part.similarity:.2f}" for part in why.aligned)),
        ("agrees", (_comparison(part) for part in why.fields if part.agrees)),
        ("differs", (_comparison(part) for part in why.fields if not part.agrees)),
    )
    for name, parts in found:
        if line := ", ".join(" ".join(part.split()) for part in parts):
            out.print(Padding(Text(f"{name}: {line}", style="yellow" if name == "differs" else "dim"), (0, 0, 0, 5)))


def _comparison(part: Comparison) -> str:
    theirs = " ".join(part.case)
    return f"{part.field} {theirs}" if part.agrees else f"{part.field} {theirs}, asked for {' '.join(part.question)}"


class RateColumn(ProgressColumn):
    """Units per second."""

    def render(self, task: Task) -> Text:
        """The rate so far."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "–/s")


@contextmanager
def progress_bars() -> Iterator["Bars"]:
    """Bars on stderr, one per stage, with rate and time left."""
    columns = (
        TextColumn("{task.description:<9}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as progress:
        yield Bars(progress)


@contextmanager
def ingest_bar(name: str) -> Iterator[Callable[["IngestStep"], None]]:
    """One bar on stderr for a file: bytes read, rows so far, time left."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task(name, total=None, rows=0)

        def move(step: "IngestStep") -> None:
            progress.update(bar, completed=step.bytes_read, total=step.bytes_total or None, rows=step.read)

        yield move


class Bars:
    """Shows (stage, done, in all) as one bar per stage."""

    def __init__(self, progress: Progress) -> None:
        """Draw on this display."""
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Move the bar of a stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)
