"""Opens the library that the settings name, with its audit files where the settings want them."""

from retriever.config import Settings
from retriever.errors import Unavailable
from retriever.store import AuditFiles, Store, open_store


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
