"""Exports of help desks into the library: drafts by default, and a second import undoes nothing that people did."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from retriever.domain import Case, Status
from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.ingest.report import IngestReport
from retriever.ingest.rules import load_rules
from retriever.ingest.sources.registry import get_source
from retriever.masking import mask_case
from retriever.store import Store, open_store
from tests.support.tickets import ZENDESK, export, put, ticket

FIXTURES = Path(__file__).parents[2] / "fixtures" / "importers"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty library."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        yield opened


def numbers(report: IngestReport) -> tuple[int, int, int, int, int]:
    """created, updated, unchanged, kept, skipped."""
    return report.created, report.updated, report.unchanged, report.kept, report.skipped


@pytest.mark.parametrize("name", ["zendesk", "jira", "freshdesk", "servicenow", "salesforce", "zammad", "github"])
def test_the_same_export_again_changes_nothing(store: Store, name: str) -> None:
    """Whatever became a draft the first time is unchanged the second time, and the reasons are the same."""
    options = IngestOptions(mapping=get_source(name))
    path = FIXTURES / name / "normal.json"
    first = ingest(path, store, options)
    revision = store.cases.revision()

    second = ingest(path, store, options)

    assert first.created > 0
    assert (second.created, second.updated, second.unchanged) == (0, 0, first.created)
    assert second.reasons == first.reasons
    assert store.cases.revision() == revision


def test_tickets_become_drafts_unless_published(tmp_path: Path, store: Store) -> None:
    """Two reviews publish a draft; a trusted migration publishes at once."""
    path = export(tmp_path, [ticket(1)])

    ingest(path, store, ZENDESK)
    assert store.cases.get("zendesk:1").case.status is Status.DRAFT

    assert numbers(ingest(path, store, replace(ZENDESK, publish=True))) == (0, 1, 0, 0, 0)
    assert store.cases.get("zendesk:1").case.status is Status.PUBLISHED


def test_a_published_case_is_not_made_a_draft_again(tmp_path: Path, store: Store) -> None:
    """The same ticket changes nothing; a changed one leaves the case, and the report counts it."""
    ingest(export(tmp_path, [ticket(1)]), store, ZENDESK)
    put(store, replace(store.cases.get("zendesk:1").case, status=Status.PUBLISHED, diagnosis="worn fuse"))

    assert numbers(ingest(export(tmp_path, [ticket(1)]), store, ZENDESK)) == (0, 0, 1, 0, 0)
    changed = export(tmp_path, [ticket(1, answer="Replace the whole power supply.")])
    assert numbers(ingest(changed, store, ZENDESK)) == (0, 0, 0, 1, 0)

    case = store.cases.get("zendesk:1").case
    assert (case.status, case.diagnosis, case.solution[:16]) == (Status.PUBLISHED, "worn fuse", "Replace the fuse")


def test_an_edited_draft_is_kept_and_an_untouched_one_follows_its_ticket(tmp_path: Path, store: Store) -> None:
    """Nobody's edit is lost to a second import."""
    ingest(export(tmp_path, [ticket(1), ticket(2)]), store, ZENDESK)
    put(store, replace(store.cases.get("zendesk:1").case, diagnosis="worn fuse"))

    changed = [ticket(number, answer="Replace the whole power supply.") for number in (1, 2)]
    report = ingest(export(tmp_path, changed), store, ZENDESK)

    assert numbers(report) == (0, 1, 0, 1, 0)
    assert store.cases.get("zendesk:1").case.diagnosis == "worn fuse"
    assert store.cases.get("zendesk:2").case.solution == "Replace the whole power supply."


def test_a_deleted_case_stays_deleted(tmp_path: Path, store: Store) -> None:
    """The same ticket does not bring it back."""
    path = export(tmp_path, [ticket(1)])
    ingest(path, store, ZENDESK)
    store.cases.delete("zendesk:1")

    assert numbers(ingest(path, store, ZENDESK)) == (0, 0, 1, 0, 0)
    assert store.cases.find("zendesk:1") is None


def test_an_interrupted_import_goes_on_with_its_counts(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Skipped records before the stop are counted once, by reason, in the final report."""
    tickets = [ticket(number) if number % 3 else ticket(number, status="open") for number in range(1, 40)]
    path = export(tmp_path, tickets)
    calls = 0

    def interrupted(case: Case, *known: Any) -> Any:  # noqa: ANN401
        nonlocal calls
        calls += 1
        if calls == 20:
            raise KeyboardInterrupt
        return mask_case(case, *known)

    options = replace(ZENDESK, batch=5)
    monkeypatch.setattr("retriever.store.masking.mask_case", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ingest(path, store, options)
    report = ingest(path, store, options)

    assert report.resumed_from > 0
    assert (report.read, report.created, report.reasons) == (39, 26, {"unresolved": 13})


def test_a_dry_run_shows_five_examples_before_and_after_masking(tmp_path: Path, store: Store) -> None:
    """Masking knows whom the record speaks of, and nothing is written."""
    requester = {"id": 1, "name": "Eva Long"}
    tickets = [
        ticket(number, description=f"Eva Long says unit {number} is dead", requester=requester) for number in range(9)
    ]

    report = ingest(export(tmp_path, tickets), store, replace(ZENDESK, dry_run=True))

    assert len(report.examples) == 5
    assert report.examples[0].before["problem"] == "Eva Long says unit 0 is dead"
    assert report.examples[0].after["problem"] == "[PERSON_1] says unit 0 is dead"
    assert report.created == 9
    assert store.cases.revision() == 0


def test_rules_leave_tickets_out(tmp_path: Path, store: Store) -> None:
    """The first rule that holds decides, and what it leaves out is counted."""
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nname = "keep vip"\ntags = ["VIP"]\nthen = "propose"\n'
        '[[rule]]\nname = "unhappy"\nmax_satisfaction = 0.3\nthen = "ignore"\n',
        encoding="utf-8",
    )
    bad: dict[str, Any] = {"satisfaction_rating": {"score": "bad"}}
    path = export(tmp_path, [ticket(1), ticket(2, **bad), ticket(3, tags=["vip"], **bad)])

    report = ingest(path, store, replace(ZENDESK, rules=load_rules(rules)))

    assert report.reasons == {"left out by a rule": 1}
    assert {stored.case.id for stored in store.cases.iter()} == {"zendesk:1", "zendesk:3"}


def test_own_cases_come_from_json_arrays_and_workbooks_too(tmp_path: Path, store: Store) -> None:
    """With the fields, checks and states of any table of cases."""
    (tmp_path / "a.json").write_text(
        json.dumps([{"id": "a", "problem": "p is broken", "solution": "mend p", "outcome": {"csat": 4.5}}, 7], indent=1)
    )
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for cells in (
        ["编号", "问题描述", "解决方案", "标签"],
        ["b", "打印机卡纸", "清洁滚轮", "打印机;卡纸"],
        [None],
        ["c", "没有方案"],
    ):
        sheet.append(cells)
    book.save(tmp_path / "b.xlsx")

    array, workbook = ingest(tmp_path / "a.json", store), ingest(tmp_path / "b.xlsx", store)

    assert (array.format, array.created, [row.line for row in array.rows]) == ("json", 1, [2])
    assert (workbook.format, workbook.created, [(row.line, row.field) for row in workbook.rows]) == (
        "xlsx", 1, [(4, "solution")],
    )  # fmt: skip
    assert store.cases.get("a").case.outcome.csat == 4.5
    assert store.cases.get("b").case.tags == ("打印机", "卡纸")
    assert store.cases.get("b").case.status is Status.PUBLISHED
