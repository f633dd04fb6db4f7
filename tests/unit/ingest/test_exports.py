"""Records of any kind of file, one at a time: found under their envelope, and damage costs only what it must."""

import io
import json
from pathlib import Path

import openpyxl
import pytest

from retriever.errors import InvalidInput
from retriever.ingest.exports import open_export
from retriever.ingest.files.record_file import FileOptions
from retriever.ingest.files.records import AnyRecord, BrokenRecord, FileRecord
from retriever.ingest.sources.registry import SourceMapping
from retriever.ingest.sources.ticket import SkipReason
from tests.support.workbooks import make_workbook

ANY = SourceMapping("any", lambda _record: SkipReason.UNRESOLVED, envelopes=("tickets",))


def read(source: bytes | Path) -> list[AnyRecord]:
    """The records of an export."""
    with open_export(io.BytesIO(source) if isinstance(source, bytes) else source, ANY) as reader:
        return list(reader.file.records())


def ids(found: list[AnyRecord]) -> list[object]:
    """What identifies each record; None for a broken one."""
    return [item.values.get("id") if isinstance(item, FileRecord) else None for item in found]


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 1}, {"id": 2}]',
        '{"tickets": [{"id": 1}, {"id": 2}], "count": 2}',
        '{"count": 2, "users": [{"id": 9}], "tickets": [{"id": 1}, {"id": 2}]}',
        '{"tickets": [{"id": 1}]}\n{"tickets": [{"id": 2}]}\n',
        '{"id": 1}\n\n{"id": 2}\n',
        '{\n "id": 1\n}\n{\n "id": 2\n}',
        "id\n1\n2\n",
    ],
    ids=["array", "page", "page behind other lists", "pages", "lines", "documents", "table"],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "with a mark"])
def test_records_are_found_wherever_they_stand(text: str, mark: bytes) -> None:
    """In an array, in pages, in lines, in documents one behind the other, in a table."""
    found = read(mark + text.encode())

    assert [str(id) for id in ids(found)] == ["1", "2"]


def test_utf16_json_is_read() -> None:
    """With its mark, as some exports write it."""
    found = read(json.dumps([{"id": "ä漢"}], ensure_ascii=False).encode("utf-16"))

    assert ids(found) == ["ä漢"]


def test_json_that_breaks_off_keeps_what_came_before() -> None:
    """The fault has its place, and repeats nothing of the text."""
    found = read(b'[{"id": 1}, {"id": 2}, {"id": 3, "name": "Jane Roe')

    assert ids(found) == [1, 2, None]
    assert isinstance(found[2], BrokenRecord)
    assert found[2].line == 3
    assert "Jane" not in found[2].reason


def test_repeated_headers_become_lists() -> None:
    """As Jira writes comments and labels."""
    (found,) = read(b"key,comment,comment,comment\nA,one,,three\n")

    assert isinstance(found, FileRecord)
    assert found.values == {"key": "A", "comment": ["one", "three"]}


def test_a_large_object_without_a_known_list_is_refused(tmp_path: Path) -> None:
    """It would have to be held whole."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"other": ["x" * 1000] * 2000, "more": 1}), encoding="utf-8")

    with pytest.raises(InvalidInput, match="none of tickets"):
        read(path)


def test_a_bomb_of_a_workbook_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small archive whose texts unpack to more than memory should hold."""
    monkeypatch.setattr("retriever.ingest.files.workbook_parts.UNPACKED_LIMIT", 2 << 20)
    path = make_workbook(tmp_path / "bomb.xlsx", [["id"]], texts=["x" * (3 << 20)])
    assert path.stat().st_size < 10_000

    with pytest.raises(InvalidInput, match="too large"):
        read(path)


def test_what_only_looks_like_a_workbook_is_refused(tmp_path: Path) -> None:
    """A damaged archive, and a text with the wrong ending."""
    damaged, text = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    damaged.write_bytes(b"PK\x03\x04 nothing")
    text.write_text("id,problem\n", encoding="utf-8")

    with pytest.raises(InvalidInput, match="damaged"):
        read(damaged)
    with pytest.raises(InvalidInput, match="no XLSX"):
        read(text)


def test_cells_of_a_workbook_are_texts(tmp_path: Path) -> None:
    """Whole numbers without a point, truth in lower case, errors of formulas empty, blank rows left out."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for cells in ([None], ["n", "t", "e", "f"], [12.0, True, "#REF!", 1.5], [None] * 4, ["x"]):
        sheet.append(cells)
    book.save(tmp_path / "a.xlsx")

    assert read(tmp_path / "a.xlsx") == [
        FileRecord(3, {"n": "12", "t": "true", "f": "1.5"}, 9),
        FileRecord(5, {"n": "x"}, 1),
    ]


@pytest.mark.parametrize("delimiter", [",,", '"', "\n"])
def test_an_impossible_delimiter_is_refused(delimiter: str) -> None:
    """A delimiter is one character that is no quote and no line break."""
    with (
        pytest.raises(InvalidInput, match="delimiter"),
        open_export(io.BytesIO(b"id\n1\n"), ANY, FileOptions(delimiter=delimiter)),
    ):
        pass
