"""Encoders side by side: quality and speed of one model on every backend that is installed.

    python -m benchmarks.encoders --data DIR --model PATH [--queries N] [--out benchmarks/results/encoders.json]

DIR is a labelled set (corpus.jsonl, queries.jsonl, qrels/test.tsv). Each backend runs in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from retriever.embedding.loading import BackendChoice, load_encoder
from retriever.evaluation.formats import load_beir
from retriever.evaluation.runner import evaluate_encoder, machine

BACKENDS: tuple[BackendChoice, ...] = ("torch", "onnx", "openvino", "onnx-int8", "openvino-int8")
PACKAGES = ("numpy", "tokenizers", "torch", "sentence-transformers", "onnxruntime", "openvino", "nncf")
METRIC = "ndcg@10"


def measure(model: str, backend: BackendChoice, data: Path, *, queries: int, threads: int) -> dict[str, Any]:
    """Load, encode and rank once: seconds, texts a second, milliseconds a question and mean nDCG@10 (x100)."""
    start = time.perf_counter()
    encoder = load_encoder(model, backend=backend, threads=threads)
    load_seconds = time.perf_counter() - start
    labelled = load_beir(data)
    labelled = replace(labelled, questions=labelled.questions[:: max(1, len(labelled.questions) // queries)][:queries])
    labelled = replace(labelled, qrels={question.id: labelled.qrels[question.id] for question in labelled.questions})
    texts = [question.text for question in labelled.questions]
    encoder.encode_query(texts[:8])
    cpu_start = time.process_time()
    seconds = _seconds(encoder.encode_query, texts)
    cpu_seconds = time.process_time() - cpu_start
    singles = [_seconds(encoder.encode_query, [text]) for text in texts[:50]]
    score = evaluate_encoder(labelled, encoder).scores.means[METRIC]
    return {
        "backend": getattr(encoder, "backend", ""),
        "ndcg@10": round(100 * score, 2),
        "texts_per_s": round(len(texts) / seconds, 1),
        "texts_per_cpu_s": round(len(texts) / cpu_seconds, 1),
        "question_ms_p50": round(1000 * float(np.median(singles)), 3),
        "load_s": round(load_seconds, 2),
        "queries": len(texts),
        "fingerprint": encoder.fingerprint,
    }


def _seconds(encode: Any, texts: list[str]) -> float:  # noqa: ANN401  a bound method of any encoder
    start = time.perf_counter()
    encode(texts)
    return time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every backend and print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--queries", type=int, default=10**6)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--backends", nargs="*", default=list(BACKENDS))
    parser.add_argument("--note", default="")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        measured = measure(options.model, options.one, options.data, queries=options.queries, threads=options.threads)
        print(json.dumps(measured))
        return
    rows: list[dict[str, Any]] = []
    for backend in options.backends:
        rows.append(_measure_apart(backend, options))
        print("  ".join(f"{key}={value}" for key, value in rows[-1].items()), flush=True)
        if options.out:
            options.out.write_text(json.dumps(_report(rows, options), indent=1) + "\n", encoding="utf-8")


def _measure_apart(backend: str, options: argparse.Namespace) -> dict[str, Any]:
    """One backend in a fresh process, so that no library's threads or memory weigh on the next."""
    command = [sys.executable, "-m", "benchmarks.encoders", "--one", backend, "--data", str(options.data)]
    command += ["--model", options.model, "--queries", str(options.queries), "--threads", str(options.threads)]
    load_before = os.getloadavg()[0]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        return {"backend": backend, "error": (result.stderr.strip().splitlines() or ["failed"])[-1]}
    measured: dict[str, Any] = json.loads(result.stdout.strip().splitlines()[-1])
    return measured | {"load_average_before": round(load_before, 1)}


def _report(rows: list[dict[str, Any]], options: argparse.Namespace) -> dict[str, Any]:
    return {
        "what": "one model on each backend",
        "model": Path(options.model).name if Path(options.model).is_dir() else options.model,
        "data": options.data.name,
        "threads": options.threads,
        "machine": machine() | {"cores": str(os.cpu_count())},
        "versions": {package: _version(package) for package in PACKAGES},
        "note": options.note,
        "rows": rows,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


if __name__ == "__main__":
    main()
