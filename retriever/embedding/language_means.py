"""What a model does to texts of each language, whatever they say: measured beforehand, and taken away by the index.

`language_means.npz` holds it for the models that ship (`retriever.training.language_means` wrote it). Of each model, by
`Identity.model`: the base languages, the mean vector of each, and the share that is taken from a question.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.vectors.centring import Effects
from retriever.domain import Encoder
from retriever.embedding.fingerprint import Identity

MEANS_FILE = Path(__file__).with_name("language_means.npz")

_NOT_MEASURED = Effects({}, 0.75)
"""The means are those of cases, and questions are put otherwise: so a part of it is taken from them."""


def effects_of(encoder: Encoder) -> Effects:
    """What is known of this model; of one that was never measured, only how much to take from a question."""
    return _measured().get(model_of(encoder), _NOT_MEASURED)


def model_of(encoder: Encoder) -> str:
    """The `Identity.model` of an encoder; "" of one that does not tell."""
    identity: Identity | None = getattr(encoder, "identity", None)
    return identity.model if identity else ""


def save_effects(path: Path, effects: Mapping[str, Effects]) -> None:
    """Write what was measured of each model, in half precision."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for model, known in effects.items():
        arrays[f"{model}.languages"] = np.array(sorted(known.means))
        arrays[f"{model}.means"] = np.array([known.means[one] for one in sorted(known.means)], np.float16)
        arrays[f"{model}.share"] = np.array(known.share)
    np.savez(path, **arrays)  # type: ignore[arg-type]


def load_effects(path: Path) -> dict[str, Effects]:
    """What `save_effects` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        models = [name.removesuffix(".share") for name in stored.files if name.endswith(".share")]
        return {
            model: Effects(
                dict(zip(stored[f"{model}.languages"].tolist(), stored[f"{model}.means"].astype("f4"), strict=True)),
                float(stored[f"{model}.share"]),
            )
            for model in models
        }


@cache
def _measured() -> Mapping[str, Effects]:
    return load_effects(MEANS_FILE)
