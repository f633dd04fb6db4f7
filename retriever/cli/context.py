"""What a command is called with: its settings, and which of the global options were given."""

import os
from typing import Any

import typer

from retriever.cli.output import err
from retriever.config import ENV_PREFIX, Settings, load_settings
from retriever.telemetry import configure_logging


def options_of(context: typer.Context) -> dict[str, Any]:
    """The global options that were given, by name of their setting."""
    found: dict[str, Any] = context.find_root().obj
    return found


def settings_of(context: typer.Context, *, quiet: bool = True, **more: Any) -> Settings:  # noqa: ANN401  validated there
    """The settings of this run, the command's own flags included; `quiet`: warnings only, unless a level was given."""
    options = options_of(context)
    settings = load_settings(**{**options, **more})
    configure_logging("warning" if quiet and "log_level" not in options else settings.log_level)
    return settings


def warn_if_model_is_overruled(context: typer.Context) -> None:
    """A variable or flag beats the settings file: the next start would name the old model and be refused."""
    variable = ENV_PREFIX + "MODEL"
    if variable in os.environ or "model" in options_of(context):
        where = variable if variable in os.environ else "--model"
        err.print(f"warning: {where} is set and wins over the file; change it before the next start.", markup=False)
