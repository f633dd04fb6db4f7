"""The rules of who may see and write what, case by case."""

import pytest

from retriever.case.access import admitted, check_audience, in_audience, may_read
from retriever.domain import ALL_GROUPS, OPERATOR, Actor, Role, Status
from retriever.errors import CaseNotFound, Forbidden
from tests.support.builders import make_case

LAB = ("lab",)


def actor(role: Role = Role.CONTRIBUTOR, *groups: str, id: str = "me") -> Actor:
    """Somebody."""
    return Actor(id, role, "", groups)


@pytest.mark.parametrize(
    ("groups", "audience", "seen"),
    [((), (), True), ((), LAB, False), (LAB, LAB, True), (("desk",), LAB, False), (("desk", "lab"), LAB, True),
     ((ALL_GROUPS,), LAB, True), ((ALL_GROUPS,), (), True), (("Lab",), LAB, False)],
)  # fmt: skip
def test_audience(groups: tuple[str, ...], audience: tuple[str, ...], seen: bool) -> None:
    """Empty is everybody, one common group is enough, names are exact."""
    assert in_audience(groups, make_case(audience=audience)) is seen


@pytest.mark.parametrize("status", ["draft", "in_review"])
def test_unpublished_cases_are_for_reviewers_and_authors(status: str) -> None:
    """A viewer does not even see what bears their name; a case without an author is nobody's."""
    mine, nobodys = make_case(status=status, created_by="me"), make_case(status=status)

    assert [may_read(actor(role), mine) for role in Role] == [False, True, True, True, True]
    assert [may_read(actor(role), nobodys) for role in Role] == [False, False, True, True, True]
    assert not may_read(actor(Role.CONTRIBUTOR, id=""), nobodys)
    assert not may_read(actor(Role.ADMIN), make_case(status=status, audience=LAB))


@pytest.mark.parametrize("status", ["published", "historical"])
def test_published_cases_are_for_all_of_their_groups(status: str) -> None:
    """Whoever wrote them."""
    assert all(may_read(actor(role), make_case(status=status, created_by="you")) for role in Role)
    assert not any(may_read(actor(role), make_case(status=status, audience=LAB, created_by="me")) for role in Role)


@pytest.mark.parametrize(
    ("role", "groups", "old", "new", "allowed"),
    [
        (Role.CONTRIBUTOR, LAB, None, LAB, True),
        (Role.CONTRIBUTOR, LAB, None, (), True),
        (Role.CONTRIBUTOR, LAB, None, ("desk",), False),
        (Role.KNOWLEDGE_MANAGER, LAB, None, ("lab", "desk"), False),
        (Role.KNOWLEDGE_MANAGER, (ALL_GROUPS,), None, ("lab", "desk"), True),
        (Role.KNOWLEDGE_MANAGER, LAB, ("lab", "desk"), ("lab", "desk"), True),
        (Role.KNOWLEDGE_MANAGER, LAB, ("lab", "desk"), LAB, False),
        (Role.KNOWLEDGE_MANAGER, LAB, ("lab", "desk"), ("desk",), True),
        (Role.KNOWLEDGE_MANAGER, LAB, LAB, (), True),
        (Role.REVIEWER, LAB, LAB, (), False),
        (Role.REVIEWER, ("lab", "desk"), LAB, ("lab", "desk"), False),
        (Role.REVIEWER, ("lab", "desk"), ("lab", "desk"), LAB, True),
        (Role.REVIEWER, LAB, (), LAB, True),
        (Role.REVIEWER, (ALL_GROUPS,), LAB, (), False),
        (Role.REVIEWER, LAB, LAB, LAB, True),
    ],
)
def test_giving_an_audience(
    role: Role, groups: tuple[str, ...], old: tuple[str, ...] | None, new: tuple[str, ...], allowed: bool
) -> None:
    """Own groups only, foreign ones stay as they are, and showing to more people takes a knowledge manager."""
    before = None if old is None else make_case(audience=old)
    after = make_case(audience=new)
    if allowed:
        check_audience(actor(role, *groups), before, after)
        return
    with pytest.raises(Forbidden):
        check_audience(actor(role, *groups), before, after)


@pytest.mark.parametrize("role", [role for role in Role if role < Role.KNOWLEDGE_MANAGER])
def test_nobody_below_a_manager_writes_without_reviews(role: Role) -> None:
    """Neither a new case nor a draft of their own: that is what the lifecycle is for."""
    for old in (None, make_case(status="draft", created_by="me")):
        with pytest.raises(Forbidden, match="only a knowledge manager"):
            admitted(actor(role), old, make_case())


def test_a_manager_names_authors_of_new_cases_only() -> None:
    """What is stored already keeps author and reviewers; a new case without an author gets the manager."""
    manager = actor(Role.KNOWLEDGE_MANAGER)
    named = make_case(created_by="eve", reviewers=["a", "b"])

    assert admitted(manager, None, named) == named
    assert admitted(manager, None, make_case()).created_by == "me"
    kept = admitted(manager, make_case(created_by="ann", reviewers=["c"]), named)
    assert (kept.created_by, kept.reviewers, kept.status) == ("ann", ("c",), Status.PUBLISHED)


def test_the_operator_writes_what_they_want() -> None:
    """The person with the files is not held up by the program."""
    text = make_case(created_by="eve", audience=["a"])

    assert admitted(OPERATOR, make_case(created_by="ann", audience=["b"]), text) == text


@pytest.mark.parametrize("role", [Role.KNOWLEDGE_MANAGER, Role.ADMIN])
def test_what_is_not_seen_is_not_written(role: Role) -> None:
    """CaseNotFound, not Forbidden: that would tell that it is there."""
    with pytest.raises(CaseNotFound):
        admitted(actor(role), make_case(audience=LAB), make_case())
