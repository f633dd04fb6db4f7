"""Small labelled sets written as BEIR folders: a fixture that the tests of evaluation and benchmarks import."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Row = Mapping[str, Any]
WriteSet = Callable[..., Path]


@pytest.fixture
def write_set(tmp_path: Path) -> WriteSet:
    """Writes a BEIR folder; each part has a default of two documents and one question."""

    def write(
        *,
        corpus: Sequence[Row] = ({"_id": "d1", "text": "printer jams"}, {"_id": "d2", "text": "no sound"}),
        queries: Sequence[Row] = ({"_id": "q1", "text": "paper stuck"},),
        qrels: str = "query-id\tcorpus-id\tscore\nq1\td1\t1\n",
        outside: Sequence[Row] = (),
    ) -> Path:
        folder = tmp_path / "toy"
        (folder / "qrels").mkdir(parents=True, exist_ok=True)
        for name, rows in (("corpus", corpus), ("queries", queries), ("oos_queries", outside)):
            if rows:
                (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        (folder / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
        return folder

    return write
