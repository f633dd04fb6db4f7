"""Figures as a person reads them."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table


def print_lines(lines: Sequence[Mapping[str, object]]) -> None:
    """A table of lines that all have the same names, at least one."""
    table = Table(*lines[0])
    for line in lines:
        table.add_row(*(str(value) for value in line.values()))
    Console(width=140).print(table)
