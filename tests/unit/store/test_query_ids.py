"""Ids of questions: sealed, they say when they were asked and vouch for the cases of the answer."""

import pytest

from retriever.store.query_ids import MARKS, QUERY_ID_LENGTH, QueryIds, bare_id

NOW = 1_800_000_000.7
ID = "9f86d081884c7d65"


def test_an_id_is_read_as_it_was_issued() -> None:
    """Its question, its second, and each of its cases; no other one."""
    ids = QueryIds(b"k" * 32)
    text = ids.issue(ID, ["a", "b", "客户-7"], now=NOW)
    issued = ids.read(text)

    assert issued is not None
    assert (issued.id, issued.at, bare_id(text)) == (ID, int(NOW), ID)
    assert [issued.has_shown(case) for case in ("a", "b", "客户-7", "c", "", "A")] == [True] * 3 + [False] * 3


@pytest.mark.parametrize("count", [0, 1, 50, MARKS, 500])
def test_an_id_is_never_too_long(count: int) -> None:
    """As many cases as an answer may name, and more: the first hundred count."""
    ids = QueryIds(b"k" * 32)
    text = ids.issue(ID, [f"case-{number}" for number in range(count)], now=NOW)
    issued = ids.read(text)

    assert len(text) <= QUERY_ID_LENGTH
    assert issued is not None
    assert [issued.has_shown(f"case-{number}") for number in range(min(count, MARKS))] == [True] * min(count, MARKS)


def test_no_changed_letter_passes() -> None:
    """Each letter of an id in turn, and the key of another library."""
    ids = QueryIds(b"k" * 32)
    text = ids.issue(ID, ["a", "b"], now=NOW)
    changed = [text[:place] + ("1" if sign == "0" else "0") + text[place + 1 :] for place, sign in enumerate(text)]

    # The last letter holds bits that say nothing; the question's own id is what is kept.
    assert [other for other in changed[:-1] if ids.read(other) is not None] == []
    assert QueryIds(b"x" * 32).read(text) is None


@pytest.mark.parametrize("text", ["", "-", ID, f"{ID}-", f"{ID}-A", f"{ID}-{'A' * 304}", f"{ID}-{'é' * 20}", "x" * 320])
def test_what_is_no_id_is_none(text: str) -> None:
    """Never an error."""
    assert QueryIds(b"k" * 32).read(text) is None
