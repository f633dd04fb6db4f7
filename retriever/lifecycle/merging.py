"""Duplicates become historical in favour of the case that is kept, which takes over their counts; it can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retriever.case.access import OPEN, may_read
from retriever.domain import Actor, Role, Status, StoredCase
from retriever.errors import Conflict, InvalidInput
from retriever.lifecycle import rules
from retriever.lifecycle.context import CaseState, Context, case_at
from retriever.store import Step, Transition
from retriever.store.reviews import Merge


@dataclass(frozen=True, slots=True)
class Merging:
    """Merges and takes merges apart; both are for knowledge managers."""

    context: Context

    def merge(
        self, keep: str, duplicates: Sequence[str], actor: Actor, *, if_version: int | None = None
    ) -> CaseState:  # fmt: skip
        """Make the duplicates historical in favour of `keep`, all or none. Raises Forbidden, CaseNotFound, Conflict."""
        rules.require_role(actor, Role.KNOWLEDGE_MANAGER, "merge cases")
        if not duplicates or len(set(duplicates)) < len(duplicates) or keep in duplicates:
            raise InvalidInput("name each duplicate once, and not the case that is kept.")
        with self.context.transition(actor) as transition:
            kept = case_at(transition, keep, if_version)
            if kept.case.status is not Status.PUBLISHED:
                raise Conflict(
                    f"case {keep} is {kept.case.status}; only a published case can stand for its duplicates."
                )
            for id in duplicates:
                duplicate = transition.find_case(id)
                if duplicate is None or not may_read(actor, duplicate.case):
                    raise Conflict(f"there is no case {id} that could be merged.")
                self._merge_one(transition, kept, duplicate)
            transition.note(kept, Step.MERGE, details={"duplicates": len(duplicates)})
            return CaseState(transition.get_case(keep))

    def unmerge(self, duplicate: str, actor: Actor, *, if_version: int | None = None) -> CaseState:
        """Give a merged duplicate back its state and its counts. Raises Conflict when it was not merged."""
        rules.require_role(actor, Role.KNOWLEDGE_MANAGER, "undo a merge")
        with self.context.transition(actor) as transition:
            stored = case_at(transition, duplicate, if_version)
            merge = transition.merges.take(stored.key)
            if merge is None:
                raise Conflict(f"case {duplicate} was not merged into another one.")
            # As they are now: what was done with the duplicate since then counted for both.
            transition.merges.drop_reuse(merge.into, stored.reuse)
            before = replace(transition.masked(stored.case), status=merge.status, superseded_by=merge.superseded_by)
            after = transition.put(before, if_version=stored.version)
            transition.note(after, Step.UNMERGE, details={"from": stored.case.superseded_by})
            return CaseState(after)

    def _merge_one(self, transition: Transition, kept: StoredCase, duplicate: StoredCase) -> None:
        case = duplicate.case
        if case.status in OPEN:
            raise Conflict(
                f"case {case.id} is {case.status}: only what was published is merged; delete a draft instead."
            )
        if case.superseded_by:
            raise Conflict(f"case {case.id} is superseded by {case.superseded_by} already.")
        if transition.find_review(duplicate.key) is not None:
            raise Conflict(f"case {case.id} has a pending revision: publish or discard it first.")
        transition.merges.add_reuse(kept.key, duplicate.reuse, sign=1)
        transition.merges.save(Merge(duplicate.key, kept.key, case.status, case.superseded_by, duplicate.reuse))
        merged = replace(transition.masked(case), status=Status.HISTORICAL, superseded_by=kept.case.id)
        after = transition.put(merged, if_version=duplicate.version)
        transition.note(after, Step.MERGE, details={"into": kept.case.id})
