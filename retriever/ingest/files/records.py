"""What a file gives: records by key or header, and those that cannot be read."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from retriever.ingest.files.tables import Table


class FileRecord(NamedTuple):
    """One record: where it stands, its values by key or header (repeated headers: a list), its length in characters."""

    line: int
    values: dict[str, Any]
    size: int


class BrokenRecord(NamedTuple):
    """A record that cannot be read: where it begins, and why."""

    line: int
    reason: str


AnyRecord: TypeAlias = FileRecord | BrokenRecord


def iter_by_header(table: Table) -> Iterator[AnyRecord]:
    """The records of a table, filled cells by header."""
    for record in table.records:
        if record.fault:
            yield BrokenRecord(record.line, record.fault)
        else:
            yield FileRecord(record.line, _by_header(table.header.cells, record.cells), sum(map(len, record.cells)))


def _by_header(header: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """The cells of a header that stands several times become a list."""
    values: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=False):
        if not name or not cell:
            continue
        if name not in values:
            values[name] = cell
        elif isinstance(values[name], list):
            values[name].append(cell)
        else:
            values[name] = [values[name], cell]
    return values
