"""What readers make of the records of a file: rows of cases, and records that become none, with the reason."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from retriever.ingest.files.records import BrokenRecord
from retriever.ingest.signals import NO_SIGNALS, Signals
from retriever.masking import KnownEntities
from retriever.masking.spans import NOBODY


class CaseRow(NamedTuple):
    """What one record says, by field of a case; `line` is where it begins, `size` its length in characters.

    `people` are whom the record speaks of in its own fields, `signals` what rules may ask of it,
    `moment` when its ticket was so, as far as its help desk says, `unread` are its dates that were not understood, by
    field, as they may be shown. `is_ticket`: it tells of a ticket, and of no case that somebody has written.
    `record` is what the file holds, where `values` are made of it by the mapping of a help desk.
    """

    line: int
    values: dict[str, Any]
    size: int
    people: KnownEntities = NOBODY
    signals: Signals = NO_SIGNALS
    moment: str = ""
    unread: tuple[tuple[str, str], ...] = ()
    is_ticket: bool = False
    record: dict[str, Any] | None = None


class Rejected(NamedTuple):
    """A record that did not go in: where it begins, the field to blame (or `row`), why, and what the file holds."""

    line: int
    field: str
    reason: str
    record: Mapping[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        """What may be shown: all but the record."""
        return {"line": self.line, "field": self.field, "reason": self.reason}


class Skipped(NamedTuple):
    """A record that is sound and becomes no case: where it begins, and why (see `SkipReason`)."""

    line: int
    reason: str


def unread(record: BrokenRecord) -> Rejected:
    """The row of a record that cannot be read."""
    return Rejected(record.line, "row", record.reason, record.values or None)


def record_of(values: dict[str, Any]) -> dict[str, Any]:
    """The record of a line of a rejects file, which is read again once it was repaired; any other as it is."""
    row = values.get("row")
    return row if isinstance(row, dict) and values.keys() == {"line", "field", "reason", "row"} else values


AnyRow: TypeAlias = CaseRow | Rejected | Skipped
