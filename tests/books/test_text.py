"""Text files become sheets of texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packages import DATA, values

from loyalty_xl.books import text
from loyalty_xl.books.preflight import Limits
from loyalty_xl.books.reading import peek, read
from loyalty_xl.errors import ReadError


def cells(path: Path, content: bytes | str, encoding: str = "utf-8") -> dict[str, object]:
    """The texts of a file with this content, by address."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    (sheet,) = read(path).values()
    assert sheet.name == path.stem
    found = values(sheet)
    assert {kind for kind, _ in found.values()} <= {"TEXT"}
    return {address: value for address, (_, value) in found.items()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """Chinese text is read in each of the usual encodings."""
    found = cells(tmp_path / "a.csv", "编号,姓名\n007,张三𠮷\n", encoding)
    assert found == {"A1": "编号", "B1": "姓名", "A2": "007", "B2": "张三𠮷"}


@pytest.mark.parametrize(
    ("content", "second"),
    [
        ("a,b;c,d\n1,2;3,4\n", "b;c"),
        ("a;b\n1,5;2,5\n3,5;4\n", "b"),
        ("a\tb c\n1\t2\n", "b c"),
        ("a|b\n1|2\n", "b"),
        (" id  date \n 001  19970101\n", "date"),
        ('"a,x";b\n"c,y,z";d\n', "b"),
    ],
)
def test_delimiters(tmp_path: Path, content: str, second: str) -> None:
    """The delimiter is the one that parts the lines evenly."""
    assert cells(tmp_path / "a.txt", content)["B1"] == second


def test_one_column(tmp_path: Path) -> None:
    """A list of names with spaces is one column."""
    assert cells(tmp_path / "a.txt", "name\nAnna Berg\nLi Si\n") == {"A1": "name", "A2": "Anna Berg", "A3": "Li Si"}


def test_quotes(tmp_path: Path) -> None:
    """Quoted fields hold delimiters, line breaks and doubled quotes; a record counts as one row."""
    found = cells(tmp_path / "a.csv", 'a,b\n"x,\r\ny","say ""hi"""\nlast,"",\n')
    assert found == {"A1": "a", "B1": "b", "A2": "x,\r\ny", "B2": 'say "hi"', "A3": "last"}


def test_nothing_is_a_number(tmp_path: Path) -> None:
    """Texts stay as written: leading zeros, spaces, long ids, dates, NA."""
    found = cells(tmp_path / "a.csv", "007, 1.0 ,123456789012345678,2024-01-05,NA,null,TRUE,-\n1,2,3,4,5,6,7,8\n")
    assert list(found.values())[:16:2] == [
        "007",
        " 1.0 ",
        "123456789012345678",
        "2024-01-05",
        "NA",
        "null",
        "TRUE",
        "-",
    ]


def test_blank_lines_keep_row_numbers(tmp_path: Path) -> None:
    """A blank line holds no row but counts as one."""
    assert list(cells(tmp_path / "a.csv", "a,b\n\n,\n1,2\n")) == ["A1", "A4", "B1", "B4"]


def test_ragged(tmp_path: Path) -> None:
    """Records longer or shorter than the first are kept whole."""
    found = cells(tmp_path / "a.csv", "a,b\n1\n1,2,3\n")
    assert found == {"A1": "a", "B1": "b", "A2": "1", "A3": "1", "B3": "2", "C3": "3"}


@pytest.mark.parametrize("content", [b"a,b\n1,\x00\n", b"\xff\xff\xff,\x81\n", "a,b".encode("utf-16-le")])
def test_no_text(tmp_path: Path, content: bytes) -> None:
    """Bytes that are no text in a known encoding are damage."""
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(ReadError) as caught:
        read(tmp_path / "a.csv")
    assert caught.value.code == "E102"


def test_row_limit(tmp_path: Path) -> None:
    """More rows than allowed are refused with E123."""
    (tmp_path / "a.csv").write_text("a,b\n" * 20)
    with pytest.raises(ReadError) as caught:
        read(tmp_path / "a.csv", limits=Limits(max_rows=10))
    assert caught.value.code == "E123"


def test_header_only_and_sheet_name(tmp_path: Path) -> None:
    """A header alone is one row; the sheet may be named by the file's stem and by nothing else."""
    (tmp_path / "survey.csv").write_text("a,b\n")
    assert len(read(tmp_path / "survey.csv", ["survey"])["survey"]) == 1
    with pytest.raises(ReadError):
        read(tmp_path / "survey.csv", ["other"])


FIELD = st.text(st.sampled_from("ab 0,é中.'"), max_size=4).map(lambda field: field.replace(",", ""))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(FIELD, min_size=1, max_size=4), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_both_ways_agree(tmp_path: Path, records: list[list[str]], ending: str) -> None:
    """Arrow and the standard library read an unquoted text alike, or Arrow declines."""
    content = ending.join(",".join(record) for record in records) + ending
    quick = text._regular(content, ",")
    rows, columns, strings = text._any(tmp_path / "x", content, ",", None)
    if quick is None:
        return
    shown = [[strings[code] if code >= 0 else "" for code in column] for column in columns]
    quick_shown = [[quick[2][code] if code >= 0 else "" for code in column] for column in quick[1]]
    assert quick[0].tolist() == rows.tolist()
    assert [column for column in quick_shown if any(column)] == [column for column in shown if any(column)]


def test_cdnow() -> None:
    """CDNOW's orders are read whole: 69,659 and a header, in four columns parted by white space."""
    path = DATA / "cdnow.csv"
    if not path.exists():
        pytest.skip("the shared data is not here")
    (sheet,) = read(path).values()
    assert len(sheet) == 69_660
    found = {
        number: [sheet.strings[code] for code in column.text[[0, 1, -1]]] for number, column in sheet.columns.items()
    }
    assert found[1][:2] == ["customer_id", "00001"]
    assert found[4][:2] == ["dollar_value", "11.77"]
    total = sum(float(sheet.strings[code]) for code in sheet.columns[4].text[1:])
    assert round(total, 2) == 2_500_315.63
    assert len(peek(path)[0]) == 30
