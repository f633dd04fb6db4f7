"""Who may see a case is said once: pure rules, the database's lists, the index's questions and the lifecycle agree."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.facets.facets import build_facets
from retriever.case.access import LIVE, may_read
from retriever.case.facets import facets_of
from retriever.domain import ALL_GROUPS, Actor, Case, Query, Role, Status
from retriever.lifecycle.rules import may_see_review, open_review
from retriever.search.scope import clauses_of, may_see
from retriever.store import CaseFilter, Store, open_store

NAMES = ("ann", "ben", "")
GROUPS = ("lab", "desk")
cases = st.builds(
    lambda number, status, author, audience: Case(
        f"c{number}", "p", "s", status=status, created_by=author, audience=tuple(audience)
    ),
    st.integers(0, 10**9),
    st.sampled_from(Status),
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(GROUPS), unique=True),
)
actors = st.builds(
    lambda id, role, audience: Actor(id, role, audience=tuple(audience)),
    st.sampled_from(NAMES[:2]),
    st.sampled_from(Role),
    st.lists(st.sampled_from((*GROUPS, ALL_GROUPS)), unique=True),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One library for all examples; each leaves its cases there."""
    folder: Path = tmp_path_factory.mktemp("visibility")
    with open_store(folder / "library.sqlite3", mask=False) as opened:
        yield opened


@settings(max_examples=60, deadline=None)
@given(st.lists(cases, min_size=1, max_size=8, unique_by=lambda case: case.id), actors)
def test_all_ways_agree(store: Store, some: list[Case], actor: Actor) -> None:
    """Rules, lists, questions over the index, the second look at loaded cases, and reviews say the same."""
    store.cases.upsert(some)
    ids = {case.id for case in some}
    readable = {case.id for case in some if may_read(actor, case)}
    listed = {stored.case.id for stored in store.cases.iter(CaseFilter(readable_by=actor)) if stored.case.id in ids}
    assert listed == readable

    facets = build_facets([(key, facets_of(case)) for key, case in enumerate(some)])
    for historical, states in ((True, LIVE), (False, (Status.PUBLISHED,))):
        query = Query("p", audience=actor.audience, include_historical=historical)
        found = {some[key].id for key in facets.allowed(clauses_of(query))}
        asked = {case.id for case in some if case.status in states}
        assert found == {case.id for case in some if may_see(case, query)} == asked & readable

    for case in some:
        stored = store.cases.get(case.id)
        review = open_review(stored, None)
        if review is not None:
            assert may_see_review(stored, review, actor) == (case.id in readable)
