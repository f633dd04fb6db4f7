"""Tickets of other systems that tell of the same case: a case has one source, and may be linked with more.

A linked ticket that comes in makes no second case; see `retriever.store.imports`.
"""

import json
from collections.abc import Iterable, Mapping

from sqlite_utils import Database

from retriever.domain import Case, Source

Link = tuple[str, str]
"""System and number of a ticket."""

_AMONG = """
    SELECT l.source_system, l.external_id, c.id FROM json_each(?) wanted CROSS JOIN case_links l
        ON l.source_system = json_extract(wanted.value, '$[0]') AND l.external_id = json_extract(wanted.value, '$[1]')
    JOIN cases c ON c.key = l.key AND NOT c.deleted
"""
_HOLDERS = """
    SELECT key FROM cases WHERE source_system = :system AND external_id = :external AND NOT deleted
    UNION SELECT l.key FROM case_links l JOIN cases c ON c.key = l.key AND NOT c.deleted
    WHERE l.source_system = :system AND l.external_id = :external
"""


def linked_ids(db: Database, cases: Iterable[Case]) -> Mapping[Link, str]:
    """The ids of the cases that the sources of these are linked with."""
    sources = [(case.source.system, case.source.external_id) for case in cases if case.source.external_id]
    return {(system, external): id for system, external, id in db.conn.execute(_AMONG, (json.dumps(sources),))}


def links_of(db: Database, key: int) -> list[Source]:
    """The tickets that are linked with a case, by system and number."""
    sql = "SELECT source_system, external_id FROM case_links WHERE key = ? ORDER BY source_system, external_id"
    return [Source(*row) for row in db.conn.execute(sql, (key,))]


def holders_of(db: Database, source: Source) -> set[int]:
    """The keys of the cases that came from this ticket or are linked with it."""
    names = {"system": source.system, "external": source.external_id}
    return {key for (key,) in db.conn.execute(_HOLDERS, names)}


def add_link(db: Database, key: int, source: Source, now: str) -> None:
    """Link a case with a ticket; a link of a case that is gone gives way."""
    db.conn.execute(
        "INSERT OR REPLACE INTO case_links VALUES (?, ?, ?, ?)", (source.system, source.external_id, key, now)
    )


def drop_link(db: Database, key: int, source: Source) -> bool:
    """Take a link away; was there one?"""
    sql = "DELETE FROM case_links WHERE key = ? AND source_system = ? AND external_id = ?"
    return bool(db.conn.execute(sql, (key, source.system, source.external_id)).rowcount)
