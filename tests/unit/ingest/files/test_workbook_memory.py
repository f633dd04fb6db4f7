"""Memory does not grow with a workbook, however it is made: measured in a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.workbooks import cell, make_workbook, sheet_of

HEADER = ["id", "problem", "solution"]
ROW = ["1", "p", "s"]
PEAK = """
import resource, sys
from pathlib import Path
from retriever.errors import SimilarCasesError
from retriever.ingest.exports import open_export
from retriever.ingest.sources.registry import get_source
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = 0
try:
    with open_export(Path(sys.argv[1]), get_source("servicenow")) as reader:
        for _ in reader:
            rows += 1
except SimilarCasesError as error:
    print(error, file=sys.stderr)
print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def last_cell(path: Path) -> Path:
    """One text in the last cell that a sheet can have."""
    last = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    return make_workbook(path, sheet_of([HEADER, ROW]).replace("</sheetData>", last))


def shared_texts(path: Path) -> Path:
    """60 MB of texts that no two cells share."""
    texts = [f"text {number} " * 200 for number in range(25_000)]
    return make_workbook(path, sheet_of([HEADER, *[[cell("7", t="s")] * 3] * 2_000]), texts=texts)


def texts_in_cells(path: Path) -> Path:
    """60 MB of texts in their cells."""
    return make_workbook(path, sheet_of([HEADER, *[[f"{number} " * 5_000] * 3 for number in range(1_000)]]))


def one_row(path: Path) -> Path:
    """A million cells in one row."""
    return make_workbook(path, sheet_of([HEADER, ['<c t="b"><v>1</v></c>' * 1_000_000]]))


def styles(path: Path) -> Path:
    """As many formats as a spreadsheet program allows."""
    return make_workbook(path, sheet_of([HEADER, ROW]), formats=[f"\\a{number}0" for number in range(60_000)])


def empty_texts(path: Path) -> Path:
    """A million texts without a letter."""
    return make_workbook(path, sheet_of([HEADER, ROW]), texts=[""] * 1_000_000)


def bomb(path: Path) -> Path:
    """One cell of 300 MB, packed to a few hundred kilobytes."""
    return make_workbook(path, sheet_of([HEADER, ["x" * 300_000_000]]))


@pytest.mark.slow
@pytest.mark.parametrize("make", [last_cell, shared_texts, texts_in_cells, one_row, styles, empty_texts, bomb])
def test_memory_does_not_grow_with_the_workbook(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    """64 MB are enough, and most of them are what the reader itself takes."""
    path = make(tmp_path / "a.xlsx")

    done = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, timeout=110, check=True)

    assert int(done.stdout.split()[1]) < 64, done.stderr
