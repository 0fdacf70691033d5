"""Recipients: who gets what; a row that cannot be understood is not used, and no slip of the pen shows more than was meant."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_xl import findings
from loyalty_xl.contracts.checking import check_sheet
from loyalty_xl.contracts.control_share import RECIPIENTS
from loyalty_xl.settings import Settings
from loyalty_xl.sharing.recipients import Recipient, groups, read_recipients
from loyalty_xl.vocabulary import Finding
from tests.contracts.made_sheets import sheet_of
from tests.contracts.raw import Error, Uncached, raw_sheet

KNOWN = [
    ("all", "All"), ("region", "华东"), ("region", "华南"), ("region", "港、澳"), ("product_type", "瓷器"),
    ("product_type", "华南"), ("tier", "VIP"), ("tier", "无"), ("channel", "Web=shop"),
]  # fmt: skip
HEADER = ["姓名", "邮箱", "收件组", "语言", "可见细分"]


def read(*rows: dict[str, Any]) -> tuple[list[Recipient], list[Finding]]:
    return read_recipients(sheet_of(RECIPIENTS, list(rows)), KNOWN, "both", told=())


def read_cells(*rows: list[Any], header: list[str] = HEADER) -> tuple[list[Recipient], list[Finding]]:
    """Read cells as a refresh does: checked first."""
    raw = raw_sheet([header, *rows])
    sheet, told = check_sheet(raw, RECIPIENTS, Settings(), title="Recipients", today=date(2026, 11, 1))
    recipients, found = read_recipients(sheet, KNOWN, "both", told=told)
    return recipients, [*told, *found]


def codes(found: list[Finding]) -> list[tuple[str, str]]:
    return [(each.code, each.cell) for each in found]


def test_a_row_is_a_recipient() -> None:
    """Name, address, group, language and segments are read; blanks are the workbook's language and all segments."""
    recipients, found = read_cells(
        ["王芳", "wang.fang@example.com", "管理层", "中文", "华东; region=华南"],
        [None, "cfo@example.com", None, None, None],
    )
    assert [each.code for each in found] == ["W235"]  # a name is usual
    assert recipients == [
        Recipient("王芳", "wang.fang@example.com", "管理层", "zh", ("region=华东", "region=华南"), "Recipients!B2"),
        Recipient("", "cfo@example.com", "", "both", None, "Recipients!B3"),
    ]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("华东", ("region=华东",)),
        ("VIP；华东", ("region=华东", "tier=VIP")),
        ("华东、瓷器", ("region=华东", "product_type=瓷器")),
        ("港、澳", ("region=港、澳",)),
        ("区域＝华南", ("region=华南",)),
        ("品类=华南", ("product_type=华南",)),
        ("vip\n华东;", ("region=华东", "tier=VIP")),
        ("Web=shop", ("channel=Web=shop",)),
        ("tier=无", ("tier=无",)),
        ("", None),
        ("全部", None),
        ("ALL", None),
        ("无", ()),
        ("none", ()),
    ],
)
def test_segments_as_people_type_them(typed: str, meant: tuple[str, ...] | None) -> None:
    """Segments are found by name where one dimension has it, or with their dimension, in a fixed order."""
    recipients, found = read({"address": "a@example.com", "segments": typed})
    assert not found
    assert recipients[0].segments == meant


@pytest.mark.parametrize(
    ("typed", "fault"),
    [("华冬", "unknown"), ("华南", "ambiguous"), ("华东; 华冬", "unknown"), ("region=VIP", "unknown"), ("-", "unknown"),
     (";", "unknown"), ("华东; 全部", "unknown"), ("、", "unknown")],
)  # fmt: skip
def test_unclear_segments_take_the_row_out(typed: str, fault: str) -> None:
    """A segment that is not known, or in two dimensions, is a finding, and the row is not used: it never means all."""
    recipients, found = read({"address": "a@example.com", "segments": typed}, {"address": "b@example.com"})
    assert [each.address for each in recipients] == ["b@example.com"]
    assert codes(found) == [("E422", "B2")]
    assert dict(found[0].detail) == {"fault": fault}
    for language in ("zh", "en"):
        assert findings.sentence(found[0], language)
        assert "…" not in findings.advice(found[0], language)


def test_nearest_segments_are_offered() -> None:
    """The finding names segments that were perhaps meant, ready to be typed."""
    assert "region=华东" in read({"address": "a@example.com", "segments": "华东区"})[1][0].expected
    assert read({"address": "a@example.com", "segments": "华南"})[1][0].expected == "product_type=华南, region=华南"


@pytest.mark.parametrize("cell", [Error("#N/A"), Uncached()])
def test_an_unreadable_segments_cell_is_not_blank(cell: object) -> None:
    """An error or a formula without result in the segments cell takes the row out: blank would mean all."""
    recipients, found = read_cells(["A", "a@example.com", None, None, cell], ["B", "b@example.com", None, None, None])
    assert [each.address for each in recipients] == ["b@example.com"]
    assert found


def test_many_unreadable_segments_cells() -> None:
    """Where a finding names only the first of its cells, no row with blank segments is used."""
    rows = [[f"n{number}", f"n{number}@example.com", None, None, Error("#N/A")] for number in range(40)]
    recipients, _ = read_cells(*rows, ["B", "b@example.com", None, None, "华东"])
    assert [each.address for each in recipients] == ["b@example.com"]


def test_word_for_nothing_is_not_all() -> None:
    """无 in a cell shows no segments; a dash is a finding."""
    recipients, found = read_cells(["A", "a@example.com", None, None, "无"], ["B", "b@example.com", None, None, "-"])
    assert [each.segments for each in recipients] == [()]
    assert codes(found) == [("E422", "E3")]


def test_misspelt_segments_header() -> None:
    """Where the column of segments has a header that nobody knows no row is used."""
    recipients, found = read_cells(["A", "a@example.com", None, None, "华东"], header=[*HEADER[:4], "可见细份"])
    assert not recipients
    assert ("E422", "") in codes(found)
    assert findings.address(found[-1]) == "Recipients"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("wang.fang", ""),
        ("wang fang@example.com", ""),
        ("a@example.com; b@example.com", ""),
        ("王芳@example.com", ""),
        ("a@例子.公司", ""),
        ("a@localhost", ""),
        ("a@@example.com", ""),
        (".a@example.com", ""),
        ("a@-example.com", ""),
        ("a@example..com", ""),
        ("王芳 <wang.fang@example.com>", "wang.fang@example.com"),
        ("wang.fang＠example。com", "wang.fang@example.com"),
        ("mailto:a@example.com", "a@example.com"),
        ("a" * 65 + "@example.com", ""),
        ("a\u200b@example.com", ""),
        ('"a b"@example.com', ""),
    ],
)
def test_what_is_no_address(typed: str, offered: str) -> None:
    """An address that is none is a finding with its cell, and with the one that was perhaps meant."""
    recipients, found = read({"name": "A", "address": typed})
    assert not recipients
    assert codes(found) == [("E420", "B2")]
    assert found[0].expected == offered


@pytest.mark.parametrize("field", ["name", "address", "group"])
@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\x00", "\u2028", "\x85"])
def test_line_breaks_in_what_goes_into_the_head(field: str, sign: str) -> None:
    """A control character in name, address or group is an error: it could add lines to the head of a mail."""
    row = {"name": "A", "address": "a@example.com", "group": "g"}
    recipients, found = read(row | {field: f"{row[field]}{sign}Bcc: x@example.com"})
    assert not recipients
    assert [each.code for each in found] == ["E421"]
    assert sign not in findings.sentence(found[0], "both")


def test_line_break_survives_the_reading_of_cells() -> None:
    """A line break typed into a cell is seen, not smoothed away."""
    recipients, found = read_cells(["A\nBcc: x@example.com", "a@example.com", None, None, None])
    assert not recipients
    assert codes(found) == [("E421", "A2")]


def test_one_address_in_two_spellings() -> None:
    """Of two rows that show the same the first counts; where they differ none does."""
    recipients, found = read(
        {"name": "A", "address": "a@example.com", "segments": "华东"},
        {"name": "B", "address": "A@Example.com", "segments": "region=华东"},
        {"name": "C", "address": "c@example.com", "segments": "华东"},
        {"name": "D", "address": "C@example.com"},
    )
    assert [each.name for each in recipients] == ["A"]
    assert [(*code, each.expected, dict(each.detail)["used"]) for code, each in zip(codes(found), found, strict=True)] == [
        ("W423", "B3", "B2", "first"), ("W423", "B5", "B4", "none")
    ]  # fmt: skip


def test_no_sheet() -> None:
    """Without a sheet there are no recipients and nothing to say."""
    assert read_recipients(None, KNOWN, "zh", told=()) == ([], [])


def test_groups_are_by_what_they_get() -> None:
    """One group, language and set of segments is one draft; order and file names do not hang on the order of rows."""
    recipients = [
        Recipient("A", "a@example.com", "管理层", "zh"),
        Recipient("B", "b@example.com", "管理层", "en"),
        Recipient("C", "c@example.com", "管理层", "zh"),
        Recipient("D", "d@example.com", "", "zh", ("region=华东",)),
        Recipient("E", "e@example.com", "", "zh", ()),
        Recipient("F", "f@example.com", "", "both"),
        Recipient("G", "g@example.com", 'a/b:"c"', "zh"),
        Recipient("H", "h@example.com", "A\\B|C", "zh"),
    ]
    made = groups(recipients)
    assert [(each.stem, [one.name for one in each.recipients]) for each in made] == [
        ("all-both", ["F"]), ("none-zh", ["E"]), ("华东-zh", ["D"]), ("A-B-C-zh", ["H"]), ("a-b-c-zh-2", ["G"]),
        ("管理层-en", ["B"]), ("管理层-zh", ["A", "C"]),
    ]  # fmt: skip
    assert [each.stem for each in groups(reversed(recipients))] == [each.stem for each in made]


@given(st.lists(st.tuples(st.text(max_size=90), st.sampled_from(["zh", "en"])), max_size=8))
def test_stems_name_files_anywhere(typed: list[tuple[str, str]]) -> None:
    """Whatever a group is called, its files have a name of their own that every system takes."""
    stems = [each.stem for each in groups([Recipient("", "a@example.com", *each) for each in typed])]
    assert len({stem.casefold() for stem in stems}) == len(set(typed))
    for stem in stems:
        assert not set(stem) & set('<>:"/\\|?*. \n\r\t')
        assert 0 < len(stem) < 80
