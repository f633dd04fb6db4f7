"""Deliveries of help desks: each once, tried again on demand, never an old text over a new one, forgotten in time."""

import pytest

from retriever.domain import Case
from retriever.errors import NotFound
from retriever.store import Store
from retriever.store.deliveries import ATTEMPTS, Deliveries, DeliveryState
from tests.support.builders import make_case

FOREVER = "9999-01-01T00:00:00Z"


@pytest.fixture
def deliveries(store: Store) -> Deliveries:
    """The queue of an empty library."""
    return store.deliveries


def ticket(number: int) -> Case:
    """A draft of a ticket."""
    return make_case(f"desk:{number}", source={"system": "desk", "external_id": str(number)}, status="draft")


def receive(deliveries: Deliveries, id: str, number: int | None) -> int:
    """Note one delivery, of no use without a ticket; its number."""
    case = None if number is None else ticket(number)
    assert deliveries.receive("desk", id, f"hash of {id}", case=case, reason="" if case else "unresolved")
    return deliveries.last(1)[0].number


def states(deliveries: Deliveries) -> dict[str, str]:
    """State by delivery id."""
    return {delivery.delivery_id: delivery.state for delivery in deliveries.last()}


def give_up(deliveries: Deliveries, number: int) -> None:
    """Fail as often as it takes."""
    for _ in range(ATTEMPTS):
        deliveries.fail(number, "locked")


def test_what_was_given_up_or_kept_is_tried_again(deliveries: Deliveries) -> None:
    """With all its attempts; what is done has nothing left to try."""
    failed, kept, done = (receive(deliveries, f"d-{number}", number) for number in (1, 2, 3))
    give_up(deliveries, failed)
    deliveries.keep(kept, "kept; its case is in review")
    deliveries.settle(done, "created")

    assert deliveries.retry(dry_run=True) == [failed, kept]
    assert deliveries.retry([failed, done]) == [failed]
    assert states(deliveries) == {"d-1": "queued", "d-2": "kept", "d-3": "done"}
    assert deliveries.get(failed).attempts == 0
    assert deliveries.retry(states=(DeliveryState.KEPT,)) == [kept]


def test_an_older_state_of_a_ticket_never_comes_back(deliveries: Deliveries) -> None:
    """What waits of it is dropped when a newer one is worked off; other tickets wait on."""
    old, waiting = receive(deliveries, "old", 1), receive(deliveries, "waiting", 1)
    other, new = receive(deliveries, "other", 2), receive(deliveries, "new", 1)
    give_up(deliveries, old)
    deliveries.keep(other, "kept")

    deliveries.settle(new, "updated")

    assert states(deliveries) == {"old": "superseded", "waiting": "superseded", "other": "kept", "new": "done"}
    assert [deliveries.get(number).case for number in (old, waiting)] == [None, None]
    assert deliveries.retry() == [other]


def test_the_last_ones_by_state_and_source(deliveries: Deliveries) -> None:
    """The newest first."""
    receive(deliveries, "a", None)
    give_up(deliveries, receive(deliveries, "b", 1))
    receive(deliveries, "c", 2)

    assert [d.delivery_id for d in deliveries.last()] == ["c", "b", "a"]
    assert [d.delivery_id for d in deliveries.last(states=[DeliveryState.FAILED, DeliveryState.SKIPPED])] == ["b", "a"]
    assert deliveries.last(source="elsewhere") == []


def test_old_deliveries_are_forgotten_but_what_waits(deliveries: Deliveries) -> None:
    """A dry run only counts."""
    receive(deliveries, "skipped", None)
    deliveries.keep(receive(deliveries, "kept", 1), "kept")
    receive(deliveries, "queued", 2)

    assert deliveries.prune("2020-01-01T00:00:00Z") == 0
    assert deliveries.prune(FOREVER, dry_run=True) == 2
    assert deliveries.prune(FOREVER) == 2
    assert states(deliveries) == {"queued": "queued"}


def test_an_unknown_delivery_is_not_found(deliveries: Deliveries) -> None:
    """With a reason."""
    with pytest.raises(NotFound, match="no delivery 7"):
        deliveries.get(7)
