"""The life of cases against a dictionary: whatever people do in whatever order, both tell the same story."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from retriever.domain import Actor, Case, Query, Role, Status
from retriever.errors import CaseNotFound, Conflict, Forbidden, SimilarCasesError, VersionMismatch
from retriever.indexing.live import Indexing
from retriever.lifecycle import Lifecycle, Policy, open_lifecycle
from retriever.lifecycle.tickets import revised_by_ticket
from retriever.search.scope import clauses_of
from retriever.store import QueueFilter, open_store
from tests.support.builders import WordEncoder, make_case
from tests.support.people import SCREENED

IDS = st.sampled_from(["a", "b"])
PEOPLE = (
    Actor("ann", Role.CONTRIBUTOR, "red"),
    Actor("lee", Role.REVIEWER, "red"),
    Actor("leo", Role.REVIEWER, "blue"),
    Actor("kim", Role.KNOWLEDGE_MANAGER, "red"),
    Actor("kai", Role.KNOWLEDGE_MANAGER, "blue"),
    Actor("vic", Role.VIEWER, "red"),
)
ACTORS = st.sampled_from(PEOPLE)
TEXTS = st.sampled_from(["paper jam", "blank page", "no power"])
START = date(2026, 3, 1)


@dataclass
class Passage:
    """What waits for approval in the model."""

    text: str
    authors: set[str]
    submitted: bool = False
    submitter: str = ""
    team: str = ""
    first: str = ""
    first_manages: bool = False

    def led_by(self, who: Actor) -> bool:
        """Is this a reviewer of the submitter's team, or any one where the submitter is in none?"""
        return who.role >= Role.REVIEWER and (not self.team or who.team == self.team)


@dataclass
class Life:
    """One case in the model: `live` is what search may show, and `approved` who let that text through."""

    live: str | None = None
    historical: bool = False
    waiting: Passage | None = None
    approved: set[str] = field(default_factory=set)
    written_by: set[str] = field(default_factory=set)
    merged_into: str = ""
    creator: str = ""
    taken: str = ""
    """What was last taken over from its ticket."""

    def shows_to(self, who: Actor) -> bool:
        """Drafts are there for reviewers and for who created them, what is live for everybody."""
        mine = who.role >= Role.CONTRIBUTOR and who.id == self.creator
        return self.live is not None or who.role >= Role.REVIEWER or mine

    def reviewed_by(self, who: Actor) -> bool:
        """What waits is there for reviewers, and for who wrote or submitted it."""
        waiting = self.waiting
        own = waiting is not None and who.id in waiting.authors | {waiting.submitter}
        return who.role >= Role.REVIEWER or (own and who.role >= Role.CONTRIBUTOR)


class LifecycleAgainstDict(RuleBasedStateMachine):
    """The model knows the rules in words and in sets; the program knows rows, tags and transactions."""

    @initialize()
    def start(self) -> None:
        """An empty library with an index."""
        memory = Path("/dev/shm")  # noqa: S108  this is about answers, not about disks
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        root = Path(self.folder.name)
        self.store = open_store(root / "library.sqlite3")
        self.indexing = Indexing(self.store, WordEncoder(8), root / "index")
        self.today = START
        self.lifecycle: Lifecycle = open_lifecycle(
            self.store, Policy(), searchable=self.indexing.catch_up, today=lambda: self.today
        )
        self.lives: dict[str, Life] = {}
        self.steps = 0

    def teardown(self) -> None:
        """Close the library, after its audit log was checked."""
        if hasattr(self, "store"):
            assert self.store.audit.verify().findings == ()
            assert sum(1 for entry in self.store.audit.iter_entries() if entry.action.startswith("case.")) == self.steps
            self.store.close()
            self.folder.cleanup()

    def happens(self, allowed: bool, act: Callable[[], object], *, steps: int = 1) -> None:
        """Do it; it must succeed exactly when the model allows it."""
        try:
            act()
        except (Forbidden, Conflict, CaseNotFound) as error:
            assert not allowed, f"refused: {error}"
            return
        assert allowed, "the model refuses this"
        self.steps += steps

    @rule(id=IDS, text=TEXTS, who=ACTORS)
    def write(self, id: str, text: str, who: Actor) -> None:
        """A write makes a draft, changes one, or waits beside the live case."""
        life = self.lives.get(id)
        same = life is not None and text == (life.live if life.live is not None else life.waiting and life.waiting.text)
        waiting = life.waiting if life else None
        mine = waiting is None or waiting.authors == {who.id}
        live = life is not None and life.live is not None
        unchanged = same or (live and waiting is not None and waiting.text == text)
        allowed = who.role >= Role.CONTRIBUTOR and (
            unchanged or not live or (mine and life is not None and not life.merged_into)
        )
        allowed = allowed and (life is None or life.shows_to(who))
        self.happens(
            allowed,
            lambda: self.lifecycle.writing.write(case_of(id, text), who),
            steps=0 if unchanged else 1,
        )
        if allowed and not unchanged:
            life = self.lives.setdefault(id, Life(creator=who.id))
            authors = (waiting.authors if waiting else set()) | {who.id}
            life.waiting = Passage(text, authors)

    @rule(id=IDS, who=ACTORS)
    def submit(self, id: str, who: Actor) -> None:
        """Drafts can be handed in by contributors."""
        waiting = self.waiting(id)
        allowed = who.role >= Role.CONTRIBUTOR and waiting is not None and not waiting.submitted
        allowed = allowed and self.within_reach(id, who)
        self.happens(allowed, lambda: self.lifecycle.reviewing.submit(id, who))
        if allowed and waiting:
            waiting.submitted, waiting.submitter, waiting.team = True, who.id, who.team
            waiting.first = ""

    @rule(id=IDS, who=ACTORS)
    def approve(self, id: str, who: Actor) -> None:
        """A reviewer of the team, and a knowledge manager as one of two people who did not write it."""
        waiting, life = self.waiting(id), self.lives.get(id)
        allowed = waiting is not None and waiting.submitted and who.id not in waiting.authors | {waiting.submitter}
        if allowed and waiting and not waiting.first:
            allowed = waiting.led_by(who)
        elif allowed and waiting and life:
            allowed = who.role >= Role.KNOWLEDGE_MANAGER or (waiting.first_manages and waiting.led_by(who))
            allowed = allowed and who.id != waiting.first and not life.merged_into
        self.happens(allowed, lambda: self.lifecycle.reviewing.approve(id, who, SCREENED))
        if allowed and waiting and life:
            if not waiting.first:
                waiting.first, waiting.first_manages = who.id, who.role >= Role.KNOWLEDGE_MANAGER
            else:
                life.live, life.historical, life.waiting = waiting.text, False, None
                life.approved, life.written_by = {waiting.first, who.id}, waiting.authors | {waiting.submitter}

    @rule(id=IDS, text=TEXTS, hands=st.permutations(PEOPLE[:5]))
    def everybody_has_a_go(self, id: str, text: str, hands: list[Actor]) -> None:
        """One writes and submits, then all try to approve in turn: chance alone would seldom publish anything."""
        self.write(id, text, hands[0])
        self.submit(id, hands[0])
        for who in hands:
            self.approve(id, who)

    @rule(id=IDS, who=ACTORS, back=st.sampled_from(["reject", "withdraw"]))
    def send_back(self, id: str, who: Actor, back: str) -> None:
        """Reviewers reject what others wrote, authors and knowledge managers take back."""
        waiting = self.waiting(id)
        allowed = waiting is not None and waiting.submitted
        if allowed and waiting:
            own = who.id in waiting.authors | {waiting.submitter}
            manages = who.role >= Role.KNOWLEDGE_MANAGER
            leads = waiting.led_by(who)
            allowed = (not own and (manages or leads)) if back == "reject" else (own or manages)
        allowed = allowed and self.within_reach(id, who)
        if back == "reject":
            self.happens(allowed, lambda: self.lifecycle.reviewing.reject(id, who, "unclear"))
        else:
            self.happens(allowed, lambda: self.lifecycle.reviewing.withdraw(id, who))
        if allowed and waiting:
            waiting.submitted, waiting.first = False, ""

    @rule(id=IDS, who=ACTORS)
    def discard(self, id: str, who: Actor) -> None:
        """A pending revision can be dropped by its authors or a knowledge manager."""
        waiting, life = self.waiting(id), self.lives.get(id)
        allowed = (
            waiting is not None
            and life is not None
            and life.live is not None
            and (who.id in waiting.authors | {waiting.submitter} or who.role >= Role.KNOWLEDGE_MANAGER)
            and who.role >= Role.CONTRIBUTOR
        )
        self.happens(allowed, lambda: self.lifecycle.reviewing.discard(id, who))
        if allowed and life:
            life.waiting = None

    @rule(id=IDS, who=ACTORS, back=st.booleans())
    def retire(self, id: str, who: Actor, back: bool) -> None:
        """Knowledge managers retire what is published and reinstate what is historical and not merged."""
        life = self.lives.get(id)
        allowed = who.role >= Role.KNOWLEDGE_MANAGER and life is not None and life.live is not None
        if life is not None:
            allowed = allowed and life.historical == back and not life.merged_into
        if back:
            self.happens(allowed, lambda: self.lifecycle.ageing.reinstate(id, who))
        else:
            self.happens(allowed, lambda: self.lifecycle.ageing.retire(id, who, "obsolete"))
        if allowed and life:
            life.historical = not back

    @rule(id=IDS, who=ACTORS)
    def merge(self, id: str, who: Actor) -> None:
        """A published case stands for another one that was published; `id` is the one that goes."""
        keep = "b" if id == "a" else "a"
        kept, gone = self.lives.get(keep), self.lives.get(id)
        allowed = (
            who.role >= Role.KNOWLEDGE_MANAGER
            and kept is not None
            and gone is not None
            and kept.live is not None
            and gone.live is not None
            and not kept.historical
            and not gone.merged_into
            and gone.waiting is None
        )
        self.happens(allowed, lambda: self.lifecycle.merging.merge(keep, [id], who), steps=2)
        if allowed and gone:
            gone.merged_into, self.before = keep, gone.historical
            gone.historical = True

    @rule(id=IDS, who=ACTORS)
    def unmerge(self, id: str, who: Actor) -> None:
        """A merge can be undone by a knowledge manager; the state from before comes back."""
        life = self.lives.get(id)
        allowed = who.role >= Role.KNOWLEDGE_MANAGER and life is not None and bool(life.merged_into)
        self.happens(allowed, lambda: self.lifecycle.merging.unmerge(id, who))
        if allowed and life:
            life.merged_into, life.historical = "", self.before

    @rule(id=IDS, text=TEXTS)
    def the_ticket_changes(self, id: str, text: str) -> None:
        """The change waits beside a published case, unless people have a revision of their own or one in review."""
        life = self.lives.get(id)
        if life is None or life.live is None:
            return
        waiting = life.waiting
        told = waiting.text if waiting else life.live
        if text == life.taken:
            expected = "unchanged"
        elif life.historical or (waiting and (waiting.authors or waiting.submitted)):
            expected = "kept"
        elif text == told:
            expected = "unchanged"
        else:
            expected = "kept" if waiting and text == life.live else "proposed"
        ticket = replace(case_of(id, text), status=Status.DRAFT)

        (outcome,) = self.store.imports.write([self.store.masking.case(ticket)], revise=revised_by_ticket)

        assert outcome.action == expected
        if expected != "kept":
            life.taken = text
        if expected == "proposed":
            life.waiting = Passage(text, set())
            self.steps += 1

    @rule(days=st.integers(1, 200))
    def time_goes_by(self, days: int) -> None:
        """Time alone changes nothing: these cases have no end of validity."""
        self.today += timedelta(days=days)

        assert self.lifecycle.ageing.expire() == []

    @rule(id=IDS, who=ACTORS)
    def act_on_an_old_look(self, id: str, who: Actor) -> None:
        """Whoever names a version that is not there changes nothing, whatever else would be allowed."""
        try:
            self.lifecycle.reviewing.approve(id, who, SCREENED, if_version="r0")
        except SimilarCasesError as error:
            assert isinstance(error, VersionMismatch | CaseNotFound | Conflict)
        else:
            raise AssertionError("approved at a version that never was")

    def waiting(self, id: str) -> Passage | None:
        """What of a case waits for approval."""
        life = self.lives.get(id)
        return life.waiting if life else None

    def within_reach(self, id: str, who: Actor) -> bool:
        """May this person know of what waits?"""
        life = self.lives.get(id)
        return life is not None and life.reviewed_by(who)

    @invariant()
    def search_shows_exactly_what_is_published(self) -> None:
        """The live text answers until another one is approved; drafts, revisions and retired cases do not."""
        if not hasattr(self, "store"):
            return
        view = self.indexing.view()
        allowed = view.facets.allowed(clauses_of(Query(problem="x")))
        keys = list(view.facets.keys if allowed is None else allowed)
        shown = {stored.case.id: stored.case.problem for stored in self.store.cases.get_many(keys).values()}

        assert shown == {
            id: life.live for id, life in self.lives.items() if life.live is not None and not life.historical
        }

    @invariant()
    def what_is_live_was_approved_by_two_others(self) -> None:
        """No text is live without two different people who approved it and did not write it."""
        for id, life in getattr(self, "lives", {}).items():
            stored = self.store.cases.get(id)
            if stored.case.status in (Status.PUBLISHED, Status.HISTORICAL):
                assert len(life.approved) == 2
                assert not life.approved & life.written_by
                assert set(stored.case.reviewers) == life.approved
                assert stored.case.problem == life.live

    @invariant()
    def the_queue_holds_what_waits(self) -> None:
        """Everything that waits is in the queue once, in the state that the model knows."""
        if not hasattr(self, "store"):
            return
        states, _ = self.lifecycle.reviewing.page(QueueFilter(), PEOPLE[3])
        found = {
            s.stored.case.id: (s.review.state is Status.IN_REVIEW, s.review.first_by, set(s.review.authors))
            for s in states
            if s.review
        }

        assert len(found) == len(states)
        assert found == {
            id: (life.waiting.submitted, life.waiting.first, life.waiting.authors)
            for id, life in self.lives.items()
            if life.waiting is not None
        }


def case_of(id: str, text: str) -> Case:
    """A case that came from a ticket of the same number."""
    return make_case(id, text, source={"system": "desk", "external_id": id})


LifecycleAgainstDict.TestCase.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLifecycle = LifecycleAgainstDict.TestCase
