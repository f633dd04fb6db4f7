"""What a model does to texts of each language, whatever they say: measured beforehand, and taken away by the index.

`language_means.npz` holds it for the models that ship (`retriever.training.language_means` wrote it). Of each model, by
`Identity.model`: the base languages, and the mean vector of each.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.types import FloatVector
from index.vectors.centring import Effects
from retriever.domain import Encoder
from retriever.embedding.fingerprint import Identity

LanguageMeans: TypeAlias = Mapping[str, FloatVector]
"""The mean vector (dim,) of general texts of each base language."""
MEANS_FILE = Path(__file__).with_name("language_means.npz")

_LANGUAGES, _MEANS = ".languages", ".means"
SHARE = 0.75
"""How much of the mean is taken from a question: the means are those of cases, and questions are put otherwise. On sets
not fitted on, half and all of it were worse than this, with both models (docs/model.md)."""


def effects_of(encoder: Encoder) -> Effects:
    """What is known of this model; of one that was never measured, only how much to take from a question."""
    return Effects(_measured().get(model_of(encoder), {}), SHARE)


def model_of(encoder: Encoder) -> str:
    """The `Identity.model` of an encoder; "" of one that does not tell."""
    identity: Identity | None = getattr(encoder, "identity", None)
    return identity.model if identity else ""


def save_means(path: Path, means: Mapping[str, LanguageMeans]) -> None:
    """Write what was measured of each model, in half precision."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for model, known in means.items():
        arrays[f"{model}{_LANGUAGES}"] = np.array(sorted(known))
        arrays[f"{model}{_MEANS}"] = np.array([known[language] for language in sorted(known)], np.float16)
    np.savez(path, **arrays)  # type: ignore[arg-type]


def load_means(path: Path) -> dict[str, LanguageMeans]:
    """What `save_means` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        models = [name.removesuffix(_MEANS) for name in stored.files if name.endswith(_MEANS)]
        return {
            model: dict(
                zip(stored[f"{model}{_LANGUAGES}"].tolist(), stored[f"{model}{_MEANS}"].astype("f4"), strict=True)
            )
            for model in models
        }


@cache
def _measured() -> Mapping[str, LanguageMeans]:
    return load_means(MEANS_FILE)
