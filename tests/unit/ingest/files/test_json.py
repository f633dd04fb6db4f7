"""JSON keeps its numbers in whatever encoding it stands; what is nested without end is refused at once."""

import io
import json
import time
from pathlib import Path

import pytest

from retriever.errors import InvalidInput
from retriever.ingest.case_files import ReaderOptions, open_case_file
from retriever.ingest.cells import split_list
from retriever.ingest.files.hazards import DEEPEST, Hazards
from retriever.ingest.files.json_text import exact_json, parsed_json
from retriever.ingest.rows import AnyRow, CaseRow, Rejected
from tests.support.numbers import LONG_INTEGERS, NO_NUMBERS

BIG = [*LONG_INTEGERS, -(2**70) - 1]


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
    assert exact_json(json.dumps(value).encode()) == value


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


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number_is_refused(value: str) -> None:
    """Beside a long integer and nested, too, by whoever reads JSON."""
    for text in (value, f'{{"a": [{value}]}}', f'[{10**20}, {value}, "\\ud800"]'):
        for read_text in (parsed_json, lambda text: exact_json(text.encode())):
            with pytest.raises(ValueError, match=r"number|JSON|digit|character|surrogate"):
                read_text(text)


@pytest.mark.parametrize("text", ["1e308", "1E+0300", "0e999", "1e-400", '"1e400"', '"NaN"', "-0.0", "1e22", "1" * 309])
def test_large_and_small_numbers_are_read(text: str) -> None:
    """As are texts that look like what is none."""
    assert parsed_json(text) == json.loads(text)
    assert [row.values for row in read(f'[{{"id": {text}}}]'.encode()) if isinstance(row, CaseRow)] == [
        {"id": json.loads(text)}
    ]


@pytest.mark.parametrize("value", [*NO_NUMBERS, "1e99999999999999999999", "-1.5e-99999999999999999999"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_no_number_costs_its_line_alone(value: str, place: int) -> None:
    """Wherever it stands in a file of lines: told by its line, and all others are read."""
    lines = ['{"id": "a"}', '{"id": "b"}', '{"id": "c"}']
    lines[place] = f'{{"id": "x", "source": {{"external_id": {value}}}}}'

    rows = read("\n".join(lines).encode())

    assert [row.line for row in rows if isinstance(row, CaseRow)] == [at for at in (1, 2, 3) if at != place + 1]
    bad = rows[place]
    assert isinstance(bad, Rejected)
    assert "number" in bad.reason


@pytest.mark.parametrize("value", ["1e400", "-1E+0400", "1" + "0" * 400 + ".5"])
def test_an_infinite_number_costs_its_object_alone(value: str) -> None:
    """In a document the others are read, too, however long the texts between them are."""
    text = f'[{{"id": "a", "b": "{"x" * 70_000}"}}, {{"id": "b", "c": [{{"d": {value}}}]}}, {{"id": 1e30}}]'

    first, bad, last = read(text.encode())

    assert isinstance(first, CaseRow)
    assert isinstance(last, CaseRow)
    assert isinstance(bad, Rejected)
    assert (bad.line, bad.reason) == (2, "holds a number beyond all that can be read")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1 << 16])
def test_huge_numbers_are_seen_across_pieces(size: int) -> None:
    """Wherever a piece ends."""
    for number, huge in (
        ("1e400", True),
        ("2.5E+0999", True),
        ("1e99", False),
        ("123e-400", False),
        ('"1e400"', False),
    ):
        hazards, data = Hazards(), f'{{"a": {number}, "b": true}}'.encode()
        assert not any(hazards.find(data[at : at + size]) for at in range(0, len(data), size))
        assert hazards.has_huge_number is huge


@pytest.mark.parametrize(
    "number", ["1e99999999999999999999", "-1.5E-99999999999999999999", "[1e+99999999999999999999]"]
)
def test_an_exponent_of_many_digits_ends_a_document_with_a_reason(number: str) -> None:
    """The parser of documents would raise what nobody expects."""
    *_, last = read(f'[{{"id": "{"a" * 70_000}"}},\n {{"id": {number}}}]'.encode())

    assert isinstance(last, Rejected)
    assert "beyond all that can be read" in last.reason


@pytest.mark.parametrize("before", [0, 1, 700, 70_000])
@pytest.mark.parametrize("bad", ["[" * 300 + "]" * 300, "[" * 3_000, "9" * 5_000, "1e9999999", "NaN"])
def test_what_stands_before_a_hazard_in_a_document_is_read(bad: str, before: int) -> None:
    """And the record that holds it is told by its number."""
    text = f'[{{"id": "a\t"}}, {{"id": "{"b" * before}\t"}},\n {{"id": "c", "x": {bad}}}, {{"id": "d"}}]'

    *good, last = read(text.encode())

    assert [row.values["id"] for row in good if isinstance(row, CaseRow)] == ["a\t", "b" * before + "\t"]
    assert isinstance(last, Rejected)
    assert last.line == 3


def test_a_zero_character_hides_nothing() -> None:
    """Behind a backslash it hid the quote that ends the string, and the brackets behind it."""
    for text in ('{"a":"\\\0\\","b":%s}', '{"a":"\\\0", "b\\\0\\": %s}', '\0{"a":\0%s}'):
        for depth in (DEEPEST + 1, 5_000):
            with pytest.raises(ValueError, match=r"nested more than|Expecting|Invalid"):
                parsed_json(text % ("[" * depth + "]" * depth))
    assert parsed_json('{"a\0": "b\0\\\\\0"}') == {"a": "b\\"}


BAD_LINES = {
    "deep": '{"id": "x", "a": ' + "[" * 300 + "]" * 300 + "}",
    "very deep": '{"id": "x", "a": ' + "[" * 1_000_000,
    "digits": '{"id": ' + "9" * 5_000 + "}",
    "cut off": '{"id": "x", "problem": "the prin',
    "no JSON": '{"id": "x",, "problem": 1}',
    "no number": '{"id": NaN}',
    "deep behind a zero": '{"id":"\\\0\\","b":' + "[" * 5_000,
}


@pytest.mark.parametrize("kind", BAD_LINES)
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".txt"])
def test_a_bad_line_costs_itself_alone(tmp_path: Path, kind: str, place: int, suffix: str) -> None:
    """The first one, too, whatever the file is called, unless that line is longer than what is looked at."""
    lines = ['{"id": "a", "problem": "p"}', '{"id": "b"}', '{"id": "c"}']
    lines[place] = BAD_LINES[kind]
    path = tmp_path / f"cases{suffix}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    with open_case_file(path) as reader:
        rows = list(reader)

    assert [row.line for row in rows] == [1, 2, 3]
    assert [isinstance(row, Rejected) for row in rows] == [at == place for at in range(3)]


def test_a_first_line_beyond_what_is_looked_at_costs_itself_where_the_name_says_lines(tmp_path: Path) -> None:
    """Nothing else could tell it from a document."""
    path = tmp_path / "cases.jsonl"
    path.write_text('{"a": ' + "[" * 2_000_000 + '\n{"id": "b"}\n', encoding="utf-8")

    with open_case_file(path) as reader:
        bad, good = reader

    assert isinstance(bad, Rejected)
    assert "nested more than" in bad.reason
    assert isinstance(good, CaseRow)


@pytest.mark.parametrize(
    "text",
    [
        '{\n "id": "a",\n "source":\n {"system": "s"}\n}\n',
        '{"id": "a", "tags": [\n{"x": 1},\n{"x": 2}]}\n',
        '{"id": "a", "b":\n{"x": 1}}',
        '{"id": "a",\n"source": {"system": "s"}}\n{"id": "b"}',
    ],
)
def test_a_document_of_several_lines_is_none_of_lines(text: str) -> None:
    """A brace at the beginning of its second line is the inside of it."""
    rows = read(text.encode())

    assert [row.line for row in rows if isinstance(row, CaseRow)] == list(range(1, len(rows) + 1))


CONTROLS = ["\t", "\n", "\r\n", "\x01", "\x1f", "\x0b"]


@pytest.mark.parametrize("sign", CONTROLS)
@pytest.mark.parametrize("before", [300, *range(65_510, 65_540, 3)])
def test_a_control_character_in_a_text_ends_no_document(sign: str, before: int) -> None:
    """It is read as in lines, wherever a piece ends, and those between the values stay what they are."""
    text = f'[\r\n\t{{"a": "{"x" * before}", "b\\"": "x{sign}y\\\\{sign}\\n"}},\n{{"c{sign}": []}}\n]'

    first, second = read(text.encode())

    assert isinstance(first, CaseRow)
    assert isinstance(second, CaseRow)
    assert first.values == {"a": "x" * before, 'b"': f"x{sign}y\\{sign}\n"}
    assert second.values == {f"c{sign}": []}


def test_zeros_are_left_out_of_a_document_as_out_of_lines() -> None:
    """Also a whole piece of them."""
    text = '[{"a": "x\0y"},' + "\0" * 200_000 + '{"b": "\\\0n"}]'

    assert [row.values for row in read(text.encode()) if isinstance(row, CaseRow)] == [{"a": "xy"}, {"b": "\n"}]


def test_a_backslash_before_a_line_break_is_no_escape() -> None:
    """In a document as in a line: nothing is made up for it."""
    *_, last = read(b'[{"a": "x\\\ny"}]')

    assert isinstance(last, Rejected)


@pytest.mark.parametrize("sign", ["ä", "漢", "😀"])
@pytest.mark.parametrize("form", ["document", "lines", "table", "one line"])
def test_a_file_that_ends_within_a_character_says_so(sign: str, form: str) -> None:
    """And not that its encoding cannot be told."""
    text = {
        "document": '[{"id": "a", "problem": "%s"}, {"id": "b", "problem": "%s',
        "lines": '{"id": "a", "problem": "%s"}\n{"id": "b", "problem": "%s',
        "table": "id,problem,solution\na,%s,s\nb,%s",
        "one line": '{"id": "a", "problem": "%s%s',
    }[form]
    whole = (text % (sign, sign)).encode()
    for left in range(1, len(sign.encode())):
        *_, last = read(whole[:-left])

        assert isinstance(last, Rejected)
        assert "in the middle of a" in last.reason


@pytest.mark.parametrize("text", ["Straße beim Café", "Größe für Müller é", "naïve garçon où il était à la déjà à"])
def test_a_letter_at_the_end_is_no_cut_character(text: str) -> None:
    """In an encoding of one byte a letter."""
    *_, row = read(f"problem\n{text}\n{text}".encode("windows-1252"))

    assert isinstance(row, CaseRow)
    assert row.values["problem"] == text


def test_a_last_letter_alone_may_be_either() -> None:
    """Whoever reads it is told of both."""
    *_, last = read("id,problem\n1,Strasse\n2,Café".encode("windows-1252"))

    assert isinstance(last, Rejected)
    assert "in the middle of a" in last.reason
    assert "name its encoding" in last.reason


def test_long_integers_in_a_list_cell_are_exact() -> None:
    """A cell may hold a list as JSON."""
    assert split_list("tags", f"[{2**70 + 1}, 7]") == [2**70 + 1, 7]
