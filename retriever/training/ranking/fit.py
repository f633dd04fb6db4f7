"""Fit order and confidence on development sets; report every arm beside the fusion on the half not fitted on.

    python -m retriever.training.ranking.fit --data DIR --out benchmarks/results/ranking.json --write

Candidates and their features come from the shipped search. The order is fitted per question (every relevant candidate
before all others) and over all questions (a probability); the confidence on whether the best candidates are relevant,
and, per set, on questions out of scope being less sure than the others. Out of scope are those that a set brings, and
questions whose every answer was hidden from the search. Sets count as in SHARE. The order of the sample library's
questions is only measured, and of its confidence one half.
The reported figures are those of weights fitted on every other question; --write ships weights fitted on all of them.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from retriever.evaluation.beir import load_beir
from retriever.evaluation.cases import documents_as_cases
from retriever.evaluation.labelled import LabelledQuestion, LabelledSet
from retriever.evaluation.machine import machine
from retriever.evaluation.metrics import measure
from retriever.operations.trial import open_trial
from retriever.sample.library import load_sample_set
from retriever.search.facts import FACTS, facts
from retriever.search.features import FEATURES, features
from retriever.search.ranking import (
    SLOPE,
    SUPPORT_SHARPNESS,
    Ranking,
    Weights,
    certainty_weights,
    confidence,
    logits,
    pair_weights,
    rank_scores,
)
from retriever.search.scores import CandidateScores, FloatArray
from retriever.search.trust import HALF_LIFT_AT, LIFT, trusted_order
from retriever.training.ranking.sets import with_mixed_sets
from retriever.wiring.service import open_encoder

SEED = 3
QUESTIONS_PER_SET = 600
OUT_OF_SCOPE_PER_SET = 1_400
SHARE = {"banking77-en": 2.0, "clinc150-en": 2.0, "hint3-en": 1.5, "espfaq-dev-mixed": 2.0, "sample": 2.0}
"""Weight of a set; 1 for the others. Sets with many right cases are fewer than those with a single one."""
HIDE_EVERY = 6
"""Of six questions that follow one another, two are also asked with their answers hidden."""
HIDDEN = 0.3
"""Weight of such questions, where a set's own weigh as in SHARE."""
WITHHELD = 0.01
"""Right answers that the threshold may cost, as a share: whoever gets one withheld loses more than one who gets a
match that is marked as unsure."""
DIGITS = 5
"""Digits behind the point that are kept of every weight."""
SURE = 3  # candidates of each question that the confidence is fitted on
TARGET = Path(__file__).parents[2] / "search" / "ranking.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its candidates; `relevant` holds the grade of each.

    `kind` is inside, outside, or hidden: asked with its answers left out. Questions of odd places are `held_out`.
    """

    set_name: str
    question: LabelledQuestion
    ids: list[str]
    scores: CandidateScores
    table: FloatArray
    relevant: FloatArray
    kind: str
    held_out: bool


def ask(labelled: LabelledSet, cases: Sequence[Case], settings: Settings) -> Iterator[Asked]:
    """The promising candidates of a sample of the set's questions."""
    rng = np.random.default_rng(SEED)
    with open_trial(settings, cases) as service:
        names = {stored.key: stored.case.id for stored in service.store.cases.iter()}
        for kind, questions in (("inside", labelled.questions), ("outside", labelled.out_of_scope)):
            limit = QUESTIONS_PER_SET if kind == "inside" else OUT_OF_SCOPE_PER_SET
            chosen = sorted(rng.permutation(len(questions))[:limit].tolist())
            wanted = [(kind, place, questions[i]) for place, i in enumerate(chosen)]
            if kind == "inside":
                wanted += [("hidden", place, question) for _, place, question in wanted if place % HIDE_EVERY in (0, 1)]
            for asked_as, place, question in wanted:
                judged = labelled.qrels.get(question.id, {})
                left_out = (*question.exclude, *judged) if asked_as == "hidden" else question.exclude
                query = Query(question.text, include_historical=True, filters=Filters(exclude_ids=left_out))
                keys, scores = service.searcher.scores_of(query)
                ids = [names[key] for key in keys.tolist()]
                relevant = np.array([float(judged.get(name, 0)) for name in ids])
                table, odd = features(scores), place % 2 == 1
                yield Asked(labelled.name, question, ids, scores, table, relevant, asked_as, odd)


def fit(asked: list[Asked]) -> Ranking:
    """Order first, then confidence over it, then the threshold.

    The sample library's questions are not looked at for the order. For the confidence the half that is not held out
    is, whatever is fitted: of all sets only the sample has long cases of a help desk, as a library has.
    """
    asked = [a for a in asked if a.ids and not (a.set_name == "sample" and a.held_out)]
    ranking = fit_order([a for a in asked if a.kind == "inside" and a.set_name != "sample"])
    ranking = replace(ranking, certainty=fit_certainty(ranking, asked))
    return replace(ranking, min_confidence=_threshold(ranking, asked))


def fit_order(asked: list[Asked]) -> Ranking:
    """Weights of pairs in one language and in two, and the share of support, that put relevant candidates first."""
    width, columns = max(len(a.ids) for a in asked), len(FEATURES)
    table, alike = np.zeros((len(asked), width, columns)), np.zeros((len(asked), width, width), np.float32)
    same, relevant, real = np.zeros((3, len(asked), width), np.bool_)
    for row, a in enumerate(asked):
        n = len(a.ids)
        table[row, :n], same[row, :n], relevant[row, :n], real[row, :n] = a.table, a.scores.same, a.relevant > 0, True
        alike[row, :n, :n] = np.exp(SUPPORT_SHARPNESS * (a.scores.similarity - 1))
    scaling = Scaling.of(table[real], FEATURES)
    table = scaling.scaled(table) * real[..., None]
    both = torch.tensor(np.concatenate([table * same[..., None], table * ~same[..., None]], axis=2)).float()
    near = torch.tensor(alike / np.maximum(alike.sum(axis=2, keepdims=True), 1e-9))
    wanted, here, share = torch.tensor(relevant).float(), torch.tensor(real), torch.tensor(_shares(asked)).float()

    def loss(weights: torch.Tensor) -> torch.Tensor:
        own, support = both @ weights[1:], torch.sigmoid(weights[0])
        score = (1 - support) * own + support * torch.bmm(near, own[..., None])[..., 0]
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(score, wanted, reduction="none")
        probability = (wrong * here).sum(1) / here.sum(1)
        others = torch.logsumexp(score.masked_fill(~here | (wanted > 0), -1e9), 1, keepdim=True)
        each = (torch.nn.functional.softplus(others - score) * wanted).sum(1) / wanted.sum(1).clamp(min=1)
        return (share * (4 * probability + each)).sum() + 0.002 * (weights[1:] ** 2).sum()

    start = torch.tensor([{"bias": -4.0, "cosine": 1.0}.get(name, 0.0) for name in FEATURES])
    found = _minimised(loss, torch.cat([torch.tensor([-1.5]), start, start]))
    alone, across = (
        pair_weights(_rounded(dict(zip(FEATURES, scaling.unscaled(row), strict=True))))
        for row in found[1:].reshape(2, columns)
    )
    return Ranking(alone, across, 0.0, support=round(1 / (1 + float(np.exp(-found[0]))), DIGITS))


def fit_certainty(ranking: Ranking, asked: list[Asked]) -> Weights:
    """How sure the best candidates of each question are."""
    rows: list[FloatArray] = []
    behind, right, share, first = [], [], [], []
    for a, weight in zip(asked, _shares(asked), strict=True):
        score = rank_scores(ranking, a.scores)
        known, best = facts(a.scores, score), np.argsort(-score)[:SURE]
        first.append(len(rows))
        for place, i in enumerate(best):
            rows.append(known)
            behind.append(score[i] - score[best[0]])
            right.append(float(a.relevant[i] > 0))
            share.append(weight * (2.0 if place == 0 else 0.5))
    table = np.array(rows)
    scaling = Scaling.of(table, FACTS)
    known_, behind_, right_ = torch.tensor(scaling.scaled(table)), torch.tensor(behind), torch.tensor(right).double()
    share_ = torch.tensor(np.array(share) / np.sum(share))
    pairs = list(_apart(asked, np.array(first)))

    def loss(weights: torch.Tensor) -> torch.Tensor:
        odds = known_ @ weights[1:] + torch.exp(weights[0]) * behind_
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(odds, right_, reduction="none")
        split = torch.tensor(0.0)
        for inside, outside, weight in pairs:
            split = (
                split + weight * torch.nn.functional.softplus(2 * (odds[outside][None] - odds[inside][:, None])).mean()
            )
        return (share_ * wrong).sum() + split + 0.01 * (weights[1:] ** 2).sum()

    fitted = _minimised(loss, torch.zeros(1 + len(FACTS), dtype=torch.float64))
    slope, weights = float(np.exp(fitted[0])), scaling.unscaled(fitted[1:])
    # The pairs pull confidences apart; what they say as probabilities is set right again, for all sets together.
    odds, usual = table @ weights + slope * np.array(behind), np.array([a.kind != "hidden" for a in asked])
    counted = share_.numpy() * np.repeat(usual, np.diff([*first, len(rows)]))
    scale, shift = _platt(odds, np.array(right), counted / counted.sum())
    named = dict(zip(FACTS, scale * weights, strict=True))
    named["bias"] += shift
    return certainty_weights(_rounded({SLOPE: scale * slope, **named}))


def _apart(asked: list[Asked], first: NDArray[np.int64]) -> Iterator[tuple[torch.Tensor, torch.Tensor, float]]:
    """For each set the rows of first candidates inside and outside (or hidden), and how much their distance counts."""
    kinds = {
        (name, kind): torch.tensor(
            [row for row, a in zip(first.tolist(), asked, strict=True) if (a.set_name, a.kind) == (name, kind)]
        )
        for name in sorted({a.set_name for a in asked})
        for kind in ("inside", "outside", "hidden")
    }
    for kind, weight in (("outside", 2.0), ("hidden", 0.5)):
        names = [name for name, one in kinds if one == kind and len(kinds[name, kind]) and len(kinds[name, "inside"])]
        yield from ((kinds[name, "inside"], kinds[name, kind], weight / len(names)) for name in names)


def _platt(odds: FloatArray, right: FloatArray, share: FloatArray) -> tuple[float, float]:
    known, wanted, weight = torch.tensor(odds), torch.tensor(right), torch.tensor(share)

    def loss(two: torch.Tensor) -> torch.Tensor:
        guessed = torch.exp(two[0]) * known + two[1]
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(guessed, wanted, reduction="none")
        return (weight * wrong).sum()

    scale, shift = _minimised(loss, torch.zeros(2, dtype=torch.float64))
    return float(np.exp(scale)), float(shift)


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Columns brought to one mean and spread, so that one penalty suits all weights; the one called `bias` stays."""

    mean: FloatArray
    spread: FloatArray
    bias: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: FloatArray, names: Iterable[str]) -> "Scaling":
        """The scaling of a table (n, columns) with these columns."""
        bias = np.array([name == "bias" for name in names])
        return cls(np.where(bias, 0.0, rows.mean(0)), np.where(bias, 1.0, rows.std(0) + 1e-9), bias)

    def scaled(self, table: FloatArray) -> FloatArray:
        """(…, columns) of mean 0 and spread 1."""
        return (table - self.mean) / self.spread

    def unscaled(self, weights: FloatArray) -> FloatArray:
        """The weights of scaled columns, (columns,), as weights of the columns themselves."""
        own = weights / self.spread
        return own - self.bias * (own @ self.mean)


def _rounded(numbers: Weights) -> Weights:
    return {name: round(float(number), DIGITS) for name, number in numbers.items()}


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
    """Weight of each question: sets as in SHARE whatever their size, the hidden ones of a set HIDDEN beside it."""
    names = [(a.set_name, a.kind == "hidden") for a in asked]
    counts = Counter(names)
    return np.array([(HIDDEN if hidden else SHARE.get(name, 1.0)) / counts[name, hidden] for name, hidden in names])


def _threshold(ranking: Ranking, asked: list[Asked]) -> float:
    """The highest that withholds no more than WITHHELD of the right first matches, sets counting alike."""
    sure: dict[str, list[float]] = {}
    for a in asked:
        if a.kind == "inside" and a.relevant[int(np.argmax(rank_scores(ranking, a.scores)))] > 0:
            sure.setdefault(a.set_name, []).append(_surest(ranking, a))
    grid = np.arange(0.02, 0.9, 0.01)
    lost = np.array([np.mean([(np.array(one) < t).mean() for one in sure.values()]) for t in grid])
    return round(float(grid[np.flatnonzero(lost <= WITHHELD)].max(initial=0.02)), 2)


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
    answerable = [a for a in group if a.kind == "inside"]
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
    outside = np.array([_surest(ranking, a) for a in group if a.kind == "outside"])
    line["answered"] = round(float((inside >= ranking.min_confidence).mean()), 3)
    line["ece"] = round(calibration_error(ranking, group), 3)
    line["abstained"] = line["auroc"] = line["abstained_at_5"] = None
    if len(outside):
        line["abstained"] = round(float((outside < ranking.min_confidence).mean()), 3)
        line["auroc"] = round(float((inside[:, None] > outside).mean() + (inside[:, None] == outside).mean() / 2), 3)
        line["abstained_at_5"] = round(float((outside < np.quantile(inside, 0.05)).mean()), 3)
    return line


def reuse(ranking: Ranking, asked: list[Asked]) -> list[dict[str, Any]]:
    """What the lift of cases that solved problems does: nDCG@10 of the held-out questions without it and with it.

    Every other question stands for the past: the first right case among the five shown to it has solved a problem.
    """
    lines = []
    for name in sorted({a.set_name for a in asked}):
        own = [a for a in asked if a.set_name == name and a.kind == "inside" and a.ids]
        solved: Counter[str] = Counter()
        for a in own:
            right = [i for i in np.argsort(-rank_scores(ranking, a.scores))[:5].tolist() if a.relevant[i] > 0]
            if right and not a.held_out:
                solved[a.ids[right[0]]] += 1
        gains = [_with_lift(ranking, a, solved) for a in own if a.held_out]
        plain, lifted = (round(100 * float(np.mean(gain)), 2) for gain in zip(*gains, strict=True))
        lines.append({"set": name, "cases that solved": len(solved), "plain": plain, "lifted": lifted})
    return lines


def _with_lift(ranking: Ranking, a: Asked, solved: Mapping[str, int]) -> tuple[float, float]:
    """Share of the gain that the first ten could have, found cases only, in the plain order and in the lifted one."""
    score = rank_scores(ranking, a.scores)
    order = np.argsort(-score, kind="stable")
    sure = confidence(logits(ranking, a.scores, score))[order].tolist()
    lifts = [1 + LIFT * times / (times + HALF_LIFT_AT) for times in (solved.get(a.ids[i], 0) for i in order)]
    discount = 1 / np.log2(np.arange(2, 12))[: len(order)]
    best = float(np.sort(a.relevant)[::-1][:10] @ discount) or 1.0
    plain, lifted = a.relevant[order], a.relevant[order[trusted_order(sure, lifts)]]
    return float(plain[:10] @ discount) / best, float(lifted[:10] @ discount) / best


def calibration_error(ranking: Ranking, group: list[Asked]) -> float:
    """Expected calibration error of the first match's confidence, ten bins, sets counting as in SHARE."""
    group = [a for a in group if a.ids and a.kind != "hidden"]
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
    pairs.append(load_sample_set())
    asked: list[Asked] = []
    for labelled, cases in pairs:
        asked += ask(labelled, cases, settings)
        print(f"{labelled.name}: {len(cases):,} cases", file=sys.stderr, flush=True)
    ranking = fit([a for a in asked if not a.held_out])
    held_out = [a for a in asked if a.held_out]
    lines = report(ranking, held_out, {labelled.name: labelled for labelled, _ in pairs})
    table = Table(*lines[0])
    for line in lines:
        table.add_row(*(str(value) for value in line.values()))
    Console(width=140).print(table)
    error = round(calibration_error(ranking, held_out), 4)
    print(f"calibration error over all sets: {error}; threshold {ranking.min_confidence}")
    lifts = reuse(ranking, asked)
    print("\n".join(f"{one['set']}: {one['plain']} plain, {one['lifted']} with the lift" for one in lifts))
    shipped = fit(asked) if arguments.write else ranking
    if arguments.out:
        result = {"machine": machine(), "model": encoder.name, "fingerprint": encoder.fingerprint, "seed": SEED}
        result |= {"calibration_error": error, "ranking": asdict(ranking), "sets": lines, "reuse": lifts}
        arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if arguments.write:
        kept = {name: value for name, value in asdict(shipped).items() if name not in ("scale", "shift")}
        stored = json.loads(TARGET.read_text(encoding="utf-8")) | {encoder.name: kept}
        TARGET.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
