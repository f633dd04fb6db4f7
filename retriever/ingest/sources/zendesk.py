"""Zendesk: tickets of the JSON export, the incremental API or a webhook.

Solution: the last public comment of somebody who is not the requester; earlier ones follow while it is worthless.
Solved time: `metric_set.solved_at`, else the last change of the ticket.
"""

from retriever.ingest.signals import Signals
from retriever.ingest.sources.record import (
    Record,
    at,
    is_true,
    last_first,
    mapping,
    names,
    objects,
    people,
    text,
    written,
)
from retriever.ingest.sources.ticket import SkipReason, Ticket

NAME = "zendesk"
ENVELOPES = ("tickets", "results")
DONE = frozenset(("solved", "closed"))
MERGE_TAGS = frozenset(("closed_by_merge", "merged"))
_GOOD = {"good": 1.0, "good_with_comment": 1.0, "bad": 0.0, "bad_with_comment": 0.0}


def convert(outer: Record) -> Ticket | SkipReason:
    """One ticket as a case, or why it becomes none."""
    record = mapping(outer.get("ticket")) or outer
    status = text(record.get("status")).lower()
    tags = names(record.get("tags"), separators=", ")
    if status == "deleted" or is_true(record.get("deleted")):
        return SkipReason.DELETED
    if is_true(record.get("spam")) or "spam" in tags:
        return SkipReason.SPAM
    if MERGE_TAGS & set(tags):
        return SkipReason.MERGED
    if status not in DONE:
        return SkipReason.UNRESOLVED
    comments = objects(record.get("comments"))
    answers = [_body(comment) for comment in comments if _is_answer(comment, record)]
    origin = mapping(at(record, "via.source.from"))
    requester, metrics = mapping(record.get("requester")), mapping(record.get("metric_set"))
    return Ticket(
        external_id=text(record.get("id")),
        title=text(record.get("subject")) or text(record.get("raw_subject")),
        problem=written(record.get("description"))
        or next((_body(note) for note in comments if not _is_answer(note, record)), ""),
        answers=last_first(answers),
        raw=(text(record.get("description")), *(_raw(comment) for comment in comments)),
        url=_address(text(record.get("url"))),
        tags=tags,
        priority=text(record.get("priority")),
        channel=text(at(record, "via.channel")),
        opened_at=record.get("created_at"),
        resolved_at=metrics.get("solved_at") or record.get("solved_at") or record.get("updated_at"),
        people=people(
            *(record.get(role) for role in ("requester", "submitter", "assignee", "recipient", "collaborators")),
            *(comment.get("author") for comment in comments),
            origin,
            companies=(record.get("organization"), requester.get("organization")),
        ),
        signals=Signals(satisfaction=_satisfaction(record), reopened=_count(metrics.get("reopens"))),
    )


def _is_answer(comment: Record, record: Record) -> bool:
    if comment.get("public") is False:
        return False
    author = text(comment.get("author_id")) or text(mapping(comment.get("author")).get("id"))
    role = text(mapping(comment.get("author")).get("role"))
    if role:
        return role in ("agent", "admin")
    customers = [record.get("requester_id"), mapping(record.get("requester")).get("id"), *_copied(record)]
    return bool(author) and author not in {text(customer) for customer in customers if customer}


def _copied(record: Record) -> list[object]:
    copied = record.get("email_cc_ids")
    return list(copied) if isinstance(copied, list) else []


def _body(comment: Record) -> str:
    if text(comment.get("html_body")):
        return written(comment.get("html_body"), html=True)
    return written(comment.get("plain_body") or comment.get("body"))


def _raw(comment: Record) -> str:
    return text(comment.get("plain_body") or comment.get("body") or comment.get("html_body"))


def _address(url: str) -> str:
    """The page for people instead of the address of the API."""
    return url.replace("/api/v2/tickets/", "/agent/tickets/").removesuffix(".json")


def _satisfaction(record: Record) -> float | None:
    rating = record.get("satisfaction_rating")
    score = text(mapping(rating).get("score")) if not isinstance(rating, str) else rating
    return _GOOD.get(score.lower())


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
