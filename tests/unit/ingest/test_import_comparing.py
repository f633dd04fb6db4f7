"""What an import says of new and changed cases: how many have near-duplicates, and what could fill their gaps."""

from dataclasses import replace
from pathlib import Path

import pytest

from retriever.domain import Case
from retriever.ingest.pipeline import ingest
from retriever.ingest.report import Arrival, NearDuplicate
from retriever.store import open_store
from tests.support.tickets import ZENDESK, export, ticket

SAME = NearDuplicate("other", "merge", 0.9, "draft")
NEAR = NearDuplicate("other", "link", 0.1, "published")


@pytest.mark.parametrize(("limit", "checked"), [(-1, 7), (0, 0), (3, 3)])
def test_new_and_changed_cases_are_compared_up_to_the_limit(tmp_path: Path, limit: int, checked: int) -> None:
    """What is unchanged is not asked about again."""
    seen: list[Case] = []
    options = replace(ZENDESK, check_limit=limit, batch=2, resume=False)
    path = export(tmp_path, [ticket(number) for number in range(7)])

    def check(case: Case) -> Arrival:
        seen.append(case)
        return Arrival(case.id)

    with open_store(tmp_path / "library.sqlite3") as store:
        first = ingest(path, store, options, check=check)
        assert (first.checked, len(seen)) == (checked, checked)
        assert ingest(path, store, options, check=check).checked == 0


def test_numbers_are_of_all_and_five_of_each_are_shown(tmp_path: Path) -> None:
    """A case that is only near is no near-duplicate."""
    kinds = [((SAME,), {}), ((NEAR,), {"product": "LX2"}), ((), {"tags": "paper, jam"}), ((), {})]

    def check(case: Case) -> Arrival:
        like, suggested = kinds[int(case.source.external_id) % 4]
        return Arrival(case.id, like, suggested)

    with open_store(tmp_path / "library.sqlite3") as store:
        report = ingest(export(tmp_path, [ticket(number) for number in range(40)]), store, ZENDESK, check=check)

    assert (report.checked, report.near_duplicates) == (40, 10)
    assert (report.product_suggested, report.category_suggested, report.tags_suggested) == (10, 0, 10)
    assert [arrival.is_near_duplicate for arrival in report.arrivals].count(True) == 5
    assert len(report.arrivals) == 10


def test_the_case_that_is_compared_is_masked_and_on_the_disk(tmp_path: Path) -> None:
    """As the library holds it: nothing raw leaves for the search, and what came before it is found."""
    with open_store(tmp_path / "library.sqlite3") as store:

        def check(case: Case) -> Arrival:
            assert store.cases.get(case.id).case == replace(case, created_by="local")
            return Arrival(case.id)

        text = "Unit 1 is dead, call eva@northwind.example"
        report = ingest(export(tmp_path, [ticket(1, description=text)]), store, ZENDESK, check=check)

    assert report.checked == 1


def test_comparing_that_fails_does_not_stop_the_import(tmp_path: Path) -> None:
    """It is not tried again either."""
    calls: list[Case] = []

    def check(case: Case) -> None:
        calls.append(case)

    with open_store(tmp_path / "library.sqlite3") as store:
        report = ingest(export(tmp_path, [ticket(1), ticket(2)]), store, ZENDESK, check=check)

    assert (report.created, report.checked, len(calls)) == (2, 0, 1)
