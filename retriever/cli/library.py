"""The library of a command's settings, opened as far as the command needs it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from retriever.cli.context import settings_of
from retriever.domain import OPERATOR
from retriever.errors import CaseNotFound
from retriever.lifecycle import Lifecycle
from retriever.search.naming import find_named
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


def id_of(context: typer.Context, name: str) -> str:
    """The id of the case that is called so: by its id, or as its own system calls it. Raises CaseNotFound."""
    with open_present_store_of(context, read_only=True) as store:
        return _id_in(store, name)


def ids_of(context: typer.Context, names: Sequence[str]) -> list[str]:
    """The same for many; what names no case, or several, stays as it is, so that the step for it tells why."""
    found = []
    with open_present_store_of(context, read_only=True) as store:
        for name in names:
            try:
                found.append(_id_in(store, name))
            except CaseNotFound:
                found.append(name)
    return found


def deleted_id_of(context: typer.Context, name: str) -> str:
    """The id of the one deleted case that is called so; what names none, or several, stays as it is."""
    with open_present_store_of(context, read_only=True) as store:
        found = store.deleted.named(name)
    return found[0].case.id if len(found) == 1 else name


def _id_in(store: Store, name: str) -> str:
    try:
        return find_named(store.cases, name, OPERATOR).case.id
    except CaseNotFound as error:
        if not (deleted := store.deleted.named(name)):
            raise
        id = deleted[0].case.id
        raise CaseNotFound(f"case {id} is deleted; `similar-cases case undelete {id}` brings it back.") from error
