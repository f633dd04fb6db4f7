"""export: what comes out goes in again."""

import json
from pathlib import Path

from tests.support.cli import Run


def test_an_export_comes_back_unchanged(run: Run, cases_file: Path) -> None:
    """JSONL and CSV both are taken in again without a change, and no file is written over unasked."""
    run("ingest", cases_file)
    for name in ("all.jsonl", "all.csv"):
        assert run("export", name).code == 0
        (report,) = json.loads(run("ingest", name, "--json").out)
        assert (report["read"], report["unchanged"]) == (3, 3)

    assert run("export", "all.csv").code == 1
    assert run("export", "all.csv", "--force").code == 0
    assert run("export", "german.jsonl", "--language", "de").code == 0
    assert [json.loads(line)["id"] for line in Path("german.jsonl").read_text().splitlines()] == ["P-2"]
