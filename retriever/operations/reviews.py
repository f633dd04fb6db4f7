"""What waits for approval, as an operator sees it: everything."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from retriever.domain import OPERATOR, Status
from retriever.lifecycle import CaseState, Lifecycle
from retriever.lifecycle.history import FieldChange, diff_cases
from retriever.store import QueueFilter

Waiting: TypeAlias = Literal["draft", "in_review"]
Approval: TypeAlias = Literal["first", "second"]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Where cases stand, what waits longest first; are there `more`?"""

    entries: tuple[CaseState, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class ReviewedCase:
    """Where a case stands, and how its pending revision differs from what is live."""

    state: CaseState
    changes: tuple[FieldChange, ...]


def list_reviews(
    lifecycle: Lifecycle,
    *,
    state: Waiting | None = None,
    waiting_for: Approval | None = None,
    team: str = "",
    limit: int = 50,
) -> ReviewPage:
    """What is in a state, waits for an approval and was submitted by a team; all of it without them."""
    which = QueueFilter(states=(Status(state),) if state else (), stage=waiting_for or "", team=team)
    found, last = lifecycle.reviewing.page(which, OPERATOR, limit=limit)
    return ReviewPage(tuple(found), last is not None)


def show_review(lifecycle: Lifecycle, id: str) -> ReviewedCase:
    """What of a case waits for approval. Raises CaseNotFound."""
    state = lifecycle.reviewing.find(id, OPERATOR)
    pending = state.review.pending if state.review else None
    return ReviewedCase(state, diff_cases(state.stored.case, pending) if pending else ())
