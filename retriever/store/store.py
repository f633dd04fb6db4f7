"""The store: one library on disk, its tables side by side. SQLite is the only truth; every index is derived from it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from retriever.case.times import utc_stamp
from retriever.domain import Actor
from retriever.errors import InvalidInput
from retriever.store.audit import AuditChain, AuditLog
from retriever.store.audit_chain import AuditFiles
from retriever.store.cases import CaseTable
from retriever.store.deleted import DeletedTable
from retriever.store.deliveries import Deliveries
from retriever.store.erasures import Erasures
from retriever.store.events import EventTable
from retriever.store.imports import Imports
from retriever.store.ingests import IngestTable
from retriever.store.keys import KeyTable
from retriever.store.masking import open_masking
from retriever.store.migrations import LIBRARY
from retriever.store.remasking import MaskingProgress, Remasked, quiet, remask
from retriever.store.reviews import ReminderTable, ReviewTable
from retriever.store.schema import migrate
from retriever.store.sqlite import Connections, Journal
from retriever.store.transition import Transition
from retriever.store.vectors import VectorCache


class _Undone(Exception):
    """A dry run is over: take everything back."""


class Store:
    """A library on disk. Many threads and processes may use one file at once.

    What it holds is reached by theme: `cases`, `reviews`, `events`, `keys` …; `vectors` lie in a file of their own.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        journal: Journal = "auto",
        audit: AuditFiles | None = None,
        mask: bool = True,
    ) -> None:
        """Open or make the library; see `open_store`."""
        self.path = path
        self.read_only = read_only
        self.masking = open_masking(path, mask=mask, read_only=read_only)
        chain = AuditChain(audit or AuditFiles.beside(path), read_only=read_only)
        self._connections = Connections(path, read_only=read_only, journal=journal, follower=chain)
        self.audit = AuditLog(self._connections, chain)
        self.keys = KeyTable(self._connections)
        self.cases = CaseTable(self._connections, self.masking)
        self.deleted = DeletedTable(self._connections)
        self.reviews = ReviewTable(self._connections)
        self.reminders = ReminderTable(self._connections)
        self.events = EventTable(self._connections, self.masking)
        self.ingests = IngestTable(self._connections)
        self.imports = Imports(self._connections, self.masking)
        self.deliveries = Deliveries(self._connections, self.masking)
        self.erasures = Erasures(self._connections, self.masking)
        vectors = path.with_name(f"{path.stem}-vectors{path.suffix}")
        self.vectors = VectorCache(vectors, read_only=read_only, journal=journal)
        try:
            migrate(self._connections, LIBRARY)
        except BaseException:
            self._connections.close()
            raise

    @contextmanager
    def transition(self, actor: Actor, *, via: str = "", dry_run: bool = False) -> Iterator[Transition]:
        """One transaction of the lifecycle in the name of `actor`; nothing is kept when the block raises.

        `via` goes into the audit log. `dry_run` keeps nothing either way.
        """
        with suppress(_Undone), self._connections.writing() as db:
            yield Transition(db, actor, utc_stamp(), via, dry_run, self.masking)
            if dry_run:
                raise _Undone

    def remask(self, *, dry_run: bool = False, restart: bool = False, progress: MaskingProgress = quiet) -> Remasked:
        """Mask what is stored already, in place; see `store.remasking`. Raises InvalidInput when masking is off."""
        if not self.masking.mask:
            raise InvalidInput("masking is switched off by the settings: switch it on first.")
        return remask(self._connections, dry_run=dry_run, restart=restart, progress=progress, known=self.masking.known)

    def check(self) -> list[str]:
        """What is wrong with the database file, one line each; empty when all is well. Reads every page."""
        found = [str(row[0]) for row in self._connections.rows("PRAGMA integrity_check")]
        found = [] if found == ["ok"] else found
        return found + [f"broken reference: {row}" for row in self._connections.rows("PRAGMA foreign_key_check")]

    def check_in_place(self) -> None:
        """Is the file that was opened still there, and the same? Costs microseconds. Raises Unavailable."""
        self._connections.check_in_place()

    def backup_to(self, path: Path) -> None:
        """Copy the library as of one moment into a new file, while others go on. Raises Unavailable if it exists."""
        self._connections.backup_to(path)

    def close(self) -> None:
        """Close all files. No other thread may be using the store any more."""
        self._connections.close()
        self.vectors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(path: Path, *, read_only: bool = False, audit: AuditFiles | None = None, mask: bool = True) -> Store:
    """Open the library in this file, making it (and its folder) when there is none; close it after use.

    `read_only` refuses every write and a file that is missing; `audit` says where key and anchor of the audit log lie,
    beside the library without it. `mask=False` stores personal data as it comes, and warns. Raises Unavailable, Locked,
    and StoreDamaged for a file that is no library, is damaged, or was written by a newer program.
    """
    return Store(path, read_only=read_only, audit=audit, mask=mask)
