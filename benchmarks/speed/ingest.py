"""How fast a file of cases goes in, and with how much memory.

`python -m benchmarks.speed.ingest --rows 100000 --out FILE`. Each measurement runs in a process of its own, so that
its peak memory is its own. Rows are made up from a seed: half Chinese, half English, with the fields that a help desk
exports, and 1 in 1,000 malformed. On a busy machine compare the rows per second of CPU time; the load average is
written down with the figures.
"""

import argparse
import csv
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.data.help_desk import make_rows
from benchmarks.measuring import command_line, conditions, in_child, peak_rss_mib, write_result
from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.store.sqlite import engine_version, safe_journal
from retriever.store.store import open_store

MEASUREMENTS = (
    # name, file; files are taken in one after the other, so `again` finds every case unchanged
    ("jsonl", "rows.jsonl"),
    ("jsonl again", "rows.jsonl"),
    ("csv", "rows.csv"),
    ("csv again", "rows.csv"),
    ("jsonl, language unknown", "unknown.jsonl"),
)


def write_files(folder: Path, rows: int) -> None:
    """The files that are measured."""
    for name, language in (("rows.jsonl", True), ("unknown.jsonl", False)):
        with (folder / name).open("w", encoding="utf-8") as stream:
            for row in make_rows(rows, language=language):
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        for number, row in enumerate(make_rows(rows)):
            if number == 0:
                writer.writerow(row)
            writer.writerow("|".join(value) if isinstance(value, list) else value for value in row.values())


def measure(path: Path, database: Path) -> dict[str, Any]:
    """Take one file in, in this process."""
    with open_store(database) as store:
        started, cpu = time.perf_counter(), time.process_time()
        report = ingest(path, store, IngestOptions(keep_rejected=3))
        took, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    return {
        "rows": report.read,
        "created": report.created,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "seconds": round(took, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "rows_per_second": round(report.read / took),
        "rows_per_cpu_second": round(report.read / cpu_seconds),
        "peak_rss_mb": round(peak_rss_mib(), 1),
        "file_mb": round(path.stat().st_size / 2**20, 1),
    }


def run_all(rows: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Every measurement in a child process of its own."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, rows)
        for label, file in MEASUREMENTS:
            database = folder / Path(file).suffix[1:] / Path(file).stem / "library.sqlite3"
            results[label] = in_child("benchmarks.speed.ingest", "--measure", folder / file, database)
            say(_table_row(label, results[label]))
    return results


def database() -> dict[str, str]:
    """What writing depends on: SQLite as it is used and as Python has it, and how it keeps its journal."""
    used = engine_version()
    return {
        "sqlite": ".".join(map(str, used)),
        "stdlib_sqlite": sqlite3.sqlite_version,
        "journal": safe_journal(used),
    }


def main() -> None:
    """Measure, print a table, and write the figures."""
    parser = command_line(__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--measure", nargs=2, type=Path, metavar=("FILE", "DATABASE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    print(f"{'':26}{'rows/s':>8}{'per CPU s':>11}{'seconds':>9}{'peak MiB':>10}{'refused':>9}")
    results = run_all(options.rows, print)
    report = {"rows": options.rows, "seed": 7, "machine": conditions() | database(), "ingest": results}
    write_result(options.out, report)


def _table_row(label: str, result: dict[str, Any]) -> str:
    speed = f"{result['rows_per_second']:>8,}{result['rows_per_cpu_second']:>11,}{result['seconds']:>9.1f}"
    return f"{label:26}{speed}{result['peak_rss_mb']:>10.0f}{result['rejected']:>9}"


if __name__ == "__main__":
    main()
