"""Any help desk or CRM through a mapping file: which column is what, which rows are resolved, whom they speak of.

A mapping file is TOML or JSON with a `[fields]` table (fields of a case to headers or dotted keys; several headers for
the solution are candidates, the best first), and optionally `system`, `[resolved]`, `[deleted]` (each `field` and
`values`) and `[people]` (`names`, `emails`, `phones`, `companies`). `docs/maps/fxiaoke.toml` is an example. Columns
that are not spoken of are found by the names people use; without `[resolved]` every row counts as resolved, unless its
status is a known word for something else. A webhook's shells (`{"event": …, "data": {"ticket": {…}}}`) are taken off.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from retriever.case.fields import LISTS
from retriever.case.moments import moment_of
from retriever.errors import InvalidInput
from retriever.ingest.cells import field_value
from retriever.ingest.columns import ColumnMap, checked_map, find_field, names_change, read_map
from retriever.ingest.sources.record import Record, at, mapping, names, people, text, unwrapped, written
from retriever.ingest.sources.registry import SourceMapping
from retriever.ingest.sources.ticket import SkipReason, Ticket, why_unfit
from retriever.ingest.words import plain_name
from retriever.masking import KnownEntities

ENVELOPES = ("data", "items", "records", "result", "results", "tickets", "cases", "rows", "list", "value", "dataList")
_TELLING = frozenset(("title", "problem", "solution"))
_EVENT_TIMES = frozenset(
    ("timestamp", "time", "date", "createdat", "created", "occurredat", "occurred", "eventtime", "eventtimestamp",
     "eventdate", "eventat", "sentat", "firedat", "triggeredat", "datetime", "ts", "时间", "时间戳")
)  # fmt: skip
_NUMBERS = ("number", "key", "id", "external_id")
_TABLES = frozenset(("system", "fields", "resolved", "deleted", "people"))
_PEOPLE = ("names", "emails", "phones", "companies")
_TAKEN = frozenset(
    ("id", "source.external_id", "source.url", "source.system", "title", "problem", "solution", "product", "category",
     "environment", "tags", "priority", "channel", "language", "opened_at", "resolved_at", "status")
)  # fmt: skip
# A rating in words is not worth losing a case for.
_MEASURES = {
    "outcome.csat": re.compile(r"\d{1,2}(?:\.\d{1,3})?|100"),
    "outcome.resolution_minutes": re.compile(r"\d{1,8}"),
    "outcome.first_contact_resolved": re.compile(r"true|false|yes|no|1|0", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A column and the values (compared without case) that make it true; without values any filled cell does."""

    field: str
    values: frozenset[str] = frozenset()

    def holds(self, record: Record) -> bool:
        """Does the record fulfil it?"""
        value = text(at(record, self.field)).casefold()
        return value in self.values if self.values else bool(value)


@dataclass(frozen=True, slots=True)
class SourceMap:
    """A mapping file, read and checked."""

    system: str = "generic"
    fields: ColumnMap = field(default_factory=dict)
    resolved: Condition | None = None
    deleted: Condition | None = None
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def mapping(self, system: str = "") -> SourceMapping:
        """The mapping, named after the system that its cases come from."""
        return SourceMapping(system or self.system, partial(_convert, self), ENVELOPES)


def load_source_map(path: Path) -> SourceMap | None:
    """A mapping file; None for a plain header map, which has no `[fields]`. Raises InvalidInput."""
    content = read_map(path)
    if not isinstance(content, Mapping) or not isinstance(content.get("fields"), Mapping):
        return None
    if unknown := content.keys() - _TABLES:
        raise InvalidInput(f"the map {path.name} has {sorted(unknown)[0]!r}; known are {', '.join(sorted(_TABLES))}.")
    return SourceMap(
        system=str(content.get("system") or "generic"),
        fields=checked_map(content["fields"]),
        resolved=_condition(content, "resolved"),
        deleted=_condition(content, "deleted"),
        people=_people_of(content.get("people") or {}),
    )


def _condition(content: Mapping[str, Any], name: str) -> Condition | None:
    given = content.get(name)
    if given is None:
        return None
    if not isinstance(given, Mapping) or not isinstance(given.get("field"), str):
        raise InvalidInput(f'[{name}] of the map needs a field, such as field = "Status".')
    values = given.get("values", [])
    if not isinstance(values, list):
        raise InvalidInput(f"[{name}] of the map needs a list of values.")
    return Condition(given["field"], frozenset(str(value).strip().casefold() for value in values))


def _people_of(given: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, Mapping) or (unknown := given.keys() - set(_PEOPLE)):
        wrong = "" if not isinstance(given, Mapping) else f", not {sorted(unknown)[0]!r}"
        raise InvalidInput(f"[people] of the map takes {', '.join(_PEOPLE)}{wrong}.")
    return {name: (value,) if isinstance(value, str) else tuple(map(str, value)) for name, value in given.items()}


def _convert(source: SourceMap, outer: Record) -> Ticket | SkipReason:
    record = _ticket_of(source, outer)
    if source.deleted and source.deleted.holds(record):
        return SkipReason.DELETED
    if source.resolved and not source.resolved.holds(record):
        return SkipReason.UNRESOLVED
    found = _by_field(source, record)
    unfit = next((why for value in found.get("status", []) if (why := why_unfit(text(value)))), None)
    if source.resolved is None and unfit:
        return unfit

    def one(name: str) -> str:
        return next((value for value in map(_shown, found.get(name, [])) if value), "")

    def joined(name: str) -> str:
        return "\n\n".join(dict.fromkeys(plain for value in found.get(name, []) if (plain := written(value))))

    return Ticket(
        external_id=one("source.external_id") or one("id"),
        title=one("title"),
        problem=joined("problem"),
        answers=[written(value) for value in found.get("solution", [])],
        raw=[text(value) for name in ("problem", "solution") for value in found.get(name, [])],
        url=one("source.url"),
        product=one("product"),
        category=str(field_value("category", one("category"))),
        environment=joined("environment"),
        tags=[tag for value in found.get("tags", []) for tag in names(value, separators=",，;；、|")],
        priority=one("priority"),
        channel=one("channel"),
        language=str(field_value("language", one("language"))),
        opened_at=one("opened_at"),
        resolved_at=one("resolved_at"),
        changed_at=_changed(record, outer),
        people=_persons(source, record),
        more={name: _more(name, found[name]) for name in found if name not in _TAKEN},
    )


def _ticket_of(source: SourceMap, outer: Record) -> Record:
    """The record that holds the ticket: the outer one where it has a mapped column or tells of the problem."""
    mapped = {path.partition(".")[0] for paths in source.fields.values() for path in paths}
    if mapped & outer.keys():
        return outer
    # An event may have a subject and a description of its own; it has neither solution nor status.
    is_ticket = any(find_field(name) == "status" for name in outer)
    whole = unwrapped(outer, tells=_tells_all)
    return whole if _tells_all(whole) and not is_ticket else unwrapped(outer, tells=_tells)


def _tells_all(record: Record) -> bool:
    told = {find_field(name) for name, value in record.items() if text(value)}
    return "solution" in told and bool(told & {"title", "problem"})


def _changed(record: Record, outer: Record) -> object:
    """When the ticket was last changed; else the time of the event that tells of it."""
    own = next((value for header, value in record.items() if value and names_change(header)), "")
    if own or record is outer:
        return own
    times = [value for header, value in outer.items() if names_change(header) or plain_name(header) in _EVENT_TIMES]
    return next((value for value in times if moment_of(value)), "")


def _tells(record: Record) -> bool:
    return any(find_field(name) in _TELLING and text(value) for name, value in record.items())


def _shown(value: object) -> str:
    """A value, or of an object the number that names it."""
    return text(value) or next((plain for key in _NUMBERS if (plain := text(mapping(value).get(key)))), "")


def _by_field(source: SourceMap, record: Record) -> dict[str, list[Any]]:
    """Values by field of a case: mapped columns first, then columns that are named as people name them."""
    found = {name: [value for path in paths if (value := at(record, path)) not in (None, "")]
             for name, paths in source.fields.items()}  # fmt: skip
    used = {path for paths in source.fields.values() for path in paths}
    for header, value in record.items():
        target = find_field(header)
        if target and header not in used and target not in source.fields and value not in (None, ""):
            found.setdefault(target, []).extend(value if isinstance(value, list) else [value])
    return {name: values for name, values in found.items() if values}


def _more(name: str, values: list[Any]) -> object:
    if name in _MEASURES:
        return next((plain for plain in map(text, values) if _MEASURES[name].fullmatch(plain)), "")
    if name in LISTS:
        return [entry for value in values for entry in names(value, separators="|\n" if name == "steps" else ",;、|")]
    return "\n\n".join(plain for value in values if (plain := written(value)))


def _persons(source: SourceMap, record: Record) -> KnownEntities:
    def every(kind: str) -> tuple[str, ...]:
        return tuple(value for path in source.people.get(kind, ()) if (value := text(at(record, path))))

    guessed = people(*every("names"))
    return KnownEntities(guessed.names, (*guessed.emails, *every("emails")), every("phones"), every("companies"))
