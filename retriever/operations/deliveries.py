"""What help desks sent by webhook: the last of it, another try, and forgetting what is old."""

from collections.abc import Sequence

from retriever.config import Settings
from retriever.errors import InvalidInput
from retriever.operations.upkeep import days_before
from retriever.store import Store
from retriever.store.deliveries import Delivery, DeliveryState

STATES = tuple(state.value for state in DeliveryState)
TO_TRY = (DeliveryState.FAILED, DeliveryState.KEPT)
"""What can be tried again."""


def list_deliveries(store: Store, *, states: Sequence[str] = (), source: str = "", limit: int = 50) -> list[Delivery]:
    """The last deliveries in these states of this help desk, the newest first. Raises InvalidInput."""
    if unknown := set(states) - set(STATES):
        raise InvalidInput(f"--state is one of {', '.join(STATES)}, not {min(unknown)[:40]!r}.")
    return store.deliveries.last(limit, states=[DeliveryState(name) for name in states], source=source)


def retry_deliveries(store: Store, numbers: Sequence[int] = (), *, dry_run: bool = False) -> list[int]:
    """Put what failed or was kept back into the queue, all of it without numbers; what is queued. InvalidInput."""
    for number in numbers:
        state = store.deliveries.get(number).state
        if state not in TO_TRY:
            raise InvalidInput(f"delivery {number} is {state}: only what failed or was kept can be tried again.")
    return store.deliveries.retry(numbers, dry_run=dry_run)


def retention_days(settings: Settings, days: int | None = None) -> int:
    """How long deliveries are kept: as named, else as the settings say. Raises InvalidInput when that is for ever."""
    kept = settings.webhook_retention_days if days is None else days
    if not kept:
        raise InvalidInput("webhook_retention_days is 0, which keeps deliveries for ever; name --days.")
    return kept


def prune_deliveries(store: Store, days: int, *, dry_run: bool = False) -> int:
    """Forget deliveries that are older than so many days, but what waits; how many."""
    return store.deliveries.prune(days_before(days), dry_run=dry_run)


def delivery_facts(delivery: Delivery) -> dict[str, object]:
    """What is known of a delivery, without any text of it."""
    return {
        "number": delivery.number,
        "source": delivery.source,
        "delivery": delivery.delivery_id,
        "received_at": delivery.received_at,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "outcome": delivery.outcome,
    }
