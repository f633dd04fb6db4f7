"""What an ingest did, and the file that lists every row it refused."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

from retriever.errors import InvalidInput, Unavailable
from retriever.ingest.columns import ColumnMap
from retriever.ingest.rows import Rejected
from retriever.masking import mask_text

_REASON = "skipped: "
SHOWN = 5
"""Dates that were not understood and are shown."""


@dataclass(frozen=True, slots=True)
class Example:
    """A row of a dry run before and after masking, cleaning's last step: title, problem and solution."""

    line: int
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A case or draft (by `status`) that may be the same as one that came in; `offer` is merge or link."""

    id: str
    offer: str
    overlap: float
    status: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is told of a case that came in: others like it, the most alike first, and values for its empty fields."""

    id: str
    like: tuple[NearDuplicate, ...] = ()
    suggested: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_near_duplicate(self) -> bool:
        """Does another case or draft say the same?"""
        return any(other.offer == "merge" for other in self.like)


class Unread(NamedTuple):
    """A date that was left out, as it may be shown."""

    line: int
    field: str
    value: str


_SHOWN_ONLY = frozenset(("reasons", "names", "dates"))


@dataclass(slots=True)
class IngestCounts:
    """Rows so far; `read` is the sum of created, updated, unchanged, revised, kept, skipped and rejected. Of the `kept`
    ones `older` were older states of their tickets than what is here.

    `checked` of the new and changed ones were compared with what was there: `near_duplicates` have others that say the
    same, for some an empty field can be filled (`product_suggested` …).

    `drafts` and `published` ones are new or changed; `renamed` ones have another id than their rows give, `names` shows
    one. `dates_unread` were left out, since nobody knows their spelling; `dates` shows the first.

    `named_by_content` rows had no id and got one from their text; `incomplete` ones lack much of the case template,
    of `language_unsure` ones nobody can tell the language. In `mended` ones broken characters were repaired, in
    `damaged` ones some are lost, first in `damaged_line`.
    `reasons` says why records were skipped.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    revised: int = 0
    kept: int = 0
    older: int = 0
    skipped: int = 0
    rejected: int = 0
    named_by_content: int = 0
    incomplete: int = 0
    drafts: int = 0
    published: int = 0
    renamed: int = 0
    dates_unread: int = 0
    language_unsure: int = 0
    mended: int = 0
    damaged: int = 0
    damaged_line: int = 0
    checked: int = 0
    near_duplicates: int = 0
    product_suggested: int = 0
    category_suggested: int = 0
    tags_suggested: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    names: list[tuple[str, str]] = field(default_factory=list)
    dates: list[Unread] = field(default_factory=list)

    def note_dates(self, line: int, unread: Sequence[tuple[str, str]]) -> None:
        """Dates of a row that were not understood; the first ones are shown."""
        self.dates_unread += len(unread)
        self.dates += [Unread(line, *each) for each in unread[: SHOWN - len(self.dates)]]

    def note_texts(self, line: int, *, mended: bool, damaged: bool) -> None:
        """A row in which broken characters were repaired, or are lost; the line of the first is kept."""
        self.mended += mended
        self.damaged += damaged
        self.damaged_line = self.damaged_line or line * damaged

    def note_name(self, given: str, id: str) -> None:
        """A row whose case has another id than the row gives; the first one is shown."""
        if given and given != id:
            self.renamed += 1
            # Not as in other messages, where long numbers are hidden: the id is what the library calls the case.
            self.names = self.names or [(mask_text(given).text, mask_text(id).text)]

    def arrive(self, arrival: Arrival) -> None:
        """One more case that was compared."""
        self.checked += 1
        self.near_duplicates += arrival.is_near_duplicate
        self.product_suggested += "product" in arrival.suggested
        self.category_suggested += "category" in arrival.suggested
        self.tags_suggested += "tags" in arrival.suggested

    def skip(self, reason: str) -> None:
        """One more record that becomes no case."""
        self.skipped += 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def to_dict(self) -> dict[str, int]:
        """The numbers by name, those of the reasons with their mark."""
        plain = {item.name: getattr(self, item.name) for item in fields(self) if item.name not in _SHOWN_ONLY}
        return plain | {_REASON + reason: number for reason, number in self.reasons.items()}

    @classmethod
    def from_dict(cls, numbers: Mapping[str, int]) -> Self:
        """What `to_dict` gave; names of other programs are left out."""
        known = {item.name for item in fields(cls)} - _SHOWN_ONLY
        counts = cls()
        for name in known & numbers.keys():
            setattr(counts, name, numbers[name])
        counts.reasons = {
            name.removeprefix(_REASON): number for name, number in numbers.items() if name.startswith(_REASON)
        }
        return counts


@dataclass(frozen=True, slots=True)
class IngestReport:
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
    revised: int = 0
    """Published cases whose tickets changed: the change waits beside them as a pending revision."""
    kept: int = 0
    """Cases that live on as they are here although their ticket changed; see `store.imports`."""
    older: int = 0
    """Of these, tickets in an older state than the one taken over."""
    skipped: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Why records of a help desk were skipped, and how many."""
    incomplete: int = 0
    drafts: int = 0
    """New and changed cases that no search finds before they were reviewed."""
    published: int = 0
    renamed: int = 0
    """Rows whose cases have another id than the rows give: the number of their ticket, behind their source."""
    names: Sequence[tuple[str, str]] = ()
    """One of these: what the row gives, and the id."""
    dates_unread: int = 0
    dates: Sequence[Unread] = ()
    """The first dates that were left out, since nobody knows their spelling."""
    owner: str = ""
    """Whose the new drafts are."""
    language_unsure: int = 0
    """Cases whose text does not say in which language it is; they pass every filter on languages."""
    mended: int = 0
    """Rows in which characters that another program had broken were repaired."""
    damaged: int = 0
    damaged_line: int = 0
    """Rows in which characters are lost, and the line of the first one."""
    checked: int = 0
    """New and changed cases that were compared with published cases and drafts; the numbers below are of these."""
    near_duplicates: int = 0
    product_suggested: int = 0
    category_suggested: int = 0
    tags_suggested: int = 0
    arrivals: tuple[Arrival, ...] = ()
    """The first near-duplicates, and the first cases with suggestions, of this run."""
    examples: tuple[Example, ...] = ()
    """The first rows of a dry run in which masking acted, before and after; without any, its first rows."""
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
    notes: tuple[str, ...] = ()
    """What a person should know of the file, such as a header that came twice, or sheets that were not read."""

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON types."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        plain["rows"] = [row.told() for row in self.rows]
        plain["dates"] = [each._asdict() for each in self.dates]
        plain["examples"] = [asdict(example) for example in self.examples]
        plain["arrivals"] = [asdict(arrival) for arrival in self.arrivals]
        plain["columns"] = {name: list(headers) for name, headers in self.columns.items()}
        plain["ignored_columns"] = list(self.ignored_columns)
        plain["notes"] = list(self.notes)
        plain["rejects_path"] = str(self.rejects_path) if self.rejects_path else None
        return plain


class RejectsFile:
    """A JSONL file of refused rows: {"line", "field", "reason", "row"}; the first few are also kept in memory."""

    def __init__(self, path: Path | None, *, keep: int, up_to_line: int = 0) -> None:
        """Begin the file anew, or go on with it: what is known up to a line stays, what follows is written again.

        Without a path nothing is written. Raises InvalidInput when the file holds something else, Unavailable when it
        cannot be written.
        """
        self.path = path
        self.kept: list[Rejected] = []
        self._keep = keep
        self._stream = None
        if path is None:
            return
        if not _may_replace(path):
            raise InvalidInput(f"the rejects file {path} holds something else; choose another name.")
        try:
            known = _known_up_to(path, up_to_line) if up_to_line else b""
            self._stream = path.open("wb")
            path.chmod(0o600)  # whole rows, with whatever personal data they hold
            self._stream.write(known)
            self.flush()
        except OSError as error:
            raise Unavailable(f"the rejects file {path} cannot be written: {error.strerror}.") from error

    def add(self, row: Rejected, record: Mapping[str, Any] | None = None) -> None:
        """Note one row, in the file with the whole `record` as it came: repaired there, it is read again."""
        if len(self.kept) < self._keep:
            self.kept.append(row)
        if self._stream is not None:
            self._stream.write(_line(row, record))

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
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()


def _line(row: Rejected, record: Mapping[str, Any] | None) -> bytes:
    whole = row.told() | ({"row": record} if record is not None else {})
    # Slower than the usual way, and takes what only it takes: integers above 2⁶⁴ and lone surrogates.
    return (json.dumps(whole, default=str) + "\n").encode()


def _may_replace(path: Path) -> bool:
    """Is it a new file, an empty one, or one of rejected rows?"""
    try:
        with path.open("rb") as stream:
            first = stream.readline(1 << 16)
    except OSError:
        return True  # or a folder, or nothing that may be read: opening it says so
    return not first or all(mark in first for mark in (b'"line"', b'"field"', b'"reason"'))


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
