"""What is proposed for a published case whose ticket changed, field by field."""

from dataclasses import replace
from typing import Any

import pytest

from retriever.domain import Case, Status, StoredCase
from retriever.lifecycle.tickets import TRIFLES, revised_by_ticket
from retriever.store import Review
from retriever.store.masking import MaskedCase
from tests.support.builders import make_case

BEFORE = make_case(
    problem="the unit is dead", solution="change the fuse", tags=["fuse"], outcome={"csat": 4.0, "summary": "it runs"}
)
LIVE = replace(
    BEFORE,
    problem="the unit stays dark",
    diagnosis="worn fuse",
    outcome=replace(BEFORE.outcome, summary="it runs well"),
)


def stored(case: Case = LIVE, version: int = 4) -> StoredCase:
    """A published case."""
    return StoredCase(case, 1, version, 9, "", "", "")


def ticket(**changes: Any) -> Case:  # noqa: ANN401
    """The ticket as it is now: as it was, but for these fields."""
    return replace(BEFORE, status=Status.DRAFT, **changes)


def proposed(row: Review | None = None, before: Case | None = BEFORE, **changes: Any) -> Case:  # noqa: ANN401
    """The text that is proposed."""
    text = revised_by_ticket(stored(), row, ticket(**changes), before)
    assert isinstance(text, Case)
    return text


def pending(text: Case, *, base: int = 4, **more: Any) -> Review:  # noqa: ANN401
    """A pending revision that an import made."""
    return Review(1, Status.DRAFT, 3, pending=MaskedCase(text), base_version=base, **more)


def test_only_what_the_ticket_changed_is_carried_over() -> None:
    """All else, inside of the outcome too, is as people left it; the state is the case's own."""
    text = proposed(solution="change the supply", outcome=replace(BEFORE.outcome, csat=5.0))

    outcome = replace(LIVE.outcome, csat=5.0)
    assert text == replace(LIVE, solution="change the supply", outcome=outcome)


def test_what_the_ticket_takes_away_is_taken_away() -> None:
    """When it is known that the ticket had it."""
    assert proposed(tags=(), title="dead unit").tags == ()


def test_without_knowing_what_was_taken_over_all_that_the_ticket_says_is_proposed() -> None:
    """What it does not say stays."""
    text = proposed(before=None, solution="change the supply", tags=())

    assert (text.problem, text.solution) == ("the unit is dead", "change the supply")
    assert (text.tags, text.diagnosis, text.outcome.summary) == (("fuse",), "worn fuse", "it runs")


def test_a_revision_of_an_import_is_built_upon() -> None:
    """Its changes stay, the next ones come on top."""
    first = replace(LIVE, solution="change the supply")

    text = proposed(pending(first), replace(BEFORE, solution="change the supply"),
                    solution="change the supply", title="dead unit")  # fmt: skip

    assert text == replace(first, title="dead unit")


def test_a_stale_revision_is_made_again_from_the_live_text() -> None:
    """Somebody wrote the case directly since: that is not undone by what the revision said."""
    old = replace(BEFORE, diagnosis="loose contact")

    assert proposed(pending(old, base=3), title="dead unit").diagnosis == "worn fuse"


@pytest.mark.parametrize("name", TRIFLES)
def test_a_trifle_is_no_reason_and_comes_along(name: str) -> None:
    """With a change that matters."""
    value: Any = replace(BEFORE.source, url="https://workflow.example/1") if name == "source" else "2026-05-05"
    trifle: dict[str, Any] = {name: value}

    assert revised_by_ticket(stored(), None, ticket(**trifle), BEFORE) is None
    assert getattr(proposed(title="dead unit", **trifle), name) == value


def test_what_the_case_says_already_is_not_proposed() -> None:
    """Nor what its pending revision says already."""
    said = ticket(problem=LIVE.problem)
    assert revised_by_ticket(stored(), None, said, BEFORE) is None

    waiting = pending(replace(LIVE, title="dead unit"))
    assert revised_by_ticket(stored(), waiting, ticket(title="dead unit"), BEFORE) is None


@pytest.mark.parametrize(
    ("case", "row", "reason"),
    [
        (replace(LIVE, superseded_by="b"), None, "superseded by b"),
        (LIVE, pending(replace(LIVE, title="x"), authors=("ann",)), "another revision"),
        (LIVE, replace(pending(replace(LIVE, title="x")), state=Status.IN_REVIEW), "another revision"),
        (LIVE, pending(replace(LIVE, solution="change the supply")), "says again"),
    ],
)
def test_why_none_is_proposed(case: Case, row: Review | None, reason: str) -> None:
    """Told in words, for the report."""
    before = replace(BEFORE, solution="change the supply") if reason == "says again" else BEFORE
    changes = {} if reason == "says again" else {"title": "dead unit"}

    said = revised_by_ticket(stored(case), row, ticket(**changes), before)

    assert isinstance(said, str)
    assert reason in said
