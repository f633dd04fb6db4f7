"""How good a ranking is on questions that it was not fitted on, beside each arm alone."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from retriever.evaluation.labelled import LabelledSet
from retriever.evaluation.metrics import measure
from retriever.search.ranking import Ranking, confidence, logits, rank_scores
from retriever.search.scores import FloatArray
from retriever.search.trust import HALF_LIFT_AT, LIFT, trusted_order
from retriever.training.ranking.certainty import surest
from retriever.training.ranking.questions import AskedQuestion, shares_of


def report(ranking: Ranking, asked: list[AskedQuestion], sets: Mapping[str, LabelledSet]) -> list[dict[str, Any]]:
    """nDCG@10 of each arm and of the fusion, confidence and abstention, per set and per half of the mixed one."""
    lines = []
    for name, labelled in sets.items():
        own = [a for a in asked if a.set_name == name]
        groups = {name: own}
        for cross in sorted({str(q.metadata["cross"]) for q in labelled.questions if "cross" in q.metadata}):
            groups[f"{name} cross={cross}"] = [a for a in own if str(a.question.metadata.get("cross")) == cross]
        lines += [_line(ranking, label, group, labelled) for label, group in groups.items()]
    return lines


def _line(ranking: Ranking, label: str, group: list[AskedQuestion], labelled: LabelledSet) -> dict[str, Any]:
    answerable = [a for a in group if a.kind == "inside"]
    qrels = {a.question.id: labelled.qrels[a.question.id] for a in answerable}
    arms: dict[str, Callable[[AskedQuestion], FloatArray]] = {
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
    inside = np.array([surest(ranking, a) for a in answerable])
    outside = np.array([surest(ranking, a) for a in group if a.kind == "outside"])
    line["answered"] = round(float((inside >= ranking.min_confidence).mean()), 3)
    line["ece"] = round(calibration_error(ranking, group), 3)
    line["abstained"] = line["auroc"] = line["abstained_at_5"] = None
    if len(outside):
        line["abstained"] = round(float((outside < ranking.min_confidence).mean()), 3)
        line["auroc"] = round(float((inside[:, None] > outside).mean() + (inside[:, None] == outside).mean() / 2), 3)
        line["abstained_at_5"] = round(float((outside < np.quantile(inside, 0.05)).mean()), 3)
    return line


def reuse(ranking: Ranking, asked: list[AskedQuestion]) -> list[dict[str, Any]]:
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


def _with_lift(ranking: Ranking, a: AskedQuestion, solved: Mapping[str, int]) -> tuple[float, float]:
    """Share of the gain that the first ten could have, found cases only, in the plain order and in the lifted one."""
    score = rank_scores(ranking, a.scores)
    order = np.argsort(-score, kind="stable")
    sure = confidence(logits(ranking, a.scores, score))[order].tolist()
    lifts = [1 + LIFT * times / (times + HALF_LIFT_AT) for times in (solved.get(a.ids[i], 0) for i in order)]
    discount = 1 / np.log2(np.arange(2, 12))[: len(order)]
    best = float(np.sort(a.relevant)[::-1][:10] @ discount) or 1.0
    plain, lifted = a.relevant[order], a.relevant[order[trusted_order(sure, lifts)]]
    return float(plain[:10] @ discount) / best, float(lifted[:10] @ discount) / best


def calibration_error(ranking: Ranking, group: list[AskedQuestion]) -> float:
    """Expected calibration error of the first match's confidence, ten bins, sets counting as in SHARE."""
    group = [a for a in group if a.ids and a.kind != "hidden"]
    sure = np.array([surest(ranking, a) for a in group])
    right = np.array([float(a.relevant[int(np.argmax(rank_scores(ranking, a.scores)))] > 0) for a in group])
    share = shares_of(group)
    bins, share = np.minimum((sure * 10).astype(int), 9), share / share.sum()
    return float(sum(abs((share * (sure - right))[bins == b].sum()) for b in range(10)))
