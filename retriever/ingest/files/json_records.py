"""JSON objects, one at a time: one a line, or in a document that is parsed as it is read. The home of ijson."""

import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import ijson

from retriever.errors import InvalidInput
from retriever.ingest.files.encodings import as_utf8, find_mark
from retriever.ingest.files.json_text import json_fault, parsed_json
from retriever.ingest.files.lines import TextLine
from retriever.ingest.files.records import AnyRecord, BrokenRecord, FileRecord
from retriever.ingest.files.streams import PeekedStream, Utf8Stream


def iter_json_lines(lines: Iterable[TextLine]) -> Iterator[AnyRecord]:
    """The object of each line that is not blank, by its line."""
    for line in lines:
        if line.fault:
            yield BrokenRecord(line.number, line.fault)
        elif line.text and not line.text.isspace():
            yield _parsed(line)


def open_json(stream: PeekedStream, envelopes: Sequence[str] = ()) -> Iterator[AnyRecord]:
    """The objects of a document, by their number: of its array, of a list under one of `envelopes`, or it itself.

    Raises InvalidInput for a large object without such a list, which would have to be held whole.
    """
    return _iter_items(stream, _find_prefix(stream, envelopes))


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
    except (ValueError, RecursionError) as error:
        return BrokenRecord(line.number, f"is no valid JSON ({json_fault(error)})")
    if not isinstance(value, dict):
        return BrokenRecord(line.number, "expected a JSON object")
    return FileRecord(line.number, value, len(line.text))


def _iter_items(stream: PeekedStream, prefix: str) -> Iterator[AnyRecord]:
    number, before = 0, 0
    try:
        for value in ijson.items(_without_mark(stream), prefix, multiple_values=True):
            number += 1
            size, before = stream.offset - before, stream.offset
            if isinstance(value, dict):
                yield FileRecord(number, value, size)
            else:
                yield BrokenRecord(number, "expected a JSON object")
    except (ijson.JSONError, UnicodeDecodeError) as error:
        # The parser's own words hold the text around the fault; only their first line does not.
        reason = f"the JSON ends or breaks here ({json_fault(error)}); nothing behind it can be read"
        yield BrokenRecord(number + 1, reason)


def _without_mark(stream: PeekedStream) -> PeekedStream | Utf8Stream:
    """The stream in UTF-8, which is all that the parser reads."""
    encoding, mark = find_mark(stream.peek()) or ("utf-8", b"")
    stream.read(len(mark))
    return stream if encoding == "utf-8" else Utf8Stream(stream, encoding)


def _find_prefix(stream: PeekedStream, envelopes: Sequence[str]) -> str:
    """Where the records are, in ijson's words: `item`, `tickets.item`, or empty for the document itself.

    Looks at the first MiB only: exports name their list before it.
    """
    try:
        for prefix, event, _ in ijson.parse(io.BytesIO(as_utf8(stream.peek()))):
            if event == "start_array" and (prefix == "" or prefix in envelopes):
                return f"{prefix}.item" if prefix else "item"
            if event == "end_map" and prefix == "":
                return ""
    except ijson.JSONError:
        pass
    if not stream.is_long:
        return ""
    raise InvalidInput(
        f"this is one JSON object, and none of {', '.join(envelopes) or 'its keys'} is a list at its beginning; "
        "write the records as a JSON array, or one per line."
    )
