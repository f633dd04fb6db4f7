"""The help desks by name, and how a record of one becomes the row of a case: convert, override, choose the solution."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from retriever.case.fields import LISTS
from retriever.errors import InvalidInput
from retriever.ingest.columns import ColumnMap
from retriever.ingest.sources import freshdesk, github, jira, jira_csv, salesforce, servicenow, zammad, zendesk
from retriever.ingest.sources.record import Record, at, names, written
from retriever.ingest.sources.ticket import Mapped, SkipReason, Ticket, mapped

Convert: TypeAlias = Callable[[Record], Ticket | SkipReason]

MAPPING_VERSION = 3
"""Grows when a mapping gives other cases for the same file: an interrupted ingest is then begun anew."""

_OWN = frozenset(("title", "problem", "product", "category", "environment", "language", "priority", "channel"))


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """One help desk: how its records are read. `envelopes` are the keys under which its pages keep their records.

    `overrides` name values of the record (dotted paths, headers) that come before what the mapping itself takes.
    """

    name: str
    convert: Convert
    envelopes: tuple[str, ...] = ()
    overrides: ColumnMap = field(default_factory=dict)

    def row(self, record: Record) -> Mapped | SkipReason:
        """The row of a case, or why this record becomes none. Never raises for what a record holds."""
        try:
            ticket = self.convert(record)
            if isinstance(ticket, SkipReason):
                return ticket
            return mapped(self.name, self._overridden(ticket, record))
        except RecursionError:
            # Nested more deeply than any help desk does: refused like any other record that makes no sense.
            return SkipReason.NO_PROBLEM

    def _overridden(self, ticket: Ticket, record: Record) -> Ticket:
        given = {name: _values(name, record, paths) for name, paths in self.overrides.items()}
        given = {name: value for name, value in given.items() if value}
        solutions = given.pop("solution", [])
        external_id = given.pop("source.external_id", None)
        own = {name: "\n".join(given.pop(name)) for name in _OWN & given.keys()}
        tags = given.pop("tags", None)
        more = {name: value if name in LISTS else "\n".join(value) for name, value in given.items()}
        return replace(
            ticket,
            answers=[*solutions, *ticket.answers],
            tags=tags or ticket.tags,
            external_id=external_id[0] if external_id else ticket.external_id,
            more={**ticket.more, **more},
            **own,  # type: ignore[arg-type]  # names of text fields only
        )


def _values(name: str, record: Record, paths: tuple[str, ...]) -> list[str]:
    found = [value for path in paths if (value := at(record, path)) not in (None, "", [])]
    if name in LISTS:
        return [entry for value in found for entry in names(value, separators=",;|")]
    return [plain for value in found if (plain := written(value))]


def _jira(record: Record) -> Ticket | SkipReason:
    """The API nests everything below `fields`; a row of the CSV export has headers."""
    return jira.convert(record) if "fields" in record or "issue" in record else jira_csv.convert(record)


SOURCES: Mapping[str, SourceMapping] = {
    name: SourceMapping(name, convert, envelopes)
    for name, convert, envelopes in (
        (zendesk.NAME, zendesk.convert, zendesk.ENVELOPES),
        (jira.NAME, _jira, jira.ENVELOPES),
        (freshdesk.NAME, freshdesk.convert, freshdesk.ENVELOPES),
        (servicenow.NAME, servicenow.convert, servicenow.ENVELOPES),
        (salesforce.NAME, salesforce.convert, salesforce.ENVELOPES),
        (zammad.NAME, zammad.convert, zammad.ENVELOPES),
        (github.NAME, github.convert, github.ENVELOPES),
    )
}


def get_source(name: str, overrides: ColumnMap | None = None) -> SourceMapping:
    """A help desk by name, with the fields that the caller mapped. Raises InvalidInput for an unknown one."""
    if name not in SOURCES:
        raise InvalidInput(
            f"{name[:60]!r} is no known help desk; there are {', '.join(SOURCES)}, and generic with a map."
        )
    return replace(SOURCES[name], overrides=overrides or {})


def describe(mapping: SourceMapping) -> list[Any]:
    """What decides the cases that a mapping gives, for recognising an interrupted ingest."""
    return [mapping.name, MAPPING_VERSION, sorted(mapping.overrides.items())]
