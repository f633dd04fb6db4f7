"""What readers report of a case: that it is wrong, or outdated. A report is of one version; a newer one answers it."""

from sqlite_utils import Database

OPEN_REPORTS = """
    (SELECT count(*) FROM reports p
     WHERE p.key = c.key AND p.version = c.version AND p.kind = 'wrong' AND NOT p.settled),
    (SELECT count(*) FROM reports p
     WHERE p.key = c.key AND p.version = c.version AND p.kind = 'outdated' AND NOT p.settled)"""
"""How many people say so of the version of the case `c` that is there now: two columns of a SELECT."""


def report(db: Database, key: int, version: int, kind: str, *, actor: str, at: str) -> bool:
    """Note a report; False when the same person reported the same of this version already."""
    done = db.conn.execute(
        """INSERT INTO reports (key, version, kind, actor, at, settled) VALUES (?, ?, ?, ?, ?, 0)
           ON CONFLICT (key, version, kind, actor) DO UPDATE SET at = excluded.at, settled = 0 WHERE settled""",
        (key, version, kind, actor, at),
    )
    return done.rowcount > 0


def take_back(db: Database, key: int, version: int, kind: str, *, actor: str) -> bool:
    """Drop a report that is open; False when there is none."""
    done = db.conn.execute(
        "DELETE FROM reports WHERE key = ? AND version = ? AND kind = ? AND actor = ? AND NOT settled",
        (key, version, kind, actor),
    )
    return done.rowcount > 0


def settle(db: Database, key: int) -> None:
    """Somebody has looked at the case and says that it holds: what was reported is answered."""
    db.conn.execute("UPDATE reports SET settled = 1 WHERE key = ?", (key,))
