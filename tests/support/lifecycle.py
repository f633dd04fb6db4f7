"""A lifecycle over a library, with a day that tests move."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from retriever.domain import Actor, Case, Status
from retriever.lifecycle import Lifecycle, Policy, open_lifecycle
from retriever.store import Store
from tests.support.builders import make_case
from tests.support.people import AUTHOR, LEAD, MANAGER, SCREENED


@dataclass
class Workflow:
    """The lifecycle, its library, and a calendar."""

    store: Store
    day: date = date(2026, 3, 1)
    policy: Policy = field(default_factory=Policy)
    commits: int = 0

    @property
    def life(self) -> Lifecycle:
        """The lifecycle as of the day."""
        return open_lifecycle(self.store, self.policy, searchable=self._committed, today=lambda: self.day)

    def draft(self, id: str = "a", *, by: Actor = AUTHOR, **more: Any) -> Case:  # noqa: ANN401
        """A new draft."""
        return self.life.writing.write(make_case(id, **more), by).state.stored.case

    def publish(self, id: str = "a", *, by: Actor = AUTHOR, **more: Any) -> Case:  # noqa: ANN401
        """A case that went through both reviews."""
        self.draft(id, by=by, **more)
        self.life.reviewing.submit(id, by)
        return self.approve(id)

    def approve(self, id: str = "a") -> Case:
        """Both approvals of what ann's team submitted."""
        self.life.reviewing.approve(id, LEAD, SCREENED)
        return self.life.reviewing.approve(id, MANAGER, SCREENED).stored.case

    def revise(self, id: str = "a", *, by: Actor = AUTHOR, **more: Any) -> str:  # noqa: ANN401
        """A pending revision; its tag."""
        review = self.life.writing.revise(id, make_case(id, **more), by).review
        assert review is not None
        return review.tag

    def case(self, id: str = "a") -> Case:
        """The case as stored."""
        return self.store.cases.get(id).case

    def status(self, id: str = "a") -> Status:
        """Its state."""
        return self.case(id).status

    def steps(self, id: str = "a") -> list[str]:
        """What happened to it."""
        return [str(step.step) for step in self.store.reviews.steps(id)]

    def wait(self, days: int) -> None:
        """Days go by."""
        self.day += timedelta(days=days)

    def _committed(self) -> None:
        self.commits += 1
