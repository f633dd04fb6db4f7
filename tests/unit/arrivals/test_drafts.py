"""Drafts are compared with what arrives, though no search finds them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retriever.arrivals.drafts import RecentDrafts
from retriever.domain import OPERATOR, Actor, Case, Role, Status
from retriever.store import Store, open_store
from tests.support.builders import make_case

NEW = make_case("new", "the printer jams after two pages")
ANN = Actor("ann", Role.CONTRIBUTOR, audience=("north",))
LEE = Actor("lee", Role.REVIEWER, audience=("north",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A library with a near draft, a far one, and a near case that is published."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        opened.cases.upsert(
            [
                draft("near", "the printer jams after three pages"),
                draft("far", "the refund has not arrived on the card"),
                make_case("live", "the printer jams after two pages"),
            ]
        )
        yield opened


def draft(id: str, problem: str, **more: object) -> Case:
    """A draft of nobody."""
    return make_case(id, problem, status="draft", **more)


def ids(drafts: RecentDrafts, case: Case = NEW, actor: Actor = OPERATOR) -> list[str]:
    """The drafts found, best first."""
    return [match.stored.case.id for match in drafts.nearest(case, actor)]


def test_drafts_come_by_nearness(store: Store) -> None:
    """Published cases are for the search to find."""
    assert ids(RecentDrafts(store.cases)) == ["near", "far"]


def test_a_draft_is_not_like_itself(store: Store) -> None:
    """By its id."""
    assert ids(RecentDrafts(store.cases), draft("near", "the printer jams after three pages")) == ["far"]


def test_new_drafts_are_seen_and_published_ones_are_gone(store: Store) -> None:
    """At the next question, whoever wrote them."""
    drafts = RecentDrafts(store.cases)
    assert ids(drafts) == ["near", "far"]

    store.cases.upsert([draft("nearest", "the printer jams after two pages")])
    store.cases.upsert([replace(store.cases.get("near").case, status=Status.PUBLISHED)])
    store.cases.delete("far")

    assert ids(drafts) == ["nearest"]


def test_only_the_newest_are_compared(store: Store) -> None:
    """So that memory and time stay bounded after a migration."""
    drafts = RecentDrafts(store.cases, most=2)
    assert len(ids(drafts)) == 2

    store.cases.upsert([draft("third", "the printer jams")])

    assert ids(drafts) == ["third", "far"]


def test_drafts_of_others_do_not_exist_for_a_contributor(store: Store) -> None:
    """Their own do; a reviewer sees those of the own groups."""
    own = draft("own", "the printer jams", created_by="ann")
    hidden = draft("hidden", "the printer jams", audience=["south"])
    store.cases.upsert([own, hidden])

    assert ids(RecentDrafts(store.cases), actor=ANN) == ["own"]
    assert set(ids(RecentDrafts(store.cases), actor=LEE)) == {"own", "near", "far"}
