"""Trust: what lowers and lifts a case, and how little that may change."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.domain import Reuse, StoredCase
from retriever.search.trust import LIFT, SUPERSEDED, trust_of, trusted_order
from tests.support.builders import make_case

LEAST, MOST = SUPERSEDED, 1.0 + LIFT
BAND = LEAST / MOST
"""A case keeps its place before every one whose confidence is below this share of its own (0.87)."""
TODAY = "2026-06-01"
DAY = date.fromisoformat(TODAY)
DAYS = st.sampled_from(["", "2020-01-01", TODAY, "2030-01-01"])


def stored(*, solved: int = 0, **fields: Any) -> StoredCase:  # noqa: ANN401
    """A stored case with these fields."""
    return StoredCase(make_case(**fields), 1, 1, 1, "", "", "", Reuse(solved=solved))


@pytest.mark.parametrize(
    "flaw",
    [
        {"superseded_by": "b"},
        {"status": "historical"},
        {"valid_until": "2026-05-31"},
        {"review_due_on": "2026-05-31"},
    ],
)
def test_each_flaw_lowers_trust(flaw: dict[str, Any]) -> None:
    """A superseded, historical, expired or overdue case is trusted less than a live one."""
    assert trust_of(stored(**flaw), DAY) < trust_of(stored(), DAY) == 1.0


def test_a_date_that_is_today_is_no_flaw() -> None:
    """A case is valid, and its review in time, to the end of the day that is named."""
    assert trust_of(stored(valid_until=TODAY, review_due_on=TODAY), DAY) == 1.0


def test_the_gravest_flaw_counts_alone() -> None:
    """Several flaws do not add up."""
    flawed = stored(superseded_by="b", status="historical", valid_until="2020-01-01", review_due_on="2020-01-01")

    assert trust_of(flawed, DAY) == SUPERSEDED


def test_solved_problems_lift_less_and_less() -> None:
    """Each solved problem lifts a case, the first ones most, and never beyond the bound."""
    lifts = [trust_of(stored(solved=solved), DAY) for solved in (0, 1, 2, 10, 1_000_000)]

    assert lifts == sorted(set(lifts))
    assert lifts[1] - lifts[0] > lifts[2] - lifts[1]
    assert lifts[-1] <= 1.0 + LIFT


@given(st.booleans(), DAYS, DAYS, st.integers(0, 10**9))
def test_trust_stays_in_bounds(superseded: bool, valid: str, due: str, solved: int) -> None:
    """Whatever is known of a case, its trust lies from LEAST to MOST."""
    case = stored(solved=solved, superseded_by="b" if superseded else "", valid_until=valid, review_due_on=due)

    assert LEAST <= trust_of(case, DAY) <= MOST


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(LEAST, MOST)), max_size=40))
def test_order_never_changes_beyond_the_band(pairs: list[tuple[float, float]]) -> None:
    """Every case is shown once, and none stands before one that is surer by more than the band."""
    pairs.sort(key=lambda pair: -pair[0])
    sure, trusts = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    order = trusted_order(sure, trusts)

    assert sorted(order) == list(range(len(pairs)))
    shown = [sure[place] for place in order]
    for place, confidence in enumerate(shown):
        assert confidence >= max(shown[place:]) * BAND * (1 - 1e-9)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_equal_trust_changes_nothing(sure: list[float]) -> None:
    """Cases of one trust keep the order they came in, equal confidences too."""
    sure.sort(reverse=True)

    assert trusted_order(sure, [SUPERSEDED] * len(sure)) == list(range(len(sure)))


def test_a_live_case_passes_a_superseded_one_nearly_as_sure() -> None:
    """Within the band the live case comes first; outside it the surer one does."""
    assert trusted_order([0.90, 0.85], [SUPERSEDED, 1.0]) == [1, 0]
    assert trusted_order([0.90, 0.70], [SUPERSEDED, 1.0]) == [0, 1]
