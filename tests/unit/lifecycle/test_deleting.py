"""The way back for what was deleted: who may see it, how it comes back, and what does not."""

from dataclasses import replace

import pytest

from retriever.domain import OPERATOR, Actor, Status
from retriever.errors import CaseNotFound, Conflict, Forbidden
from tests.support.builders import hashes_of
from tests.support.lifecycle import Workflow
from tests.support.people import AUTHOR, LEAD, MANAGER, SCREENED


def test_a_deleted_case_comes_back_as_it_was(workflow: Workflow) -> None:
    """Text, state and source are those of before; the version goes on, and the step is kept."""
    before = workflow.publish("a", source={"system": "desk", "external_id": "7"})
    deleted = workflow.store.cases.get("a")
    workflow.store.cases.delete("a", actor=MANAGER)

    (seen,), _ = workflow.life.deleting.page(MANAGER)
    back = workflow.life.deleting.bring_back("a", MANAGER).stored

    assert (seen.case, seen.version, seen.updated_at >= deleted.updated_at) == (before, deleted.version, True)
    assert (back.case, back.version) == (before, deleted.version + 1)
    assert workflow.steps()[-1] == "undelete"
    assert workflow.life.deleting.page(MANAGER) == ([], None)


def test_what_was_under_review_is_a_draft_again(workflow: Workflow) -> None:
    """Its approvals went with the deletion."""
    workflow.draft("a")
    workflow.life.reviewing.submit("a", AUTHOR)
    workflow.life.reviewing.approve("a", LEAD, SCREENED)
    workflow.store.cases.delete("a")

    state = workflow.life.deleting.bring_back("a", MANAGER)

    assert state.stored.case.status is Status.DRAFT
    assert state.review is not None
    assert state.review.first_by == ""


def test_only_knowledge_managers_of_its_groups_see_it(workflow: Workflow) -> None:
    """To others it is no case at all, deleted or not."""
    workflow.store.cases.upsert([replace(workflow.publish("a"), audience=("emea",))], actor=OPERATOR)
    workflow.store.cases.delete("a")
    outsider = Actor("zoe", MANAGER.role, audience=("apac",))

    with pytest.raises(Forbidden):
        workflow.life.deleting.bring_back("a", LEAD)
    with pytest.raises(Forbidden):
        workflow.life.deleting.page(LEAD)
    with pytest.raises(CaseNotFound):
        workflow.life.deleting.bring_back("a", outsider)
    assert workflow.life.deleting.page(outsider) == ([], None)


def test_what_is_there_or_erased_does_not_come_back(workflow: Workflow) -> None:
    """A case that is not deleted is a conflict, an erased one is unknown, and so is one whose source was taken."""
    workflow.publish("a", source={"system": "desk", "external_id": "7"})
    workflow.publish("b")
    workflow.store.erasures.begin("b", "asked for", names_of_text=hashes_of)

    with pytest.raises(Conflict, match="not deleted"):
        workflow.life.deleting.bring_back("a", MANAGER)
    with pytest.raises(CaseNotFound, match="erased"):
        workflow.life.deleting.bring_back("b", MANAGER)
    workflow.store.cases.delete("a")
    workflow.publish("c", problem="another", source={"system": "desk", "external_id": "7"})
    with pytest.raises(Conflict):
        workflow.life.deleting.bring_back("a", MANAGER)


def test_pages_show_each_deleted_case_once(workflow: Workflow) -> None:
    """Last deleted first, and those of other groups are passed over."""
    ids = [f"k{number}" for number in range(7)]
    for id in ids:
        audience = ("emea",) if id in ("k2", "k3") else ()
        workflow.store.cases.upsert([replace(workflow.publish(id, problem=id), audience=audience)])
        workflow.store.cases.delete(id)

    seen, cursor = workflow.life.deleting.page(MANAGER, limit=2)
    while cursor:
        more, cursor = workflow.life.deleting.page(MANAGER, before=cursor, limit=2)
        seen += more

    assert [stored.case.id for stored in seen] == ["k6", "k5", "k4", "k1", "k0"]
