"""The audit log as an operator uses it: the newest entries, is it whole, all of it as a file, its anchor anew."""

import json
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from retriever.errors import Damaged, InvalidInput, Unavailable
from retriever.lifecycle.channels import post_signed
from retriever.store import AuditEntry, AuditReport, Head, Store
from retriever.store.audit import encode_plain
from retriever.store.audit_chain import Anchors, parse_head

ANCHORS_BYTES = 64 << 20
"""Largest file of heads that is read: a head every minute for half a year."""


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


def verify_log(store: Store, known_head: str = "", anchors: Path | None = None) -> AuditReport:
    """Check every entry, and that the library agrees with them.

    `known_head` is a head noted elsewhere, COUNT:LINK; `anchors` a file of heads that `write_anchor` has made. Raises
    InvalidInput, StoreDamaged.
    """
    try:
        known = parse_head(known_head) if known_head else None
    except ValueError as error:
        raise InvalidInput(f"--head: {error}.") from error
    return store.audit.verify(known=known, anchors=None if anchors is None else _read_anchors(anchors))


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


def write_anchor(store: Store, place: str, *, secret: str = "", dry_run: bool = False) -> Head:
    """Write the head to a place that whoever edits the library cannot reach: a file, at its end, or a webhook.

    A webhook gets `{"event": "audit.anchor", "at", "head", "seal"}`, signed with `secret` as reminders are. Raises
    Damaged when the log is not as it was written or does not hold what the file says, and Unavailable.
    """
    is_webhook = place.startswith(("http://", "https://"))
    known = None if is_webhook or not Path(place).exists() else Path(place)
    report = verify_log(store, anchors=known)
    if report.findings:
        raise Damaged(
            f"nothing was written: the audit log is not as it was written ({report.findings[0].text}); "
            "`similar-cases audit verify` says all."
        )
    if not report.entries:
        raise InvalidInput("the audit log has no entries yet: there is no head to write down.")
    if dry_run:
        return report.head
    line = store.audit.anchor_line()
    if is_webhook:
        post_signed(place, secret, {"event": "audit.anchor", **json.loads(line)}, what="anchor")
    else:
        _append_line(Path(place), line)
    return parse_head(json.loads(line)["head"])


def _read_anchors(path: Path) -> Anchors:
    """The lines of a file of heads, blank ones left out. Raises InvalidInput."""
    try:
        if path.stat().st_size > ANCHORS_BYTES:
            raise InvalidInput(f"--anchor: {path} is larger than {ANCHORS_BYTES:,} bytes: it is no file of heads.")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InvalidInput(f"--anchor: {path} cannot be read: {why}.") from error
    written = tuple(line for line in lines if line.strip())
    if not written:
        raise InvalidInput(f"--anchor: {path} holds no head; `similar-cases audit anchor --to FILE` writes one.")
    return Anchors(path.name, written)


def _append_line(path: Path, line: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise Unavailable(f"the head cannot be written to {path}: {error.strerror}.") from error
