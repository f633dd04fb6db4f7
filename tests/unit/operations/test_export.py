"""What is exported can be taken in again, and no spreadsheet runs it."""

import csv
import io
from pathlib import Path

import orjson
import pytest

from retriever.domain import Case, Outcome, Source, Status
from retriever.ingest.pipeline import ingest
from retriever.operations.export import ExportFormat, export_cases
from retriever.store import CaseFilter, Store, open_store
from tests.support.builders import make_case

FULL = Case(
    id="full-1",
    problem='=cmd|"/c calc"!A1\nsecond line, with; signs | and\ttabs',
    solution="'=already guarded",
    source=Source("desk", "T 1", "https://desk.example/1"),
    language="zh-Hans",
    title="＝全角",
    steps=("one; two", "three | four", "-five"),
    outcome=Outcome("fine", 90, 4.5, False),
    category="a/b",
    error_codes=("E-1", "E,2"),
    tags=("卡纸", "x;y"),
    resolved_at="2026-03-02T08:15:00Z",
    status=Status.HISTORICAL,
    audience=("group",),
)


def exported(store: Store, format: ExportFormat, which: CaseFilter | None = None) -> bytes:
    """The whole export."""
    stream = io.BytesIO()
    export_cases(store, stream, format=format, which=which or CaseFilter())
    return stream.getvalue()


@pytest.mark.parametrize("format", ["jsonl", "csv", "xlsx"])
def test_an_export_taken_in_again_gives_the_same_cases(tmp_path: Path, format: ExportFormat) -> None:
    """Into another library every case is created equal; into its own nothing changes."""
    cases = [FULL, make_case("b"), make_case("c", title="+1 -1 @home", outcome={"first_contact_resolved": True})]
    with open_store(tmp_path / "a.sqlite3") as first, open_store(tmp_path / "b.sqlite3") as second:
        first.cases.upsert(cases)
        data = exported(first, format)
        assert ingest(io.BytesIO(data), second).created == 3
        assert [stored.case for stored in second.cases.iter()] == cases
        assert ingest(io.BytesIO(data), first).unchanged == 3
        assert exported(second, "csv") == exported(first, "csv")


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    """No cell of the table begins with a sign that a spreadsheet would run."""
    with open_store(tmp_path / "a.sqlite3") as store:
        store.cases.upsert([FULL, *(make_case(f"c{place}", f"{sign}1+1") for place, sign in enumerate("=+-@＝"))])
        cells = [cell for row in csv.reader(io.StringIO(exported(store, "csv").decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    assert "'=1+1" in cells


def test_only_what_the_filter_lets_through_is_written(tmp_path: Path) -> None:
    """The number of cases is returned, the header of a table not counted; JSONL holds the version."""
    with open_store(tmp_path / "a.sqlite3") as store:
        store.cases.upsert([FULL, make_case("b"), make_case("c")])
        store.cases.upsert([make_case("c", "changed")])
        which = CaseFilter(statuses=(Status.PUBLISHED,))
        for format in ("jsonl", "csv"):
            stream = io.BytesIO()
            assert export_cases(store, stream, format=format, which=which) == 2
        lines = [orjson.loads(line) for line in exported(store, "jsonl", which).splitlines()]
        assert [(line["id"], line["version"]) for line in lines] == [("b", 1), ("c", 2)]
        assert export_cases(store, io.BytesIO(), which=CaseFilter(languages=("fr",))) == 0


def test_progress_is_told_every_thousand(tmp_path: Path) -> None:
    """A long export says where it is."""
    with open_store(tmp_path / "a.sqlite3") as store:
        store.cases.upsert([make_case(f"c{number}") for number in range(2_001)])
        told: list[int] = []
        assert export_cases(store, io.BytesIO(), progress=told.append) == 2_001
    assert told == [1_000, 2_000]
