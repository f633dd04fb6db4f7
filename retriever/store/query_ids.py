"""Ids of answered questions under a seal that says when they were answered and which cases were shown.

Any process of the library can check one at once, before the log of questions is written, after a restart, and where no
log is kept: `<16 hex digits>-<sealed part>`, of which only the first part is kept with an event.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

QUERY_ID_LENGTH = 320
"""Most characters of an id."""
MARKS = 100
"""Most cases that an id vouches for: all matches, and the first of those that they stand for."""
_ID = re.compile(r"([0-9a-f]{16})-([A-Za-z0-9_-]{19,303})")
_TIME, _MARK, _SEAL = 4, 2, 10  # bytes


@dataclass(frozen=True, slots=True)
class IssuedQuery:
    """What an id says that this library has issued: the question's own id, its time (seconds since 1970), its cases."""

    id: str
    at: int
    marks: bytes

    def has_shown(self, case_id: str) -> bool:
        """Was the case in the answer? One of 65,536 others would pass too; nobody can choose which."""
        mark = _mark(self.id, case_id)
        return any(self.marks[place : place + _MARK] == mark for place in range(0, len(self.marks), _MARK))


class QueryIds:
    """Issues and reads ids with the library's key. Safe to share between threads."""

    def __init__(self, key: bytes) -> None:
        """`key` is secret, 32 bytes."""
        self._key = key

    def issue(self, id: str, case_ids: Iterable[str], *, now: float) -> str:
        """The id of a question, 16 hex digits, with the cases it was answered with, best first, under a seal."""
        marks = b"".join(_mark(id, case_id) for case_id in list(case_ids)[:MARKS])
        part = int(now).to_bytes(_TIME, "big") + marks
        return f"{id}-{base64.urlsafe_b64encode(part + self._seal(id, part)).decode().rstrip('=')}"

    def read(self, text: str) -> IssuedQuery | None:
        """What an id says, None when this library has not issued it."""
        found = _ID.fullmatch(text)
        if found is None:
            return None
        id, encoded = found.groups()
        try:
            sealed = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except binascii.Error:
            return None
        part, seal = sealed[:-_SEAL], sealed[-_SEAL:]
        if not hmac.compare_digest(seal, self._seal(id, part)):
            return None
        return IssuedQuery(id, int.from_bytes(part[:_TIME], "big"), part[_TIME:])

    def _seal(self, id: str, part: bytes) -> bytes:
        return hmac.digest(self._key, id.encode() + part, "sha256")[:_SEAL]


def bare_id(text: str) -> str:
    """The question's own id in an id as it was issued, sealed or as older versions did."""
    return text.partition("-")[0]


def _mark(id: str, case_id: str) -> bytes:
    return hmac.digest(id.encode(), case_id.encode(), "sha256")[:_MARK]
