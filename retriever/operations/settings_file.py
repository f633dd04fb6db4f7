"""The one setting that an operation writes: `model` in the TOML file. Everything else in the file stays as it is."""

import json
import os
import re
import tomllib
from pathlib import Path

from retriever.config import Settings, config_file
from retriever.embedding.loading import pinned_name
from retriever.errors import InvalidSettings, ModelUnavailable, Unavailable

_KEY = re.compile(r"""^\s*(model|"model"|'model')\s*=""")
_STALE = re.compile(r"^\s*(model_revision|dims)\s*=")
"""These belong to the model that was there before."""


def check_writable(file: Path) -> None:
    """Raises Unavailable when the settings file could not be replaced, before work is spent on what it should say."""
    folder = file.absolute().parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Unavailable(f"{file} cannot be written; SIMILAR_CASES_CONFIG can name another settings file.")


def set_model(file: Path, name: str, *, dims: int | None = None) -> None:
    """Make the file say which model serves; it is replaced as a whole. Raises InvalidSettings, Unavailable."""
    try:
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        after = with_model(before, name, dims=dims)
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        temporary.write_text(after, encoding="utf-8")
        temporary.replace(file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}.") from error


def follow_snapshot(settings: Settings, model: str, dims: int) -> Path | None:
    """Let the settings file name the model of the snapshot that is served, so that a restart serves it too.

    The file, or None when the settings say so already. Raises InvalidSettings, Unavailable.
    """
    if model in _names_of(settings) and settings.dims in (None, dims):
        return None
    file = config_file()
    set_model(file, model, dims=dims)
    return file


def _names_of(settings: Settings) -> set[str]:
    """How a snapshot may call the model that the settings name."""
    try:
        return {settings.model, pinned_name(settings.model, revision=settings.model_revision or None)}
    except ModelUnavailable:
        return {settings.model}


def with_model(text: str, name: str, *, dims: int | None = None) -> str:
    """The TOML text with `model = "name"`, its `dims` if given, and nothing of the model before. InvalidSettings."""
    lines = [line for line in text.splitlines() if not _STALE.match(line)]
    wanted = f"model = {json.dumps(name, ensure_ascii=False)}" + (f"\ndims = {dims}" if dims else "")
    places = [place for place, line in enumerate(lines) if _KEY.match(line)]
    lines = [wanted if place in places[:1] else line for place, line in enumerate(lines)]
    changed = "\n".join(lines if places else [wanted, *lines]) + "\n"
    expected = {**tomllib.loads(text), "model": name}
    for stale in ("model_revision", "dims"):
        expected.pop(stale, None)
    if dims:
        expected["dims"] = dims
    # A value over several lines could look like the setting: then a person has to write it.
    if tomllib.loads(changed) != expected:
        raise InvalidSettings(f"the settings file could not be changed safely; write {wanted} into it by hand.")
    return changed
