"""A server under ordinary and hostile clients at once: `python -m benchmarks.speed.soak --minutes 10 --out FILE`.

Questions and feedback, and between them what attackers and broken clients send: the units that make careless patterns
slow, heads that never end, swollen bodies, bad JSON, stalled bodies, webhooks of 1 MB. Fails (exit 1) when a request
ends in an error of the server's (any 5xx but a told overload), when /healthz is slower than 100 ms at p99, or when
memory grows. The times hold what the clients, all in one process, take from each other.
"""

import json
import random
import socket
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import command_line, conditions, percentiles, write_result
from benchmarks.serving import running_server
from benchmarks.speed.beside_work import SECRETS, ask, send, send_webhook, write_bulk
from retriever.config import Settings
from tests.support.hostile import UNITS

HEALTHZ_MS = 100
GROWTH_MIB = 32
"""Of the mean of the last third over that of the second; the first one fills caches."""
TEXT = 8_000
"""Signs of a hostile question: as many as a field may have."""
PAUSE = 0.02
"""Seconds between two requests of one client: a soak is long, not dense."""
Outcome = int | str


@dataclass(slots=True)
class Tally:
    """What became of all requests; clients are threads."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    took_ms: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory_mib: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, outcome: Outcome, took_ms: float) -> None:
        """Count one; a status from 500 on is a fault, unless it is the overload that was promised."""
        with self.lock:
            self.outcomes[f"{what} {outcome}"] += 1
            self.took_ms[what].append(took_ms)
            if isinstance(outcome, int) and outcome >= 500 and outcome != 503:
                self.faults.append(f"{what} {outcome}")


def _json(port: int, path: str, body: object) -> Outcome:
    return send(port, path, json.dumps(body).encode())


def hostile_question(port: int, number: int) -> Outcome:
    """A question of nothing but one unit."""
    unit = UNITS[number % len(UNITS)]
    return _json(port, "/v1/similar", {"problem": (unit * TEXT)[:TEXT]})


def hostile_check(port: int, number: int) -> Outcome:
    """The same as a case to be checked."""
    unit = UNITS[number % len(UNITS)]
    return _json(port, "/v1/cases/check", {"title": unit * 3, "problem": (unit * TEXT)[:TEXT], "solution": unit * 99})


def hostile_webhook(port: int, number: int) -> Outcome:
    """A signed webhook of 1 MB: an ordinary log, or one unit."""
    unit = UNITS[number % len(UNITS)]
    text = "" if number % 2 else unit * (900_000 // (len(json.dumps(unit)) - 2))
    return send_webhook(port, number, text)


def healthz(port: int, _: int) -> Outcome:
    """Whether the server lives."""
    return send(port, "/healthz")


def bulk_again(port: int, number: int) -> Outcome:
    """500 cases, 10,000 in all: then they are known, since a library that grows holds more memory rightly."""
    return write_bulk(port, number % 20)


def bad_json(port: int, number: int) -> Outcome:
    """Bodies that are no JSON, or not of this kind."""
    bodies = (b"{", b"[" * 50_000, b'{"problem": 1e999}', b'{"problem": "\\ud800"}', b"\xff\xfe", b"null", b"{}", b"")
    paths = ("/v1/similar", "/v1/cases", "/v1/feedback", "/v1/cases/check", "/v1/webhooks/github")
    return send(port, paths[number % len(paths)], bodies[number % len(bodies)])


def oversize(port: int, number: int) -> Outcome:
    """A body or a head above the limit; the server may hang up before all is sent."""
    if number % 2:
        return _raw(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 300_000 + b"\r\n\r\n")
    return send(port, "/v1/similar", b'{"problem":"' + b"x" * 3_000_000 + b'"}')


def half_head(port: int, _: int) -> Outcome:
    """A head that never ends."""
    return _raw(port, b"GET /v1/similar HTTP/1.1\r\nHost: localhost\r\nX-A: ")


def stalled_body(port: int, number: int) -> Outcome:
    """A body that is announced and does not come."""
    path, kind = (b"/v1/cases/bulk", b"application/x-ndjson") if number % 2 else (b"/v1/similar", b"application/json")
    head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + kind
    return _raw(port, head + b'\r\nContent-Length: 5000\r\n\r\n{"problem":')


def hang_up(port: int, _: int) -> Outcome:
    """A client that goes away before its answer."""
    body = json.dumps({"problem": "login page reloads"}).encode()
    head = (
        f"POST /v1/similar HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    with socket.create_connection(("localhost", port), timeout=60) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
    return "left"


def feedback(port: int, number: int) -> Outcome:
    """A question, and that its first case helped; every second time an invented question."""
    connection = HTTPConnection("localhost", port, timeout=60)
    body = json.dumps({"problem": f"VPN drops every hour {number}"})
    connection.request("POST", "/v1/similar", body, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    matches = answer.get("matches") or [{"id": "nothing"}]
    query_id = answer.get("query_id", "") if number % 2 else f"invented-{number}"
    told = {"query_id": query_id, "case_id": matches[0]["id"], "event": "solved"}
    return _json(port, "/v1/feedback", told)


def _raw(port: int, sent: bytes) -> Outcome:
    """The status of what is sent so, once the server answers or hangs up."""
    with socket.create_connection(("localhost", port), timeout=90) as connection:
        connection.sendall(sent)
        told = connection.recv(100).split(b" ")
        return int(told[1]) if len(told) > 1 else "hung up"


CLIENTS: Sequence[tuple[Callable[[int, int], Outcome], int, float]] = (
    (ask, 1, PAUSE),
    (healthz, 1, 0.1),
    (hostile_question, 1, PAUSE),
    (hostile_check, 1, PAUSE),
    (hostile_webhook, 1, 2.0),
    (bulk_again, 1, 10.0),
    (bad_json, 1, PAUSE),
    (oversize, 1, 0.5),
    (half_head, 40, PAUSE),
    (stalled_body, 10, PAUSE),
    (hang_up, 1, 0.1),
    (feedback, 1, 0.1),
)
"""What is sent, by how many clients at once, and the seconds that each of them waits in between."""


def _client(work: Callable[[int, int], Outcome], port: int, pause: float, tally: Tally, stop: threading.Event) -> None:
    number = random.randrange(1_000_000)
    while not stop.wait(pause):
        begin = time.perf_counter()
        try:
            outcome: Outcome = work(port, number)
        except (BrokenPipeError, ConnectionResetError):
            outcome = "hung up"
        except Exception as error:  # counted, and told at the end
            outcome = type(error).__name__
            tally.faults.append(f"{work.__name__} {outcome}")
        tally.note(work.__name__, outcome, (time.perf_counter() - begin) * 1_000)
        number += 1


def _memory_mib(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1_024 for line in status.splitlines() if line.startswith("VmRSS"))


def run(port: int, seconds: float) -> Tally:
    """All clients at once for so long."""
    tally, stop = Tally(), threading.Event()
    (process,) = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text(encoding="ascii").split()
    threads = list[threading.Thread]()
    for work, count, pause in CLIENTS:
        threads += [threading.Thread(target=_client, args=(work, port, pause, tally, stop)) for _ in range(count)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.5)
        tally.memory_mib.append(_memory_mib(int(process)))
    stop.set()
    for thread in threads:
        thread.join()
    return tally


def verdict(tally: Tally) -> dict[str, Any]:
    """What was measured, and under `failed` what does not hold."""
    third = len(tally.memory_mib) // 3
    second, last = (float(np.mean(part)) for part in (tally.memory_mib[third : 2 * third], tally.memory_mib[-third:]))
    healthz = percentiles(tally.took_ms["healthz"], 50, 99, 100)
    failed = sorted(set(tally.faults))
    failed += [f"/healthz p99 above {HEALTHZ_MS} ms"] if healthz["p99"] > HEALTHZ_MS else []
    failed += [f"memory grew by more than {GROWTH_MIB} MiB"] if last - second > GROWTH_MIB else []
    return {
        "requests": sum(tally.outcomes.values()),
        "outcomes": dict(sorted(tally.outcomes.items())),
        "healthz_ms": healthz,
        "question_ms": percentiles(tally.took_ms["ask"], 50, 99),
        "memory_mib": {"second_third": round(second, 1), "last_third": round(last, 1)},
        "failed": failed,
    }


def main() -> None:
    """Run, print, write; exit 1 when something does not hold."""
    parser = command_line(__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Settings(data_dir=Path(folder)), "--sample", more=SECRETS) as (port, _),
    ):
        before = conditions()
        report = {"minutes": arguments.minutes, "machine": before} | verdict(run(port, arguments.minutes * 60))
        report["load_1min_after"] = conditions()["load_1min"]
    print(json.dumps(report, indent=1))
    write_result(arguments.out, report)
    sys.exit(1 if report["failed"] else 0)


if __name__ == "__main__":
    main()
