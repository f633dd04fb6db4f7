"""Weights that make a loss smallest, over columns of one scale."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from retriever.search.ranking import Weights
from retriever.search.scores import FloatArray

DIGITS = 5
"""Digits behind the point that are kept of every weight."""


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


def signed(free: torch.Tensor, signs: Sequence[int]) -> torch.Tensor:
    """Weights of the given signs, (n,), from numbers of any; where a sign is 0 the number itself."""
    sign = torch.tensor(signs, dtype=free.dtype)
    return torch.where(sign == 0, free, sign * torch.nn.functional.softplus(free))


def rounded(numbers: Weights) -> Weights:
    """The numbers as they ship."""
    return {name: round(float(number), DIGITS) for name, number in numbers.items()}


def minimised(loss: Callable[[torch.Tensor], torch.Tensor], start: torch.Tensor) -> NDArray[np.float64]:
    """The weights, found from `start` on, that make the loss smallest; as many as `start` has."""
    weights = start.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([weights], max_iter=150, line_search_fn="strong_wolfe", history_size=20)

    def step() -> torch.Tensor:
        optimiser.zero_grad()
        value = loss(weights)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(step)  # type: ignore[no-untyped-call]
    return np.asarray(weights.detach().numpy(), np.float64)
