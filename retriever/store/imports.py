"""What was last taken over from each ticket of a help desk, so that a second import neither repeats nor undoes work.

A case that came from a ticket goes on living here: it is edited, reviewed, published, or thrown away. The same ticket
again therefore changes nothing, whatever became of its case; a ticket that changed updates its case only while that is
the draft that the import made. Otherwise it is `kept`, and the report says why.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlite_utils import Database

from retriever.case_format import content_hash
from retriever.domain import OPERATOR, Actor, Case, Status
from retriever.masking import KnownEntities
from retriever.store import ingests as ingest_rows
from retriever.store.audit import record_all
from retriever.store.cases import Upserted, UpsertPlan
from retriever.store.deeds import deeds_of
from retriever.store.door import Door, MaskedCase
from retriever.store.ingests import IngestProgress
from retriever.store.sqlite import Connections

_LAST = """
    SELECT i.source_system, i.external_id, i.content_hash FROM json_each(?) wanted CROSS JOIN imports i
        ON i.source_system = json_extract(wanted.value, '$[0]') AND i.external_id = json_extract(wanted.value, '$[1]')
"""
_HELD = """
    SELECT c.source_system, c.external_id, c.id, c.key, c.version, c.revision, c.content_hash, c.status
    FROM json_each(?) wanted CROSS JOIN cases c
        ON c.source_system = json_extract(wanted.value, '$[0]') AND c.external_id = json_extract(wanted.value, '$[1]')
        AND c.external_id IS NOT NULL AND NOT c.deleted
"""


class Imports:
    """Writes cases that come from tickets; each method is one transaction."""

    def __init__(self, connections: Connections, door: Door) -> None:
        """Work on this library's connections; texts go in through its door."""
        self._connections = connections
        self._door = door

    def write(
        self,
        cases: Iterable[tuple[Case, KnownEntities]],
        *,
        dry_run: bool = False,
        progress: Callable[[list[Upserted]], IngestProgress] | None = None,
        actor: Actor = OPERATOR,
    ) -> list[Upserted]:
        """Write these cases, all or none; what became of each, in order. See `Store.upsert_cases`.

        Each comes with whom its ticket speaks of: they are masked with everything else.
        A case that went another way here than its ticket is `kept`, with the reason.
        """
        batch = [self._door.case(case, known) for case, known in cases]
        if dry_run:
            return self._connections.read(lambda db: _planned(db, batch)[1])
        with self._connections.writing() as db:
            sifted, outcomes, plan = _planned(db, batch)
            plan.write(db)
            record_all(db, actor=actor, deeds=deeds_of(sifted.passed, plan.outcomes))
            _remember(db, batch, sifted, outcomes, now())
            if progress is not None:
                ingest_rows.save(db, self._door.progress(progress(outcomes)), now())
        return outcomes


@dataclass(frozen=True, slots=True)
class Sifted:
    """A batch of imported cases: those to be written, and what is settled already, by place in the batch."""

    passed: list[MaskedCase]
    places: list[int]
    settled: dict[int, Upserted]
    hashes: dict[int, str]

    def merged(self, outcomes: Sequence[Upserted]) -> list[Upserted]:
        """What became of every case of the batch, in its order."""
        by_place = {**self.settled, **dict(zip(self.places, outcomes, strict=True))}
        return [by_place[place] for place in sorted(by_place)]


def _planned(db: Database, batch: Sequence[MaskedCase]) -> tuple[Sifted, list[Upserted], UpsertPlan]:
    sifted = _sift(db, batch)
    plan = UpsertPlan(db, sifted.passed, if_version=None, now=now())
    return sifted, sifted.merged(plan.outcomes), plan


def _sift(db: Database, batch: Sequence[MaskedCase]) -> Sifted:
    """Decide which cases of an import are written at all. A case without an external id always is."""
    wanted = json.dumps([(case.source.system, case.source.external_id) for case in batch if case.source.external_id])
    last = {(system, external): digest for system, external, digest in db.conn.execute(_LAST, (wanted,))}
    held = {(row[0], row[1]): row[2:] for row in db.conn.execute(_HELD, (wanted,))}
    sifted = Sifted([], [], {}, {})
    for place, case in enumerate(batch):
        source, digest = (case.source.system, case.source.external_id), content_hash(case)
        known = held.get(source)
        id, key, version, revision, stored, status = known or (case.id, 0, 0, 0, "", "")
        if case.source.external_id and last.get(source) == digest:
            sifted.settled[place] = Upserted(id, "unchanged", key, version, revision)
        elif known and case.status is Status.DRAFT and (why := _why_kept(status, stored, last.get(source, ""))):
            sifted.settled[place] = Upserted(id, "kept", key, version, revision, why)
        else:
            sifted.passed.append(case)
            sifted.places.append(place)
            sifted.hashes[place] = digest
    return sifted


def _remember(db: Database, batch: Sequence[MaskedCase], sifted: Sifted, outcomes: Sequence[Upserted], at: str) -> None:
    """Note what was taken over; `outcomes` are those of the whole batch."""
    db.conn.executemany(
        "INSERT OR REPLACE INTO imports (source_system, external_id, content_hash, imported_at) VALUES (?, ?, ?, ?)",
        [
            (batch[place].source.system, batch[place].source.external_id, digest, at)
            for place, digest in sifted.hashes.items()
            if batch[place].source.external_id and outcomes[place].action != "refused"
        ],
    )


def _why_kept(status: str, stored: str, last: str) -> str:
    """Why a changed ticket must not overwrite its case; empty when it may."""
    if status != Status.DRAFT:
        return f"the ticket changed, and its case is {status}: revise it, or ingest with --publish to overwrite it"
    if last and stored != last:
        return "the ticket changed, and its draft was edited here: compare them"
    return ""


def now() -> str:
    """The time as the database has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
