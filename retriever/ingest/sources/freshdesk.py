"""Freshdesk: tickets of API v2 with conversations, and of the account export (`helpdesk_ticket`).

Solution: the last public reply of an agent (`incoming` and `private` false) that went to the customer: no forward to
somebody else, no automatic answer, no survey. Statuses above 5 are an account's own and count as unresolved.
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
    unwrapped,
    written,
    written_html,
    written_plain,
)
from retriever.ingest.sources.speakers import ids_of, is_false, is_machine, seen_by_all
from retriever.ingest.sources.ticket import SkipReason, Ticket
from retriever.ingest.states import is_done

NAME = "freshdesk"
ENVELOPES = ("tickets", "results")
_DONE = ("4", "5")
_TO_OTHERS = frozenset(("6", "8", "feedback", "forwarded_email"))
"""Conversations that are no reply to the customer, by their `source`: a survey's feedback, and forwards."""
_NOTES = frozenset(("2", "note"))
_PRIORITIES = {"1": "low", "2": "medium", "3": "high", "4": "urgent"}
_CHANNELS = {"1": "email", "2": "portal", "3": "phone", "7": "chat", "9": "widget", "10": "outbound email"}
_HAPPY = {103: 1.0, 102: 0.85, 101: 0.7, 100: 0.5, -101: 0.3, -102: 0.15, -103: 0.0}


def convert(outer: Record) -> Ticket | SkipReason:
    """One ticket as a case, or why it becomes none."""
    record = unwrapped(outer, "status", "status_name", names=("helpdesk_ticket", "freshdesk_webhook"))
    if is_true(record.get("deleted")):
        return SkipReason.DELETED
    if is_true(record.get("spam")):
        return SkipReason.SPAM
    state = (text(record.get("status")) or text(record.get("status_name"))).lower()
    if state not in _DONE and not is_done(state):
        return SkipReason.UNRESOLVED
    replies = [reply for reply in seen_by_all(_conversations(record)) if _is_public(reply)]
    customers = ids_of(record, "requester_id", "requester")
    answers = [_body(reply, "body") for reply in replies if _is_answer(reply, customers)]
    requester, stats = mapping(record.get("requester")), mapping(record.get("stats") or record.get("ticket_states"))
    return Ticket(
        external_id=text(record.get("id")) or text(record.get("display_id")),
        title=text(record.get("subject")),
        problem=_body(record, "description"),
        answers=last_first(answers),
        raw=(text(record.get("description_text")) or text(record.get("description")),
             *(text(reply.get("body_text")) or text(reply.get("body")) for reply in replies)),
        product=text(record.get("product")) or text(record.get("product_name")),
        category=text(record.get("type") or record.get("ticket_type")),
        tags=names(record.get("tags")),
        priority=_named(record.get("priority"), _PRIORITIES),
        channel=_named(record.get("source"), _CHANNELS),
        opened_at=record.get("created_at"),
        resolved_at=stats.get("resolved_at") or stats.get("closed_at") or record.get("updated_at"),
        changed_at=record.get("updated_at"),
        people=people(
            requester, record.get("responder"), record.get("email"), record.get("name"),
            record.get("cc_emails"), record.get("responder_name"), record.get("requester_name"),
            {"phone": record.get("phone")}, *(reply.get("from_email") for reply in replies),
            companies=(record.get("company"), requester.get("company"), at(record, "custom_fields.cf_company")),
        ),
        signals=Signals(_satisfaction(record.get("satisfaction_rating")), 1 if stats.get("reopened_at") else None),
    )  # fmt: skip


def _conversations(record: Record) -> list[Record]:
    """The API's conversations, or the notes of an account export, each perhaps in a shell of its own."""
    found = objects(record.get("conversations") or record.get("notes"))
    return [mapping(note.get("helpdesk_note")) or mapping(note.get("note")) or note for note in found]


def _is_answer(reply: Record, customers: set[str]) -> bool:
    automatic = is_true(reply.get("auto_response")) or bool(text(reply.get("automation_id")))
    if is_true(reply.get("incoming")) or automatic or text(reply.get("source")).lower() in _TO_OTHERS:
        return False
    return not ids_of(reply, "user_id", "user") & customers and not is_machine(reply.get("user"))


def _is_public(reply: Record) -> bool:
    """Not deleted; a note is private unless it says otherwise."""
    is_note = text(reply.get("source")).lower() in _NOTES and not is_false(reply.get("private"))
    return not is_note and not is_true(reply.get("deleted"))


def _body(part: Record, name: str) -> str:
    """The HTML, which still has its lists and code; the plain text only where there is none.

    The API calls the HTML `body` and the text `body_text`, an export calls them `body_html` and `body`.
    """
    if html := text(part.get(f"{name}_html")):
        return written_html(html)
    plain, either = text(part.get(f"{name}_text")), text(part.get(name))
    if plain and "<" in either:
        return written_html(either)
    return written_plain(plain) if plain else written(either)


def _named(value: object, table: dict[str, str]) -> str:
    return table.get(text(value), text(value))


def _satisfaction(rating: object) -> float | None:
    ratings = mapping(mapping(rating).get("ratings"))
    score = rating if isinstance(rating, int) else ratings.get("default_question")
    return _HAPPY.get(score) if isinstance(score, int) else None
