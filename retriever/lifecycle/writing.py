"""Writing as a contributor: a new case is a draft, and a change of a live one waits beside it for its reviews."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from retriever.case.access import OPEN, check_audience, may_read
from retriever.case.identity import TAKEN, check_version
from retriever.domain import Actor, Case, Role, Status, StoredCase
from retriever.errors import CaseNotFound, Conflict, Forbidden, InvalidInput, VersionMismatch
from retriever.lifecycle import rules
from retriever.lifecycle.context import CaseState, Context, case_at, visible_case
from retriever.store import Review, Step, Transition, Upserted
from retriever.store.masking import MaskedCase
from retriever.store.upserts import Action


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a text; `proposed`: the live case is as before and the text waits as a pending revision."""

    action: Action
    state: CaseState


@dataclass(frozen=True, slots=True)
class Writing:
    """Puts texts where they must wait for review. Whoever may publish directly writes to the store instead."""

    context: Context

    def write(self, case: Case, actor: Actor, *, if_version: int | None = None) -> Written:
        """Create a draft, change one, or propose a change of a live case; what decides its state is not taken from it.

        `if_version` is the version of the case, 0 for one that must be new. Raises Forbidden, CaseNotFound,
        VersionMismatch, and Conflict when the source belongs to another case or another revision is pending.
        """
        rules.require_role(actor, Role.CONTRIBUTOR, "write a case")
        masked = self.context.store.masking.case(case)  # as the store will hold it, or nothing would ever be unchanged
        with self.context.transition(actor) as transition:
            return _write(transition, masked, if_version)

    def write_many(self, cases: Iterable[Case], actor: Actor) -> list[Upserted]:
        """The same for many in one transaction; a text that cannot be taken is `refused` and the rest goes in."""
        rules.require_role(actor, Role.CONTRIBUTOR, "write cases")
        masked = self.context.store.masking.cases(cases)
        with self.context.transition(actor) as transition:
            return [_outcome(transition, case) for case in masked]

    def revise(self, id: str, case: Case, actor: Actor, *, if_version: str | None = None) -> CaseState:
        """Propose a new text for a live case, or another one for its pending revision, which loses its approvals.

        `if_version` is the tag of what is replaced: `3` of the live case, `r2` of the revision. Raises Forbidden,
        CaseNotFound, VersionMismatch, Conflict.
        """
        rules.require_role(actor, Role.CONTRIBUTOR, "revise a case")
        masked = self.context.store.masking.case(case)
        with self.context.transition(actor) as transition:
            stored = visible_case(transition, id)
            row = _pending(transition, stored)
            tag = row.tag if row else str(stored.version)
            if if_version is not None and if_version != tag:
                raise VersionMismatch(f"case {id} is to be revised at version {tag}; read it again first.")
            text = rules.kept_state(masked, stored.case)
            check_audience(actor, stored.case, text)
            return _propose(transition, stored, text, row)

    def restore(self, id: str, version: int, actor: Actor, *, if_version: int | None = None) -> Written:
        """Bring back the text of an older version as a new one; audience, source and dates stay those of today.

        A knowledge manager restores what was published before at once, anybody else proposes it. Raises Forbidden,
        CaseNotFound, InvalidInput for a version that is not there, VersionMismatch, Conflict.
        """
        rules.require_role(actor, Role.CONTRIBUTOR, "restore a version")
        with self.context.transition(actor) as transition:
            stored = case_at(transition, id, if_version)
            old = transition.find_version(id, version)
            if old is None or not may_read(actor, old):
                raise InvalidInput(f"case {id} has no version {version}; name one that it has.")
            text = replace(
                rules.kept_state(old, stored.case),
                audience=stored.case.audience,
                source=stored.case.source,
                valid_until=stored.case.valid_until,
            )
            if text == stored.case:
                raise Conflict(f"version {version} of case {id} says what the case says now.")
            if stored.case.status in OPEN or actor.role < Role.KNOWLEDGE_MANAGER:
                return _write(transition, transition.masked(text), stored.version)
            if old.status in OPEN:
                raise Conflict(f"version {version} of case {id} was never published: propose it as a revision instead.")
            after = transition.put(transition.masked(text), if_version=stored.version)
            transition.note(after, Step.RESTORE, details={"restored": version})
            return Written("updated", CaseState(after))


def _write(transition: Transition, case: MaskedCase, if_version: int | None) -> Written:
    if if_version is None:
        outcome = transition.plan(case)
        if outcome.action == "refused":
            raise Conflict(f"{case.id}: {outcome.reason}")
        stored = transition.find_case(outcome.id)
    else:
        stored = transition.find_case(case.id)
    if stored is not None and not may_read(transition.actor, stored.case):
        if if_version == 0 or stored.case.id != case.id:
            # In the words of every such refusal: neither whose it is, nor whether it is the id or the source.
            raise Conflict(f"{case.id}: {TAKEN}")
        raise CaseNotFound(f"there is no case {case.id}.")
    if if_version is not None:
        check_version(case.id, stored.version if stored else None, if_version)
    if stored is None:
        return _create(transition, case)
    text = rules.kept_state(case, stored.case)
    check_audience(transition.actor, stored.case, text)
    if text == stored.case:
        return Written("unchanged", CaseState(stored, rules.open_review(stored, transition.find_review(stored.key))))
    if stored.case.status in OPEN:
        return _redraft(transition, stored, text)
    return _propose_whole(transition, stored, text)


def _create(transition: Transition, case: MaskedCase) -> Written:
    check_audience(transition.actor, None, case)
    stored = transition.put(rules.new_draft(case, transition.actor), if_version=0)
    review = Review(stored.key, Status.DRAFT, stored.version, authors=(transition.actor.id,))
    transition.save_review(review)
    transition.note(stored, Step.WRITE)
    return Written("created", CaseState(stored, review))


def _redraft(transition: Transition, stored: StoredCase, text: MaskedCase) -> Written:
    """A new text of a case under review is a draft again: nobody has approved it."""
    before = rules.open_review(stored, transition.find_review(stored.key))
    after = transition.put(replace(text, status=Status.DRAFT, reviewers=()), if_version=stored.version)
    review = Review(after.key, Status.DRAFT, after.version, authors=before.authors if before else ())
    review = rules.as_author(review, transition.actor)
    transition.save_review(review)
    transition.note(after, Step.WRITE)
    return Written("updated", CaseState(after, review))


def _propose_whole(transition: Transition, stored: StoredCase, text: MaskedCase) -> Written:
    """A change of the case as a whole, by somebody who may not know of a pending revision of others."""
    row = _pending(transition, stored)
    # The live case may have been retired or confirmed since: that is no difference between the texts.
    if row is not None and row.pending is not None and rules.kept_state(row.pending, stored.case) == text:
        return Written("unchanged", CaseState(stored, row))
    if row is not None and set(row.authors) != {transition.actor.id}:
        raise Conflict(f"a revision of case {stored.case.id} is pending already: change or discard that one.")
    return Written("proposed", _propose(transition, stored, text, row))


def _propose(transition: Transition, stored: StoredCase, text: MaskedCase, row: Review | None) -> CaseState:
    case = stored.case
    if case.status in OPEN:
        raise Conflict(f"case {case.id} is not published yet: change the case itself.")
    if case.superseded_by:
        raise Conflict(f"case {case.id} is superseded by {case.superseded_by}: revise that one.")
    if text == case:
        raise Conflict(f"the revision of case {case.id} says what the case says already.")
    review = Review(
        stored.key,
        Status.DRAFT,
        row.version + 1 if row else transition.next_number(stored.key),
        pending=text,
        base_version=stored.version,
        authors=row.authors if row else (),
    )
    review = rules.as_author(review, transition.actor)
    transition.save_review(review)
    transition.note(stored, Step.WRITE, tag=review.tag)
    return CaseState(stored, review)


def _pending(transition: Transition, stored: StoredCase) -> Review | None:
    row = transition.find_review(stored.key)
    return row if row is not None and row.pending is not None else None


def _outcome(transition: Transition, case: MaskedCase) -> Upserted:
    try:
        written = _write(transition, case, None)
    except (Conflict, Forbidden, CaseNotFound) as error:
        # Raised before anything of this case was written.
        return Upserted(case.id, "refused", reason=str(error).removeprefix(f"{case.id}: "))
    stored = written.state.stored
    return Upserted(stored.case.id, written.action, stored.key, stored.version, stored.revision)
