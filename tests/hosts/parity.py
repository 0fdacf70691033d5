"""One table of raw cells, as hosts hand them over, and what every host must answer.

Expected answers are worked out by hand, beside each case. A range is rows of cells; anything else stands in a single cell; None is
blank, and an argument that is left out. The table belongs to no host: each puts the cells in its own way, then compares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Case:
    """One formula over raw cells, and what it gives: a value, rows, or the code of an error."""

    says: str
    function: str
    cells: tuple[Any, ...]
    gives: Any = None
    error: str = ""


def column(*cells: Any) -> list[list[Any]]:
    """A range of one column."""
    return [[cell] for cell in cells]


def day(text: str) -> datetime:
    """A date cell where cells are typed."""
    return datetime.fromisoformat(text)


def serial(text: str) -> float:
    """A date cell where dates are numbers."""
    return float((day(text) - datetime(1899, 12, 30)).days)


def as_serial(cell: Any) -> Any:
    """A cell where dates are numbers and no cell knows decimals."""
    if isinstance(cell, datetime):
        return (cell - datetime(1899, 12, 30)).total_seconds() / 86_400
    return float(cell) if isinstance(cell, Decimal) else cell


def agrees(given: Any, case: Case) -> bool:
    """Whether an answer is the expected one, numbers within the rounding of one division; rows cell by cell."""
    if isinstance(case.gives, list):
        same = isinstance(given, (list, tuple)) and [len(row) for row in given] == [len(row) for row in case.gives]
        return same and all(
            _same(*pair) for rows in zip(given, case.gives, strict=True) for pair in zip(*rows, strict=True)
        )
    return _same(given, case.gives)


def _same(given: Any, expected: Any) -> bool:
    if isinstance(expected, str) or isinstance(given, str) or given is None or expected is None:
        return bool((given or "") == (expected or ""))
    return math.isclose(given, expected, rel_tol=1e-12, abs_tol=1e-12)


FOUR = column(10, 9, 8, 3)  # two promoters, one passive, one detractor: (2 - 1) / 4 = 25
BUYERS = column("a", "a", "b", "c")
DATES = ("2025-01-01", "2025-06-01", "2025-03-01", "2023-01-05")
SINCE, UNTIL = (
    "2025-02-01",
    "2025-07-01",
)  # base at the start, 365 days: a alone (c left in January 2024, b came later): a stays

NUMBERS = (
    Case("floats, as desktop hosts hand numbers over", "NPS", (column(10.0, 9.0, 8.0, 3.0),), 25),
    Case("whole numbers, as JSON hosts do", "NPS", (FOUR,), 25),
    Case("Decimals, as cells with a currency format come", "NPS", (column(*map(Decimal, ("10", "9", "8", "3"))),), 25),
    Case("numbers stored as text, some with blanks around", "NPS", (column("10", "9", " 8 ", "3"),), 25),
    Case("full-width digits", "NPS", (column("１０", "９", 8, 3),), 25),
    Case("numbers and texts mixed", "NPS", (column(10, "9", 8.0, Decimal(3)),), 25),
    Case("a row instead of a column", "NPS", ([[10, 9, 8, 3]],), 25),
    Case("a block of rows and columns", "NPS", ([[10, 9], [8, 3]],), 25),
    Case("a single cell", "NPS", (10,), 100),
    Case("a range of a single cell", "NPS", ([[3]],), -100),
    Case("amounts as Decimals: (30 + 30 + 60) / 3 buyers", "AVERAGE_SPEND", (BUYERS, column(*map(Decimal, ("10", "20.00", "30", "60")))), 40),
    Case("amounts with separators and signs of currency: 12000 / 3", "AVERAGE_SPEND", (BUYERS, column("1,000", "¥2,000", 3000, 6000)), 4000),
    Case("ids as numbers and as their text: buyers 1 and 2, 20 / 2", "AVERAGE_SPEND", (column(1, 1.0, "1", 2), column(1, 3, 5, 11)), 10),
    Case("a number as text in a single cell", "ATTAINMENT", ("0.5", 1), 0.5),
    Case("a percentage as text in a single cell", "ATTAINMENT", ("50%", 1), 0.5),
)  # fmt: skip

BLANKS = (
    Case("None between the cells", "NPS", (column(10, None, 9, 8, None, 3),), 25),
    Case('"" between the cells', "NPS", (column(10, "", 9, 8, "", 3),), 25),
    Case("blanks below, as whole columns have them", "NPS", (column(10, 9, 8, 3, *[None] * 2000),), 25),
    Case("blanks above and below", "NPS", (column(None, 10, 9, 8, 3, None),), 25),
    Case("nothing but blanks", "NPS", (column(None, None, ""),), error="#DIV/0!"),
    Case("a row with one blank leaves all ranges: (1 + 5) / 2", "AVERAGE_SPEND", (column("a", None, "b"), column(1, 3, 5)), 3),
    Case("ranges that differ in the blanks below them", "AVERAGE_SPEND", (BUYERS, column(10, 20, 30, 60, None, None)), 40),
    Case("ranges that differ in length", "AVERAGE_SPEND", (BUYERS, column(10, 20, 30)), error="#VALUE!"),
    Case("blank cells count where completeness is asked: 3 of 4", "COMPLETENESS", ([["a", None], ["b", "c"]],), 0.75),
    Case("but for those below the last filled row: 2 of 3", "COMPLETENESS", (column("a", None, "b", None),), 2 / 3),
    Case("an open case has no closing date: 2 days for the other", "RESOLUTION_DAYS", (column(45658, 45658), column(45660, None)), 2),
)  # fmt: skip

HEADERS = (
    Case("the column's header in zh above it", "NPS", (column("推荐意愿", 10, 9, 8, 3),), 25),
    Case("the column's header in en above it", "NPS", (column("recommend_score", 10, 9, 8, 3),), 25),
    Case("any one text above numbers", "NPS", (column("July", 10, 9, 8, 3),), 25),
    Case("headers above both ranges: (1 + 3) / 2", "AVERAGE_SPEND", (column("客户编号", "a", "b"), column("金额", 1, 3)), 2),
)  # fmt: skip

BAD_CELLS = (
    Case("a text below numbers", "NPS", (column(10, 9, "abc"),), error="#VALUE!"),
    Case("an error, handed over as text", "NPS", (column(10, 9, "#N/A"),), error="#VALUE!"),
    Case("another one", "AVERAGE_SPEND", (BUYERS, column(10, "#DIV/0!", 30, 60)), error="#VALUE!"),
    Case("a score above its scale", "NPS", (column(11, 10),), error="#VALUE!"),
    Case("half a point", "NPS", (column(9.5, 10),), error="#VALUE!"),
    Case("words where numbers should be", "CSAT", (column("非常满意", "满意"),), error="#VALUE!"),
    Case("a text that is no number in a single cell", "ATTAINMENT", ("abc", 10), error="#VALUE!"),
    Case("a range where one cell should be", "CAC", (column(100, 200), column(3, 2)), error="#VALUE!"),
    Case("a needed argument left out", "ATTAINMENT", (1,), error="#VALUE!"),
    Case("nothing to divide by", "CAC", (column(100, 200), 0), error="#DIV/0!"),
    Case("a target of zero", "ATTAINMENT", (1, 0), error="#DIV/0!"),
    Case("a text that is no date below dates", "RESOLUTION_DAYS", (column(45658, "soon"), column(45660, 45661)), error="#VALUE!"),
)  # fmt: skip

DAYS = (
    Case("dates as dates", "RETENTION_RATE", (BUYERS, column(*map(day, DATES)), day(SINCE), day(UNTIL)), 1),
    Case("dates as serial numbers", "RETENTION_RATE", (BUYERS, column(*map(serial, DATES)), serial(SINCE), serial(UNTIL)), 1),
    Case("dates as texts", "RETENTION_RATE", (BUYERS, column("2025-01-01", "2025/6/1", "2025年3月1日", "2023-01-05"), SINCE, UNTIL), 1),
    Case("an end before the start", "RETENTION_RATE", (BUYERS, column(*map(day, DATES)), UNTIL, SINCE), error="#NUM!"),
    Case("dates tell purchases apart: a bought twice, of three buyers", "REPEAT_PURCHASE_RATE", (BUYERS, column(*map(serial, DATES))), 1 / 3),
    Case("a date in a single cell", "PERIOD", (day("2026-07-31"),), "2026-07"),
    Case("a serial number in a single cell", "PERIOD", (serial("2026-07-31"), "quarter"), "2026-Q3"),
    Case("a date as text in a single cell", "PERIOD", ("2026-07-31", "year"), "2026"),
    Case("no date at all", "PERIOD", ("soon",), error="#VALUE!"),
)  # fmt: skip

YES_AND_NO = (
    Case("a column of TRUE and FALSE restricts: 10 and 9", "NPS", (column(10, 9, 1), None, None, None, None, column(True, True, False)), 100),
    Case("of 1 and 0: 10 and 1", "NPS", (column(10, 9, 1), None, None, None, None, column(1, 0, 1)), 0),
    Case("of words in zh: 10 and 1", "NPS", (column(10, 9, 1), None, None, None, None, column("是", "否", "是")), 0),
    Case("a bad cell in a row that does not count", "NPS", (column(10, 9, "abc"), None, None, None, None, column(1, 1, 0)), 100),
)  # fmt: skip

SETTINGS = (
    Case("another scale: 5, 5 promoters, 1 detractor of 4", "NPS", (column(5, 5, 4, 1), 5, 3, 1, 5), 25),
    Case("a setting left out between others: 7, 8 promoters of 3", "NPS", (column(7, 8, 2), 7, None, 0), 100 / 3),
    Case("thresholds that cross", "NPS", (column(10, 9), 5, 7), error="#NUM!"),
    Case("a word where a threshold should be", "NPS", (column(10, 9), "x"), error="#NUM!"),
    Case("a scale that is not offered", "CSAT", (column(7), 7), error="#NUM!"),
    Case("words in en: 24 / 30", "ATTAINMENT", (30, 24, "lower"), 0.8),
    Case("words in zh: 24 / 30", "ATTAINMENT", (30, 24, "越低越好"), 0.8),
    Case("words in any case: 24 / 30", "ATTAINMENT", (30, 24, "LOWER"), 0.8),
    Case("a word nobody knows", "ATTAINMENT", (5, 10, "sideways"), error="#NUM!"),
    Case("a baseline: 5 of the way to 10", "ATTAINMENT", (5, 10, "higher", 0), 0.5),
    Case("a cycle nobody knows", "PERIOD", ("2026-07-31", "week"), error="#NUM!"),
    Case("a month that is none", "PERIOD", ("2026-07-31", "year", 13), error="#NUM!"),
)  # fmt: skip

TEXTS_AND_TABLES = (
    Case("a status as the Scorecard says it", "STATUS", (1, 0.9), "green"),
    Case("ids in zh: two of three stayed", "RETAINED_SHARE", (column("甲", "乙", "丙"), column("丙", "甲", "丁")), 2 / 3),
    Case("characters beyond the basic plane: one of two is unique", "UNIQUENESS", (column("😀", "😀"),), 0.5),
    Case("a table, with header and a blank share where nothing was observed", "COHORTS", (column("a", "a", "b"), column(*map(serial, ("2025-01-01", "2025-02-03", "2025-02-05")))),
         [["cohort", "distance", "size", "active", "share", "observed"], ["2025-01", 0, 1, 1, 1, True], ["2025-01", 1, 1, "", "", False], ["2025-02", 0, 1, "", "", False]]),
    Case("a table that cannot be made", "NPS_BREAKDOWN", (column(10, "abc", 9),), error="#VALUE!"),
)  # fmt: skip

CASES = (*NUMBERS, *BLANKS, *HEADERS, *BAD_CELLS, *DAYS, *YES_AND_NO, *SETTINGS, *TEXTS_AND_TABLES)
