"""Refused rows are kept whole: repaired in the rejects file, they are taken in from there."""

import json
from pathlib import Path

import pytest

from retriever.errors import InvalidInput
from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.store import Store, open_store
from tests.support.workbooks import make_workbook

ROWS = [
    {"id": "A-1", "problem": "打印机卡纸，无法继续工作", "solution": "清洁滚轮后恢复正常", "priority": "high"},
    {"id": "A-2", "problem": "The uplink drops every night.", "solution": "", "priority": "low"},
]


def written(folder: Path, kind: str) -> Path:
    """The rows as a file of this kind."""
    path = folder / f"cases.{kind}"
    if kind == "xlsx":
        return make_workbook(path, [list(ROWS[0]), *[list(row.values()) for row in ROWS]])
    if kind == "csv":
        lines = [",".join(row) for row in ([list(ROWS[0])] + [list(row.values()) for row in ROWS])]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        path.write_text(json.dumps(ROWS) if kind == "json" else "\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty library."""
    return open_store(tmp_path / "library.sqlite3")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json", "xlsx"])
def test_a_refused_row_is_repaired_and_read_again(tmp_path: Path, store: Store, kind: str) -> None:
    """With every field that it had, from every kind of file; as it is, it is refused again for the same reason."""
    rejects = tmp_path / "rejects.jsonl"
    with store:
        report = ingest(written(tmp_path, kind), store, IngestOptions(rejects_path=rejects))
        assert (report.created, report.rejected) == (1, 1)
        assert rejects.stat().st_mode & 0o077 == 0

        (again,) = ingest(rejects, store).rows
        assert (again.field, again.reason) == (report.rows[0].field, report.rows[0].reason)

        entry = json.loads(rejects.read_text(encoding="utf-8"))
        entry["row"]["solution"] = "Replace the module and update the firmware."
        rejects.write_text(json.dumps(entry), encoding="utf-8")
        assert ingest(rejects, store).created == 1
        assert store.cases.get("A-2").case.priority == "low"


def test_a_refused_row_keeps_the_columns_that_nobody_reads(tmp_path: Path, store: Store) -> None:
    """Under no name, where they stop nobody from reading the repaired row."""
    file, rejects = tmp_path / "cases.csv", tmp_path / "no.jsonl"
    file.write_text("id,title,problem,solution,Vendor ref\nA-1,Jam,It is jammed.,,VR-9\n", encoding="utf-8")
    with store:
        assert ingest(file, store, IngestOptions(rejects_path=rejects)).rejected == 1
        entry = json.loads(rejects.read_text(encoding="utf-8"))
        assert entry["row"][""] == {"Vendor ref": "VR-9"}
        entry["row"]["solution"] = "Clean the rollers."
        rejects.write_text(json.dumps(entry), encoding="utf-8")
        assert ingest(rejects, store).created == 1


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (b"A-1,Jam,Der Drucker im B\xfcro klemmt,Walze reinigen", "B\ufffdro"),
        (b"A-1,Jam,It is jammed, again,Clean it", "Clean it"),
        (b'A-1,Jam,"It is jammed,Clean it', '"It is jammed'),
    ],
)
def test_what_could_not_be_read_is_refused_until_it_is_put_right(
    tmp_path: Path, store: Store, line: bytes, kept: str
) -> None:
    """The row is there as far as it is legible, and never taken in as it is."""
    file, rejects = tmp_path / "cases.csv", tmp_path / "no.jsonl"
    sound = "".join(f"B-{n},Sync,Der Abgleich stockt für Gerät {n},Dienst neu starten\n" for n in range(9)).encode()
    file.write_bytes(b"id,title,problem,solution\n" + sound + line + b"\n")
    with store:
        assert ingest(file, store, IngestOptions(rejects_path=rejects)).created == 9
        entry = json.loads(rejects.read_text(encoding="utf-8"))
        assert kept in json.dumps(entry["row"], ensure_ascii=False).replace("\\", "")
        (again,) = ingest(rejects, store).rows
        assert "put it right" in again.reason
        row = {"id": "A-1", "problem": "It is jammed.", "solution": "Clean it."}
        rejects.write_text(json.dumps(entry | {"row": row}), encoding="utf-8")
        assert ingest(rejects, store).created == 1


def test_another_file_is_not_written_over(tmp_path: Path, store: Store) -> None:
    """Rejected rows take the place of earlier ones and of nothing else."""
    rejects = tmp_path / "no.jsonl"
    options = IngestOptions(rejects_path=rejects)
    rejects.write_text("notes of mine\n", encoding="utf-8")
    with store:
        with pytest.raises(InvalidInput, match="something else"):
            ingest(written(tmp_path, "csv"), store, options)
        assert rejects.read_text(encoding="utf-8") == "notes of mine\n"
        rejects.write_text("", encoding="utf-8")
        assert [ingest(written(tmp_path, "csv"), store, options).rejected for _ in range(2)] == [1, 1]
