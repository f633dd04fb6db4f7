"""From draft to published: who may do which step, in which state, and what it leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from retriever.domain import ALL_GROUPS, Actor, Role, Status
from retriever.errors import CaseNotFound, Conflict, Forbidden, InvalidInput, VersionMismatch
from retriever.lifecycle import Policy
from retriever.lifecycle.screening import Scope
from retriever.store import QueueFilter
from tests.support.builders import content_of, make_case
from tests.support.lifecycle import Workflow
from tests.support.people import (
    AUTHOR,
    LEAD,
    MANAGER,
    OTHER_LEAD,
    OTHER_MANAGER,
    READER,
    SCREENED,
)

COLLEAGUE = replace(LEAD, id="con", role=Role.CONTRIBUTOR)


def test_the_state_of_a_new_case_is_not_the_writers_to_say(workflow: Workflow) -> None:
    """Status, author, reviewers, dates and successor of a new draft are the lifecycle's."""
    dates = {"review_due_on": "2099-01-01", "valid_until": "2099-01-01"}
    given: dict[str, Any] = {
        "status": "published",
        "created_by": "boss",
        "reviewers": ["x"],
        "superseded_by": "z",
        **dates,
    }

    case = workflow.draft(**given)

    assert (case.status, case.created_by, case.reviewers) == (Status.DRAFT, "ann", ())
    assert (case.review_due_on, case.superseded_by, case.valid_until) == ("", "", "2099-01-01")


def test_two_others_publish(workflow: Workflow) -> None:
    """After both approvals the case names its reviewers and the day of its next review."""
    case = workflow.publish()

    assert (case.status, case.reviewers, case.created_by) == (Status.PUBLISHED, ("lee", "kim"), "ann")
    assert case.review_due_on == "2026-08-28"
    assert workflow.steps() == ["write", "submit", "approve", "publish"]
    assert workflow.commits == 4


def test_the_answers_are_kept(workflow: Workflow) -> None:
    """Each approval keeps its answers and its note with the case; the audit log has neither."""
    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.life.reviewing.approve("a", LEAD, replace(SCREENED, scope=Scope.SPECIAL, note=" rare "))

    step = workflow.store.reviews.steps("a")[-1]

    assert (step.actor, step.role, step.version, step.note) == ("lee", "reviewer", "3", "rare")
    assert step.answers == {**SCREENED.answers, "scope": "special"}
    (*_, entry) = workflow.store.audit.iter_entries()
    assert (entry.action, entry.actor, entry.subject, entry.version) == ("case.approve", "lee", "a", 3)
    assert entry.details == {"status": "in_review", "content": content_of(workflow.store, "a")}


@pytest.mark.parametrize("who", [READER, replace(READER, role=Role.VIEWER, team="blue")])
def test_viewers_write_nothing(workflow: Workflow, who: Actor) -> None:
    """Writing, submitting, withdrawing, revising and discarding take a contributor."""
    workflow.publish()
    workflow.revise(problem="other")
    life = workflow.life

    for deed in (
        lambda: life.writing.write(make_case("b"), who),
        lambda: life.writing.write_many([make_case("b")], who),
        lambda: life.writing.revise("a", make_case("a", "x"), who),
        lambda: life.writing.restore("a", 1, who),
        lambda: life.reviewing.submit("a", who),
        lambda: life.reviewing.withdraw("a", replace(who, id="ann")),
        lambda: life.reviewing.discard("a", replace(who, id="ann")),
    ):
        with pytest.raises(Forbidden):
            deed()


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (LEAD, True),
        (OTHER_MANAGER, True),
        (AUTHOR, False),
        (replace(AUTHOR, role=Role.KNOWLEDGE_MANAGER), False),
        (OTHER_LEAD, False),
        (MANAGER, False),
        (replace(LEAD, role=Role.CONTRIBUTOR), False),
    ],
)
def test_the_first_approval_takes_the_team_lead(workflow: Workflow, who: Actor, allowed: bool) -> None:
    """A reviewer, or above, of the submitter's team who is not the author."""
    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)

    if allowed:
        state = workflow.life.reviewing.approve("a", who, SCREENED)
        assert (state.stored.case.status, state.stored.case.reviewers) == (Status.IN_REVIEW, (who.id,))
    else:
        with pytest.raises((Forbidden, CaseNotFound)):
            workflow.life.reviewing.approve("a", who, SCREENED)
        assert workflow.case().reviewers == ()


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (MANAGER, True),
        (Actor("adm", Role.ADMIN), True),
        (LEAD, False),
        (replace(LEAD, role=Role.ADMIN), False),
        (OTHER_LEAD, False),
        (replace(AUTHOR, role=Role.ADMIN), False),
    ],
)
def test_the_second_approval_takes_another_manager(workflow: Workflow, who: Actor, allowed: bool) -> None:
    """A knowledge manager, or above, who neither wrote it nor gave the first approval."""
    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.life.reviewing.approve("a", LEAD, SCREENED)

    if allowed:
        assert workflow.life.reviewing.approve("a", who, SCREENED).stored.case.status is Status.PUBLISHED
    else:
        with pytest.raises(Forbidden):
            workflow.life.reviewing.approve("a", who, SCREENED)
        assert workflow.status() is Status.IN_REVIEW


def test_who_submits_does_not_approve(workflow: Workflow) -> None:
    """The submitter counts as an author, though somebody else wrote it."""
    workflow.draft()
    workflow.life.reviewing.submit("a", LEAD)

    with pytest.raises(Forbidden, match="lee wrote or submitted"):
        workflow.life.reviewing.approve("a", LEAD, SCREENED)


def test_who_changed_a_draft_does_not_approve(workflow: Workflow) -> None:
    """Everybody who wrote on a draft is an author of it."""
    workflow.draft()
    workflow.life.writing.write(make_case("a", "better"), LEAD)
    workflow.life.reviewing.submit("a", AUTHOR)

    with pytest.raises(Forbidden):
        workflow.life.reviewing.approve("a", LEAD, SCREENED)


@pytest.mark.parametrize(
    ("who", "published"), [(LEAD, True), (MANAGER, True), (OTHER_LEAD, False), (AUTHOR, False)]
)  # fmt: skip
def test_one_review_is_enough_where_few_work(workflow: Workflow, who: Actor, published: bool) -> None:
    """With `reviews` = 1 a reviewer of the team or a knowledge manager publishes alone; never the author."""
    workflow.policy = Policy(reviews=1)
    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)

    if published:
        case = workflow.life.reviewing.approve("a", who, SCREENED).stored.case
        assert (case.status, case.reviewers) == (Status.PUBLISHED, (who.id,))
    else:
        with pytest.raises(Forbidden):
            workflow.life.reviewing.approve("a", who, SCREENED)


def test_a_change_makes_approvals_void(workflow: Workflow) -> None:
    """Writing on a case in review makes it a draft again, without approvals; equal text changes nothing."""
    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.life.reviewing.approve("a", LEAD, SCREENED)

    same = workflow.life.writing.write(make_case("a"), AUTHOR)
    changed = workflow.life.writing.write(make_case("a", "another"), AUTHOR)

    assert (same.action, same.state.stored.case.status) == ("unchanged", Status.IN_REVIEW)
    assert changed.action == "updated"
    assert (workflow.status(), workflow.case().reviewers) == (Status.DRAFT, ())
    workflow.life.reviewing.submit("a", AUTHOR)
    assert workflow.approve().status is Status.PUBLISHED


def test_a_direct_write_makes_approvals_void(workflow: Workflow) -> None:
    """What the operator writes beside the reviews was not approved, whatever its state says."""
    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.life.reviewing.approve("a", LEAD, SCREENED)
    workflow.store.cases.upsert([replace(workflow.case(), problem="smuggled in")])

    with pytest.raises(Forbidden):
        workflow.life.reviewing.approve("a", MANAGER, SCREENED)
    review = workflow.life.reviewing.find("a", LEAD).review

    assert review is not None
    assert (review.first_by, review.authors, review.team) == ("", ("ann",), "red")


def test_an_imported_review_takes_any_team(workflow: Workflow) -> None:
    """A case that came in as in_review has no submitter's team: any reviewer may be first, not its author."""
    workflow.store.cases.upsert([make_case("a", status="in_review", created_by="leo")])

    with pytest.raises(Forbidden):
        workflow.life.reviewing.approve("a", OTHER_LEAD, SCREENED)
    assert workflow.life.reviewing.approve("a", LEAD, SCREENED).stored.case.reviewers == ("lee",)


def test_reject_needs_a_reason(workflow: Workflow) -> None:
    """A rejected case is a draft with the reason kept; a blank or endless one is refused."""
    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)
    for reason in (" ", "x" * 2_001):
        with pytest.raises(InvalidInput):
            workflow.life.reviewing.reject("a", LEAD, reason)

    state = workflow.life.reviewing.reject("a", LEAD, " unclear ")

    assert state.stored.case.status is Status.DRAFT
    assert workflow.store.reviews.steps("a")[-1].note == "unclear"


@pytest.mark.parametrize(
    ("who", "allowed"),
    [(LEAD, True), (MANAGER, True), (OTHER_LEAD, False), (AUTHOR, False), (COLLEAGUE, False)],
)
def test_reviewers_of_the_team_and_managers_reject(workflow: Workflow, who: Actor, allowed: bool) -> None:
    """Not authors, other teams, or contributors."""
    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)

    if allowed:
        assert workflow.life.reviewing.reject("a", who, "no").stored.case.status is Status.DRAFT
    else:
        # To a contributor who did not write it a draft is not even there.
        with pytest.raises((Forbidden, CaseNotFound)):
            workflow.life.reviewing.reject("a", who, "no")


@pytest.mark.parametrize(("who", "allowed"), [(AUTHOR, True), (LEAD, False), (MANAGER, True), (OTHER_LEAD, False)])
def test_authors_and_managers_withdraw(workflow: Workflow, who: Actor, allowed: bool) -> None:
    """A withdrawn case is a draft without approvals."""
    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.life.reviewing.approve("a", LEAD, SCREENED)

    if allowed:
        state = workflow.life.reviewing.withdraw("a", who)
        assert (state.stored.case.status, state.stored.case.reviewers) == (Status.DRAFT, ())
        assert state.review is not None
        assert state.review.first_by == ""
    else:
        with pytest.raises(Forbidden):
            workflow.life.reviewing.withdraw("a", who)


def test_steps_fit_the_state(workflow: Workflow) -> None:
    """A draft is not approved, rejected or withdrawn, a case in review not submitted, a published one none of these."""
    life = workflow.life
    workflow.draft()
    deeds: list[Callable[[], object]] = [
        lambda: life.reviewing.approve("a", LEAD, SCREENED),
        lambda: life.reviewing.reject("a", LEAD, "x"),
        lambda: life.reviewing.withdraw("a", AUTHOR),
        lambda: life.reviewing.discard("a", AUTHOR),
        lambda: life.writing.revise("a", make_case("a", "x"), AUTHOR),
    ]
    for deed in deeds:
        with pytest.raises(Conflict):
            deed()
    life.reviewing.submit("a", AUTHOR)
    with pytest.raises(Conflict, match="in review already"):
        life.reviewing.submit("a", AUTHOR)
    workflow.approve()
    steps: list[Callable[[], object]] = [
        lambda: life.reviewing.submit("a", AUTHOR),
        lambda: life.reviewing.approve("a", LEAD, SCREENED),
        lambda: life.reviewing.discard("a", AUTHOR),
    ]
    for step in steps:
        with pytest.raises(Conflict, match="nothing to review"):
            step()


def test_an_old_look_approves_nothing(workflow: Workflow) -> None:
    """A step that names another version than that under review is refused; the right one passes."""
    workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR, if_version="1")
    for tag in ("1", "3", "r2", ""):
        with pytest.raises(VersionMismatch):
            workflow.life.reviewing.approve("a", LEAD, SCREENED, if_version=tag)

    assert workflow.life.reviewing.approve("a", LEAD, SCREENED, if_version="2").stored.version == 3


def test_what_is_not_valid_any_more_is_not_published(workflow: Workflow) -> None:
    """The day itself is valid, the day after is not."""
    workflow.draft(valid_until="2026-03-02")
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.life.reviewing.approve("a", LEAD, SCREENED)
    workflow.wait(2)
    with pytest.raises(Conflict, match="2026-03-02, which is past"):
        workflow.life.reviewing.approve("a", MANAGER, SCREENED)

    workflow.wait(-1)
    assert workflow.life.reviewing.approve("a", MANAGER, SCREENED).stored.case.status is Status.PUBLISHED


def test_cases_of_other_groups_do_not_exist(workflow: Workflow) -> None:
    """Every step on a case that the actor may not see says that there is none; the queue leaves it out."""
    inside = replace(AUTHOR, audience=("emea",))
    workflow.draft(by=inside, audience=["emea"])
    workflow.life.reviewing.submit("a", inside)

    for deed in (
        lambda: workflow.life.reviewing.approve("a", LEAD, SCREENED),
        lambda: workflow.life.reviewing.find("a", LEAD),
        lambda: workflow.life.writing.write(make_case("a", "mine now"), LEAD),
        lambda: workflow.life.reviewing.withdraw("a", MANAGER),
    ):
        with pytest.raises(CaseNotFound):
            deed()
    assert workflow.life.reviewing.page(QueueFilter(), LEAD) == ([], None)
    assert len(workflow.life.reviewing.page(QueueFilter(), replace(LEAD, audience=("x", "emea")))[0]) == 1
    assert len(workflow.life.reviewing.page(QueueFilter(), replace(LEAD, audience=(ALL_GROUPS,)))[0]) == 1


def test_the_queue_is_walked_page_by_page(workflow: Workflow) -> None:
    """Each entry is seen once, longest waiting first, those that may not be seen left out without short pages."""
    hidden = replace(AUTHOR, audience=("emea",))
    for number in range(7):
        secret: dict[str, Any] = {"audience": ["emea"]} if number % 2 else {}
        workflow.draft(f"c{number}", by=hidden if secret else AUTHOR, problem=f"problem {number}", **secret)

    first, cursor = workflow.life.reviewing.page(QueueFilter(), MANAGER, limit=3)
    assert cursor is not None
    rest, end = workflow.life.reviewing.page(QueueFilter(), MANAGER, after=cursor, limit=3)

    assert [state.stored.case.id for state in first] == ["c0", "c2", "c4"]
    assert [state.stored.case.id for state in rest] == ["c6"]
    assert end is None


def test_the_queue_is_narrowed(workflow: Workflow) -> None:
    """By state, by the approval that is missing, by the submitter's team."""
    for id in ("draft", "first", "second"):
        workflow.draft(id, problem=id)
    for id in ("first", "second"):
        workflow.life.reviewing.submit(id, AUTHOR)
    workflow.life.reviewing.approve("second", LEAD, SCREENED)
    workflow.publish("live", problem="live")
    workflow.revise("live", problem="live and well")
    workflow.publish("quiet", problem="quiet")

    def found(**which: object) -> list[str]:
        states, _ = workflow.life.reviewing.page(QueueFilter(**which), MANAGER)  # type: ignore[arg-type]
        return sorted(state.stored.case.id for state in states)

    assert found() == ["draft", "first", "live", "second"]
    assert found(states=(Status.DRAFT,)) == ["draft", "live"]
    assert found(stage="first") == ["first"]
    assert found(stage="second") == ["second"]
    assert found(team="red") == ["first", "second"]
    assert found(team="blue") == []
