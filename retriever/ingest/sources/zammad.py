"""Zammad: tickets with their articles (`articles`), with names (`expand=true`) or ids.

Solution: the last article of an agent that is neither internal nor an automatic answer. A merged ticket is skipped: its
other half holds the answer.
"""

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
from retriever.ingest.sources.speakers import ids_of, is_internal, is_machine
from retriever.ingest.sources.ticket import SkipReason, Ticket
from retriever.ingest.states import is_done

NAME = "zammad"
ENVELOPES = ("tickets", "result", "records")
_STATES = {"1": "new", "2": "open", "3": "pending reminder", "4": "closed", "5": "merged", "6": "removed"}
_SENDERS = {"1": "agent", "2": "customer", "3": "system"}


def convert(outer: Record) -> Ticket | SkipReason:
    """One ticket as a case, or why it becomes none."""
    record = unwrapped(outer, "state", "state_id", names=("ticket",))
    # The ids are those of a fresh installation; with expand=true the names come too, and win.
    state = (text(record.get("state")) or _STATES.get(text(record.get("state_id")), "")).lower()
    if state in ("merged", "removed"):
        return SkipReason.MERGED if state == "merged" else SkipReason.DELETED
    if not state.startswith("closed") and not is_done(state):
        return SkipReason.UNRESOLVED
    articles = objects(record.get("articles")) or objects(outer.get("articles")) or objects(outer.get("article"))
    public = [article for article in articles if not is_internal(article)]
    customer = record.get("customer")
    customers = ids_of(record, "customer_id", "customer")
    group = text(record.get("group"))
    return Ticket(
        external_id=text(record.get("number")) or text(record.get("id")),
        title=text(record.get("title")),
        problem=_body(public[0]) if public else text(record.get("note")),
        answers=last_first([_body(article) for article in public[1:] if _is_answer(article, customers)]),
        raw=tuple(text(article.get("body")) for article in public),
        category=group.replace("::", "/") if group.lower() != "users" else "",
        tags=names(record.get("tags")),
        priority=text(record.get("priority")).lstrip("0123456789 "),
        channel=text(public[0].get("type")) if public else "",
        opened_at=record.get("created_at"),
        resolved_at=record.get("close_at") or record.get("last_close_at") or record.get("updated_at"),
        changed_at=record.get("updated_at"),
        people=people(
            customer, record.get("owner"), record.get("created_by"),
            *(article.get(name) for article in articles for name in ("from", "to", "cc", "created_by")),
            companies=(record.get("organization"), mapping(customer).get("organization")),
        ),
    )  # fmt: skip


def _is_answer(article: Record, customers: set[str]) -> bool:
    """Of an agent, who may be the customer of another ticket, and not of this one."""
    if _sender(article) != "agent" or is_machine(article.get("from")) or is_machine(article.get("created_by")):
        return False
    automatic = is_true(at(article, "preferences.is-auto-response"))
    return not automatic and not ids_of(article, "origin_by_id", "created_by_id") & customers


def _sender(article: Record) -> str:
    return (text(article.get("sender")) or _SENDERS.get(text(article.get("sender_id")), "")).lower()


def _body(article: Record) -> str:
    """The body, which is what its type says; without one it may be either."""
    kind = text(article.get("content_type")).lower()
    if not kind:
        return written(article.get("body"))
    return written_html(article.get("body")) if "html" in kind else written_plain(article.get("body"))
