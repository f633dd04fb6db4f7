"""What leaves the library, what comes back, and lists that are walked: retiring, products, merges, what is due."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from retriever.case.times import today_utc
from retriever.domain import Actor, Status
from retriever.errors import CaseNotFound, Conflict, Forbidden, InvalidInput, VersionMismatch
from retriever.lifecycle import ageing
from retriever.lifecycle.ageing import is_of_product, versions_named, why_left
from retriever.store import AuditEntry, EventKind
from tests.support.builders import content_of, make_case
from tests.support.lifecycle import Workflow
from tests.support.people import AUTHOR, LEAD, MANAGER, SCREENED

INSIDER = replace(MANAGER, id="ida", audience=("emea",))


def last_entry(workflow: Workflow) -> AuditEntry:
    """The newest entry of the audit log."""
    return list(workflow.store.audit.iter_entries())[-1]


def put(workflow: Workflow, id: str, **more: object) -> None:
    """A published case of its own text, written past the reviews."""
    workflow.store.cases.upsert([make_case(id, f"problem of {id}", status="published", **more)])


def test_retiring_names_the_successor(workflow: Workflow) -> None:
    """The case, its steps and the audit log say why, and what to use instead."""
    put(workflow, "a")
    put(workflow, "b")

    state = workflow.life.ageing.retire("a", MANAGER, " replaced ", superseded_by="b", if_version=1)

    assert (state.stored.case.status, state.stored.case.superseded_by) == (Status.HISTORICAL, "b")
    assert workflow.store.reviews.steps("a")[-1].note == "replaced"
    assert last_entry(workflow).details == {
        "status": "historical",
        "superseded_by": "b",
        "content": content_of(workflow.store, "a"),
    }
    workflow.life.ageing.retire("b", MANAGER, "old")
    assert last_entry(workflow).details == {"status": "historical", "content": content_of(workflow.store, "b")}


@pytest.mark.parametrize("successor", ["a", "draft", "hidden", "missing"])
def test_only_another_published_case_supersedes(workflow: Workflow, successor: str) -> None:
    """One that the actor may not see does not exist for them; the case stays as it is."""
    put(workflow, "a")
    workflow.draft("draft", problem="a draft")
    put(workflow, "hidden", audience=["emea"])

    with pytest.raises(Conflict, match=successor):
        workflow.life.ageing.retire("a", MANAGER, "old", superseded_by=successor)
    assert workflow.status("a") is Status.PUBLISHED


def test_what_is_historical_is_published_again(workflow: Workflow) -> None:
    """With a new date for its next review; only what is historical, once."""
    put(workflow, "a")
    workflow.life.ageing.retire("a", MANAGER, "old")
    workflow.wait(10)

    state = workflow.life.ageing.reinstate("a", MANAGER, if_version=2)

    assert (state.stored.case.status, state.stored.case.review_due_on) == (Status.PUBLISHED, "2026-09-07")
    assert workflow.steps() == ["retire", "reinstate"]
    with pytest.raises(Conflict, match="is published, not historical"):
        workflow.life.ageing.reinstate("a", MANAGER)


def test_each_deed_has_its_lowest_role(workflow: Workflow) -> None:
    """Confirming takes a reviewer; retiring, reinstating and merging take a knowledge manager."""
    put(workflow, "a")
    put(workflow, "b")
    life = workflow.life
    for_managers: list[Callable[[], object]] = [
        lambda: life.ageing.retire("a", LEAD, "old"),
        lambda: life.ageing.reinstate("a", LEAD),
        lambda: life.ageing.retire_product("X", "", LEAD, "old"),
        lambda: life.merging.merge("a", ["b"], LEAD),
        lambda: life.merging.unmerge("b", LEAD),
    ]

    for deed in for_managers:
        with pytest.raises(Forbidden, match="knowledge manager or above"):
            deed()
    with pytest.raises(Forbidden, match="to confirm a case takes the role reviewer or above; ann is contributor"):
        life.ageing.confirm("a", AUTHOR, SCREENED)
    assert life.ageing.confirm("a", LEAD, SCREENED).stored.version == 2
    assert (workflow.status("a"), workflow.status("b")) == (Status.PUBLISHED, Status.PUBLISHED)


def test_no_deed_reaches_a_case_of_other_groups(workflow: Workflow) -> None:
    """Not even to say in which state it is; whoever is in the group acts as ever."""
    put(workflow, "a", audience=["emea"])
    life = workflow.life
    deeds: list[Callable[[Actor], object]] = [
        lambda who: life.writing.revise("a", make_case("a", "other"), who),
        lambda who: life.writing.restore("a", 1, who),
        lambda who: life.ageing.confirm("a", who, SCREENED),
        lambda who: life.ageing.retire("a", who, "old"),
        lambda who: life.ageing.reinstate("a", who),
        lambda who: life.merging.unmerge("a", who),
    ]

    for deed in deeds:
        with pytest.raises(CaseNotFound):
            deed(MANAGER)
    assert life.ageing.retire("a", INSIDER, "old").stored.case.status is Status.HISTORICAL


def test_an_old_look_changes_nothing(workflow: Workflow) -> None:
    """Every deed on a live case may name the version that was looked at."""
    put(workflow, "a")
    put(workflow, "b")
    life = workflow.life
    deeds: list[Callable[[], object]] = [
        lambda: life.ageing.confirm("a", LEAD, SCREENED, if_version=2),
        lambda: life.ageing.retire("a", MANAGER, "old", if_version=2),
        lambda: life.merging.merge("a", ["b"], MANAGER, if_version=2),
    ]

    for deed in deeds:
        with pytest.raises(VersionMismatch):
            deed()
    assert workflow.store.cases.get("a").version == 1


def test_a_reason_is_needed_to_retire(workflow: Workflow) -> None:
    """For one case and for a whole product."""
    put(workflow, "a", product="X")

    with pytest.raises(InvalidInput, match="reason"):
        workflow.life.ageing.retire("a", MANAGER, " ")
    with pytest.raises(InvalidInput, match="reason"):
        workflow.life.ageing.retire_product("X", "", MANAGER, " ")
    assert workflow.status("a") is Status.PUBLISHED


def test_confirming_keeps_the_answers(workflow: Workflow) -> None:
    """A look at a live case is a review like the others; one that was retired is not confirmed."""
    put(workflow, "a")

    workflow.life.ageing.confirm("a", LEAD, replace(SCREENED, note=" still true "))

    step = workflow.store.reviews.steps("a")[-1]
    assert (str(step.step), step.answers, step.note) == ("confirm", SCREENED.answers, "still true")
    with pytest.raises(InvalidInput, match="effective"):
        workflow.life.ageing.confirm("a", LEAD, replace(SCREENED, effective=False))
    workflow.life.ageing.retire("a", MANAGER, "old")
    with pytest.raises(Conflict, match="is historical, not published"):
        workflow.life.ageing.confirm("a", LEAD, SCREENED)


def test_a_product_is_retired_with_its_old_versions(workflow: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    """In batches; what also names another version, names none, is another product's or is not to be seen stays."""
    monkeypatch.setattr(ageing, "BATCH", 2)
    for number in range(5):
        put(workflow, f"old{number}", product="Router X", tags=[f"3.{number}"])
    put(workflow, "behind", product="router x 3.1")
    put(workflow, "both", product="Router X", environment="seen on 3.2 and 4.1")
    put(workflow, "new", product="Router X 4.0")
    put(workflow, "none", product="Router X")
    put(workflow, "other", product="Router XL", tags=["3.1"])
    put(workflow, "hidden", product="Router X", tags=["3.1"], audience=["emea"])
    gone = [f"old{number}" for number in range(5)] + ["behind"]

    preview = workflow.life.ageing.retire_product(" Router X ", "3.", MANAGER, "end of life", dry_run=True)
    before = {id: workflow.status(id) for id in gone}
    done = workflow.life.ageing.retire_product(" Router X ", "3.", MANAGER, "end of life")

    assert preview == done
    assert set(before.values()) == {Status.PUBLISHED}
    assert sorted(done.retired) == sorted(gone)
    assert sorted(done.left) == [
        ("both", "is also about 4.1"), ("new", "is about 4.0"), ("none", "names no version"),
    ]  # fmt: skip
    assert {workflow.status(id) for id in gone} == {Status.HISTORICAL}
    assert {workflow.status(id) for id in ("both", "new", "none", "other", "hidden")} == {Status.PUBLISHED}
    assert workflow.store.reviews.steps("old4")[-1].note == "end of life"


@pytest.mark.parametrize(
    ("named", "is_one"),
    [("X", True), ("x", True), ("X 3.2", True), ("X v3", True), ("X Pro", False), ("XL", False), ("X3", False),
     ("", False), ("Y X", False)],
)  # fmt: skip
def test_which_cases_are_of_a_product(named: str, is_one: bool) -> None:
    """The name alone or with a version behind it, in any case of letters."""
    assert is_of_product(make_case(product=named), " X ") is is_one


@pytest.mark.parametrize(
    ("fields", "versions"),
    [
        ({"product": "X 3.2"}, ("3.2",)),
        ({"product": "X", "tags": ["v4.X", "wifi 5", "3.2"]}, ("4.x", "3.2")),
        ({"product": "X", "environment": "firmware 3.1, then v3.2; 3.1 again"}, ("3.1", "3.2")),
        ({"product": "X", "environment": "10.0.0.1:80 on 2026-03-01 at a/3 or b-4"}, ()),
        ({"product": "X"}, ()),
    ],
)
def test_where_versions_are_named(fields: dict[str, object], versions: tuple[str, ...]) -> None:
    """Behind the product, as whole tags, anywhere in the environment; each once, not within dates and ports."""
    assert versions_named(make_case(**fields), " X ") == versions  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tags", "prefix", "why"),
    [(["4.1"], "", ""), (["3.1"], " V3. ", ""), ([], "3", "names no version"), (["4.1"], "3", "is about 4.1"),
     (["3.1", "4.1", "5"], "3", "is also about 4.1, 5")],
)  # fmt: skip
def test_why_a_case_of_a_product_stays(tags: list[str], prefix: str, why: str) -> None:
    """Without a prefix none does."""
    assert why_left(make_case(product="X", tags=tags), "X", prefix) == why


def test_what_is_due_is_walked_page_by_page(workflow: Workflow) -> None:
    """Most overdue first, each once, no short pages for what is hidden, and the last page says that it is the last."""
    for number in range(6):
        secret: dict[str, object] = {"audience": ["emea"]} if number % 2 else {}
        put(workflow, f"c{number}", review_due_on=f"2026-02-0{number + 1}", **secret)

    def page(limit: int, after: tuple[str, int] = ("", 0), who: Actor = MANAGER) -> tuple[list[str], object]:
        found, cursor = workflow.life.ageing.due(who, after=after, limit=limit)
        return [stored.case.id for stored in found], cursor

    first, cursor = page(2)
    assert (first, cursor) == (["c0", "c2"], ("2026-02-03", workflow.store.cases.get("c2").key))
    assert page(2, cursor) == (["c4"], None)  # type: ignore[arg-type]
    assert page(6, who=INSIDER) == ([f"c{number}" for number in range(6)], None)
    assert page(5, who=INSIDER)[1] is not None
    assert page(1, ("2026-02-05", workflow.store.cases.get("c4").key)) == ([], None)


def test_the_queue_says_when_it_ends(workflow: Workflow) -> None:
    """A page that holds all there is has no next one."""
    from retriever.store import QueueFilter

    for number in range(3):
        workflow.draft(f"c{number}", problem=f"problem {number}")

    found, end = workflow.life.reviewing.page(QueueFilter(), MANAGER, limit=3)
    some, more = workflow.life.reviewing.page(QueueFilter(), MANAGER, limit=2)

    assert (len(found), end) == (3, None)
    assert (len(some), more) == (2, (some[-1].review.updated_at, some[-1].stored.key))  # type: ignore[union-attr]


def test_a_merge_says_where_everything_went(workflow: Workflow) -> None:
    """Both cases keep a step; what may not be merged says why."""
    for id in ("a", "b", "c", "hidden"):
        put(workflow, id, **({"audience": ["emea"]} if id == "hidden" else {}))
    workflow.draft("draft", problem="a draft")
    merging = workflow.life.merging

    merging.merge("a", ["b"], MANAGER, if_version=1)

    into, summary = list(workflow.store.audit.iter_entries())[-2:]
    a, b = (content_of(workflow.store, id) for id in "ab")
    assert (into.subject, into.details) == ("b", {"status": "historical", "into": "a", "content": b})
    assert (summary.subject, summary.details) == ("a", {"status": "published", "duplicates": 1, "content": a})
    for id, why in (("b", "superseded by a already"), ("hidden", "there is no case"), ("draft", "delete a draft")):
        with pytest.raises(Conflict, match=why):
            merging.merge("c", [id], MANAGER)
    merging.unmerge("b", MANAGER)
    assert last_entry(workflow).details == {
        "status": "published",
        "from": "a",
        "content": content_of(workflow.store, "b"),
    }


def test_a_historical_duplicate_comes_back_historical(workflow: Workflow) -> None:
    """Undoing a merge gives back what was, counts included; none falls below zero."""
    put(workflow, "a")
    put(workflow, "b")
    workflow.life.ageing.retire("b", MANAGER, "old")
    for kind in (EventKind.OPENED, EventKind.COPIED, EventKind.LINKED, EventKind.SOLVED):
        workflow.store.events.log(kind, "b")
    solved_at = workflow.store.cases.get("b").reuse.last_solved_at

    kept = workflow.life.merging.merge("a", ["b"], MANAGER).stored.reuse
    assert (kept.opened, kept.copied, kept.linked, kept.solved, kept.last_solved_at) == (1, 1, 1, 1, solved_at)
    back = workflow.life.merging.unmerge("b", MANAGER).stored

    assert (back.case.status, back.case.superseded_by, back.reuse.solved) == (Status.HISTORICAL, "", 1)
    left = workflow.store.cases.get("a").reuse
    assert (left.opened, left.copied, left.linked, left.solved) == (0, 0, 0, 0)


def test_expiring_says_since_when(workflow: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case whose last day is past, batch by batch, whatever else is in the library."""
    monkeypatch.setattr(ageing, "BATCH", 2)
    for number in range(5):
        put(workflow, f"c{number}", valid_until="2026-02-28T10:00:00Z")
    put(workflow, "valid", valid_until="2026-03-01")
    put(workflow, "endless")

    assert workflow.life.ageing.expire() == [f"c{number}" for number in range(5)]
    assert workflow.store.reviews.steps("c4")[-1].note == "valid until 2026-02-28"
    assert (workflow.status("valid"), workflow.status("endless")) == (Status.PUBLISHED, Status.PUBLISHED)
    assert isinstance(today_utc(), date)


def test_a_product_is_not_retired_on_an_old_look(workflow: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a case was changed after the look, its whole batch stays."""
    put(workflow, "a", product="X")
    put(workflow, "b", product="X")
    seen = list(workflow.store.cases.iter())
    put(workflow, "b", product="X", tags=["new"])
    monkeypatch.setattr(type(workflow.store.cases), "iter", lambda *_: seen)

    with pytest.raises(VersionMismatch):
        workflow.life.ageing.retire_product("X", "", MANAGER, "old")
    assert (workflow.status("a"), workflow.status("b")) == (Status.PUBLISHED, Status.PUBLISHED)


def test_what_was_changed_meanwhile_does_not_expire(workflow: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prolonged, retired or deleted between the look and the lock by somebody else."""
    for id in ("over", "prolonged", "retired", "deleted"):
        put(workflow, id, valid_until="2026-02-01")
    looks = [workflow.store.reviews.find_expired("2026-03-01"), []]
    put(workflow, "prolonged", valid_until="2027-02-01")
    workflow.life.ageing.retire("retired", MANAGER, "old")
    workflow.store.cases.delete("deleted")
    monkeypatch.setattr(type(workflow.store.reviews), "find_expired", lambda *_, **__: looks.pop(0))

    assert workflow.life.ageing.expire() == ["over"]
    assert workflow.status("prolonged") is Status.PUBLISHED
    assert workflow.store.reviews.steps("retired")[-1].note == "old"
