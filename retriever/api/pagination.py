"""Pages of a list: where it goes on is in a cursor, opaque to callers and bound to one list and its filters."""

import base64
import binascii
import hashlib
from typing import Any, TypeAlias
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from retriever.api.models.requests import CURSOR_LIMIT, PageParams
from retriever.api.problems import invalid_parameter
from retriever.api.responses import json_response
from retriever.case.dates import normalise_date

Position: TypeAlias = tuple[str, int]
"""The sort keys of the last entry of a page: its time (RFC 3339) or date, and its key."""
START: Position = ("", 0)
"""Before the first entry of a list that begins with the oldest."""


def list_mark(name: str, filters: object) -> str:
    """What a cursor of this list with these filters carries: with others it would skip entries without a word."""
    return hashlib.sha256(repr((name, filters)).encode()).hexdigest()[:8]


def write_cursor(last: Position | None, mark: str) -> str | None:
    """The cursor behind an entry; None at the end."""
    if last is None:
        return None
    return base64.urlsafe_b64encode(orjson.dumps([*last, mark])).decode().rstrip("=")


def read_cursor(cursor: str, mark: str) -> Position | None:
    """The position in a cursor, None without one. Refused with 400 when it is broken or another list's."""
    if not cursor:
        return None
    try:
        if len(cursor) > CURSOR_LIMIT:
            raise ValueError
        time, key, written = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", True))
        # What this program wrote: a day or moment that exists, and a key that SQLite can compare.
        if not (type(key) is int and 0 <= key < 2**63 and normalise_date(time) == time):
            raise ValueError
    except (binascii.Error, ValueError, TypeError) as error:
        raise invalid_parameter("cursor", "is no cursor of this list; begin without one") from error
    if written != mark:
        raise invalid_parameter("cursor", "belongs to another list or other filters; begin without one")
    return time, key


def page_response(path: str, params: PageParams, page: dict[str, Any], cursor: str | None) -> Response:
    """One page of the list at `path`, with the address of the next one in the `Link` header."""
    headers = {}
    if cursor is not None:
        given = params.model_dump(exclude_defaults=True, exclude={"cursor"}, mode="json")
        headers = {"Link": f'<{path}?{urlencode({**given, "cursor": cursor}, doseq=True)}>; rel="next"'}
    return json_response({**page, "next_cursor": cursor}, headers=headers)
