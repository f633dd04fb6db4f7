"""A published case whose ticket changed at the help desk: what to propose, so that nobody's work here is undone.

What the ticket changed since it was last taken over is carried into the case; what people wrote here stays. Where both
changed the same field the ticket's words are proposed, and a reviewer sees the difference.
"""

from dataclasses import fields, replace
from typing import Any

from retriever.domain import Case, Outcome, Source, Status, StoredCase
from retriever.lifecycle import rules
from retriever.store import Review

TRIFLES = ("opened_at", "resolved_at", "priority", "channel", "source")
"""Fields that help desks touch with every click: they go along with a revision, but are no reason for one."""

_EMPTY: tuple[object, ...] = ("", (), None)


def revised_by_ticket(stored: StoredCase, row: Review | None, ticket: Case, before: Case | None) -> Case | str | None:
    """The text to propose, or why none can be (a str), or None when the case says it already.

    `row` is the pending revision of the case, if there is one; `ticket` the text as it is now, `before` as it was last
    taken over, None when nobody knows: then whatever the ticket says is proposed, and what it does not say is kept. A
    revision that an import made, and nobody touched or submitted since, is replaced by the next one.
    """
    live, pending = stored.case, row.pending if row else None
    if live.superseded_by:
        return f"the ticket changed, and its case is superseded by {live.superseded_by}: revise that one"
    if row is not None and pending is not None and (row.authors or row.state is not Status.DRAFT):
        return "the ticket changed, and another revision of its case is pending: publish or discard that one first"
    stale = row is not None and row.base_version != stored.version
    ours = live if pending is None or stale else pending
    text = rules.kept_state(_carried(ours, ticket, None if stale else before), live)
    if _same_but_trifles(text, pending or live):
        return None
    if pending is not None and _same_but_trifles(text, live):
        return "the ticket says again what the case says: discard the pending revision"
    return text


def _carried(ours: Case, ticket: Case, before: Case | None) -> Case:
    """Our text with the ticket's changes."""
    changes: dict[str, Any] = {
        item.name: _chosen(ours, ticket, before, item.name)
        for item in fields(Case)
        if item.name not in ("source", "outcome")
    }
    changes["outcome"] = Outcome(
        **{
            item.name: _chosen(ours.outcome, ticket.outcome, before.outcome if before else None, item.name)
            for item in fields(Outcome)
        }
    )
    changes["source"] = Source(ours.source.system, ours.source.external_id, ticket.source.url or ours.source.url)
    return replace(ours, **changes)


def _chosen(ours: object, ticket: object, before: object | None, name: str) -> Any:  # noqa: ANN401  of a field
    mine, new = getattr(ours, name), getattr(ticket, name)
    if before is None:
        return mine if new in _EMPTY else new
    return mine if new == getattr(before, name) else new


def _same_but_trifles(one: Case, other: Case) -> bool:
    return replace(one, **{name: getattr(other, name) for name in TRIFLES}) == other
