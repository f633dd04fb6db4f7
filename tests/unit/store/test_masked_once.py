"""A text is masked once on each way in: masking is the dearest step of a write, and its numbers must not run twice."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retriever.domain import Case
from retriever.lifecycle import Lifecycle, Policy, open_lifecycle
from retriever.lifecycle.tickets import revised_by_ticket
from retriever.masking import mask_case
from retriever.masking.spans import NOBODY
from retriever.store import Store, open_store
from tests.support.builders import make_case
from tests.support.people import AUTHOR, LEAD, MANAGER, SCREENED

Count = Callable[[Callable[[], object]], int]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A library with one published case."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        opened.cases.upsert([make_case("a", "the printer jams")])
        yield opened


@pytest.fixture
def life(store: Store) -> Lifecycle:
    """Its lifecycle."""
    return open_lifecycle(store, Policy(), searchable=lambda: None)


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    """How many cases some work masks."""
    seen: list[Case] = []

    def counted(case: Case, *known: object) -> object:
        seen.append(case)
        return mask_case(case, *known)  # type: ignore[arg-type]

    monkeypatch.setattr("retriever.store.masking.mask_case", counted)

    def of(work: Callable[[], object]) -> int:
        seen.clear()
        work()
        return len(seen)

    return of


def test_direct_writes(store: Store, count: Count) -> None:
    """One by one and many at once, new and unchanged."""
    cases = [make_case(f"n{number}", "text") for number in range(3)]

    assert count(lambda: store.cases.upsert(cases)) == 3
    assert count(lambda: store.cases.upsert(cases[:1])) == 1


def test_imports(store: Store, count: Count) -> None:
    """Each ticket once; a proposal for a published case also masks the text that joins both."""
    tickets = [(make_case(f"t{number}", "text", status="draft", source={"system": "desk", "external_id": str(number)}),
                NOBODY) for number in range(3)]  # fmt: skip

    assert count(lambda: store.imports.write(tickets, revise=revised_by_ticket)) == 3


def test_steps_of_the_lifecycle(store: Store, life: Lifecycle, count: Count) -> None:
    """Writing, revising, submitting, approving, retiring and restoring mask the text that they write, once."""
    draft = make_case("d", "the scanner hums")
    assert count(lambda: life.writing.write(draft, AUTHOR)) == 1
    assert count(lambda: life.reviewing.submit("d", AUTHOR)) == 1
    assert count(lambda: life.reviewing.approve("d", LEAD, SCREENED)) == 1
    assert count(lambda: life.reviewing.approve("d", MANAGER, SCREENED)) == 1
    assert count(lambda: life.writing.revise("d", replace(draft, problem="it hums and stops"), AUTHOR)) == 1
    assert count(lambda: life.reviewing.submit("d", AUTHOR)) == 1
    assert count(lambda: life.ageing.retire("a", MANAGER, "old")) == 1
    assert count(lambda: life.ageing.reinstate("a", MANAGER)) == 1
