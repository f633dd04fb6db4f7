"""Brings a file to the schema of this program, and refuses one that it does not know."""

from sqlite_utils import Database, Migrations

from retriever.errors import StoreDamaged, Unavailable
from retriever.store.sqlite import Connections

APPLICATION_ID = 0x53434C42
"""Written into the file ("SCLB"), so that a foreign SQLite database is never taken for a library."""


def schema_version(migrations: Migrations) -> int:
    """The schema version that this program writes: the number of its steps."""
    return len(migrations.pending(Database(memory=True)))


def migrate(connections: Connections, migrations: Migrations) -> None:
    """Bring the file to this program's schema, in one transaction.

    Raises StoreDamaged when a newer program wrote it or it is no library at all, Unavailable when it is older and
    opened for reading only.
    """
    ours = schema_version(migrations)
    stored = _stored_version(connections)
    if stored == ours:
        return
    if stored > ours:
        raise StoreDamaged(
            f"{connections.path} has schema {stored}, written by a newer program; this one knows schema {ours}. "
            "Update the program."
        )
    if connections.read_only:
        raise Unavailable(f"{connections.path.name} has an older schema; open it once with a command that writes.")
    with connections.writing() as db:
        # Again under the lock: another process may have migrated meanwhile.
        if _stored_version(connections) == ours:
            return
        migrations.apply(db)
        db.conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.conn.execute(f"PRAGMA user_version={ours:d}")


def _stored_version(connections: Connections) -> int:
    ((version,),) = connections.rows("PRAGMA user_version")
    ((application,),) = connections.rows("PRAGMA application_id")
    ((tables,),) = connections.rows("SELECT count(*) FROM sqlite_master")
    if tables and application != APPLICATION_ID:
        raise StoreDamaged(f"{connections.path} is an SQLite database, but no case library; choose another place.")
    return int(version)
