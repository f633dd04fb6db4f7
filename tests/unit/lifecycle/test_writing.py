"""Changes of live cases wait beside them; nobody's work is overwritten unseen."""

from dataclasses import replace

import pytest

from retriever.domain import Role, Status
from retriever.errors import CaseNotFound, Conflict, Forbidden, InvalidInput, VersionMismatch
from tests.support.builders import make_case
from tests.support.lifecycle import Desk
from tests.support.people import AUTHOR, LEAD, MANAGER, OTHER_LEAD, OTHER_MANAGER, SCREENED


def test_the_live_version_answers_until_the_new_one_is_approved(desk: Desk) -> None:
    """A revision changes nothing but the queue until its second approval, which makes it the next version."""
    desk.publish()
    before = desk.store.cases.get("a")
    desk.revise(problem="paper jams after reboot")
    desk.life.reviewing.submit("a", AUTHOR)
    desk.life.reviewing.approve("a", LEAD, SCREENED)

    assert desk.store.cases.get("a") == before
    desk.wait(10)
    after = desk.life.reviewing.approve("a", OTHER_MANAGER, SCREENED)

    assert after.review is None
    assert (after.stored.version, after.stored.case.problem) == (before.version + 1, "paper jams after reboot")
    assert (after.stored.case.reviewers, after.stored.case.review_due_on) == (("lee", "kai"), "2026-09-07")
    assert desk.life.reviewing.find("a", LEAD).review is None


def test_a_plain_write_of_a_live_case_is_a_proposal(desk: Desk) -> None:
    """A contributor's write waits as a revision; the same again changes nothing; another one of theirs replaces it."""
    desk.publish()

    first = desk.life.writing.write(make_case("a", "one", status="published", reviewers=["me"]), AUTHOR)
    again = desk.life.writing.write(make_case("a", "one"), AUTHOR)
    other = desk.life.writing.write(make_case("a", "two"), AUTHOR)

    assert [first.action, again.action, other.action] == ["proposed", "unchanged", "proposed"]
    review = desk.life.reviewing.find("a", AUTHOR).review
    assert review is not None
    assert review.pending is not None
    assert (review.pending.problem, review.pending.reviewers) == ("two", ("lee", "kim"))
    assert desk.case().problem == "the printer jams"


def test_a_pending_revision_of_others_is_not_overwritten_unseen(desk: Desk) -> None:
    """A plain write beside it is refused; whoever names its version may change it and is then an author too."""
    desk.publish()
    tag = desk.revise(problem="one")

    with pytest.raises(Conflict, match="pending already"):
        desk.life.writing.write(make_case("a", "two"), OTHER_LEAD)
    with pytest.raises(VersionMismatch):
        desk.life.writing.revise("a", make_case("a", "two"), OTHER_LEAD, if_version="4")
    standing = desk.life.writing.revise("a", make_case("a", "two"), OTHER_LEAD, if_version=tag)

    assert standing.review is not None
    assert standing.review.authors == ("ann", "leo")
    assert standing.review.tag != tag


def test_changing_a_revision_in_review_makes_approvals_void(desk: Desk) -> None:
    """It is a draft again, and the version that was approved is no more."""
    desk.publish()
    desk.revise(problem="one")
    desk.life.reviewing.submit("a", AUTHOR)
    approved = desk.life.reviewing.approve("a", LEAD, SCREENED).review
    assert approved is not None

    desk.revise(problem="two")

    review = desk.life.reviewing.find("a", LEAD).review
    assert review is not None
    assert (review.state, review.first_by, review.tag == approved.tag) == (Status.DRAFT, "", False)


def test_a_discarded_revision_never_comes_back_under_its_tag(desk: Desk) -> None:
    """Another revision has another version, so that an old look at the first one approves nothing."""
    desk.publish()
    old = desk.revise(problem="one")
    assert desk.life.reviewing.discard("a", AUTHOR).review is None
    new = desk.revise(problem="two")

    assert old != new
    with pytest.raises(VersionMismatch):
        desk.life.reviewing.submit("a", AUTHOR, if_version=old)


@pytest.mark.parametrize(("who", "allowed"), [(AUTHOR, True), (MANAGER, True), (LEAD, False)])
def test_authors_and_managers_discard(desk: Desk, who: object, allowed: bool) -> None:
    """Nobody else."""
    desk.publish()
    desk.revise(problem="one")

    if allowed:
        desk.life.reviewing.discard("a", who)  # type: ignore[arg-type]
        assert desk.steps()[-1] == "discard"
    else:
        with pytest.raises(Forbidden):
            desk.life.reviewing.discard("a", who)  # type: ignore[arg-type]


def test_a_revision_on_old_ground_is_not_published(desk: Desk) -> None:
    """When the live case was written meanwhile, the revision must be written again on top of that."""
    desk.publish()
    desk.revise(problem="one")
    desk.life.reviewing.submit("a", AUTHOR)
    desk.store.cases.upsert([replace(desk.case(), solution="something urgent")])

    with pytest.raises(Conflict, match="version 5"):
        desk.life.reviewing.approve("a", LEAD, SCREENED)
    desk.life.reviewing.withdraw("a", AUTHOR)
    with pytest.raises(Conflict, match="version 5"):
        desk.life.reviewing.submit("a", AUTHOR)
    desk.revise(problem="one", solution="something urgent")
    desk.life.reviewing.submit("a", AUTHOR)

    assert desk.approve().problem == "one"


def test_a_revision_outlives_the_steps_of_the_live_case(desk: Desk) -> None:
    """Confirming or retiring the live case leaves the text as the revision knows it."""
    desk.publish()
    desk.revise(problem="one")
    desk.life.ageing.confirm("a", LEAD, SCREENED)
    desk.wait(1)
    desk.life.ageing.confirm("a", LEAD, SCREENED)
    desk.life.ageing.retire("a", MANAGER, "old")
    desk.life.reviewing.submit("a", AUTHOR)

    assert desk.approve().status is Status.PUBLISHED


def test_a_superseded_case_is_neither_revised_nor_published(desk: Desk) -> None:
    """It is its successor that should be better."""
    desk.publish()
    desk.publish("b", problem="another")
    desk.revise(problem="one")
    desk.life.reviewing.submit("a", AUTHOR)
    desk.life.reviewing.approve("a", LEAD, SCREENED)
    desk.life.ageing.retire("a", MANAGER, "see b", superseded_by="b")

    with pytest.raises(Conflict, match="superseded by b"):
        desk.life.reviewing.approve("a", MANAGER, SCREENED)
    with pytest.raises(Conflict, match="superseded by b"):
        desk.revise(problem="two")


def test_a_revision_must_say_something_new(desk: Desk) -> None:
    """The same text as the live one is refused, whatever it says of its state."""
    desk.publish()

    with pytest.raises(Conflict, match="says already"):
        desk.life.writing.revise("a", make_case("a", status="draft", created_by="x"), AUTHOR)
    assert desk.life.writing.write(make_case("a"), AUTHOR).action == "unchanged"


def test_versions_guard_writes(desk: Desk) -> None:
    """`if_version` is the version of the case, 0 for one that must be new."""
    desk.life.writing.write(make_case("a"), AUTHOR, if_version=0)
    with pytest.raises(Conflict, match="exists already"):
        desk.life.writing.write(make_case("a", "x"), AUTHOR, if_version=0)
    with pytest.raises(VersionMismatch):
        desk.life.writing.write(make_case("a", "x"), AUTHOR, if_version=2)
    with pytest.raises(CaseNotFound):
        desk.life.writing.write(make_case("b", "x"), AUTHOR, if_version=1)

    assert desk.life.writing.write(make_case("a", "x"), AUTHOR, if_version=1).standing.stored.version == 2


def test_many_go_in_together(desk: Desk) -> None:
    """One that is refused says why and stops none of the others; what a batch does counts for its later cases."""
    source = {"system": "desk", "external_id": "1"}
    desk.publish("live", problem="live", source=source)
    desk.publish("held", problem="held")
    desk.life.writing.revise("held", make_case("held", "changed"), LEAD)
    batch = [
        make_case("new"),
        make_case("new"),
        make_case("renamed", "changed", source=source),
        make_case("held", "also changed"),
        make_case("thief", "x"),
    ]
    desk.draft("thief", by=replace(LEAD, audience=("emea",)), audience=["emea"])

    outcomes = desk.life.writing.write_many(batch, AUTHOR)

    assert [(outcome.id, outcome.action) for outcome in outcomes] == [
        ("new", "created"), ("new", "unchanged"), ("live", "proposed"), ("held", "refused"), ("thief", "refused"),
    ]  # fmt: skip
    assert outcomes[3].reason.startswith("a revision of case held is pending")
    assert outcomes[0].key == desk.store.cases.get("new").key
    assert desk.case("live").problem == "live"


def test_a_source_of_another_case_is_refused(desk: Desk) -> None:
    """Two cases never have one source."""
    source = {"system": "desk", "external_id": "1"}
    desk.draft("a", source=source)
    desk.draft("b")

    with pytest.raises(Conflict):
        desk.life.writing.write(make_case("b", "x", source=source), AUTHOR)


def test_a_manager_restores_what_was_published(desk: Desk) -> None:
    """At once, as a new version; audience, source and validity stay those of today."""
    desk.publish(problem="first", tags=["old"])
    today = replace(desk.case(), problem="second", tags=("new",), valid_until="2030-01-01", lessons="x")
    desk.store.cases.upsert([today])

    written = desk.life.writing.restore("a", 4, MANAGER, if_version=5)

    assert written.action == "updated"
    case = written.standing.stored.case
    assert (case.problem, case.tags, case.lessons) == ("first", ("old",), "")
    assert (case.valid_until, case.status, written.standing.stored.version) == ("2030-01-01", Status.PUBLISHED, 6)
    assert desk.steps()[-1] == "restore"


def test_restoring_does_not_widen_who_may_see(desk: Desk) -> None:
    """An older version for everybody comes back for the groups of today only."""
    desk.publish(problem="first")
    manager = replace(MANAGER, audience=("emea",))
    desk.store.cases.upsert([replace(desk.case(), problem="second", audience=("emea",))])

    assert desk.life.writing.restore("a", 4, manager).standing.stored.case.audience == ("emea",)


def test_a_draft_text_is_not_restored_past_the_reviews(desk: Desk) -> None:
    """A version that was never published comes back only as a proposal; so does any by a contributor."""
    desk.draft(problem="first")
    desk.life.writing.write(make_case("a", "second"), AUTHOR)
    desk.life.reviewing.submit("a", AUTHOR)
    desk.approve()

    with pytest.raises(Conflict, match="never published"):
        desk.life.writing.restore("a", 1, MANAGER)
    proposed = desk.life.writing.restore("a", 1, AUTHOR)

    assert (proposed.action, desk.case().problem) == ("proposed", "second")


def test_a_draft_is_restored_as_a_draft(desk: Desk) -> None:
    """Approvals are void; also when a manager does it."""
    desk.draft(problem="first")
    desk.life.writing.write(make_case("a", "second"), AUTHOR)
    desk.life.reviewing.submit("a", AUTHOR)

    restored = desk.life.writing.restore("a", 1, MANAGER)

    assert (restored.standing.stored.case.problem, desk.status()) == ("first", Status.DRAFT)
    review = restored.standing.review
    assert review is not None
    assert review.authors == ("ann", "kim")


def test_restoring_needs_another_text_and_a_version_that_is_there(desk: Desk) -> None:
    """The same text again is refused, so is a version that never was, and an old look."""
    desk.publish()

    with pytest.raises(Conflict, match="says now"):
        desk.life.writing.restore("a", 1, MANAGER)
    with pytest.raises(InvalidInput, match="no version 9"):
        desk.life.writing.restore("a", 9, MANAGER)
    with pytest.raises(VersionMismatch):
        desk.life.writing.restore("a", 1, MANAGER, if_version=3)


def test_a_contributor_is_enough_to_write(desk: Desk) -> None:
    """The lowest role that writes is contributor."""
    assert desk.life.writing.write(make_case("a"), replace(AUTHOR, role=Role.CONTRIBUTOR)).action == "created"


def test_a_dry_run_leaves_no_trace(desk: Desk) -> None:
    """The answer is what would be; library, history and audit log are untouched, and nothing is to be indexed."""
    from retriever.lifecycle import Policy, open_lifecycle

    desk.draft()
    commits = desk.commits
    before = [entry.number for entry in desk.store.audit.iter_entries()]
    rehearsal = open_lifecycle(desk.store, Policy(), searchable=desk._committed, dry_run=True)

    standing = rehearsal.reviewing.submit("a", AUTHOR)

    assert standing.stored.case.status is Status.IN_REVIEW
    assert (desk.status(), desk.steps(), desk.commits) == (Status.DRAFT, ["write"], commits)
    assert [entry.number for entry in desk.store.audit.iter_entries()] == before


def test_a_deleted_case_leaves_nothing_to_approve(desk: Desk) -> None:
    """A new case under the id of a deleted one begins its reviews anew."""
    desk.publish()
    desk.revise(problem="one")
    desk.life.reviewing.submit("a", AUTHOR)
    desk.store.cases.delete("a")
    desk.draft(by=LEAD)

    review = desk.life.reviewing.find("a", LEAD).review

    assert review is not None
    assert (review.pending, review.state, review.authors) == (None, Status.DRAFT, ("lee",))
