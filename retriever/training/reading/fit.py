"""Fit how much a reading stage counts, on one half of the questions; report the other half, and what the stage costs.

    python -m retriever.training.reading.fit --data DIR --rescore FOLDER --languages en --name all-MiniLM-L6-v2 \
        --out benchmarks/results/stages.json

With `--rerank` the same for a cross-encoder; `--random-cross-encoder FOLDER` only times one with the shape of the model
in FOLDER and random weights, which says nothing of quality. The fitted weight is copied into
`retriever/search/reading.py` by hand: it is one number, and a test compares both.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from retriever.case.texts import embedded_text
from retriever.config import Settings, load_settings
from retriever.domain import Case
from retriever.embedding.loading import load_encoder
from retriever.embedding.transformer.cross_encoder import load_cross_encoder
from retriever.evaluation.labelled import LabelledSet, Qrels
from retriever.evaluation.machine import machine
from retriever.evaluation.metrics import measure
from retriever.evaluation.runner import query_of
from retriever.evaluation.subsets import draw_questions
from retriever.operations.trial import open_trial
from retriever.sample.library import load_sample_set
from retriever.search.candidates import Candidates
from retriever.search.reading import Reader, ReadingStage, Reranker, Rescorer, order_with_opinions
from retriever.search.scores import FloatArray
from retriever.search.stages import StageInput
from retriever.training.figures import print_lines
from retriever.training.sets import in_first_half, iter_sets

GRID = np.arange(0.0, 20.25, 0.25)
"""Weights tried; the smallest of the best is taken."""
NO_LIMIT_MS = 3_600_000.0
TIMED = 12
"""Questions whose reading is timed."""


@dataclass(frozen=True, slots=True)
class ReadCandidates:
    """The first candidates of a question as the ranking has them, and what the reader says of each (NaN: unread)."""

    ids: Sequence[str]
    logit: FloatArray
    opinion: FloatArray


@dataclass(slots=True)
class Recorder:
    """A stage that notes what the real one found and changes nothing."""

    stage: ReadingStage
    recorded: list[ReadCandidates] = field(default_factory=list)
    name: str = "recorder"
    identity: str = "recorder"

    def apply(self, question: StageInput, found: Candidates) -> tuple[Candidates, str]:
        """Note ids, log-odds and opinions, by the order of the ranking."""
        first = min(self.stage.top, found.compared)
        after, _ = self.stage.apply(question, found)
        said = after.stages.get(self.stage.name, np.full(len(found.keys), np.nan))
        place = {key: i for i, key in enumerate(after.keys.tolist())}
        keys = found.keys[:first].tolist()
        stored = question.load(keys)
        opinion = np.array([said[place[key]] for key in keys])
        self.recorded.append(ReadCandidates([stored[key].case.id for key in keys], found.logit[:first], opinion))
        return found, ""


def read_set(labelled: LabelledSet, cases: Sequence[Case], stage: ReadingStage) -> dict[str, ReadCandidates]:
    """What the stage would say of each question, by its id; questions that ask nothing are left out."""
    found = {}
    with open_trial(load_settings(), cases) as service:
        for question in labelled.questions:
            recorder = Recorder(stage)
            replace(service.searcher, stages=(recorder,)).find_similar(query_of(question, min_confidence=0.0))
            if recorder.recorded:
                found[question.id] = recorder.recorded[0]
    return found


def ids_in_order(found: ReadCandidates, weight: float) -> list[str]:
    """Ids in the order that a weight gives; infinity means the reader alone."""
    alone = np.isinf(weight)
    logit = np.zeros(len(found.ids)) if alone else found.logit
    order = order_with_opinions(logit, found.opinion, 1.0 if alone else weight)
    return [found.ids[place] for place in order.tolist()]


def ndcg_of(qrels: Qrels, found: dict[str, ReadCandidates], weight: float) -> float:
    """nDCG@10 in points of 100."""
    run = {q: {id: float(-rank) for rank, id in enumerate(ids_in_order(one, weight))} for q, one in found.items()}
    return 100 * measure({q: qrels[q] for q in found}, run).means["ndcg@10"]


def fit(sets: Sequence[tuple[LabelledSet, dict[str, ReadCandidates]]]) -> float:
    """The weight that is best on average over the first halves of the sets in which the reader reads most questions."""
    tables = []
    for labelled, found in sets:
        first = {q.id: found[q.id] for q in labelled.questions if q.id in found and in_first_half(q)}
        if np.mean([bool(np.isfinite(one.opinion).any()) for one in first.values()]) > 0.5:
            tables.append([ndcg_of(labelled.qrels, first, weight) for weight in GRID])
    return float(GRID[int(np.argmax(np.mean(tables, axis=0)))])


def lines_of(sets: Sequence[tuple[LabelledSet, dict[str, ReadCandidates]]], weight: float) -> list[dict[str, Any]]:
    """The halves that were not fitted on: without the stage, with it, and the reader alone on the same candidates."""
    lines = []
    for labelled, found in sets:
        rest = {q.id: found[q.id] for q in labelled.questions if q.id in found and not in_first_half(q)}
        figures = {
            name: round(ndcg_of(labelled.qrels, rest, value), 1)
            for name, value in (("fused", 0.0), ("with the stage", weight), ("reader alone", float("inf")))
        }
        read = sum(bool(np.isfinite(one.opinion).any()) for one in rest.values())
        lines.append({"set": labelled.name, "questions": len(rest), "read": read, **figures})
    return lines


def timed(reader: Reader, questions: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
    """Milliseconds to read these cases for the first question, and the median of those that follow."""
    took = []
    for question in questions:
        began = time.perf_counter()
        reader.read(question, texts, until=float("inf"))
        took.append(1000 * (time.perf_counter() - began))
    return {"first_ms": round(took[0], 1), "again_ms": round(float(np.median(took[1:])), 1)}


def random_cross_encoder(shape: Path, target: Path) -> Path:
    """A cross-encoder with the shape and tokenizer of a BERT in `shape` and random weights."""
    from transformers import AutoConfig, AutoTokenizer, BertForSequenceClassification  # noqa: PLC0415  slow

    config = AutoConfig.from_pretrained(shape, local_files_only=True, num_labels=1)
    BertForSequenceClassification(config).save_pretrained(target)
    AutoTokenizer.from_pretrained(shape, local_files_only=True).save_pretrained(target)
    return target


def _stage(arguments: argparse.Namespace, settings: Settings) -> ReadingStage:
    languages = frozenset(filter(None, arguments.languages.split(",")))
    if arguments.rerank:
        reader: Reader = Reranker(load_cross_encoder(arguments.rerank, threads=settings.threads))
        return ReadingStage("rerank", reader, 1.0, settings.rerank_top, NO_LIMIT_MS, languages)
    reader = Rescorer(load_encoder(arguments.rescore, threads=settings.threads, backend=settings.backend))
    return ReadingStage("rescore", reader, 1.0, settings.rescore_top, NO_LIMIT_MS, languages)


def main() -> None:
    """Parse arguments, ask, fit, time, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of BEIR folders")
    parser.add_argument("--only", nargs="*", default=(), help="names of sets; all of them without it")
    parser.add_argument("--questions", type=int, default=300, help="at most this many of each set, drawn with a seed")
    reader = parser.add_mutually_exclusive_group(required=True)
    reader.add_argument("--rescore", help="embedding model: folder or hub id")
    reader.add_argument("--rerank", help="cross-encoder: folder or hub id")
    parser.add_argument("--languages", default="", help="base languages that it reads; all of them without it")
    parser.add_argument("--name", required=True, help="what the result calls the model")
    parser.add_argument("--random-cross-encoder", type=Path, help="folder of a BERT whose shape is timed as a reranker")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    settings = load_settings()
    stage = _stage(arguments, settings)
    asked, known = load_sample_set()
    texts = [embedded_text(case) for case in known if case.language == "en"]
    questions = [question.text for question in asked.questions if question.language == "en"][:TIMED]
    cost = timed(stage.reader, questions, texts[: stage.top])
    sets = []
    for whole, cases in iter_sets(arguments.data, only=arguments.only):
        began = time.perf_counter()
        labelled = draw_questions(whole, arguments.questions)
        sets.append((labelled, read_set(labelled, cases, stage)))
        spent = time.perf_counter() - began
        print(f"{labelled.name}: {len(cases):,} cases, {spent:.0f} s", file=sys.stderr, flush=True)
    weight = fit(sets)
    lines = lines_of(sets, weight)
    print_lines(lines)
    result = {"machine": machine(), "reader": arguments.name, "stage": stage.name, "top": stage.top}
    result |= {"languages": arguments.languages, "weight": weight, "cost": cost, "sets": lines}
    if arguments.random_cross_encoder:
        with tempfile.TemporaryDirectory() as folder:
            model = load_cross_encoder(str(random_cross_encoder(arguments.random_cross_encoder, Path(folder))))
            top = settings.rerank_top
            result["random_cross_encoder"] = {"top": top, **timed(Reranker(model), questions, texts[:top])}
    print(json.dumps({name: value for name, value in result.items() if name != "sets"}))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
