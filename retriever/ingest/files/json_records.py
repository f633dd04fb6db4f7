"""JSON objects, one at a time: one a line, or in a document that is parsed as it is read. The home of ijson."""

import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from decimal import Decimal
from typing import Any

import ijson

from retriever.errors import InvalidInput
from retriever.ingest.files.encodings import CUT_OFF, beginning, ends_in_character, find_encoding
from retriever.ingest.files.hazards import BEYOND, Hazards
from retriever.ingest.files.json_text import json_fault, parsed_json
from retriever.ingest.files.lines import TextLine
from retriever.ingest.files.records import AnyRecord, BrokenRecord, FileRecord
from retriever.ingest.files.streams import PeekedStream, Utf8Stream


def iter_json_lines(lines: Iterable[TextLine]) -> Iterator[AnyRecord]:
    """The object of each line that is not blank, by its line."""
    for line in lines:
        if line.fault:
            yield BrokenRecord(line.number, line.fault, {"": line.text})
        elif line.text and not line.text.isspace():
            yield _parsed(line)


def open_json(stream: PeekedStream, envelopes: Sequence[str] = (), *, encoding: str = "") -> Iterator[AnyRecord]:
    """The objects of a document, by their number: of its array, of a list under one of `envelopes`, or it itself.

    `encoding` is found out when it is empty. Raises InvalidInput for a large object without such a list, which would
    have to be held whole, and like `find_encoding`.
    """
    return _iter_items(stream, _find_prefix(stream, envelopes, encoding), encoding)


class _Hazard(Exception):
    """Raised through the parser out of the stream that it reads."""


_CONTROL = re.compile(rb"[\x01-\x1f]")
# A string, or one that the piece ends in; and what in it is escaped already, or has to be.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_TO_ESCAPE = re.compile(rb"\\.|[\x01-\x1f]", re.DOTALL)


class _Guarded:
    """A stream of JSON as the strict parser takes it: control characters in strings escaped, NULs left out.

    It ends with an exception before the parser gets what it cannot take, and behind all that it can.
    """

    def __init__(self, stream: PeekedStream | Utf8Stream | io.BytesIO) -> None:
        self._stream = stream
        self._end = b""
        self._fault = ""
        self.hazards = Hazards()

    def read(self, size: int = -1) -> bytes:
        while not self._fault and (block := self._stream.read(size)):
            self._end = (self._end + block)[-4:]
            if part := self._mended(block.replace(b"\x00", b"")):
                return part
        if self._fault or ends_in_character(self._end):
            raise _Hazard(self._fault or CUT_OFF)
        return b""

    def _mended(self, part: bytes) -> bytes:
        before = copy(self.hazards)
        self._fault = self.hazards.find(part)
        if self._fault:
            part = _sound_part(part, before)
        if not self._fault and not self.hazards.has_raw_control:
            return part
        opened = before.open_string
        return _STRING.sub(_escaped, opened + part)[len(opened) :]


def _sound_part(part: bytes, hazards: Hazards) -> bytes:
    """What comes before a hazard, so that the records there are read."""
    sound, size = 0, len(part)
    while size := size // 2:
        further = copy(hazards)
        while sound + size <= len(part) and not further.find(part[sound : sound + size]):
            sound, hazards = sound + size, copy(further)
    return part[:sound]


def _escaped(string: re.Match[bytes]) -> bytes:
    if not _CONTROL.search(string[0]):
        return string[0]
    return _TO_ESCAPE.sub(lambda sign: sign[0] if len(sign[0]) > 1 else b"\\u%04x" % sign[0][0], string[0])


def _is_infinite(value: Any) -> bool:  # noqa: ANN401  any JSON
    """Is there a number in it that no float holds?"""
    if isinstance(value, Decimal):
        return math.isinf(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_is_infinite, inner))


def plain_numbers(value: Any) -> Any:  # noqa: ANN401  any JSON
    """JSON with floats where the parser gives decimals."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: plain_numbers(inner) for name, inner in value.items()}
    return [plain_numbers(inner) for inner in value] if isinstance(value, list) else value


def _parsed(line: TextLine) -> AnyRecord:
    try:
        value = parsed_json(line.text)
    except ValueError as error:
        return BrokenRecord(line.number, f"is no valid JSON ({json_fault(error)})", {"": line.text})
    if not isinstance(value, dict):
        return BrokenRecord(line.number, "expected a JSON object", {"": value})
    return FileRecord(line.number, value, len(line.text))


def _iter_items(stream: PeekedStream, prefix: str, encoding: str) -> Iterator[AnyRecord]:
    number, before = 0, 0
    try:
        guarded = _Guarded(_in_utf8(stream, encoding))
        for value in ijson.items(guarded, prefix, multiple_values=True):
            number += 1
            size, before = stream.offset - before, stream.offset
            if not isinstance(value, dict):
                yield BrokenRecord(number, "expected a JSON object", {"": value})
            elif guarded.hazards.has_huge_number and _is_infinite(value):
                yield BrokenRecord(number, f"holds {BEYOND}", {"": value})
            else:
                yield FileRecord(number, value, size)
    except (ijson.JSONError, UnicodeDecodeError, _Hazard) as error:
        # The parser's own words hold the text around the fault; only their first line does not.
        reason = f"the JSON ends or breaks here ({json_fault(error)}); nothing behind it can be read"
        yield BrokenRecord(number + 1, reason, {})


def _in_utf8(stream: PeekedStream, named: str) -> PeekedStream | Utf8Stream:
    """The stream in UTF-8, which is all that the parser reads."""
    encoding, mark = find_encoding(stream.peek(), named, is_long=stream.is_long)
    stream.read(len(mark))
    return stream if encoding in ("", "utf-8") else Utf8Stream(stream, encoding)


def _find_prefix(stream: PeekedStream, envelopes: Sequence[str], encoding: str) -> str:
    """Where the records are, in ijson's words: `item`, `tickets.item`, or empty for the document itself.

    Looks at the first MiB only: exports name their list before it.
    """
    head = io.BytesIO(beginning(stream.peek(), encoding).encode("utf-8", "replace"))
    try:
        for prefix, event, _ in ijson.parse(_Guarded(head)):
            if event == "start_array" and (prefix == "" or prefix in envelopes):
                return f"{prefix}.item" if prefix else "item"
            if event == "end_map" and prefix == "":
                return ""
    except ijson.JSONError:
        pass
    except _Hazard as error:
        raise InvalidInput(f"this JSON cannot be read: {error}.") from error
    if not stream.is_long:
        return ""
    raise InvalidInput(
        f"this is one JSON object, and none of {', '.join(envelopes) or 'its keys'} is a list at its beginning; "
        "write the records as a JSON array, or one per line."
    )
