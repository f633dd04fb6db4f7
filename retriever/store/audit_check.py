"""What was done to an audit log behind the program's back: edit, insertion, deletion, reorder and cut, told apart.

Each entry carries its own number under its seal, so a moved entry is known by the number it was written with, wherever
it stands. A row without a true seal was edited (its number is missing elsewhere) or inserted (it is not). When the log
is whole, the library is compared with it; see `audit_agreement`.
"""

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypeAlias

from sqlite_utils import Database

from retriever.store.audit_agreement import AuditRows, LoggedState, content_without_log, find_differences
from retriever.store.audit_chain import GENESIS, START, Head, Sealer
from retriever.store.migrations import LIBRARY

TamperingKind: TypeAlias = Literal[
    "edited", "inserted", "deleted", "reordered", "truncated", "head", "anchor", "unguarded", "library"
]

_PAGE_ROWS = 2_000
DIFFERENCES_SHOWN = 20
"""Differences between library and log that are told one by one."""


@dataclass(frozen=True, slots=True)
class Tampering:
    """One thing that is wrong: what kind, at which entry (or the first of several), and a sentence for a person."""

    kind: TamperingKind
    number: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Known:
    """Heads that the log must still contain, those noted elsewhere by name, and what was wrong with where they lay."""

    anchor: Head | None = None
    anchor_troubles: tuple[str, ...] = ()
    noted: tuple[tuple[str, Head], ...] = ()


@dataclass(slots=True)
class _Walk:
    """What one pass over the rows gathers: places are positions of rows, numbers those under the seals."""

    last: int = 0
    links: dict[int, bytes] = field(default_factory=dict)
    sealed: dict[int, int] = field(default_factory=dict)
    unsealed: list[int] = field(default_factory=list)
    unlinked: list[int] = field(default_factory=list)
    copies: dict[int, int] = field(default_factory=dict)
    logged: LoggedState = field(default_factory=LoggedState)

    def set_copies_apart(self) -> None:
        """Of several rows with one number the one at its own place counts, else the first."""
        first: dict[int, int] = {}
        for place, number in self.sealed.items():
            first.setdefault(number, place)
        for place, number in self.sealed.items():
            original = number if self.sealed.get(number) == number else first[number]
            if place != original:
                self.copies[place] = number
        for place in self.copies:
            del self.sealed[place]


def find_tampering(rows: AuditRows, sealer: Sealer, known: Known) -> tuple[int, Head, tuple[Tampering, ...]]:
    """How many entries there are, the head of the log, and all that is wrong with it.

    `rows` runs one SELECT. Others may append meanwhile: the end is read before and after the pass.
    """
    head, trouble = _read_head(rows, sealer)
    marks = (("the head in the database", head), ("the anchor", known.anchor), *known.noted)
    heads = [mark for _, mark in marks if mark is not None]
    length = max(mark.count for mark in (*heads, START))
    walk = _walk(_pages(rows), sealer, frozenset(mark.count for mark in heads))
    after, _ = _read_head(rows, sealer)
    numbers = set(walk.sealed.values())
    edited = {place for place in walk.unsealed if 1 <= place <= length} - numbers
    findings = [
        *_misplaced(walk, edited),
        *_missing(numbers | edited),
        *_beyond(walk, max(length, after.count if after else walk.last)),
        *_short(walk, edited, marks),
        *([Tampering("head", None, trouble)] if trouble else []),
    ]
    # What a log that is not whole does not say, nobody can compare the library with.
    differences = [] if findings else _differences(rows, walk)
    findings += [
        *(Tampering("library", None, text) for text in differences),
        *(Tampering("anchor", None, text) for text in known.anchor_troubles),
        *_unguarded(rows),
    ]
    count = len(walk.sealed) + len(walk.unsealed) + len(walk.copies)
    return count, Head(walk.last, walk.links.get(walk.last, GENESIS)), tuple(findings)


def without_log(rows: AuditRows, noted: Iterable[tuple[str, Head]]) -> tuple[Tampering, ...]:
    """What is wrong with a library that has no entry and no key of a log: nothing, if nothing was ever done to it."""
    content = content_without_log(rows)
    gone = [Tampering("truncated", 1, f"the whole log is gone; {name} knows it") for name, head in noted if head.count]
    held = [Tampering("library", None, f"the log is gone, and the library holds {content}")] if content else []
    return (*gone[:1], *held, *_unguarded(rows))


def _differences(rows: AuditRows, walk: _Walk) -> list[str]:
    if not walk.last and (content := content_without_log(rows)):
        return [f"the log is empty, and the library holds {content}"]
    found = list(find_differences(rows, walk.logged))
    if found:
        # Others go on writing: what they have touched since the pass is looked at another time.
        later = {page[1] for page in _pages(rows, after=walk.last)}
        found = [(subject, text) for subject, text in found if subject not in later]
    told = [text for _, text in found[:DIFFERENCES_SHOWN]]
    more = len(found) - len(told)
    return [*told, f"{more:,} more differ from the log"] if more else told


def _pages(rows: AuditRows, after: int = -(2**63)) -> Iterator[tuple[Any, ...]]:
    position = after
    while page := rows(
        "SELECT position, subject, entry, seal, link FROM audit WHERE position > ? ORDER BY position LIMIT ?",
        (position, _PAGE_ROWS),
    ):
        yield from page
        position = page[-1][0]


def _walk(stored: Iterable[tuple[Any, ...]], sealer: Sealer, marks: frozenset[int]) -> _Walk:
    walk, before, sound_before = _Walk(), GENESIS, True
    for position, subject, entry, seal, link in stored:
        plain = _sealed_entry(subject, entry, seal, sealer)
        number = None if plain is None else int(plain["number"])
        sound = number == position
        if number is None:
            walk.unsealed.append(position)
        else:
            walk.sealed[position] = number
        if plain is not None:
            walk.logged.read(plain)
        follows = position == walk.last + 1
        # Behind a gap, or behind an entry that is wrong itself, a link says nothing new.
        if sound and follows and sound_before and not _equal(link, sealer.link(before, seal)):
            walk.unlinked.append(position)
            sound = False
        before, sound_before = (link if isinstance(link, bytes) else b""), sound
        walk.last = position
        if position in marks:
            walk.links[position] = before
    walk.links[walk.last] = before
    walk.set_copies_apart()
    return walk


def _sealed_entry(subject: Any, entry: Any, seal: Any, sealer: Sealer) -> dict[str, Any] | None:  # noqa: ANN401  a tampered cell may hold anything
    """The entry under the seal, None when the row is not as it was written."""
    text = entry.encode("utf-8", "surrogatepass") if isinstance(entry, str) else b""
    if not _equal(seal, sealer.seal(text)):
        return None
    plain: dict[str, Any] = json.loads(text)
    # The column only repeats what is sealed, for an index.
    return plain if plain["subject"] == subject else None


def _misplaced(walk: _Walk, edited: set[int]) -> Iterator[Tampering]:
    for place in sorted(edited):
        yield Tampering("edited", place, f"entry {place} is not what was written")
    for place in sorted(set(walk.unsealed) - edited):
        yield Tampering("inserted", place, f"the row at {place} was never written by this program")
    for place in walk.unlinked:
        yield Tampering(
            "edited", place, f"entry {place} does not follow the one before it: one of their links was changed"
        )
    for number in walk.copies.values():
        yield Tampering("inserted", number, f"entry {number} is there more than once")
    late = _out_of_order(list(walk.sealed.values()))
    for place, number in walk.sealed.items():
        if number in late and number != place:
            yield Tampering("reordered", number, f"entry {number} stands at place {place}")


def _out_of_order(numbers: list[int]) -> set[int]:
    """Numbers that have a smaller one behind or a larger one before them; merely renumbered rows have neither."""
    late, highest = set(), 0
    for number in numbers:
        if number < highest:
            late.add(number)
        highest = max(highest, number)
    lowest = 2**63
    for number in reversed(numbers):
        if number > lowest:
            late.add(number)
        lowest = min(lowest, number)
    return late


def _missing(present: set[int]) -> Iterator[Tampering]:
    """Gaps before the last entry that is there: what is missing behind it was cut off, not taken out."""
    gone = sorted(set(range(1, max(present, default=0) + 1)) - present)
    for first, until in _runs(gone):
        which = f"entry {first} is" if first == until else f"entries {first} to {until} are"
        yield Tampering("deleted", first, f"{which} missing")


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    start = previous = None
    for number in numbers:
        if previous is not None and number == previous + 1:
            previous = number
            continue
        if start is not None and previous is not None:
            yield start, previous
        start = previous = number
    if start is not None and previous is not None:
        yield start, previous


def _beyond(walk: _Walk, end: int) -> Iterator[Tampering]:
    """True entries behind the end that the head tells: somebody put an old head back."""
    last = max(walk.sealed.values(), default=0)
    if last > end:
        yield Tampering("head", end, f"the head of the log says {end} entries, but entry {last} is there")


def _short(walk: _Walk, edited: set[int], marks: Iterable[tuple[str, Head | None]]) -> Iterator[Tampering]:
    """Is everything there that head, anchor and noted head have seen? The first that knows better is told."""
    last = max((*walk.sealed.values(), *edited), default=0)
    damaged = {place for place, number in walk.sealed.items() if place != number} | {*walk.unsealed, *walk.unlinked}
    for name, mark in marks:
        if mark is None or not mark.count:
            continue
        if mark.count > last:
            yield Tampering("truncated", last + 1, f"entries {last + 1} to {mark.count} are missing; {name} knows them")
            return
        link = walk.links.get(mark.count)
        if link is not None and mark.count not in damaged and not _equal(link, mark.link):
            yield Tampering(
                "truncated", None, f"{name} knows another entry {mark.count}: the log was cut and written again"
            )
            return


def _read_head(rows: AuditRows, sealer: Sealer) -> tuple[Head | None, str]:
    found = rows("SELECT count, link, seal FROM audit_head")
    if len(found) != 1:
        return None, "the head of the log is missing"
    count, link, seal = found[0]
    if not isinstance(count, int) or not isinstance(link, bytes):
        return None, "the head of the log was changed"
    head = Head(count, link)
    if count == 0 and link == GENESIS:
        return head, ""
    return (head, "") if _equal(seal, sealer.seal_head(head)) else (None, "the head of the log was changed")


def _unguarded(rows: AuditRows) -> Iterator[Tampering]:
    """Are the triggers those of this program, word for word? One of the same name may do nothing."""
    there = dict(rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    for name, sql in sorted(_triggers().items()):
        if name not in there:
            yield Tampering("unguarded", None, f"the trigger {name} that keeps what was written is gone")
        elif there.pop(name) != sql:
            yield Tampering("unguarded", None, f"the trigger {name} that keeps what was written was changed")
    for name in sorted(there):
        yield Tampering("unguarded", None, f"the trigger {str(name)[:60]} is none of this program's")


@cache
def _triggers() -> dict[str, str]:
    """The triggers of a library as the migrations write them."""
    database = Database(memory=True)
    LIBRARY.apply(database)
    return dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall())


def _equal(stored: Any, expected: bytes) -> bool:  # noqa: ANN401  a tampered cell may hold anything
    return isinstance(stored, bytes) and hmac.compare_digest(stored, expected)
