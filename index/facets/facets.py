"""Filters: field -> value -> keys as roaring bitmaps, and dates in order. Immutable; a change gives a new Facets.

A field whose name ends in `_at` or `_on` holds dates: RFC 3339 or YYYY-MM-DD texts, compared as text.
"""

import json
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.facets.dates import Dates, build_dates, join_dates
from index.keys import KeyArray, KeySet, are_in, as_array, as_set
from index.lru import LruCache
from index.types import IndexDamaged

FACETS_FILE = "facets.bin"
FORMAT = 1
FacetRow: TypeAlias = tuple[int, Mapping[str, Sequence[str]]]
"""A key with the values of each of its fields. A tree path is a value of its own and each path above it one more."""

_MAGIC = b"similar-cases facets\n"
_HEAD = struct.Struct("<IQI")  # format, length of the JSON header, CRC-32 of all after this, begun with that length
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Cases with at least one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Cases with every one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Cases with none of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """Cases whose date is at or after `since` and at or before `until`, compared as text; None leaves a side open."""

    field: str
    since: str | None = None
    until: str | None = None


Clause: TypeAlias = AnyOf | AllOf | NoneOf | Between


def is_date(field: str) -> bool:
    """Whether a field of this name holds dates."""
    return field.endswith(("_at", "_on"))


class Facets:
    """Which keys have which values. Sets it returns may be shared: they must not be changed."""

    def __init__(self, keys: KeySet, values: Mapping[str, Mapping[str, KeySet]], dates: Mapping[str, Dates]) -> None:
        """Use `build_facets` or `load_facets`."""
        self._keys = keys
        self._values = values
        self._dates = dates
        self._recent: LruCache[tuple[Clause, ...], KeySet] = LruCache(_REMEMBERED)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> KeySet:
        """Every key, also those without any value."""
        return self._keys

    def fields(self) -> list[str]:
        """Names of the fields that some case has a value of, dates included."""
        return sorted({*self._values, *self._dates})

    def allowed(self, clauses: Sequence[Clause]) -> KeySet:
        """The keys that fulfil every clause; all keys when there is none. The same object for the same question."""
        wanted = tuple(clauses)
        return self._recent.get(wanted, lambda: self._fulfilling(wanted)) if wanted else self._keys

    def has(self, field: str, value: str, keys: KeyArray) -> NDArray[np.bool_]:
        """Whether each key has this value, in the order given."""
        return are_in(keys, self._values.get(field, {}).get(value, KeySet()))

    def values(self, field: str) -> Collection[str]:
        """Every value of a field that some key has."""
        return self._values.get(field, {}).keys()

    def counts(self, field: str, within: KeySet | None = None) -> dict[str, int]:
        """How many keys (of `within`) have each value of a field, most frequent first; values of none are left out."""
        sets = self._values.get(field, {})
        counted = {
            v: len(found) if within is None else found.intersection_cardinality(within) for v, found in sets.items()
        }
        return dict(sorted(((v, n) for v, n in counted.items() if n), key=lambda pair: (-pair[1], pair[0])))

    def with_changes(self, added: Iterable[FacetRow], removed: Iterable[FacetRow]) -> "Facets":
        """These facets without the removed rows (given as they were added) and with the added ones."""
        removed, added = list(removed), list(added)
        keys, values = self._keys.copy(), {field: dict(sets) for field, sets in self._values.items()}
        touched: set[tuple[str, str]] = set()
        for key, field, value in _triples(removed):
            _own(values, field, value, touched).discard(key)
        for key, field, value in _triples(added):
            _own(values, field, value, touched).add(key)
        for field, value in touched:
            if not values[field][value]:
                del values[field][value]
        keys.difference_update(KeySet(key for key, _ in removed))
        keys.update(KeySet(key for key, _ in added))
        return Facets(keys, values, self._changed_dates(added, removed))

    def merged(self, gone: KeySet, added: Iterable[FacetRow]) -> "Facets":
        """These facets without the keys that go, and with the added rows: equal to `build_facets` of all of them.

        Unlike `with_changes` it needs not know what the values of those keys were, and looks at every value.
        """
        fresh, nothing = build_facets(added), KeySet()
        values: dict[str, dict[str, KeySet]] = {}
        for field in {*self._values, *fresh._values}:
            old, new = self._values.get(field, {}), fresh._values.get(field, {})
            sets = {value: (old.get(value, nothing) - gone) | new.get(value, nothing) for value in {*old, *new}}
            values[field] = {value: found for value, found in sets.items() if found}
        dates = {}
        for field in {*self._dates, *fresh._dates}:
            days = [self._dates[field].without(gone)] if field in self._dates else []
            days = [part for part in (*days, fresh._dates.get(field)) if part]
            if days:
                dates[field] = join_dates(days)
        return Facets((self._keys - gone) | fresh._keys, {f: sets for f, sets in values.items() if sets}, dates)

    def save(self, directory: Path) -> None:
        """Write everything into one file of an existing directory; the same facets give the same bytes."""
        blobs = [_packed(self._keys)]
        values = {
            field: {value: _placed(blobs, _packed(found)) for value, found in sorted(sets.items())}
            for field, sets in sorted(self._values.items())
        }
        dates = {
            field: [_placed(blobs, days.texts.tobytes()), _placed(blobs, days.keys.tobytes()), days.texts.itemsize]
            for field, days in sorted(self._dates.items())
        }
        sizes = [len(blob) for blob in blobs]
        header = json.dumps({"sizes": sizes, "values": values, "dates": dates}, ensure_ascii=False).encode()
        body = header + b"".join(blobs)
        head = _MAGIC + _HEAD.pack(FORMAT, len(header), zlib.crc32(body, len(header)))
        (directory / FACETS_FILE).write_bytes(head + body)

    def _fulfilling(self, clauses: Sequence[Clause]) -> KeySet:
        # The smallest set first keeps every intersection small.
        found = sorted((self._one(clause) for clause in clauses), key=len)
        return KeySet.intersection(*found) if len(found) > 1 else found[0]

    def _one(self, clause: Clause) -> KeySet:
        if isinstance(clause, Between):
            dates = self._dates.get(clause.field)
            return dates.between(clause.since, clause.until) if dates else KeySet()
        sets = self._values.get(clause.field, {})
        found = [sets.get(value, KeySet()) for value in clause.values]
        if isinstance(clause, AllOf):
            return KeySet.intersection(*found) if found else self._keys
        union = KeySet.union(*found) if found else KeySet()
        return self._keys - union if isinstance(clause, NoneOf) else union

    def _changed_dates(self, added: Collection[FacetRow], removed: Collection[FacetRow]) -> dict[str, Dates]:
        gone = KeySet(key for key, _ in removed)
        fresh = _date_pairs(added)
        result = {}
        for field in {*self._dates, *fresh}:
            old = self._dates.get(field)
            new = build_dates(fresh[field]) if field in fresh else None
            kept = old.without(gone) if old and gone else old
            merged = kept.merged(new) if kept and new else (kept or new)
            if merged is not None and len(merged):
                result[field] = merged
        return result


def _triples(rows: Iterable[FacetRow]) -> Iterator[tuple[int, str, str]]:
    return (
        (key, field, value)
        for key, facets in rows
        for field, values in facets.items()
        if not is_date(field)
        for value in values
    )


def _own(values: dict[str, dict[str, KeySet]], field: str, value: str, touched: set[tuple[str, str]]) -> KeySet:
    """The set of one value, copied the first time it is touched, because readers hold the old one."""
    sets = values.setdefault(field, {})
    if (field, value) not in touched:
        touched.add((field, value))
        sets[value] = sets[value].copy() if value in sets else KeySet()
    return sets[value]


def _date_pairs(rows: Iterable[FacetRow]) -> dict[str, list[tuple[str, int]]]:
    pairs: dict[str, list[tuple[str, int]]] = {}
    for key, facets in rows:
        for field, values in facets.items():
            if is_date(field):
                pairs.setdefault(field, []).extend((value, key) for value in values)
    return {field: found for field, found in pairs.items() if found}


def _packed(found: KeySet) -> bytes:
    """Equal sets give equal bytes, however they came about."""
    # Where two forms are of one size, `run_optimize` leaves the one it finds: begin with the form of a fresh set.
    own = as_set(as_array(found)) if found.get_statistics()["n_run_containers"] else found.copy()
    own.run_optimize()
    return bytes(own.serialize())


def _placed(blobs: list[bytes], blob: bytes) -> int:
    blobs.append(blob)
    return len(blobs) - 1


def build_facets(rows: Iterable[FacetRow]) -> Facets:
    """Index the rows, each key once, in any order. ValueError for a key outside 0 … 2**32 - 1."""
    keys: list[int] = []
    lists: dict[str, dict[str, list[int]]] = {}
    dates: dict[str, list[tuple[str, int]]] = {}
    for key, facets in rows:
        if not 0 <= key < 2**32:
            raise ValueError(f"key {key} is outside 0 … 2**32 - 1")
        keys.append(key)
        for field, values in facets.items():
            if is_date(field):
                dates.setdefault(field, []).extend((value, key) for value in values)
                continue
            sets = lists.setdefault(field, {})
            for value in values:
                sets.setdefault(value, []).append(key)
    sets_of = {
        field: {value: as_set(np.array(found, np.uint32)) for value, found in sets.items()}
        for field, sets in lists.items()
        if sets
    }
    return Facets(
        as_set(np.array(keys, np.uint32)),
        sets_of,
        {field: build_dates(pairs) for field, pairs in dates.items() if pairs},
    )


def load_facets(directory: Path) -> Facets:
    """Read what `save` wrote. Raises IndexDamaged when the file is missing, cut short or changed."""
    path = directory / FACETS_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{FACETS_FILE} cannot be read: {error}") from error
    start = len(_MAGIC) + _HEAD.size
    if len(data) < start or not data.startswith(_MAGIC):
        raise IndexDamaged(f"{FACETS_FILE} is not a facet file")
    number, length, crc = _HEAD.unpack_from(data, len(_MAGIC))
    # Checked before anything is parsed: roaring does not survive every damaged bitmap.
    whole = length <= len(data) - start and zlib.crc32(memoryview(data)[start:], length) == crc
    if number != FORMAT or not whole:
        raise IndexDamaged(f"{FACETS_FILE} was changed or has another format: rebuild the index")
    header = json.loads(data[start : start + length])
    ends = np.cumsum([start + length, *header["sizes"]]).tolist()
    blobs = [data[a:b] for a, b in pairwise(ends)]
    values = {
        field: {value: KeySet.deserialize(blobs[at]) for value, at in sets.items()}
        for field, sets in header["values"].items()
    }
    dates = {
        field: Dates(np.frombuffer(blobs[texts], f"S{size}"), np.frombuffer(blobs[keys], np.uint32))
        for field, (texts, keys, size) in header["dates"].items()
    }
    return Facets(KeySet.deserialize(blobs[0]), values, dates)
