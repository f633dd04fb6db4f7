"""Where a list goes on: the sort keys of its last entry, opaque to callers and bound to the filters of the list."""

import base64
import binascii
import hashlib
import re

import orjson

from retriever.api.requests import invalid_parameter

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?")


def filter_mark(filters: object) -> str:
    """A cursor belongs to its filters: with others it would skip entries without a word."""
    return hashlib.sha256(repr(filters).encode()).hexdigest()[:8]


def write_cursor(last: tuple[str, int] | None, mark: str) -> str | None:
    """The cursor behind an entry (its time and its key); None at the end."""
    if last is None:
        return None
    return base64.urlsafe_b64encode(orjson.dumps([*last, mark])).decode().rstrip("=")


def read_cursor(cursor: str, mark: str) -> tuple[str, int]:
    """Time and key in a cursor; ("", 0) for none. Refused with 400 when it is another list's."""
    if not cursor:
        return "", 0
    try:
        time, key, written = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise invalid_parameter("cursor", "is no cursor of this list; begin without one") from error
    if not (isinstance(time, str) and _TIME.fullmatch(time) and type(key) is int and 0 <= key < 2**63):
        raise invalid_parameter("cursor", "is no cursor of this list; begin without one")
    if written != mark:
        raise invalid_parameter("cursor", "belongs to other filters; begin without one")
    return time, key
