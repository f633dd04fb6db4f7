"""The life of a case: draft, two reviews, published, historical; every step is one transaction with its audit entry."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from retriever.lifecycle.ageing import Ageing
from retriever.lifecycle.desk import Desk, Standing, today_utc
from retriever.lifecycle.merging import Merging
from retriever.lifecycle.reviewing import Reviewing
from retriever.lifecycle.rules import Policy
from retriever.lifecycle.screening import Screening
from retriever.lifecycle.writing import Writing
from retriever.store import Store

__all__ = ["Lifecycle", "Policy", "Screening", "Standing", "open_lifecycle"]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """All that can happen to a case, by theme."""

    writing: Writing
    reviewing: Reviewing
    ageing: Ageing
    merging: Merging


def open_lifecycle(
    store: Store, policy: Policy, *, searchable: Callable[[], object], today: Callable[[], date] = today_utc
) -> Lifecycle:
    """The lifecycle over a library; `searchable` runs after each step and brings it into the search."""
    desk = Desk(store, policy, searchable, today)
    return Lifecycle(Writing(desk), Reviewing(desk), Ageing(desk), Merging(desk))
