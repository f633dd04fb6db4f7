"""What waits for approval, as an operator sees it: everything; and one step for many cases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from retriever.domain import OPERATOR, Status
from retriever.errors import InvalidInput, SimilarCasesError
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


@dataclass(frozen=True, slots=True)
class Choice:
    """Which reviews are meant: in a state, waiting for an approval, submitted by a team, from a source; all of it."""

    state: Waiting | None = None
    waiting_for: Approval | None = None
    team: str = ""
    source: str = ""

    @property
    def is_open(self) -> bool:
        """Does it leave anything out?"""
        return not (self.waiting_for or self.team or self.source)


def take_step(
    lifecycle: Lifecycle,
    ids: Sequence[str],
    choice: Choice,
    step: Callable[[str], CaseState],
    *,
    done: Callable[[CaseState], None],
    refused: Callable[[str, SimilarCasesError], None],
    limit: int,
) -> int:
    """Take a step for each of these cases, or, without ids, for those of the choice; how many were refused.

    `done` and `refused` are told of each as it comes. One case that is refused holds up none of the others; with a
    single id the refusal is raised. Raises InvalidInput when neither ids nor a choice say which cases are meant.
    """
    if not ids and choice.is_open:
        raise InvalidInput(
            "no case is named: give ids, or choose with --source, --of-team or, but for submit, --waiting-for."
        )
    meant = ids or [entry.stored.case.id for entry in list_reviews(lifecycle, choice, limit=limit).entries]
    failures = 0
    for id in dict.fromkeys(meant):
        try:
            state = step(id)
        except SimilarCasesError as error:
            if len(ids) == 1:
                raise
            failures += 1
            refused(id, error)
        else:
            done(state)
    return failures


def list_reviews(lifecycle: Lifecycle, choice: Choice, *, limit: int = 50) -> ReviewPage:
    """What a choice means, what waits longest first."""
    which = QueueFilter(
        states=(Status(choice.state),) if choice.state else (),
        stage=choice.waiting_for or "",
        team=choice.team,
        source=choice.source,
    )
    found, last = lifecycle.reviewing.page(which, OPERATOR, limit=limit)
    return ReviewPage(tuple(found), last is not None)


def show_review(lifecycle: Lifecycle, id: str) -> ReviewedCase:
    """What of a case waits for approval. Raises CaseNotFound."""
    state = lifecycle.reviewing.find(id, OPERATOR)
    pending = state.review.pending if state.review else None
    return ReviewedCase(state, diff_cases(state.stored.case, pending) if pending else ())
