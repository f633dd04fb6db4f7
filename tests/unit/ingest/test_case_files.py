"""JSONL and CSV become rows by field, each with the line it begins on; what is broken is rejected alone."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from retriever.errors import InvalidInput
from retriever.ingest.case_files import ReaderOptions, open_case_file
from retriever.ingest.columns import column_map_of_pairs, find_field, load_column_map
from retriever.ingest.rows import AnyRow, CaseRow, Rejected

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")
TABLE = [
    ["编号", "标题", "问题描述", "处理结果", "标签"],
    ["1", "卡纸", '打印机\n卡纸, 第二行; "引号" | 竖线\t制表', "更换滚轮", "打印|卡纸"],
    ["2", "断网", "光猫红灯", "重做接头\n\n复测", ""],
    ["3", "退款", "一直没到账", "已经退回", "退款、支付"],
]


def read(data: bytes | str, **options: Any) -> list[AnyRow]:  # noqa: ANN401
    """All rows of a file."""
    raw = data.encode() if isinstance(data, str) else data
    with open_case_file(io.BytesIO(raw), ReaderOptions(**options)) as reader:
        return list(reader)


def values(rows: list[AnyRow]) -> list[dict[str, Any]]:
    """What the rows say; none may be rejected."""
    assert not [row for row in rows if isinstance(row, Rejected)]
    return [row.values for row in rows if isinstance(row, CaseRow)]


def as_csv(rows: list[list[str]], delimiter: str, ending: str = "\r\n") -> str:
    """The rows as a table."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator=ending).writerows(rows)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_encoding_and_delimiter_gives_the_same_rows(encoding: str, delimiter: str, ending: str) -> None:
    """Multi-line cells with every delimiter inside come through, with the line each record begins on."""
    rows = read(as_csv(TABLE, delimiter, ending).encode(encoding))
    assert [row.line for row in rows] == [2, 4, 7]
    first, second, third = values(rows)
    assert first["problem"] == TABLE[1][2]
    assert first["tags"] == ["打印", "卡纸"]
    assert second["solution"].replace("\r", "") == TABLE[2][3]
    assert "tags" not in second
    assert third["tags"] == ["退款", "支付"]
    assert [row["id"] for row in (first, second, third)] == ["1", "2", "3"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_jsonl_is_read_in_every_encoding(encoding: str) -> None:
    """JSON lines keep their types; blank lines count as lines only."""
    text = '{"id": "a", "problem": "打印机卡纸", "solution": "更换滚轮", "steps": ["一", "二"]}\n\n{"id": "b"}\n'
    rows = read(text.encode(encoding))
    assert [row.line for row in rows] == [1, 3]
    assert values(rows)[0]["steps"] == ["一", "二"]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("problem;solution\na, b, c;d, e\nf, g;h\n", ";"),
        ("problem,solution\na;b;c;d,e;f;g\n", ","),
        ("id\tproblem\tsolution\n1\ta,b;c\td|e\n", "\t"),
        ('"problem";"solution"\n"x;y";"z"\n', ";"),
        ("sep=|\nproblem|solution\na,b|c\n", "|"),
        ("problem|solution\n", "|"),
    ],
)
def test_the_delimiter_is_the_one_between_known_headers(text: str, delimiter: str) -> None:
    """Other signs inside cells do not mislead."""
    with open_case_file(io.BytesIO(text.encode())) as reader:
        assert reader.file.delimiter == delimiter
        assert "solution" in reader.columns.headers


def test_unknown_headers_fall_back_to_even_columns() -> None:
    """With a map of unknown headers, they and the even number of cells decide."""
    text = "Frage, lang|Antwort\na, b|c\nd, e, f|g\n"
    rows = read(text, columns={"problem": ("Frage, lang",), "solution": ("Antwort",)})
    assert [row["solution"] for row in values(rows)] == ["c", "g"]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Problem", "problem"),
        ("问题描述（必填）", "problem"),
        ("問題描述", "problem"),
        ("处理结果", "solution"),
        ("Error-Codes", "error_codes"),
        ("错误码", "error_codes"),
        ("ERROR CODE *", "error_codes"),
        ("工单号", "source.external_id"),
        ("source.system", "source.system"),
        ("Subject", "title"),
        ("主题", "title"),
        ("产品", "product"),
        ("分类", "category"),
        ("语言", "language"),
        ("customer e-mail", None),
    ],
)
def test_headers_are_known_by_many_names(header: str, field: str | None) -> None:
    """English and Chinese names are found whatever their case and punctuation; personal data has no field."""
    assert find_field(header) == field


def test_duplicate_headers_are_put_together() -> None:
    """Repeated columns of a long text follow each other, those of a list add up, of a name the first counts."""
    text = "Problem,Labels,Problem,Labels,Solution,Product,Product\np1,a,p2,b|c,s,,X\n"
    (row,) = values(read(text))
    assert row == {"problem": "p1\np2", "tags": ["a", "b", "c"], "solution": "s", "product": "X"}


def test_a_map_wins_over_names() -> None:
    """Mapped columns fill their field alone; a field mapped to nothing stays empty; others go by name."""
    text = "Problem,Details,Solution,Product,Title\nshort,long,s,p,t\n"
    columns = column_map_of_pairs(["problem=Title", "problem=details", "product="])
    with open_case_file(io.BytesIO(text.encode()), ReaderOptions(columns=columns)) as reader:
        (row,) = values(list(reader))
        assert reader.columns.ignored == ("Problem", "Product")
    assert row == {"problem": "t\nlong", "solution": "s"}


def test_maps_come_from_toml_and_json(tmp_path: Path) -> None:
    """Nested and dotted names mean the same."""
    (tmp_path / "map.toml").write_text('problem = "P"\ntags = ["A", "B"]\n[source]\nexternal_id = "Key"\n')
    (tmp_path / "map.json").write_text(json.dumps({"problem": "P", "tags": ["A", "B"], "source.external_id": ["Key"]}))
    expected = {"problem": ("P",), "tags": ("A", "B"), "source.external_id": ("Key",)}
    assert load_column_map(tmp_path / "map.toml") == expected
    assert load_column_map(tmp_path / "map.json") == expected


@pytest.mark.parametrize("pairs", [["problm=X"], ["problem"], ["=X"]])
def test_a_wrong_map_is_refused(pairs: list[str]) -> None:
    """Unknown fields and missing signs are errors of the caller."""
    with pytest.raises(InvalidInput):
        column_map_of_pairs(pairs)


@pytest.mark.parametrize("text", ["{", "[1]", '{"problem": 3}', '{"nonsense": "x"}'])
def test_a_broken_map_file_is_refused(tmp_path: Path, text: str) -> None:
    """A map file says what is wrong with it."""
    (tmp_path / "map.json").write_text(text)
    with pytest.raises(InvalidInput):
        load_column_map(tmp_path / "map.json")
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_column_map(tmp_path / "missing.toml")


def test_a_mapped_column_must_exist() -> None:
    """A map with a misspelt header is refused with the header that is near."""
    with pytest.raises(InvalidInput, match="did you mean 'Description'"):
        read("Description,Solution\na,b\n", columns={"problem": ("Descripton",)})


def test_jsonl_keys_are_mapped_too() -> None:
    """Dotted paths reach into objects; mapped files may hold other keys, which are left out."""
    line = '{"key": "J-1", "fields": {"summary": "s", "labels": ["x"]}, "fix": "f", "mail": "a@b.c"}'
    columns = {"problem": ("fields.summary",), "tags": ("fields.labels",), "source.external_id": ("key",)}
    (row,) = values(read(line, columns=columns))
    assert row == {"problem": "s", "tags": ["x"], "source.external_id": "J-1", "solution": "f"}


def test_jsonl_without_map_keeps_unknown_keys() -> None:
    """They are refused later by name, since a misspelt field would lose its text; also a second name of one field."""
    (row,) = values(read('{"problem": "p", "description": "q", "solutoin": "s", "标签": "a|b"}'))
    assert row == {"problem": "p", "description": "q", "solutoin": "s", "tags": ["a", "b"]}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a": ', "no valid JSON"),
        ("[1, 2]", "expected a JSON object"),
        ("null", "expected a JSON object"),
        ("not json", "no valid JSON"),
        ("[" * 100_000, "no valid JSON"),
    ],
)
def test_a_broken_json_line_is_rejected_alone(line: str, reason: str) -> None:
    """The lines before and after go in."""
    before, broken, after = read(f'{{"id": "a"}}\n{line}\n{{"id": "b"}}\n')
    assert isinstance(before, CaseRow)
    assert isinstance(after, CaseRow)
    assert isinstance(broken, Rejected)
    assert (broken.line, broken.field) == (2, "row")
    assert reason in broken.reason


def test_sloppy_json_is_read() -> None:
    """Control characters in strings, NUL and lone surrogates do not stop a line."""
    (row,) = values(read('{"problem": "a\tb\x00c\\ud800", "solution": "s"}'))
    assert row["problem"] == "a\tbc\ud800"


def test_a_quote_that_never_ends_costs_one_line() -> None:
    """The rows that a stray quote would swallow are read."""
    text = 'id,problem,solution\n1,a,b\n2,"broken,c\n3,d,e\n4,"f\ng",h\n5,i,j\n'
    rows = read(text)
    assert [row.line for row in rows if isinstance(row, Rejected)] == [3]
    assert [row.values["id"] for row in rows if isinstance(row, CaseRow)] == ["1", "3", "4", "5"]


def test_a_quote_that_swallows_pages_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any other quote in the file, the limit of a record ends the search."""
    monkeypatch.setattr("retriever.ingest.files.tables.RECORD_LIMIT", 5_000)
    text = 'id,problem,solution\n1,"broken,c\n' + "".join(f"{number},p,s\n" for number in range(2, 3_000))
    rows = read(text)
    (rejected,) = [row for row in rows if isinstance(row, Rejected)]
    assert rejected.line == 2
    assert "does not end" in rejected.reason
    assert len(rows) == 2_999


def test_records_may_end_early_but_not_late() -> None:
    """Missing cells at the end are empty; a cell too many is rejected with both numbers, an empty one is not."""
    rows = read("id,problem,solution,tags\n1,p,s\n2,p,s,t,\n3,p,s,t,more\n4,p,s,t\n,,,\n\n")
    assert [row.line for row in rows] == [2, 3, 4, 5]
    assert isinstance(rows[2], Rejected)
    assert "has 5 cells, the header has 4" in rows[2].reason
    assert "tags" not in values(rows[:1])[0]


def test_an_undecodable_cell_rejects_its_record() -> None:
    """A damaged second line of a cell names that line and leaves the next record."""
    table = "id,problem,solution\n1,好的问题,好的方案\n".encode() + b'2,"two\nl\xfcnes",s\n3,p,s\n'
    first, damaged, last = read(table)
    assert isinstance(first, CaseRow)
    assert isinstance(last, CaseRow)
    assert isinstance(damaged, Rejected)
    assert damaged.line == 3
    assert damaged.reason.startswith("line 4 is not valid utf-8")


def test_nul_and_huge_cells_are_read() -> None:
    """A NUL byte and a cell of a million characters come through; the case format decides about them."""
    huge = "x" * 1_000_000
    first, second = values(read(f'id,problem,solution\n1,a\x00b,s\n2,"{huge}",s\n'))
    assert first["problem"] == "a\x00b"
    assert second["problem"] == huge


def test_formula_guards_are_taken_away() -> None:
    """The quote that keeps spreadsheets from running a cell is no part of its text; other quotes are."""
    first, second = values(read("problem,solution\n'=SUM(A1),''-x\n'quoted','tis\n"))
    assert first == {"problem": "=SUM(A1)", "solution": "'-x"}
    assert second == {"problem": "'quoted'", "solution": "'tis"}


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("tags", '["a;b", "c"]', ["a;b", "c"]),
        ("tags", "a; b；c", ["a", " b", "c"]),
        ("tags", "a, b", ["a", " b"]),
        ("tags", "[a", ["[a"]),
        ("tags", "[a]", ["[a]"]),
        ("steps", '"1. x; y\n2. z"', ["1. x; y", "2. z"]),
        ("resolved_at", "2026/3/2 8:15", "2026-03-02T08:15:00"),
        ("resolved_at", "2026年3月2日", "2026-03-02"),
        ("resolved_at", "2024-01-02T03:04:05.000+0000", "2024-01-02T03:04:05+00:00"),
        ("resolved_at", "03/02/2026", "03/02/2026"),
        ("status", "已解决", "published"),
        ("status", "open", "open"),
        ("category", "hardware > printer", "hardware/printer"),
    ],
)
def test_cells_mean_what_people_mean(column: str, cell: str, value: object) -> None:
    """Lists, dates with the year first and states are understood; the rest is left to the case format."""
    quoted = cell if cell.startswith('"') else '"' + cell.replace('"', '""') + '"'
    assert values(read(f"problem,solution,{column}\np,s,{quoted}\n"))[0][column] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,mail\na,b\n", "no column is known to hold the problem"),
        ("just prose\nof some lines\n", "no column is known"),
    ],
)
def test_what_is_no_table_is_refused(text: str, message: str) -> None:
    """A file that cannot be meant is refused as a whole, with what to do."""
    with pytest.raises(InvalidInput, match=message):
        read(text)


@pytest.mark.parametrize("text", ['[{"problem": "x"}]', '\n [\n{"problem": "x"}\n]', '{\n  "problem": "x"\n}\n'])
def test_a_json_document_is_read_from_a_pipe_too(text: str) -> None:
    """Without a name to go by, what a stream begins with says that it is an array or an object over several lines."""
    assert values(read(text)) == [{"problem": "x"}]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The path is named, and so is a folder."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InvalidInput, match="cannot be read"), open_case_file(path):
            pass


def test_an_empty_file_has_no_rows() -> None:
    """Nothing to read is no error."""
    assert read("") == []
    assert read("problem,solution\n") == []
    assert read("\n\n", format="csv") == []


def test_the_suffix_decides_before_the_content(tmp_path: Path) -> None:
    """A CSV whose header begins with a brace is a CSV; the caller's format counts more."""
    path = tmp_path / "odd.csv"
    path.write_text("{id,problem,solution\n1,p,s\n")
    with open_case_file(path) as reader:
        assert reader.file.format == "csv"
        assert len(list(reader)) == 1
    with open_case_file(path, ReaderOptions(format="jsonl")) as reader:
        assert all(isinstance(row, Rejected) for row in reader)


@pytest.mark.parametrize("delimiter", [",,", '"', "\n"])
def test_an_impossible_delimiter_is_refused(delimiter: str) -> None:
    """A delimiter is one character that is no quote and no line break."""
    with pytest.raises(InvalidInput, match="delimiter"):
        read("problem,solution\n", delimiter=delimiter)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_may_be_one_json_array(tmp_path: Path, encoding: str) -> None:
    """Whatever its mark; numbers are plain, and objects count from one."""
    path = tmp_path / "cases.json"
    path.write_bytes('[{"problem": "打印机卡纸", "outcome": {"csat": 4.5}},\n {"problem": "断网"}]'.encode(encoding))

    with open_case_file(path) as reader:
        rows = [row for row in reader if isinstance(row, CaseRow)]

    assert [(row.line, row.values) for row in rows] == [
        (1, {"problem": "打印机卡纸", "outcome": {"csat": 4.5}}),
        (2, {"problem": "断网"}),
    ]
    assert type(rows[0].values["outcome"]["csat"]) is float
