"""Which stored case an incoming one means, and what an import does with a ticket, as rules without a database."""

import pytest

from retriever.case.identity import HeldCase, LastTaken, TicketAction, case_meant, ticket_action
from tests.support.builders import make_case


def held(id: str = "desk:1", *, status: str = "draft", external: str | None = "1", deleted: bool = False) -> HeldCase:
    """A stored case of the help desk, whose text is as it was taken over."""
    return HeldCase(7, id, "desk", external, 3, 9, "taken over", "2026-03-01T08:00:00Z", status, int(deleted))


@pytest.mark.parametrize(
    ("status", "stored", "last", "may_propose", "expected"),
    [
        ("published", None, "taken over", True, ("write", "")),
        ("draft", None, "now", True, ("unchanged", "")),
        ("draft", "published", "now", True, ("unchanged", "")),
        ("draft", "draft", "taken over", True, ("write", "")),
        ("draft", "draft", "", True, ("write", "")),
        ("draft", "draft", "before that", True, ("kept", "edited here")),
        ("draft", "in_review", "taken over", True, ("kept", "in review")),
        ("draft", "historical", "taken over", True, ("kept", "is historical")),
        ("draft", "published", "taken over", True, ("proposed", "")),
        ("draft", "published", "taken over", False, ("kept", "is published")),
        ("published", "published", "taken over", True, ("write", "")),
        ("published", "in_review", "taken over", True, ("write", "")),
    ],
)
def test_what_an_import_does_with_a_ticket(
    status: str, stored: str | None, last: str, may_propose: bool, expected: tuple[TicketAction, str]
) -> None:
    """Of a ticket whose text is `now`: its case gives way, waits, or is left alone, with the reason."""
    ticket = make_case("desk:1", status=status, source={"system": "desk", "external_id": "1"})
    case = None if stored is None else held(status=stored)

    taken = LastTaken(last, last)
    action, reason = ticket_action(ticket, case, digest="now", last=taken, moment="", may_propose=may_propose)

    assert action == expected[0]
    assert expected[1] in reason
    assert bool(reason) == (action == "kept")


@pytest.mark.parametrize(
    ("same_id", "same_source", "by_id", "meant"),
    [
        (None, None, False, None),
        (held(), held(), False, "desk:1"),
        (None, held("other"), False, "other"),
        (held(external=None), None, False, "desk:1"),
        (held(external="2"), None, False, "id desk:1 belongs to source desk:2"),
        (held(external="2"), None, True, "desk:1"),
        (held(external="2", deleted=True), None, False, "desk:1"),
        (held(external=None), held("other"), False, "source desk:1 belongs to case other"),
        (None, held("other"), True, "source desk:1 belongs to case other"),
        (held(external=None, deleted=True), held("other"), False, "other"),
    ],
)
def test_which_case_is_meant(
    same_id: HeldCase | None, same_source: HeldCase | None, by_id: bool, meant: str | None
) -> None:
    """A ticket's source says more than its id, unless the writer names the case."""
    case = make_case("desk:1", source={"system": "desk", "external_id": "1"})

    found = case_meant(case, same_id, same_source, by_id=by_id)

    assert (found.id if isinstance(found, HeldCase) else found) == meant
