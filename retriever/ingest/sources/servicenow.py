"""ServiceNow: incidents of the Table API (any `sysparm_display_value`) and of CSV or XLSX lists.

Solution: `close_notes`; when these say nothing, the newest entry of the customer-visible `comments` by somebody who
neither called nor is a machine. Work notes are internal and never taken, also where one text holds both
(`comments_and_work_notes`). A close code that begins with "Not Solved" skips the incident.
"""

from collections.abc import Mapping, Sequence

from retriever.ingest.signals import Signals
from retriever.ingest.sources.journal import Entry, customer_comments, journal_entries, journal_text
from retriever.ingest.sources.record import Record, names, people, text, unwrapped, written, written_plain
from retriever.ingest.sources.speakers import is_machine, people_named, same_person
from retriever.ingest.sources.ticket import SkipReason, Ticket
from retriever.ingest.states import State, is_done, state_of

NAME = "servicenow"
ENVELOPES = ("result", "records")
_DONE, _CANCELLED = ("6", "7"), "8"
_UNSOLVED = ("not solved", "not resolved", "no resolution", "duplicate", "cancelled", "canceled", "user error - no")


def convert(outer: Record) -> Ticket | SkipReason:
    """One incident as a case, or why it becomes none."""
    inner = unwrapped(outer, "state", "incident_state", "State", "short_description", names=("record",))
    record = {_plain(name): _shown(value) for name, value in inner.items()}
    state = (record.get("state") or record.get("incident_state") or "").lower()
    if state == _CANCELLED or state_of(state) is State.NOT_FIXED:
        return SkipReason.NOT_FIXED
    if state not in _DONE and not is_done(state):
        return SkipReason.UNRESOLVED
    code = (record.get("close_code") or record.get("resolution_code") or "").lower()
    if code.startswith(_UNSOLVED):
        return SkipReason.MERGED if code.startswith("duplicate") else SkipReason.NOT_FIXED
    notes = record.get("close_notes") or record.get("resolution_notes") or ""
    entries = _entries(record)
    category = [part for part in (record.get("category"), record.get("subcategory")) if part]
    return Ticket(
        external_id=record.get("number") or record.get("sys_id") or "",
        title=record.get("short_description") or "",
        problem=written(journal_text(record.get("description") or "")) or record.get("short_description") or "",
        answers=[written(journal_text(notes)), *_answers(record, entries)],
        raw=(record.get("description") or "", notes, *(entry.body for entry in entries)),
        product=record.get("cmdb_ci") or record.get("configuration_item") or record.get("business_service") or "",
        category="/".join(part.replace("/", " ") for part in category),
        tags=names(record.get("sys_tags") or record.get("tags") or ""),
        priority=record.get("priority") or "",
        channel=record.get("contact_type") or record.get("channel") or "",
        opened_at=record.get("opened_at") or record.get("opened") or record.get("sys_created_on"),
        resolved_at=record.get("resolved_at") or record.get("resolved") or record.get("closed_at") or "",
        changed_at=record.get("sys_updated_on") or record.get("updated") or "",
        people=people(
            *(record.get(role) for role in _ROLES),
            *names(record.get("watch_list") or ""),
            *(entry.author for entry in entries),
            companies=(record.get("company") or "",),
        ),
        signals=Signals(reopened=_count(record.get("reopen_count") or "")),
    )


_CALLERS = ("caller_id", "caller", "requested_for", "u_contact", "contact", "u_requested_for")
_AGENTS = ("resolved_by", "closed_by", "assigned_to")
_ROLES = (*_CALLERS, "opened_by", *_AGENTS)
_JOURNALS = ("comments", "additional_comments", "comments_and_work_notes")


def _plain(name: str) -> str:
    """`Short description`, the label in lists, is `short_description` in the API."""
    return name.strip().lower().replace(" ", "_")


def _shown(value: object) -> str:
    """A value in each of the API's three forms. `{link, value}` shows an id of 32 digits, which names nobody."""
    if isinstance(value, dict) and "display_value" in value:
        return text(value["display_value"])
    if isinstance(value, dict):
        return ""
    return text(value)


def _entries(record: Mapping[str, str]) -> list[Entry]:
    """What customers could read, the newest first, as ServiceNow writes it."""
    journal = next((found for name in _JOURNALS if (found := record.get(name))), "")
    return customer_comments(journal_entries(journal))


def _answers(record: Mapping[str, str], entries: Sequence[Entry]) -> list[str]:
    """What the service desk wrote: not the caller, nor who only watches."""
    agents = people_named(record.get(role) or "" for role in _AGENTS)
    callers = people_named(record.get(role) or "" for role in _CALLERS)
    asking = callers | (people_named(names(record.get("watch_list") or "")) - agents)
    return [
        written_plain(journal_text(entry.body))
        for entry in entries
        if same_person(entry.author) not in asking and not is_machine(entry.author)
    ]


def _count(value: str) -> int | None:
    return int(value) if value.isdigit() else None
