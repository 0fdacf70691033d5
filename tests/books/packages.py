"""Small packages for tests, written part by part so that they can be as odd as needed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from loyalty_xl.books import worksheet
from loyalty_xl.books.archive import Archive
from loyalty_xl.books.assembly import ReadSheet, raw_sheet
from loyalty_xl.books.preflight import Limits
from loyalty_xl.books.strings import shared_strings
from loyalty_xl.books.structure import read_structure
from loyalty_xl.cells import Kind, RawSheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def sheet_xml(rows: str, before: str = "", after: str = "") -> str:
    """A worksheet part around *rows*."""
    return f'{HEAD}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def strings_xml(*items: str) -> str:
    """A shared strings part with plain texts."""
    inner = "".join(f"<si><t>{item}</t></si>" for item in items)
    return f'{HEAD}<sst xmlns="{MAIN}">{inner}</sst>'


def styles_xml(*codes: str) -> str:
    """A styles part with a cell style for General and one for each number format."""
    formats = "".join(f'<numFmt numFmtId="{164 + at}" formatCode="{code}"/>' for at, code in enumerate(codes))
    styles = "".join(f'<xf numFmtId="{164 + at}"/>' for at in range(len(codes)))
    head = f'{HEAD}<styleSheet xmlns="{MAIN}">'
    return f'{head}<numFmts>{formats}</numFmts><cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>'


def parts(
    sheets: dict[str, str | bytes],
    strings: str | bytes | None = None,
    styles: str | None = None,
    *,
    states: dict[str, str] | None = None,
    properties: str = "",
    kind: str = "worksheet",
) -> dict[str, str | bytes]:
    """The parts of a workbook."""
    listed, links = "", ""
    found: dict[str, str | bytes] = {}
    for at, (name, xml) in enumerate(sheets.items(), 1):
        state = f' state="{states[name]}"' if states and name in states else ""
        listed += f'<sheet name="{name}" sheetId="{at}"{state} r:id="rId{at}"/>'
        links += f'<Relationship Id="rId{at}" Type="{LINKS}/{kind}" Target="worksheets/sheet{at}.xml"/>'
        found[f"xl/worksheets/sheet{at}.xml"] = xml
    for number, (part, xml) in enumerate({"sharedStrings": strings, "styles": styles}.items(), 90):
        if xml is not None:
            links += f'<Relationship Id="rId{number}" Type="{LINKS}/{part}" Target="/xl/{part}.xml"/>'
            found[f"xl/{part}.xml"] = xml
    relationships = "http://schemas.openxmlformats.org/package/2006/relationships"
    return {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{relationships}">'
        f'<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><workbookPr {properties}/>'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{relationships}">{links}</Relationships>',
        **found,
    }


def packed(content: dict[str, str | bytes]) -> bytes:
    """A zip of parts."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as package:
        for name, xml in content.items():
            package.writestr(name, xml)
    return whole.getvalue()


def save(path: Path, content: dict[str, str | bytes]) -> Path:
    """Write a package."""
    path.write_bytes(packed(content))
    return path


def read_both(path: Path, name: str | None = None) -> tuple[ReadSheet | None, ReadSheet]:
    """Read a sheet with the scanner (None where it declines) and with the careful reader."""
    with Archive(path, Limits()) as archive:
        structure = read_structure(archive)
        sheet = next(sheet for sheet in structure.sheets if name in {None, sheet.name})
        part = structure.strings
        strings = shared_strings(lambda: archive.pieces(part), "x") if part else []
        found: list[ReadSheet | None] = []
        for reader in (worksheet._scanned, worksheet._parsed):
            try:
                held = (
                    reader(archive, structure, sheet, None, None)
                    if reader is worksheet._scanned
                    else worksheet._parsed(archive, structure, sheet, None)
                )
            except worksheet.Unconventional:
                found.append(None)
                continue
            columned = worksheet.columned(sheet, held, len(strings))
            found.append(raw_sheet(columned, strings, list(structure.formats), date1904=structure.date1904))
        assert found[1] is not None
        return found[0], found[1]


def values(sheet: RawSheet) -> dict[str, tuple[str, object]]:
    """The cells of a sheet that hold anything, by address."""
    from loyalty_xl.cells import column_letters

    found: dict[str, tuple[str, object]] = {}
    for number, column in sheet.columns.items():
        for row, kind, value, text in zip(
            sheet.rows.tolist(), column.kind.tolist(), column.number.tolist(), column.text.tolist(), strict=True
        ):
            if kind != Kind.BLANK:
                held = sheet.strings[text] if text >= 0 else None if np.isnan(value) else value
                found[f"{column_letters(number)}{row}"] = (Kind(kind).name, held)
    return found


def same(left: RawSheet, right: RawSheet) -> bool:
    """Whether two sheets hold the same cells."""
    assert left.rows.tolist() == right.rows.tolist()
    assert list(left.columns) == list(right.columns)
    assert values(left) == values(right)
    for number in left.columns:
        assert left.columns[number].style.tolist() == right.columns[number].style.tolist()
    assert (left.hidden_rows, left.hidden_columns) == (right.hidden_rows, right.hidden_columns)
    assert (left.merged, left.merged_count, left.state) == (right.merged, right.merged_count, right.state)
    return True
