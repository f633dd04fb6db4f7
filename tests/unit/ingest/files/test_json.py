"""JSON keeps its numbers in whatever encoding it stands; what is nested without end is refused at once."""

import io
import json
import time

import pytest

from retriever.errors import InvalidInput
from retriever.ingest.case_files import ReaderOptions, open_case_file
from retriever.ingest.files.hazards import DEEPEST, Hazards
from retriever.ingest.files.json_text import parsed_json
from retriever.ingest.rows import AnyRow, CaseRow, Rejected

BIG = [2**63, 2**64 - 1, 2**64, 2**64 + 1, 20250301000012345678, 10**40 + 7, -(2**70) - 1]


def read(data: bytes, **options: str) -> list[AnyRow]:
    """All rows."""
    with open_case_file(io.BytesIO(data), ReaderOptions(**options)) as reader:  # type: ignore[arg-type]
        return list(reader)


@pytest.mark.parametrize("number", BIG)
def test_integers_are_exact_whatever_their_length(number: int) -> None:
    """In lines, in an array and in a nested field."""
    record = json.dumps({"id": number, "source": {"external_id": number}})
    for text in (record, f"[{record}]", f"[\n{record},\n{record}]"):
        for row in read(text.encode()):
            assert isinstance(row, CaseRow)
            assert row.values == {"id": number, "source": {"external_id": number}}


@pytest.mark.parametrize(
    "text", ['{"id": %s}\n', '[{"id": "a"}, {"id": -%s}]', '[{"id": "a"},\n {"id": 1.%se-7}]'], ids=["line", "a", "b"]
)
def test_a_number_of_thousands_of_digits_is_refused_in_a_line(text: str) -> None:
    """The interpreter would refuse it with an error of its own, and the parser of documents ends the process then."""
    try:
        *_, last = read((text % ("9" * 5_000)).encode())
    except InvalidInput as error:
        assert "more than 4,000 digits" in str(error)
    else:
        assert isinstance(last, Rejected)
        assert "more than 4,000 digits" in last.reason


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "gb18030"]
)
@pytest.mark.parametrize("indent", [None, 1])
def test_a_document_is_read_in_every_encoding(encoding: str, indent: int | None) -> None:
    """With or without a mark, in one line or in several."""
    text = json.dumps([{"id": "漢", "problem": "打印机卡纸了怎么办"}] * 2, ensure_ascii=False, indent=indent)
    for named in ({}, {"encoding": encoding}):
        assert [row.values["id"] for row in read(text.encode(encoding), **named) if isinstance(row, CaseRow)] == [
            "漢"
        ] * 2


def test_a_document_may_be_in_an_encoding_that_is_named() -> None:
    """What cannot be told apart is read as the caller says."""
    (row,) = read('[{"problem": "Straße"}]'.encode("windows-1252"), encoding="windows-1252")
    assert isinstance(row, CaseRow)
    assert row.values == {"problem": "Straße"}


def test_damage_in_a_document_is_told() -> None:
    """A byte that its encoding does not know ends the document in one line; nothing is made up for it."""
    *_, last = read('[{"id": "ä"}, {"id": "'.encode() + b'\xff"}]', encoding="utf-8")
    assert isinstance(last, Rejected)
    *_, last = read('[{"id": "漢'.encode("shift_jis") + b'\xff\xff"}]', encoding="shift_jis")
    assert isinstance(last, Rejected)
    assert "no valid shift_jis" in last.reason


HOSTILE = {
    "open lists": lambda size: "[" * size,
    "open objects": lambda size: '{"a":' * size,
    "lists in a record": lambda size: '[{"a": ' + "[" * size,
    "lists in a page": lambda size: '{"a": ' + "[" * size,
    "closed lists": lambda size: "[" * size + "]" * size,
    "a line": lambda size: '{"a": ' + "[" * size + "]" * size + "}\n",
    "behind strings": lambda size: '[{"a": "' + '\\"[' * size + '"}, ' + "[" * size,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_deep_json_is_refused_at_once_in_one_line(kind: str) -> None:
    """Whether it stands in a document or in a line; a million brackets take no longer than their reading."""
    started = time.process_time()
    try:
        rows = read(HOSTILE[kind](1_000_000).encode())
    except InvalidInput as error:
        assert "nested more than" in str(error) or "no column" in str(error)
    else:
        assert any(isinstance(row, Rejected) and "nested more than" in row.reason for row in rows)
    assert time.process_time() - started < 5


def test_depth_is_counted_outside_of_strings_only() -> None:
    """Brackets in texts, escaped quotes and any cut between pieces make no difference."""
    text = '{"a": "' + "[" * 999 + '\\"[\\\\", "b": ' + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1) + "}"
    assert not Hazards().find_in(text)
    assert Hazards().find_in("[" + text + "]")
    for size in (1, 2, 3, 7):
        for whole, deep in ((text, False), ("[" + text + "]", True)):
            hazards, data = Hazards(), whole.encode()
            assert any(hazards.find(data[at : at + size]) for at in range(0, len(data), size)) is deep


@pytest.mark.parametrize("size", [1, 999, 4_000, 1 << 16])
def test_digits_are_counted_across_pieces(size: int) -> None:
    """And those in texts are not."""
    for number, long in (("9" * 4_000, False), ("9" * 4_001, True), (f'"{"9" * 9_000}"', False)):
        hazards, data = Hazards(), f'{{"a": {number}, "b": 1}}'.encode()
        assert any(hazards.find(data[at : at + size]) for at in range(0, len(data), size)) is long


@pytest.mark.parametrize("number", BIG)
@pytest.mark.parametrize("before", [0, *range(65_500, 65_540, 3), 200_000])
def test_integers_are_exact_behind_long_texts(number: int, before: int) -> None:
    """Long texts are looked at piece by piece, and wherever a piece ends the number is seen."""
    value = {"body": "9" * before, "id": number}
    assert parsed_json(json.dumps(value)) == value


def test_digits_within_a_text_cost_no_second_reading() -> None:
    """Only integers need the exact parser; a log of a megabyte has long numbers in it, too."""
    for text, long in (('["' + "9" * 30 + '"]', False), ("[" + "9" * 19 + "]", True), ("[" + "9" * 18 + "]", False)):
        hazards = Hazards()
        hazards.find_in(text)
        assert hazards.has_long_integer is long


def test_json_at_the_limit_is_read() -> None:
    """What the guard lets through, the parser reads."""
    assert parsed_json("[" * DEEPEST + "]" * DEEPEST)
    with pytest.raises(ValueError, match="nested more than"):
        parsed_json("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1))
