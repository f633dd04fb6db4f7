"""Planning what a write does to what is stored, then writing it, inside the caller's transaction."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from sqlite_utils import Database

from retriever.case.format import decode_case, document_hash, encode_case
from retriever.case.identity import TAKEN, HeldCase, case_meant, check_version
from retriever.domain import Case
from retriever.errors import CaseNotFound, Conflict, Forbidden
from retriever.store.audit import AuditNote
from retriever.store.case_rows import last_revision
from retriever.store.erasures import erased_among, why_erased
from retriever.store.links import linked_ids
from retriever.store.masking import MaskedCase

Action: TypeAlias = Literal["created", "updated", "unchanged", "kept", "older", "refused", "proposed"]
"""`proposed`: kept as a pending revision, the case itself is as before; only the lifecycle does that. `older`: a newer
state of its ticket is here."""
Admit: TypeAlias = Callable[[Case | None, MaskedCase], MaskedCase]
"""Decides what may be written over a stored case, or as a new one (None); see `retriever.case.access.admitted`."""

_HELD = """
    c.key, c.id, c.source_system, c.external_id, c.version, c.revision, c.content_hash, c.created_at, c.status,
    c.deleted
"""


@dataclass(frozen=True, slots=True)
class Upserted:
    """What became of one case; `refused` says why in `reason` and has no key (0); so do `kept` and `older`."""

    id: str
    action: Action
    key: int = 0
    version: int = 0
    revision: int = 0
    reason: str = ""
    digest: str = ""
    """The hash of the text that was written; empty where none was."""


class UpsertPlan:
    """Decides case by case what an upsert does, then writes it. Cases of one batch see each other in order."""

    def __init__(
        self,
        db: Database,
        cases: Sequence[MaskedCase],
        *,
        if_version: int | None,
        now: str,
        admit: Admit | None = None,
        discreet: bool = False,
    ) -> None:
        """Read what the store holds of these cases, and decide.

        With `discreet`, as always with `admit`, a refusal does not tell whose the id or the source is.

        Raises VersionMismatch, CaseNotFound, Conflict, and with `if_version` what `admit` raises.
        """
        self._db = db
        self._if_version = if_version
        self._now = now
        self._admit = admit
        self._discreet = discreet or admit is not None
        self._fresh: dict[int, Case] = {}
        self._by_id: dict[str, HeldCase] = {}
        self._by_source: dict[tuple[str, str], HeldCase] = {}
        self._linked = linked_ids(db, cases)
        # Twice the same case in both lists is the same row, remembered twice.
        for held in (*_held_by_id(db, cases), *held_by_source(db, cases)):
            self._remember(held)
        self._erased = erased_among(db, cases)
        self._next_key = _last_key(db) + 1
        self._next_revision = last_revision(db) + 1
        self._changed: list[tuple[Any, ...]] = []
        self.outcomes = [self._decide(case) for case in cases]

    def write(self, db: Database) -> None:
        """Write what was decided; a trigger keeps the version that a row replaces."""
        db.conn.executemany(
            """
            INSERT INTO cases (key, id, source_system, external_id, status, language, product, version, revision,
                               deleted, content_hash, created_at, updated_at, document, review_due_on, valid_until)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (key) DO UPDATE SET
                source_system = excluded.source_system, external_id = excluded.external_id, status = excluded.status,
                language = excluded.language, product = excluded.product, version = excluded.version,
                revision = excluded.revision, deleted = 0, content_hash = excluded.content_hash,
                created_at = excluded.created_at, updated_at = excluded.updated_at, document = excluded.document,
                review_due_on = excluded.review_due_on, valid_until = excluded.valid_until
            """,
            self._changed,
        )

    def _decide(self, case: MaskedCase) -> Upserted:
        held = why_erased(self._erased, case) or self._meant(case)
        if isinstance(held, str):
            return self._refused(case, TAKEN if self._discreet else held)
        given = case
        if held is not None and held.id != case.id:
            case = replace(case, id=held.id)
        if self._admit is not None:
            try:
                case = self._admit(self._stored(held), case)
            except (CaseNotFound, Forbidden) as error:
                # Under the id that the writer has named: that of the case with the same source may be news to them.
                return self._not_admitted(given, error)
        if self._if_version is not None:
            check_version(case.id, None if held is None else held.live_version, self._if_version)
        document = encode_case(case)
        digest = document_hash(document)
        if held is not None and not held.deleted and held.content_hash == digest:
            return Upserted(case.id, "unchanged", held.key, held.version, held.revision)
        return self._accept(case, held, document.decode(), digest)

    def _refused(self, case: Case, reason: str) -> Upserted:
        if self._if_version is not None:
            raise Conflict(f"{case.id}: {reason}")
        return Upserted(case.id, "refused", reason=reason)

    def _not_admitted(self, case: Case, error: CaseNotFound | Forbidden) -> Upserted:
        """A case that the writer may not see is not there, but its id cannot be given to another one either."""
        if isinstance(error, CaseNotFound) and not self._if_version:
            return self._refused(case, TAKEN)
        if self._if_version is not None:
            raise error
        return Upserted(case.id, "refused", reason=str(error))

    def _stored(self, held: HeldCase | None) -> Case | None:
        """The case before the write, with what this batch did to it already."""
        if held is None or held.deleted:
            return None
        if held.key in self._fresh:
            return self._fresh[held.key]
        (document,) = self._db.conn.execute("SELECT document FROM cases WHERE key = ?", (held.key,)).fetchone()
        return decode_case(document)

    def _meant(self, case: Case) -> HeldCase | str | None:
        source = (case.source.system, case.source.external_id)
        same_source = self._by_source.get(source) if case.source.external_id else None
        linked = self._linked.get(source)
        if same_source is None and linked is not None and linked != case.id:
            return f"source {source[0]}:{source[1]} is linked with case {linked}"
        return case_meant(case, self._by_id.get(case.id), same_source, by_id=self._if_version is not None)

    def _accept(self, case: MaskedCase, held: HeldCase | None, document: str, digest: str) -> Upserted:
        alive = held is not None and not held.deleted
        after = HeldCase(
            key=held.key if held else self._next_key,
            id=case.id,
            source_system=case.source.system,
            external_id=case.source.external_id or None,
            version=held.version + 1 if held else 1,
            revision=self._next_revision,
            content_hash=digest,
            created_at=held.created_at if held and alive else self._now,
            status=str(case.status),
            deleted=0,
        )
        self._next_key += held is None
        self._next_revision += 1
        if held is not None and held.external_id is not None:
            self._by_source.pop((held.source_system, held.external_id), None)
        self._remember(after)
        if self._admit is not None:
            self._fresh[after.key] = case
        facets = (after.status, case.language, case.product)
        identity = (after.key, after.id, after.source_system, after.external_id)
        state = (after.version, after.revision, digest, after.created_at, self._now, document)
        dates = (case.review_due_on, case.valid_until)
        self._changed.append((*identity, *facets, *state, *dates))
        return Upserted(
            case.id, "updated" if alive else "created", after.key, after.version, after.revision, digest=digest
        )

    def _remember(self, held: HeldCase) -> None:
        self._by_id[held.id] = held
        if held.external_id is not None and not held.deleted:
            self._by_source[held.source_system, held.external_id] = held


CONTENT_DIGITS = 16
"""Of the hash of a case's text, as its entry in the log has it: they prove a text, and tell nothing of it."""


def audit_notes(cases: Sequence[Case], outcomes: Sequence[Upserted]) -> list[AuditNote]:
    """What the audit log says of an upsert: one entry for each case that changed."""
    actions = {"created": "case.create", "updated": "case.update"}
    return [
        AuditNote(
            actions[outcome.action],
            outcome.id,
            outcome.version,
            {"revision": outcome.revision, "status": case.status.value, "content": outcome.digest[:CONTENT_DIGITS]},
        )
        for case, outcome in zip(cases, outcomes, strict=True)
        if outcome.action in actions
    ]


def held_by_source(db: Database, cases: Iterable[Case]) -> list[HeldCase]:
    """What is stored under the sources of these cases; deleted cases have none."""
    sources = [(case.source.system, case.source.external_id) for case in cases if case.source.external_id]
    by_source = f"""
        SELECT {_HELD} FROM json_each(?) wanted CROSS JOIN cases c
            ON c.source_system = json_extract(wanted.value, '$[0]')
            AND c.external_id = json_extract(wanted.value, '$[1]')
            AND c.external_id IS NOT NULL AND NOT c.deleted
        """  # noqa: S608
    return [HeldCase(*row) for row in db.conn.execute(by_source, (json.dumps(sources),))]


def _held_by_id(db: Database, cases: Iterable[Case]) -> list[HeldCase]:
    by_id = f"SELECT {_HELD} FROM json_each(?) wanted CROSS JOIN cases c ON c.id = wanted.value"  # noqa: S608
    return [HeldCase(*row) for row in db.conn.execute(by_id, (json.dumps([case.id for case in cases]),))]


def _last_key(db: Database) -> int:
    # Not max(key): the sequence remembers keys whose rows are gone, and a key is never used twice.
    row = db.conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'cases'").fetchone()
    return int(row[0]) if row else 0
