"""The library on disk: SQLite through sqlite-utils, the only truth."""

from retriever.store.cases import CaseFilter, Upserted, Version
from retriever.store.events import Event, EventKind, LoggedQuery, ShownCase
from retriever.store.ingests import IngestProgress
from retriever.store.store import Store, open_store
from retriever.store.vectors import CacheStats

__all__ = [
    "CacheStats",
    "CaseFilter",
    "Event",
    "EventKind",
    "IngestProgress",
    "LoggedQuery",
    "ShownCase",
    "Store",
    "Upserted",
    "Version",
    "open_store",
]
