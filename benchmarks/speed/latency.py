"""How fast is an answer? In process by stage and filter, and over HTTP from a second process on loopback.

python -m benchmarks.speed.latency --cases 100000 --out benchmarks/results/latency-100k.json
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.data.library import benchmark_questions, iter_synthetic_cases
from benchmarks.measuring import command_line, conditions, peak_rss_mib, percentiles, timed, write_result
from benchmarks.serving import running_server
from index.text.tokenise import tokens
from retriever.config import Settings
from retriever.domain import Filters, Query
from retriever.embedding.alignment.aligner import load_compiled
from retriever.indexing.rebuild import rebuild
from retriever.store import Store, open_store
from retriever.wiring.encoder import open_encoder
from retriever.wiring.service import Service, open_service

SEED = 7
SHARES = (2, 10, 100, 1000, 10000)
"""One case in so many passes the filter: 50 % to 0.01 %."""
HEAD = b"POST /v1/similar HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

CHANGED = "rebuild, 1 % of the cases changed"
REBUILDS = {
    "rebuild from nothing": True,
    "rebuild with cached vectors": True,
    "rebuild, nothing changed": False,
    CHANGED: False,
}
"""Ways of rebuilding, and whether every case is read again (`--full`)."""

SHOWN = (50, 90, 99)
"""Percentiles in the result."""

SEARCH = ("filter", "search", "rank")
"""Stages of the search itself: facets, both arms, fusion."""


def build_library(settings: Settings, cases: int) -> dict[str, float]:
    """Store synthetic cases and build the index in each way of REBUILDS, one after the other. Seconds of each."""
    took = {}
    with open_store(settings.database_path) as store:
        started, batch = time.perf_counter(), []
        for case in iter_synthetic_cases(cases, seed=SEED):
            batch.append(case)
            if len(batch) == 1_000:
                store.cases.upsert(batch)
                batch = []
        store.cases.upsert(batch)
        took["store"] = time.perf_counter() - started
        encoder = open_encoder(settings)
        for name, full in REBUILDS.items():
            if name == CHANGED:
                _change(store, max(cases // 100, 1))
            started = time.perf_counter()
            rebuild(store, encoder, settings.index_dir, threads=settings.threads, force=True, full=full, keep=1)
            took[name] = time.perf_counter() - started
    return {name: round(seconds, 2) for name, seconds in took.items()}


def _change(store: Store, count: int) -> None:
    """Say something more in so many cases, spread over the library."""
    stored = list(store.cases.iter(batch=1_000))
    chosen = [stored[at].case for at in range(0, len(stored), max(len(stored) // count, 1))][:count]
    store.cases.upsert([replace(case, problem=f"{case.problem} It happened again.") for case in chosen])


def in_process(settings: Settings, questions: Sequence[str]) -> dict[str, Any]:
    """Milliseconds per search: whole and by stage, of search alone, and filtered at each selectivity."""
    started = time.perf_counter()
    with open_service(settings) as service:
        opened = time.perf_counter() - started
        load_compiled()
        for text in questions[:50]:
            service.find_similar(Query(problem=text))
        results = [service.find_similar(Query(problem=text)) for text in questions]
        stages = {name: percentiles([r.took_ms[name] for r in results], *SHOWN) for name in results[0].took_ms}
        alone = percentiles([sum(r.took_ms[stage] for stage in SEARCH) for r in results], *SHOWN)
        filtered = {"none": _filtered(service, questions, None)}
        for share in SHARES:
            filtered[f"1/{share}"] = _filtered(service, questions, share)
        arms = _arms(service, questions)
    return {
        "open_s": round(opened, 3),
        "stages_ms": stages,
        "search_alone_ms": alone,
        "arms_ms": arms,
        "filtered_ms": filtered,
        "rss_mib": round(peak_rss_mib()),
    }


def _filtered(service: Service, questions: Sequence[str], share: int | None) -> dict[str, float]:
    filters = Filters(tags_any=(f"share-{share}",)) if share else Filters()
    limit, took, short = 5, [], 0
    existing = len(service.indexing.view()) // (share or 1)
    for text in questions[:300]:
        result = service.find_similar(Query(problem=text, filters=filters, limit=limit, min_confidence=0.0))
        took.append(sum(result.took_ms[stage] for stage in SEARCH))
        short += len(result.matches) < min(limit, existing)
    return percentiles(took, *SHOWN) | {"answers_with_fewer_than_exist": short}


def _arms(service: Service, questions: Sequence[str]) -> dict[str, dict[str, float]]:
    view = service.indexing.view()
    asked = [(service.encoder.encode_query([text])[0], tokens(text)) for text in questions[:300]]
    near = timed(view.vectors.search(vector, 100) for vector, _ in asked)
    worded = timed(view.words.search(words, 100) for _, words in asked)
    return {"dense": percentiles(near.wall, *SHOWN), "words": percentiles(worded.wall, *SHOWN)}


async def load(port: int, questions: Sequence[str], *, clients: int) -> dict[str, float]:
    """Every question once over `clients` keep-alive connections; milliseconds, and answers per second."""
    took: list[float] = []
    queue = iter(questions)

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for text in queue:
            body = json.dumps({"problem": text}).encode()
            started = time.perf_counter()
            writer.write(HEAD % len(body) + body)
            header = await reader.readuntil(b"\r\n\r\n")
            if not header.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(header.decode(errors="replace"))
            fields = header.lower().split(b"content-length:")[1]
            await reader.readexactly(int(fields.split(b"\r\n")[0]))
            took.append((time.perf_counter() - started) * 1000)
        writer.close()
        await writer.wait_closed()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return percentiles(took, *SHOWN) | {"requests_per_s": round(len(took) / (time.perf_counter() - started), 1)}


def over_http(settings: Settings, questions: Sequence[str]) -> dict[str, Any]:
    """One client and sixteen against one worker; seconds until ready."""
    with running_server(settings) as (port, ready):
        asyncio.run(load(port, questions[:200], clients=1))
        one = asyncio.run(load(port, questions, clients=1))
        sixteen = asyncio.run(load(port, [*questions, *questions], clients=16))
    return {"ready_s": round(ready, 2), "1 client": one, "16 clients": sixteen}


def main() -> None:
    """Parse arguments, measure, print, write."""
    parser = command_line(__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=2_000)
    parser.add_argument("--data-dir", type=Path, help="keep the library here and use it again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        settings = Settings(data_dir=arguments.data_dir or Path(temporary))
        built = {} if settings.database_path.exists() else build_library(settings, arguments.cases)
        questions = benchmark_questions(arguments.questions)
        report = {
            "machine": conditions(),
            "cases": arguments.cases,
            "questions": len(questions),
            "seed": SEED,
            "model": settings.model,
            "built_s": built,
            "build_rss_mib": round(peak_rss_mib()) if built else None,
            "in_process": in_process(settings, questions),
            "http": over_http(settings, questions),
        }
    _print(report)
    write_result(arguments.out, report)


def _print(report: dict[str, Any]) -> None:
    table = Table("what", "p50 ms", "p90 ms", "p99 ms", "more", title=f"{report['cases']} cases")
    inside, http = report["in_process"], report["http"]
    rows = {f"stage {name}": spread for name, spread in inside["stages_ms"].items()}
    rows |= {"search alone": inside["search_alone_ms"]} | {f"arm {name}": s for name, s in inside["arms_ms"].items()}
    rows |= {f"filter {name}": spread for name, spread in inside["filtered_ms"].items()}
    rows |= {f"HTTP {name}": http[name] for name in ("1 client", "16 clients")}
    for name, spread in rows.items():
        more = ", ".join(f"{key} {value}" for key, value in spread.items() if not key.startswith("p"))
        table.add_row(name, *(str(spread[p]) for p in ("p50", "p90", "p99")), more)
    Console().print(table)
    Console().print({**report["built_s"], "ready_s": http["ready_s"], "rss_mib": inside["rss_mib"]})


if __name__ == "__main__":
    main()
