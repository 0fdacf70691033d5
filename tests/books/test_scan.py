"""Worksheets are read exactly, by the scanner and by the careful reader alike."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import python_calamine
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packages import HEAD, MAIN, parts, read_both, same, save, sheet_xml, strings_xml, styles_xml, values

from loyalty_xl.books.formats import BUILT_IN, shows_date
from loyalty_xl.books.reading import read
from loyalty_xl.books.tokens import PAD, distinct, length_to_quote, whole_numbers, words_of
from loyalty_xl.cells import column_letters
from loyalty_xl.errors import ReadError

SHARED, ISO = ' t="s"', ' t="d"'
STYLES = styles_xml("yyyy-mm-dd", "000", "[h]:mm")


def cell(address: str, inner: str = "", attributes: str = "") -> str:
    """A cell."""
    return f'<c r="{address}"{attributes}>{inner}</c>'


def one(tmp_path: Path, rows: str, **options: str) -> dict[str, tuple[str, object]]:
    """The cells of a sheet, after seeing that both readers agree."""
    strings = strings_xml("zero", "one")
    path = save(tmp_path / "one.xlsx", parts({"S": sheet_xml(rows, **options)}, strings, STYLES))
    fast, slow = read_both(path)
    assert fast is not None
    assert same(fast, slow)
    return values(fast)


CELLS = [
    ("<v>1.5</v>", "", ("NUMBER", 1.5)),
    ("<v>0</v>", "", ("NUMBER", 0.0)),
    ("<v>-0.0015</v>", ' t="n"', ("NUMBER", -0.0015)),
    ("<v>1.7976931348623157E+308</v>", "", ("NUMBER", 1.7976931348623157e308)),
    ("<v>2.5499999999999998</v>", "", ("NUMBER", 2.55)),
    ("<v>123456789012345680</v>", "", ("NUMBER", 123456789012345680.0)),
    ("<v> 7 </v>", "", ("NUMBER", 7.0)),
    ("<v>NaN</v>", "", ("TEXT", "NaN")),
    ("<v>1e999</v>", "", ("TEXT", "1e999")),
    ("<v>1_0</v>", "", ("TEXT", "1_0")),
    ("<v>45000</v>", ' s="1"', ("DATE", 45000.0)),
    ("<v>0.5</v>", ' s="3"', ("DATE", 0.5)),
    ("<v>7</v>", ' s="2"', ("NUMBER", 7.0)),
    ("<v>7</v>", ' s="99"', ("NUMBER", 7.0)),
    ("<v>1</v>", ' t="s"', ("TEXT", "one")),
    ("<v>1</v>", ' s="1" t="s"', ("TEXT", "one")),
    ("<v>1</v>", ' t="s" s="1"', ("TEXT", "one")),
    ("<v>1</v>", ' t="b"', ("BOOL", 1.0)),
    ("<v>false</v>", ' t="b"', ("BOOL", 0.0)),
    ("<v>#N/A</v>", ' t="e"', ("ERROR", "#N/A")),
    ("<v>#DIV/0!</v>", ' t="e" s="1"', ("ERROR", "#DIV/0!")),
    ("<v>2024-01-02T12:00:00</v>", ' t="d"', ("DATE", 45293.5)),
    ("<v>soon</v>", ' t="d"', ("TEXT", "soon")),
    ("<v>007</v>", ' t="str"', ("TEXT", "007")),
    ("<v>a &lt;&amp;&#x4E2D;&#10;_x000D__x005F_x</v>", ' t="str"', ("TEXT", "a <&中\n\r_x")),
    ("<v>_xD83D__xDE00__xD800_</v>", ' t="str"', ("TEXT", "😀\ufffd")),
    ("<v></v>", ' t="str"', ("TEXT", "")),
    ("<v> </v>", ' t="str"', ("TEXT", " ")),
    ("<v></v>", "", None),
    ("", "", None),
    ("", ' s="1"', None),
    ("", ' t="s"', None),
    ("<is><t>in</t></is>", ' t="inlineStr"', ("TEXT", "in")),
    ('<is><t xml:space="preserve"> 中 &gt; </t></is>', ' s="1" t="inlineStr"', ("TEXT", " 中 > ")),
    ("<is><t></t></is>", ' t="inlineStr"', ("TEXT", "")),
    ("<is><t/></is>", ' t="inlineStr"', ("TEXT", "")),
    ("<is/>", ' t="inlineStr"', ("TEXT", "")),
    ("<is><r><rPr><b/></rPr><t>ri</t></r><r><t>ch</t></r><rPh sb='0' eb='1'><t>no</t></rPh></is>",
     ' t="inlineStr"', ("TEXT", "rich")),
    ("<f>A1&gt;1</f><v>3</v>", "", ("NUMBER", 3.0)),
    ("<f>A1</f><v>45000</v>", ' s="1"', ("DATE", 45000.0)),
    ('<f t="shared" si="0"/><v>3</v>', "", ("NUMBER", 3.0)),
    ('<f t="array" ref="A1:A2">SUM(A1)</f><v>x</v>', ' t="str"', ("TEXT", "x")),
    ("<f>A1</f><v></v>", ' t="str"', ("TEXT", "")),
    ("<f>A1</f><v>#REF!</v>", ' t="e"', ("ERROR", "#REF!")),
    ("<f>A1</f><v>1</v>", ' t="b"', ("BOOL", 1.0)),
    ("<f>A1</f>", "", ("UNCACHED", None)),
    ("<f>A1</f><v></v>", "", ("UNCACHED", None)),
    ("<f>A1</f><v/>", "", ("UNCACHED", None)),
    ("<f>A1</f><v />", "", ("UNCACHED", None)),
    ("<f/>", "", ("UNCACHED", None)),
    ("<v/>", "", None),
    ("<v>5</v>", ' cm="1" vm="2" ph="0"', ("NUMBER", 5.0)),
    ("<v>5</v><extLst><ext uri='x'><y:c xmlns:y='urn:y'><y:v>6</y:v></y:c></ext></extLst>", "", ("NUMBER", 5.0)),
    ("<v><![CDATA[5]]></v>", "", ("NUMBER", 5.0)),
    ("<!-- <v>6</v> --><v>5</v>", "", ("NUMBER", 5.0)),
]  # fmt: skip


@pytest.mark.parametrize(("inner", "attributes", "expected"), CELLS)
def test_cell(tmp_path: Path, inner: str, attributes: str, expected: tuple[str, object] | None) -> None:
    """A cell of each shape is what the format says, for both readers, between ordinary neighbours."""
    rows = f'<row r="2">{cell("A2", "<v>1</v>")}{cell("B2", inner, attributes)}{cell("AB2", "<v>9</v>")}</row>'
    found = one(tmp_path, rows)
    assert found.pop("A2") == ("NUMBER", 1.0)
    assert found.pop("AB2") == ("NUMBER", 9.0)
    assert found == ({"B2": expected} if expected else {})


def _row(number: int, choices: list[tuple[int, int]], dress: int) -> str:
    attributes = ["", ' spans="1:8"', ' hidden="1"', ' ht="15.75" customHeight="1" x14ac:dyDescent="0.2"'][dress]
    if not choices:
        return f'<row r="{number}"{attributes}/>' if dress % 2 else f'<row r="{number}"{attributes}></row>'
    cells = ""
    for column, shape in sorted(dict(choices).items()):
        inner, more, _ = CELLS[shape % len(CELLS)]
        address = f"{column_letters(column)}{number}"
        cells += f'<c r="{address}"{more}/>' if not inner and shape % 2 else cell(address, inner, more)
    return f'<row r="{number}"{attributes}>{cells}</row>'


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(1, 12),
            st.lists(st.tuples(st.sampled_from([1, 2, 3, 26, 27, 702, 703, 16384]), st.integers(0, 199)), max_size=7),
            st.integers(0, 3),
        ),
        max_size=9,
    ),
    st.sampled_from(["", "\n", "\r\n  "]),
)
def test_readers_agree(tmp_path: Path, rows: list[tuple[int, list[tuple[int, int]], int]], space: str) -> None:
    """Whatever shapes cells and rows have, the scanner either declines or gives the careful reader's cells."""
    number, xml = 0, ""
    for step, choices, dress in rows:
        number += step
        xml += _row(number, choices, dress) + space
    sheet = sheet_xml(xml).replace("<worksheet ", '<worksheet xmlns:x14ac="urn:x" ')
    path = save(tmp_path / "any.xlsx", parts({"S": sheet}, strings_xml("zero", "one"), STYLES))
    fast, slow = read_both(path)
    assert fast is not None
    assert same(fast, slow)


PLAIN = "".join(
    f'<row r="{row}">{cell(f"A{row}", f"<v>{row}</v>")}{cell(f"C{row}", "<v>1</v>", SHARED)}</row>'
    for row in range(1, 5)
)
ODD = {
    "prefix": lambda xml: re.sub(r"<(/?)(?=[a-z])", r"<\1x:", xml).replace("xmlns=", "xmlns:x="),
    "single quotes": lambda xml: xml[: len(HEAD)] + xml[len(HEAD) :].replace('"', "'"),
    "comment": lambda xml: xml.replace("</row>", "</row><!-- <row r='9'> -->"),
    "instruction": lambda xml: xml.replace("<sheetData>", "<?x y?><sheetData>"),
    "cdata": lambda xml: re.sub(r"<v>(\d)</v>", r"<v><![CDATA[\1]]></v>", xml),
    "no references": lambda xml: re.sub(r' r="C(\d)"', r' r="C\1"', re.sub(r' r="(\d|A\d)"', "", xml)),
    "attribute order": lambda xml: re.sub(r'<c r="(C\d)" t="s">', r'<c t="s" r="\1">', xml),
    "line breaks": lambda xml: xml.replace("<c ", "\n  <c ").replace("<v>", "\n    <v>").replace("</c>", "\n</c>"),
    "spaces in tags": lambda xml: xml.replace('">', '" >').replace("</c>", "</c >"),
    "utf-16": lambda xml: xml.replace("UTF-8", "UTF-16").encode("utf-16"),
    "utf-8 mark": lambda xml: b"\xef\xbb\xbf" + xml.encode(),
    "latin": lambda xml: xml.replace("UTF-8", "ISO-8859-1"),
    "no declaration": lambda xml: xml.replace(HEAD, ""),
    "strict": lambda xml: xml.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main"),
}


@pytest.mark.parametrize("oddness", list(ODD))
def test_odd_markup(tmp_path: Path, oddness: str) -> None:
    """Markup that no Excel writes, but XML allows, gives the same cells."""
    xml = ODD[oddness](sheet_xml(PLAIN, after='<mergeCells count="1"><mergeCell ref="A1:A2"/></mergeCells>'))
    sheet = read(save(tmp_path / "odd.xlsx", parts({"S": xml}, strings_xml("zero", "one"))))["S"]
    expected = {f"A{row}": ("NUMBER", float(row)) for row in range(1, 5)}
    assert values(sheet) == expected | {f"C{row}": ("TEXT", "one") for row in range(1, 5)}
    assert sheet.merged == ("A1:A2",)


def test_strict_package(tmp_path: Path) -> None:
    """A package with strict namespaces throughout is read."""
    content = parts({"S": sheet_xml(PLAIN)}, strings_xml("zero", "one"), STYLES)
    strict = {
        name: xml.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main").replace(
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        )
        for name, xml in content.items()
        if isinstance(xml, str)
    }
    assert len(read(save(tmp_path / "strict.xlsx", dict(strict)))["S"]) == 4


@pytest.mark.parametrize("shape", [' t="s"', ' s="1" t="s"'])
@pytest.mark.parametrize("index", ["2", "999999999", "-1", "1.5", "x"])
def test_wrong_string_index(tmp_path: Path, shape: str, index: str) -> None:
    """An index beyond the shared strings is damage, E102, at the cell that has it."""
    rows = f'<row r="7">{cell("A7", "<v>1</v>")}{cell("C7", f"<v>{index}</v>", shape)}</row>'
    path = save(tmp_path / "wrong.xlsx", parts({"It's": sheet_xml(rows)}, strings_xml("zero", "one"), STYLES))
    with pytest.raises(ReadError) as caught:
        read(path)
    assert (caught.value.code, caught.value.sheet, caught.value.cell) == ("E102", "It's", "C7")
    assert "'It''s'!C7" in caught.value.en


@pytest.mark.parametrize("reference", ["A0", "XFE1", "A1048577", "ABCD1", "1A", "$A$1", ""])
def test_impossible_reference(tmp_path: Path, reference: str) -> None:
    """A reference that no sheet has is damage, E102."""
    path = save(tmp_path / "far.xlsx", parts({"S": sheet_xml(f'<row r="1">{cell(reference, "<v>1</v>")}</row>')}))
    with pytest.raises(ReadError, match="damaged"):
        read(path)


def test_disordered_rows(tmp_path: Path) -> None:
    """Rows and cells out of order are put in order; of two cells for one place the later counts."""
    rows = f'<row r="3">{cell("B3", "<v>1</v>")}{cell("A3", "<v>2</v>")}</row>'
    rows += f'<row r="1">{cell("A1", "<v>3</v>")}</row><row r="3">{cell("B3", "<v>4</v>")}</row>'
    sheet = read(save(tmp_path / "mixed.xlsx", parts({"S": sheet_xml(rows)})))["S"]
    assert values(sheet) == {"A1": ("NUMBER", 3.0), "A3": ("NUMBER", 2.0), "B3": ("NUMBER", 4.0)}
    assert sheet.rows.tolist() == [1, 3]


@pytest.mark.parametrize("declared", ["A1:XFD1048576", "A1:B2", "garbage", "A1"])
def test_dimension_is_not_believed(tmp_path: Path, declared: str) -> None:
    """However the sheet declares its range, all 5,000 rows are read."""
    rows = "".join(f'<row r="{row}">{cell(f"A{row}", f"<v>{row}</v>")}</row>' for row in range(1, 5001))
    found = read(save(tmp_path / "d.xlsx", parts({"S": sheet_xml(rows, f'<dimension ref="{declared}"/>')})))["S"]
    assert found.rows.tolist() == list(range(1, 5001))
    assert found.columns[1].number.tolist() == [float(row) for row in range(1, 5001)]


def test_far_corners(tmp_path: Path) -> None:
    """A sheet of A1 and XFD1048576 is two rows and two columns, and is known to reach far."""
    rows = f'<row r="1">{cell("A1", "<v>1</v>")}</row><row r="1048576">{cell("XFD1048576", "<v>2</v>")}</row>'
    sheet = read(save(tmp_path / "far.xlsx", parts({"S": sheet_xml(rows)})))["S"]
    assert values(sheet) == {"A1": ("NUMBER", 1.0), "XFD1048576": ("NUMBER", 2.0)}
    assert list(sheet.columns) == [1, 16384]
    assert sheet.far


def test_impossible_shape(tmp_path: Path) -> None:
    """A diagonal through the whole sheet, which no memory holds as columns, is refused with E122."""
    rows = "".join(f'<row r="{at}">{cell(f"{column_letters(at)}{at}", "<v>1</v>")}</row>' for at in range(1, 16_385))
    with pytest.raises(ReadError) as caught:
        read(save(tmp_path / "diagonal.xlsx", parts({"S": sheet_xml(rows)})))
    assert caught.value.code == "E122"


def test_formatted_column(tmp_path: Path) -> None:
    """Blank cells that carry only a style are no rows: 80 rows of data are 80 rows, and the reach is known."""
    rows = "".join(
        f'<row r="{row}">{cell(f"A{row}", f"<v>{row}</v>")}<c r="B{row}" s="1"/></row>' for row in range(1, 81)
    )
    rows += "".join(f'<row r="{row}"><c r="A{row}" s="1"/></row>' for row in range(81, 3000))
    path = save(tmp_path / "f.xlsx", parts({"S": sheet_xml(rows)}, None, STYLES))
    fast, slow = read_both(path)
    assert fast is not None
    assert same(fast, slow)
    assert len(fast) == 80
    assert list(fast.columns) == [1]
    assert fast.used == slow.used == (2999, 2)
    assert fast.far


def test_hidden_and_merged(tmp_path: Path) -> None:
    """Hidden rows and columns that hold data are listed; of 42,000 merged ranges 1,000 are kept and all counted."""
    rows = f'<row r="1" hidden="1">{cell("A1", "<v>1</v>")}{cell("B1", "<v>1</v>")}{cell("D1", "<v>1</v>")}</row>'
    rows += f'<row r="2">{cell("A2", "<v>1</v>")}</row><row r="3" hidden="true">{cell("A3", "<v>1</v>")}</row>'
    rows += '<row r="4" hidden="1"/>'
    merges = "".join(f'<mergeCell ref="A{row}:B{row}"/>' for row in range(1, 42_001))
    columns = '<cols><col min="2" max="3" hidden="1"/><col min="5" max="16384" hidden="1"/></cols>'
    path = save(tmp_path / "h.xlsx", parts({"S": sheet_xml(rows, columns, f"<mergeCells>{merges}</mergeCells>")}))
    fast, slow = read_both(path)
    assert fast is not None
    assert same(fast, slow)
    assert fast.hidden_rows == {1, 3}
    assert fast.hidden_columns == {2}
    assert (len(fast.merged), fast.merged_count, fast.merged[0]) == (1000, 42_000, "A1:B1")


def test_1904(tmp_path: Path) -> None:
    """The date system is known, and an ISO date has the serial of that system."""
    rows = f'<row r="1">{cell("A1", "<v>1904-01-02</v>", ISO)}</row>'
    path = save(tmp_path / "m.xlsx", parts({"S": sheet_xml(rows)}, properties='date1904="1"'))
    sheet = read(path)["S"]
    assert sheet.date1904
    assert values(sheet) == {"A1": ("DATE", 1.0)}


def test_shared_strings_of_all_shapes(tmp_path: Path) -> None:
    """Rich, phonetic, empty, escaped and padded shared strings are read, whichever way the table is written."""
    items = (
        '<si><t>a</t></si><si/><si><t/></si><si><r><t>b</t></r><r><t xml:space="preserve"> c</t></r>'
        "<rPh sb='0'><t>x</t></rPh></si><si><t xml:space='preserve'> d </t></si><si><t>e&#13;&amp;_x000A_</t></si>"
    )  # fmt: skip
    expected = ["a", "", "", "b c", " d ", "e\r&\n"]
    rows = "".join(f'<row r="{at + 1}">{cell(f"A{at + 1}", f"<v>{at}</v>", SHARED)}</row>' for at in range(6))
    for number, table in enumerate((items, items.replace("<si>", "<!-- </si> --><si>"), items.replace("><", ">\n<"))):
        sst = f'{HEAD}<sst xmlns="{MAIN}" count="99" uniqueCount="1">{table}</sst>'
        sheet = read(save(tmp_path / f"{number}.xlsx", parts({"S": sheet_xml(rows)}, sst)))["S"]
        assert [sheet.strings[at] for at in sheet.columns[1].text] == expected


def test_four_kinds_of_nothing(tmp_path: Path) -> None:
    """Blank, zero, empty text and a space are four things."""
    found = one(
        tmp_path,
        f'<row r="1"><c r="A1"/>{cell("B1", "<v>0</v>")}'
        + cell("C1", "<is><t></t></is>", ' t="inlineStr"')
        + cell("D1", "<is><t> </t></is>", ' t="inlineStr"')
        + "</row>",
    )
    assert found == {"B1": ("NUMBER", 0.0), "C1": ("TEXT", ""), "D1": ("TEXT", " ")}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("General", False), ("0", False), ("#,##0.00", False), ("[Red]#,##0", False), ("[Red]General;d", False),
        ('0"days"', False), ("0\\d", False), ("0.00E+00", False), ("@", False), ('"y"0', False), ("_d0", False),
        ("[$¥-804]#,##0", False), ("[DBNum1][$-804]General", False), ("G/通用格式", False), ("0%;[Blue]-0%", False),
        ("yyyy-mm-dd", True), ('yyyy"年"m"月"', True), ("yyyy年m月d日", True), ("[$-804]yyyy/m/d;@", True),
        ("h:mm AM/PM", True),
        ("[h]:mm", True), ("[ss].00", True), ("mm:ss.0", True), ("aaaa", True), ("[$-F800]dddd\\, mmmm dd", True),
        ("[Red]d-mmm", True), ('上午/下午h"时"', True), ("ge.m.d", True), ("0;d", False), ("", False),
    ],
)  # fmt: skip
def test_date_formats(code: str, expected: bool) -> None:
    """A format shows a date where its letters do, and not where quotes, colours or exponents hold them."""
    assert shows_date(code) is expected


def test_built_in_date_formats() -> None:
    """Of the built-in formats exactly the calendar ones show dates."""
    dates = {number for number, code in BUILT_IN.items() if shows_date(code)}
    assert dates == {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}


@given(st.lists(st.tuples(st.integers(0, 9_999_999), st.integers(0, 3)), min_size=1, max_size=40))
def test_digits_in_words(numbers: list[tuple[int, int]]) -> None:
    """Numbers are read from words of eight bytes, and anything but digits is noticed."""
    fields = [f"{number:0{len(str(number)) + pad if len(str(number)) + pad < 8 else 0}d}" for number, pad in numbers]
    held = np.array([words_of((field + '"').encode() + bytes(8))[0] for field in fields])
    length = length_to_quote(held)
    assert length.tolist() == [len(field) for field in fields]
    assert whole_numbers(held, length).tolist() == [int(field) for field in fields]
    broken = np.array([words_of(("x" + field[1:] + '"').encode() + bytes(8))[0] for field in fields])
    assert (whole_numbers(broken, length) == -1).all()


@given(st.lists(st.text('ab"=s1> ', max_size=30), min_size=1, max_size=60))
def test_distinct_stretches(stretches: list[str]) -> None:
    """Stretches get the same code exactly where they are the same."""
    raw = "".join(stretches).encode() + bytes(PAD)
    length = np.array([len(stretch) for stretch in stretches])
    start = np.cumsum(length) - length
    examples, codes = distinct(words_of(raw), start, length)
    assert [stretches[examples[code]] for code in codes] == stretches
    assert len(examples) == len(set(stretches))


@pytest.mark.parametrize("writer", ["xlsxwriter", "openpyxl", "openpyxl write-only", "xlsxwriter inline"])
def test_against_other_readers(tmp_path: Path, writer: str) -> None:
    """Workbooks of two writers are read as openpyxl and calamine read them."""
    rows = _sample()
    path = tmp_path / "made.xlsx"
    if writer.startswith("xlsxwriter"):
        options = {"constant_memory": True} if writer.endswith("inline") else {}
        book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm", **options})
        sheet = book.add_worksheet("数据")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        book.close()
    else:
        made = openpyxl.Workbook(write_only=writer.endswith("only"))
        page = made.create_sheet("数据") if made.write_only else made.active
        page.title = "数据"
        for row in rows:
            page.append(row)
        made.save(path)
    fast, slow = read_both(path)
    assert fast is not None
    assert same(fast, slow)
    held = values(fast)
    book_ = openpyxl.load_workbook(path)
    for line in book_["数据"].iter_rows():
        for found in line:
            if found.value is None:
                assert found.coordinate not in held
            else:
                assert _agrees(held[found.coordinate], found.value), found.coordinate
    table = python_calamine.load_workbook(str(path)).get_sheet_by_name("数据").to_python(skip_empty_area=False)
    for row_number, row in enumerate(table, 1):
        for column_number, value in enumerate(row, 1):
            address = f"{column_letters(column_number)}{row_number}"
            assert value == "" if address not in held else _agrees(held[address], value)


def _sample() -> list[list[object]]:
    generator = np.random.default_rng(7)
    rows: list[list[object]] = [["客户编号", "Name", "amount", "when", "active", "rating", "note"]]
    for at in range(400):
        rows.append(
            [
                f"{at:03d}",
                "O'Brien & <Söhne>" if at % 3 else "张三",
                float(generator.normal()) * 10.0 ** int(generator.integers(-8, 12)),
                dt.datetime(2024, 1, 1) + dt.timedelta(hours=int(generator.integers(0, 9000))),
                bool(at % 2),
                None if at % 5 == 0 else int(generator.integers(0, 11)),
                None if at % 7 else " padded\nlines ",
            ]
        )
    return rows


def _agrees(held: tuple[str, object], value: object) -> bool:
    kind, found = held
    if isinstance(value, dt.datetime | dt.date):
        moment = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)
        assert isinstance(found, float)
        return kind == "DATE" and abs(found - (moment - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)) < 1e-8
    if isinstance(value, bool):
        return (kind, found) == ("BOOL", float(value))
    if isinstance(value, int | float):
        return (kind, found) == ("NUMBER", float(value))
    return (kind, found) == ("TEXT", value)
