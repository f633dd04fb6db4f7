"""The life of a case: draft, two reviews, published, historical; every step is one transaction with its audit entry."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from retriever.case.times import today_utc
from retriever.lifecycle.ageing import Ageing
from retriever.lifecycle.context import CaseState, Context
from retriever.lifecycle.deleting import Deleting
from retriever.lifecycle.linking import Linking
from retriever.lifecycle.merging import Merging
from retriever.lifecycle.reminding import Reminding, Send
from retriever.lifecycle.reviewing import Reviewing
from retriever.lifecycle.rules import Policy
from retriever.lifecycle.screening import Screening
from retriever.lifecycle.writing import Writing
from retriever.store import Store

__all__ = ["CaseState", "Lifecycle", "Policy", "Screening", "open_lifecycle"]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """All that can happen to a case, by theme."""

    writing: Writing
    reviewing: Reviewing
    ageing: Ageing
    merging: Merging
    linking: Linking
    deleting: Deleting
    reminding: Reminding


def open_lifecycle(
    store: Store,
    policy: Policy,
    *,
    searchable: Callable[[], object],
    today: Callable[[], date] = today_utc,
    channels: tuple[Send, ...] = (),
    via: str = "",
    dry_run: bool = False,
) -> Lifecycle:
    """The lifecycle over a library; see `Context`. `channels` are where reminders go."""
    context = Context(store, policy, searchable, today, via, dry_run)
    return Lifecycle(
        Writing(context),
        Reviewing(context),
        Ageing(context),
        Merging(context),
        Linking(context),
        Deleting(context),
        Reminding(context, channels),
    )
