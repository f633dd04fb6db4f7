"""The weights of the confidence: how sure the best candidates of each question are, and from when on they are shown."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from retriever.search.facts import FACTS, facts
from retriever.search.ranking import Ranking, Weights, certainty_weights, confidence, logits, rank_scores
from retriever.search.scores import FloatArray
from retriever.training.ranking.minimising import Scaling, minimised, rounded, signed
from retriever.training.ranking.questions import AskedQuestion, shares_of

WITHHELD = 0.012
"""Right answers that the threshold may cost, as a share: whoever gets one withheld loses more than one who gets a
match that is marked as unsure."""
SHARE = {
    "sample": 4.0,
    "stackfaq-en": 2.0,
    "gnomehelp-desc-xling": 2.0,
    "banking77-en": 0.7,
    "clinc150-en": 0.7,
    "hint3-en": 0.7,
    "espfaq-dev-en2zh": 0.5,
    "espfaq-dev-zh2en": 0.5,
    "entries-mixed": 0.5,
    "library": 0.5,
}
"""Weight of a set; 1 for the others. Libraries of whole problems and solutions count more than those of single
messages, where less likeness is enough to be right: a case library has the former."""
SURE = 5  # candidates of each question that the confidence is fitted on


def fit_certainty(ranking: Ranking, asked: list[AskedQuestion]) -> Weights:
    """How sure the best candidates of each question are."""
    rows: list[FloatArray] = []
    right, share, first = [], [], []
    for a, weight in zip(asked, shares_of(asked, SHARE), strict=True):
        score = rank_scores(ranking, a.scores)
        known, best = facts(a.scores, score), np.argsort(-score, kind="stable")[:SURE]
        first.append(len(rows))
        for place, i in enumerate(best):
            rows.append(known[i])
            right.append(float(a.relevant[i] > 0))
            share.append(weight * (2.0 if place == 0 else 0.5))
    table = np.array(rows)
    scaling = Scaling.of(table, FACTS)
    known_, right_ = torch.tensor(scaling.scaled(table)), torch.tensor(right).double()
    share_ = torch.tensor(np.array(share) / np.sum(share))
    pairs = list(_apart(asked, np.array(first)))
    signs = [fact.sign for fact in FACTS.values()]

    def loss(free: torch.Tensor) -> torch.Tensor:
        weights = signed(free, signs)
        odds = known_ @ weights
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(odds, right_, reduction="none")
        split = torch.tensor(0.0)
        for inside, outside, weight in pairs:
            split = (
                split + weight * torch.nn.functional.softplus(2 * (odds[outside][None] - odds[inside][:, None])).mean()
            )
        return (share_ * wrong).sum() + split + 0.001 * (weights**2).sum()

    start = torch.tensor([-1.0 if sign else 0.0 for sign in signs], dtype=torch.float64)
    weights = scaling.unscaled(signed(torch.tensor(minimised(loss, start)), signs).numpy())
    # The pairs pull confidences apart; what they say as probabilities is set right again, for all sets together.
    usual = np.array([a.kind != "hidden" for a in asked])
    counted = share_.numpy() * np.repeat(usual, np.diff([*first, len(rows)]))
    scale, shift = _platt(table @ weights, np.array(right), counted / counted.sum())
    named = dict(zip(FACTS, scale * weights, strict=True))
    named["bias"] += shift
    return certainty_weights(rounded(named))


def threshold(ranking: Ranking, asked: list[AskedQuestion]) -> float:
    """The highest that withholds no more than WITHHELD of the right first matches, sets counting alike."""
    sure: dict[str, list[float]] = {}
    for a in asked:
        if a.kind == "inside" and a.relevant[int(np.argmax(rank_scores(ranking, a.scores)))] > 0:
            sure.setdefault(a.set_name, []).append(surest(ranking, a))
    grid = np.arange(0.02, 0.9, 0.01)
    lost = np.array([np.mean([(np.array(one) < t).mean() for one in sure.values()]) for t in grid])
    return round(float(grid[np.flatnonzero(lost <= WITHHELD)].max(initial=0.02)), 2)


def surest(ranking: Ranking, a: AskedQuestion) -> float:
    """Confidence of the first match; 0 where there is none."""
    if not a.ids:
        return 0.0
    return float(confidence(logits(ranking, a.scores, rank_scores(ranking, a.scores))).max())


def _apart(asked: list[AskedQuestion], first: NDArray[np.int64]) -> Iterator[tuple[torch.Tensor, torch.Tensor, float]]:
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

    scale, shift = minimised(loss, torch.zeros(2, dtype=torch.float64))
    return float(np.exp(scale)), float(shift)
