"""Reads files of lines: plain ones, and JSON lines of which each is an object. Fails closed, naming file and line."""

import json
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from retriever.errors import InvalidInput


def iter_lines(path: Path | Traversable) -> Iterator[tuple[int, str]]:
    """Number, from 1 on, and text of each line that is not blank. Raises InvalidInput for a file that is no text."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    yield from ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def iter_rows(path: Path | Traversable) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line that is not blank. Raises InvalidInput with file and line."""
    for number, line in iter_lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"{path}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise InvalidInput(f"{path}:{number}: expected an object")
        yield number, row


def load_rows(path: Path | Traversable, key: str) -> list[dict[str, Any]]:
    """All objects of a file, whose `key` is a text that no other has. Raises InvalidInput with file and line."""
    rows: dict[str, dict[str, Any]] = {}
    for number, row in iter_rows(path):
        name = row.get(key)
        if not isinstance(name, str) or not name or name in rows:
            raise InvalidInput(f"{path}:{number}: {key} {name!r} is missing, no text, or stands twice")
        rows[name] = row
    return list(rows.values())
