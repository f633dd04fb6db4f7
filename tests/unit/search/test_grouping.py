"""Cases that say the same become one match; others never do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.domain import StoredCase
from retriever.search.grouping import Group, LoadedCandidate, add_groups, says_the_same
from tests.support.builders import make_case

LONG = "Open the rear cover, take out the fuser and clean both rollers with a dry cloth."
OTHER = "Ask the bank for the transfer number and send it to the payments team by secure mail."
CHINESE = "请先确认退款渠道，原路退回一般需要三到五个工作日，如超时请联系银行核实到账情况并反馈。"


def placed(*cases: dict[str, Any]) -> list[LoadedCandidate]:
    """Loaded cases, best first."""
    stored = [StoredCase(make_case(**case), key, 1, 1, "", "", "") for key, case in enumerate(cases)]
    return [LoadedCandidate(one, one.key) for one in stored]


def ids(groups: list[Group]) -> list[tuple[str, ...]]:
    """Ids of each group, the leader first."""
    return [(group.leader.stored.case.id, *group.others) for group in groups]


@pytest.mark.parametrize("text", [LONG, CHINESE])
def test_equal_solutions_are_one_match(text: str) -> None:
    """Cases with one telling solution are grouped under the best, in every script; spaces and signs do not matter."""
    cases = placed(
        {"id": "a", "problem": "paper jam", "solution": text},
        {"id": "b", "problem": "quite another question", "solution": OTHER},
        {"id": "c", "problem": "it stops after two pages", "solution": text.rstrip(".。").upper() + " !"},
    )

    assert ids(add_groups([], cases)) == [("a", "c"), ("b",)]


def test_short_solutions_do_not_stand_for_a_case() -> None:
    """Different problems that were solved by `Restarted.` stay apart; the same problem with it is one."""
    cases = placed(
        {"id": "a", "problem": "the mail server does not answer", "solution": "Restarted."},
        {"id": "b", "problem": "paper jams in tray two", "solution": "Restarted."},
        {"id": "c", "problem": "The mail server does not answer!", "solution": "restarted"},
    )

    assert ids(add_groups([], cases)) == [("a", "c"), ("b",)]


@pytest.mark.parametrize("changed", [OTHER, LONG + " " + OTHER, LONG[:40]])
def test_other_solutions_stay_apart(changed: str) -> None:
    """Another solution, or a much longer or shorter one, is another case, even of the same problem."""
    one, other = make_case("a", solution=LONG), make_case("b", solution=changed)

    assert not says_the_same(one, other)


def test_a_superseded_case_joins_its_successor() -> None:
    """Whether it stands above or below, through a chain too; one whose successor is not here stays by itself."""
    cases = placed(
        {"id": "v1", "problem": "first", "solution": "one", "superseded_by": "v2"},
        {"id": "x", "problem": "else", "solution": "two", "superseded_by": "gone"},
        {"id": "v3", "problem": "third", "solution": "three"},
        {"id": "v2", "problem": "second", "solution": "four", "superseded_by": "v3"},
    )

    assert ids(add_groups([], cases)) == [("x",), ("v3", "v1", "v2")]


def test_a_ring_of_successors_keeps_its_cases() -> None:
    """Cases that name each other as successor, by mistake, are shown by themselves."""
    cases = placed(
        {"id": "a", "problem": "first", "solution": "one", "superseded_by": "b"},
        {"id": "b", "problem": "second", "solution": "two", "superseded_by": "a"},
    )

    assert ids(add_groups([], cases)) == [("a",), ("b",)]


EDGES = st.lists(st.sampled_from(["", *"abcdefgh", "gone"]), min_size=8, max_size=8)
SOLUTIONS = st.lists(st.sampled_from([LONG, OTHER, CHINESE, "ok"]), min_size=8, max_size=8)


@given(EDGES, SOLUTIONS, st.integers(0, 8))
def test_no_case_is_lost_and_longer_lists_begin_with_shorter_ones(
    after: list[str], solutions: list[str], cut: int
) -> None:
    """Every case stands in exactly one group, and what was shown first stays first when more cases come."""
    cases = placed(
        *(
            {"id": id, "problem": f"problem {id * 9}", "solution": solution, "superseded_by": next_}
            for id, solution, next_ in zip("abcdefgh", solutions, after, strict=True)
        )
    )
    first = ids(add_groups([], cases[:cut]))

    both = ids(add_groups(add_groups([], cases[:cut]), cases[cut:]))

    assert sorted(id for group in both for id in group) == list("abcdefgh")
    assert [group[0] for group in both[: len(first)]] == [group[0] for group in first]
