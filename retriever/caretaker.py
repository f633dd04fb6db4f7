"""The lifecycle as the settings want it, and the daily round: what is no longer valid goes, what is due is said."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from retriever.config import Settings
from retriever.errors import InvalidSettings, Unavailable
from retriever.lifecycle import Lifecycle, Policy, open_lifecycle
from retriever.lifecycle.channels import Mail, Webhook
from retriever.lifecycle.reminding import Send
from retriever.store import Store
from retriever.store.deliveries import State

log = structlog.get_logger()


def lifecycle_of(
    settings: Settings,
    store: Store,
    searchable: Callable[[], object] = lambda: None,
    *,
    via: str = "",
    dry_run: bool = False,
) -> Lifecycle:
    """The lifecycle over an open library; without `searchable` a running server finds the changes at its next poll.

    Raises InvalidSettings when reminders are wanted but cannot be sent.
    """
    return open_lifecycle(
        store,
        policy_of(settings),
        searchable=searchable,
        channels=channels_of(settings),
        via=via,
        dry_run=dry_run,
    )


def policy_of(settings: Settings) -> Policy:
    """How many approvals, and when the next review is due."""
    return Policy(settings.reviews, settings.review_days, settings.review_days_by_category)


def channels_of(settings: Settings) -> tuple[Send, ...]:
    """Where reminders go. Raises InvalidSettings naming the setting that is missing."""
    channels: list[Send] = []
    if settings.reminder_webhook:
        secret = settings.reminder_secret.get_secret_value()
        if not secret:
            raise InvalidSettings("reminder_webhook needs reminder_secret: the receiver must know who sends.")
        channels.append(Webhook(settings.reminder_webhook, secret))
    if settings.reminder_email:
        if not settings.smtp_host or not settings.smtp_from:
            raise InvalidSettings("reminder_email needs smtp_host and smtp_from: the server and the sender.")
        channels.append(
            Mail(
                host=settings.smtp_host,
                port=settings.smtp_port,
                sender=settings.smtp_from,
                recipients=[address.strip() for address in settings.reminder_email.split(",") if address.strip()],
                user=settings.smtp_user,
                password=settings.smtp_password.get_secret_value(),
                tls=settings.smtp_tls,
            )
        )
    return tuple(channels)


def daily_round(settings: Settings, store: Store, lifecycle: Lifecycle) -> None:
    """Make historical what is no longer valid, forget what is older than its retention, try deliveries again that were
    kept, and send the reminder of the day once. For a server: it only logs.
    """
    expired = lifecycle.ageing.expire()
    if expired:
        log.info("expired", cases=len(expired))
    forget(settings, store)
    store.deliveries.retry(states=(State.KEPT,))
    try:
        if lifecycle.reminding.send_once():
            log.info("reminded")
    except Unavailable as error:
        log.warning("not_reminded", reason=str(error))


def forget(settings: Settings, store: Store, *, now: datetime | None = None) -> None:
    """Delete logged questions, events and deliveries that are older than the settings want; 0 days keep for ever."""
    if settings.log_retention_days:
        gone = store.delete_events_before(days_before(settings.log_retention_days, now))
        if gone:
            log.info("questions_forgotten", entries=gone)
    if settings.webhook_retention_days:
        gone = store.deliveries.prune(days_before(settings.webhook_retention_days, now))
        if gone:
            log.info("deliveries_forgotten", entries=gone)


def days_before(days: int, now: datetime | None = None) -> str:
    """The time so many days ago, as the database has it."""
    return ((now or datetime.now(UTC)) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
