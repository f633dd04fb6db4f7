"""A file goes into the store row by row: what is refused is reported, what was taken in before changes nothing."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retriever.domain import Case, Status
from retriever.ingest import pipeline
from retriever.ingest.case_files import ReaderOptions
from retriever.ingest.naming import content_id
from retriever.ingest.pipeline import IngestOptions, IngestStep, ingest
from retriever.ingest.report import IngestReport
from retriever.store import Store, open_store

ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty library."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        yield opened


def rows(count: int) -> list[dict[str, Any]]:
    """Valid rows."""
    return [
        {"id": f"c-{number}", "problem": f"problem {number}", "solution": "restart it", "language": "en"}
        for number in range(count)
    ]


def jsonl(path: Path, content: list[dict[str, Any]]) -> Path:
    """A JSONL file of these rows."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content), encoding="utf-8")
    return path


def numbers(report: IngestReport) -> tuple[int, int, int, int, int]:
    """read, created, updated, unchanged, rejected."""
    return report.read, report.created, report.updated, report.unchanged, report.rejected


def stored(store: Store) -> dict[str, Case]:
    """Every case by id."""
    return {case.case.id: case.case for case in store.cases.iter()}


def test_rejected_rows_are_listed_and_the_rest_goes_in(tmp_path: Path, store: Store) -> None:
    """Each has its line, its field and a reason without the whole value; counts add up."""
    content = rows(5)
    content[1]["solution"] = " "
    content[2]["language"] = "klingonese, a language of long-winded people who say a lot"
    content[3]["solutoin"] = "x"
    path = jsonl(tmp_path / "a.jsonl", content)
    report = ingest(path, store, IngestOptions(rejects_path=tmp_path / "rejects.jsonl", keep_rejected=2))
    assert numbers(report) == (5, 2, 0, 0, 3)
    assert [(row.line, row.field) for row in report.rows] == [(2, "solution"), (3, "language")]
    assert "long-winded people who" not in report.rows[1].reason
    listed = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert [(row["line"], row["field"]) for row in listed] == [(2, "solution"), (3, "language"), (4, "solutoin")]
    assert "did you mean 'solution'" in listed[2]["reason"]
    assert stored(store).keys() == {"c-0", "c-4"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_the_same_file_again_changes_nothing(tmp_path: Path, store: Store, name: str) -> None:
    """No case gets a version or a revision, also where rows have no id and where rows repeat."""
    path = tmp_path / name
    content = [*rows(30), {"problem": "no id", "solution": "s", "language": "en"}, rows(4)[3]]
    if name == "a.jsonl":
        jsonl(path, content)
    else:
        lines = [f"{row.get('id', '')},{row['problem']},{row['solution']},en" for row in content]
        path.write_text("\n".join(["id,problem,solution,language", *lines]))
    first = ingest(path, store, IngestOptions(batch=7))
    assert numbers(first) == (32, 31, 0, 1, 0)
    assert first.named_by_content == 1
    revision = store.cases.revision()
    assert numbers(ingest(path, store, IngestOptions(batch=9))) == (32, 0, 0, 32, 0)
    assert store.cases.revision() == revision


def test_a_second_row_of_the_same_case_is_refused(tmp_path: Path, store: Store) -> None:
    """Two rows that fight for one case would change it at every ingest; the first one stays."""
    content = [*rows(3), rows(2)[1] | {"solution": "another"}]
    path = jsonl(tmp_path / "a.jsonl", content)
    for options in (IngestOptions(), IngestOptions(batch=1)):
        report = ingest(path, store, options)
        assert [(row.line, row.field) for row in report.rows] == [(4, "id")]
    assert stored(store)["c-1"].solution == "restart it"
    assert store.cases.revision() == 3


def test_a_corrected_file_updates_only_what_changed(tmp_path: Path, store: Store) -> None:
    """The changed row makes a version, the others nothing."""
    path = jsonl(tmp_path / "a.jsonl", rows(4))
    ingest(path, store)
    jsonl(path, [*rows(3), rows(4)[3] | {"solution": "replace it"}])
    assert numbers(ingest(path, store)) == (4, 0, 1, 3, 0)
    assert stored(store)["c-3"].solution == "replace it"


def test_help_desks_that_number_alike_do_not_meet(store: Store) -> None:
    """With a source system, ids in the file are its ticket numbers, also such as no id can be."""
    for system in ("alpha", "beta"):
        table = f"id,problem,solution\n1,of {system},s\nINC 7/x,of {system},t\n"
        report = ingest(io.BytesIO(table.encode()), store, IngestOptions(source_system=system))
        assert numbers(report) == (2, 2, 0, 0, 0)
    assert stored(store).keys() == {"alpha:1", "alpha:INC-7-x", "beta:1", "beta:INC-7-x"}
    assert stored(store)["beta:INC-7-x"].source.external_id == "INC 7/x"


def test_rows_that_name_their_source_keep_it(store: Store) -> None:
    """The caller's source system fills only what is missing, nested or dotted."""
    content = [
        {"problem": "p", "solution": "s", "source": {"system": "own", "external_id": "1"}},
        {"problem": "p", "solution": "s", "source": {"external_id": "2"}},
        {"id": "x", "problem": "p", "solution": "s", "source.system": "own"},
        {"problem": "p", "solution": "s", "source": "plain", "source.external_id": "3"},
    ]
    data = "\n".join(json.dumps(row) for row in content).encode()
    assert ingest(io.BytesIO(data), store, IngestOptions(source_system="given")).rejected == 0
    found = {case.id: (case.source.system, case.source.external_id) for case in stored(store).values()}
    assert found == {"own:1": ("own", "1"), "given:2": ("given", "2"), "x": ("own", ""), "plain:3": ("plain", "3")}


def test_rows_without_id_are_named_by_their_content(store: Store) -> None:
    """The same texts have the same id, other texts another one."""
    line = {"title": "t", "problem": "p", "solution": "s"}
    data = "\n".join(json.dumps(row) for row in (line, line, line | {"solution": "other"})).encode()
    report = ingest(io.BytesIO(data), store)
    assert numbers(report) == (3, 2, 0, 1, 0)
    assert report.named_by_content == 3
    assert stored(store).keys() == {content_id(line, "manual"), content_id(line | {"solution": "other"}, "manual")}
    assert content_id(line | {"problem": " p\u200b\n"}, "manual") == content_id(line, "manual")


def test_a_missing_language_is_found_in_the_text(store: Store) -> None:
    """A row that names its language keeps it."""
    table = "id,problem,solution,language\n1,打印机卡纸了,重启,\n2,The printer does not print any more,s,\n3,ok,s,de\n"
    ingest(io.BytesIO(table.encode()), store)
    assert {id: case.language for id, case in stored(store).items()} == {"1": "zh-Hans", "2": "en", "3": "de"}


def test_defaults_fill_empty_fields(store: Store) -> None:
    """What a row says itself counts more."""
    table = "id,problem,solution,product\n1,p,s,\n2,p,s,own\n"
    ingest(io.BytesIO(table.encode()), store, IngestOptions(defaults={"product": "given", "status": "draft"}))
    assert {id: case.product for id, case in stored(store).items()} == {"1": "given", "2": "own"}
    assert store.cases.count_by_status()[Status.DRAFT] == 2


def test_masking_happens_before_the_store(tmp_path: Path, store: Store) -> None:
    """What masking removes never reaches the database file."""
    path = jsonl(tmp_path / "a.jsonl", [{"id": "a", "problem": "ask jane@corp.example", "solution": "s"}])
    ingest(path, store)
    assert stored(store)["a"].problem == "ask [EMAIL_1]"
    assert b"jane" not in (tmp_path / "library.sqlite3").read_bytes()


def test_a_dry_run_writes_nothing(tmp_path: Path, store: Store) -> None:
    """It tells what would happen, writes the rejects, and leaves neither cases nor progress."""
    path = jsonl(tmp_path / "a.jsonl", [*rows(25), {"id": "bad"}])
    options = IngestOptions(dry_run=True, batch=10, rejects_path=tmp_path / "rejects.jsonl")
    report = ingest(path, store, options)
    assert numbers(report) == (26, 25, 0, 0, 1)
    assert report.dry_run
    assert len((tmp_path / "rejects.jsonl").read_text().splitlines()) == 1
    assert store.cases.revision() == 0
    assert store.ingests.all() == []


def test_progress_is_told_after_each_batch(tmp_path: Path, store: Store) -> None:
    """Rows grow batch by batch; bytes are of the file."""
    path = jsonl(tmp_path / "a.jsonl", rows(25))
    steps: list[IngestStep] = []
    ingest(path, store, IngestOptions(batch=10), progress=steps.append)
    assert [step.read for step in steps] == [10, 20]
    assert {step.bytes_total for step in steps} == {path.stat().st_size}


class _Interrupted(Exception):
    """Stands for whatever stops an ingest."""


def interrupt_after(count: int) -> Any:  # noqa: ANN401  a progress function
    """A progress function that stops the ingest after so many rows."""

    def stop(step: IngestStep) -> None:
        if step.read >= count:
            raise _Interrupted

    return stop


def test_an_interrupted_ingest_goes_on_where_it_stopped(tmp_path: Path, store: Store) -> None:
    """The report is of the whole file, rejects are listed once each, and rows before are not checked again."""
    content = rows(50)
    for number in (3, 17, 33, 48):
        content[number]["solution"] = ""
    content.append(content[5] | {"solution": "fights with line 6"})
    path = jsonl(tmp_path / "a.jsonl", content)
    options = IngestOptions(batch=10, rejects_path=tmp_path / "rejects.jsonl")
    with pytest.raises(_Interrupted):
        ingest(path, store, options, progress=interrupt_after(20))
    assert len(stored(store)) == 18
    report = ingest(path, store, options)
    assert report.resumed_from == 20
    assert numbers(report) == (51, 46, 0, 0, 5)
    assert [row.line for row in report.rows] == [34, 49, 51]
    listed = [json.loads(line)["line"] for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert listed == [4, 18, 34, 49, 51]
    again = ingest(path, store, options)
    assert again.resumed_from == 0
    assert numbers(again) == (51, 0, 0, 46, 5)


def test_other_options_or_content_begin_anew(tmp_path: Path, store: Store) -> None:
    """Progress belongs to the bytes of the file and to how it is read; resuming can be refused."""
    path = jsonl(tmp_path / "a.jsonl", rows(30))
    with pytest.raises(_Interrupted):
        ingest(path, store, IngestOptions(batch=10), progress=interrupt_after(20))
    assert ingest(path, store, IngestOptions(batch=10, dry_run=True)).resumed_from == 0
    assert ingest(path, store, IngestOptions(batch=10, defaults={"product": "x"})).resumed_from == 0
    other = IngestOptions(batch=10, reader=ReaderOptions(format="jsonl"))
    assert ingest(path, store, other).resumed_from == 0
    moved = path.rename(tmp_path / "b.jsonl")
    assert ingest(moved, store, IngestOptions(batch=10, resume=False)).resumed_from == 0
    with pytest.raises(_Interrupted):
        ingest(moved, store, IngestOptions(batch=10), progress=interrupt_after(10))
    jsonl(moved, [*rows(30), {"id": "new", "problem": "p", "solution": "s"}])
    report = ingest(moved, store, IngestOptions(batch=10))
    assert (report.resumed_from, report.created) == (0, 1)


def test_a_source_owned_by_another_case_is_reported(store: Store) -> None:
    """What the store refuses has a line like any other rejected row."""
    first = '{"id": "a", "problem": "p", "solution": "s", "source": {"system": "x", "external_id": "1"}}'
    second = '{"id": "a", "problem": "p", "solution": "s", "source": {"system": "y", "external_id": "1"}}'
    ingest(io.BytesIO(first.encode()), store)
    report = ingest(io.BytesIO(b"\n" + second.encode()), store)
    assert numbers(report) == (1, 0, 0, 0, 1)
    assert [(row.line, row.field) for row in report.rows] == [(2, "id")]


def test_long_rows_end_a_batch_early(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is bounded in characters too."""
    monkeypatch.setattr(pipeline, "BATCH_CHARACTERS", 2_000)
    content = [row | {"problem": "x" * 900} for row in rows(10)]
    steps: list[IngestStep] = []
    ingest(jsonl(tmp_path / "a.jsonl", content), store, progress=steps.append)
    assert [step.read for step in steps] == [3, 6, 9] or [step.read for step in steps] == [2, 4, 6, 8, 10]


def test_the_report_is_json(tmp_path: Path, store: Store) -> None:
    """Everything that a person is shown can be printed by a program."""
    path = tmp_path / "a.csv"
    path.write_bytes("编号;问题;处理结果;备注\n1;打印机卡纸怎么办;更换滚轮;x\n2;只有问题;;y\n".encode("gb18030"))
    report = ingest(path, store, IngestOptions(rejects_path=tmp_path / "r.jsonl"))
    plain = json.loads(json.dumps(report.to_dict()))
    assert (plain["encoding"], plain["delimiter"], plain["format"]) == ("gb18030", ";", "csv")
    assert plain["columns"] == {"id": ["编号"], "problem": ["问题"], "solution": ["处理结果"]}
    assert plain["ignored_columns"] == ["备注"]
    assert plain["rows"][0]["line"] == 3


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """A file of 80 MiB takes no more than SQLite's page cache (64 MiB) over one of 8, in processes of their own."""
    program = (
        "import sys; from pathlib import Path; from benchmarks.speed.ingest import measure; "
        "print(measure(Path(sys.argv[1]), Path(sys.argv[2]))['peak_rss_mb'])"
    )
    peaks = []
    for count in (2_000, 20_000):
        content = [row | {"problem": f"{row['problem']} {'some words ' * 380}"} for row in rows(count)]
        path = jsonl(tmp_path / f"{count}.jsonl", content)
        command = [sys.executable, "-c", program, str(path), str(tmp_path / f"{count}.sqlite3")]
        peaks.append(float(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout))
    assert peaks[1] <= peaks[0] + 80
    assert peaks[1] <= 250


def test_a_dry_run_shows_rows_in_which_masking_acted(store: Store, tmp_path: Path) -> None:
    """The first of them, wherever they stand; where masking had nothing to do, the first rows."""
    content, dry = rows(40), IngestOptions(dry_run=True)
    path = jsonl(tmp_path / "cases.jsonl", content)
    assert [each.line for each in ingest(path, store, dry).examples] == [1, 2, 3, 4, 5]

    for place in (*range(20, 27), 2):
        content[place]["problem"] += ". Write to jane.roe@example.org."
    shown = ingest(jsonl(path, content), store, dry).examples
    assert [each.line for each in shown] == [3, 21, 22, 23, 24]
    assert all("jane" in each.before["problem"] and "jane" not in each.after["problem"] for each in shown)
