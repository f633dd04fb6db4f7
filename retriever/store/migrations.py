"""The schema, one step per change of it. A step that was released is never edited; a new one is added below it."""

from sqlite_utils import Database, Migrations

LIBRARY = Migrations("library")


@LIBRARY(name="0001_cases")
def cases(db: Database) -> None:
    """Cases, their older versions, the counters of their use.

    `cases.revision` is the change log: a case holds the revision of its last change and a deleted one stays as a
    tombstone, so `revision > n` gives what changed after n, once per case, without a log that grows for ever.
    A tombstone has an empty document; what it held is its last version.
    """
    db.executescript("""
        CREATE TABLE cases (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            source_system TEXT NOT NULL,
            external_id TEXT,
            status TEXT NOT NULL,
            language TEXT NOT NULL,
            product TEXT NOT NULL,
            version INTEGER NOT NULL,
            revision INTEGER NOT NULL UNIQUE,
            deleted INTEGER NOT NULL DEFAULT 0,
            content_hash TEXT NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            document TEXT NOT NULL
        );
        CREATE UNIQUE INDEX cases_by_source ON cases (source_system, external_id)
            WHERE external_id IS NOT NULL AND NOT deleted;
        CREATE INDEX cases_by_update ON cases (updated_at, key) WHERE NOT deleted;
        CREATE INDEX cases_by_status ON cases (status) WHERE NOT deleted;
        CREATE TABLE case_versions (
            key INTEGER NOT NULL REFERENCES cases (key),
            version INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            content_hash TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (key, version)
        );
        CREATE TRIGGER keep_old_version BEFORE UPDATE ON cases
            WHEN NOT OLD.deleted AND (OLD.version <> NEW.version OR NEW.deleted) BEGIN
            INSERT INTO case_versions VALUES
                (OLD.key, OLD.version, OLD.revision, OLD.content_hash, OLD.updated_at, OLD.document);
        END;
        CREATE TABLE reuse (
            key INTEGER PRIMARY KEY REFERENCES cases (key),
            shown INTEGER NOT NULL DEFAULT 0,
            opened INTEGER NOT NULL DEFAULT 0,
            copied INTEGER NOT NULL DEFAULT 0,
            linked INTEGER NOT NULL DEFAULT 0,
            solved INTEGER NOT NULL DEFAULT 0,
            last_solved_at TEXT NOT NULL DEFAULT ''
        );
    """)


@LIBRARY(name="0002_events")
def events(db: Database) -> None:
    """Questions asked with what was shown, and what people did with it."""
    db.executescript("""
        CREATE TABLE queries (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            query_id TEXT NOT NULL UNIQUE,
            at TEXT NOT NULL,
            text TEXT NOT NULL,
            language TEXT NOT NULL,
            abstained INTEGER NOT NULL,
            snapshot TEXT NOT NULL,
            matches TEXT NOT NULL
        );
        CREATE INDEX queries_by_time ON queries (at);
        CREATE TABLE events (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            kind TEXT NOT NULL,
            key INTEGER NOT NULL REFERENCES cases (key),
            query_id TEXT NOT NULL,
            actor TEXT NOT NULL
        );
        CREATE INDEX events_by_case ON events (key);
        CREATE UNIQUE INDEX events_once ON events (query_id, key, kind, actor) WHERE query_id <> '';
    """)


@LIBRARY(name="0003_ingests")
def ingests(db: Database) -> None:
    """How far each file was read in, so that an interrupted ingest goes on where it stopped."""
    db.executescript("""
        CREATE TABLE ingests (
            sha256 TEXT NOT NULL,
            mapping TEXT NOT NULL,
            name TEXT NOT NULL,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            line INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            finished INTEGER NOT NULL,
            counts TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            PRIMARY KEY (sha256, mapping)
        );
    """)


@LIBRARY(name="0004_audit")
def audit(db: Database) -> None:
    """The audit log; see `audit_chain` for what seal and link are. Triggers keep honest programs from changing it."""
    db.executescript("""
        CREATE TABLE audit (
            position INTEGER PRIMARY KEY,
            subject TEXT NOT NULL,
            entry TEXT NOT NULL,
            seal BLOB NOT NULL,
            link BLOB NOT NULL
        );
        CREATE INDEX audit_by_subject ON audit (subject);
        CREATE TABLE audit_head (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            count INTEGER NOT NULL,
            link BLOB NOT NULL,
            seal BLOB NOT NULL
        );
        INSERT INTO audit_head VALUES (1, 0, zeroblob(32), zeroblob(32));
        CREATE TRIGGER audit_keeps_text BEFORE UPDATE ON audit BEGIN
            SELECT RAISE(ABORT, 'the audit log is append-only');
        END;
        CREATE TRIGGER audit_keeps_entries BEFORE DELETE ON audit BEGIN
            SELECT RAISE(ABORT, 'the audit log is append-only');
        END;
    """)


@LIBRARY(name="0005_reviews")
def reviews(db: Database) -> None:
    """What waits for review, every step of a case's life, merged duplicates, and the dates that make cases age.

    `reviews.document` is the pending text of a case that is live; empty for a case that is itself under review.
    """
    db.executescript("""
        ALTER TABLE cases ADD COLUMN review_due_on TEXT NOT NULL DEFAULT '';
        ALTER TABLE cases ADD COLUMN valid_until TEXT NOT NULL DEFAULT '';
        UPDATE cases SET review_due_on = coalesce(json_extract(document, '$.review_due_on'), ''),
            valid_until = coalesce(json_extract(document, '$.valid_until'), '') WHERE NOT deleted;
        CREATE INDEX cases_by_review_due ON cases (review_due_on, key)
            WHERE status = 'published' AND NOT deleted AND review_due_on <> '';
        CREATE INDEX cases_by_valid_until ON cases (valid_until, key)
            WHERE status = 'published' AND NOT deleted AND valid_until <> '';
        CREATE TABLE reviews (
            key INTEGER PRIMARY KEY REFERENCES cases (key),
            document TEXT NOT NULL,
            state TEXT NOT NULL,
            version INTEGER NOT NULL,
            base_version INTEGER NOT NULL,
            authors TEXT NOT NULL,
            submitted_by TEXT NOT NULL,
            team TEXT,
            submitted_at TEXT NOT NULL,
            first_by TEXT NOT NULL,
            updated_at TEXT NOT NULL
        );
        CREATE TABLE review_steps (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            key INTEGER NOT NULL REFERENCES cases (key),
            at TEXT NOT NULL,
            step TEXT NOT NULL,
            actor TEXT NOT NULL,
            role TEXT NOT NULL,
            version TEXT NOT NULL,
            answers TEXT NOT NULL,
            note TEXT NOT NULL
        );
        CREATE INDEX review_steps_by_case ON review_steps (key);
        CREATE TABLE merges (
            duplicate INTEGER PRIMARY KEY REFERENCES cases (key),
            into_key INTEGER NOT NULL REFERENCES cases (key),
            status TEXT NOT NULL,
            superseded_by TEXT NOT NULL,
            counts TEXT NOT NULL
        );
        CREATE TABLE reminders (day TEXT PRIMARY KEY);
    """)


@LIBRARY(name="0006_keys")
def keys(db: Database) -> None:
    """API keys; `digest` is all that is kept of a secret. Rows are never deleted: a key that was is not unknown."""
    db.executescript("""
        CREATE TABLE api_keys (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            client TEXT NOT NULL,
            role INTEGER NOT NULL,
            team TEXT NOT NULL,
            audience TEXT NOT NULL,
            digest BLOB NOT NULL,
            rate_limit INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            created_by TEXT NOT NULL,
            expires_at TEXT NOT NULL,
            revoked_at TEXT NOT NULL,
            last_used_at TEXT NOT NULL
        );
        CREATE INDEX api_keys_by_client ON api_keys (client);
    """)


@LIBRARY(name="0007_imports")
def imports(db: Database) -> None:
    """The content that was last taken over from each ticket; outlives the case, so that a deleted one stays deleted."""
    db.executescript("""
        CREATE TABLE imports (
            source_system TEXT NOT NULL,
            external_id TEXT NOT NULL,
            content_hash TEXT NOT NULL,
            imported_at TEXT NOT NULL,
            PRIMARY KEY (source_system, external_id)
        ) WITHOUT ROWID;
    """)


@LIBRARY(name="0008_deliveries")
def deliveries(db: Database) -> None:
    """What help desks sent by webhook; the masked draft only while it waits."""
    db.executescript("""
        CREATE TABLE deliveries (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL,
            delivery_id TEXT NOT NULL,
            body_sha256 TEXT NOT NULL,
            received_at TEXT NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            outcome TEXT NOT NULL,
            document TEXT NOT NULL,
            UNIQUE (source, delivery_id),
            UNIQUE (source, body_sha256)
        );
        CREATE INDEX deliveries_that_wait ON deliveries (number) WHERE state = 'queued';
    """)


@LIBRARY(name="0009_imported_texts")
def imported_texts(db: Database) -> None:
    """The masked text last taken over from a ticket, where it became a revision and so is no version of the case."""
    db.executescript("ALTER TABLE imports ADD COLUMN document TEXT NOT NULL DEFAULT ''")


@LIBRARY(name="0010_events_by_time")
def events_by_time(db: Database) -> None:
    """Events are forgotten by their age."""
    db.executescript("CREATE INDEX events_by_time ON events (at)")


@LIBRARY(name="0011_remasking")
def remasking(db: Database) -> None:
    """How far masking what is stored already came; one row while a run is not finished."""
    db.executescript("""
        CREATE TABLE remasking (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            masking_version INTEGER NOT NULL,
            at TEXT NOT NULL,
            state TEXT NOT NULL
        );
    """)


@LIBRARY(name="0012_ticket_moments")
def ticket_moments(db: Database) -> None:
    """When a ticket was in the state that was taken over or waits, so that an older one never comes on top of it.

    `stored_hash` is the hash of the case that an import wrote: it names an owner, the ticket does not.
    """
    db.executescript("""
        ALTER TABLE imports ADD COLUMN changed_at TEXT NOT NULL DEFAULT '';
        ALTER TABLE imports ADD COLUMN stored_hash TEXT NOT NULL DEFAULT '';
        ALTER TABLE deliveries ADD COLUMN changed_at TEXT NOT NULL DEFAULT '';
    """)


@LIBRARY(name="0013_erasures")
def erasures(db: Database) -> None:
    """Cases that were erased, without any text: their ids and sources stay out until somebody lets them in again.

    `vectors` names what must leave the vector cache while the erasure is not `finished`.
    """
    db.executescript("""
        CREATE TABLE erasures (
            case_id TEXT PRIMARY KEY,
            at TEXT NOT NULL,
            created_at TEXT NOT NULL,
            revision INTEGER NOT NULL,
            finished INTEGER NOT NULL,
            vectors TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE erased_sources (
            source_system TEXT NOT NULL,
            external_id TEXT NOT NULL,
            case_id TEXT NOT NULL,
            PRIMARY KEY (source_system, external_id)
        ) WITHOUT ROWID;
        CREATE INDEX erased_sources_by_case ON erased_sources (case_id);
    """)


@LIBRARY(name="0014_first_by_manager")
def first_by_manager(db: Database) -> None:
    """Who gave the first approval decides who may give the second one."""
    db.executescript("ALTER TABLE reviews ADD COLUMN first_by_manager INTEGER NOT NULL DEFAULT 0")


@LIBRARY(name="0015_case_links")
def case_links(db: Database) -> None:
    """Tickets of other systems that tell of the same case."""
    db.executescript("""
        CREATE TABLE case_links (
            source_system TEXT NOT NULL,
            external_id TEXT NOT NULL,
            key INTEGER NOT NULL REFERENCES cases (key),
            at TEXT NOT NULL,
            PRIMARY KEY (source_system, external_id)
        ) WITHOUT ROWID;
        CREATE INDEX case_links_by_case ON case_links (key);
        CREATE INDEX case_links_by_number ON case_links (external_id);
    """)


@LIBRARY(name="0016_forgotten_reuse")
def forgotten_reuse(db: Database) -> None:
    """The counts of events that are forgotten, so that all counters can be derived from these and the events.

    What was counted before, has no event any more and does not come from a merge begins it.
    """
    db.executescript("""
        CREATE TABLE forgotten_reuse (
            key INTEGER PRIMARY KEY REFERENCES cases (key),
            opened INTEGER NOT NULL,
            copied INTEGER NOT NULL,
            linked INTEGER NOT NULL,
            solved INTEGER NOT NULL,
            last_solved_at TEXT NOT NULL
        );
        INSERT INTO forgotten_reuse
        SELECT r.key,
            max(0, r.opened - coalesce(e.opened, 0) - coalesce(m.opened, 0)),
            max(0, r.copied - coalesce(e.copied, 0) - coalesce(m.copied, 0)),
            max(0, r.linked - coalesce(e.linked, 0) - coalesce(m.linked, 0)),
            max(0, r.solved - coalesce(e.solved, 0) - coalesce(m.solved, 0)),
            iif(r.solved > coalesce(e.solved, 0) + coalesce(m.solved, 0), r.last_solved_at, '')
        FROM reuse r
        LEFT JOIN (
            SELECT key, sum(kind = 'opened') AS opened, sum(kind = 'copied') AS copied, sum(kind = 'linked') AS linked,
                sum(kind = 'solved') AS solved FROM events GROUP BY key
        ) e ON e.key = r.key
        LEFT JOIN (
            SELECT into_key, sum(json_extract(counts, '$[1]')) AS opened, sum(json_extract(counts, '$[2]')) AS copied,
                sum(json_extract(counts, '$[3]')) AS linked, sum(json_extract(counts, '$[4]')) AS solved
            FROM merges GROUP BY into_key
        ) m ON m.into_key = r.key;
    """)


@LIBRARY(name="0017_feedback")
def feedback(db: Database) -> None:
    """What people did with cases counts once for a question that was asked; readers report what is wrong or outdated.

    Old events that count no more: repeats without a question, and those for a case that the log of the question says
    was not shown. `reports` are of one version of a case. The key in `seal_keys` seals ids of questions.
    """
    db.executescript("""
        CREATE TABLE seal_keys (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        INSERT INTO seal_keys VALUES ('query_ids', randomblob(32));
        CREATE TABLE reports (
            key INTEGER NOT NULL REFERENCES cases (key),
            version INTEGER NOT NULL,
            kind TEXT NOT NULL,
            actor TEXT NOT NULL,
            at TEXT NOT NULL,
            settled INTEGER NOT NULL,
            PRIMARY KEY (key, version, kind, actor)
        ) WITHOUT ROWID;
        ALTER TABLE events ADD COLUMN counts INTEGER NOT NULL DEFAULT 1;
        UPDATE events SET counts = 0 WHERE query_id = '' AND number NOT IN
            (SELECT min(number) FROM events WHERE query_id = '' GROUP BY key, kind, actor);
        UPDATE events SET counts = 0 WHERE query_id <> '' AND EXISTS (
            SELECT 1 FROM queries q WHERE q.query_id = events.query_id AND events.key NOT IN
                (SELECT json_extract(shown.value, '$[0]') FROM json_each(q.matches) shown));
        WITH RECURSIVE own (key, opened, copied, linked, solved, last_solved_at) AS (
            SELECT key, opened, copied, linked, solved, last_solved_at FROM forgotten_reuse
            UNION ALL
            SELECT key, sum(kind = 'opened'), sum(kind = 'copied'), sum(kind = 'linked'), sum(kind = 'solved'),
                max(CASE WHEN kind = 'solved' THEN at ELSE '' END)
            FROM events WHERE counts GROUP BY key
        ), family (top, key) AS (
            SELECT key, key FROM cases
            UNION SELECT f.top, m.duplicate FROM family f JOIN merges m ON m.into_key = f.key
        ), derived (key, opened, copied, linked, solved, last_solved_at) AS (
            SELECT f.top, sum(o.opened), sum(o.copied), sum(o.linked), sum(o.solved), max(o.last_solved_at)
            FROM family f JOIN own o ON o.key = f.key GROUP BY f.top
        )
        UPDATE reuse SET (opened, copied, linked, solved, last_solved_at) =
            (SELECT opened, copied, linked, solved, last_solved_at FROM derived WHERE derived.key = reuse.key)
            WHERE key IN (SELECT key FROM derived);
    """)
