"""From draft to published: submit, approve, reject, withdraw; two people who are not the author stand between."""

from dataclasses import dataclass, replace

from retriever.domain import Actor, Role, Status, StoredCase
from retriever.errors import Conflict
from retriever.lifecycle import rules
from retriever.lifecycle.desk import Desk, Standing, reviewed_case
from retriever.lifecycle.screening import Screening, check_note, check_screening
from retriever.store import QueueFilter, Review, Step, Transition


@dataclass(frozen=True, slots=True)
class Reviewing:
    """Moves what waits for approval. `if_version` is the tag of what was looked at: `3`, or `r2` of a revision."""

    desk: Desk

    def stage(self, review: Review) -> str:
        """Who has to act: `author`, `first` or `second` reviewer."""
        return rules.stage(review, self.desk.policy)

    def find(self, id: str, actor: Actor) -> Standing:
        """Where a case stands. Raises CaseNotFound."""
        stored = self.desk.store.cases.get(id)
        review = rules.open_review(stored, self.desk.store.reviews.find(id))
        if review is not None and not rules.may_see_review(stored, review, actor):
            review = None
        if review is None:
            rules.check_visible(stored.case, actor)
        return Standing(stored, review)

    def page(
        self, which: QueueFilter, actor: Actor, *, after: tuple[str, int] = ("", 0), limit: int = 50
    ) -> tuple[list[Standing], tuple[str, int] | None]:
        """What waits for approval and may be seen, longest first; where to go on, None at the end."""
        found: list[Standing] = []
        while True:
            queued = self.desk.store.reviews.page(which, after=after, limit=limit + 1)
            for entry in queued[:limit]:
                review = rules.open_review(entry.stored, entry.review)
                if review is not None and rules.may_see_review(entry.stored, review, actor):
                    found.append(Standing(entry.stored, review))
                after = (entry.since, entry.stored.key)
                if len(found) == limit:
                    return found, after if entry is not queued[-1] else None
            if len(queued) <= limit:
                return found, None

    def submit(self, id: str, actor: Actor, *, if_version: str | None = None) -> Standing:
        """Hand a draft in; reviewers of the actor's team come first. Raises Conflict when it is no draft."""
        rules.require_role(actor, Role.CONTRIBUTOR, "submit a case")
        with self.desk.transition(actor) as step:
            stored, review = reviewed_case(step, id, if_version)
            if review.state is not Status.DRAFT:
                raise Conflict(f"case {id} is in review already.")
            rules.check_base(stored, review)
            submitted = replace(
                review, state=Status.IN_REVIEW, submitted_by=actor.id, team=actor.team, submitted_at=step.now
            )
            return _moved(step, stored, submitted, Step.SUBMIT)

    def approve(
        self, id: str, actor: Actor, screening: Screening, *, if_version: str | None = None
    ) -> Standing:  # fmt: skip
        """Give the approval that is missing; the last one publishes. Raises Forbidden, Conflict, InvalidInput."""
        with self.desk.transition(actor) as step:
            stored, review = reviewed_case(step, id, if_version)
            _check_in_review(id, review)
            rules.check_approver(actor, review, self.desk.policy)
            rules.check_base(stored, review)
            check_screening(screening, rules.text_of(stored, review))
            if rules.stage(review, self.desk.policy) == "first":
                return _moved(step, stored, replace(review, first_by=actor.id), Step.APPROVE, screening=screening)
            return self._publish(step, stored, review, screening)

    def reject(self, id: str, actor: Actor, reason: str, *, if_version: str | None = None) -> Standing:
        """Send it back to its author with a reason. Raises Forbidden, Conflict, InvalidInput without a reason."""
        text = check_note(reason, required=True)
        with self.desk.transition(actor) as step:
            stored, review = reviewed_case(step, id, if_version)
            _check_in_review(id, review)
            rules.check_rejecter(actor, review)
            return _moved(step, stored, _as_draft(review), Step.REJECT, note=text)

    def withdraw(self, id: str, actor: Actor, *, if_version: str | None = None) -> Standing:
        """Take it back from review; approvals are void. Raises Forbidden, Conflict."""
        rules.require_role(actor, Role.CONTRIBUTOR, "withdraw a case")
        with self.desk.transition(actor) as step:
            stored, review = reviewed_case(step, id, if_version)
            _check_in_review(id, review)
            rules.check_withdrawer(actor, review)
            return _moved(step, stored, _as_draft(review), Step.WITHDRAW)

    def discard(self, id: str, actor: Actor, *, if_version: str | None = None) -> Standing:
        """Drop a pending revision; the live version stays. Raises Forbidden, Conflict when there is none."""
        rules.require_role(actor, Role.CONTRIBUTOR, "discard a revision")
        with self.desk.transition(actor) as step:
            stored, review = reviewed_case(step, id, if_version)
            if review.pending is None:
                raise Conflict(f"case {id} has no pending revision.")
            rules.check_withdrawer(actor, review)
            step.drop_review(stored.key)
            step.note(stored, Step.DISCARD, tag=review.tag)
            return Standing(stored)

    def _publish(self, step: Transition, stored: StoredCase, review: Review, screening: Screening) -> Standing:
        if stored.case.superseded_by:
            raise Conflict(f"case {stored.case.id} is superseded by {stored.case.superseded_by}: it is not published.")
        text = rules.kept_state(rules.text_of(stored, review), stored.case)
        reviewers = tuple(dict.fromkeys(name for name in (review.first_by, step.actor.id) if name))
        live = rules.published(text, reviewers=reviewers, today=self.desk.today(), policy=self.desk.policy)
        after = step.put(live, if_version=stored.version)
        step.drop_review(stored.key)
        step.note(
            after,
            Step.PUBLISH,
            tag=review.tag if review.pending else "",
            answers=screening.answers,
            reason=screening.note.strip(),
            details={"first": review.first_by, "authors": ",".join(review.authors)[:200]},
        )
        return Standing(after)


def _moved(
    step: Transition,
    stored: StoredCase,
    review: Review,
    kind: Step,
    *,
    screening: Screening | None = None,
    note: str = "",
) -> Standing:
    """Write where the review stands now: in its own row, and in the case when that itself is reviewed."""
    if review.pending is None:
        case = replace(
            stored.case,
            status=review.state,
            reviewers=(review.first_by,) if review.first_by else (),
            created_by=stored.case.created_by or review.submitted_by,
        )
        stored = step.put(case, if_version=stored.version)
        review = replace(review, version=stored.version)
    else:
        review = replace(review, version=review.version + 1)
    step.save_review(review)
    answers, text = (screening.answers, screening.note.strip()) if screening else ({}, note)
    step.note(stored, kind, tag=review.tag if review.pending else "", answers=answers, reason=text)
    return Standing(stored, review)


def _as_draft(review: Review) -> Review:
    return replace(review, state=Status.DRAFT, first_by="")


def _check_in_review(id: str, review: Review) -> None:
    if review.state is not Status.IN_REVIEW:
        raise Conflict(f"case {id} is a draft: submit it first.")
