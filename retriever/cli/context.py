"""What a command is called with: its settings, and which of the global options were given."""

import os
from typing import Any

import typer

from retriever.cli.output import err
from retriever.config import ENV_PREFIX, Settings, config_file, load_settings
from retriever.telemetry import configure_logging
from retriever.wiring.library import load_library_settings


def options_of(context: typer.Context) -> dict[str, Any]:
    """The global options that were given, by name of their setting."""
    found: dict[str, Any] = context.find_root().obj
    return found


def settings_of(context: typer.Context, *, quiet: bool = True, **more: Any) -> Settings:  # noqa: ANN401  validated there
    """The settings of this run, the command's own flags included; `quiet`: warnings only, unless a level was given.

    The model is the library's own, unless a flag or the environment names another.
    """
    options = options_of(context)
    settings = load_library_settings(**{**options, **more})
    configure_logging("warning" if quiet and "log_level" not in options else settings.log_level)
    return settings


def step_back() -> None:
    """Let others on this machine go first: work of minutes must not slow the questions that a server answers."""
    if hasattr(os, "nice"):
        os.nice(10)


def warn_if_model_is_overruled(context: typer.Context) -> None:
    """A variable or flag beats the library: the next start would name the old model and be refused."""
    variable = ENV_PREFIX + "MODEL"
    if variable in os.environ or "model" in options_of(context):
        where = variable if variable in os.environ else "--model"
        err.print(f"warning: {where} is set and names another model; change it before the next start.", markup=False)


def tell_if_file_is_overruled(context: typer.Context, settings: Settings) -> None:
    """A settings file that names another model than the library's has no effect: say so where it matters."""
    asked = load_settings(**options_of(context)).model
    if asked not in (settings.model, Settings.model_fields["model"].default):
        err.print(
            f"{config_file()} names the model {asked!r}; this library was indexed by {settings.model!r} and keeps it. "
            f"`similar-cases model use {asked}` changes that.",
            markup=False,
        )
