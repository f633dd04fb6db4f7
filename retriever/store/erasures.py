"""Erasing a case: its words leave every table in one transaction, and its id and sources stay out until let in again.

What lies outside of the database (cached vectors, snapshots) is done after that, by `retriever.operations.erase`; until
it is, the erasure is `begun` and remembers which vectors are meant. A row holds no text.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from retriever.case.format import decode_case
from retriever.case.times import utc_stamp
from retriever.domain import OPERATOR, Actor, Case
from retriever.errors import CaseNotFound, Conflict
from retriever.store.audit import record
from retriever.store.case_rows import last_revision
from retriever.store.masking import Masking
from retriever.store.sqlite import Connections, fold_log

Source = tuple[str, str]
NamesOfText = Callable[[Case], Iterable[str]]
"""The names under which vectors of a case's text may be cached."""

_TEXTS = ("title", "problem", "summary", "environment", "diagnosis", "solution", "workaround", "prevention", "lessons")
_SHORTEST_PASSAGE = 24  # characters that tell one text from another
_MOST_PASSAGES = 500
_REASON = 200  # characters: what the audit log takes


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is known of an erased case: no text. Its words first came in at `created_at`; `at` is when it was erased.

    `vectors` are the names of cached vectors that must go, while it is not `finished`.
    """

    case_id: str
    at: str
    created_at: str
    revision: int
    finished: bool
    vectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErasedRows:
    """How many rows of each kind lost their text."""

    erasure: Erasure
    rows: Mapping[str, int]


class Erasures:
    """Which cases were erased; every method is one transaction."""

    def __init__(self, connections: Connections, masking: Masking) -> None:
        """Work on this library's connections; reasons go in masked."""
        self._connections = connections
        self._masking = masking

    def begin(
        self, id: str, reason: str, *, names_of_text: NamesOfText, actor: Actor = OPERATOR, dry_run: bool = False
    ) -> ErasedRows:
        """Take every word of a case out of the database, a deleted one's too, and note that without any text.

        Raises CaseNotFound, and Conflict for a case that was erased already.
        """
        if dry_run:
            return self._connections.read(lambda db: _found(db, id, names_of_text)[0])
        with self._connections.writing() as db:
            told, names = _found(db, id, names_of_text)
            for statement in _STATEMENTS:
                db.conn.execute(statement, names)
            details: dict[str, str | int] = {"revision": told.erasure.revision, **told.rows}
            details["reason"] = self._masking.text(reason)[:_REASON]
            record(db, actor=actor, action="case.erase", subject=id, details=details)
        return told

    def unfinished(self) -> list[Erasure]:
        """Those of which vectors or snapshots may still hold something."""
        return [_erasure(row) for row in self._connections.rows(f"{_SELECT} WHERE NOT finished ORDER BY at")]

    def all(self) -> list[Erasure]:
        """All that hold, the last one first."""
        return [_erasure(row) for row in self._connections.rows(f"{_SELECT} ORDER BY at DESC, case_id")]

    def carry_over(self, before: "Erasures") -> list[str]:
        """Keep out what another library kept out, which this one takes the place of; ids of cases that are here.

        Those are still to be erased here: a backup knows nothing of what was erased after it.
        """
        rows = before._connections.rows(f"{_SELECT}")
        sources = before._connections.rows("SELECT source_system, external_id, case_id FROM erased_sources")
        with self._connections.writing() as db:
            here = [row for row in rows if db.conn.execute("SELECT 1 FROM cases WHERE id = ?", (row[0],)).fetchone()]
            absent = [row for row in rows if row not in here]
            db.conn.executemany(
                "INSERT OR IGNORE INTO erasures VALUES (?, ?, ?, ?, 1, '[]')", [row[:4] for row in absent]
            )
            db.conn.executemany("INSERT OR IGNORE INTO erased_sources VALUES (?, ?, ?)", sources)
        return [row[0] for row in here]

    def finish(self, id: str) -> None:
        """Nothing of it is left in caches and snapshots; the log of the database is folded in, too."""
        with self._connections.writing() as db:
            db.conn.execute("UPDATE erasures SET finished = 1, vectors = '[]' WHERE case_id = ?", (id,))
        fold_log(self._connections)

    def lift(self, id: str, reason: str, *, actor: Actor = OPERATOR) -> None:
        """Let the id and the sources of an erased case in again; its text does not come back. Raises CaseNotFound."""
        with self._connections.writing() as db:
            if not db.conn.execute("DELETE FROM erasures WHERE case_id = ? AND finished", (id,)).rowcount:
                raise CaseNotFound(f"no erasure of case {id} is finished; `similar-cases case erased` lists them.")
            db.conn.execute("DELETE FROM erased_sources WHERE case_id = ?", (id,))
            why = self._masking.text(reason)[:_REASON]
            record(db, actor=actor, action="erasure.lift", subject=id, details={"reason": why})


def erased_among(db: Database, cases: Iterable[Case]) -> dict[str | Source, str]:
    """Ids and sources of these cases that were erased, with the day on which."""
    batch = list(cases)
    ids = json.dumps([case.id for case in batch])
    sources = json.dumps([(case.source.system, case.source.external_id) for case in batch if case.source.external_id])
    found: dict[str | Source, str] = dict(db.conn.execute(_AMONG_IDS, (ids,)).fetchall())
    for system, external, at in db.conn.execute(_AMONG_SOURCES, (sources,)):
        found[system, external] = at
    return {name: at[:10] for name, at in found.items()}


def why_erased(erased: Mapping[str | Source, str], case: Case) -> str:
    """Why a case may not come in again; empty when it may."""
    day = erased.get(case.id) or erased.get((case.source.system, case.source.external_id))
    if not day:
        return ""
    return f"it was erased on {day}; `similar-cases case erase --lift` on its id lets it in again"


_SELECT = "SELECT case_id, at, created_at, revision, finished, vectors FROM erasures"
_AMONG_IDS = "SELECT e.case_id, e.at FROM json_each(?) w CROSS JOIN erasures e ON e.case_id = w.value"
_AMONG_SOURCES = """
    SELECT s.source_system, s.external_id, e.at FROM json_each(?) w
    CROSS JOIN erased_sources s ON s.source_system = json_extract(w.value, '$[0]')
        AND s.external_id = json_extract(w.value, '$[1]')
    JOIN erasures e ON e.case_id = s.case_id
"""
_DOCUMENTS = """
    WITH meant AS (SELECT key, document FROM cases WHERE id = :id)
    SELECT document FROM meant WHERE document <> ''
    UNION ALL SELECT v.document FROM case_versions v JOIN meant ON v.key = meant.key
    UNION ALL SELECT r.document FROM reviews r JOIN meant ON r.key = meant.key WHERE r.document <> ''
"""
# A case that was brought back is as new: its versions, and the tickets it came from, know how long its words are here.
_FIRST_HERE = """
    SELECT min(at) FROM (
        SELECT created_at AS at FROM cases WHERE key = :key
        UNION ALL SELECT updated_at FROM case_versions WHERE key = :key
        UNION ALL SELECT received_at FROM deliveries WHERE number IN (SELECT value FROM json_each(:deliveries)))
"""
_COUNTS: Mapping[str, str] = {
    "versions": "SELECT count(*) FROM case_versions WHERE key = :key",
    "revisions": "SELECT count(*) FROM reviews WHERE key = :key AND document <> ''",
    "steps": "SELECT count(*) FROM review_steps WHERE key = :key",
    "imports": """SELECT count(*) FROM json_each(:sources) w CROSS JOIN imports i
        ON i.source_system = json_extract(w.value, '$[0]') AND i.external_id = json_extract(w.value, '$[1]')""",
    "events": "SELECT count(*) FROM events WHERE key = :key",
}
# A delivery holds a draft of the ticket; a question, words of the case that it was shown or that it quotes.
_DELIVERIES = """
    SELECT number FROM deliveries WHERE document <> '' AND (json_extract(document, '$.id') = :id OR
        (json_extract(document, '$.source.system'), json_extract(document, '$.source.external_id')) IN
        (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:sources)))
"""
_QUESTIONS = """
    SELECT number FROM queries WHERE text <> ''
        AND (EXISTS (SELECT 1 FROM json_each(matches) m WHERE json_extract(m.value, '$[0]') = :key)
             OR EXISTS (SELECT 1 FROM json_each(:passages) p WHERE instr(text, p.value) > 0))
"""
_STATEMENTS = (
    """UPDATE cases SET deleted = 1, revision = :revision, updated_at = :at, content_hash = '', document = '',
           language = '', product = '', external_id = NULL, review_due_on = '', valid_until = '' WHERE key = :key""",
    # After the tombstone, since a trigger keeps what it replaces.
    "DELETE FROM case_versions WHERE key = :key",
    "DELETE FROM reviews WHERE key = :key",
    "DELETE FROM review_steps WHERE key = :key",
    "DELETE FROM merges WHERE duplicate = :key",
    "DELETE FROM case_links WHERE key = :key",
    "DELETE FROM events WHERE key = :key",
    "DELETE FROM reports WHERE key = :key",
    "DELETE FROM reuse WHERE key = :key",
    "DELETE FROM forgotten_reuse WHERE key = :key",
    """UPDATE imports SET document = '', content_hash = '', stored_hash = '' WHERE (source_system, external_id) IN
           (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:sources))""",
    """UPDATE deliveries SET document = '', outcome = 'erased', state = 'skipped'
           WHERE number IN (SELECT value FROM json_each(:deliveries))""",
    "UPDATE queries SET text = '' WHERE number IN (SELECT value FROM json_each(:questions))",
    "INSERT INTO erasures VALUES (:id, :at, :created_at, :revision, 0, :vectors)",
    """INSERT OR REPLACE INTO erased_sources
           SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), :id FROM json_each(:sources)""",
)


def _documents(db: Database, id: str) -> list[Case]:
    """Every text the library has of a case."""
    return [decode_case(document) for (document,) in db.conn.execute(_DOCUMENTS, {"id": id})]


def _found(db: Database, id: str, names_of_text: NamesOfText) -> tuple[ErasedRows, dict[str, Any]]:
    """What is to be erased, counted, and what the statements are given."""
    row = db.conn.execute("SELECT key, deleted FROM cases WHERE id = ?", (id,)).fetchone()
    if db.conn.execute("SELECT 1 FROM erasures WHERE case_id = ?", (id,)).fetchone():
        raise Conflict(f"case {id} was erased already; `similar-cases case erased` says when.")
    if row is None:
        raise CaseNotFound(f"there is no case {id}.")
    key, deleted = row
    documents = _documents(db, id)
    vectors = tuple(sorted({name for case in documents for name in names_of_text(case)}))
    names = _names(db, id, key, documents)
    (created_at,) = db.conn.execute(_FIRST_HERE, names).fetchone()
    erasure = Erasure(id, utc_stamp(), created_at, last_revision(db) + 1, False, vectors)
    names |= {"at": erasure.at, "created_at": created_at, "revision": erasure.revision}
    names["vectors"] = json.dumps(vectors)
    counts = {kind: int(db.conn.execute(sql, names).fetchone()[0]) for kind, sql in _COUNTS.items()}
    counts["versions"] += not deleted
    counts |= {kind: len(json.loads(names[kind])) for kind in ("deliveries", "questions")}
    return ErasedRows(erasure, {kind: count for kind, count in counts.items() if count}), names


def _names(db: Database, id: str, key: int, documents: list[Case]) -> dict[str, Any]:
    """What tells the rows that hold words of a case."""
    sources = {(case.source.system, case.source.external_id) for case in documents if case.source.external_id}
    # A ticket that was linked to the case tells of the same and stays out with it.
    sources |= set(db.conn.execute("SELECT source_system, external_id FROM case_links WHERE key = ?", (key,)))
    names: dict[str, Any] = {
        "id": id,
        "key": key,
        "sources": json.dumps(sorted(sources)),
        "passages": json.dumps(list(dict.fromkeys(_passages(documents)))[:_MOST_PASSAGES]),
    }
    for kind, sql in (("deliveries", _DELIVERIES), ("questions", _QUESTIONS)):
        names[kind] = json.dumps([number for (number,) in db.conn.execute(sql, names)])
    return names


def _passages(documents: Iterable[Case]) -> Iterator[str]:
    """Lines of the texts that are long enough to be nobody else's; of a longer one its beginning."""
    for case in documents:
        for text in (*(getattr(case, name) for name in _TEXTS), *case.steps, case.outcome.summary):
            for line in text.split("\n"):
                if len(line.strip()) >= _SHORTEST_PASSAGE:
                    yield line.strip()[: 2 * _SHORTEST_PASSAGE]


def _erasure(row: tuple[Any, ...]) -> Erasure:
    case_id, at, created_at, revision, finished, vectors = row
    return Erasure(case_id, at, created_at, revision, bool(finished), tuple(json.loads(vectors)))
