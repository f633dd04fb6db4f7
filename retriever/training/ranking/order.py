"""The weights of the order: every relevant candidate before all others, and each score a probability."""

import numpy as np
import torch

from retriever.search.features import FEATURES
from retriever.search.ranking import SUPPORT_SHARPNESS, Ranking, pair_weights
from retriever.training.ranking.minimising import DIGITS, Scaling, minimised, rounded, signed
from retriever.training.ranking.questions import AskedQuestion, shares_of

PROBABILITY = 0.5
"""What it counts that scores are probabilities, beside their order; 4 costs half a point on sets not fitted on."""
PENALTY = 0.02


def fit_order(asked: list[AskedQuestion]) -> Ranking:
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
    wanted, here, share = torch.tensor(relevant).float(), torch.tensor(real), torch.tensor(shares_of(asked)).float()
    signs = [feature.sign for feature in FEATURES.values()] * 2

    def loss(numbers: torch.Tensor) -> torch.Tensor:
        weights = signed(numbers[1:], signs)
        own, support = both @ weights, torch.sigmoid(numbers[0])
        score = (1 - support) * own + support * torch.bmm(near, own[..., None])[..., 0]
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(score, wanted, reduction="none")
        probability = (wrong * here).sum(1) / here.sum(1)
        others = torch.logsumexp(score.masked_fill(~here | (wanted > 0), -1e9), 1, keepdim=True)
        each = (torch.nn.functional.softplus(others - score) * wanted).sum(1) / wanted.sum(1).clamp(min=1)
        return (share * (PROBABILITY * probability + each)).sum() + PENALTY * (weights**2).sum()

    start = torch.tensor(
        [-1.0 if feature.sign else {"bias": -4.0}.get(name, 0.0) for name, feature in FEATURES.items()]
    )
    found = torch.tensor(minimised(loss, torch.cat([torch.tensor([-1.5]), start, start])))
    weights = signed(found[1:], signs).numpy().reshape(2, columns)
    alone, across = (pair_weights(rounded(dict(zip(FEATURES, scaling.unscaled(row), strict=True)))) for row in weights)
    return Ranking(alone, across, 0.0, support=round(1 / (1 + float(np.exp(-found[0]))), DIGITS))
