"""Quality, speed and size of models side by side, on labelled questions, by exact search."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retriever.config import Settings
from retriever.evaluation.beir import load_beir
from retriever.evaluation.machine import machine
from retriever.evaluation.runner import evaluate_encoder
from retriever.operations.model_check import ModelCheck, check_model
from retriever.sample.library import load_sample_set

Started = Callable[[str, str, int], None]
"""Told (model, set, questions) before a model is asked the questions of a set."""


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """What each model was found to be, and its measures by set; `machine` says where."""

    machine: Mapping[str, str]
    checks: Mapping[str, ModelCheck]
    measures: Mapping[str, Mapping[str, Mapping[str, float]]]
    """By model, set and name of the measure."""


def compare_models(
    names: Sequence[str], settings: Settings, folders: Sequence[Path] = (), *, started: Started | None = None
) -> ModelComparison:
    """Ask each model the questions of BEIR folders, or of the sample without any. ModelUnavailable, InvalidInput."""
    sets = [load_beir(folder) for folder in folders] or [load_sample_set()[0]]
    checks: dict[str, ModelCheck] = {}
    measures: dict[str, dict[str, Mapping[str, float]]] = {}
    for name in names:
        encoder, checks[name] = check_model(name, settings)
        measures[name] = {}
        for labelled in sets:
            if started:
                started(name, labelled.name, len(labelled.questions))
            measures[name][labelled.name] = evaluate_encoder(labelled, encoder).scores.means
    return ModelComparison(machine(), checks, measures)
