"""The library on disk: SQLite through sqlite-utils, the only truth."""

from retriever.store.audit import AuditEntry, AuditLog, AuditNote, AuditReport, record, record_all
from retriever.store.audit_chain import AuditFiles, Head
from retriever.store.case_rows import CaseFilter, CaseVersion
from retriever.store.events import Event, EventKind, LoggedQuery, ShownCase
from retriever.store.ingests import IngestProgress
from retriever.store.reviews import Queued, QueueFilter, Review, ReviewStep, Step
from retriever.store.store import Store, open_store
from retriever.store.transition import Transition
from retriever.store.upserts import Upserted
from retriever.store.vectors import CacheStats

__all__ = [
    "AuditEntry",
    "AuditFiles",
    "AuditLog",
    "AuditNote",
    "AuditReport",
    "CacheStats",
    "CaseFilter",
    "CaseVersion",
    "Event",
    "EventKind",
    "Head",
    "IngestProgress",
    "LoggedQuery",
    "QueueFilter",
    "Queued",
    "Review",
    "ReviewStep",
    "ShownCase",
    "Step",
    "Store",
    "Transition",
    "Upserted",
    "open_store",
    "record",
    "record_all",
]
