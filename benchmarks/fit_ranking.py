"""Fit order and confidence on development sets; report every arm beside the fusion on the half not fitted on.

    python -m benchmarks.fit_ranking --data DIR --out benchmarks/results/ranking.json --write

Candidates and their features come from the shipped search. The order is fitted per question (some relevant candidate
before all others) and over all questions (a probability); the confidence on whether the best candidates are relevant,
and, per set with out-of-scope questions, on these being less sure than the others. Sets count as in SHARE. The reported
figures are those of weights fitted on every other question; --write ships weights fitted on all of them.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from retriever.config import Settings, load_settings
from retriever.domain import Case, Filters, Query
from retriever.evaluation.formats import LabelledSet, Question, load_beir
from retriever.evaluation.metrics import measure
from retriever.evaluation.runner import machine
from retriever.search.ranking import (
    FACTS,
    FEATURES,
    Certainty,
    FloatArray,
    Ranking,
    Scores,
    Weights,
    confidence,
    facts,
    features,
    logits,
    rank_scores,
)
from retriever.service import open_encoder
from retriever.trial import documents_as_cases, open_trial, sample_set

SEED = 3
QUESTIONS_PER_SET = 600
SHARE = {"banking77-en": 2.0, "clinc150-en": 2.0, "hint3-en": 1.5, "espfaq-dev-mixed": 2.0}
"""Weight of a set; 1 for the others. Sets with many right cases are fewer than those with a single one."""
MANUALS = ("en", "zh-CN", "de", "es", "en", "ja", "fr", "pt-BR")
STRANGERS = {
    "entries-mixed": ("gnomehelp-desc-xling", "stackfaq-en"),
    "manuals": ("espfaq-dev-zh2en", "espfaq-dev-en2zh", "parakqc-ko"),
}
SURE = 3  # candidates of each question that the confidence is fitted on
TARGET = Path(__file__).parents[1] / "retriever" / "search" / "ranking.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its candidates; `relevant` holds the grade of each."""

    set_name: str
    question: Question
    ids: list[str]
    scores: Scores
    table: FloatArray
    relevant: FloatArray
    in_scope: bool


def ask(labelled: LabelledSet, cases: Sequence[Case], settings: Settings) -> Iterator[Asked]:
    """The promising candidates of a sample of the set's questions."""
    rng = np.random.default_rng(SEED)
    with open_trial(settings, cases) as service:
        names = {stored.key: stored.case.id for stored in service.store.iter_cases()}
        for questions in (labelled.questions, labelled.out_of_scope):
            chosen = rng.permutation(len(questions))[:QUESTIONS_PER_SET]
            for question in (questions[i] for i in sorted(chosen.tolist())):
                query = Query(question.text, include_historical=True, filters=Filters(exclude_ids=question.exclude))
                keys, scores = service.searcher.scores_of(query)
                ids = [names[key] for key in keys.tolist()]
                judged = labelled.qrels.get(question.id, {})
                relevant = np.array([float(judged.get(name, 0)) for name in ids])
                yield Asked(labelled.name, question, ids, scores, features(scores), relevant, bool(judged))


def with_mixed_sets(sets: dict[str, LabelledSet]) -> dict[str, LabelledSet]:
    """The sets, and three made of them in which cases of the question's language compete with answers in another one.

    `entries-mixed`: every second vendor entry in Chinese, the others in English, asked in both languages. `library`:
    these entries, English help pages asked in many languages, and Korean and English questions, in one corpus.
    `manuals`: each help page in one of several languages, asked in the others.
    """
    needed = ("espfaq-dev-zh2en", "espfaq-dev-en2zh", "gnomehelp-desc-xling", "parakqc-ko", "stackfaq-en")
    if not set(needed) <= set(sets):
        return sets
    english, chinese, *others = (sets[name] for name in needed)
    kept = {d.id for d in english.documents[::2]}
    documents = [d for d in english.documents if d.id in kept] + [d for d in chinese.documents if d.id not in kept]
    asked = [english, chinese]
    mixed = _joined("entries-mixed", documents, asked)
    whole = _joined("library", [*documents, *(d for other in others for d in other.documents)], [*asked, *others])
    manuals = _manuals(sets["gnomehelp-desc-xling"])
    return {**sets, **{made.name: _with_strangers(made, sets) for made in (mixed, whole, manuals)}}


def _with_strangers(made: LabelledSet, sets: Mapping[str, LabelledSet]) -> LabelledSet:
    """Out of scope are questions of sets that speak of something else, in many languages."""
    asked = []
    for name in STRANGERS.get(made.name, ()):
        questions = sets[name].questions
        asked += [replace(q, id=f"{name}/{q.id}", exclude=()) for q in questions[:: max(1, len(questions) // 150)]]
    return replace(made, out_of_scope=tuple(asked))


def _manuals(pages: LabelledSet) -> LabelledSet:
    """A quarter of the pages as they are; instead of another one, its summary in the next language of MANUALS."""
    summaries = {(page, q.language): q for q in pages.questions for page in pages.qrels[q.id]}
    documents, taken = [], set()
    for number, page in enumerate(pages.documents):
        summary = summaries.get((page.id, MANUALS[number % len(MANUALS)]))
        documents.append(replace(page, title="", text=summary.text, language=summary.language) if summary else page)
        taken.add(summary.id if summary else "")
    asked = tuple(q for q in pages.questions if q.id not in taken)
    return LabelledSet("manuals", tuple(documents), asked, {q.id: pages.qrels[q.id] for q in asked})


def _joined(name: str, documents: list[Any], asked: list[LabelledSet]) -> LabelledSet:
    """One set of these documents and all questions; a question that several sets ask in its own way keeps apart."""
    known = {document.id for document in documents}
    questions, qrels = [], {}
    for labelled in asked:
        for question in labelled.questions:
            own = f"{labelled.name}/{question.id}"
            kept = tuple(one for one in question.exclude if one in known)
            questions.append(replace(question, id=own, exclude=kept))
            qrels[own] = {d: grade for d, grade in labelled.qrels[question.id].items() if d in known}
    answerable = [question for question in questions if qrels[question.id]]
    return LabelledSet(name, tuple(documents), tuple(answerable), {q.id: qrels[q.id] for q in answerable})


def fit(asked: list[Asked]) -> Ranking:
    """Order first, then confidence over it, then the threshold."""
    asked = [a for a in asked if a.ids]
    same, cross = fit_order(asked)
    ranking = Ranking(same, cross, 0.0)
    ranking = replace(ranking, certainty=fit_certainty(ranking, asked))
    return replace(ranking, min_confidence=_threshold(ranking, asked))


def fit_order(asked: list[Asked]) -> tuple[Weights, Weights]:
    """Weights of pairs in one language and in two that put a relevant candidate first."""
    width, columns = max(len(a.ids) for a in asked), len(FEATURES)
    table = np.zeros((len(asked), width, columns))
    same, relevant, real = np.zeros((3, len(asked), width), np.bool_)
    for row, a in enumerate(asked):
        n = len(a.ids)
        table[row, :n], same[row, :n], relevant[row, :n], real[row, :n] = a.table, a.scores.same, a.relevant > 0, True
    mean, spread = table[real].mean(0), table[real].std(0) + 1e-9
    mean[0], spread[0] = 0.0, 1.0
    table = (table - mean) / spread * real[..., None]
    both = torch.tensor(np.concatenate([table * same[..., None], table * ~same[..., None]], axis=2))
    wanted, here, share = torch.tensor(relevant).double(), torch.tensor(real), torch.tensor(_shares(asked))
    answerable = wanted.sum(1) > 0

    def loss(weights: torch.Tensor) -> torch.Tensor:
        score = both @ weights
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(score, wanted, reduction="none")
        probability = (wrong * here).sum(1) / here.sum(1)
        order = torch.log_softmax(score.masked_fill(~here, -1e9), 1)
        first = -torch.logsumexp(order.masked_fill(wanted == 0, -1e9), 1)
        size = 0.002 * (weights**2).sum()
        return (share * (4 * probability + torch.where(answerable, first, 0.0))).sum() + size

    start = torch.zeros(2 * columns, dtype=torch.float64)
    start[[0, columns]], start[[1, columns + 1]] = -4.0, 1.0
    fitted = _minimised(loss, start).reshape(2, columns) / spread
    fitted[:, 0] -= fitted[:, 1:] @ mean[1:]
    first, second = (Weights(*(round(float(value), 5) for value in row)) for row in fitted)
    return first, second


def fit_certainty(ranking: Ranking, asked: list[Asked]) -> Certainty:
    """How sure the best candidates of each question are."""
    rows, behind, right, share, leader = [], [], [], [], []
    shares = _shares(asked)
    for number, a in enumerate(asked):
        score = rank_scores(ranking, a.scores)
        known, best = facts(a.scores, score), np.argsort(-score)[:SURE]
        for place, i in enumerate(best):
            rows.append(known)
            behind.append(score[i] - score[best[0]])
            right.append(float(a.relevant[i] > 0))
            share.append(shares[number] * (2.0 if place == 0 else 0.5))
            leader.append((a.set_name, a.in_scope) if place == 0 else ("", False))
    table = np.array(rows)
    mean, spread = table.mean(0), table.std(0) + 1e-9
    mean[0], spread[0] = 0.0, 1.0
    known_, behind_, right_ = torch.tensor((table - mean) / spread), torch.tensor(behind), torch.tensor(right).double()
    share_ = torch.tensor(np.array(share) / np.sum(share))
    outside = [name for name in sorted({a.set_name for a in asked}) if (name, False) in leader]
    apart = [
        tuple(torch.tensor([i for i, one in enumerate(leader) if one == (name, inside)]) for inside in (True, False))
        for name in outside
    ]

    def loss(weights: torch.Tensor) -> torch.Tensor:
        odds = known_ @ weights[1:] + torch.exp(weights[0]) * behind_
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(odds, right_, reduction="none")
        pairs = [torch.nn.functional.softplus(2 * (odds[o][None] - odds[i][:, None])).mean() for i, o in apart]
        split = torch.stack(pairs).mean() if pairs else torch.tensor(0.0)
        return (share_ * wrong).sum() + split + 0.001 * (weights**2).sum()

    fitted = _minimised(loss, torch.zeros(1 + len(FACTS), dtype=torch.float64))
    weights = fitted[1:] / spread
    weights[0] -= weights[1:] @ mean[1:]
    # The pairs pull confidences apart; what they say as probabilities is set right again, for all sets together.
    odds = table @ weights + np.exp(fitted[0]) * np.array(behind)
    scale, shift = _platt(odds, np.array(right), share_.numpy())
    weights *= scale
    weights[0] += shift
    return Certainty(*(round(float(value), 5) for value in (scale * np.exp(fitted[0]), *weights)))


def _platt(odds: FloatArray, right: FloatArray, share: FloatArray) -> tuple[float, float]:
    known, wanted, weight = torch.tensor(odds), torch.tensor(right), torch.tensor(share)

    def loss(two: torch.Tensor) -> torch.Tensor:
        guessed = torch.exp(two[0]) * known + two[1]
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(guessed, wanted, reduction="none")
        return (weight * wrong).sum()

    scale, shift = _minimised(loss, torch.zeros(2, dtype=torch.float64))
    return float(np.exp(scale)), float(shift)


def _minimised(loss: Callable[[torch.Tensor], torch.Tensor], start: torch.Tensor) -> NDArray[np.float64]:
    weights = start.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([weights], max_iter=150, line_search_fn="strong_wolfe", history_size=20)

    def step() -> torch.Tensor:
        optimiser.zero_grad()
        value = loss(weights)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(step)  # type: ignore[no-untyped-call]
    return np.asarray(weights.detach().numpy(), np.float64)


def _shares(asked: list[Asked]) -> FloatArray:
    names = [a.set_name for a in asked]
    return np.array([SHARE.get(name, 1.0) / names.count(name) for name in names])


def _threshold(ranking: Ranking, asked: list[Asked]) -> float:
    """Where answering the answerable and abstaining from the rest, both as shares, are best on average.

    Chosen on the sample library: of the sets with out-of-scope questions it alone is asked across languages.
    """
    best = {
        inside: [_surest(ranking, a) for a in asked if a.set_name == "sample" and a.in_scope is inside]
        for inside in (True, False)
    }
    inside, outside = np.array(best[True]), np.array(best[False])
    grid = np.arange(0.02, 0.9, 0.01)
    return round(float(grid[int(np.argmax([(inside >= t).mean() + (outside < t).mean() for t in grid]))]), 2)


def _surest(ranking: Ranking, a: Asked) -> float:
    if not a.ids:
        return 0.0
    return float(confidence(logits(ranking, a.scores, rank_scores(ranking, a.scores))).max())


def report(ranking: Ranking, asked: list[Asked], sets: Mapping[str, LabelledSet]) -> list[dict[str, Any]]:
    """nDCG@10 of each arm and of the fusion, confidence and abstention, per set and per half of the mixed one."""
    lines = []
    for name, labelled in sets.items():
        own = [a for a in asked if a.set_name == name]
        groups = {name: own}
        for cross in sorted({str(q.metadata["cross"]) for q in labelled.questions if "cross" in q.metadata}):
            groups[f"{name} cross={cross}"] = [a for a in own if str(a.question.metadata.get("cross")) == cross]
        lines += [_line(ranking, label, group, labelled) for label, group in groups.items()]
    return lines


def _line(ranking: Ranking, label: str, group: list[Asked], labelled: LabelledSet) -> dict[str, Any]:
    answerable = [a for a in group if a.in_scope]
    qrels = {a.question.id: labelled.qrels[a.question.id] for a in answerable}
    arms: dict[str, Callable[[Asked], FloatArray]] = {
        "words": lambda a: a.scores.words,
        "dense": lambda a: a.scores.cosine,
        "fused": lambda a: rank_scores(ranking, a.scores),
    }
    line: dict[str, Any] = {"set": label, "questions": len(answerable)}
    for arm, score in arms.items():
        run = {a.question.id: dict(zip(a.ids, score(a).tolist(), strict=True)) for a in answerable if a.ids}
        if arm == "words":
            run = {q: {d: s for d, s in found.items() if s > 0} for q, found in run.items()}
        line[arm] = round(100 * measure(qrels, run).means["ndcg@10"], 1)
    inside = np.array([_surest(ranking, a) for a in answerable])
    outside = np.array([_surest(ranking, a) for a in group if not a.in_scope])
    line["answered"] = round(float((inside >= ranking.min_confidence).mean()), 3)
    line["ece"] = round(calibration_error(ranking, group), 3)
    line["abstained"] = line["auroc"] = line["abstained_at_5"] = None
    if len(outside):
        line["abstained"] = round(float((outside < ranking.min_confidence).mean()), 3)
        line["auroc"] = round(float((inside[:, None] > outside).mean() + (inside[:, None] == outside).mean() / 2), 3)
        line["abstained_at_5"] = round(float((outside < np.quantile(inside, 0.05)).mean()), 3)
    return line


def calibration_error(ranking: Ranking, group: list[Asked]) -> float:
    """Expected calibration error of the first match's confidence, ten bins, sets counting as in SHARE."""
    group = [a for a in group if a.ids]
    sure = np.array([_surest(ranking, a) for a in group])
    right = np.array([float(a.relevant[int(np.argmax(rank_scores(ranking, a.scores)))] > 0) for a in group])
    share = _shares(group)
    bins, share = np.minimum((sure * 10).astype(int), 9), share / share.sum()
    return float(sum(abs((share * (sure - right))[bins == b].sum()) for b in range(10)))


def main() -> None:
    """Parse arguments, fit on even questions, report on odd ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of BEIR folders")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--write", action="store_true", help=f"put the weights into {TARGET.name}")
    arguments = parser.parse_args()
    settings = load_settings()
    encoder = open_encoder(settings)
    folders = [path for path in sorted(arguments.data.iterdir()) if (path / "corpus.jsonl").is_file()]
    pairs = [documents_as_cases(one) for one in with_mixed_sets({p.name: load_beir(p) for p in folders}).values()]
    pairs.append(sample_set())
    asked: list[Asked] = []
    for labelled, cases in pairs:
        asked += ask(labelled, cases, settings)
        print(f"{labelled.name}: {len(cases):,} cases", file=sys.stderr, flush=True)
    ranking = fit(asked[::2])
    held_out = asked[1::2]
    lines = report(ranking, held_out, {labelled.name: labelled for labelled, _ in pairs})
    table = Table(*lines[0])
    for line in lines:
        table.add_row(*(str(value) for value in line.values()))
    Console(width=140).print(table)
    error = round(calibration_error(ranking, held_out), 4)
    print(f"calibration error over all sets: {error}; threshold {ranking.min_confidence}")
    shipped = fit(asked) if arguments.write else ranking
    if arguments.out:
        result = {"machine": machine(), "model": encoder.name, "fingerprint": encoder.fingerprint, "seed": SEED}
        result |= {"calibration_error": error, "ranking": asdict(ranking), "sets": lines}
        arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if arguments.write:
        kept = {name: value for name, value in asdict(shipped).items() if name not in ("scale", "shift")}
        stored = json.loads(TARGET.read_text(encoding="utf-8")) | {encoder.name: kept}
        TARGET.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
