"""Encoders side by side: one model on every backend that is installed, and the built-in model.

    python -m benchmarks.speed.encoders --data DIR --model PATH [--rounds N] [--out benchmarks/results/encoders.json]

DIR is a labelled set (corpus.jsonl, queries.jsonl, qrels/test.tsv). Each backend runs in a process of its own. All of
them are loaded first and then timed in turns, round by round, so that a machine that is busy for a while slows all of
them; medians over the rounds are reported.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.measuring import command_line, conditions, write_result
from retriever.domain import Encoder
from retriever.embedding.cards import BUILTIN
from retriever.embedding.loading import BackendChoice, load_encoder
from retriever.embedding.transformer.load import choose_backend
from retriever.evaluation.beir import load_beir
from retriever.evaluation.runner import evaluate_encoder

REFERENCE: Final = "torch-fp32"
BACKENDS: tuple[BackendChoice, ...] = (REFERENCE, "torch", "onnx", "onnx-int8", "openvino", "openvino-int8")
PACKAGES = ("numpy", "tokenizers", "torch", "sentence-transformers", "onnxruntime", "openvino", "nncf")
METRIC = "ndcg@10"
BATCH = 256
"""Questions encoded at once in a round."""
BUILTIN_BATCH = 8192
SINGLES = 20


class Worker:
    """One encoder in a process of its own, asked line by line."""

    def __init__(self, model: str, backend: str, options: argparse.Namespace) -> None:
        """Start the process; the model is loaded when `ask("load")` has answered."""
        command = [sys.executable, "-m", "benchmarks.speed.encoders", "--one", backend, "--model", model]
        command += ["--data", str(options.data), "--threads", str(options.threads)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what: str) -> dict[str, Any]:
        """The answer to one word: load, time, quality."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"a worker ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """Close its input, which ends it."""
        self._process.communicate()


def serve_one(model: str, backend: BackendChoice, data: Path, threads: int) -> None:
    """The worker: answer each line of the input with one line of JSON."""
    labelled = load_beir(data)
    texts = [question.text for question in labelled.questions]
    encoder: Encoder | None = None
    for line in sys.stdin:
        what = line.strip()
        if encoder is None:
            start, used = time.perf_counter(), time.process_time()
            encoder = load_encoder(model, backend=backend, threads=threads)
            encoder.encode_query(texts[:8])
            answer = {
                "backend": getattr(encoder, "backend", ""),
                "load_s": round(time.perf_counter() - start, 3),
                "load_cpu_s": round(time.process_time() - used, 3),
                "fingerprint": encoder.fingerprint,
            }
        elif what == "time":
            answer = dict(_round(encoder, texts))
        else:
            answer = {METRIC: round(100 * evaluate_encoder(labelled, encoder).scores.means[METRIC], 2)}
        print(json.dumps(answer), flush=True)


def _round(encoder: Encoder, texts: list[str]) -> Iterator[tuple[str, float | list[float]]]:
    """Texts a second in a batch, wall and processor time, and milliseconds of single questions."""
    many = BUILTIN_BATCH if encoder.name == BUILTIN else BATCH
    batch = (texts * (many // len(texts) + 1))[:many]
    start, used = time.perf_counter(), time.process_time()
    encoder.encode_query(batch)
    yield "texts_per_s", many / (time.perf_counter() - start)
    yield "texts_per_cpu_s", many / (time.process_time() - used)
    yield "question_ms", [1000 * _seconds(encoder, text) for text in texts[:SINGLES]]


def _seconds(encoder: Encoder, text: str) -> float:
    start = time.perf_counter()
    encoder.encode_query([text])
    return time.perf_counter() - start


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    """All workers at once, timed in turns; one row each, the reference's first."""
    named = [(options.model, backend) for backend in options.backends] + [(BUILTIN, "auto")]
    workers = {(model, backend): Worker(model, backend, options) for model, backend in named}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for key, worker in workers.items():  # one after the other: they must not slow each other's loading
        rows[key] = {"model": _model_name(key[0]), "choice": key[1], **worker.ask("load")}
        print(rows[key], flush=True)
    rounds: dict[tuple[str, str], list[dict[str, Any]]] = {key: [] for key in workers}
    for number in range(options.rounds):
        for key, worker in workers.items():
            rounds[key].append(worker.ask("time"))
        print(f"round {number + 1} of {options.rounds}, load {os.getloadavg()[0]:.1f}", flush=True)
    for key, worker in workers.items():
        rows[key] |= _medians(rounds[key]) | worker.ask("quality")
        worker.end()
    _compare(rows[options.model, REFERENCE], [rows[options.model, backend] for backend in options.backends])
    return list(rows.values())


def _medians(rounds: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    singles = [value for found in rounds for value in found["question_ms"]]
    return {
        "texts_per_s": round(median(found["texts_per_s"] for found in rounds), 1),
        "texts_per_cpu_s": round(median(found["texts_per_cpu_s"] for found in rounds), 1),
        "question_ms_p50": round(median(singles), 4),
        "question_ms_best": round(min(singles), 4),
    }


def _compare(reference: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Loss of quality and gain of speed against float32 in torch."""
    base = dict(reference)
    for row in rows:
        row["loss"] = round(base[METRIC] - row[METRIC], 2)
        row["speed_up_batch"] = round(row["texts_per_s"] / base["texts_per_s"], 2)
        row["speed_up_question"] = round(base["question_ms_p50"] / row["question_ms_p50"], 2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every backend and print and write the table."""
    parser = command_line(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--backends", nargs="*", default=list(BACKENDS), help=f"{REFERENCE} must be among them")
    parser.add_argument("--note", default="")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        serve_one(options.model, options.one, options.data, options.threads)
        return
    before = conditions(*(name for name in PACKAGES if _is_installed(name)))
    rows = measure(options)
    for row in rows:
        print("  ".join(f"{key}={value}" for key, value in row.items()), flush=True)
    write_result(options.out, _report(rows, options) | {"machine": before})


def _report(rows: list[dict[str, Any]], options: argparse.Namespace) -> dict[str, Any]:
    return {
        "what": "one model on each backend and the built-in model, timed in turns; medians over the rounds",
        "data": options.data.name,
        "threads": options.threads,
        "rounds": options.rounds,
        "auto": choose_backend(),
        "note": options.note,
        "rows": rows,
    }


def _model_name(model: str) -> str:
    folder = Path(model)
    return f"{folder.parent.name}/{folder.name}" if folder.is_dir() else model


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    main()
