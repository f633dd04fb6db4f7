"""What a server does once a day: what is no longer valid goes, what is due is said, what is too old is forgotten."""

from datetime import UTC, datetime, timedelta

import structlog

from retriever.case.times import utc_stamp
from retriever.config import Settings
from retriever.errors import Unavailable
from retriever.lifecycle import Lifecycle
from retriever.store import Store
from retriever.store.deliveries import DeliveryState

log = structlog.get_logger()


def daily_round(settings: Settings, store: Store, lifecycle: Lifecycle) -> None:
    """Make historical what is no longer valid, forget what is older than its retention, try deliveries again that were
    kept, and send the reminder of the day once. For a server: it only logs.
    """
    expired = lifecycle.ageing.expire()
    if expired:
        log.info("expired", cases=len(expired))
    forget(settings, store)
    store.deliveries.retry(states=(DeliveryState.KEPT,))
    try:
        if lifecycle.reminding.send_once():
            log.info("reminded")
    except Unavailable as error:
        log.warning("not_reminded", reason=str(error))


def forget(settings: Settings, store: Store, *, now: datetime | None = None) -> None:
    """Delete logged questions, events and deliveries that are older than the settings want; 0 days keep for ever."""
    if settings.log_retention_days:
        gone = store.events.delete_before(days_before(settings.log_retention_days, now))
        if gone:
            log.info("questions_forgotten", entries=gone)
    corrected = store.events.recount()
    if corrected:
        log.info("use_recounted", cases=corrected)
    if settings.webhook_retention_days:
        gone = store.deliveries.prune(days_before(settings.webhook_retention_days, now))
        if gone:
            log.info("deliveries_forgotten", entries=gone)


def days_before(days: int, now: datetime | None = None) -> str:
    """The time so many days ago, as the database has it."""
    return utc_stamp((now or datetime.now(UTC)) - timedelta(days=days))
