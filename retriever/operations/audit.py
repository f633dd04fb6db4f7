"""The audit log as an operator uses it: the newest entries, is it whole, all of it as a file, its anchor anew."""

from collections import deque
from dataclasses import dataclass
from typing import BinaryIO

from retriever.errors import InvalidInput
from retriever.store import AuditEntry, AuditReport, Head, Store
from retriever.store.audit import encode_plain
from retriever.store.audit_chain import parse_head


@dataclass(frozen=True, slots=True)
class AuditExport:
    """Entries written, and the head of the log they end in."""

    entries: int
    head: Head


def newest_entries(
    store: Store, *, subject: str = "", actor: str = "", action: str = "", since: str = "", limit: int = 50
) -> list[AuditEntry]:
    """The newest entries that fit what is given, oldest of them first; `since` is RFC 3339 in UTC."""
    return list(deque(store.audit.iter_entries(subject=subject, actor=actor, action=action, since=since), maxlen=limit))


def verify_log(store: Store, known_head: str = "") -> AuditReport:
    """Check every entry; `known_head` is a head noted elsewhere, COUNT:LINK. Raises InvalidInput, StoreDamaged."""
    try:
        known = parse_head(known_head) if known_head else None
    except ValueError as error:
        raise InvalidInput(f"--head: {error}.") from error
    return store.audit.verify(known=known)


def export_log(store: Store, stream: BinaryIO) -> AuditExport:
    """Write every entry as one JSON line, as it was sealed."""
    written = 0
    for entry in store.audit.iter_entries():
        stream.write(encode_plain(entry))
        written += 1
    stream.flush()
    return AuditExport(written, store.audit.head())


def renew_anchor(store: Store, *, dry_run: bool = False) -> Head:
    """Write the anchor file anew, after a person has looked at what is wrong; the head that it says now."""
    return store.audit.head() if dry_run else store.audit.anchor_now()
