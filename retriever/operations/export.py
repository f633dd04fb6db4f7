"""Cases out of the store as JSONL, CSV or XLSX, one at a time; all can be taken in again."""

import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import orjson

from retriever.case.fields import FIELDS, LISTS
from retriever.case.format import encode_case
from retriever.domain import Status, StoredCase
from retriever.errors import Unavailable
from retriever.ingest.files.guards import guarded
from retriever.ingest.files.sheet_writing import write_sheet
from retriever.store.case_rows import CaseFilter
from retriever.store.store import Store

ExportFormat: TypeAlias = Literal["jsonl", "csv", "xlsx"]

_EVERYTHING = CaseFilter()


def export_cases(
    store: Store,
    stream: BinaryIO,
    *,
    format: ExportFormat = "jsonl",
    which: CaseFilter = _EVERYTHING,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the cases that the filter lets through, by growing key, in UTF-8; how many.

    JSONL holds each case with its version and times. CSV has a column per field, lists as JSON arrays, a byte order
    mark (Excel takes it for another encoding without), and a quote before what a spreadsheet would run as a formula,
    which reading takes away again. XLSX is the same, every cell a text. `progress` gets the number written,
    every thousand cases.
    """
    if format == "xlsx":
        return write_sheet(stream, FIELDS, (_cells(stored) for stored in store.cases.iter(which)), progress)
    lines = _json_lines if format == "jsonl" else _table_lines
    written = 0
    for written, line in enumerate(lines(store, which)):
        stream.write(line)
        if progress and written and written % 1_000 == 0:
            progress(written)
    return written


def export_file(store: Store, file: Path, *, format: ExportFormat, which: CaseFilter) -> int:
    """The same into a file, which no reader ever sees half of; what was there is written over. Raises Unavailable."""
    with _replaced(file) as stream:
        written = export_cases(store, stream, format=format, which=which)
        stream.flush()
    return written


def cases_of(statuses: Sequence[Status] = (), languages: Sequence[str] = ()) -> CaseFilter:
    """Cases in these states and languages; all without any."""
    return CaseFilter(statuses=tuple(statuses), languages=tuple(languages))


@contextmanager
def _replaced(file: Path) -> Iterator[BinaryIO]:
    """Write beside the target and rename. Raises Unavailable."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as stream:
            temporary.chmod(0o600)  # customers' texts
            yield stream
        temporary.replace(file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _json_lines(store: Store, which: CaseFilter) -> Iterator[bytes]:
    # The first line counts as none, as the header of a table does.
    yield b""
    for stored in store.cases.iter(which):
        plain = orjson.loads(encode_case(stored.case))
        plain |= {"version": stored.version, "created_at": stored.created_at, "updated_at": stored.updated_at}
        yield orjson.dumps(plain, option=orjson.OPT_APPEND_NEWLINE)


def _table_lines(store: Store, which: CaseFilter) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(FIELDS)
    yield ("\ufeff" + buffer.getvalue()).encode()
    for stored in store.cases.iter(which):
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(_cells(stored))
        yield buffer.getvalue().encode()


def _cells(stored: StoredCase) -> list[str]:
    plain: dict[str, Any] = orjson.loads(encode_case(stored.case))
    for name in ("source", "outcome"):
        plain |= {f"{name}.{part}": value for part, value in plain.pop(name).items()}
    return [_cell(name, plain.get(name)) for name in FIELDS]


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if name in LISTS:
        # Always as an array: an entry may hold any of the signs that separate entries.
        return orjson.dumps(value).decode()
    if isinstance(value, bool):
        return str(value).lower()
    return guarded(str(value))
