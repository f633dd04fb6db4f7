"""How often cases were used: counters that follow from the events, with those that were forgotten, and from merges.

A case counts what was done with it and with every case that is merged into it, now and later.
"""

from sqlite_utils import Database

from retriever.domain import Reuse

COUNTERS = ("shown", "opened", "copied", "linked", "solved")

# From a case up to all that it is merged into; an unknown key has no row.
_ADD = """
    WITH RECURSIVE up (key) AS (
        SELECT key FROM cases WHERE key = :key UNION SELECT m.into_key FROM up JOIN merges m ON m.duplicate = up.key
    )
    INSERT INTO reuse (key, shown, opened, copied, linked, solved, last_solved_at)
    SELECT key, max(0, :shown), max(0, :opened), max(0, :copied), max(0, :linked), max(0, :solved), :last_solved_at
    FROM up WHERE true
    ON CONFLICT (key) DO UPDATE SET
        shown = max(0, shown + :shown), opened = max(0, opened + :opened), copied = max(0, copied + :copied),
        linked = max(0, linked + :linked), solved = max(0, solved + :solved),
        last_solved_at = max(last_solved_at, :last_solved_at)
"""
_FORGET = """
    INSERT INTO forgotten_reuse (key, opened, copied, linked, solved, last_solved_at)
    SELECT key, sum(kind = 'opened'), sum(kind = 'copied'), sum(kind = 'linked'), sum(kind = 'solved'),
        max(CASE WHEN kind = 'solved' THEN at ELSE '' END)
    FROM events WHERE counts AND number IN (SELECT value FROM json_each(?)) GROUP BY key
    ON CONFLICT (key) DO UPDATE SET
        opened = opened + excluded.opened, copied = copied + excluded.copied, linked = linked + excluded.linked,
        solved = solved + excluded.solved, last_solved_at = max(last_solved_at, excluded.last_solved_at)
"""
# All but `shown`, which nobody but the server itself counts.
_DERIVED = """
    WITH RECURSIVE own (key, opened, copied, linked, solved, last_solved_at) AS (
        SELECT key, opened, copied, linked, solved, last_solved_at FROM forgotten_reuse
        UNION ALL
        SELECT key, sum(kind = 'opened'), sum(kind = 'copied'), sum(kind = 'linked'), sum(kind = 'solved'),
            max(CASE WHEN kind = 'solved' THEN at ELSE '' END)
        FROM events WHERE counts GROUP BY key
    ), family (top, key) AS (
        SELECT key, key FROM cases UNION SELECT f.top, m.duplicate FROM family f JOIN merges m ON m.into_key = f.key
    ), derived (key, opened, copied, linked, solved, last_solved_at) AS (
        SELECT f.top, sum(o.opened), sum(o.copied), sum(o.linked), sum(o.solved), max(o.last_solved_at)
        FROM family f JOIN own o ON o.key = f.key GROUP BY f.top
    )
    SELECT c.key, coalesce(d.opened, 0), coalesce(d.copied, 0), coalesce(d.linked, 0), coalesce(d.solved, 0),
        coalesce(d.last_solved_at, '')
    FROM cases c LEFT JOIN derived d ON d.key = c.key LEFT JOIN reuse r ON r.key = c.key
    WHERE (coalesce(d.opened, 0), coalesce(d.copied, 0), coalesce(d.linked, 0), coalesce(d.solved, 0),
            coalesce(d.last_solved_at, ''))
        <> (coalesce(r.opened, 0), coalesce(r.copied, 0), coalesce(r.linked, 0), coalesce(r.solved, 0),
            coalesce(r.last_solved_at, ''))
"""
_CORRECT = """
    INSERT INTO reuse (key, opened, copied, linked, solved, last_solved_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET opened = excluded.opened, copied = excluded.copied, linked = excluded.linked,
        solved = excluded.solved, last_solved_at = excluded.last_solved_at
"""
_REFRESH = """
    WITH RECURSIVE up (key) AS (
        SELECT ? UNION SELECT m.into_key FROM up JOIN merges m ON m.duplicate = up.key
    ), family (top, key) AS (
        SELECT key, key FROM up UNION SELECT f.top, m.duplicate FROM family f JOIN merges m ON m.into_key = f.key
    )
    UPDATE reuse SET last_solved_at = coalesce((
        SELECT max(at) FROM (
            SELECT e.at FROM family f JOIN events e ON e.key = f.key
            WHERE f.top = reuse.key AND e.kind = 'solved' AND e.counts
            UNION ALL
            SELECT g.last_solved_at FROM family f JOIN forgotten_reuse g ON g.key = f.key WHERE f.top = reuse.key
        )), '') WHERE key IN (SELECT key FROM up)
"""


def add_reuse(db: Database, key: int, counts: Reuse, *, sign: int = 1) -> None:
    """Add (1) or take away (-1) counts of a case, and of those it is merged into; none falls below 0."""
    named = {name: sign * getattr(counts, name) for name in COUNTERS}
    db.conn.execute(_ADD, named | {"key": key, "last_solved_at": counts.last_solved_at if sign > 0 else ""})


def keep_counts(db: Database, numbers: str) -> None:
    """Events with these numbers, a JSON list, are about to be forgotten: what they count stays."""
    db.conn.execute(_FORGET, (numbers,))


def recount(db: Database) -> int:
    """Derive all counters from the events again and correct those that differ; how many cases did."""
    wrong = db.conn.execute(_DERIVED).fetchall()
    db.conn.executemany(_CORRECT, wrong)
    return len(wrong)


def refresh_last_solved(db: Database, key: int) -> None:
    """An event of a case was taken back: when it and those it is merged into solved something last, is derived."""
    db.conn.execute(_REFRESH, (key,))
