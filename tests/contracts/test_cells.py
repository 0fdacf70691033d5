"""Reading cells: what each text, number and date means, and what is refused."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw import Error, Formatted, Uncached, raw_sheet

from loyalty_xl.contracts import analytics, marketing, sales, service
from loyalty_xl.contracts.cells import Reading, read_column
from loyalty_xl.contracts.contract import Field, Type
from loyalty_xl.contracts.dates import read_date
from loyalty_xl.contracts.faults import Place, findings_of
from loyalty_xl.contracts.numerals import read_numeral

TODAY = date(2026, 11, 21)
MONEY = Field("cost", Type.MONEY, "费用")
NUMBER = Field("quantity", Type.NUM, "数量")
WHOLE = Field("score", Type.INT, "分")
SHARE = Field("margin", Type.PCT, "毛利率")
DAY = Field("on", Type.DATE, "日期")
KEY = Field("customer_id", Type.ID, "客户编号")
FLAG = Field("flag", Type.BOOL, "是否")
TEXT = Field("note", Type.STR, "备注")


def read(field, cells, *, date1904=False, **how):
    """Read cells A1, A2 ...; gives values and findings as (code, cell, found)."""
    raw = raw_sheet([[each, 1] for each in cells], date1904=date1904)
    column = (
        read_column(raw, raw.columns[1], field, Reading(TODAY, date1904=date1904, **how)) if 1 in raw.columns else None
    )
    assert column is not None
    column.empty(column.bad)
    place = Place(raw, "S", 1, "h", np.arange(len(raw)))
    return column, [finding for fault in column.faults for finding in findings_of(fault, place)]


def values(field, cells, **how):
    """Read cells; gives the values, None where there is none."""
    column, _ = read(field, cells, **how)
    if column.categories is not None:
        return [None if code < 0 else column.categories[code] for code in column.values]
    if column.values.dtype.kind == "M":
        return [None if np.isnat(each) else each.item() for each in column.values]
    if column.values.dtype.kind == "i":
        return [None if each < 0 else bool(each) for each in column.values]
    return [None if np.isnan(each) else float(each) for each in column.values]


def codes(field, cells, **how):
    """Read cells; gives code and address of each finding."""
    return [(each.code, each.cell) for each in read(field, cells, **how)[1]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234", 1234),
        (" 12 ", 12),
        ("１２３．４", 123.4),
        ("￥1,234", 1234),
        ("¥1,234.50", 1234.5),
        ("1234元", 1234),
        ("1.2万", 12_000),
        ("1.1万元", 11_000),
        ("3亿", 300_000_000),
        ("(1,234)", -1234),
        ("（100）", -100),
        ("100-", -100),
        ("-5", -5),
        ("－5", -5),
        ("−5", -5),
        ("+5", 5),
        ("-￥5", -5),
        ("0", 0),
        (".5", 0.5),
        ("1,234,567.89", 1234567.89),
        ("RMB 100", 100),
        ("100 元", 100),
    ],
)
def test_listed_ways_of_writing_a_number(text, value):
    """Each listed way reads as its number, with one notice."""
    assert values(MONEY, [text, 1]) == [value, 1]
    assert codes(MONEY, [text, 1]) == [("W220", "A1")]


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "12abc",
        "1 234",
        "12,34",
        "1,2345",
        "--5",
        "(5",
        "5)",
        "(-5)",
        "-5-",
        "1.2.3",
        "1e5",
        "1,23",
        "五",
        "12%",
        "≈5",
        "<5",
        "1/2",
        "1.234,56",
    ],
)
def test_anything_else_is_not_a_number(text):
    """What is not listed is E203 with the text as found, and no value."""
    column, findings = read(MONEY, [1, text])
    assert np.isnan(column.values[1])
    assert [(each.code, each.cell, each.found, each.expected) for each in findings] == [("E203", "A2", text, "number")]


@pytest.mark.parametrize("text", ["", " ", "无", "-", "—", "——", "/", "N/A", "n/a", "未填", "NULL", "空", "\u200b"])
def test_words_for_nothing_are_missing(text):
    """They are blank cells, not zeros and not errors."""
    for field in (MONEY, NUMBER, DAY, KEY, TEXT, FLAG, SHARE):
        column, findings = read(field, [text])
        assert column.blank.tolist() == [True]
        assert not findings
        assert values(field, [text]) == [None]


def test_blank_zero_empty_and_space_are_told_apart():
    """A zero is a number; blank, empty text and space are not."""
    column, findings = read(NUMBER, [None, 0, "", " ", "0"])
    assert column.blank.tolist() == [True, False, True, True, False]
    assert values(NUMBER, [None, 0, "", " ", "0"]) == [None, 0, None, None, 0]
    assert [each.code for each in findings] == ["W220"]


def test_notice_of_texts_read_as_numbers_is_counted():
    """One W220 for the column, with count, first cells and an example."""
    _, [finding] = read(MONEY, ["1,234", 5, "￥2", "3"])
    assert (finding.code, finding.count, finding.cells, finding.found) == ("W220", 3, ("A1", "A3", "A4"), "1,234")
    assert dict(finding.detail) == {"value": "1234"}


def test_a_text_file_has_no_notice_for_plain_numbers():
    """Where all cells are texts, 12.5 is how a number is written; 1,234 is still told."""
    assert codes(MONEY, ["12.5", "3"], from_text=True) == []
    assert codes(MONEY, ["12.5", "1,234"], from_text=True) == [("W220", "A2")]


def test_mixed_decimal_marks_put_all_marked_texts_out():
    """E221 is one finding for the column; texts without a mark and real numbers stay."""
    cells = ["1.234,56", "1,234.56", 7, "8"]
    column, findings = read(MONEY, cells)
    assert [(each.code, each.count, each.cells, each.found) for each in findings if each.code == "E221"] == [
        ("E221", 2, ("A1", "A2"), "1.234,56")
    ]
    assert values(MONEY, cells) == [None, None, 7, 8]
    assert column.bad.tolist() == [True, True, False, False]


def test_a_foreign_sign_is_not_read_as_local_money():
    """$1,234 is E232, not 1234."""
    assert codes(MONEY, [1, "$1,234", "100美元"]) == [("E232", "A2"), ("E232", "A3")]


def test_whole_numbers_are_not_rounded():
    """9.5 on a scale of whole numbers is refused."""
    assert values(WHOLE, [9, 9.5, "9", "9.0", "9.5"]) == [9, None, 9, 9, None]
    assert [each for each in codes(WHOLE, [9, 9.5, "9.5"]) if each[0] == "E203"] == [("E203", "A2"), ("E203", "A3")]


def test_shares_are_read_by_declared_unit_only():
    """35% and 0.35 are the same; 35 is one only where the header says percent."""
    assert values(SHARE, ["35%", 0.35, Formatted(0.35, "0%")]) == [0.35, 0.35, 0.35]
    assert values(SHARE, ["35%", 35, "35", Formatted(0.35, "0.0%")], percent=True, factor=0.01) == [
        0.35,
        0.35,
        0.35,
        0.35,
    ]


def test_percent_is_not_money():
    """A discount of 12% is not twelve cents, typed or formatted."""
    assert codes(MONEY, [1, "12%", Formatted(0.12, "0%")]) == [("E203", "A2"), ("E203", "A3")]


def test_other_kinds_are_not_numbers():
    """TRUE, a date, an error and a formula without result are errors in a number column, never 0 or 1."""
    cells = [True, date(2026, 1, 5), Error("#DIV/0!"), Uncached(), 1]
    assert sorted(codes(NUMBER, cells)) == [("E203", "A1"), ("E203", "A2"), ("E228", "A3"), ("E229", "A4")]
    assert values(NUMBER, cells) == [None, None, None, None, 1]


@pytest.mark.parametrize("field", [MONEY, NUMBER, WHOLE, SHARE, DAY, KEY, FLAG, TEXT], ids=lambda each: each.type.value)
def test_error_cells_are_named_in_every_type(field):
    """#N/A and its kin are E228 and empty the cell; an uncached formula is E229."""
    assert codes(field, [Error("#SPILL!"), Uncached()]) == [("E228", "A1"), ("E229", "A2")]
    column, findings = read(field, [Error("#SPILL!")])
    assert findings[0].found == "#SPILL!"
    assert not column.blank.any()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026/1/5", date(2026, 1, 5)),
        ("2026.01.05", date(2026, 1, 5)),
        ("2026年1月5日", date(2026, 1, 5)),
        ("5-Jan-26", date(2026, 1, 5)),
        ("20260105", date(2026, 1, 5)),
        ("２０２６／１／５", date(2026, 1, 5)),
        ("2026-01-05", date(2026, 1, 5)),
        ("13/04/2025", date(2025, 4, 13)),
        ("04/13/2025", date(2025, 4, 13)),
        ("January 5, 2026", date(2026, 1, 5)),
        ("26年1月5日", date(2026, 1, 5)),
        ("05/05/2025", date(2025, 5, 5)),
    ],
)
def test_listed_ways_of_writing_a_date(text, day):
    """Each listed way reads as its day, without a notice."""
    column, findings = read(DAY, [text])
    assert column.values[0].item().date() == day
    assert findings == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05 14:30", datetime(2026, 1, 5, 14, 30)),
        ("2026/1/5 2:30 PM", datetime(2026, 1, 5, 14, 30)),
        ("2026-01-05T14:30:15", datetime(2026, 1, 5, 14, 30, 15)),
        ("2026年1月5日 下午2时30分", datetime(2026, 1, 5, 14, 30)),
        ("20260105 14:30:15", datetime(2026, 1, 5, 14, 30, 15)),
    ],
)
def test_the_time_of_day_is_kept(text, moment):
    """First responses are counted in minutes."""
    assert values(DAY, [text]) == [moment]


def test_serials_of_both_systems():
    """The same number is another day in a workbook of 1904; a serial needs no date format."""
    assert values(DAY, [46_027]) == [datetime(2026, 1, 5)]
    assert values(DAY, [date(2026, 1, 5), 44_565], date1904=True) == [datetime(2026, 1, 5), datetime(2026, 1, 5)]
    assert values(DAY, [Formatted(46_027.604166666664, "General")]) == [datetime(2026, 1, 5, 14, 30)]
    assert values(DAY, [datetime(1904, 1, 2)], date1904=True) == [datetime(1904, 1, 2)]
    assert values(DAY, [20_250_301, "20250301"]) == [datetime(2025, 3, 1)] * 2


def test_impossible_dates_are_refused():
    """The 29th of February 1900, negative serials, times of day, years as numbers and days that never were are E223."""
    raw = raw_sheet([[date(2026, 1, 5)]] * 5)
    raw.columns[1].number[:] = [60, -1, 0.5, 2_958_466, 61]
    column = read_column(raw, raw.columns[1], DAY, Reading(TODAY))
    assert [fault.at.tolist() for fault in column.faults] == [[0, 1, 2, 3]]
    assert column.values[4].item() == datetime(1900, 3, 1)
    assert codes(DAY, ["2026-02-30", "1900-02-29", "2026-13-01", 20_260_230, 2026, "08:30"]) == [
        ("E223", f"A{row}") for row in range(1, 7)
    ]
    assert codes(DAY, ["soon", "2026年1月", True]) == [("E203", "A1"), ("E203", "A2"), ("E203", "A3")]


def test_days_before_the_phantom_leap_day_are_right():
    """Serial 1 is the first of January 1900, 59 the last of February."""
    raw = raw_sheet([[date(2026, 1, 5)]] * 2)
    raw.columns[1].number[:] = [1, 59]
    column = read_column(raw, raw.columns[1], DAY, Reading(TODAY))
    assert [each.item() for each in column.values] == [datetime(1900, 1, 1), datetime(1900, 2, 28)]


def test_an_ambiguous_date_shows_its_readings():
    """03/04/25 is E222 with each reading, unless the sheet declares its order."""
    column, [finding] = read(DAY, ["03/04/25"])
    assert (finding.code, finding.cell, finding.found) == ("E222", "A1", "03/04/25")
    assert dict(finding.detail) == {"reading_1": "2025-04-03", "reading_2": "2025-03-04", "reading_3": "2003-04-25"}
    assert not column.doubtful  # the cell is out, the column is not
    for order, day in (("dmy", (2025, 4, 3)), ("mdy", (2025, 3, 4)), ("ymd", (2003, 4, 25))):
        assert values(DAY, ["03/04/25"], date_order=order) == [datetime(*day)]


def test_a_declared_order_is_not_overruled():
    """12/25/2024 in a sheet declared day first is no date."""
    assert codes(DAY, ["12/25/2024"], date_order="dmy") == [("E223", "A1")]


def test_half_converted_dates_are_found():
    """Texts with days over 12 beside real dates with days up to 12: a spreadsheet swapped the others."""
    cells = [date(2024, 4, 3), "25/12/2024", date(2024, 12, 1), "13/12/2024"]
    column, [finding] = read(DAY, cells)
    assert (finding.code, finding.cell, finding.count, finding.found, finding.expected) == (
        "E219",
        "A1",
        2,
        "2024-04-03",
        "2024-03-04",
    )
    assert dict(finding.detail) == {"text_cell": "A2", "text_value": "25/12/2024"}
    assert column.doubtful


def test_mixed_unambiguous_dates_are_no_half_conversion():
    """Real dates after the 12th, or texts with the year first, are no sign of it."""
    for cells in (
        [date(2024, 4, 23), "25/12/2024"],
        [date(2024, 4, 3), "2024-12-25"],
        [date(2024, 4, 3), "2024年12月25日"],
    ):
        column, findings = read(DAY, cells)
        assert findings == []
        assert not column.doubtful


def test_future_and_prehistoric_dates_are_errors():
    """E224 after the day of the run, and before the company began; plans and contracts may end later."""
    cells = [date(2026, 11, 21), date(2026, 11, 22), date(2019, 12, 31), datetime(2026, 11, 21, 23, 59)]
    _, findings = read(DAY, cells, company_start=date(2020, 1, 1))
    assert [(each.code, each.cell, each.expected, each.detail[0][1]) for each in findings] == [
        ("E224", "A2", "2026-11-21", "future"),
        ("E224", "A3", "2020-01-01", "early"),
    ]
    assert codes(analytics.CUSTOMERS["contract_end"], [date(2031, 1, 1)]) == []


def test_ids_are_text():
    """Zeros stay, numbers become integer text, case and width are folded."""
    assert values(KEY, ["007", 7, " a1 ", "Ａ１", 17_850.0, "17\u200b850"]) == [
        "007",
        "7",
        "A1",
        "A1",
        "17850",
        "17850",
    ]
    assert values(KEY, [1, 5_000_000_000, 3]) == ["1", "5000000000", "3"]


def test_ids_that_lost_digits_are_refused():
    """Numbers from 10^15 and scientific text are E226; fractions, dates and TRUE are no ids."""
    assert codes(KEY, [123456789012345678, "1.23E+17", 10**15 - 1, 10**15]) == [
        ("E226", "A1"),
        ("E226", "A2"),
        ("E226", "A4"),
    ]
    assert codes(KEY, [12.5, date(2026, 1, 2), True]) == [("E203", "A1"), ("E203", "A2"), ("E203", "A3")]
    assert codes(KEY, ["123456789012345678"]) == []


def test_a_number_under_a_padding_format():
    """7 under 000 is 7 with a warning, and 007 where the setting says so."""
    cells = [Formatted(7, "000"), Formatted(1234, "000"), "007"]
    assert values(KEY, cells) == ["7", "1234", "007"]
    _, [finding] = read(KEY, cells)
    assert (finding.code, finding.cell, finding.found, finding.expected) == ("W225", "A1", "7", "007")
    assert values(KEY, cells, id_padding=3) == ["007", "1234", "007"]
    assert codes(KEY, cells, id_padding=3) == []


def test_a_format_that_shows_other_text_is_told():
    """The value is used, and W227 names the cell and the format."""
    column, [finding] = read(NUMBER, [5, Formatted(7, '"1,000"'), Formatted(8, '#,##0"元"'), Formatted(9, ";;;")])
    assert (finding.code, finding.count, finding.cells, finding.found) == ("W227", 2, ("A2", "A4"), "7")
    assert column.values.tolist() == [5, 7, 8, 9]


def test_categories_are_read_in_any_spelling():
    """Chinese, English and case make no difference; an unknown value is E233 with the list."""
    field = analytics.ORDERS["order_type"]
    assert values(field, ["销售", "SALE", " 退款 ", "取消", None]) == ["sale", "sale", "refund", "cancel", None]
    _, [finding] = read(field, ["sale", "赠送"])
    assert (finding.code, finding.cell, finding.found) == ("E233", "A2", "赠送")
    assert finding.expected.startswith("sale (销售) / refund")
    assert values(marketing.SURVEY_INVITATIONS["incentive_type"], ["无", "积分", ""]) == ["none", "points", None]
    assert values(marketing.SURVEY_RESPONSES["csat_scale"], ["1-5", date(2026, 1, 5), 10, "5分制"]) == [
        "1-5",
        "1-5",
        "1-10",
        "1-5",
    ]


def test_booleans():
    """是/否, Y/N, √/×, 1/0 and TRUE/FALSE; anything else is E203."""
    assert values(FLAG, ["是", "否", "Y", "n", "√", "×", 1, 0, True, "TRUE"]) == [
        True,
        False,
        True,
        False,
        True,
        False,
        True,
        False,
        True,
        True,
    ]
    assert codes(FLAG, ["maybe", 2, date(2026, 1, 1)]) == [("E203", "A1"), ("E203", "A2"), ("E203", "A3")]


def test_free_text_keeps_what_was_written():
    """Numbers and dates are spelled out; very long texts are told, not cut."""
    assert values(TEXT, ["=1+1", 12, 1.5, date(2026, 1, 5), True, " -5 "]) == [
        "=1+1",
        "12",
        "1.5",
        "2026-01-05",
        "TRUE",
        "-5",
    ]
    column, [finding] = read(TEXT, ["x" * 40_000])
    assert (finding.code, len(column.categories[0])) == ("W234", 40_000)


def test_periods_are_labels():
    """A date or 202603 is its month; labels are folded to one form; others are E203."""
    field = sales.SALES_COSTS["period"]
    assert values(field, ["2026-03", date(2026, 3, 1), 202603, "2026年3月", "2026Q1", 2026]) == ["2026-03"] * 4 + [
        "2026-Q1",
        "2026",
    ]
    assert codes(field, ["March"]) == [("E203", "A1")]


def test_many_texts_are_read_like_few():
    """The quick way for many distinct texts gives the same values as the careful one."""
    numbers = [f"{number / 8:.3f}" for number in range(3_000)] + ["1,234", "abc", "", "-5"]
    column, _ = read(MONEY, numbers)
    assert column.values[:3_000].tolist() == [float(each) for each in numbers[:3_000]]
    assert values(MONEY, numbers)[3_000:] == [1234, None, None, -5]
    days = [f"2020-01-01 {place // 3600:02d}:{place // 60 % 60:02d}:{place % 60:02d}" for place in range(3_000)]
    days += ["2026-02-30", "2026/1/5", "x", "2026-01-05"]
    assert values(DAY, days)[:3_000] == [datetime.fromisoformat(each) for each in days[:3_000]]
    assert values(DAY, days)[3_000:] == [None, datetime(2026, 1, 5), None, datetime(2026, 1, 5)]
    assert codes(DAY, days) == [("E203", "A3003"), ("E223", "A3001")]


def test_a_thousand_errors_are_told_singly_the_rest_in_one():
    """A column of errors does not make a million findings."""
    _, findings = read(DAY, [f"x{row}" for row in range(1_500)])
    assert len(findings) == 1_001
    assert (findings[-1].count, findings[-1].cell) == (500, "A1001")


def test_severity_is_not_a_free_text():
    """A grade is a whole number, as the contract says."""
    assert service.COMPLAINTS["severity"].type is Type.INT


WAYS = (
    "{0}",
    "{0:,}",
    "￥{0:,}",
    "{0}元",
    " {0} ",
    "{0:,} 元",
    "RMB{0}",
)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from(WAYS), st.booleans())
def test_a_number_reads_as_itself_however_written(number, way, full_width):
    """Grouping, currency, spaces and full-width digits never change the number."""
    text = way.format(number)
    if full_width:
        text = text.translate({ord(half): ord(half) + 0xFEE0 for half in "0123456789.,-"})
    assert read_numeral(text).value == float(number)


@given(st.decimals(min_value=0, max_value=10**6, places=3))
def test_negatives_and_scales(number):
    """Brackets and a trailing minus negate; 万 and 亿 scale exactly."""
    assert read_numeral(f"({number:,})").value == read_numeral(f"{number}-").value == -float(number)
    assert read_numeral(f"{number}万").value == float(number * 10_000)
    assert read_numeral(f"{number}亿").value == float(number * 100_000_000)


@given(
    st.dates(date(1970, 1, 1), date(2069, 12, 31)),
    st.sampled_from(
        [
            "{0:%Y-%m-%d}",
            "{0:%Y/%m/%d}",
            "{0:%Y.%m.%d}",
            "{0:%Y%m%d}",
            "{0.year}年{0.month}月{0.day}日",
            "{0:%d-%b-%y}",
            "{0:%d %B %Y}",
        ]
    ),
)
def test_a_date_reads_as_itself_however_written(day, way):
    """All listed ways give the same day."""
    assert [each.date() for each in read_date(way.format(day)).readings] == [day]


@given(st.dates(date(1970, 1, 1), date(2069, 12, 31)))
def test_a_short_date_is_read_only_where_one_reading_exists(day):
    """d/m/y without declaration is taken if month first is impossible or the same, and otherwise shown both ways."""
    readings = [each.date() for each in read_date(f"{day.day:02d}/{day.month:02d}/{day.year}").readings]
    assert day in readings
    assert (len(readings) == 1) == (day.day > 12 or day.day == day.month)
