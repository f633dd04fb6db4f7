"""The way back for what was deleted and not erased."""

from dataclasses import dataclass, replace

from retriever.case.access import may_read
from retriever.domain import Actor, Role, Status, StoredCase
from retriever.errors import CaseNotFound, Conflict
from retriever.lifecycle import rules
from retriever.lifecycle.context import CaseState, Context, page_of
from retriever.store import Step
from retriever.store.deleted import find_deleted


@dataclass(frozen=True, slots=True)
class Deleting:
    """Shows deleted cases and brings them back."""

    context: Context

    def page(
        self, actor: Actor, *, before: tuple[str, int] | None = None, limit: int = 50
    ) -> tuple[list[StoredCase], tuple[str, int] | None]:
        """Deleted cases that the actor may see, last deleted first, `updated_at` being when; where to go on."""
        rules.require_role(actor, Role.KNOWLEDGE_MANAGER, "see deleted cases")
        return page_of(
            lambda place: self.context.store.deleted.page(before=place, limit=limit + 1),
            lambda stored: (stored.updated_at, stored.key),
            lambda stored: stored if may_read(actor, stored.case) else None,
            begin=before,
            limit=limit,
        )

    def bring_back(self, id: str, actor: Actor) -> CaseState:
        """The case as it was when it was deleted; what was under review is a draft again.

        Raises Forbidden, CaseNotFound when there is no such case or it was erased, and Conflict when it is not deleted
        or its source belongs to another case by now.
        """
        rules.require_role(actor, Role.KNOWLEDGE_MANAGER, "bring a deleted case back")
        with self.context.transition(actor) as transition:
            stored = find_deleted(transition.db, id)
            if stored is None or not may_read(actor, stored.case):
                present = transition.find_case(id)
                if present is not None and may_read(actor, present.case):
                    raise Conflict(f"case {id} is not deleted.")
                raise CaseNotFound(f"there is no deleted case {id}; what was erased does not come back.")
            case = transition.masked(stored.case)
            if case.status is Status.IN_REVIEW:
                case = replace(case, status=Status.DRAFT, reviewers=())
            after = transition.put(case, if_version=0)
            transition.note(after, Step.UNDELETE)
            return CaseState(after, rules.open_review(after, None))
