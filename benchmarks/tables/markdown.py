"""A table as the pages show it."""

from typing import TypeAlias

HeadAndRows: TypeAlias = tuple[list[str], list[list[str]]]
"""Names of the columns, and the cells of each row."""


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """The table in Markdown, ending with a line break."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
