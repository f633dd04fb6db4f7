"""Memory and speed of a help desk's export: `python -m benchmarks.speed.imports --tickets 100000 --out FILE`.

One Zendesk page of JSON (HTML comments, quotes, signatures), streamed into a new library in a process of its own; then
the same again, which changes nothing. `--no-mask` leaves masking out, whose time is measured in
benchmarks/quality/masking.py.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.data.help_desk import make_rows
from benchmarks.measuring import command_line, conditions, in_child, peak_rss_mib, write_result
from benchmarks.speed.ingest import database
from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.ingest.sources.registry import get_source
from retriever.store import open_store


def make_tickets(count: int) -> Iterator[dict[str, Any]]:
    """Solved tickets, the same for the same count; 1 in 1,000 has no answer."""
    for number, row in enumerate(make_rows(count, language=False)):
        answer = f"<p>Hello,</p><p>{row['solution']}</p><ul><li>check {number}</li></ul><p>Regards,<br>Agent</p>"
        comments = [{"public": True, "author_id": 2, "html_body": answer}] if row["solution"] else []
        yield {
            "id": number,
            "subject": row["title"],
            "description": f"Hello,\n\n{row['problem']}\n\nBest regards,\nEva Long",
            "status": "solved",
            "tags": row["tags"],
            "requester_id": 1,
            "requester": {"id": 1, "name": "Eva Long", "email": "eva@northwind.example"},
            "created_at": "2026-03-02T08:00:00Z",
            "updated_at": row["resolved_at"],
            "comments": comments,
        }


def write_page(path: Path, count: int) -> None:
    """All tickets as one object, as an export writes them."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write(f'{{"count": {count}, "tickets": [')
        for number, ticket in enumerate(make_tickets(count)):
            stream.write((",\n" if number else "\n") + json.dumps(ticket, ensure_ascii=False))
        stream.write("\n]}\n")


def measure(path: Path, database: Path, *, mask: bool) -> dict[str, Any]:
    """Take the export in, in this process."""
    with open_store(database, mask=mask) as store:
        started, cpu = time.perf_counter(), time.process_time()
        report = ingest(path, store, IngestOptions(mapping=get_source("zendesk")))
    took = time.perf_counter() - started
    return {
        "read": report.read,
        "created": report.created,
        "unchanged": report.unchanged,
        "skipped": dict(report.reasons),
        "seconds": round(took, 1),
        "tickets_per_cpu_second": round(report.read / (time.process_time() - cpu)),
        "peak_rss_mb": round(peak_rss_mib(), 1),
        "file_mb": round(path.stat().st_size / 2**20, 1),
    }


def main() -> None:
    """Measure, print, and write the figures."""
    parser = command_line(__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--no-mask", action="store_true")
    parser.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure, mask=not options.no_mask)))
        return
    results: dict[str, Any] = {
        "tickets": options.tickets,
        "masked": not options.no_mask,
        "machine": conditions() | database(),
    }
    with tempfile.TemporaryDirectory() as name:
        page, library = Path(name) / "tickets.json", Path(name) / "library.sqlite3"
        write_page(page, options.tickets)
        for label in ("first", "again"):
            flags = ("--no-mask",) if options.no_mask else ()
            results[label] = in_child("benchmarks.speed.imports", "--measure", page, library, *flags)
            print(label, results[label])
    write_result(options.out, results)


if __name__ == "__main__":
    main()
