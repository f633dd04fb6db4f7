"""Word engines at 100k and 1M cases: build, memory, load, latency, filters.

`python -m benchmarks.speed.words --sizes 100000`. Each engine runs in a process of its own, so that its memory is its
own. Cases are synthetic: about 40 tokens, words and Chinese pairs drawn by Zipf's law, questions of 8 to 12 tokens,
drawn alike with a few rare words from one case.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import (
    RESULTS,
    command_line,
    conditions,
    in_child,
    peak_rss_mib,
    percentiles,
    require,
    rss_mib,
    timed,
    write_result,
)
from index.keys import KeySet
from index.words.bm25 import build_words, load_words
from index.words.loops import load_compiled
from index.words.postings import count_tokens

SEED = 20_261_124
SHARES = (0.5, 0.1, 0.01, 0.001, 0.0001)
ENGINES = ("own", "bm25s", "tantivy")
K = 100


def token_names(words: int) -> list[str]:
    """Names of a vocabulary: Latin words, and a third Chinese pairs."""
    return [f"w{i}" if i % 3 else chr(0x4E00 + i // 3 % 5000) + chr(0x4E00 + i // 15_000 % 5000) for i in range(words)]


def draw(rng: np.random.Generator, count: int, words: int) -> NDArray[np.int64]:
    """Token numbers by Zipf's law with exponent 1.05: the commonest word is in most cases, half of the words in few."""
    shares = np.cumsum(1 / np.arange(1, words + 1) ** 1.05)
    drawn: NDArray[np.int64] = np.searchsorted(shares, rng.random(count) * shares[-1])
    return drawn


def iter_cases(cases: int, words: int) -> Iterator[list[str]]:
    """The token lists, made in blocks."""
    rng, names = np.random.default_rng(SEED), token_names(words)
    for start in range(0, cases, 50_000):
        sizes = np.clip(rng.lognormal(3.6, 0.4, min(50_000, cases - start)).astype(int), 5, 200)
        drawn, at = draw(rng, int(sizes.sum()), words).tolist(), 0
        for size in sizes.tolist():
            yield [names[i] for i in drawn[at : at + size]]
            at += size


def make_questions(words: int, count: int) -> list[list[str]]:
    """Questions of 8 to 12 tokens, from the same distribution as the cases."""
    rng, names = np.random.default_rng(SEED + 1), token_names(words)
    return [[names[i] for i in draw(rng, int(rng.integers(8, 13)), words).tolist()] for _ in range(count)]


def costs(calls: Iterator[object], limit_s: float = 20) -> dict[str, float]:
    """p50 and p99 in ms of a lazy series of calls, for at most `limit_s`: by the clock, and of the processor."""
    spent = timed(calls, limit_s=limit_s)
    cpu, wall = percentiles(spent.cpu, 50, 99, name="cpu_p{}_ms"), percentiles(spent.wall, 50, 99, name="p{}_ms")
    return cpu | wall | {"n": len(spent.wall)}


def base(cases: int) -> dict[str, Any]:
    """Peak memory of the process so far."""
    return {"cases": cases, "peak_rss_mb": int(peak_rss_mib())}


def measure_own(cases: int, words: int) -> dict[str, Any]:
    """`index.words.bm25`: build, save, map again, search with and without filters."""
    questions, keys = make_questions(words, 400), np.arange(cases, dtype=np.int64)
    begin = time.process_time()
    for _ in iter_cases(min(cases, 100_000), words):
        pass
    making = (time.process_time() - begin) * cases / min(cases, 100_000)
    load_compiled()
    begin = time.process_time()
    built = build_words(keys, count_tokens(iter_cases(cases, words)))
    build = time.process_time() - begin - making
    result = base(cases)
    with tempfile.TemporaryDirectory() as folder:
        built.save(Path(folder))
        result["disk_mb"] = sum(path.stat().st_size for path in Path(folder).iterdir()) >> 20
        del built
        before, begin = int(rss_mib()), time.perf_counter()
        index = load_words(Path(folder))
        load = time.perf_counter() - begin
        result |= {"build_cpu_s": round(build, 2), "load_s": round(load, 4)}
        costs(index.search(q, K) for q in questions)
        result["all"] = costs(index.search(q, K) for q in questions)
        result["serving_rss_mb"] = int(rss_mib()) - before
        rng = np.random.default_rng(SEED)
        for share in SHARES:
            allowed = KeySet(rng.choice(cases, max(1, int(cases * share)), replace=False).astype(np.uint32))
            result[f"allowed_{share:g}"] = costs(index.search(q, K, allowed) for q in questions)
        extra = list(iter_cases(1_000, words))
        begin = time.perf_counter()
        build_words(keys[:1_000], count_tokens(extra), like=index)
        result["delta_of_1000_ms"] = round((time.perf_counter() - begin) * 1e3, 1)
    return result


def measure_bm25s(cases: int, words: int) -> dict[str, Any]:
    """bm25s, numpy backend, fed with token numbers; filters through its weight mask; nothing can be added."""
    import bm25s  # noqa: PLC0415 - only this engine's process pays for it

    numbers = {name: i for i, name in enumerate(token_names(words))}
    lists = [[numbers[t] for t in tokens] for tokens in iter_cases(cases, words)]
    begin = time.process_time()
    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    index.index((lists, numbers), show_progress=False)
    result = {**base(cases), "build_cpu_s": round(time.process_time() - begin, 2)}
    del lists
    questions = make_questions(words, 200)

    def ask(question: list[str], mask: NDArray[np.float32] | None) -> object:
        return index.retrieve([question], k=K, show_progress=False, n_threads=0, weight_mask=mask)

    result["all"] = costs(ask(q, None) for q in questions)
    rng = np.random.default_rng(SEED)
    for share in SHARES:
        mask = (rng.random(cases) < share).astype(np.float32)
        result[f"allowed_{share:g}"] = costs((ask(q, mask) for q in questions), 6)
    return result


def measure_tantivy(cases: int, words: int) -> dict[str, Any]:
    """tantivy in memory, one writer thread; filters as a set of key terms up to 1 % (larger sets take minutes)."""
    import tantivy  # noqa: PLC0415 - only this engine's process pays for it

    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="whitespace")
    schema.add_unsigned_field("key", stored=False, indexed=True, fast=True)
    built = schema.build()
    index = tantivy.Index(built)
    writer = index.writer(200_000_000, 1)
    begin = time.process_time()
    for key, tokens in enumerate(iter_cases(cases, words)):
        case = tantivy.Document()
        case.add_text("text", " ".join(tokens))
        case.add_unsigned("key", key)
        writer.add_document(case)
    writer.commit()
    writer.wait_merging_threads()
    result = {**base(cases), "build_with_making_cpu_s": round(time.process_time() - begin, 2)}
    index.reload()
    searcher = index.searcher()

    def query(question: list[str]) -> tantivy.Query:
        terms = [(tantivy.Occur.Should, tantivy.Query.term_query(built, "text", token)) for token in question]
        return tantivy.Query.boolean_query(terms)

    questions = [query(q) for q in make_questions(words, 200)]
    result["all"] = costs(searcher.search(q, K, count=False) for q in questions)
    rng = np.random.default_rng(SEED)
    for share in SHARES[2:]:
        keys = rng.choice(cases, max(1, int(cases * share)), replace=False).tolist()
        only = tantivy.Query.const_score_query(tantivy.Query.term_set_query(built, "key", keys), 0.0)
        both = (tantivy.Query.boolean_query([(tantivy.Occur.Must, q), (tantivy.Occur.Must, only)]) for q in questions)
        result[f"allowed_{share:g}"] = costs((searcher.search(q, K, count=False) for q in both), 6)
    return result


def run_engine(engine: str, cases: int) -> dict[str, Any]:
    """Measure one engine in a fresh process; its error instead of figures when it fails or takes over 9 minutes."""
    try:
        return in_child("benchmarks.speed.words", "--engine", engine, "--sizes", str(cases), timeout_s=540)
    except subprocess.TimeoutExpired:
        return {"cases": cases, "error": "over 9 minutes"}
    except subprocess.CalledProcessError as error:
        return {"cases": cases, "error": error.stderr.strip().splitlines()[-1][:200]}


def show(engine: str, row: dict[str, Any]) -> None:
    """One line per engine and size."""
    if "error" in row:
        print(f"{engine:8} {row['cases']:>9,} {row['error']}", flush=True)
        return
    build = row.get("build_cpu_s", row.get("build_with_making_cpu_s"))
    cells = [f"{row[key]['cpu_p50_ms']}/{row[key]['cpu_p99_ms']}" for key in row if key == "all" or "allowed_" in key]
    print(f"{engine:8} {row['cases']:>9,} build {build} s, peak {row['peak_rss_mb']} MB, CPU p50/p99 ms:", *cells)


def main() -> None:
    """Measure the chosen engines and sizes and write the results."""
    parser = command_line(__doc__, out=RESULTS / "words.json")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--engine", choices=ENGINES, help="measure one engine in this process and print its JSON")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    arguments = parser.parse_args()
    if arguments.engine:
        measures = {"own": measure_own, "bm25s": measure_bm25s, "tantivy": measure_tantivy}
        for cases in arguments.sizes:
            print(json.dumps(measures[arguments.engine](cases, max(20_000, cases // 4))))
        return
    rivals = [engine for engine in arguments.engines if engine != "own"]
    require(*rivals)
    engines: dict[str, list[dict[str, Any]]] = {}
    report = {
        "machine": conditions("numpy", "pyroaring", *rivals),
        "seed": SEED,
        "k": K,
        "filter_order": [f"allowed_{share:g}" for share in SHARES],
        "engines": engines,
    }
    for cases in arguments.sizes:
        for engine in arguments.engines:
            row = run_engine(engine, cases)
            row["load_average_after"] = os.getloadavg()
            engines.setdefault(engine, []).append(row)
            show(engine, row)
            write_result(arguments.out, report)


if __name__ == "__main__":
    main()
