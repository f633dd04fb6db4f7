"""A published case whose ticket changed: the change waits as a pending revision, and the live version answers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retriever.domain import Actor, Case, Role, Status
from retriever.ingest.pipeline import ingest
from retriever.ingest.report import IngestReport
from retriever.lifecycle import Lifecycle, Policy, open_lifecycle
from retriever.lifecycle.tickets import revised_by_ticket
from retriever.store import Review, Store, open_store
from tests.support.builders import hashes_of
from tests.support.people import AUTHOR, LEAD, MANAGER, SCREENED
from tests.support.tickets import ZENDESK, export, put, ticket

ID = "zendesk:1"
NEW_ANSWER = "Replace the whole power supply."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A library with one published case that came from a ticket and was completed by a person."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        take(tmp_path, opened, ticket(1))
        put(opened, replace(live(opened), status=Status.PUBLISHED, diagnosis="worn fuse"))
        yield opened


def take(folder: Path, store: Store, *tickets: dict[str, Any], **options: Any) -> IngestReport:  # noqa: ANN401
    """Import these tickets as the command line does."""
    return ingest(export(folder, list(tickets)), store, replace(ZENDESK, **options), revise=revised_by_ticket)


def live(store: Store) -> Case:
    """The case as it answers."""
    return store.cases.get(ID).case


def pending(store: Store) -> Review:
    """Its pending revision, which there must be."""
    review = store.reviews.find(ID)
    assert review is not None
    assert review.pending is not None
    return review


def lifecycle(store: Store) -> Lifecycle:
    """The steps of people."""
    return open_lifecycle(store, Policy(), searchable=lambda: None)


def test_a_changed_ticket_proposes_a_revision(tmp_path: Path, store: Store) -> None:
    """What the ticket changed is proposed, what a person wrote here stays, and the live version is as it was."""
    report = take(tmp_path, store, ticket(1, answer=NEW_ANSWER))

    assert (report.revised, report.kept, report.updated) == (1, 0, 0)
    assert live(store).solution.startswith("Replace the fuse")
    text = pending(store).pending
    assert text is not None
    assert (text.solution, text.diagnosis, text.status) == (NEW_ANSWER, "worn fuse", Status.PUBLISHED)


def test_a_person_s_words_are_kept_where_the_ticket_did_not_change(tmp_path: Path, store: Store) -> None:
    """A problem reworded here is not turned back by a new answer there."""
    put(store, replace(live(store), problem="The unit stays dark after a power cut"))

    take(tmp_path, store, ticket(1, answer=NEW_ANSWER))

    text = pending(store).pending
    assert text is not None
    assert (text.problem, text.solution) == ("The unit stays dark after a power cut", NEW_ANSWER)


def test_the_same_changed_ticket_makes_no_second_revision(tmp_path: Path, store: Store) -> None:
    """Nor does it bring one back that a person discarded."""
    take(tmp_path, store, ticket(1, answer=NEW_ANSWER))
    tag, steps = pending(store).tag, len(store.reviews.steps(ID))

    again = take(tmp_path, store, ticket(1, answer=NEW_ANSWER), resume=False)
    assert (again.revised, again.unchanged) == (0, 1)
    assert (pending(store).tag, len(store.reviews.steps(ID))) == (tag, steps)

    lifecycle(store).reviewing.discard(ID, MANAGER)
    assert take(tmp_path, store, ticket(1, answer=NEW_ANSWER), resume=False).unchanged == 1
    assert store.reviews.find(ID) is None


def test_the_next_change_replaces_a_revision_that_nobody_touched(tmp_path: Path, store: Store) -> None:
    """It gets another tag, so that nobody approves what they did not read."""
    take(tmp_path, store, ticket(1, answer=NEW_ANSWER))
    before = pending(store).tag

    report = take(tmp_path, store, ticket(1, answer=NEW_ANSWER, subject="Unit 1 stays dark"))

    assert report.revised == 1
    after = pending(store)
    assert after.tag != before
    assert after.pending is not None
    assert (after.pending.title, after.pending.solution) == ("Unit 1 stays dark", NEW_ANSWER)


def test_a_person_s_revision_and_one_in_review_are_left_alone(tmp_path: Path, store: Store) -> None:
    """The case is kept until that one is decided; then the ticket's change is proposed."""
    people = lifecycle(store)
    people.writing.revise(ID, replace(live(store), lessons="order spare fuses"), AUTHOR)
    assert take(tmp_path, store, ticket(1, answer=NEW_ANSWER)).kept == 1

    people.reviewing.discard(ID, AUTHOR)
    assert take(tmp_path, store, ticket(1, answer=NEW_ANSWER), resume=False).revised == 1

    people.reviewing.submit(ID, Actor("rob", Role.REVIEWER, "red"))
    changed = take(tmp_path, store, ticket(1, answer="Replace the whole power supply, then the fuse."))
    assert (changed.revised, changed.kept) == (0, 1)


def test_two_approvals_publish_it_and_a_later_change_builds_on_it(tmp_path: Path, store: Store) -> None:
    """Like any other revision; the next import knows what was taken over last."""
    take(tmp_path, store, ticket(1, answer=NEW_ANSWER))
    people = lifecycle(store)
    people.reviewing.submit(ID, Actor("rob", Role.REVIEWER, "red"))
    people.reviewing.approve(ID, LEAD, SCREENED)
    people.reviewing.approve(ID, MANAGER, SCREENED)
    assert live(store).solution == NEW_ANSWER
    put(store, replace(live(store), solution="Swap the power supply."))

    take(tmp_path, store, ticket(1, answer=NEW_ANSWER, subject="Unit 1 stays dark"))

    text = pending(store).pending
    assert text is not None
    assert (text.title, text.solution) == ("Unit 1 stays dark", "Swap the power supply.")


def test_dates_and_priority_alone_are_no_reason(tmp_path: Path, store: Store) -> None:
    """Help desks touch them with every click."""
    report = take(tmp_path, store, ticket(1, priority="high", updated_at="2026-05-05T08:00:00Z"))

    assert (report.revised, report.unchanged) == (0, 1)
    assert store.reviews.find(ID) is None


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path, store: Store) -> None:
    """So that a person knows before."""
    assert take(tmp_path, store, ticket(1, answer=NEW_ANSWER), dry_run=True).revised == 1
    assert store.reviews.find(ID) is None


@pytest.mark.parametrize("status", [Status.IN_REVIEW, Status.HISTORICAL])
def test_other_states_are_kept(tmp_path: Path, store: Store, status: Status) -> None:
    """What is being read, or was taken out of use, is not changed under people's hands."""
    put(store, replace(live(store), status=status))

    assert take(tmp_path, store, ticket(1, answer=NEW_ANSWER)).kept == 1
    assert store.reviews.find(ID) is None


def test_publish_still_overwrites(tmp_path: Path, store: Store) -> None:
    """A trusted migration publishes at once, as documented."""
    report = take(tmp_path, store, ticket(1, answer=NEW_ANSWER), publish=True)

    assert (report.updated, report.revised) == (1, 0)
    assert live(store).solution == NEW_ANSWER


def test_erasing_a_case_forgets_the_text_taken_over(tmp_path: Path, store: Store) -> None:
    """A person who asks for erasure is in no table any more."""
    take(tmp_path, store, ticket(1, answer="Replace the quintessence coupler."))
    store.erasures.begin(ID, "asked for", names_of_text=hashes_of)

    assert b"quintessence" not in (tmp_path / "library.sqlite3").read_bytes()
