"""What every step of the lifecycle shares: the store, the policy, the day, and what happens after a commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from retriever.case.access import check_readable
from retriever.case.identity import check_version
from retriever.case.times import today_utc
from retriever.domain import ALL_GROUPS, Actor, Role, StoredCase
from retriever.errors import Conflict
from retriever.lifecycle import rules
from retriever.lifecycle.rules import Policy
from retriever.store import Review, Store, Transition

_Row = TypeVar("_Row")
_Entry = TypeVar("_Entry")
_Place = TypeVar("_Place")

SYSTEM_ACTOR = Actor("system", Role.ADMIN, audience=(ALL_GROUPS,))
"""Who acts when a case ages by itself."""


@dataclass(frozen=True, slots=True)
class CaseState:
    """Where a case stands: as it is live (or as a draft), and what of it waits for approval."""

    stored: StoredCase
    review: Review | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Opens transactions; `searchable` runs after each commit and brings the change into the search.

    `via` says in the audit log how the actor came in, when not by the API; `dry_run` takes every step back.
    """

    store: Store
    policy: Policy
    searchable: Callable[[], object]
    today: Callable[[], date] = today_utc
    via: str = ""
    dry_run: bool = False

    @contextmanager
    def transition(self, actor: Actor) -> Iterator[Transition]:
        """One transaction in the name of `actor`; the next search sees what it did."""
        with self.store.transition(actor, via=self.via, dry_run=self.dry_run) as transition:
            yield transition
        if not self.dry_run:
            self.searchable()


def page_of(
    read: Callable[[_Place], list[_Row]],
    place_of: Callable[[_Row], _Place],
    shown: Callable[[_Row], _Entry | None],
    *,
    begin: _Place,
    limit: int,
) -> tuple[list[_Entry], _Place | None]:
    """Up to `limit` rows that may be shown, and the place where to go on, None at the end.

    `read` gives the `limit` + 1 rows behind a place, which `place_of` tells of a row; `shown` is None for a row that
    must not be seen.
    """
    found: list[_Entry] = []
    place = begin
    while True:
        rows = read(place)
        for row in rows[:limit]:
            place = place_of(row)
            if (entry := shown(row)) is not None:
                found.append(entry)
            if len(found) == limit:
                return found, place if row is not rows[-1] else None
        if len(rows) <= limit:
            return found, None


def visible_case(transition: Transition, id: str) -> StoredCase:
    """The case, when the actor may see it. Raises CaseNotFound."""
    stored = transition.get_case(id)
    check_readable(transition.actor, stored.case)
    return stored


def case_at(transition: Transition, id: str, if_version: int | None) -> StoredCase:
    """The visible case at this version. Raises CaseNotFound, VersionMismatch."""
    stored = visible_case(transition, id)
    if if_version is not None:
        check_version(id, stored.version, if_version)
    return stored


def reviewed_case(transition: Transition, id: str, tag: str | None) -> tuple[StoredCase, Review]:
    """The visible case and what of it waits for approval, at this version. Raises CaseNotFound, Conflict."""
    stored = transition.get_case(id)
    review = rules.open_review(stored, transition.find_review(stored.key))
    if review is None or not rules.may_see_review(stored, review, transition.actor):
        check_readable(transition.actor, stored.case)
        raise Conflict(f"case {id} is {stored.case.status} and has no pending revision: there is nothing to review.")
    rules.check_tag(id, review, tag)
    return stored, review
