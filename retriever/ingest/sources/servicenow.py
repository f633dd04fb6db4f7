"""ServiceNow: incidents of the Table API (any `sysparm_display_value`) and of CSV or XLSX lists.

Solution: `close_notes`; when these say nothing, the newest entry of the customer-visible `comments`. Work notes are
internal and never taken. A close code that begins with "Not Solved" skips the incident.
"""

import re

from retriever.ingest.signals import Signals
from retriever.ingest.sources.record import Record, mapping, names, people, text, written
from retriever.ingest.sources.ticket import SkipReason, Ticket

NAME = "servicenow"
ENVELOPES = ("result", "records")
DONE = frozenset(("6", "7", "resolved", "closed", "gelöst", "geschlossen", "résolu", "fermé", "resuelto", "cerrado",
                  "已解决", "已关闭", "解決済み", "クローズ済み"))  # fmt: skip
CANCELLED = frozenset(("8", "canceled", "cancelled", "abgebrochen", "annulé", "cancelado", "已取消", "キャンセル済み"))
_UNSOLVED = ("not solved", "not resolved", "no resolution", "duplicate", "cancelled", "canceled", "user error - no")
_ENTRY = re.compile(
    r"^(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) - (?P<author>[^\n(]{1,120}) \((?P<kind>[^)\n]{1,60})\)$", re.MULTILINE
)


def convert(outer: Record) -> Ticket | SkipReason:
    """One incident as a case, or why it becomes none."""
    record = {_plain(name): _shown(value) for name, value in (mapping(outer.get("record")) or outer).items()}
    state = (record.get("state") or record.get("incident_state") or "").lower()
    if state in CANCELLED:
        return SkipReason.NOT_FIXED
    if state not in DONE:
        return SkipReason.UNRESOLVED
    code = (record.get("close_code") or record.get("resolution_code") or "").lower()
    if code.startswith(_UNSOLVED):
        return SkipReason.MERGED if code.startswith("duplicate") else SkipReason.NOT_FIXED
    notes = record.get("close_notes") or record.get("resolution_notes") or ""
    entries = _entries(record.get("comments") or record.get("additional_comments") or "")
    category = [part for part in (record.get("category"), record.get("subcategory")) if part]
    return Ticket(
        external_id=record.get("number") or record.get("sys_id") or "",
        title=record.get("short_description") or "",
        problem=written(record.get("description")) or record.get("short_description") or "",
        answers=[written(notes), *(written(body) for _, body in entries)],
        raw=(record.get("description") or "", notes, *(body for _, body in entries)),
        product=record.get("cmdb_ci") or record.get("configuration_item") or record.get("business_service") or "",
        category="/".join(part.replace("/", " ") for part in category),
        tags=names(record.get("sys_tags") or record.get("tags") or ""),
        priority=record.get("priority") or "",
        channel=record.get("contact_type") or record.get("channel") or "",
        opened_at=record.get("opened_at") or record.get("opened") or record.get("sys_created_on"),
        resolved_at=record.get("resolved_at") or record.get("resolved") or record.get("closed_at") or "",
        people=people(
            *(record.get(role) for role in _ROLES),
            *names(record.get("watch_list") or ""),
            *(author for author, _ in entries),
            companies=(record.get("company") or "",),
        ),
        signals=Signals(reopened=_count(record.get("reopen_count") or "")),
    )


_ROLES = ("caller_id", "caller", "opened_by", "resolved_by", "closed_by", "assigned_to", "u_contact")


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


def _entries(journal: str) -> list[tuple[str, str]]:
    """Author and text of the entries of a journal, the newest first, as ServiceNow writes them."""
    found = list(_ENTRY.finditer(journal))
    ends = [*(entry.start() for entry in found[1:]), len(journal)][: len(found)]
    return [(entry["author"], journal[entry.end() : end].strip()) for entry, end in zip(found, ends, strict=True)]


def _count(value: str) -> int | None:
    return int(value) if value.isdigit() else None
