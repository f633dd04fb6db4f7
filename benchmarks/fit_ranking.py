"""Fit the ranking weights on development sets and report every arm beside the fusion, on the half not fitted on.

    python -m benchmarks.fit_ranking --data DIR --model builtin --out benchmarks/results/ranking.json --write

The loss is what both uses of the score ask for: per question the relevant candidates before the others (softmax over
its candidates), and over all questions a probability (logistic). Sets count equally; out-of-scope questions have no
relevant candidate. With --write the weights go to retriever/search/ranking.json under the model's name.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from index.lexical import build_words
from index.tokenise import tokens
from retriever.case_format import case_from_dict
from retriever.domain import Encoder
from retriever.embedding.loading import load_encoder
from retriever.evaluation.formats import (
    Document,
    LabelledSet,
    Question,
    iter_sample_cases,
    load_beir,
    load_sample_questions,
)
from retriever.evaluation.metrics import measure
from retriever.evaluation.runner import machine
from retriever.language import base_language, detect_language
from retriever.search.ranking import Ranking, Weights, confidence, logits
from retriever.search.searcher import CANDIDATES
from retriever.texts import embedded_text, matched_text

SEED = 3
QUESTIONS_PER_SET = 600
STEPS = 300
FEATURES = 6  # in the order of the fields of Weights
TARGET = Path(__file__).parents[1] / "retriever" / "search" / "ranking.json"
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its candidates' features; `relevant` holds 1 where a candidate answers it."""

    set_name: str
    question: str
    in_scope: bool
    ids: list[str]
    cosine: FloatArray
    words: FloatArray
    same: NDArray[np.bool_]
    relevant: FloatArray


def ask(labelled: LabelledSet, encoder: Encoder) -> list[Asked]:
    """Candidates of both arms for a sample of the set's questions, as `Searcher` proposes them."""
    texts = [f"{d.title}\n{d.text}" if d.title else d.text for d in labelled.documents]
    vectors = encoder.encode_cases(texts)
    keys = np.arange(len(texts), dtype=np.int64)
    # A case is matched by more of its text than is embedded; a document has only one text.
    worded = [str(d.metadata.get("matched_text", text)) for d, text in zip(labelled.documents, texts, strict=True)]
    index = build_words(keys, map(tokens, worded))
    spoken = np.array([base_language(d.language or detect_language(d.text)) for d in labelled.documents])
    names = [document.id for document in labelled.documents]
    rng = np.random.default_rng(SEED)
    result = []
    for questions in (labelled.questions, labelled.out_of_scope):
        chosen = rng.permutation(len(questions))[:QUESTIONS_PER_SET]
        for question in (questions[i] for i in sorted(chosen.tolist())):
            judged = labelled.qrels.get(question.id, {})
            result.append(_asked(labelled.name, question, judged, (encoder, vectors, index, spoken, names)))
    return result


def _asked(set_name: str, question: Question, judged: Mapping[str, int], parts: Any) -> Asked:  # noqa: ANN401
    encoder, vectors, index, spoken, names = parts
    vector, said = encoder.encode_query([question.text])[0], tokens(question.text)
    near = vectors @ vector
    keys = np.union1d(np.argsort(-near, kind="stable")[:CANDIDATES], index.search(said, CANDIDATES).keys)
    keys = keys[[names[key] != question.id for key in keys]]
    ids = [names[key] for key in keys]
    language = base_language(question.language or detect_language(question.text))
    return Asked(
        set_name,
        question.id,
        bool(judged),
        ids,
        near[keys].astype(np.float64),
        index.scores(said, keys).astype(np.float64) / index.ceiling(said),
        spoken[keys] == language,
        np.array([float(judged.get(name, 0) > 0) for name in ids]),
    )


def sample_set() -> LabelledSet:
    """The sample library with its questions; its cases are embedded and matched as the service does it."""
    cases = [case_from_dict(row) for row in iter_sample_cases()]
    documents = tuple(
        Document(case.id, "", embedded_text(case), case.language, {"matched_text": matched_text(case)})
        for case in cases
    )
    return replace(load_sample_questions(), documents=documents)


def with_mixed_sets(sets: dict[str, LabelledSet]) -> dict[str, LabelledSet]:
    """The sets, and two made of them in which cases of the question's language compete with answers in another one.

    `entries-mixed`: every second vendor entry in Chinese, the others in English, asked in both languages. `library`:
    these entries, English help pages asked in many languages, and Korean and English questions, in one corpus.
    """
    pair = ("espfaq-dev-zh2en", "espfaq-dev-en2zh", "gnomehelp-desc-xling", "parakqc-ko", "stackfaq-en")
    if not set(pair) <= set(sets):
        return sets
    english, chinese, *others = (sets[name] for name in pair)
    kept = {d.id for d in english.documents[::2]}
    documents = [d for d in english.documents if d.id in kept] + [d for d in chinese.documents if d.id not in kept]
    asked = [english, chinese]
    mixed = _joined("entries-mixed", documents, asked)
    whole = _joined("library", [*documents, *(d for other in others for d in other.documents)], [*asked, *others])
    return {**sets, mixed.name: mixed, whole.name: whole}


def _joined(name: str, documents: list[Document], asked: list[LabelledSet]) -> LabelledSet:
    """One set of these documents and all questions; a question that several sets ask in its own way keeps apart."""
    known = {document.id for document in documents}
    questions, qrels = [], {}
    for labelled in asked:
        for question in labelled.questions:
            own = f"{labelled.name}/{question.id}"
            questions.append(replace(question, id=own))
            qrels[own] = {d: grade for d, grade in labelled.qrels[question.id].items() if d in known}
    answerable = [question for question in questions if qrels[question.id]]
    return LabelledSet(name, tuple(documents), tuple(answerable), {q.id: qrels[q.id] for q in answerable})


def fit(asked: list[Asked]) -> Ranking:
    """Weights that minimise ranking and probability loss together, sets counting equally."""
    weights = torch.tensor([[-6.0, 8.0, 6.0, 0.0, 0.0, 0.0], [-6.0, 12.0, 2.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    weights.requires_grad_(True)
    batch = _padded(asked)
    optimiser = torch.optim.Adam([weights], lr=0.1)
    for _ in range(STEPS):
        score = torch.where(batch.same, batch.features @ weights[0], batch.features @ weights[1])
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(score, batch.relevant, reduction="none")
        probability = (wrong * batch.real).sum(1) / batch.real.sum(1).clamp(min=1)
        order = torch.log_softmax(score.masked_fill(~batch.real, -1e9), 1)
        listwise = -(order * batch.relevant).sum(1) / batch.relevant.sum(1).clamp(min=1)
        loss = (batch.share * (4 * probability + listwise)).sum() + 0.002 * (weights[:, 1:] ** 2).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    same, cross = (Weights(*(round(value, 4) for value in row)) for row in weights.detach().tolist())
    ranking = Ranking(same, cross, 0.0)
    return Ranking(same, cross, _threshold(ranking, asked))


@dataclass(frozen=True, slots=True)
class Padded:
    """All questions side by side: (questions, candidates), `real` False where a question has fewer candidates."""

    features: torch.Tensor
    same: torch.Tensor
    relevant: torch.Tensor
    real: torch.Tensor
    share: torch.Tensor


def _padded(asked: list[Asked]) -> Padded:
    width = max(len(a.ids) for a in asked)
    features = np.zeros((len(asked), width, FEATURES))
    same, relevant, real = np.zeros((3, len(asked), width))
    for row, a in enumerate(asked):
        n, behind = len(a.ids), a.cosine.max(initial=-1.0) - a.cosine
        features[row, :n] = np.stack([np.ones(n), a.cosine, a.words, a.cosine * a.words, behind, a.words**2], axis=1)
        same[row, :n], relevant[row, :n], real[row, :n] = a.same, a.relevant, 1
    size = {name: sum(a.set_name == name for a in asked) for name in {a.set_name for a in asked}}
    share = np.array([1.0 / size[a.set_name] for a in asked])
    tensors = (torch.tensor(x) for x in (features, same > 0, relevant, real > 0, share))
    return Padded(*tensors)


def _threshold(ranking: Ranking, asked: list[Asked]) -> float:
    """Where answering the answerable and abstaining from the rest, both as shares, are best on average.

    Chosen on the sample library alone: of the sets with out-of-scope questions it is the only one that is asked across
    languages, where confidence is lower, as it is in use.
    """
    asked = [a for a in asked if a.set_name == "sample"]
    best = {True: dict[str, list[float]](), False: dict[str, list[float]]()}
    for a in asked:
        best[a.in_scope].setdefault(a.set_name, []).append(float(_confidence(ranking, a).max(initial=0.0)))
    sets = [(np.array(best[True][name]), np.array(outside)) for name, outside in best[False].items()]
    grid = np.arange(0.02, 0.9, 0.01)
    gain = [np.mean([(inside >= t).mean() + (outside < t).mean() for inside, outside in sets]) for t in grid]
    return round(float(grid[int(np.argmax(gain))]), 2)


def _confidence(ranking: Ranking, a: Asked) -> FloatArray:
    return confidence(logits(ranking, a.cosine, a.words, a.same))


def report(ranking: Ranking, asked: list[Asked], sets: Mapping[str, LabelledSet]) -> list[dict[str, Any]]:
    """nDCG@10 of each arm and of the fusion, and abstention, per set (and per slice of the mixed one)."""
    lines = []
    for name, labelled in sets.items():
        own = [a for a in asked if a.set_name == name]
        groups = {name: own}
        for cross in {str(q.metadata["cross"]) for q in labelled.questions if "cross" in q.metadata}:
            ids = {q.id for q in labelled.questions if str(q.metadata.get("cross")) == cross}
            groups[f"{name} cross={cross}"] = [a for a in own if a.question in ids]
        lines += [_line(ranking, label, group, labelled) for label, group in groups.items()]
    return lines


def _line(ranking: Ranking, label: str, group: list[Asked], labelled: LabelledSet) -> dict[str, Any]:
    answerable = [a for a in group if a.question in labelled.qrels]
    qrels = {a.question: labelled.qrels[a.question] for a in answerable}
    arms: dict[str, Callable[[Asked], FloatArray]] = {
        "words": lambda a: a.words,
        "dense": lambda a: a.cosine,
        "fused": lambda a: logits(ranking, a.cosine, a.words, a.same),
    }
    line: dict[str, Any] = {"set": label, "questions": len(answerable)}
    for arm, score in arms.items():
        run = {a.question: dict(zip(a.ids, score(a).tolist(), strict=True)) for a in answerable}
        if arm == "words":
            run = {q: {d: s for d, s in found.items() if s > 0} for q, found in run.items()}
        line[arm] = round(100 * measure(qrels, run).means["ndcg@10"], 1)
    shown = [bool((_confidence(ranking, a) >= ranking.min_confidence).any()) for a in group if a.question in qrels]
    outside = [
        bool((_confidence(ranking, a) >= ranking.min_confidence).any()) for a in group if a.question not in qrels
    ]
    line["answered"] = round(float(np.mean(shown)), 3)
    line["abstained_out_of_scope"] = round(1 - float(np.mean(outside)), 3) if outside else None
    return line


def main() -> None:
    """Parse arguments, fit on even questions, report on odd ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of BEIR folders")
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--write", action="store_true", help=f"put the weights into {TARGET.name}")
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    encoder = load_encoder(arguments.model)
    sets = {
        path.name: load_beir(path) for path in sorted(arguments.data.iterdir()) if (path / "corpus.jsonl").is_file()
    }
    sets = {**with_mixed_sets(sets), "sample": sample_set()}
    asked = [a for labelled in sets.values() for a in ask(labelled, encoder)]
    ranking = fit(asked[::2])
    lines = report(ranking, asked[1::2], sets)
    table = Table(*lines[0])
    for line in lines:
        table.add_row(*(str(value) for value in line.values()))
    Console().print(table)
    Console().print(asdict(ranking))
    result = {"machine": machine(), "model": encoder.name, "fingerprint": encoder.fingerprint, "seed": SEED}
    if arguments.out:
        text = json.dumps(result | {"ranking": asdict(ranking), "sets": lines}, indent=1)
        arguments.out.write_text(text + "\n", encoding="utf-8")
    if arguments.write:
        stored = json.loads(TARGET.read_text(encoding="utf-8")) | {encoder.name: asdict(ranking)}
        TARGET.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
