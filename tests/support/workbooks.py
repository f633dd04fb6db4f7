"""Workbooks written part by part, so that a test can put in what no library would write."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def cell(value: str, reference: str = "", **attributes: str) -> str:
    """A cell with a text of its own, or with `t` and `s` among the attributes a value of another kind."""
    given = "".join(f" {name}={quoteattr(text)}" for name, text in attributes.items())
    place = f' r="{reference}"' if reference else ""
    if "t" in attributes or "s" in attributes:
        return f"<c{place}{given}><v>{escape(value)}</v></c>"
    return f'<c{place} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet_of(rows: Sequence[Sequence[str]]) -> str:
    """A worksheet; cells that begin with `<c` are put in as they are."""
    written = []
    for cells in rows:
        inner = "".join(value if value.startswith("<c") else cell(value) for value in cells)
        written.append(f"<row>{inner}</row>")
    return f"<worksheet {_MAIN}><sheetData>{''.join(written)}</sheetData></worksheet>"


def make_workbook(
    path: Path,
    *sheets: Sequence[Sequence[str]] | str,
    names: Sequence[str] = (),
    states: Mapping[int, str] | None = None,
    texts: Sequence[str] = (),
    formats: Sequence[str] = (),
    from_1904: bool = False,
) -> Path:
    """Write a workbook of these sheets (rows of texts, or XML); style 1 is the first of `formats`, and so on."""
    listed, related = [], []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, rows in enumerate(sheets, start=1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", rows if isinstance(rows, str) else sheet_of(rows))
            name = names[number - 1] if names else f"Sheet{number}"
            state = (states or {}).get(number, "visible")
            listed.append(f'<sheet name={quoteattr(name)} sheetId="{number}" state="{state}" r:id="rId{number}"/>')
            related.append(_relation(f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml"))
        if texts:
            items = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
            archive.writestr("xl/sharedStrings.xml", f"<sst {_MAIN}>{items}</sst>")
            related.append(_relation("rIdT", "sharedStrings", "sharedStrings.xml"))
        if formats:
            archive.writestr("xl/styles.xml", _styles(formats))
            related.append(_relation("rIdS", "styles", "/xl/styles.xml"))
        dates = f'<workbookPr date1904="{int(from_1904)}"/>'
        book = f'<workbook {_MAIN} xmlns:r="{_OFFICE}">{dates}<sheets>{"".join(listed)}</sheets></workbook>'
        archive.writestr("xl/workbook.xml", book)
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(*related))
        archive.writestr("_rels/.rels", _relations(_relation("rId1", "officeDocument", "xl/workbook.xml")))
    return path


def _relation(id: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{id}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relations(*relations: str) -> str:
    return f"<Relationships {_RELATIONS}>{''.join(relations)}</Relationships>"


def _styles(formats: Sequence[str]) -> str:
    codes = "".join(
        f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>' for number, code in enumerate(formats, start=164)
    )
    xfs = "".join(f'<xf numFmtId="{number}"/>' for number in (0, *range(164, 164 + len(formats))))
    return f"<styleSheet {_MAIN}><numFmts>{codes}</numFmts><cellXfs>{xfs}</cellXfs></styleSheet>"
