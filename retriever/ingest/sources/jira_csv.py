"""Jira's CSV export: repeated columns, comments as `date;author;text`, dates in the format of whoever exported.

Solution: the last comment by a person other than the reporter, else a column that is mapped to the solution. The CSV
does not say which comments are internal: where a service project has some, export by REST.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from retriever.ingest.sources.jira import body_text, not_fixed
from retriever.ingest.sources.record import Record, items, last_first, people, text
from retriever.ingest.sources.speakers import is_machine, people_named, same_person
from retriever.ingest.sources.ticket import SkipReason, Ticket
from retriever.ingest.states import is_done

_COMMENT = re.compile(r"(?P<at>[^;\n]{6,40});(?P<author>[^;\n]{0,200});(?P<body>.*)", re.DOTALL)
# Month by name only: 03/04/24 may be March or April, and no date is better than a wrong one.
_DATE_FORMATS = ("%d/%b/%y %I:%M %p", "%d/%b/%Y %I:%M %p", "%d/%b/%y %H:%M", "%d/%b/%Y %H:%M", "%d.%b.%Y %H:%M",
                 "%b %d, %Y %I:%M %p", "%d %b %Y %H:%M")  # fmt: skip


def convert(record: Record) -> Ticket | SkipReason:
    """One row as a case, or why it becomes none."""
    columns = {name.strip().casefold(): value for name, value in record.items()}
    done = is_done(_one(columns, "status category") or _one(columns, "status"))
    resolution = _one(columns, "resolution")
    if not done or resolution.casefold() in ("", "unresolved", "nicht erledigt"):
        return SkipReason.UNRESOLVED
    if reason := not_fixed(resolution):
        return reason
    comments = [_comment(text(cell)) for cell in _all(columns, "comment", "comments")]
    reporter = people_named((_one(columns, "reporter"), _one(columns, "reporter id")))
    components = [text(cell) for cell in _all(columns, "component/s", "components")]
    return Ticket(
        external_id=_one(columns, "issue key", "key"),
        title=_one(columns, "summary"),
        problem=body_text(_one(columns, "description")),
        answers=last_first([body_text(body) for author, body in comments if _may_solve(author, reporter)]),
        raw=(_one(columns, "description"), *(body for _, body in comments)),
        product=_one(columns, "project name"),
        category=components[0].replace("/", " ") if components else "",
        environment=body_text(_one(columns, "environment")),
        tags=[label for cell in _all(columns, "labels") for label in text(cell).split()] + components[1:],
        priority=_one(columns, "priority"),
        channel=_one(columns, "issue type"),
        opened_at=_date(_one(columns, "created")),
        resolved_at=_date(_one(columns, "resolved")),
        changed_at=_date(_one(columns, "updated")),
        people=people(_one(columns, "reporter"), _one(columns, "assignee"), _one(columns, "creator"),
                      *(author for author, _ in comments)),
    )  # fmt: skip


def _all(columns: Mapping[str, object], *names: str) -> list[object]:
    """The filled cells of a column that may be repeated."""
    for name in names:
        value = columns.get(name)
        cells = items(value) if isinstance(value, list) else [value]
        if filled := [cell for cell in cells if text(cell)]:
            return filled
    return []


def _one(columns: Mapping[str, object], *names: str) -> str:
    return next((text(cell) for cell in _all(columns, *names)), "")


def _comment(cell: str) -> tuple[str, str]:
    """Author and text; a cell without the prefix is text alone."""
    found = _COMMENT.fullmatch(cell)
    return (found["author"].strip(), found["body"]) if found else ("", cell)


def _may_solve(author: str, reporter: set[str]) -> bool:
    return same_person(author) not in reporter and not is_machine(author)


def _date(value: str) -> str:
    """The date in ISO form where its format can only mean one day; else as it stands."""
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(value, form).isoformat() + "Z"  # noqa: DTZ007  the export does not say its zone
        except ValueError:
            continue
    return value
