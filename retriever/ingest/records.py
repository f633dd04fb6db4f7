"""Records of any export, one at a time: JSON arrays and pages, JSONL, CSV with repeated headers, XLSX.

Nothing is ever held whole: JSON is parsed as it is read, and a workbook's sheet row by row. `line` is the line of a
JSONL or CSV file, the row of a sheet, and in other JSON the number of the record.
"""

import io
import itertools
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self, TypeAlias, cast

import ijson

from retriever.errors import InvalidInput
from retriever.ingest.cells import unguarded
from retriever.ingest.columns import find_field
from retriever.ingest.decoding import CHUNK, LineReader
from retriever.ingest.jsontext import json_fault, parsed_json
from retriever.ingest.tables import iter_records, read_header, sniff_delimiter

SHARED_LIMIT = 512 << 20
"""Most bytes of a workbook's table of texts, which is read into memory."""
UNPACKED_LIMIT = 8 << 30
"""Most bytes of a workbook's parts together, unpacked."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_ZIP = b"PK\x03\x04"
_PEEKED = 200  # lines


class Found(NamedTuple):
    """One record: where it stands, its values by key or header (repeated headers: a list), its length in characters."""

    line: int
    values: dict[str, Any]
    size: int


class Broken(NamedTuple):
    """A record that cannot be read: where it begins, and why."""

    line: int
    reason: str


RecordResult: TypeAlias = Found | Broken


class Records:
    """An open export. Iterate it once; close it after use (or use `with`)."""

    def __init__(self, stream: BinaryIO, *, envelopes: Sequence[str], suffix: str = "", encoding: str = "",
                 delimiter: str = "") -> None:  # fmt: skip
        """See `open_records`."""
        self._closing = ExitStack()
        self._counted = Rewound(stream)
        self._encoding = encoding
        self.delimiter = delimiter
        head = self._counted.peek()
        self.format = _format_of(head, suffix, envelopes)
        if self.format == "json":
            self._prefix = find_prefix(self._counted, envelopes)
        self.encoding = encoding or "utf-8"

    @property
    def offset(self) -> int:
        """Bytes taken from the file so far."""
        return self._counted.offset

    def own(self, stream: BinaryIO) -> None:
        """Close this stream too."""
        self._closing.callback(stream.close)

    def __iter__(self) -> Iterator[RecordResult]:
        return {"json": self._json, "jsonl": self._jsonl, "csv": self._csv, "xlsx": self._xlsx}[self.format]()

    def close(self) -> None:
        """Close the file, unless the caller gave it open."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _binary(self) -> BinaryIO:
        return cast(BinaryIO, self._counted)  # it has what a LineReader uses

    def _json(self) -> Iterator[RecordResult]:
        stream = _as_utf8(self._counted)
        number, before = 0, 0
        try:
            for value in ijson.items(stream, self._prefix, multiple_values=True):
                number += 1
                size, before = self.offset - before, self.offset
                yield (
                    Found(number, value, size) if isinstance(value, dict) else Broken(number, "expected a JSON object")
                )
        except (ijson.JSONError, UnicodeDecodeError) as error:
            # The parser's own words hold the text around the fault; only their first line does not.
            yield Broken(
                number + 1, f"the JSON ends or breaks here ({json_fault(error)}); nothing behind it can be read"
            )

    def _jsonl(self) -> Iterator[RecordResult]:
        lines = LineReader(self._binary(), encoding=self._encoding)
        for line in lines:
            self.encoding = lines.encoding
            if line.fault:
                yield Broken(line.number, line.fault)
            elif line.text and not line.text.isspace():
                try:
                    value = parsed_json(line.text)
                except (ValueError, RecursionError) as error:
                    yield Broken(line.number, f"is no valid JSON ({json_fault(error)})")
                    continue
                if isinstance(value, dict):
                    yield Found(line.number, value, len(line.text))
                else:
                    yield Broken(line.number, "expected a JSON object")

    def _csv(self) -> Iterator[RecordResult]:
        lines = LineReader(self._binary(), encoding=self._encoding)
        rest = iter(lines)
        head = list(itertools.islice(rest, _PEEKED))
        self.encoding = lines.encoding
        self.delimiter = self.delimiter or sniff_delimiter(
            [line.text for line in head], lambda cell: find_field(cell) is not None
        )
        rest = itertools.chain(head, rest)
        header = read_header(rest, self.delimiter)
        if header is None:
            return
        for record in iter_records(rest, self.delimiter, width=len(header.cells)):
            if record.fault:
                yield Broken(record.line, record.fault)
            else:
                cells = [unguarded(cell) for cell in record.cells]
                yield Found(record.line, _by_header(header.cells, cells), sum(map(len, cells)))

    def _xlsx(self) -> Iterator[RecordResult]:
        for line, values in iter_sheet(self._counted.whole()):
            if line == 0:
                header = values
            else:
                yield Found(line, _by_header(header, values), sum(map(len, values)))


class Rewound:
    """A binary stream whose beginning can be looked at before it is read; counts what was read."""

    def __init__(self, stream: BinaryIO) -> None:
        """`stream` is at its beginning."""
        self._stream = stream
        self._head: bytes | None = None
        self.offset = 0

    def peek(self) -> bytes:
        """The first MiB, or all of a shorter stream."""
        if self._head is None:
            self._head = b""
            while len(self._head) < CHUNK and (part := self._stream.read(CHUNK - len(self._head))):
                self._head += part
        return self._head

    def read(self, size: int = -1) -> bytes:
        """The next bytes: what was looked at first."""
        if self._head:
            part = self._head if size < 0 else self._head[:size]
            self._head = self._head[len(part) :]
            if size < 0:
                part += self._stream.read()
        else:
            part = self._stream.read(size)
        self.offset += len(part)
        return part

    def whole(self) -> BinaryIO:
        """The stream itself from its beginning, for what must be sought in. Raises InvalidInput for a pipe."""
        if not self._stream.seekable():
            raise InvalidInput("a workbook cannot be read from a pipe; give the file.")
        self._stream.seek(0)
        self._head = b""
        return self._stream


def open_records(
    source: Path | BinaryIO, *, envelopes: Sequence[str] = (), encoding: str = "", delimiter: str = ""
) -> Records:
    """Open an export. `envelopes` are the keys of a page under which its records may stand.

    Raises InvalidInput for a file that is missing or is of no known kind.
    """
    if not isinstance(source, Path):
        return Records(source, envelopes=envelopes, encoding=encoding, delimiter=delimiter)
    try:
        stream = source.open("rb")
    except OSError as error:
        raise InvalidInput(f"{source} cannot be read: {error.strerror}.") from error
    try:
        records = Records(stream, envelopes=envelopes, suffix=source.suffix.lower(), encoding=encoding,
                          delimiter=delimiter)  # fmt: skip
    except InvalidInput as error:
        stream.close()
        raise InvalidInput(f"{source.name}: {error}") from error
    records.own(stream)
    return records


def find_prefix(stream: Rewound, envelopes: Sequence[str]) -> str:
    """Where in a JSON document the records are, in ijson's words: `item`, `tickets.item`, or empty for the document.

    Looks at the first MiB only: exports name their list before it. Raises InvalidInput when they do not.
    """
    head = _decoded_head(stream.peek())
    try:
        for prefix, event, _ in ijson.parse(io.BytesIO(head)):
            if event == "start_array" and (prefix == "" or prefix in envelopes):
                return f"{prefix}.item" if prefix else "item"
            if event == "end_map" and prefix == "":
                return ""
    except ijson.JSONError:
        pass
    if len(stream.peek()) < CHUNK:
        return ""
    raise InvalidInput(
        f"this is one JSON object, and none of {', '.join(envelopes) or 'its keys'} is a list at its beginning; "
        "write the records as a JSON array, or one per line."
    )


def iter_sheet(stream: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Rows of the first sheet that is not empty, as texts: the header with number 0, then the others by row number.

    Raises InvalidInput for what is no workbook, or one too large when unpacked.
    """
    import openpyxl  # noqa: PLC0415  takes as long to load as all modules of the server, which hardly ever needs it

    _check_archive(stream)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and print areas, which nobody asked for
        try:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
            raise InvalidInput(
                f"this workbook cannot be opened ({type(error).__name__}); save it again as XLSX."
            ) from error
        try:
            for sheet in book.worksheets:
                if hasattr(sheet, "reset_dimensions"):
                    sheet.reset_dimensions()  # some programs write a wrong size
                header = False
                for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                    cells = [_cell(value) for value in row]
                    if any(cells):
                        yield (number if header else 0), cells
                        header = True
                if header:
                    return
        finally:
            book.close()


def plain_numbers(value: Any) -> Any:  # noqa: ANN401  any JSON
    """JSON with floats where the parser gives decimals."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: plain_numbers(inner) for name, inner in value.items()}
    return [plain_numbers(inner) for inner in value] if isinstance(value, list) else value


def _format_of(head: bytes, suffix: str, envelopes: Sequence[str]) -> str:
    if head.startswith(_ZIP):
        return "xlsx"
    text = _decoded_head(head).lstrip()
    if text.startswith(b"["):
        return "json"
    if text.startswith(b"{"):
        first, newline, _ = text.partition(b"\n")
        return "jsonl" if _is_record(first, envelopes, whole=bool(newline)) else "json"
    if suffix in (".xlsx", ".xlsm"):
        raise InvalidInput("this is no XLSX workbook; save it again as XLSX, or as CSV (UTF-8).")
    return "csv"


def _is_record(line: bytes, envelopes: Sequence[str], *, whole: bool) -> bool:
    """Is the first line a record of its own, and not a page of them?"""
    try:
        value = parsed_json(line.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return False
    page = isinstance(value, dict) and any(isinstance(value.get(name), list) for name in envelopes)
    return isinstance(value, dict) and not page and (whole or bool(value))


def _decoded_head(head: bytes) -> bytes:
    """The beginning in UTF-8, without a byte order mark."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, errors="ignore").encode()
    return head


def _as_utf8(stream: Rewound) -> Any:  # noqa: ANN401  what ijson reads from
    """The stream as UTF-8; a mark is taken off, UTF-16 is converted as it is read."""
    head = stream.peek()
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            stream.read(len(mark))
            return stream if encoding == "utf-8" else _Utf8(stream, encoding)
    return stream


class _Utf8:
    def __init__(self, stream: Rewound, encoding: str) -> None:
        self._decoder = io.TextIOWrapper(
            io.BufferedReader(_Raw(stream)), encoding=encoding, errors="replace", newline=""
        )

    def read(self, size: int = -1) -> bytes:
        return self._decoder.read(size).encode()


class _Raw(io.RawIOBase):
    def __init__(self, stream: Rewound) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  any writable buffer
        part = self._stream.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


def _by_header(header: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """Filled cells by header; the cells of a header that stands several times become a list."""
    values: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=False):
        if not name or not cell:
            continue
        if name not in values:
            values[name] = cell
        elif isinstance(values[name], list):
            values[name].append(cell)
        else:
            values[name] = [values[name], cell]
    return values


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    return "" if text.startswith("#") and text.rstrip("!?").isupper() and len(text) < 10 else text  # such as #REF!


def _check_archive(stream: BinaryIO) -> None:
    """An archive of a few kilobytes can unpack to terabytes."""
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InvalidInput("this workbook is damaged; save it again as XLSX.") from error
    shared = sum(part.file_size for part in parts if "sharedstrings" in part.filename.lower())
    if shared > SHARED_LIMIT or sum(part.file_size for part in parts) > UNPACKED_LIMIT:
        raise InvalidInput("this workbook is too large to be read; save the sheet as CSV (UTF-8).")
    stream.seek(0)
