"""What was last taken over from each ticket of a help desk, so that a second import neither repeats nor undoes work.

A case that came from a ticket goes on living here: it is edited, reviewed, published, or thrown away. The same ticket
again therefore changes nothing, whatever became of its case; a ticket that changed updates its case only while that is
the draft that the import made. Of a published case it becomes a pending revision, while the live version answers; in
all other states the case is `kept`, and the report says why. An older state of a ticket than the one taken over changes
nothing, whichever way the two came in.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sqlite_utils import Database

from retriever.case.format import content_hash, decode_case, encode_case
from retriever.case.identity import NOTHING_TAKEN, HeldCase, LastTaken, ticket_action
from retriever.case.times import utc_stamp
from retriever.domain import OPERATOR, Case, Status, StoredCase
from retriever.store import case_rows
from retriever.store import reviews as review_rows
from retriever.store.audit import record_all
from retriever.store.ingests import IngestProgress, save_progress
from retriever.store.links import linked_ids
from retriever.store.masking import MaskedCase, Masking
from retriever.store.reviews import Review, Step
from retriever.store.sqlite import Connections
from retriever.store.transition import Transition
from retriever.store.upserts import Action, Upserted, UpsertPlan, audit_notes, held_by_source

Revise: TypeAlias = Callable[[StoredCase, Review | None, Case, Case | None], Case | str | None]
"""Decides what to propose for a published case whose ticket changed; see `retriever.lifecycle.tickets`."""

VIA = "import"
"""How the audit log names whoever proposes a revision for a ticket."""

_LAST = """
    SELECT i.source_system, i.external_id, i.content_hash, i.stored_hash, i.changed_at
    FROM json_each(?) wanted CROSS JOIN imports i
        ON i.source_system = json_extract(wanted.value, '$[0]') AND i.external_id = json_extract(wanted.value, '$[1]')
"""
_OWNER = "SELECT coalesce(json_extract(document, '$.created_by'), '') FROM cases WHERE key = ?"
# The text last taken over: kept when it became a revision, else it is a version of the case.
_BEFORE = """
    SELECT document FROM imports WHERE source_system = :system AND external_id = :external AND document <> ''
    UNION ALL SELECT document FROM case_versions WHERE key = :key AND content_hash = :digest AND document <> ''
    UNION ALL SELECT document FROM cases WHERE key = :key AND content_hash = :digest
    LIMIT 1
"""


class Imports:
    """Writes cases that come from tickets; each method is one transaction."""

    def __init__(self, connections: Connections, masking: Masking) -> None:
        """Work on this library's connections; texts go in masked."""
        self._connections = connections
        self._masking = masking

    def write(
        self,
        cases: Iterable[MaskedCase],
        *,
        moments: Sequence[str] = (),
        owner: str = "",
        dry_run: bool = False,
        progress: Callable[[list[Upserted]], IngestProgress] | None = None,
        revise: Revise | None = None,
    ) -> list[Upserted]:
        """Write these cases, all or none; what became of each, in order. See `CaseTable.upsert`.

        Whoever reads the tickets masks them, knowing whom each speaks of. `moments` say when each was as it is (see
        `retriever.case.moments`), `owner` whose drafts new ones are. With `revise` a published case whose ticket
        changed gets a pending revision (`proposed`); a case that went another way here than its ticket is `kept`, with
        the reason.
        """
        arrived = _Arrived(list(cases), list(moments), owner)
        if dry_run:
            return self._connections.read(lambda db: _planned(db, arrived, revise)[1])
        with self._connections.writing() as db:
            todo, outcomes, plan = _planned(db, arrived, revise)
            plan.write(db)
            record_all(db, actor=OPERATOR, notes=audit_notes(todo.passed, plan.outcomes))
            transition = Transition(db, OPERATOR, utc_stamp(), VIA, masking=self._masking)
            for stored, row, text in todo.proposals:
                _propose(transition, stored, row, text)
            _remember(db, arrived, todo, outcomes)
            if progress is not None:
                save_progress(db, self._masking.progress(progress(outcomes)), utc_stamp())
        return outcomes


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A batch of tickets, when each was as it is, and whose drafts new ones become."""

    cases: list[MaskedCase]
    moments: list[str]
    owner: str

    def moment(self, place: int) -> str:
        """When the ticket at this place was as it is, empty when nobody said."""
        return self.moments[place] if place < len(self.moments) else ""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A batch of imported cases: those to be written, what is settled already, and what is to be proposed.

    `places` are those of `passed` in the batch; `settled`, `hashes` and `stored` (of tickets and their cases, which are
    remembered) go by place, too.
    """

    passed: list[MaskedCase] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    settled: dict[int, Upserted] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    stored: dict[int, str] = field(default_factory=dict)
    proposals: list[tuple[StoredCase, Review | None, Case]] = field(default_factory=list)

    def write(self, place: int, case: MaskedCase, *, digest: str, stored: str) -> None:
        """The case at this place is to be written; the hashes are of the ticket and of the case."""
        self.passed.append(case)
        self.places.append(place)
        self.hashes[place], self.stored[place] = digest, stored

    def merged(self, outcomes: Sequence[Upserted]) -> list[Upserted]:
        """What became of every case of the batch, in its order."""
        by_place = {**self.settled, **dict(zip(self.places, outcomes, strict=True))}
        return [by_place[place] for place in sorted(by_place)]


def _planned(db: Database, arrived: _Arrived, revise: Revise | None) -> tuple[ImportPlan, list[Upserted], UpsertPlan]:
    todo = _sorted_out(db, arrived, revise)
    plan = UpsertPlan(db, todo.passed, if_version=None, now=utc_stamp())
    return todo, todo.merged(plan.outcomes), plan


def _sorted_out(db: Database, arrived: _Arrived, revise: Revise | None) -> ImportPlan:
    """Which cases of an import are written, by the rules of `ticket_action`, and what becomes of the others."""
    batch = arrived.cases
    last = _last_taken(db, batch)
    held_by = {(held.source_system, held.external_id): held for held in held_by_source(db, batch)}
    linked = linked_ids(db, batch)
    todo = ImportPlan()
    for place, case in enumerate(batch):
        source, digest = (case.source.system, case.source.external_id), content_hash(case)
        if source not in held_by and source in linked:
            todo.settled[place] = _linked(db, linked[source])
            continue
        held, before, moment = held_by.get(source), last.get(source, NOTHING_TAKEN), arrived.moment(place)
        action, why = ticket_action(
            case, held, digest=digest, last=before, moment=moment, may_propose=revise is not None
        )
        # The same row again says nothing new, and an older one must not follow a newer one of the same file.
        moment = max(moment, before.moment)
        if action == "write":
            owned = _owned(db, case, held, arrived.owner)
            stored = digest if owned is case else content_hash(owned)
            todo.write(place, owned, digest=digest, stored=stored)
            last[source] = LastTaken("" if held is None else digest, stored, moment)
            if held is not None:
                held_by[source] = replace(held, content_hash=stored)
        elif action == "proposed" and held is not None and revise is not None:
            todo.settled[place] = _revised(db, todo, case, place=place, last=before, id=held.id, revise=revise)
            last[source] = LastTaken(digest, "", moment)
        else:
            todo.settled[place] = _left(case, held, action, why)
            last[source] = replace(before, moment=moment)
    return todo


def _linked(db: Database, id: str) -> Upserted:
    """What is said of a ticket that joined the case of another one."""
    stored = case_rows.stored_case(db.conn.execute(case_rows.STORED_BY_ID, (id,)).fetchone())
    why = f"the ticket is linked with case {id}, which came by another way"
    return Upserted(id, "unchanged", stored.key, stored.version, stored.revision, why)


def _last_taken(db: Database, batch: Sequence[Case]) -> dict[tuple[str, str], LastTaken]:
    """What was taken over from these tickets; before owners were noted a case had the hash of its ticket."""
    wanted = json.dumps([(case.source.system, case.source.external_id) for case in batch if case.source.external_id])
    return {
        (system, external): LastTaken(digest, stored or digest, moment)
        for system, external, digest, stored, moment in db.conn.execute(_LAST, (wanted,))
    }


def _owned(db: Database, case: MaskedCase, held: HeldCase | None, owner: str) -> MaskedCase:
    """The case with whoever it belongs to: to whom it did before, and a new draft to who brings it in."""
    if case.created_by or case.status is not Status.DRAFT:
        return case
    if held is not None:
        (owner,) = db.conn.execute(_OWNER, (held.key,)).fetchone()
    return replace(case, created_by=owner) if owner else case


def _left(case: Case, held: HeldCase | None, action: Action, why: str) -> Upserted:
    """What is said of a case that the import does not touch; without `held` it was deleted here."""
    if held is None:
        return Upserted(case.id, action, reason=why)
    return Upserted(held.id, action, held.key, held.version, held.revision, why)


def _revised(
    db: Database, todo: ImportPlan, case: MaskedCase, *, place: int, last: LastTaken, id: str, revise: Revise
) -> Upserted:  # fmt: skip
    """What becomes of a published case whose ticket changed; nothing is written yet."""
    stored = case_rows.stored_case(db.conn.execute(case_rows.STORED_BY_ID, (id,)).fetchone())
    row = review_rows.find(db, stored.key)
    row = row if row is not None and row.pending is not None else None
    system, external = case.source.system, case.source.external_id
    names = {"system": system, "external": external, "key": stored.key, "digest": last.stored}
    before = db.conn.execute(_BEFORE, names).fetchone()
    text = revise(stored, row, case, decode_case(before[0]) if before else None)
    if isinstance(text, str):
        return Upserted(id, "kept", stored.key, stored.version, stored.revision, text)
    todo.hashes[place] = content_hash(case)
    if text is None:
        return Upserted(id, "unchanged", stored.key, stored.version, stored.revision)
    todo.proposals.append((stored, row, text))
    return Upserted(id, "proposed", stored.key, stored.version, stored.revision)


def _propose(transition: Transition, stored: StoredCase, row: Review | None, text: Case) -> None:
    """Let the text wait beside the live case. It has no author: whoever submits it answers for it."""
    number = row.version + 1 if row else transition.next_number(stored.key)
    review = Review(stored.key, Status.DRAFT, number, pending=transition.masked(text), base_version=stored.version)
    transition.save_review(review)
    transition.note(stored, Step.WRITE, tag=review.tag)


def _remember(db: Database, arrived: _Arrived, todo: ImportPlan, outcomes: Sequence[Upserted]) -> None:
    """Note what was taken over; `outcomes` are those of the whole batch. A text that is no version is kept whole."""
    at = utc_stamp()
    taken = [
        (place, case)
        for place, case in enumerate(arrived.cases)
        if case.source.external_id and outcomes[place].action != "refused"
    ]
    db.conn.executemany(
        """INSERT INTO imports
               (source_system, external_id, content_hash, stored_hash, imported_at, document, changed_at)
           VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
               content_hash = excluded.content_hash, stored_hash = excluded.stored_hash,
               imported_at = excluded.imported_at, document = excluded.document,
               changed_at = max(changed_at, excluded.changed_at)""",
        [
            (case.source.system, case.source.external_id, todo.hashes[place], todo.stored.get(place, ""), at,
             encode_case(case).decode() if place in todo.settled else "", arrived.moment(place))
            for place, case in taken
            if place in todo.hashes
        ],
    )  # fmt: skip
    db.conn.executemany(
        """UPDATE imports SET changed_at = max(changed_at, ?) WHERE source_system = ? AND external_id = ?""",
        [
            (moment, case.source.system, case.source.external_id)
            for place, case in taken
            if place not in todo.hashes and outcomes[place].action == "unchanged" and (moment := arrived.moment(place))
        ],
    )
