"""Who may see and change which case: one table and pure rules over it, asked by every way in and out.

A case that an actor may not see does not exist for them: whoever asks gets CaseNotFound, never Forbidden. Lists ask the
database and questions ask the index; both build their conditions from what stands here (`store/case_rows.py`,
`search/scope.py`), and `tests/property/test_visibility.py` shows that all agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from retriever.domain import ALL_GROUPS, OPERATOR, Actor, AnyCase, Case, Role, Status
from retriever.errors import CaseNotFound, Forbidden


@dataclass(frozen=True, slots=True)
class Visibility:
    """From which role on cases in these states are seen: all of them, and those that the actor wrote."""

    statuses: tuple[Status, ...]
    all_from: Role
    own_from: Role

    def admits(self, actor: Actor, *, own: bool) -> bool:
        """Does the actor see a case in one of these states, being among its authors or not?"""
        return actor.role >= (self.own_from if own else self.all_from)


LIVE = (Status.PUBLISHED, Status.HISTORICAL)
"""States of a case that questions can find."""
OPEN = (Status.DRAFT, Status.IN_REVIEW)
"""States of a case that is not published yet."""
_LIVE_CASES = Visibility(LIVE, all_from=Role.VIEWER, own_from=Role.VIEWER)
_OPEN_CASES = Visibility(OPEN, all_from=Role.REVIEWER, own_from=Role.CONTRIBUTOR)
VISIBILITY = (_LIVE_CASES, _OPEN_CASES)
"""The table. Besides, the actor must be in the case's audience."""
_BY_STATUS = {status: row for row in VISIBILITY for status in row.statuses}


def groups_of(audience: Iterable[str]) -> frozenset[str] | None:
    """The groups whose cases somebody with this audience sees, beside those for everybody; None for all groups."""
    groups = frozenset(audience)
    return None if ALL_GROUPS in groups else groups


def in_audience(audience: Iterable[str], case: Case) -> bool:
    """Is the case for everybody, or for one of these groups?"""
    groups = groups_of(audience)
    return groups is None or not case.audience or not groups.isdisjoint(case.audience)


def may_read(actor: Actor, case: Case) -> bool:
    """May the actor see this text? Unpublished ones are for reviewers and for their authors."""
    own = bool(case.created_by) and case.created_by == actor.id
    return in_audience(actor.audience, case) and _BY_STATUS[case.status].admits(actor, own=own)


def may_read_open(actor: Actor, authors: Iterable[str]) -> bool:
    """May the actor see a text that waits for approval, audience aside? `authors` are all who wrote or submitted it."""
    return _OPEN_CASES.admits(actor, own=actor.id in authors)


def check_readable(actor: Actor, case: Case) -> None:
    """Raises CaseNotFound when the case does not exist for the actor."""
    if not may_read(actor, case):
        raise CaseNotFound(f"there is no case {case.id}.")


def check_audience(actor: Actor, old: Case | None, new: Case) -> None:
    """May the actor give the case this audience? Raises Forbidden.

    Nobody names a group that they are not in, so nobody hides a case from themselves or puts it before strangers; and
    only a knowledge manager shows an existing case to more people than before.
    """
    if ALL_GROUPS not in actor.audience:
        foreign = [group for group in new.audience if group not in actor.audience]
        kept = old.audience if old is not None else ()
        if any(group not in kept for group in foreign):
            raise Forbidden("audience: names a group that you are not in; ask somebody of that group.")
        if old is not None and any(group not in new.audience and group not in actor.audience for group in old.audience):
            raise Forbidden("audience: takes the case from a group that you are not in; ask somebody of that group.")
    if old is None or actor.role >= Role.KNOWLEDGE_MANAGER or not old.audience:
        return
    if not new.audience or not set(new.audience) <= set(old.audience):
        raise Forbidden("audience: only a knowledge manager may show a case to more people than before.")


def admitted(actor: Actor, old: Case | None, new: AnyCase) -> AnyCase:
    """The text as a knowledge manager or above may write it directly, without reviews.

    Knowledge managers, who bring in what was reviewed elsewhere, name authors and reviewers of new cases; the operator,
    who has the files, of all. Raises CaseNotFound when `old` does not exist for the actor, Forbidden.
    """
    if actor == OPERATOR:
        return new
    if actor.role < Role.KNOWLEDGE_MANAGER:
        raise Forbidden("only a knowledge manager may write a case without reviews.")
    if old is not None:
        check_readable(actor, old)
    check_audience(actor, old, new)
    if old is None:
        return new if new.created_by else replace(new, created_by=actor.id)
    return replace(new, created_by=old.created_by, reviewers=old.reviewers)
