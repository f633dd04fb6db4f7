"""The exceptions of the service: raised low, mapped once (`api/problems.py` for HTTP, `cli/` for exit codes).

SimilarCasesError
├── InvalidInput          400  exit 1   a value is refused; the message names it and says what to do
│   ├── InvalidCase       422  exit 1   one field of one case
│   ├── InvalidQuery      422  exit 1   the question or its filters
│   └── InvalidSettings   500  exit 2   a setting, with its name and where it came from
├── NotFound              404  exit 1
│   ├── CaseNotFound
│   └── SnapshotNotFound
├── Forbidden             403  exit 1   the actor may not do this; says who may
├── Conflict              409  exit 1
│   └── VersionMismatch   412  exit 1   If-Match names another version than the stored one
├── Unavailable           503  exit 3   not now; says when or what to do first
│   ├── ModelMismatch     503  exit 3   index and model disagree; both fingerprints and the mending command
│   ├── ModelUnavailable  503  exit 3   model files or an optional package are missing
│   ├── Overloaded        503  exit 3   the queue is full; carries retry_after
│   └── Locked            503  exit 3   another process holds the lock
└── Damaged               503  exit 3   bytes on disk are not what was written
    ├── SnapshotDamaged
    ├── BackupDamaged
    └── StoreDamaged
"""

from typing import ClassVar


class SimilarCasesError(Exception):
    """Root of everything this project raises on purpose; `str(error)` is one sentence for a person."""

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1


class InvalidInput(SimilarCasesError):
    """A value from outside is refused."""

    code = "invalid_input"
    http_status = 400


class InvalidCase(InvalidInput):
    """One field of one case is refused: `field` names it, `reason` says why and what is expected."""

    code = "invalid_case"
    http_status = 422

    def __init__(self, field: str, reason: str) -> None:
        """Keep field and reason apart for reports; join them for people."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class InvalidQuery(InvalidInput):
    """The question or one of its filters is refused."""

    code = "invalid_query"
    http_status = 422


class InvalidSettings(InvalidInput):
    """A setting is refused, named with its source."""

    code = "invalid_settings"
    http_status = 500
    exit_code = 2


class NotFound(SimilarCasesError):
    """What was asked for does not exist (or may not be seen: both look the same from outside)."""

    code = "not_found"
    http_status = 404


class CaseNotFound(NotFound):
    """No such case."""

    code = "case_not_found"


class SnapshotNotFound(NotFound):
    """No such snapshot."""

    code = "snapshot_not_found"


class Forbidden(SimilarCasesError):
    """This actor may not do this; the message says who may."""

    code = "forbidden"
    http_status = 403


class Conflict(SimilarCasesError):
    """The request does not fit the present state."""

    code = "conflict"
    http_status = 409


class VersionMismatch(Conflict):
    """Somebody else changed the case first."""

    code = "version_mismatch"
    http_status = 412


class Unavailable(SimilarCasesError):
    """Cannot answer now; the message says what to do first."""

    code = "unavailable"
    http_status = 503
    exit_code = 3


class ModelMismatch(Unavailable):
    """The index was built by another model (or model version) than the one loaded."""

    code = "index_model_mismatch"


class ModelUnavailable(Unavailable):
    """Model files or an optional package are missing; the message says exactly what to install or where to put them."""

    code = "model_unavailable"


class Overloaded(Unavailable):
    """The queue is full; try again after `retry_after` seconds."""

    code = "overloaded"

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        """Carry the wait in whole seconds."""
        super().__init__(message)
        self.retry_after = retry_after


class Locked(Unavailable):
    """Another process holds the lock this work needs."""

    code = "locked"


class Damaged(SimilarCasesError):
    """Bytes on disk are not what was written."""

    code = "damaged"
    http_status = 503
    exit_code = 3


class SnapshotDamaged(Damaged):
    """A snapshot fails its checksums or cannot be read."""

    code = "snapshot_damaged"


class BackupDamaged(Damaged):
    """A backup is not as it was written."""

    code = "backup_damaged"


class StoreDamaged(Damaged):
    """The database fails its integrity check, or was written by a newer program."""

    code = "store_damaged"
