"""What every command shares: its settings, the opened parts, and the flags that look the same everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.errors import Unavailable

if TYPE_CHECKING:
    from retriever.config import Settings
    from retriever.store import Store
    from retriever.wiring.service import Service

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would happen and change nothing.")]


@dataclass(slots=True)
class Flags:
    """Global options as given; they become settings only when a command asks, so that help never fails."""

    given: dict[str, Any] = field(default_factory=dict)


def flags_of(context: typer.Context) -> dict[str, Any]:
    """The global options that were given, by name of their setting."""
    found: Flags = context.find_root().obj
    return {name: value for name, value in found.given.items() if value is not None}


def settings_of(context: typer.Context, *, quiet: bool = True, **more: Any) -> "Settings":  # noqa: ANN401  validated there
    """The settings of this run, the command's own flags included; `quiet`: warnings only, unless a level was given."""
    from retriever.config import load_settings  # noqa: PLC0415  see retriever/cli/__init__.py
    from retriever.telemetry import configure_logging  # noqa: PLC0415

    flags = flags_of(context)
    settings = load_settings(**{**flags, **more})
    configure_logging("warning" if quiet and "log_level" not in flags else settings.log_level)
    return settings


@contextmanager
def opened_store(context: typer.Context, *, read_only: bool = False) -> Iterator["Store"]:
    """The library alone; no model is loaded. `read_only` never makes one."""
    from retriever.wiring.library import open_library  # noqa: PLC0415

    with open_library(settings_of(context), read_only=read_only) as store:
        yield store


@contextmanager
def opened_service(context: typer.Context) -> Iterator["Service"]:
    """The whole service over a library that exists: cases, model, index."""
    from retriever.wiring.service import open_service  # noqa: PLC0415

    settings = settings_of(context)
    check_library(settings.database_path)
    with open_service(settings) as service:
        yield service


def check_library(path: Path) -> None:
    """Asking must not make an empty library in a folder that was misspelt. Raises Unavailable."""
    if not path.exists():
        raise Unavailable(f"there is no library at {path}; `similar-cases ingest` makes one.")
