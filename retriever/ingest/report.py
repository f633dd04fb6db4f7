"""What an ingest did, and the file that lists every row it refused."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from retriever.errors import Unavailable
from retriever.ingest.headers import ColumnMap
from retriever.ingest.readers import Rejected


@dataclass(slots=True)
class Counts:
    """Rows so far; `read` is the sum of the others. `named_by_content` rows had no id and got one from their text."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    named_by_content: int = 0

    def to_dict(self) -> dict[str, int]:
        """The numbers by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def from_dict(cls, numbers: Mapping[str, int]) -> Self:
        """What `to_dict` gave; names of other programs are left out."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: number for name, number in numbers.items() if name in known})


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file. The numbers are of the whole file, those of interrupted runs before this one included."""

    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    named_by_content: int
    rows: tuple[Rejected, ...]
    """The first rows refused by this run; all are in the rejects file if one was asked for."""
    took: float
    """Seconds of this run."""
    resumed_from: int = 0
    """The last line that an interrupted run had committed, 0 when this run began at the beginning."""
    dry_run: bool = False
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    columns: ColumnMap = field(default_factory=dict)
    """Fields with the headers that filled them."""
    ignored_columns: tuple[str, ...] = ()
    rejects_path: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON types."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        plain["rows"] = [row._asdict() for row in self.rows]
        plain["columns"] = {name: list(headers) for name, headers in self.columns.items()}
        plain["ignored_columns"] = list(self.ignored_columns)
        plain["rejects_path"] = str(self.rejects_path) if self.rejects_path else None
        return plain


class RejectsFile:
    """A JSONL file of refused rows: {"line", "field", "reason"}; the first few are also kept in memory."""

    def __init__(self, path: Path | None, *, keep: int, up_to_line: int = 0) -> None:
        """Begin the file anew, or go on with it: what is known up to a line stays, what follows is written again.

        Without a path nothing is written. Raises Unavailable when the file cannot be written.
        """
        self.path = path
        self.kept: list[Rejected] = []
        self._keep = keep
        self._stream = None
        if path is None:
            return
        try:
            known = _known_up_to(path, up_to_line) if up_to_line else b""
            self._stream = path.open("wb")
            self._stream.write(known)
            self.flush()
        except OSError as error:
            raise Unavailable(f"the rejects file {path} cannot be written: {error.strerror}.") from error

    def add(self, row: Rejected) -> None:
        """Note one row."""
        if len(self.kept) < self._keep:
            self.kept.append(row)
        if self._stream is not None:
            self._stream.write(orjson.dumps(row._asdict(), option=orjson.OPT_APPEND_NEWLINE))

    def flush(self) -> None:
        """Put what was noted on the disk, before the progress that counts it is committed."""
        if self._stream is not None:
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _known_up_to(path: Path, line: int) -> bytes:
    if not path.exists():
        return b""
    kept = []
    for entry in path.read_bytes().splitlines(keepends=True):
        try:
            known = entry.endswith(b"\n") and orjson.loads(entry)["line"] <= line
        except (orjson.JSONDecodeError, KeyError, TypeError):
            known = False
        if known:
            kept.append(entry)
    return b"".join(kept)
