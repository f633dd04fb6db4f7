"""The audit log: who did what to which subject, appended inside the transaction of the change itself. No case text.

`record(db, …)` is for every writer; `AuditLog` reads and verifies. Seals: `audit_chain`; checking: `audit_check`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from sqlite_utils import Database

from retriever.case.times import utc_stamp
from retriever.domain import Actor
from retriever.errors import StoreDamaged
from retriever.store.audit_chain import (
    START,
    Anchors,
    AuditFiles,
    Head,
    Sealer,
    load_key,
    read_anchor,
    sealed_head,
    write_anchor,
)
from retriever.store.audit_check import Known, Tampering, find_tampering, without_log
from retriever.store.sqlite import Connections

DETAIL_LIMIT = 200
"""Characters of one detail: room for names, states and hashes, too little for a text."""


@dataclass(frozen=True, slots=True)
class AuditNote:
    """One thing that somebody did, before it is numbered."""

    action: str
    subject: str
    version: int | None = None
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the log; `at` is RFC 3339 in UTC, `version` that of the case after the note."""

    number: int
    at: str
    actor: str
    role: str
    action: str
    subject: str
    version: int | None
    details: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What verifying found: `entries` that were read, the `head` to write down elsewhere, and all tampering."""

    entries: int
    head: Head
    findings: tuple[Tampering, ...]


class AuditChain:
    """What one process knows of a library's chain: its key, and the head that the open transaction will leave."""

    def __init__(self, files: AuditFiles, *, read_only: bool = False) -> None:
        """Nothing is read or made before the first entry."""
        self.files = files
        self._read_only = read_only
        self._sealer: Sealer | None = None
        self._pending: Head | None = None

    def connected(self, database: Database) -> None:
        """A connection was opened: `record` finds the chain by it."""
        _CHAINS[database] = self

    def begun(self) -> None:
        """A transaction begins; what an earlier one left when it was rolled back is forgotten."""
        self._pending = None

    def committed(self) -> None:
        """A transaction is on disk: remember its head outside."""
        if self._pending is not None and self._sealer is not None:
            write_anchor(self.files.anchor, self._pending, self._sealer)
            self._pending = None

    def sealer(self, *, create: bool = False) -> Sealer:
        """Seals with the library's key. Raises StoreDamaged when the key is missing."""
        if self._sealer is None:
            self._sealer = Sealer(load_key(self.files.key, create=create and not self._read_only))
        return self._sealer

    def append(self, db: Database, actor: Actor, notes: Sequence[AuditNote]) -> None:
        """Add entries inside the caller's transaction."""
        row = db.conn.execute("SELECT count, link FROM audit_head").fetchone()
        if row is None:
            raise StoreDamaged("the head of the audit log is gone; `similar-cases audit verify` says what is left.")
        # A key is made for an empty log only: a log whose key is lost must not go on under another one.
        sealer = self.sealer(create=row[0] == 0)
        head, rows, at = Head(*row), [], utc_stamp()
        for note in notes:
            entry = _encode(AuditEntry(head.count + 1, at, actor.id, actor.role.name.lower(), note.action,
                                       note.subject, note.version, note.details))  # fmt: skip
            seal = sealer.seal(entry)
            head = Head(head.count + 1, sealer.link(head.link, seal))
            rows.append((head.count, note.subject, entry.decode(), seal, head.link))
        db.conn.executemany("INSERT INTO audit (position, subject, entry, seal, link) VALUES (?, ?, ?, ?, ?)", rows)
        db.conn.execute(
            "UPDATE audit_head SET count = ?, link = ?, seal = ?", (head.count, head.link, sealer.seal_head(head))
        )
        self._pending = head


_CHAINS: WeakKeyDictionary[Database, AuditChain] = WeakKeyDictionary()


def record(
    db: Database,
    *,
    actor: Actor,
    action: str,
    subject: str,
    version: int | None = None,
    details: Mapping[str, str | int] | None = None,
) -> None:
    """Append one entry inside the open transaction of `db`: it is kept if and only if the change itself is.

    `subject` is the id of a case, or of something else with its kind in front (`key:k3f…`). `details` hold names,
    states and numbers, never text of a case: more than 200 characters raise ValueError. Raises StoreDamaged when the
    key of the log is gone.
    """
    record_all(db, actor=actor, notes=(AuditNote(action, subject, version, details or {}),))


def record_all(db: Database, *, actor: Actor, notes: Sequence[AuditNote]) -> None:
    """Append many entries of one actor; see `record`."""
    if notes:
        _CHAINS[db].append(db, actor, notes)


class AuditLog:
    """Reads, exports and verifies the log of one library."""

    def __init__(self, connections: Connections, chain: AuditChain) -> None:
        """Share the store's connections."""
        self._connections = connections
        self._chain = chain

    @property
    def files(self) -> AuditFiles:
        """Where key and anchor lie."""
        return self._chain.files

    def iter_entries(
        self, *, subject: str = "", actor: str = "", action: str = "", since: str = "", after: int = 0
    ) -> Iterator[AuditEntry]:
        """Entries in order, narrowed by what is given; `since` is RFC 3339 in UTC, `after` a number.

        Rows that are no entries any more are left out; `verify` reports them.
        """
        given = {"subject": subject, "actor": actor, "action": action, "since": since}
        clauses = [_CLAUSES[name] for name, value in given.items() if value]
        where = " AND ".join(["position > :after", *clauses])
        sql = f"SELECT position, entry FROM audit WHERE {where} ORDER BY position LIMIT :limit"  # noqa: S608  constants
        position = after
        while rows := self._connections.rows(sql, {**given, "after": position, "limit": 1_000}):
            position = rows[-1][0]
            for _, text in rows:
                with suppress(ValueError, KeyError, TypeError):
                    yield decode_entry(text)

    def head(self) -> Head:
        """The end of the log as the database says it."""
        rows = self._connections.rows("SELECT count, link FROM audit_head")
        return Head(*rows[0]) if rows else START

    def verify(self, *, known: Head | None = None, anchors: Anchors | None = None) -> AuditReport:
        """Check every entry, their order and the end against database, anchor file, `known`, a head noted elsewhere,
        and `anchors`, those written elsewhere; then whether the library agrees with the log.

        Raises StoreDamaged when the key is missing: without it nothing can be checked.
        """
        read = self._connections.rows
        has_entries = bool(read("SELECT 1 FROM audit LIMIT 1"))
        noted = [("the given head", known)] if known is not None else []
        if not has_entries and not self.files.key.exists() and not self.files.anchor.exists():
            noted += anchors.unchecked() if anchors is not None else []
            return AuditReport(0, START, without_log(read, noted))
        sealer, troubles = self._chain.sealer(), []
        try:
            anchor = read_anchor(self.files.anchor, sealer)
        except ValueError as error:
            anchor = None
            troubles.append(str(error))
        if anchor is None and has_entries and not troubles:
            troubles.append("the anchor file is missing; `similar-cases audit anchor` writes it anew")
        if anchors is not None:
            checked, wrong = anchors.checked(sealer)
            noted += checked
            troubles += wrong
        return AuditReport(*find_tampering(read, sealer, Known(anchor, tuple(troubles), tuple(noted))))

    def append(self, actor: Actor, note: AuditNote) -> None:
        """Record something that is no change of the library, in a transaction of its own."""
        with self._connections.writing() as db:
            record_all(db, actor=actor, notes=(note,))

    def anchor_line(self) -> str:
        """The present head under its seal, as one line of JSON to be kept elsewhere; see `Anchors`."""
        head = self.head()
        return sealed_head(head, self._chain.sealer(create=head.count == 0), at=utc_stamp())

    def anchor_now(self) -> Head:
        """Write the present head into the anchor file, after an operator has looked; what it was does not matter."""
        head = self.head()
        write_anchor(self.files.anchor, head, self._chain.sealer(create=head.count == 0), only_forward=False)
        return head


def decode_entry(text: str) -> AuditEntry:
    """The entry in a stored text. Raises ValueError, KeyError or TypeError for anything else."""
    return AuditEntry(**json.loads(text))


def encode_plain(entry: AuditEntry) -> bytes:
    """One line of an export: the stored text itself, so that its seal can be checked by others who hold the key."""
    return _encode(entry) + b"\n"


def _encode(entry: AuditEntry) -> bytes:
    for name, value in entry.details.items():
        if isinstance(value, str) and len(value) > DETAIL_LIMIT:
            raise ValueError(f"detail {name} has {len(value)} characters; the audit log holds no texts")
    # A dict of the details, since orjson knows no other mappings.
    plain: dict[str, Any] = {
        "number": entry.number, "at": entry.at, "actor": entry.actor, "role": entry.role, "action": entry.action,
        "subject": entry.subject, "version": entry.version, "details": dict(entry.details),
    }  # fmt: skip
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


# Through CASE, because a row that was tampered with may hold no JSON.
_VALUE = "CASE WHEN json_valid(entry) THEN json_extract(entry, '$.{name}') END"
_CLAUSES = {
    "subject": "subject = :subject",
    "actor": _VALUE.format(name="actor") + " = :actor",
    "action": _VALUE.format(name="action") + " = :action",
    "since": _VALUE.format(name="at") + " >= :since",
}
