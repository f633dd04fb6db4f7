"""Questions while the server is busy with what comes in: `python -m benchmarks.speed.beside_work --out FILE`.

One server with the sample library is asked one question after the other: alone, then while help desks send webhooks of
1 MB, a client writes in bulk and the command line takes in an export. Senders are processes of their own, and so is
the import: what is measured is not their interpreter. Both halves in one run, so that the ratio holds on any machine.
"""

import hashlib
import hmac
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.measuring import command_line, conditions, percentiles, write_result
from benchmarks.serving import running_server
from benchmarks.speed.imports import write_page
from retriever.config import Settings

Done: TypeAlias = "multiprocessing.Queue[tuple[str, int | str]]"
SECRET = "a secret of the benchmark, long enough"  # noqa: S105
SECRETS = {"SIMILAR_CASES_WEBHOOK_SECRETS": json.dumps({"github": SECRET})}
ASKED = ("VPN drops every hour", "printer jams on page two", "退款什么时候到账", "login page reloads for ever")
TICKETS = 3_000
"""In an export that is taken in; when its import is through, the next one begins."""


def send(port: int, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    """The status of one request on a connection of its own."""
    connection = HTTPConnection("localhost", port, timeout=60)
    try:
        method = "GET" if body is None else "POST"
        connection.request(method, path, body, {"Content-Type": "application/json"} | (headers or {}))
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def ask(port: int, number: int) -> int:
    """The status of one ordinary question."""
    return send(port, "/v1/similar", json.dumps({"problem": ASKED[number % len(ASKED)]}).encode())


def send_webhook(port: int, number: int, text: str = "") -> int:
    """A closed issue with a text of 1 MB, or with this one, and an answer; signed."""
    line = f"After upgrade {number} the page of Ms Meier reloads, see <b>log</b> 10.0.{number % 250}.1, a@b.example\n"
    moment = "2026-03-02T10:00:00Z"
    person = {"login": "maintainer"}
    issue = {"number": number, "title": f"Login loop {number}", "body": text or (line * 12_000)[:1_000_000]}
    issue |= {"state": "closed", "state_reason": "completed", "user": {"login": "writer"}}
    issue |= {"created_at": moment, "closed_at": moment, "updated_at": moment}
    comment = {"author_association": "OWNER", "body": "Clear the session store, the key had changed.", "user": person}
    event = {"action": "created", "issue": issue, "comment": comment, "repository": {"name": "shop"}}
    body = json.dumps(event).encode()
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": signature, "X-GitHub-Event": "issue_comment"}
    return send(port, "/v1/webhooks/github", body, headers | {"X-GitHub-Delivery": f"{number}-{time.time()}"})


def write_bulk(port: int, number: int) -> int:
    """500 new cases."""
    problem = "The label printer {0} of hall {1} prints blank labels since Monday, call 030 {0}{1} 4455"
    rows = [
        {"id": f"b{number}-{row}", "title": "Printer", "problem": problem.format(row, number), "solution": "Turn it."}
        for row in range(500)
    ]
    body = "\n".join(map(json.dumps, rows)).encode()
    return send(port, "/v1/cases/bulk", body, {"Content-Type": "application/x-ndjson"})


def _repeat(work: Callable[[int, int], int], port: int, done: Done) -> None:
    number = 0
    while True:
        done.put((work.__name__, work(port, number)))
        number += 1


def _import_exports(data_dir: Path, stop: threading.Event, done: Done) -> None:
    """Start imports until told to stop, each a process of its own."""
    environment = os.environ | {"SIMILAR_CASES_DATA_DIR": str(data_dir)}
    page = data_dir / "export.json"
    write_page(page, TICKETS)
    command = [sys.executable, "-m", "retriever.cli", "ingest", str(page), "--source", "zendesk", "--publish"]
    while not stop.is_set():
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and not stop.wait(0.1):
                pass
            process.terminate()
        done.put(("import", "stopped" if stop.is_set() else process.returncode))
        page.write_text(page.read_text(encoding="utf-8").replace("Hello,", "Hello again,"), encoding="utf-8")


@contextmanager
def busy(port: int, data_dir: Path) -> Iterator[Done]:
    """Webhooks, bulk writes and an import, each without a pause; what came of each goes into the queue."""
    spawn = multiprocessing.get_context("spawn")
    done: Done = spawn.Queue()
    senders = [spawn.Process(target=_repeat, args=(work, port, done)) for work in (send_webhook, write_bulk)]
    stop = threading.Event()
    imports = threading.Thread(target=_import_exports, args=(data_dir, stop, done))
    imports.start()
    for sender in senders:
        sender.start()
    try:
        yield done
    finally:
        stop.set()
        for sender in senders:
            sender.terminate()
            sender.join()
        imports.join()


def measure(port: int, seconds: float) -> dict[str, Any]:
    """Questions and looks at /healthz in turn: percentiles in milliseconds."""
    asked, looked = list[float](), list[float]()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        assert ask(port, len(asked)) == 200
        middle = time.perf_counter()
        assert send(port, "/healthz") == 200
        asked.append((middle - begin) * 1_000)
        looked.append((time.perf_counter() - middle) * 1_000)
    return {
        "questions": len(asked),
        "question_ms": percentiles(asked, 50, 99),
        "healthz_ms": percentiles(looked, 50, 99),
    }


def _next(done: Done) -> tuple[str, int | str] | None:
    return None if done.empty() else done.get()


def main() -> None:
    """Measure, print, write."""
    parser = command_line(__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="of each half")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_server(Settings(data_dir=folder), "--sample", more=SECRETS) as (port, _):
            measure(port, 8)  # what is compiled or read at the first questions is not measured
            machine = conditions()
            alone = measure(port, arguments.seconds)
            with busy(port, folder) as done:
                time.sleep(3)  # the senders start
                beside = measure(port, arguments.seconds)
            work = Counter(f"{what} {outcome}" for what, outcome in iter(partial(_next, done), None))
    ratio = beside["question_ms"]["p99"] / alone["question_ms"]["p99"]
    report = {"machine": machine, "alone": alone, "beside": beside, "work": work, "p99_ratio": round(ratio, 1)}
    print(json.dumps(report, indent=1))
    write_result(arguments.out, report)


if __name__ == "__main__":
    main()
