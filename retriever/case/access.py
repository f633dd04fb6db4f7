"""Who may see and change which case: pure rules over an actor and a case, asked by every way in and out.

A case that an actor may not see does not exist for them: whoever asks gets CaseNotFound, never Forbidden.
"""

from collections.abc import Iterable
from dataclasses import replace

from retriever.domain import ALL_GROUPS, OPERATOR, Actor, Case, Role, Status
from retriever.errors import CaseNotFound, Forbidden

OPEN = (Status.DRAFT, Status.IN_REVIEW)
"""States of a case that is not published yet."""


def in_audience(groups: Iterable[str], case: Case) -> bool:
    """Is the case for everybody, or for one of these groups?"""
    if not case.audience:
        return True
    mine = set(groups)
    return ALL_GROUPS in mine or bool(mine & set(case.audience))


def may_read(actor: Actor, case: Case) -> bool:
    """May the actor see this text? Unpublished ones are for reviewers and for their authors."""
    if not in_audience(actor.audience, case):
        return False
    if case.status not in OPEN or actor.role >= Role.REVIEWER:
        return True
    return actor.role >= Role.CONTRIBUTOR and bool(case.created_by) and case.created_by == actor.id


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


def admitted(actor: Actor, old: Case | None, new: Case) -> Case:
    """The text as this actor may write it directly: who wrote and reviewed it is not the writer's to say.

    Below knowledge manager a new case is a draft, and only own drafts may be replaced. Knowledge managers, who bring in
    what was reviewed elsewhere, name authors and reviewers of new cases; the operator, who has the files, of all.
    Raises CaseNotFound when `old` does not exist for the actor, Forbidden.
    """
    if actor == OPERATOR:
        return new
    if old is not None:
        check_readable(actor, old)
    check_audience(actor, old, new)
    if actor.role >= Role.KNOWLEDGE_MANAGER:
        if old is None:
            return new if new.created_by else replace(new, created_by=actor.id)
        return replace(new, created_by=old.created_by, reviewers=old.reviewers)
    if old is None:
        return replace(new, status=Status.DRAFT, created_by=actor.id, reviewers=(), superseded_by="")
    if old.status not in OPEN or old.created_by != actor.id:
        raise Forbidden("only a knowledge manager may replace a case that is published or somebody else's.")
    return replace(new, status=Status.DRAFT, created_by=old.created_by, reviewers=(), superseded_by=old.superseded_by)
