"""How exact and how fast is the vector index? `python -m benchmarks.speed.recall --sizes 10000 100000`.

Rows of other sizes that the file of `--out` holds are kept.

Latency is given twice: `wall` is what a caller waits on this machine, `cpu` the processor time of the searching thread,
which other work on the machine disturbs far less.
"""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.data.vectors import Corpus, build_corpus
from benchmarks.measuring import Times, command_line, conditions, percentiles, rss_mib, timed, write_result
from index.keys import KeySet
from index.types import FloatMatrix
from index.vectors.dense import DenseIndex, build_dense
from index.vectors.kinds import KINDS, Kind, kind_for

SHARES = (0.5, 0.1, 0.01, 0.001, 0.0001)
K = 100
"""What a search asks of the vector arm; recall@10 is taken from the same hits."""


def latency(index: DenseIndex, questions: FloatMatrix, allowed: KeySet | None = None) -> dict[str, dict[str, float]]:
    """Latency of one question at a time, as wall and as processor time; a tenth is asked before for warmth."""
    for question in questions[: len(questions) // 10]:
        index.search(question, K, allowed)
    return _shown(timed(index.search(question, K, allowed) for question in questions))


def _shown(times: Times) -> dict[str, dict[str, float]]:
    return {
        kind: percentiles(spent, 50, 99, name="p{}_ms") for kind, spent in (("wall", times.wall), ("cpu", times.cpu))
    }


def recall(index: DenseIndex, questions: FloatMatrix, truth: Sequence[Sequence[int]]) -> dict[str, float]:
    """Share of the true 10 and 100 nearest that are found."""
    found = [index.search(question, K).keys.tolist() for question in questions]
    shared = {
        n: sum(len(set(mine[:n]) & set(true[:n])) for mine, true in zip(found, truth, strict=True)) for n in (10, K)
    }
    return {f"recall@{n}": round(count / sum(len(true[:n]) for true in truth), 4) for n, count in shared.items()}


def filtered(index: DenseIndex, questions: FloatMatrix, rng: np.random.Generator) -> dict[str, object]:
    """Latency under random filters, the set's rows remembered or (`first`) translated for each question."""
    result: dict[str, object] = {}
    for share in SHARES:
        keys = np.sort(rng.choice(index.keys, max(1, int(share * len(index))), replace=False))
        allowed = KeySet(keys.astype(np.uint32))
        short = [q for q in questions[:50] if len(index.search(q, K, allowed)) < min(K, len(allowed))]
        row: dict[str, object] = dict(latency(index, questions, allowed))
        row["first"] = _shown(timed(index.search(q, K, allowed.copy()) for q in questions[:50]))["cpu"]
        result[f"{share:.2%}"] = row | {"allowed": len(allowed), "questions_short_of_k": len(short)}
    return result


def measure(corpus: Corpus, kind: Kind, truth: Sequence[Sequence[int]], seed: int) -> dict[str, object]:
    """Everything about one kind at one size."""
    start, start_cpu = time.perf_counter(), time.process_time()
    index = build_dense(corpus.cases, np.arange(len(corpus.cases)), kind=kind)
    built, built_cpu = time.perf_counter() - start, time.process_time() - start_cpu
    return {
        "cases": len(index),
        "kind": kind.name,
        "chosen": kind_for(len(index)) is kind,
        "build_s": round(built, 2),
        "build_cpu_s": round(built_cpu, 2),
        "rss_mb": round(rss_mib()),
        **recall(index, corpus.questions[: len(truth)], truth),
        "unfiltered": latency(index, corpus.questions),
        "filtered": filtered(index, corpus.questions, np.random.default_rng(seed)),
    }


def show(rows: Sequence[dict[str, object]], console: Console) -> None:
    """Print one line per kind and size."""
    table = Table("cases", "kind", "build s", "RSS MB", "recall@10", "recall@100", "p50/p99 ms cpu", "worst filter p99")
    for row in rows:
        cpu = _cpu(row["unfiltered"])
        filters = row["filtered"]
        assert isinstance(filters, Mapping)
        worst = max(_cpu(value)["p99_ms"] for value in filters.values())
        name = f"{row['kind']}{' *' if row['chosen'] else ''}"
        cells = (f"{row['cases']:,}", name, row["build_s"], row["rss_mb"], row["recall@10"], row["recall@100"])
        table.add_row(*map(str, cells), f"{cpu['p50_ms']} / {cpu['p99_ms']}", str(worst))
    console.print(table)


def _cpu(latency: object) -> Mapping[str, float]:
    assert isinstance(latency, Mapping)
    cpu = latency["cpu"]
    assert isinstance(cpu, Mapping)
    return cpu


def load_corpus(path: Path, rows: int, questions: int) -> Corpus:
    """Unit vectors from a file (n, dim); the last ones are the questions."""
    vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    return Corpus(np.array(vectors[:rows], np.float32), np.array(vectors[-questions:], np.float32))


def main() -> None:
    """Measure each size with the kind chosen for it, small sizes with every kind."""
    parser = command_line(__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--truth", type=int, default=200, help="questions that recall is measured with")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--vectors", type=Path, help="a .npy of unit vectors to use instead of made ones")
    wanted = parser.parse_args()
    rows: list[dict[str, object]] = []
    for size in wanted.sizes:
        if wanted.vectors:
            corpus = load_corpus(wanted.vectors, size, wanted.questions)
        else:
            corpus = build_corpus(size, wanted.dim, wanted.questions, wanted.seed)
        truth = build_truth(corpus, wanted.truth)
        before = conditions("faiss-cpu", "numpy", "pyroaring")
        for kind in KINDS if size <= 100_000 else (kind_for(size),):
            row = measure(corpus, kind, truth, wanted.seed)
            rows.append(row | {"dim": corpus.cases.shape[1], "seed": wanted.seed, "machine": before})
    show(rows, Console())
    if wanted.out:
        write(rows, wanted.out)


def build_truth(corpus: Corpus, questions: int) -> list[list[int]]:
    """The rows of the true nearest of the first questions, one matrix product for each."""
    result = []
    for question in corpus.questions[:questions]:
        scores = corpus.cases @ question
        best = np.argpartition(-scores, K)[:K]
        result.append([int(row) for row in best[np.argsort(-scores[best], kind="stable")]])
    return result


def write(rows: Sequence[dict[str, object]], path: Path) -> None:
    """Replace the rows of these sizes and libraries in the file; those of made vectors name no library."""
    measured = {(row["cases"], row.get("library")) for row in rows}
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    kept = [row for row in old if (row["cases"], row.get("library")) not in measured]
    merged = sorted([*kept, *rows], key=lambda row: (row.get("library", ""), row["cases"], row["kind"]))
    write_result(path, merged)


if __name__ == "__main__":
    main()
