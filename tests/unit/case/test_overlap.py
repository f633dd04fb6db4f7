"""How much two texts say the same, letter by letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.case.overlap import letter_groups, letters_of, overlap_of


def share(one: str, other: str) -> float:
    """The overlap of two texts."""
    return overlap_of(letter_groups(letters_of(one)), letter_groups(letters_of(other)))


def test_overlap_is_a_share() -> None:
    """One for equal texts whatever their signs, none for texts without a common group."""
    assert share("Error, code 5!", "error code 5") == 1
    assert share("printer", "modem") == 0


@pytest.mark.parametrize(
    ("one", "other", "wanted"), [("abcd", "abce", 1 / 3), ("请先确认", "请先确认。", 1), ("", "!", 1)]
)
def test_common_groups_among_all(one: str, other: str, wanted: float) -> None:
    """In every script; texts without a letter are equal."""
    assert share(one, other) == wanted


def test_only_the_beginning_may_count() -> None:
    """Cut before signs are left out, so that a long text costs no more than a short one."""
    assert letters_of("a - b - c", first=5) == "ab"


@given(st.text(), st.text())
def test_overlap_knows_no_order(one: str, other: str) -> None:
    """Between 0 and 1, the same from both sides, and full for a text and itself."""
    assert share(one, other) == share(other, one)
    assert 0 <= share(one, other) <= 1
    assert share(one, one) == 1
