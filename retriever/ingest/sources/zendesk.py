"""Zendesk: tickets of the JSON export, the incremental API or a webhook.

Solution: the last public comment of somebody who is neither the requester nor copied, and no machine; earlier ones
follow while it is worthless. Followers are agents who look on: theirs come last.
Solved time: `metric_set.solved_at`, else the last change of the ticket.
"""

import re
from collections.abc import Sequence

from retriever.case.moments import is_older, moment_of
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
    unwrapped,
    written_html,
    written_plain,
)
from retriever.ingest.sources.speakers import ids_of, is_internal, is_machine, seen_by_all
from retriever.ingest.sources.ticket import SkipReason, Ticket
from retriever.ingest.states import is_done

NAME = "zendesk"
ENVELOPES = ("tickets", "results")
MERGE_TAGS = frozenset(("closed_by_merge", "merged"))
_CUSTOMERS = ("requester_id", "requester", "email_cc_ids", "email_ccs", "collaborator_ids", "collaborators")
_AGENTS = ("assignee_id", "assignee")
_FOLLOWERS = ("follower_ids", "followers")
_AUTOMATIC = frozenset(
    ("system", "rule", "trigger", "automation", "sla", "monitor_event", "answer_bot", "answer_bot_for_agents")
)
_GOOD = {"good": 1.0, "good_with_comment": 1.0, "bad": 0.0, "bad_with_comment": 0.0}


def convert(outer: Record) -> Ticket | SkipReason:
    """One ticket as a case, or why it becomes none."""
    record = unwrapped(outer, "status", names=("ticket",))
    status = text(record.get("status")).lower()
    tags = names(record.get("tags"), separators=", ")
    if status == "deleted" or is_true(record.get("deleted")):
        return SkipReason.DELETED
    if is_true(record.get("spam")) or "spam" in tags:
        return SkipReason.SPAM
    if MERGE_TAGS & set(tags):
        return SkipReason.MERGED
    if not is_done(status):
        return SkipReason.UNRESOLVED
    every = objects(record.get("comments"))
    comments = [comment for comment in seen_by_all(every) if _is_public(comment)]
    description = "" if _begins_within(record, every) else text(record.get("description"))
    voices = _Voices(record)
    answers = [_body(comment) for comment in comments if voices.answers(comment)]
    last = [_body(comment) for comment in comments if voices.looks_on(comment)]
    origin = mapping(at(record, "via.source.from"))
    requester, metrics = mapping(record.get("requester")), mapping(record.get("metric_set"))
    return Ticket(
        external_id=text(record.get("id")),
        title=text(record.get("subject")) or text(record.get("raw_subject")),
        problem=written_plain(description) or next((_body(note) for note in comments if voices.asks(note)), ""),
        answers=[*last_first(answers), *last_first(last)],
        raw=(description, *map(_raw, comments)),
        url=_address(text(record.get("url"))),
        tags=tags,
        priority=text(record.get("priority")),
        channel=text(at(record, "via.channel")),
        opened_at=record.get("created_at"),
        resolved_at=metrics.get("solved_at") or record.get("solved_at") or record.get("updated_at"),
        changed_at=record.get("updated_at"),
        people=people(
            *(record.get(role) for role in ("requester", "submitter", "assignee", "recipient", "collaborators")),
            *(comment.get("author") for comment in every),
            origin,
            companies=(record.get("organization"), requester.get("organization")),
        ),
        signals=Signals(satisfaction=_satisfaction(record), reopened=_count(metrics.get("reopens"))),
    )


def _begins_within(record: Record, comments: Sequence[Record]) -> bool:
    """Is the description, which repeats a ticket's first comment, one that the customer does not see?

    Some exports leave the first comment out: a note that was written later, in other words, says nothing of it.
    """
    words = _words(record.get("description"))
    if any(words in (_words(_raw(note)), _words(_body(note))) for note in comments if not _is_public(note)):
        return True
    first = min(comments, key=lambda note: moment_of(note.get("created_at")) or "9", default={})
    later = is_older(moment_of(record.get("created_at")), than=moment_of(first.get("created_at")))
    return not _is_public(first) and not later


def _words(value: object) -> list[str]:
    return re.findall(r"\w+", text(value).casefold())


class _Voices:
    """Who speaks in public comments: `answers` are of those who may solve a ticket, `asks` of those who brought it."""

    def __init__(self, record: Record) -> None:
        roles = {text(user.get("id")): text(user.get("role")) for user in objects(record.get("users"))}
        agents = ids_of(record, *_AGENTS) | {id for id, role in roles.items() if role in ("agent", "admin")}
        outsiders = {id for id, role in roles.items() if role == "end-user"}
        self._followers = ids_of(record, *_FOLLOWERS) - agents
        # Followers are listed among the collaborators, too.
        self._customers = (ids_of(record, *_CUSTOMERS) | outsiders) - agents - self._followers
        self._customers |= ids_of(record, "requester_id", "requester")

    def answers(self, comment: Record) -> bool:
        """Is this the reply of a person who may solve the ticket?"""
        return self._may_solve(comment) and self._author(comment) not in self._followers

    def looks_on(self, comment: Record) -> bool:
        """Is this the reply of an agent who only follows the ticket?"""
        return self._may_solve(comment) and self._author(comment) in self._followers

    def asks(self, comment: Record) -> bool:
        """Is this what a customer wrote?"""
        return not _is_automatic(comment) and not self._may_solve(comment)

    def _may_solve(self, comment: Record) -> bool:
        if _is_automatic(comment):
            return False
        role = text(mapping(comment.get("author")).get("role"))
        if role:
            return role in ("agent", "admin")
        author = self._author(comment)
        return bool(author) and author not in self._customers

    def _author(self, comment: Record) -> str:
        return next(iter(ids_of(comment, "author_id", "author")), "")


def _is_public(comment: Record) -> bool:
    sides = (at(comment, "via.channel"), at(comment, "via.source.rel"))
    return not is_internal(comment) and "side_conversation" not in [text(side).lower() for side in sides]


def _is_automatic(comment: Record) -> bool:
    """Written by the help desk itself: merges, triggers, call records; their author is -1 or whoever set them up."""
    author, via = text(comment.get("author_id")), mapping(comment.get("via"))
    if author.startswith("-") or author == "0" or is_machine(comment.get("author")):
        return True
    if text(comment.get("type")).lower() in ("voicecomment", "tpevoicecomment"):
        return True
    return text(via.get("channel")).lower() in _AUTOMATIC or text(at(via, "source.rel")).lower() in ("merge", "trigger")


def _body(comment: Record) -> str:
    if text(comment.get("html_body")):
        return written_html(comment.get("html_body"))
    return written_plain(comment.get("plain_body") or comment.get("body"))


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
