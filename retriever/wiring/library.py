"""Opens the library that the settings name, with its audit files where the settings want them, and knows its model."""

import os
from pathlib import Path
from typing import Any

from index.manifest import read_manifest
from index.snapshots import Snapshots
from index.types import IndexDamaged
from retriever.config import ENV_PREFIX, Settings, load_settings
from retriever.errors import Unavailable
from retriever.store import AuditFiles, Store, open_store

MODEL_SETTINGS = ("model", "model_revision", "dims")
"""What makes a model: they are taken together, from one place."""


def open_library(settings: Settings, *, read_only: bool = False) -> Store:
    """The store; close it after use. Raises what `open_store` raises."""
    return open_store(settings.database_path, read_only=read_only, audit=audit_files(settings), mask=settings.mask)


def audit_files(settings: Settings) -> AuditFiles:
    """Where key and anchor of the audit log lie."""
    beside = AuditFiles.beside(settings.database_path)
    return AuditFiles(settings.audit_key or beside.key, settings.audit_anchor or beside.anchor)


def check_library(settings: Settings) -> None:
    """Asking must not make an empty library in a folder that was misspelt. Raises Unavailable."""
    if not settings.database_path.exists():
        raise Unavailable(f"there is no library at {settings.database_path}; `similar-cases ingest` makes one.")


def load_library_settings(**flags: Any) -> Settings:  # noqa: ANN401  flags are validated there
    """As `load_settings`, with the model of the library unless a flag or the environment names another."""
    settings = load_settings(**flags)
    named = {name for name, value in flags.items() if value is not None} | {name.upper() for name in os.environ}
    outright = any(name in named or ENV_PREFIX + name.upper() in named for name in MODEL_SETTINGS)
    return settings if outright else with_library_model(settings)


def with_library_model(settings: Settings) -> Settings:
    """The settings with the model that built the snapshot this library serves; unchanged while there is none.

    The model belongs to the library: what a settings file says of it counts for the first snapshot only.
    """
    own = model_of_library(settings)
    if own is None or (settings.model == own[0] and settings.dims in (None, own[1])):
        return settings
    return settings.model_copy(update={"model": own[0], "model_revision": "", "dims": own[1]})


def model_of_library(settings: Settings) -> tuple[str, int] | None:
    """Name and length of vectors of the model that built the served snapshot.

    None while nothing can be served, and for a folder that is no longer there: it may have moved, and the settings say
    where to.
    """
    snapshots = Snapshots(settings.index_dir)
    try:
        name = snapshots.current_name()
        manifest = read_manifest(snapshots.path(name)) if name else None
    except IndexDamaged:
        return None
    if manifest is None:
        return None
    model = manifest.labels["model"]
    gone = Path(model).is_absolute() and not Path(model).is_dir()
    return None if gone else (model, manifest.dim)
