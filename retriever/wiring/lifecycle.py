"""The lifecycle as the settings want it: approvals, review days, and where reminders go."""

from collections.abc import Callable

from retriever.config import Settings
from retriever.errors import InvalidSettings
from retriever.lifecycle import Lifecycle, Policy, open_lifecycle
from retriever.lifecycle.channels import Mail, Webhook
from retriever.lifecycle.reminding import Send
from retriever.store import Store


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
