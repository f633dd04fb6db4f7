"""Whatever is written as CSV or JSONL is read as it was; whatever bytes come, nothing but InvalidInput is raised."""

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from retriever.case.tidy import tidy_line, tidy_text
from retriever.domain import Case, Outcome, Source, Status
from retriever.errors import InvalidInput
from retriever.ingest.case_files import ReaderOptions, open_case_file
from retriever.ingest.files.guards import guarded, unguarded
from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.ingest.rows import CaseRow, Rejected
from retriever.operations.export import export_cases
from retriever.store import open_store

DELIMITERS = st.sampled_from([",", ";", "\t", "|"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
TRICKY = st.text(st.sampled_from("a中é,;|\t\"'\n=-+@ 、"), min_size=1, max_size=12)
# Every character that can stand in a file; a carriage return is a line break there, and so is written as one.
ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=30)
CELL = (TRICKY | ANY_TEXT).filter(lambda text: not text.isspace())
LINE = CELL.map(tidy_line).filter(bool)
LONG = CELL.map(tidy_text).filter(bool)
NAMES = st.lists(LINE, max_size=3, unique=True).map(tuple)
CASES = st.builds(
    Case,
    id=st.integers(0, 10**9).map(lambda number: f"c-{number}"),
    problem=LONG,
    solution=LONG,
    source=st.just(Source("desk")),
    language=st.sampled_from(["en", "zh-Hans"]),
    title=st.just("") | LINE,
    steps=st.lists(LONG, max_size=3).map(tuple),
    outcome=st.builds(
        Outcome,
        summary=st.just("") | LONG,
        resolution_minutes=st.none() | st.integers(0, 10_000),
        csat=st.none() | st.floats(0, 100),
        first_contact_resolved=st.none() | st.booleans(),
    ),
    product=st.just("") | LINE,
    error_codes=NAMES,
    tags=NAMES,
    status=st.sampled_from(Status),
)


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8), DELIMITERS, ENCODINGS, st.sampled_from(["\n", "\r\n"]))
def test_a_table_is_read_as_it_was_written(
    rows: list[tuple[str, str]], delimiter: str, encoding: str, ending: str
) -> None:
    """Cells come back exactly, in order, each record with its line, for every named encoding and delimiter."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=ending)
    expected_lines = []
    writer.writerow(["problem", "solution"])
    for row in rows:
        expected_lines.append(buffer.getvalue().count("\n") + 1)
        writer.writerow([guarded(cell) for cell in row])
    options = ReaderOptions(delimiter=delimiter, encoding=encoding)
    with open_case_file(io.BytesIO(buffer.getvalue().encode(encoding)), options) as reader:
        read = list(reader)
    assert [(row.values["problem"], row.values["solution"]) for row in read if isinstance(row, CaseRow)] == rows
    assert [row.line for row in read] == expected_lines


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"problem": CELL, "solution": CELL}), min_size=1, max_size=8), ENCODINGS)
def test_json_lines_are_read_as_they_were_written(rows: list[dict[str, str]], encoding: str) -> None:
    """Values come back exactly for every named encoding, escaped or not."""
    text = "".join(json.dumps(row, ensure_ascii=place % 2 == 0) + "\n" for place, row in enumerate(rows))
    with open_case_file(io.BytesIO(text.encode(encoding)), ReaderOptions(encoding=encoding, format="jsonl")) as reader:
        assert [row.values for row in reader if isinstance(row, CaseRow)] == rows


@settings(deadline=None)
@given(st.text() | TRICKY)
@example("'=")
@example("''=1")
def test_a_guard_is_taken_back(text: str) -> None:
    """A guarded text never begins like a formula, and its guard comes off."""
    assert not guarded(text).startswith(tuple("=+-@\t\r＝＋－＠"))
    assert unguarded(guarded(text)) == text


@settings(deadline=None, max_examples=20)
@given(st.lists(CASES, min_size=1, max_size=5, unique_by=lambda case: case.id), st.sampled_from(["jsonl", "csv"]))
def test_an_export_gives_the_same_cases(cases: list[Case], format: str) -> None:
    """Every case comes through export and ingest unchanged."""
    with (
        TemporaryDirectory() as folder,
        open_store(Path(folder, "a.sqlite3")) as first,
        open_store(Path(folder, "b.sqlite3")) as second,
    ):
        first.cases.upsert(cases)
        stream = io.BytesIO()
        export_cases(first, stream, format="csv" if format == "csv" else "jsonl")
        report = ingest(io.BytesIO(stream.getvalue()), second, IngestOptions())
        assume(not report.mended)  # signs that look broken by another program are repaired on the way in
        assert report.rows == ()
        assert [stored.case for stored in second.cases.iter()] == cases


HEADED = st.builds(
    lambda header, body: header + body,
    st.sampled_from(
        [b"", b"problem,solution\n", b'{"problem": "x"}\n', b"\xff\xfe", b"\xef\xbb\xbfproblem;solution\n"]
    ),
    st.binary(max_size=200) | st.text(st.sampled_from('",;\n\r{}[]:ab\x00'), max_size=80).map(str.encode),
)


@settings(deadline=None)
@given(HEADED)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Rows or rejects with growing lines, or InvalidInput; never another error."""
    try:
        with open_case_file(io.BytesIO(data)) as reader:
            rows = list(reader)
    except InvalidInput:
        return
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    assert all(row.reason for row in rows if isinstance(row, Rejected))
