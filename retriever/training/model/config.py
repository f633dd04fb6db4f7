"""The settings of a training run, read from one TOML file."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from retriever.training.model.fit import FitConfig
from retriever.training.model.questions import MadeConfig
from retriever.training.model.teacher import TeacherConfig
from retriever.training.model.tokenizer import TokenizerConfig

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class DataConfig:
    """Which pairs count how much: weight per source (`default_weight` otherwise), glosses as a share of the mass."""

    default_weight: float
    gloss_share: float
    made_weight: float
    source_weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """How texts are grouped so that neighbours can meet in one batch."""

    count: int
    rounds: int
    sample: int
    seed: int


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Everything that decides the weights, besides the data and the teacher."""

    dims: int
    keep_pieces: int
    row_power: float
    tokenizer: TokenizerConfig
    made: MadeConfig
    teacher: TeacherConfig
    data: DataConfig
    clusters: ClusterConfig
    fit: FitConfig


def load_config(path: Path) -> TrainingConfig:
    """Read and check a TOML file; an unknown or missing setting is an error that names it."""
    raw = tomllib.loads(path.read_text("utf-8"))
    sections = {
        "tokenizer": _build(TokenizerConfig, raw, "tokenizer"),
        "made": _build(MadeConfig, raw, "made"),
        "teacher": _build(TeacherConfig, raw, "teacher"),
        "data": _build(DataConfig, raw, "data"),
        "clusters": _build(ClusterConfig, raw, "clusters"),
        "fit": _build(FitConfig, raw, "fit"),
    }
    return _build(TrainingConfig, {"model": {**raw.get("model", {}), **sections}}, "model")


def _build(kind: type[Section], raw: Mapping[str, Any], name: str) -> Section:
    given = dict(raw.get(name, {}))
    wanted = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if given.keys() != wanted:
        missing, unknown = sorted(wanted - given.keys()), sorted(given.keys() - wanted)
        raise ValueError(f"[{name}]: missing {missing}, unknown {unknown}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in given.items()})
