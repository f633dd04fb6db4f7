"""Changes of live cases wait beside them; nobody's work is overwritten unseen."""

from dataclasses import replace

import pytest

from retriever.domain import Role, Status
from retriever.errors import CaseNotFound, Conflict, Forbidden, InvalidInput, VersionMismatch
from tests.support.builders import make_case
from tests.support.lifecycle import Workflow
from tests.support.people import AUTHOR, LEAD, MANAGER, OTHER_LEAD, OTHER_MANAGER, SCREENED


def test_the_live_version_answers_until_the_new_one_is_approved(workflow: Workflow) -> None:
    """A revision changes nothing but the queue until its second approval, which makes it the next version."""
    workflow.publish()
    before = workflow.store.cases.get("a")
    workflow.revise(problem="paper jams after reboot")
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.life.reviewing.approve("a", LEAD, SCREENED)

    assert workflow.store.cases.get("a") == before
    workflow.wait(10)
    after = workflow.life.reviewing.approve("a", OTHER_MANAGER, SCREENED)

    assert after.review is None
    assert (after.stored.version, after.stored.case.problem) == (before.version + 1, "paper jams after reboot")
    assert (after.stored.case.reviewers, after.stored.case.review_due_on) == (("lee", "kai"), "2026-09-07")
    assert workflow.life.reviewing.find("a", LEAD).review is None


def test_a_plain_write_of_a_live_case_is_a_proposal(workflow: Workflow) -> None:
    """A contributor's write waits as a revision; the same again changes nothing; another one of theirs replaces it."""
    workflow.publish()

    first = workflow.life.writing.write(make_case("a", "one", status="published", reviewers=["me"]), AUTHOR)
    again = workflow.life.writing.write(make_case("a", "one"), AUTHOR)
    other = workflow.life.writing.write(make_case("a", "two"), AUTHOR)

    assert [first.action, again.action, other.action] == ["proposed", "unchanged", "proposed"]
    review = workflow.life.reviewing.find("a", AUTHOR).review
    assert review is not None
    assert review.pending is not None
    assert (review.pending.problem, review.pending.reviewers) == ("two", ("lee", "kim"))
    assert workflow.case().problem == "the printer jams"


def test_a_pending_revision_of_others_is_not_overwritten_unseen(workflow: Workflow) -> None:
    """A plain write beside it is refused; whoever names its version may change it and is then an author too."""
    workflow.publish()
    tag = workflow.revise(problem="one")

    with pytest.raises(Conflict, match="pending already"):
        workflow.life.writing.write(make_case("a", "two"), OTHER_LEAD)
    with pytest.raises(VersionMismatch):
        workflow.life.writing.revise("a", make_case("a", "two"), OTHER_LEAD, if_version="4")
    state = workflow.life.writing.revise("a", make_case("a", "two"), OTHER_LEAD, if_version=tag)

    assert state.review is not None
    assert state.review.authors == ("ann", "leo")
    assert state.review.tag != tag


def test_changing_a_revision_in_review_makes_approvals_void(workflow: Workflow) -> None:
    """It is a draft again, and the version that was approved is no more."""
    workflow.publish()
    workflow.revise(problem="one")
    workflow.life.reviewing.submit("a", AUTHOR)
    approved = workflow.life.reviewing.approve("a", LEAD, SCREENED).review
    assert approved is not None

    workflow.revise(problem="two")

    review = workflow.life.reviewing.find("a", LEAD).review
    assert review is not None
    assert (review.state, review.first_by, review.tag == approved.tag) == (Status.DRAFT, "", False)


def test_a_discarded_revision_never_comes_back_under_its_tag(workflow: Workflow) -> None:
    """Another revision has another version, so that an old look at the first one approves nothing."""
    workflow.publish()
    old = workflow.revise(problem="one")
    assert workflow.life.reviewing.discard("a", AUTHOR).review is None
    new = workflow.revise(problem="two")

    assert old != new
    with pytest.raises(VersionMismatch):
        workflow.life.reviewing.submit("a", AUTHOR, if_version=old)


@pytest.mark.parametrize(("who", "allowed"), [(AUTHOR, True), (MANAGER, True), (LEAD, False)])
def test_authors_and_managers_discard(workflow: Workflow, who: object, allowed: bool) -> None:
    """Nobody else."""
    workflow.publish()
    workflow.revise(problem="one")

    if allowed:
        workflow.life.reviewing.discard("a", who)  # type: ignore[arg-type]
        assert workflow.steps()[-1] == "discard"
    else:
        with pytest.raises(Forbidden):
            workflow.life.reviewing.discard("a", who)  # type: ignore[arg-type]


def test_a_revision_on_old_ground_is_not_published(workflow: Workflow) -> None:
    """When the live case was written meanwhile, the revision must be written again on top of that."""
    workflow.publish()
    workflow.revise(problem="one")
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.store.cases.upsert([replace(workflow.case(), solution="something urgent")])

    with pytest.raises(Conflict, match="version 5"):
        workflow.life.reviewing.approve("a", LEAD, SCREENED)
    workflow.life.reviewing.withdraw("a", AUTHOR)
    with pytest.raises(Conflict, match="version 5"):
        workflow.life.reviewing.submit("a", AUTHOR)
    workflow.revise(problem="one", solution="something urgent")
    workflow.life.reviewing.submit("a", AUTHOR)

    assert workflow.approve().problem == "one"


def test_a_revision_outlives_the_steps_of_the_live_case(workflow: Workflow) -> None:
    """Confirming or retiring the live case leaves the text as the revision knows it."""
    workflow.publish()
    workflow.revise(problem="one")
    workflow.life.ageing.confirm("a", LEAD, SCREENED)
    workflow.wait(1)
    workflow.life.ageing.confirm("a", LEAD, SCREENED)
    workflow.life.ageing.retire("a", MANAGER, "old")
    workflow.life.reviewing.submit("a", AUTHOR)

    assert workflow.approve().status is Status.PUBLISHED


def test_a_superseded_case_is_neither_revised_nor_published(workflow: Workflow) -> None:
    """It is its successor that should be better."""
    workflow.publish()
    workflow.publish("b", problem="another")
    workflow.revise(problem="one")
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.life.reviewing.approve("a", LEAD, SCREENED)
    workflow.life.ageing.retire("a", MANAGER, "see b", superseded_by="b")

    with pytest.raises(Conflict, match="superseded by b"):
        workflow.life.reviewing.approve("a", MANAGER, SCREENED)
    with pytest.raises(Conflict, match="superseded by b"):
        workflow.revise(problem="two")


def test_a_revision_must_say_something_new(workflow: Workflow) -> None:
    """The same text as the live one is refused, whatever it says of its state."""
    workflow.publish()

    with pytest.raises(Conflict, match="says already"):
        workflow.life.writing.revise("a", make_case("a", status="draft", created_by="x"), AUTHOR)
    assert workflow.life.writing.write(make_case("a"), AUTHOR).action == "unchanged"


def test_versions_guard_writes(workflow: Workflow) -> None:
    """`if_version` is the version of the case, 0 for one that must be new."""
    workflow.life.writing.write(make_case("a"), AUTHOR, if_version=0)
    with pytest.raises(Conflict, match="exists already"):
        workflow.life.writing.write(make_case("a", "x"), AUTHOR, if_version=0)
    with pytest.raises(VersionMismatch):
        workflow.life.writing.write(make_case("a", "x"), AUTHOR, if_version=2)
    with pytest.raises(CaseNotFound):
        workflow.life.writing.write(make_case("b", "x"), AUTHOR, if_version=1)

    assert workflow.life.writing.write(make_case("a", "x"), AUTHOR, if_version=1).state.stored.version == 2


def test_many_go_in_together(workflow: Workflow) -> None:
    """One that is refused says why and stops none of the others; what a batch does counts for its later cases."""
    source = {"system": "desk", "external_id": "1"}
    workflow.publish("live", problem="live", source=source)
    workflow.publish("held", problem="held")
    workflow.life.writing.revise("held", make_case("held", "changed"), LEAD)
    batch = [
        make_case("new"),
        make_case("new"),
        make_case("renamed", "changed", source=source),
        make_case("held", "also changed"),
        make_case("thief", "x"),
    ]
    workflow.draft("thief", by=replace(LEAD, audience=("emea",)), audience=["emea"])

    outcomes = workflow.life.writing.write_many(batch, AUTHOR)

    assert [(outcome.id, outcome.action) for outcome in outcomes] == [
        ("new", "created"), ("new", "unchanged"), ("live", "proposed"), ("held", "refused"), ("thief", "refused"),
    ]  # fmt: skip
    assert outcomes[3].reason.startswith("a revision of case held is pending")
    assert outcomes[0].key == workflow.store.cases.get("new").key
    assert workflow.case("live").problem == "live"


def test_a_source_of_another_case_is_refused(workflow: Workflow) -> None:
    """Two cases never have one source."""
    source = {"system": "desk", "external_id": "1"}
    workflow.draft("a", source=source)
    workflow.draft("b")

    with pytest.raises(Conflict):
        workflow.life.writing.write(make_case("b", "x", source=source), AUTHOR)


def test_a_manager_restores_what_was_published(workflow: Workflow) -> None:
    """At once, as a new version; audience, source and validity stay those of today."""
    workflow.publish(problem="first", tags=["old"])
    today = replace(workflow.case(), problem="second", tags=("new",), valid_until="2030-01-01", lessons="x")
    workflow.store.cases.upsert([today])

    written = workflow.life.writing.restore("a", 4, MANAGER, if_version=5)

    assert written.action == "updated"
    case = written.state.stored.case
    assert (case.problem, case.tags, case.lessons) == ("first", ("old",), "")
    assert (case.valid_until, case.status, written.state.stored.version) == ("2030-01-01", Status.PUBLISHED, 6)
    assert workflow.steps()[-1] == "restore"


def test_restoring_does_not_widen_who_may_see(workflow: Workflow) -> None:
    """An older version for everybody comes back for the groups of today only."""
    workflow.publish(problem="first")
    manager = replace(MANAGER, audience=("emea",))
    workflow.store.cases.upsert([replace(workflow.case(), problem="second", audience=("emea",))])

    assert workflow.life.writing.restore("a", 4, manager).state.stored.case.audience == ("emea",)


def test_a_draft_text_is_not_restored_past_the_reviews(workflow: Workflow) -> None:
    """A version that was never published comes back only as a proposal; so does any by a contributor."""
    workflow.draft(problem="first")
    workflow.life.writing.write(make_case("a", "second"), AUTHOR)
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.approve()

    with pytest.raises(Conflict, match="never published"):
        workflow.life.writing.restore("a", 1, MANAGER)
    proposed = workflow.life.writing.restore("a", 1, AUTHOR)

    assert (proposed.action, workflow.case().problem) == ("proposed", "second")


def test_a_draft_is_restored_as_a_draft(workflow: Workflow) -> None:
    """Approvals are void; also when a manager does it."""
    workflow.draft(problem="first")
    workflow.life.writing.write(make_case("a", "second"), AUTHOR)
    workflow.life.reviewing.submit("a", AUTHOR)

    restored = workflow.life.writing.restore("a", 1, MANAGER)

    assert (restored.state.stored.case.problem, workflow.status()) == ("first", Status.DRAFT)
    review = restored.state.review
    assert review is not None
    assert review.authors == ("ann", "kim")


def test_restoring_needs_another_text_and_a_version_that_is_there(workflow: Workflow) -> None:
    """The same text again is refused, so is a version that never was, and an old look."""
    workflow.publish()

    with pytest.raises(Conflict, match="says now"):
        workflow.life.writing.restore("a", 1, MANAGER)
    with pytest.raises(InvalidInput, match="no version 9"):
        workflow.life.writing.restore("a", 9, MANAGER)
    with pytest.raises(VersionMismatch):
        workflow.life.writing.restore("a", 1, MANAGER, if_version=3)


def test_a_contributor_is_enough_to_write(workflow: Workflow) -> None:
    """The lowest role that writes is contributor."""
    assert workflow.life.writing.write(make_case("a"), replace(AUTHOR, role=Role.CONTRIBUTOR)).action == "created"


def test_a_dry_run_leaves_no_trace(workflow: Workflow) -> None:
    """The answer is what would be; library, history and audit log are untouched, and nothing is to be indexed."""
    from retriever.lifecycle import Policy, open_lifecycle

    workflow.draft()
    commits = workflow.commits
    before = [entry.number for entry in workflow.store.audit.iter_entries()]
    rehearsal = open_lifecycle(workflow.store, Policy(), searchable=workflow._committed, dry_run=True)

    state = rehearsal.reviewing.submit("a", AUTHOR)

    assert state.stored.case.status is Status.IN_REVIEW
    assert (workflow.status(), workflow.steps(), workflow.commits) == (Status.DRAFT, ["write"], commits)
    assert [entry.number for entry in workflow.store.audit.iter_entries()] == before


def test_a_deleted_case_leaves_nothing_to_approve(workflow: Workflow) -> None:
    """A new case under the id of a deleted one begins its reviews anew."""
    workflow.publish()
    workflow.revise(problem="one")
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.store.cases.delete("a")
    workflow.draft(by=LEAD)

    review = workflow.life.reviewing.find("a", LEAD).review

    assert review is not None
    assert (review.pending, review.state, review.authors) == (None, Status.DRAFT, ("lee",))
