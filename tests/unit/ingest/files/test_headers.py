"""A header is found below titles and known when it comes again; no row of cases is made of it."""

import io

import pytest

from retriever.errors import InvalidInput
from retriever.ingest.case_files import ReaderOptions, open_case_file
from retriever.ingest.rows import CaseRow, Rejected


def read(text: str, header_row: int = 0, encoding: str = "utf-8") -> tuple[list[object], tuple[str, ...]]:
    """The id of each row, or why it is refused; and what is said of the file."""
    with open_case_file(io.BytesIO(text.encode(encoding)), ReaderOptions(header_row=header_row)) as reader:
        rows = [row.values.get("id") if isinstance(row, CaseRow) else row.reason for row in reader]
        assert all(isinstance(row, CaseRow | Rejected) for row in reader)
        return rows, reader.file.notes.lines()


@pytest.mark.parametrize(
    "again",
    [
        "id;problem;solution\n",
        "\ufeffid;problem;solution\n",
        "ID; Problem ;SOLUTION\n",
        '\ufeff"id";"problem";"solution"\n',
        "id;problem;solution;\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_header_that_comes_again_is_no_row(again: str, encoding: str) -> None:
    """As where exports were put one below the other, whatever mark the second began with; it is counted."""
    rows, notes = read(f"id;problem;solution\n1;p;s\n{again}2;p;s\n{again}3;p;s\n", encoding=encoding)

    assert rows == ["1", "2", "3"]
    assert notes == ("2 rows are the header again and were left out",)


def test_a_second_header_in_another_order_is_followed() -> None:
    """The cells below it go to their own columns."""
    text = "id,problem,solution\n1,p1,s1\nsolution,id,problem\ns2,2,p2\n\nid,problem,solution\n3,p3,s3\n"
    with open_case_file(io.BytesIO(text.encode())) as reader:
        rows = [row.values for row in reader if isinstance(row, CaseRow)]

    assert rows == [{"id": f"{n}", "problem": f"p{n}", "solution": f"s{n}"} for n in (1, 2, 3)]


def test_rows_below_a_header_with_other_columns_are_refused() -> None:
    """They would fill the wrong fields; the line says which header stands above them."""
    rows, notes = read("id,problem,solution,tags\n1,p,s,t\nid,title,problem,solution\n2,t,p,s\n3,t,p,s\n")

    assert rows == ["1", *["stands below another header, row 3"] * 2]
    assert notes == ("row 3 is another header: put the rows below it into a file of their own",)


def test_cells_that_are_called_like_a_header_stay() -> None:
    """A case may be named `id`, or have the problem "Problem", as long as the rest of its row says something."""
    assert read("id,problem,solution\nid,The id is lost,Restore it\nproblem,solution,x\n")[0] == ["id", "problem"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_titles_above_the_header_of_a_csv_are_passed_over(delimiter: str) -> None:
    """The delimiter is that of the header; how many rows were left out is said."""
    table = "ticket number|description|resolution notes\n1|a, b; c|d\n".replace("|", delimiter)
    quoted = table.replace("a, b; c", '"a, b; c"')
    with open_case_file(io.BytesIO(f'Monthly report, May\n\n"by ""Desk""\ntwo"\n{quoted}'.encode())) as reader:
        (row,) = reader
        assert reader.file.delimiter == delimiter
        assert reader.file.notes.lines() == ("the header is in row 5; 2 rows above it were left out (--header-row)",)
    assert isinstance(row, CaseRow)
    assert (row.line, row.values["problem"]) == (6, "a, b; c")


def test_the_line_of_the_header_can_be_named() -> None:
    """What stands above it is not looked at; a line that is not there, or blank, is refused."""
    text = "id,problem,solution\nnotes,of,somebody\nid,problem,solution\n1,p,s\n\n"

    assert read(text, header_row=3)[0] == ["1"]
    for line in (5, 6, 99):
        with pytest.raises(InvalidInput, match=f"--header-row {line}"):
            read(text, header_row=line)


def test_options_of_tables_are_refused_elsewhere() -> None:
    """A header row in JSON lines, or a sheet of a CSV, is a mistake of the caller."""
    with pytest.raises(InvalidInput, match="--header-row goes with a table"):
        read('{"id": "a"}\n', header_row=2)
    with (
        pytest.raises(InvalidInput, match="--sheet goes with"),
        open_case_file(io.BytesIO(b"id,problem\n"), ReaderOptions(sheet="1")),
    ):
        pass
