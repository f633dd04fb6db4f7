"""Once a day a list of what is due goes out: ids, dates and counts, never texts; `channels` are the ways out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from retriever.domain import Status
from retriever.lifecycle.context import Context
from retriever.lifecycle.rules import open_review, stage
from retriever.store import QueueFilter

LISTED = 200
"""Cases named in one message; the counts cover all of them."""
_IN_REVIEW = QueueFilter(states=(Status.IN_REVIEW,))


@dataclass(frozen=True, slots=True)
class DueCase:
    """One case to be reviewed again; no text of it."""

    id: str
    review_due_on: str
    category: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """What is to be done as of a day: reviews that are due, and how many cases wait for which approval."""

    day: str
    due: tuple[DueCase, ...]
    due_in_all: int
    waiting_for_first: int
    waiting_for_second: int

    @property
    def is_empty(self) -> bool:
        """Nothing is due and nothing waits."""
        return not (self.due_in_all or self.waiting_for_first or self.waiting_for_second)


Send: TypeAlias = Callable[[Reminder], None]


@dataclass(frozen=True, slots=True)
class Reminding:
    """Draws up the reminder of the day and sends it once, whichever of several servers comes first."""

    context: Context
    channels: tuple[Send, ...] = ()

    def reminder(self) -> Reminder:
        """What is to be done today; the most overdue cases by name."""
        store, today = self.context.store, self.context.today()
        tomorrow = (today + timedelta(days=1)).isoformat()
        named = tuple(
            DueCase(stored.case.id, since, stored.case.category)
            for since, stored in store.reviews.page_due(tomorrow, limit=LISTED)
        )
        waiting = self._waiting()
        return Reminder(
            today.isoformat(), named, store.reviews.count_due(tomorrow), waiting["first"], waiting["second"]
        )

    def send(self) -> bool:
        """Send the reminder now; False when there is nothing to say or nowhere to send it. Raises Unavailable."""
        reminder = self.reminder()
        if reminder.is_empty or not self.channels:
            return False
        for channel in self.channels:
            channel(reminder)
        return True

    def send_once(self) -> bool:
        """Send it unless somebody did so today. Raises Unavailable; the next one to call tries again."""
        day = self.context.today().isoformat()
        if not self.channels or not self.context.store.reminders.claim(day):
            return False
        try:
            return self.send()
        except BaseException:
            self.context.store.reminders.release(day)
            raise

    def _waiting(self) -> dict[str, int]:
        waiting, after = {"first": 0, "second": 0}, ("", 0)
        while queue := self.context.store.reviews.page(_IN_REVIEW, after=after, limit=LISTED):
            for entry in queue:
                review = open_review(entry.stored, entry.review)
                if review is not None and review.state is Status.IN_REVIEW:
                    waiting[stage(review, self.context.policy)] += 1
            after = (queue[-1].since, queue[-1].stored.key)
        return waiting
