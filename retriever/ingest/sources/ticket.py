"""What every mapping gives: a ticket in common words, and the row of a case (or the reason to skip it) made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from retriever.case.dates import find_date, minutes_between
from retriever.case.format import LIST_LIMIT, NAME_LIMIT, TITLE_LIMIT, URL_LIMIT
from retriever.case.mentions import shown
from retriever.case.moments import moment_of
from retriever.case.tidy import tidy_line, tidy_text
from retriever.ingest.cleaning.codes import find_error_codes
from retriever.ingest.cleaning.substance import MIN_PROBLEM_SUBSTANCE, MIN_SUBSTANCE, says_nothing, substance
from retriever.ingest.signals import NO_SIGNALS, Signals
from retriever.ingest.sources.cuts import cut
from retriever.ingest.sources.notices import is_notice
from retriever.ingest.states import State, state_of
from retriever.masking import KnownEntities
from retriever.masking.spans import NOBODY

LINE_FOR_TITLE = 120


class SkipReason(StrEnum):
    """Why a record becomes no case. Counted in the report under these names."""

    UNRESOLVED = "unresolved"
    DELETED = "deleted"
    SPAM = "spam"
    MERGED = "merged into another"
    NOT_FIXED = "closed without a fix"
    PULL_REQUEST = "pull request"
    NO_PROBLEM = "no problem text"
    NO_RESOLUTION = "no resolution"
    WORTHLESS = "worthless resolution"
    TOO_SHORT = "resolution too short"
    BY_RULE = "left out by a rule"


def why_unfit(word: str) -> SkipReason | None:
    """Why a ticket with this status has no solution; an account's own words say nothing."""
    return _UNFIT.get(state_of(word) or State.DONE)


_UNFIT = {
    State.OPEN: SkipReason.UNRESOLVED,
    State.NOT_FIXED: SkipReason.NOT_FIXED,
    State.MERGED: SkipReason.MERGED,
    State.SPAM: SkipReason.SPAM,
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A resolved item of a help desk. `answers` are candidates for the solution, the best first; texts are clean.

    `raw` are the texts before cleaning, in which error codes are looked for. Dates as the source writes them.
    """

    external_id: str
    title: str
    problem: str
    answers: Sequence[str]
    raw: Sequence[str] = ()
    url: str = ""
    product: str = ""
    category: str = ""
    environment: str = ""
    tags: Sequence[str] = ()
    priority: str = ""
    channel: str = ""
    language: str = ""
    opened_at: object = ""
    resolved_at: object = ""
    changed_at: object = ""
    """When the ticket was last changed: an older state of it never comes on top of a newer one."""
    csat: float | None = None
    people: KnownEntities = NOBODY
    signals: Signals = NO_SIGNALS
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of a case, by their name."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """The row of a case, with whom it speaks of and what rules may ask."""

    values: dict[str, Any]
    people: KnownEntities = NOBODY
    signals: Signals = NO_SIGNALS
    moment: str = ""
    """When the ticket was so; see `retriever.case.moments`."""
    unread: tuple[tuple[str, str], ...] = ()
    """Dates that were not understood, as they may be shown, by their field; the case goes without them."""


def mapped(system: str, ticket: Ticket) -> Mapped | SkipReason:
    """The row of a case, or why the ticket becomes none: without problem, or without an answer worth keeping."""
    title = _cut_line(ticket.title)
    problem = tidy_text(ticket.problem)
    if substance(problem) < MIN_PROBLEM_SUBSTANCE:
        problem = title
    if substance(problem) < MIN_PROBLEM_SUBSTANCE:
        return SkipReason.NO_PROBLEM
    solution = choose_answer(ticket.answers)
    if isinstance(solution, SkipReason):
        return solution
    opened, resolved = find_date(ticket.opened_at), find_date(ticket.resolved_at)
    codes = find_error_codes("\n".join([ticket.title, *(ticket.raw or (ticket.problem, *ticket.answers))]))
    values: dict[str, Any] = {
        "source.system": system,
        "source.external_id": ticket.external_id,
        "source.url": ticket.url if ticket.url.startswith("http") and len(ticket.url) <= URL_LIMIT else "",
        "title": title or _cut_line(problem, LINE_FOR_TITLE),
        "problem": cut(problem),
        "solution": cut(solution),
        "environment": cut(ticket.environment),
        "product": _name(ticket.product),
        "category": ticket.category,
        "tags": [name for tag in ticket.tags if (name := _name(tag))][:LIST_LIMIT],
        "error_codes": list(codes),
        "priority": _name(ticket.priority),
        "channel": _name(ticket.channel),
        "language": ticket.language,
        "opened_at": opened,
        "resolved_at": resolved,
        "outcome.resolution_minutes": minutes_between(opened, resolved),
        "outcome.csat": ticket.csat,
        **ticket.more,
    }
    filled = {name: value for name, value in values.items() if value not in ("", None, [])}
    given = (("opened_at", ticket.opened_at, opened), ("resolved_at", ticket.resolved_at, resolved))
    unread = tuple((name, shown(raw)) for name, raw, read in given if raw and not read)
    return Mapped(filled, ticket.people, ticket.signals, moment_of(ticket.changed_at), unread)


def choose_answer(answers: Sequence[str]) -> str | SkipReason:
    """The first answer worth keeping, or why there is none."""
    texts = [text for answer in answers if (text := tidy_text(answer))]
    if not texts:
        return SkipReason.NO_RESOLUTION
    worthy = [text for text in texts if not says_nothing(text) and not is_notice(text)]
    if not worthy:
        return SkipReason.WORTHLESS
    return next((text for text in worthy if substance(text) >= MIN_SUBSTANCE), SkipReason.TOO_SHORT)


def _cut_line(text: str, limit: int = TITLE_LIMIT) -> str:
    line = tidy_line(text.strip().partition("\n")[0] if limit < TITLE_LIMIT else text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _name(value: str) -> str:
    return tidy_line(value)[:NAME_LIMIT].rstrip()
