"""A workbook gives the texts that its sheet shows; what is hidden stays hidden, and damage is told in one line."""

import zipfile
from pathlib import Path

import pytest

from retriever.errors import InvalidInput
from retriever.ingest.columns import find_field
from retriever.ingest.files.record_file import FileOptions, RecordFile
from retriever.ingest.files.records import AnyRecord, BrokenRecord, FileRecord
from retriever.ingest.files.streams import PeekedStream
from tests.support.workbooks import cell, make_workbook, sheet_of

HEADER = ["id", "problem", "solution"]
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def opened(path: Path, sheet: str = "", header_row: int = 0) -> tuple[list[AnyRecord], tuple[str, ...]]:
    """The records of a workbook, and what is said of it."""
    with path.open("rb") as stream:
        options = FileOptions(sheet=sheet, header_row=header_row)
        with RecordFile(PeekedStream(stream), options, known=lambda header: find_field(header) is not None) as file:
            return list(file.records()), file.notes.lines()


def ids(records: list[AnyRecord]) -> list[object]:
    """The id of each record; None for a broken one."""
    return [record.values.get("id") if isinstance(record, FileRecord) else None for record in records]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_never_read(tmp_path: Path, state: str) -> None:
    """Neither by itself nor by name, wherever it stands; that there is one is said."""
    path = make_workbook(
        tmp_path / "a.xlsx",
        [HEADER, ["old", "p", "s"]],
        [HEADER, ["new", "p", "s"]],
        names=["Altdaten", "Störungen"],
        states={1: state},
    )

    records, notes = opened(path)

    assert ids(records) == ["new"]
    assert notes == ("hidden sheets were not read: 'Altdaten'",)
    for name in ("Altdaten", "altdaten ", "1"):
        with pytest.raises(InvalidInput, match="'Altdaten' is hidden"):
            opened(path, sheet=name)


def test_a_workbook_with_nothing_but_hidden_sheets_is_empty(tmp_path: Path) -> None:
    """Nothing of it is taken in."""
    assert opened(make_workbook(tmp_path / "a.xlsx", [HEADER, ["1", "p", "s"]], states={1: "hidden"}))[0] == []


def test_of_several_sheets_the_one_that_is_understood_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    """A cover sheet and a list of values do not stand in the way."""
    path = make_workbook(
        tmp_path / "a.xlsx", [["Kvartalsrapport 2026"]], [HEADER, ["1", "p", "s"]], [["A", "B"], ["x", "y"]],
        names=["Omslag", "Ärenden", "Listor"],
    )  # fmt: skip

    records, notes = opened(path)

    assert ids(records) == ["1"]
    assert notes == ("sheet 'Ärenden' was read; not read: 'Omslag', 'Listor' (--sheet reads another)",)


def test_sheets_that_could_all_be_meant_are_asked_about(tmp_path: Path) -> None:
    """One is chosen by name, whatever its case, or by number; an empty sheet is no choice."""
    path = make_workbook(
        tmp_path / "a.xlsx", [], [HEADER, ["1", "p", "s"]], [HEADER, ["2", "p", "s"]], names=["Leer", "2025", "Mai"]
    )

    with pytest.raises(InvalidInput, match=r"several sheets: '2025', 'Mai'\. Say which with --sheet"):
        opened(path)
    assert [ids(opened(path, sheet=name)[0]) for name in ("2025", "mai", "3", "2")] == [["1"], ["2"], ["2"], ["1"]]
    with pytest.raises(InvalidInput, match="there is no sheet 'Juni'; there are 'Leer', '2025', 'Mai'"):
        opened(path, sheet="Juni")


def test_title_rows_above_the_header_are_passed_over(tmp_path: Path) -> None:
    """The header is the first row that names fields; a row can be named, and must be there."""
    rows = [
        ["客户服务部 工单导出"],
        ["导出时间", "2026-03-02"],
        [],
        ["编号", "问题描述", "解决方案"],
        ["1", "卡纸", "清洁"],
    ]
    path = make_workbook(tmp_path / "a.xlsx", rows)

    records, notes = opened(path)

    assert records == [FileRecord(5, {"编号": "1", "问题描述": "卡纸", "解决方案": "清洁"}, 5)]
    assert notes == ("the header is in row 4; 2 rows above it were left out (--header-row)",)
    assert opened(path, header_row=4)[0] == records
    with pytest.raises(InvalidInput, match="--header-row 3: there is no such row"):
        opened(path, header_row=3)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a_x000D_\nb", "a\r\nb"),
        ("_x005F_x000D_", "_x000D_"),
        ("_x0041__x00e9_", "Aé"),
        ("_xD83D__xDE00_", "😀"),
        ("_x12_ _xyzzy_ x_x", "_x12_ _xyzzy_ x_x"),
        ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
        ("#BASIC", "#BASIC"),
        ("#N/A", "#N/A"),
        ("007", "007"),
    ],
)
def test_a_text_is_what_the_sheet_shows(tmp_path: Path, written: str, shown: str) -> None:
    """Escapes are undone once, whether the text stands in its cell or is shared; a text is no error of a formula."""
    rows = [["id", "problem"], [cell("0", t="s"), cell(written)], [cell(written, t="str")]]
    records, _ = opened(make_workbook(tmp_path / "a.xlsx", rows, texts=[written]))

    assert [record.values for record in records if isinstance(record, FileRecord)] == [
        {"id": shown, "problem": shown},
        {"id": shown},
    ]


def test_readings_above_characters_are_no_part_of_a_text(tmp_path: Path) -> None:
    """Japanese workbooks keep how a name is read beside it; runs of several formats are one text."""
    si = "<is><r><t>東京</t></r><r><t>支店</t></r><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></is>"
    records, _ = opened(make_workbook(tmp_path / "a.xlsx", [HEADER, [f'<c t="inlineStr">{si}</c>']]))

    assert ids(records) == ["東京支店"]


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        ("42", "00000", "00042"),
        ("1234567", "00000", "1234567"),
        ("7", '"INC"0000000', "INC0000007"),
        ("7", r"\T\K-000", "TK-007"),
        ("123456", "000-00-0000", "000-12-3456"),
        ("0", "0000", "0000"),
        ("12", '"REQ-"#', "REQ-12"),
        ("45353", "[$-407]d/ mmm yyyy", "2024-03-02"),
        ("45353.34375", "dd.mm.yyyy hh:mm", "2024-03-02 08:15:00"),
        ("45353.34375", "yyyy-mm-dd", "2024-03-02"),
        ("0.5", "h:mm", "12:00:00"),
        ("1.5", "[h]:mm", "36:00:00"),
        ("4.5", "0.00", "4.5"),
        ("90", '0" min"', "90"),
        ("1234", "#,##0", "1234"),
        ("0.30000000000000004", "General", "0.3"),
        ("1.5E15", "0", "1500000000000000"),
        ("2E-7", "General", "0.0000002"),
        ("-5", "0000", "-5"),
        ("9999999", "yyyy-mm-dd", "9999999"),
        ("0.25", "0%", "0.25"),
    ],
)
def test_a_number_is_what_its_format_shows(tmp_path: Path, value: str, code: str, shown: str) -> None:
    """Dates in ISO 8601, leading zeros and prefixes as in the sheet; other formats do not change the number."""
    path = make_workbook(tmp_path / "a.xlsx", [HEADER, [cell(value, s="1")]], formats=[code])
    assert ids(opened(path)[0]) == [shown]


def test_dates_may_count_from_1904(tmp_path: Path) -> None:
    """As workbooks of old Macintosh programs do."""
    rows = [HEADER, [cell("43891.5", s="1")]]
    path = make_workbook(tmp_path / "a.xlsx", rows, formats=["yyyy-mm-dd hh:mm"], from_1904=True)
    assert ids(opened(path)[0]) == ["2024-03-02 12:00:00"]


def test_what_a_sheet_cannot_say_is_told(tmp_path: Path) -> None:
    """Formulas without a result, errors, numbers too long to be exact: counted, without their values."""
    formula = "<c><f>A1&amp;B1</f></c>"
    error = cell("#REF!", t="e")
    rows = [HEADER, [cell("2.025030100001235E17", s="0"), formula, error], [cell("1"), formula], [cell("2"), "x"]]

    records, notes = opened(make_workbook(tmp_path / "a.xlsx", rows))

    assert ids(records) == ["202503010000123500", "1", "2"]
    assert [note.partition(" ")[0] for note in notes] == ["1", "2", "1"]
    assert "no computed value" in notes[1]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (cell("x", "XFE2"), "bad reference 'XFE2'"),
        (cell("x", "B7"), "bad reference 'B7'"),
        (cell("x", "2B"), "bad reference '2B'"),
        (cell("99", t="s"), "not there"),
        (cell("-1", t="s"), "not there"),
        (cell("1", s="99"), "not there"),
        (cell("abc", s="0"), "is no number"),
        (cell("1E999999999", s="0"), "is no number"),
    ],
)
def test_a_bad_cell_costs_its_row(tmp_path: Path, bad: str, reason: str) -> None:
    """The row is refused with the reason in one line; the others are read."""
    records, _ = opened(make_workbook(tmp_path / "a.xlsx", [HEADER, ["1", bad], ["2", "p", "s"]], texts=["shared"]))

    assert isinstance(records[0], BrokenRecord)
    assert reason in records[0].reason
    assert ids(records) == [None, "2"]


def test_a_sheet_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    """And says that nothing behind it could be read."""
    whole = sheet_of([HEADER, ["1", "p", "s"], ["2", "p", "s"]])
    records, _ = opened(make_workbook(tmp_path / "a.xlsx", whole[: whole.index(">2<")]))

    assert ids(records) == ["1", None]
    assert isinstance(records[1], BrokenRecord)
    assert "nothing behind" in records[1].reason


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + sheet_of([HEADER]), "document type"),
        (f'<worksheet {MAIN} a="{"x" * (2 << 20)}"/>', "tag of more than"),
    ],
)
def test_what_no_workbook_holds_is_refused(tmp_path: Path, sheet: str, message: str) -> None:
    """Entities that could grow without end, and tags that the parser would hold whole."""
    with pytest.raises(InvalidInput, match=message):
        opened(make_workbook(tmp_path / "a.xlsx", sheet))


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("word/document.xml", "Word"),
        ("content.xml", "OpenDocument"),
        ("xl/workbook.bin", "binary workbook"),
        ("a.csv", "ZIP"),
    ],
)
def test_other_archives_are_refused_by_name(tmp_path: Path, part: str, message: str) -> None:
    """What people take for a workbook is called by its name."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, "x")
    with pytest.raises(InvalidInput, match=message):
        opened(path)
