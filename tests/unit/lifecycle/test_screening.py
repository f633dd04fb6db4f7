"""Which answers carry an approval, and who may know of what waits."""

from dataclasses import replace
from typing import Any

import pytest

from retriever.domain import Status
from retriever.errors import Conflict, InvalidInput
from retriever.lifecycle.screening import CHECKLIST, NOTE_LIMIT, check_note, check_screening
from retriever.store import QueueFilter
from tests.support.builders import make_case
from tests.support.lifecycle import Workflow
from tests.support.people import AUTHOR, LEAD, MANAGER, SCREENED


@pytest.mark.parametrize("item", CHECKLIST)
def test_every_item_must_be_answered_with_yes(item: str) -> None:
    """A missing item and a no are refused, each by name."""
    for checklist in ({**SCREENED.checklist, item: False}, {k: v for k, v in SCREENED.checklist.items() if k != item}):
        with pytest.raises(InvalidInput, match=item):
            check_screening(replace(SCREENED, checklist=checklist), make_case())


def test_criteria_and_unknown_items_are_checked() -> None:
    """An ineffective solution, and an item that is not on the list, are refused."""
    with pytest.raises(InvalidInput, match="effective"):
        check_screening(replace(SCREENED, effective=False), make_case())
    with pytest.raises(InvalidInput, match="2,001 characters"):
        check_screening(replace(SCREENED, note="x" * (NOTE_LIMIT + 1)), make_case())
    with pytest.raises(InvalidInput, match="spelling"):
        check_screening(replace(SCREENED, checklist={**SCREENED.checklist, "spelling": True}), make_case())


@pytest.mark.parametrize(
    ("outcome", "has_figure"),
    [({}, False), ({"summary": "works"}, False), ({"summary": "saved 3 hours"}, True), ({"csat": 0}, True),
     ({"resolution_minutes": 5}, True), ({"first_contact_resolved": False}, True)],
)  # fmt: skip
def test_quantified_needs_a_figure(outcome: dict[str, Any], has_figure: bool) -> None:
    """In any field of the outcome; an honest no needs none."""
    case = make_case(outcome=outcome)
    check_screening(SCREENED, case)

    if has_figure:
        check_screening(replace(SCREENED, quantified=True), case)
    else:
        with pytest.raises(InvalidInput, match="no figure"):
            check_screening(replace(SCREENED, quantified=True), case)


def test_notes_have_a_limit() -> None:
    """Exactly that many characters are taken; a needed reason is not blank."""
    assert check_note(" x " + "y" * (NOTE_LIMIT - 2)) == "x " + "y" * (NOTE_LIMIT - 2)
    for note, required in (("x" * (NOTE_LIMIT + 1), False), (" ", True)):
        with pytest.raises(InvalidInput):
            check_note(note, required=required)


def test_a_revision_of_a_foreign_case_is_not_in_the_queue(workflow: Workflow) -> None:
    """A revision that opens a case for all shows neither text to those whom the live case is not for."""
    workflow.publish()
    workflow.store.cases.upsert([replace(workflow.case(), audience=("emea",))])
    insider = replace(MANAGER, audience=("emea",))
    workflow.life.writing.revise("a", make_case("a", "other", audience=["emea"]), insider)

    assert workflow.life.reviewing.page(QueueFilter(), LEAD)[0] == []
    assert len(workflow.life.reviewing.page(QueueFilter(), insider)[0]) == 1


def test_only_a_published_case_stands_for_others(workflow: Workflow) -> None:
    """A draft or historical case takes no duplicates."""
    workflow.publish()
    workflow.publish("b", problem="another")
    workflow.life.ageing.retire("a", MANAGER, "old")

    with pytest.raises(Conflict, match="only a published case"):
        workflow.life.merging.merge("a", ["b"], MANAGER)
    assert workflow.status("b") is Status.PUBLISHED


def test_a_product_must_be_named(workflow: Workflow) -> None:
    """A blank product would be all of them."""
    workflow.draft(by=AUTHOR)

    with pytest.raises(InvalidInput, match="product is empty"):
        workflow.life.ageing.retire_product(" ", "", MANAGER, "old")
