"""The library of a command's settings, opened as far as the command needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from retriever.cli.context import settings_of
from retriever.lifecycle import Lifecycle
from retriever.store import Store
from retriever.wiring.library import check_library, open_library
from retriever.wiring.lifecycle import lifecycle_of

if TYPE_CHECKING:
    from retriever.wiring.service import Service


@contextmanager
def open_store_of(context: typer.Context, *, read_only: bool = False) -> Iterator[Store]:
    """The library alone; no model is loaded. `read_only` never makes one."""
    with open_library(settings_of(context), read_only=read_only) as store:
        yield store


@contextmanager
def open_present_store_of(context: typer.Context, *, read_only: bool = False) -> Iterator[Store]:
    """The same, but of a library that exists. Raises Unavailable."""
    settings = settings_of(context)
    check_library(settings)
    with open_library(settings, read_only=read_only) as store:
        yield store


@contextmanager
def open_lifecycle_of(context: typer.Context, *, dry_run: bool = False, read_only: bool = False) -> Iterator[Lifecycle]:
    """The lifecycle of a library that exists; no model is loaded, a running server sees each step within a second."""
    settings = settings_of(context)
    check_library(settings)
    with open_library(settings, read_only=read_only) as store:
        yield lifecycle_of(settings, store, via="command line", dry_run=dry_run)


@contextmanager
def open_service_of(context: typer.Context) -> Iterator["Service"]:
    """The whole service over a library that exists: cases, model, index."""
    from retriever.wiring.service import open_service  # noqa: PLC0415  what only questions need loads as long as the rest

    settings = settings_of(context)
    check_library(settings)
    with open_service(settings) as service:
        yield service
