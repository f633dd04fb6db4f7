"""Loads a model and tries it: does it keep its promises, how fast is it, how large?"""

import time
from dataclasses import dataclass

import numpy as np

from retriever.config import Settings
from retriever.domain import Encoder, Progress
from retriever.embedding.canaries import CANARIES, canary_vectors
from retriever.errors import ModelUnavailable
from retriever.operations.model_list import mib_on_disk
from retriever.wiring.encoder import open_encoder

SPEED_TEXTS = 512


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """What was seen of a model; `batch_against_single` is the largest difference of a number between the two."""

    model: str
    fingerprint: str
    dims: int
    canaries_known: int
    batch_against_single: float
    load_seconds: float
    ms_per_question: float
    texts_per_second: int
    mib_on_disk: float


def load_model(name: str, settings: Settings, *, progress: Progress | None = None) -> Encoder:
    """A model by name, with the revision and length of the settings if it is the one they name. ModelUnavailable."""
    own = name == settings.model
    wanted = settings if own else settings.model_copy(update={"model": name, "model_revision": "", "dims": None})
    return open_encoder(wanted, progress=progress)


def check_model(name: str, settings: Settings, *, progress: Progress | None = None) -> tuple[Encoder, ModelCheck]:
    """A model tried on the canary sentences, and what was seen. Raises ModelUnavailable if it breaks its promises."""
    started = time.perf_counter()
    encoder = load_model(name, settings, progress=progress)
    loaded = time.perf_counter() - started
    first, again = canary_vectors(encoder), canary_vectors(encoder)
    single = np.concatenate([encoder.encode_cases([text]) for text in CANARIES])
    norms = np.linalg.norm(first, axis=1)
    seen = first.any(axis=1)
    if first.shape != (len(CANARIES), encoder.dim) or not np.isfinite(first).all():
        raise ModelUnavailable(f"{name} gives no usable vectors: shape {first.shape}, or numbers that are not finite.")
    if not seen.any() or np.abs(norms[seen] - 1).max() > 1e-3:
        raise ModelUnavailable(f"{name} gives vectors that are not of unit length, so scores would mean nothing.")
    if np.abs(first - again).max() > 1e-5:
        raise ModelUnavailable(f"{name} gives other vectors each time; an index over it would be useless.")
    if np.abs(first - single).max() > 0.02:
        raise ModelUnavailable(f"{name} gives a text in a batch another vector than alone.")
    return encoder, ModelCheck(
        model=encoder.name,
        fingerprint=encoder.fingerprint,
        dims=encoder.dim,
        canaries_known=int(seen.sum()),
        batch_against_single=float(np.abs(first - single).max()),
        load_seconds=round(loaded, 3),
        ms_per_question=round(_ms_per_question(encoder), 3),
        texts_per_second=round(_texts_per_second(encoder)),
        mib_on_disk=mib_on_disk(name, settings),
    )


def _ms_per_question(encoder: Encoder) -> float:
    took = []
    for text in CANARIES * 2:
        started = time.perf_counter()
        encoder.encode_query([text])
        took.append((time.perf_counter() - started) * 1000)
    return sorted(took)[len(took) // 2]


def _texts_per_second(encoder: Encoder) -> float:
    texts = [f"{text} {number}" for number in range(SPEED_TEXTS // len(CANARIES)) for text in CANARIES]
    started = time.perf_counter()
    encoder.encode_cases(texts)
    return len(texts) / (time.perf_counter() - started)
