"""Masks what is in the library already: cases stored before masking, without it, or under other rules.

Everything that can hold a text is looked at, old versions and pending revisions too, and changed in place: the raw text
must not live on as a version. A live case gets a new revision, so that every index follows, and keeps its
version, so that approvals hold. Batches are transactions that also say how far they came; masking a masked text changes
nothing, so a second run finds nothing.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from sqlite_utils import Database

from retriever.case.format import content_hash, decode_case, encode_case
from retriever.case.times import utc_stamp
from retriever.domain import OPERATOR, Actor, Case
from retriever.masking import MASKING_VERSION, KnownEntities, Spans, mask_case, mask_text
from retriever.masking.spans import NOBODY
from retriever.store.audit import AuditNote, record_all
from retriever.store.case_rows import last_revision
from retriever.store.sqlite import Connections

BATCH = 200
"""Rows per transaction: masking them is done before, so others wait for the writing alone."""

MaskingProgress: TypeAlias = Callable[[str, int, int], None]
"""Told (area, rows looked at, rows in all) after each batch."""
RuleCounts: TypeAlias = Iterable[str]


def quiet(_area: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Remasked:
    """What was found: rows changed by area, passages by rule; those of interrupted runs before this one included."""

    changed: Mapping[str, int] = field(default_factory=dict)
    by_rule: Mapping[str, int] = field(default_factory=dict)
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """A row whose text changes: where it is, what it held, what it holds now."""

    cursor: int | str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class _Area:
    """One table: its texts by a growing cursor, how one is masked, and how a changed one is written.

    The statement is given the new text, the cursor and the old text: what was written meanwhile went in masked.
    """

    name: str
    table: str
    cursor: str
    column: str
    masked: Callable[[str, KnownEntities], tuple[str, RuleCounts]]
    after: Callable[[Database, _Row], None] = lambda _db, _row: None
    start: int | str = 0


def remask(
    connections: Connections,
    *,
    dry_run: bool = False,
    restart: bool = False,
    actor: Actor = OPERATOR,
    progress: MaskingProgress = quiet,
    known: KnownEntities = NOBODY,
) -> Remasked:
    """Mask all that the library holds; goes on where an interrupted run of the same rules stopped, unless `restart`.

    `dry_run` only counts; `known` holds the names that the operator lists. At the end one entry goes into the audit
    log. Raises Locked, Unavailable.
    """
    state = _State() if dry_run or restart else _load(connections)
    resumed = bool(state.area)
    names = [area.name for area in AREAS]
    for area in AREAS[names.index(state.area) if resumed else 0 :]:
        cursor = state.cursor if area.name == state.area else area.start
        total = connections.rows(f"SELECT count(*) FROM {area.table}")[0][0]  # noqa: S608  names of this module
        done = 0
        state.changed[area.name] += 0
        while rows := connections.rows(_page(area), (cursor, BATCH)):
            cursor, done = rows[-1][0], done + len(rows)
            changes = _changes(area, rows, state, known)
            state = replace(state, area=area.name, cursor=cursor)
            if not dry_run:
                _write(connections, area, changes, state)
            progress(area.name, min(done, total), total)
    if not dry_run:
        _finish(connections, state, actor)
    return Remasked(dict(state.changed), dict(state.by_rule.most_common()), resumed)


@dataclass(frozen=True, slots=True)
class _State:
    """How far a run came, and what it found so far."""

    area: str = ""
    cursor: int | str = 0
    changed: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)


def _page(area: _Area) -> str:
    return f"""
        SELECT {area.cursor}, {area.column} FROM {area.table}
        WHERE {area.cursor} > ? AND {area.column} <> '' ORDER BY {area.cursor} LIMIT ?
    """  # noqa: S608  names of this module


def _changes(area: _Area, rows: list[Any], state: _State, known: KnownEntities) -> list[_Row]:
    """Rows whose text changes; they are counted in the state."""
    changes: list[_Row] = []
    for cursor, text in rows:
        masked, rules = area.masked(text, known)
        if masked != text:
            changes.append(_Row(cursor, text, masked))
            state.by_rule.update(rules)
    state.changed[area.name] += len(changes)
    return changes


def _write(connections: Connections, area: _Area, changes: list[_Row], state: _State) -> None:
    update = f"UPDATE {area.table} SET {area.column} = ? WHERE {area.cursor} = ? AND {area.column} = ?"  # noqa: S608
    with connections.writing() as db:
        for row in changes:
            if db.conn.execute(update, (row.new, row.cursor, row.old)).rowcount:
                area.after(db, row)
        _save(db, state)


def _finish(connections: Connections, state: _State, actor: Actor) -> None:
    changed = {f"{name} changed": number for name, number in state.changed.items() if number}
    rules = {f"rule {name}": number for name, number in state.by_rule.items()}
    note = AuditNote("library.mask", "library", details={"masking_version": MASKING_VERSION, **changed, **rules})
    with connections.writing() as db:
        record_all(db, actor=actor, notes=(note,))
        db.conn.execute("DELETE FROM remasking")


def _load(connections: Connections) -> _State:
    rows = connections.rows("SELECT state FROM remasking WHERE masking_version = ?", (MASKING_VERSION,))
    if not rows:
        return _State()
    area, cursor, changed, by_rule = json.loads(rows[0][0])
    return _State(area, cursor, Counter(changed), Counter(by_rule))


def _save(db: Database, state: _State) -> None:
    at = utc_stamp()
    text = json.dumps([state.area, state.cursor, state.changed, state.by_rule])
    db.conn.execute("INSERT OR REPLACE INTO remasking VALUES (1, ?, ?, ?)", (MASKING_VERSION, at, text))


def _masked_document(text: str, known: KnownEntities) -> tuple[str, RuleCounts]:
    case, spans = mask_case(decode_case(text), known)
    return (encode_case(case).decode(), _rules(spans)) if spans else (text, ())


def _masked_text(text: str, known: KnownEntities) -> tuple[str, RuleCounts]:
    masked = mask_text(text, known)
    return masked.text, [span.rule for span in masked.spans]


def _masked_answers(text: str, known: KnownEntities) -> tuple[str, RuleCounts]:
    answers, rules = json.loads(text), list[str]()
    for name, value in answers.items():
        if isinstance(value, str):
            answers[name], found = _masked_text(value, known)
            rules += found
    return (json.dumps(answers), rules) if rules else (text, ())


def _rules(spans: Spans) -> list[str]:
    return [span.rule for found in spans.values() for span in found]


def _after_case(db: Database, row: _Row) -> None:
    """What is derived from a live case, and the revision that indexes follow."""
    case = decode_case(row.new)
    db.conn.execute(
        "UPDATE cases SET content_hash = ?, product = ?, revision = ? WHERE key = ?",
        (content_hash(case), case.product, last_revision(db) + 1, row.cursor),
    )
    _after_import(db, row, case)


def _after_version(db: Database, row: _Row) -> None:
    case = decode_case(row.new)
    db.conn.execute("UPDATE case_versions SET content_hash = ? WHERE rowid = ?", (content_hash(case), row.cursor))
    _after_import(db, row, case)


def _after_import(db: Database, row: _Row, case: Case | None = None) -> None:
    """A ticket that was taken over with the old text was taken over with the new one: it has not changed."""
    case, old = case or decode_case(row.new), decode_case(row.old)
    source = (case.source.system, case.source.external_id)
    ticket = "UPDATE imports SET content_hash = ? WHERE source_system = ? AND external_id = ? AND content_hash = ?"
    stored = "UPDATE imports SET stored_hash = ? WHERE source_system = ? AND external_id = ? AND stored_hash = ?"
    # The case names its owner, the ticket does not.
    for sql, new, before in (
        (ticket, case, old),
        (ticket, replace(case, created_by=""), replace(old, created_by="")),
        (stored, case, old),
    ):
        db.conn.execute(sql, (content_hash(new), *source, content_hash(before)))


AREAS: tuple[_Area, ...] = (
    _Area("cases", "cases", "key", "document", _masked_document, _after_case),
    _Area("versions", "case_versions", "rowid", "document", _masked_document, _after_version),
    _Area("revisions", "reviews", "key", "document", _masked_document),
    _Area("notes", "review_steps", "number", "note", _masked_text),
    _Area("answers", "review_steps", "number", "answers", _masked_answers),
    _Area(
        "imports", "imports", "source_system || char(31) || external_id", "document", _masked_document, _after_import,
        start="",
    ),
    _Area("deliveries", "deliveries", "number", "document", _masked_document),
    _Area("questions", "queries", "number", "text", _masked_text),
    _Area("files", "ingests", "rowid", "name", _masked_text),
)  # fmt: skip
"""All that holds texts. Accounts of people, keys and the audit log are names that the library works with: they stay."""
