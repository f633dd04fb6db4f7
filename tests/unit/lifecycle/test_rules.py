"""The rules of the lifecycle as tables, and the rows in which the store keeps what waits."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from retriever.case.access import check_readable
from retriever.case.validity import is_expired
from retriever.domain import ALL_GROUPS, Actor, Case, Reuse, Role, Status, StoredCase
from retriever.errors import CaseNotFound, Conflict, Forbidden, VersionMismatch
from retriever.lifecycle import Policy, rules
from retriever.store import QueueFilter, Review, Step
from retriever.store.masking import MaskedCase
from retriever.store.reviews import Merge, ReviewStep
from tests.support.builders import content_of, make_case
from tests.support.lifecycle import Workflow
from tests.support.people import AUTHOR, LEAD, MANAGER, SCREENED

WAITING = Review(1, Status.IN_REVIEW, 3, authors=("ann",), submitted_by="sue", team="red")
PENDING = Review(1, Status.DRAFT, 5, pending=MaskedCase(make_case("a", "new")), base_version=2, authors=("ann",))
WRITTEN = "2026-02-02T00:00:00Z"


def stored(status: str = "published", *, version: int = 3, **more: Any) -> StoredCase:  # noqa: ANN401
    """A stored case."""
    return StoredCase(make_case(status=status, **more), 1, version, 9, "", "2026-01-01T00:00:00Z", WRITTEN)


def who(role: Role = Role.CONTRIBUTOR, team: str = "red", id: str = "me", *groups: str) -> Actor:
    """Somebody."""
    return Actor(id, role, team, groups)


@pytest.mark.parametrize(
    ("actor", "live", "new", "seen"),
    [
        (who(Role.REVIEWER), (), (), True),
        (who(), (), (), False),
        (who(id="ann"), (), (), True),
        (who(id="sue"), (), (), True),
        (who(Role.VIEWER, id="ann"), (), (), False),
        (who(Role.ADMIN), ("lab",), (), False),
        (who(Role.ADMIN), (), ("lab",), False),
        (who(Role.ADMIN, "red", "me", "lab"), ("lab",), ("lab",), True),
        (who(Role.ADMIN, "red", "me", ALL_GROUPS), ("lab",), ("desk",), True),
    ],
)
def test_who_sees_what_waits(actor: Actor, live: tuple[str, ...], new: tuple[str, ...], seen: bool) -> None:
    """Reviewers, authors and the submitter, as far as both texts are for their groups."""
    review = replace(WAITING, pending=MaskedCase(make_case(audience=new)))

    assert rules.may_see_review(stored(audience=live), review, actor) is seen


def test_what_of_a_case_waits() -> None:
    """A pending revision, a row of this very version, else the case itself; of a live case nothing."""
    row = replace(WAITING, version=3)

    assert rules.open_review(stored(), PENDING) is PENDING
    assert rules.open_review(stored(), row) is None
    assert rules.open_review(stored("historical"), None) is None
    assert rules.open_review(stored("in_review"), row) is row


@pytest.mark.parametrize(
    ("status", "creator", "row", "expected"),
    [
        ("draft", "", None, Review(1, Status.DRAFT, 4)),
        ("draft", "bob", None, Review(1, Status.DRAFT, 4, authors=("bob",), submitted_by="bob")),
        ("draft", "", WAITING, replace(WAITING, state=Status.DRAFT, version=4)),
        ("in_review", "bob", WAITING, replace(WAITING, version=4, authors=("ann", "bob"), submitted_at=WRITTEN)),
        ("in_review", "ann", WAITING, replace(WAITING, version=4, submitted_at=WRITTEN)),
    ],
)
def test_a_case_that_was_written_past_its_review(
    status: str, creator: str, row: Review | None, expected: Review
) -> None:
    """Nobody has approved it, and all who are known to have written it stay authors."""
    row = row and replace(row, first_by="lee")

    assert rules.open_review(stored(status, version=4, created_by=creator), row) == replace(
        expected, updated_at=WRITTEN
    )


@pytest.mark.parametrize(
    ("state", "first_by", "reviews", "stage"),
    [(Status.DRAFT, "", 2, "author"), (Status.DRAFT, "lee", 1, "author"), (Status.IN_REVIEW, "", 2, "first"),
     (Status.IN_REVIEW, "lee", 2, "second"), (Status.IN_REVIEW, "", 1, "second")],
)  # fmt: skip
def test_who_has_to_act(state: Status, first_by: str, reviews: int, stage: str) -> None:
    """Where one review is enough, the missing one is the last."""
    assert rules.stage(replace(WAITING, state=state, first_by=first_by), Policy(reviews=reviews)) == stage


def test_a_review_is_named_by_its_tag() -> None:
    """The version of the case, or that of the revision; another one is refused with the one there is."""
    assert (WAITING.tag, PENDING.tag) == ("3", "r5")
    rules.check_tag("a", WAITING, None)
    rules.check_tag("a", WAITING, "3")
    with pytest.raises(VersionMismatch, match="r5"):
        rules.check_tag("a", PENDING, "5")


def test_a_revision_stands_on_its_base() -> None:
    """A draft stands on itself."""
    rules.check_base(stored(version=2), PENDING)
    rules.check_base(stored("draft", version=9), WAITING)
    with pytest.raises(Conflict, match=r"at version 3 .* for version 2"):
        rules.check_base(stored(version=3), PENDING)


@pytest.mark.parametrize(
    ("actor", "team", "first_by", "reviews", "message"),
    [
        (who(Role.REVIEWER, "blue"), "red", "", 2, r"team \(red\); me is reviewer of blue"),
        (who(Role.CONTRIBUTOR, ""), "", "", 2, "a reviewer of any team; me is contributor of no team"),
        (who(Role.CONTRIBUTOR), None, "", 2, "a reviewer of any team; me is contributor of red"),
        (who(Role.REVIEWER, "blue"), "", "", 2, ""),
        (who(Role.KNOWLEDGE_MANAGER, ""), "", "", 2, ""),
        (who(Role.REVIEWER), "red", "lee", 2, "give the second approval takes the role knowledge manager or above"),
        (who(Role.ADMIN, id="lee"), "red", "lee", 2, "lee gave the first approval; .* reject it, and let a reviewer"),
        (who(Role.REVIEWER, "blue"), "red", "", 1, r"to approve takes .* team \(red\) .* me is reviewer of blue"),
        (who(Role.CONTRIBUTOR), "red", "", 1, "me is contributor of red"),
        (who(Role.ADMIN, id="sue"), "red", "", 2, "sue wrote or submitted"),
        (who(Role.REVIEWER), None, "", 2, ""),
        (who(Role.REVIEWER), "red", "", 1, ""),
        (who(Role.KNOWLEDGE_MANAGER, "blue"), "red", "", 1, ""),
        (who(Role.KNOWLEDGE_MANAGER), "red", "lee", 2, ""),
    ],
)
def test_who_approves(actor: Actor, team: str | None, first_by: str, reviews: int, message: str) -> None:
    """A refusal says who may, and who asked."""
    review = replace(WAITING, team=team, first_by=first_by)

    if not message:
        rules.check_approver(actor, review, Policy(reviews=reviews))
        return
    with pytest.raises(Forbidden, match=message):
        rules.check_approver(actor, review, Policy(reviews=reviews))


@pytest.mark.parametrize(
    ("actor", "message"),
    [
        (who(Role.REVIEWER), ""),
        (who(Role.KNOWLEDGE_MANAGER, "blue"), ""),
        (who(Role.REVIEWER, "blue"), r"a reviewer of the submitter's team \(red\) or a knowledge manager"),
        (who(Role.ADMIN, id="kim"), "kim gave the first approval; .* a reviewer .* or a knowledge manager"),
    ],
)
def test_a_manager_who_approved_first_locks_nothing(actor: Actor, message: str) -> None:
    """One of the two approvals is a knowledge manager's, whichever: the other one may be a reviewer's then."""
    review = replace(WAITING, team="red", first_by="kim", first_by_manager=True)

    if not message:
        rules.check_approver(actor, review, Policy())
        return
    with pytest.raises(Forbidden, match=message):
        rules.check_approver(actor, review, Policy())


@pytest.mark.parametrize(
    ("actor", "rejects", "withdraws"),
    [
        (who(Role.REVIEWER), True, False),
        (who(Role.REVIEWER, "blue"), False, False),
        (who(), False, False),
        (who(id="ann"), False, True),
        (who(Role.ADMIN, id="sue"), False, True),
        (who(Role.KNOWLEDGE_MANAGER, "blue"), True, True),
    ],
)
def test_who_sends_back_and_who_takes_back(actor: Actor, rejects: bool, withdraws: bool) -> None:
    """Reviewers of the team reject, authors withdraw, knowledge managers do either to what others wrote."""

    def allowed(check: object) -> bool:
        try:
            check(actor, WAITING)  # type: ignore[operator]
        except Forbidden:
            return False
        return True

    assert (allowed(rules.check_rejecter), allowed(rules.check_withdrawer)) == (rejects, withdraws)


def test_roles_are_a_ladder() -> None:
    """A role holds for all above it; who is not seen is not there."""
    for asked in Role:
        for held in Role:
            if held >= asked:
                rules.require_role(who(held), asked, "x")
            else:
                with pytest.raises(Forbidden, match=f"to x takes the role {asked.name.lower().replace('_', ' ')}"):
                    rules.require_role(who(held), asked, "x")
    with pytest.raises(CaseNotFound):
        check_readable(who(Role.ADMIN), make_case(audience=["lab"]))


@pytest.mark.parametrize(
    ("valid_until", "over"),
    [("", False), ("2026-02-28", True), ("2026-03-01", False), ("2026-03-01T00:00:00Z", False), ("2026-03-02", False)],
)
def test_the_last_day_is_valid(valid_until: str, over: bool) -> None:
    """Whatever its hour; an expired text does not go live."""
    case, today = make_case(valid_until=valid_until, superseded_by="b"), date(2026, 3, 1)

    assert is_expired(case, today) is over
    if over:
        with pytest.raises(Conflict, match="valid until 2026-02-28"):
            rules.published(case, reviewers=(), today=today, policy=Policy())
    else:
        live = rules.published(case, reviewers=("x",), today=today, policy=Policy(review_days=1))
        assert (live.review_due_on, live.reviewers, live.superseded_by) == ("2026-03-02", ("x",), "")


def test_what_the_lifecycle_keeps_of_a_case() -> None:
    """Id, state, people and dates are those of the stored case; the text is the new one."""
    live = make_case("live", status="historical", created_by="ann", reviewers=["r"], superseded_by="s",
                     review_due_on="2026-01-01", lessons="old")  # fmt: skip
    text = make_case("other", "new", created_by="eve", reviewers=["e"])

    kept = rules.kept_state(text, live)

    assert kept == replace(live, problem="new", lessons="")
    assert rules.new_draft(live, AUTHOR) == replace(
        live, status=Status.DRAFT, created_by="ann", reviewers=(), review_due_on="", superseded_by=""
    )


# --- rows


def test_a_row_comes_back_as_it_was_written(workflow: Workflow) -> None:
    """Every field of a review; dropping it leaves nothing."""
    case = workflow.draft()
    key = workflow.store.cases.get("a").key
    review = replace(PENDING, key=key, submitted_by="sue", team="", submitted_at="2026-01-01T00:00:00Z", first_by="lee")
    with workflow.store.transition(MANAGER) as transition:
        transition.save_review(review)
        found = transition.find_review(key)
        assert found is not None
        assert replace(found, updated_at="") == review
        transition.save_review(replace(review, pending=None, team=None))
        assert replace(transition.find_review(key) or review, updated_at="") == replace(review, pending=None, team=None)
        transition.drop_review(key)
        assert transition.find_review(key) is None
        assert transition.find_version("a", 1) == case
        assert (transition.find_version("a", 2), transition.find_version("b", 1)) == (None, None)
        assert transition.find_case("b") is None
        with pytest.raises(CaseNotFound):
            transition.get_case("b")


def test_steps_are_numbered_and_kept_in_order(workflow: Workflow) -> None:
    """With role, answers and note; the next revision counts on from all of them. `via` is in the audit log."""
    workflow.draft()
    now = workflow.store.cases.get("a")
    with workflow.store.transition(MANAGER, via="console") as transition:
        assert transition.next_number(now.key) == 2
        transition.note(now, Step.CONFIRM, tag="r7", answers={"x": True, "y": "mail a@b.com"}, reason="ask a@b.com")
        assert transition.next_number(now.key) == 3

    first, second = workflow.store.reviews.steps("a")
    assert first.number < second.number
    assert second == ReviewStep(
        second.number, second.at, Step.CONFIRM, "kim", "knowledge_manager", "r7", {"x": True, "y": "mail [EMAIL_1]"},
        "ask [EMAIL_1]",
    )  # fmt: skip
    entry = list(workflow.store.audit.iter_entries())[-1]
    assert (entry.action, entry.version) == ("case.confirm", 1)
    assert entry.details == {
        "status": "draft",
        "tag": "r7",
        "via": "console",
        "content": content_of(workflow.store, "a"),
    }


def test_counts_of_use_are_added_and_taken_away(workflow: Workflow) -> None:
    """Each of its own, none below zero; the last time it solved something only moves on."""
    workflow.draft()
    key = workflow.store.cases.get("a").key
    counts = Reuse(1, 2, 3, 4, 5, "2026-02-02T00:00:00Z")
    with workflow.store.transition(MANAGER) as transition:
        transition.merges.add_reuse(key, counts, sign=1)
        transition.merges.add_reuse(key, replace(counts, last_solved_at="2026-01-01T00:00:00Z"), sign=1)
    assert workflow.store.cases.get("a").reuse == Reuse(2, 4, 6, 8, 10, "2026-02-02T00:00:00Z")

    with workflow.store.transition(MANAGER) as transition:
        transition.merges.add_reuse(key, replace(counts, shown=9, last_solved_at="2027-01-01T00:00:00Z"), sign=-1)

    assert workflow.store.cases.get("a").reuse == Reuse(0, 2, 3, 4, 5, "2026-02-02T00:00:00Z")


def test_a_merge_is_remembered_once(workflow: Workflow) -> None:
    """Taking it out forgets it."""
    workflow.draft("a")
    workflow.draft("b", problem="another")
    one, two = (workflow.store.cases.get(id).key for id in ("a", "b"))
    merge = Merge(two, one, Status.HISTORICAL, "c", Reuse(1, 2, 3, 4, 5))
    with workflow.store.transition(MANAGER) as transition:
        assert transition.merges.holds(two) is False
        transition.merges.save(merge)
        assert (transition.merges.holds(two), transition.merges.holds(one)) == (True, False)
        assert [transition.merges.take(two), transition.merges.take(two)] == [merge, None]


def test_a_dry_step_is_kept_in_no_log(workflow: Workflow) -> None:
    """Within its transaction it reads what it wrote; afterwards nothing is there."""
    workflow.draft()
    entries = len(list(workflow.store.audit.iter_entries()))
    with workflow.store.transition(MANAGER, dry_run=True) as transition:
        after = transition.put(transition.masked(replace(transition.get_case("a").case, problem="other")), if_version=1)
        transition.note(after, Step.WRITE)
        assert transition.get_case("a").case.problem == "other"

    assert workflow.case().problem == "the printer jams"
    assert (workflow.steps(), len(list(workflow.store.audit.iter_entries()))) == (["write"], entries)


def test_publishing_says_who_wrote_and_who_approved(workflow: Workflow) -> None:
    """A revision by its tag, which grows with each step on it; one name is not written twice."""
    workflow.publish()
    tags = [workflow.revise(problem="better")]
    for moved in (
        workflow.life.reviewing.submit("a", AUTHOR), workflow.life.reviewing.approve("a", LEAD, SCREENED),
    ):  # fmt: skip
        assert moved.review is not None
        tags.append(moved.review.tag)

    workflow.life.reviewing.approve("a", MANAGER, replace(SCREENED, note=" good "), if_version=tags[-1])

    assert tags == ["r5", "r6", "r7"]
    assert [step.version for step in workflow.store.reviews.steps("a")[-4:]] == tags + tags[-1:]
    assert workflow.store.reviews.steps("a")[-1].note == "good"
    entry = list(workflow.store.audit.iter_entries())[-1]
    written = content_of(workflow.store, "a")
    assert entry.details == {
        "status": "published",
        "tag": "r7",
        "first": "lee",
        "authors": "ann",
        "content": written,
    }


def test_many_authors_are_cut_in_the_log(workflow: Workflow) -> None:
    """A case that a whole department wrote is published like any other."""
    crowd = [replace(AUTHOR, id=f"author-{number:02}-{'x' * 20}") for number in range(12)]
    workflow.publish()
    for number, author in enumerate(crowd):
        workflow.revise(problem=f"version {number}", by=author)
    workflow.life.reviewing.submit("a", crowd[0])

    assert workflow.approve().problem == "version 11"
    assert len(str(list(workflow.store.audit.iter_entries())[-1].details["authors"])) == 200


def test_who_submits_a_case_without_author_is_named(workflow: Workflow) -> None:
    """Somebody must stand for it."""
    workflow.store.cases.upsert([make_case("a", status="draft")])

    workflow.life.reviewing.submit("a", LEAD)

    assert workflow.case().created_by == "lee"
    assert (
        workflow.life.reviewing.find("a", AUTHOR.__class__("x", Role.REVIEWER)).stored.case.status is Status.IN_REVIEW
    )


def test_a_new_id_may_not_be_that_of_a_hidden_case(workflow: Workflow) -> None:
    """Which says no more than that it is taken; a plain write says that there is no such case."""
    workflow.store.cases.upsert([make_case("a", audience=["lab"])])

    with pytest.raises(Conflict, match="is taken"):
        workflow.life.writing.write(make_case("a", "mine"), AUTHOR, if_version=0)
    with pytest.raises(CaseNotFound):
        workflow.life.writing.write(make_case("a", "mine"), AUTHOR)


def test_an_author_never_gives_away_the_audience(workflow: Workflow) -> None:
    """Neither with a new draft, nor with a change, nor with a revision."""
    workflow.draft("draft", problem="one")
    workflow.publish("live", problem="two")
    lab = {"audience": ["lab"]}

    for deed in (
        lambda: workflow.life.writing.write(make_case("new", "three", **lab), AUTHOR),
        lambda: workflow.life.writing.write(make_case("draft", "one", **lab), AUTHOR),
        lambda: workflow.life.writing.revise("live", make_case("live", "two", **lab), AUTHOR),
    ):
        with pytest.raises(Forbidden, match="audience"):
            deed()


def test_the_queue_shows_what_was_written_past_it(workflow: Workflow) -> None:
    """An approval of an older text counts for nothing, also where the queue is narrowed by it."""
    case: Case = workflow.draft()
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.life.reviewing.approve("a", LEAD, SCREENED)
    assert [one.stored.case.id for one in workflow.store.reviews.page(QueueFilter(stage="second"))] == ["a"]

    workflow.store.cases.upsert([replace(case, status=Status.IN_REVIEW, problem="other")])

    (queued,) = workflow.store.reviews.page(QueueFilter(stage="first"))
    assert workflow.store.reviews.page(QueueFilter(stage="second")) == []
    assert queued.since == queued.stored.updated_at
    assert queued.review is not None
    assert queued.review.version != queued.stored.version
    assert [one.review for one in workflow.store.reviews.page()] == [queued.review]
