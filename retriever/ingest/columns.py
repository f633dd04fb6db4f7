"""Which column fills which field of a case: names people use, maps they give, duplicates kept in order.

The names, in fifteen languages, stand in `headers.toml`.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from retriever.case.fields import FIELDS
from retriever.errors import InvalidInput
from retriever.ingest.words import LONGEST_NAME, any_of, known_headers, plain_name, table

ColumnMap: TypeAlias = Mapping[str, tuple[str, ...]]
"""Field of a case (`problem`, `source.external_id`) to the headers that fill it; none leaves the field out."""

LONG_TEXTS = frozenset(
    ("problem", "solution", "summary", "environment", "diagnosis", "workaround", "prevention", "lessons")
) | {"outcome.summary"}
"""Fields in which the texts of several columns are put one below the other."""

_NOTE = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]\s*$")
_INTERNAL = re.compile(f"{any_of('internal')}|{any_of('work_notes')}")
_NUMBER = "source.external_id"


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns of a table are read: field to column numbers; the same with headers; headers nobody reads."""

    places: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    headers: ColumnMap = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def resolve_columns(header: Sequence[str], wanted: ColumnMap) -> Columns:
    """Match a header with what the caller wants, then with the names people use for fields not spoken of.

    Raises InvalidInput for a wanted column that does not exist.
    """
    numbers: dict[str, list[int]] = {}
    for number, name in enumerate(header):
        numbers.setdefault(_plain(name), []).append(number)
    places: dict[str, list[int]] = {}
    for target, names in wanted.items():
        for name in names:
            if _plain(name) not in numbers:
                raise InvalidInput(f"there is no column {name!r} (for {target}){_hint(name, header)}")
            places.setdefault(target, []).extend(numbers[_plain(name)])
    taken = {number for found in places.values() for number in found}
    for number, name in enumerate(header):
        target_found = find_field(name)
        if target_found and target_found not in wanted and number not in taken:
            places.setdefault(target_found, []).append(number)
            taken.add(number)
    if _NUMBER not in wanted:
        # The first filled column counts, and a row's own number says nothing of its ticket.
        places.get(_NUMBER, []).sort(key=lambda number: _plain(header[number]) in _BARE)
    return Columns(
        {target: tuple(found) for target, found in places.items()},
        {target: tuple(header[number] for number in found) for target, found in places.items()},
        tuple(name for number, name in enumerate(header) if number not in taken and not names_change(name)),
    )


def find_field(name: str) -> str | None:
    """The field that a header names, in any of fifteen languages; None when it names none."""
    found = _KNOWN.get(_plain(name))
    return None if found in LONG_TEXTS and _is_for_colleagues(name) else found


def _is_for_colleagues(name: str) -> bool:
    """`Resolution notes (internal)` is no text for a case."""
    note = _NOTE.search(name[:LONGEST_NAME])
    return bool(note and _INTERNAL.search(" ".join(note[0].casefold().split())))


def names_change(header: str) -> bool:
    """Does a header name when a ticket was last changed? No field of a case is called so."""
    return _plain(header) in _CHANGES


def load_column_map(path: Path) -> ColumnMap:
    """A map from a TOML or JSON file: `problem = "Description"`, `tags = ["Labels", "Area"]`, nested or dotted names.

    Raises InvalidInput for a file that cannot be read and for a field that does not exist.
    """
    content = read_map(path)
    if not isinstance(content, dict):
        raise InvalidInput(f'the map {path.name} must hold names and headers, such as problem = "Description".')
    return checked_map(content)


def read_map(path: Path) -> object:
    """What a map file, TOML or JSON, holds. Raises InvalidInput."""
    try:
        text = path.read_text("utf-8-sig")
        return json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise InvalidInput(f"the map {path.name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise InvalidInput(f"the map {path.name} is no valid TOML or JSON: {error}") from error


def column_map_of_pairs(pairs: Iterable[str]) -> ColumnMap:
    """A map from `problem=Description` pairs; a field given twice takes both columns, `product=` takes none."""
    given: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, header = pair.partition("=")
        if not equals or not name.strip():
            raise InvalidInput(f"--map takes FIELD=HEADER, such as problem=Description, not {pair[:60]!r}.")
        given.setdefault(name.strip(), []).append(header.strip())
    return checked_map(given)


def checked_map(content: Mapping[str, Any]) -> ColumnMap:
    """A map with its names flattened and checked. Raises InvalidInput."""
    checked: dict[str, tuple[str, ...]] = {}
    for target, headers in _flat(content):
        name = {"background.environment": "environment", "background.industry": "industry"}.get(target, target)
        if name not in FIELDS:
            raise InvalidInput(f"{target[:60]!r} is no field of a case{_hint(target, FIELDS)}")
        listed = [headers] if isinstance(headers, str) else headers
        if not isinstance(listed, list | tuple) or not all(isinstance(header, str) for header in listed):
            raise InvalidInput(f"the map gives {target} no header or list of headers.")
        checked[name] = tuple(header for header in listed if header)
    return checked


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _plain(name: str) -> str:
    """A header as it is compared: `Error-Codes *` and `error_codes (optional)` are the same."""
    return plain_name(_NOTE.sub("", name[:LONGEST_NAME])) or plain_name(name) or name.strip()


def _hint(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)[:500]}."


_KNOWN = {
    _plain(name): target
    for target, languages in known_headers().items()
    for names in languages.values()
    for name in names.split(",")
} | {_plain(name): name for name in FIELDS}
_BARE = frozenset(map(_plain, known_headers()[_NUMBER]["bare"].split(",")))
_CHANGES = frozenset(_plain(name) for names in table("changed").values() for name in names)
