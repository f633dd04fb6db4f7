"""What a file gives: records by key or header, and those that cannot be read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from retriever.ingest.files.tables import Table, TableRecord


class FileRecord(NamedTuple):
    """One record: where it stands, its values by key or header (repeated headers: a list), its length in characters."""

    line: int
    values: dict[str, Any]
    size: int


class BrokenRecord(NamedTuple):
    """A record that cannot be read: where it begins, why, and what is legible; under `""` what belongs to no header."""

    line: int
    reason: str
    values: Mapping[str, Any]


AnyRecord: TypeAlias = FileRecord | BrokenRecord


def iter_by_header(table: Table) -> Iterator[AnyRecord]:
    """The records of a table, filled cells by header."""
    for record in table.records:
        if record.fault:
            yield broken_record(table.header.cells, record)
        else:
            yield FileRecord(record.line, _by_header(table.header.cells, record.cells), sum(map(len, record.cells)))


def broken_record(header: Sequence[str], record: TableRecord) -> BrokenRecord:
    """A record with a fault, as far as it could be taken apart; under `""` stands what a person has to put right."""
    beyond = [cell for cell in record.cells[len(header) :] if cell]
    values = _by_header(header, record.cells) | {"": beyond or record.text or record.fault}
    return BrokenRecord(record.line, record.fault, values)


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
