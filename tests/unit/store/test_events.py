"""Questions and events: counted once, forgotten on demand, counters kept."""

import pytest

from retriever.domain import Reuse
from retriever.errors import CaseNotFound
from retriever.store import EventKind, LoggedQuery, ShownCase, Store
from tests.support.builders import a_case

QUESTION = LoggedQuery(
    "q1", "2026-01-02T00:00:00Z", "en", False, "000001", (ShownCase(1, 0.91), ShownCase(2, 0.5)), text="masked"
)


@pytest.fixture
def two_cases(store: Store) -> Store:
    """Cases a (key 1) and b (key 2)."""
    store.cases.upsert([a_case("a"), a_case("b")])
    return store


def test_a_question_counts_its_matches_once(two_cases: Store) -> None:
    """Logging the same question again changes nothing; a key that does not exist counts nothing."""
    stray = LoggedQuery("q2", "2026-01-03T00:00:00Z", matches=(ShownCase(2, 0.4), ShownCase(99, 0.3)))
    assert two_cases.events.log_queries([QUESTION, stray, QUESTION]) == 2
    assert two_cases.events.log_queries([QUESTION]) == 0
    assert [two_cases.cases.get(id).reuse.shown for id in ("a", "b")] == [1, 2]
    assert list(two_cases.events.iter_queries(batch=1)) == [QUESTION, stray]


def test_events_are_counted_by_kind(two_cases: Store) -> None:
    """Each kind has its counter; the same kind, case, question and actor count once, without a question always."""
    assert two_cases.events.log(EventKind.SOLVED, "a", query_id="q1", actor="u1")
    assert not two_cases.events.log(EventKind.SOLVED, "a", query_id="q1", actor="u1")
    assert two_cases.events.log(EventKind.SOLVED, "a", query_id="q1", actor="u2")
    assert two_cases.events.log(EventKind.OPENED, "a")
    assert two_cases.events.log(EventKind.OPENED, "a")
    reuse = two_cases.cases.get("a").reuse
    assert reuse == Reuse(opened=2, solved=2, last_solved_at=reuse.last_solved_at)
    assert reuse.last_solved_at > "2020"
    assert two_cases.cases.get_many([1])[1].reuse == reuse
    assert [event.kind for event in two_cases.events.iter(batch=3)] == ["solved", "solved", "opened", "opened"]


def test_an_event_of_an_unknown_case_is_refused(two_cases: Store) -> None:
    """Neither an unknown nor a deleted case gets an event."""
    two_cases.cases.delete("b")
    for id in ("none", "b"):
        with pytest.raises(CaseNotFound):
            two_cases.events.log(EventKind.OPENED, id)
    assert list(two_cases.events.iter()) == []


def test_reuse_makes_no_revision(two_cases: Store) -> None:
    """Questions and events leave version and revision of a case alone."""
    two_cases.events.log_queries([QUESTION])
    two_cases.events.log(EventKind.COPIED, "a", query_id="q1")
    assert two_cases.cases.revision() == 2
    assert two_cases.cases.get("a").version == 1


def test_forgetting_keeps_the_counters(two_cases: Store) -> None:
    """Old questions go, newer ones stay, and what was counted stays counted."""
    two_cases.events.log_queries([QUESTION, LoggedQuery("q9", "2026-05-01T00:00:00Z")])
    assert two_cases.events.delete_before("2026-02-01T00:00:00Z") == 1
    assert [query.query_id for query in two_cases.events.iter_queries()] == ["q9"]
    assert two_cases.cases.get("a").reuse.shown == 1
