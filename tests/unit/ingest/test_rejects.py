"""Refused rows are kept whole: repaired in the rejects file, they are taken in from there."""

import json
from pathlib import Path

import pytest

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
