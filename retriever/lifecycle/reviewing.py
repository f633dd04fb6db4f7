"""From draft to published: submit, approve, reject, withdraw; two people who are not the author stand between."""

from dataclasses import dataclass, replace

from retriever.case.access import check_readable
from retriever.domain import Actor, Role, Status, StoredCase
from retriever.errors import Conflict
from retriever.lifecycle import rules
from retriever.lifecycle.context import CaseState, Context, page_of, reviewed_case
from retriever.lifecycle.screening import Screening, check_note, check_screening
from retriever.store import QueueFilter, Review, Step, Transition
from retriever.store.reviews import Queued


@dataclass(frozen=True, slots=True)
class Reviewing:
    """Moves what waits for approval. `if_version` is the tag of what was looked at: `3`, or `r2` of a revision."""

    context: Context

    def stage(self, review: Review) -> str:
        """Who has to act: `author`, `first` or `second` reviewer."""
        return rules.stage(review, self.context.policy)

    def find(self, id: str, actor: Actor) -> CaseState:
        """Where a case stands. Raises CaseNotFound."""
        stored = self.context.store.cases.get(id)
        review = rules.open_review(stored, self.context.store.reviews.find(id))
        if review is not None and not rules.may_see_review(stored, review, actor):
            review = None
        if review is None:
            check_readable(actor, stored.case)
        return CaseState(stored, review)

    def page(
        self, which: QueueFilter, actor: Actor, *, after: tuple[str, int] = ("", 0), limit: int = 50
    ) -> tuple[list[CaseState], tuple[str, int] | None]:
        """What waits for approval and may be seen, longest first; where to go on, None at the end."""

        def shown(entry: Queued) -> CaseState | None:
            review = rules.open_review(entry.stored, entry.review)
            may_see = review is not None and rules.may_see_review(entry.stored, review, actor)
            return CaseState(entry.stored, review) if may_see else None

        return page_of(
            lambda place: self.context.store.reviews.page(which, after=place, limit=limit + 1),
            lambda entry: (entry.since, entry.stored.key),
            shown,
            begin=after,
            limit=limit,
        )

    def submit(self, id: str, actor: Actor, *, if_version: str | None = None) -> CaseState:
        """Hand a draft in; reviewers of the actor's team come first. Raises Conflict when it is no draft."""
        rules.require_role(actor, Role.CONTRIBUTOR, "submit a case")
        with self.context.transition(actor) as transition:
            stored, review = reviewed_case(transition, id, if_version)
            if review.state is not Status.DRAFT:
                raise Conflict(f"case {id} is in review already.")
            rules.check_base(stored, review)
            submitted = replace(
                review, state=Status.IN_REVIEW, submitted_by=actor.id, team=actor.team, submitted_at=transition.now
            )
            return _moved(transition, stored, submitted, Step.SUBMIT)

    def approve(
        self, id: str, actor: Actor, screening: Screening, *, if_version: str | None = None
    ) -> CaseState:  # fmt: skip
        """Give the approval that is missing; the last one publishes. Raises Forbidden, Conflict, InvalidInput."""
        with self.context.transition(actor) as transition:
            stored, review = reviewed_case(transition, id, if_version)
            _check_in_review(id, review)
            rules.check_approver(actor, review, self.context.policy)
            rules.check_base(stored, review)
            check_screening(screening, rules.text_of(stored, review))
            if rules.stage(review, self.context.policy) == "first":
                approved = replace(review, first_by=actor.id, first_by_manager=actor.role >= Role.KNOWLEDGE_MANAGER)
                return _moved(transition, stored, approved, Step.APPROVE, screening=screening)
            return self._publish(transition, stored, review, screening)

    def reject(self, id: str, actor: Actor, reason: str, *, if_version: str | None = None) -> CaseState:
        """Send it back to its author with a reason. Raises Forbidden, Conflict, InvalidInput without a reason."""
        text = check_note(reason, required=True)
        with self.context.transition(actor) as transition:
            stored, review = reviewed_case(transition, id, if_version)
            _check_in_review(id, review)
            rules.check_rejecter(actor, review)
            return _moved(transition, stored, _as_draft(review), Step.REJECT, note=text)

    def withdraw(self, id: str, actor: Actor, *, if_version: str | None = None) -> CaseState:
        """Take it back from review; approvals are void. Raises Forbidden, Conflict."""
        rules.require_role(actor, Role.CONTRIBUTOR, "withdraw a case")
        with self.context.transition(actor) as transition:
            stored, review = reviewed_case(transition, id, if_version)
            _check_in_review(id, review)
            rules.check_withdrawer(actor, review)
            return _moved(transition, stored, _as_draft(review), Step.WITHDRAW)

    def discard(self, id: str, actor: Actor, *, if_version: str | None = None) -> CaseState:
        """Drop a pending revision; the live version stays. Raises Forbidden, Conflict when there is none."""
        rules.require_role(actor, Role.CONTRIBUTOR, "discard a revision")
        with self.context.transition(actor) as transition:
            stored, review = reviewed_case(transition, id, if_version)
            if review.pending is None:
                raise Conflict(f"case {id} has no pending revision.")
            rules.check_withdrawer(actor, review)
            transition.drop_review(stored.key)
            transition.note(stored, Step.DISCARD, tag=review.tag)
            return CaseState(stored)

    def _publish(self, transition: Transition, stored: StoredCase, review: Review, screening: Screening) -> CaseState:
        if stored.case.superseded_by:
            raise Conflict(f"case {stored.case.id} is superseded by {stored.case.superseded_by}: it is not published.")
        text = rules.kept_state(review.pending or transition.masked(stored.case), stored.case)
        reviewers = tuple(dict.fromkeys(name for name in (review.first_by, transition.actor.id) if name))
        live = rules.published(text, reviewers=reviewers, today=self.context.today(), policy=self.context.policy)
        after = transition.put(live, if_version=stored.version)
        transition.drop_review(stored.key)
        transition.note(
            after,
            Step.PUBLISH,
            tag=review.tag if review.pending else "",
            answers=screening.answers,
            reason=screening.note.strip(),
            details={"first": review.first_by, "authors": ",".join(review.authors)[:200]},
        )
        return CaseState(after)


def _moved(
    transition: Transition,
    stored: StoredCase,
    review: Review,
    kind: Step,
    *,
    screening: Screening | None = None,
    note: str = "",
) -> CaseState:
    """Write where the review stands now: in its own row, and in the case when that itself is reviewed."""
    if review.pending is None:
        case = replace(
            transition.masked(stored.case),
            status=review.state,
            reviewers=(review.first_by,) if review.first_by else (),
            created_by=stored.case.created_by or review.submitted_by,
        )
        stored = transition.put(case, if_version=stored.version)
        review = replace(review, version=stored.version)
    else:
        review = replace(review, version=review.version + 1)
    transition.save_review(review)
    answers, text = (screening.answers, screening.note.strip()) if screening else ({}, note)
    transition.note(stored, kind, tag=review.tag if review.pending else "", answers=answers, reason=text)
    return CaseState(stored, review)


def _as_draft(review: Review) -> Review:
    return replace(review, state=Status.DRAFT, first_by="", first_by_manager=False)


def _check_in_review(id: str, review: Review) -> None:
    if review.state is not Status.IN_REVIEW:
        raise Conflict(f"case {id} is a draft: submit it first.")
