"""How raw cells are read, whatever host hands them over."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from loyalty_xl.formulas import CellError, call

NPS = "LOYALTY_NPS"
HALF = 50.0  # of the scores 10, 9, 8, 7


@pytest.mark.parametrize(
    "cells",
    [
        [10, 9, 8, 7],
        [[10, 9, 8, 7]],
        [[10], [9], [8], [7]],
        ((10.0,), (9.0,), (8.0,), (7.0,)),
        [[10, 9], [8, 7]],
        np.array([10, 9, 8, 7]),
        [Decimal(10), Decimal("9.0000"), 8, 7],
        ["10", " 9 ", "８", "7.0"],
        [[10], [9], [8], [7], *[[None]] * 20],
        [10, None, 9, "", " ", 8, 7],
        [10, 9, 8, 7, "-", "无", "N/A"],
        [["推荐意愿"], [10], [9], [8], [7]],
        [["How likely?"], [10], [9], [8], [7]],
    ],
    ids=str,
)
def test_the_same_scores_in_any_shape(cells: Any) -> None:
    """Scalars, rows, columns, blocks, Decimals, numbers as text, blanks, words for nothing and a header all give the same NPS."""
    assert call(NPS, cells) == HALF


@pytest.mark.parametrize(
    ("cells", "code", "says"),
    [
        ([10, 9, 8, 7, 3, 4, "abc"], "#VALUE!", "row 7: abc"),
        ([["score"], [10], ["abc"]], "#VALUE!", "row 3: abc"),
        ([10, "#N/A", 9], "#VALUE!", "row 2: #N/A"),
        ([10, True], "#VALUE!", "row 2: TRUE"),
        ([10, datetime(2026, 1, 1)], "#VALUE!", "row 2: 2026-01-01"),
        ([10, 7.5], "#VALUE!", "row 2: 7.5"),
        ([10, 11], "#VALUE!", "row 2: 11"),
        ([10, -1], "#VALUE!", "row 2: -1"),
        (["abc"], "#VALUE!", "row 1: abc"),
        ([], "#DIV/0!", "divide"),
        ([None, ""], "#DIV/0!", "divide"),
    ],
    ids=str,
)
def test_bad_cells_are_named(cells: Any, code: str, says: str) -> None:
    """What cannot be read is an error that names place and text, in both languages; nothing at all is no denominator."""
    found = call(NPS, cells)
    assert isinstance(found, CellError)
    assert found.code == code
    assert says in found.en
    assert found.zh
    assert found.zh in found.message


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((["x"]), "x"),
        ((4, 6), "nps_detractor_max < nps_promoter_min"),
        ((200,), "200"),
        ((9, 6, 5, 3), "nps_scale_min"),
    ],
)
def test_bad_settings_are_num(arguments: tuple[Any, ...], says: str) -> None:
    """A threshold that cannot be, or contradicts another, is #NUM!, with what would do."""
    found = call(NPS, [10, 9], *arguments)
    assert isinstance(found, CellError)
    assert found.code == "#NUM!"
    assert says in found.en


def test_blank_settings_take_their_default() -> None:
    """An argument left out, None or blank is the default; a cell range of one cell is its cell."""
    assert call(NPS, [10, 9, 8, 7], None, "", [[None]]) == HALF
    assert call(NPS, [8, 8, 7, 7], [[8]], 6) == HALF


def test_pairs() -> None:
    """A row with either blank leaves the pair; ids are texts whatever their type; unequal ranges name both lengths."""
    frequency = "LOYALTY_PURCHASE_FREQUENCY"
    assert call(frequency, ["a", "a", "b", None, "c"], ["o1", "o2", "o3", "o4", None]) == 1.5
    assert call(frequency, [7, "7", 7.0], ["o1", "o2", "o2"]) == 2
    assert call(frequency, [["customer_id"], ["a"], ["b"]], [["order_id"], ["o1"], ["o2"]]) == 1
    found = call(frequency, ["a", "b", "c"], ["o1", "o2"])
    assert (found.code, "3" in found.en, "2" in found.en) == ("#VALUE!", True, True)
    assert call(frequency, [["a"], ["b"], [None], [None]], [["o1"], ["o2"]]) == 1
    assert call(frequency, ["1.23E+17"], ["o1"]).code == "#VALUE!"
    assert call(frequency, [[1, 2], [3, 4]], ["o1", "o2"]).code == "#VALUE!"


def test_dates_in_every_form() -> None:
    """Dates, moments, serial numbers and texts in the listed ways are one day; an ambiguous one is named."""
    base = "LOYALTY_CUSTOMER_BASE"
    days = [date(2026, 1, 5), datetime(2026, 1, 5, 13), 46027, 46027.5, "2026-01-05", "2026年1月5日", "2026/1/5"]
    assert call(base, [f"c{number}" for number in range(7)], days, date(2026, 1, 6), 1) == 7
    assert call(base, [f"c{number}" for number in range(7)], days, 46029, 1) == 0
    assert "row 2: 03/04/25" in call(base, ["a", "b"], ["2026-01-05", "03/04/25"], date(2026, 2, 1)).en
    assert call(base, ["a"], ["2026-01-05"], "soon").code == "#VALUE!"


def test_purchases_by_id_or_by_day() -> None:
    """Equal order ids, and dates of one day at any hour, are one purchase, as dates and as serial numbers alike."""
    frequency = "LOYALTY_PURCHASE_FREQUENCY"
    assert call(frequency, ["a", "a", "a"], [datetime(2026, 1, 5, 9), datetime(2026, 1, 5, 18), date(2026, 1, 6)]) == 2
    assert call(frequency, ["a", "a", "a"], [46027.375, 46027.75, 46028.0]) == 2


def test_include_restricts_rows() -> None:
    """Only rows with TRUE count; what they leave out is not even read; 1, 是 and a header are understood."""
    assert call(NPS, [10, 9, 3, "abc"], None, None, None, None, [True, 1, False, False]) == 100
    assert call(NPS, [["score"], [10], [3]], None, None, None, None, [["keep"], ["是"], ["否"]]) == 100
    assert call(NPS, [10, 3], None, None, None, None, [True, False, True]).code == "#VALUE!"
    assert call(NPS, [10, 3], None, None, None, None, [True, "perhaps"]).code == "#VALUE!"


def test_missing_and_superfluous_arguments() -> None:
    """A call without its ranges, or with too many, shows the signature."""
    assert "LOYALTY_NPS(scores" in call(NPS).en
    assert "LOYALTY_VERSION()" in call("LOYALTY_VERSION", 1).en
    assert call("LOYALTY_RETENTION_RATE", ["a"], ["2026-01-05"], "2026-02-01", "2026-01-01").code == "#NUM!"


def test_answers_are_plain() -> None:
    """Answers are Python's own scalars and rows of equal length, never numpy's, never nan."""
    assert type(call(NPS, np.array([10, 9]))) is float
    table = call("LOYALTY_COHORTS", ["a", "b", "a"], ["2026-01-05", "2026-01-06", "2026-03-07"])
    assert {len(row) for row in table} == {6}
    assert {type(cell) for row in table for cell in row} <= {str, int, float, bool}


@pytest.mark.parametrize(
    "garbage",
    [[], [[]], {}, float("nan"), float("inf"), 10**400, Decimal("sNaN"), Decimal("Infinity"), b"x", object(), "9" * 400, np.array([]), [[[9]]], 1j],
    ids=lambda value: f"{type(value).__name__} {str(value)[:12]}",
)  # fmt: skip
def test_nothing_that_a_cell_may_hold_raises(garbage: Any) -> None:
    """Whatever stands in a range or an argument, the answer is a value, rows, or an error of the sheet's."""
    for cells in ((garbage,), ([[9], [garbage]],), ([[9]], garbage), ([[9]], 9, 6, 0, 10, garbage)):
        assert isinstance(call(NPS, *cells), (float, CellError))
    for name in (
        "LOYALTY_PURCHASE_FREQUENCY",
        "LOYALTY_CUSTOMER_BASE",
        "LOYALTY_CAC",
        "LOYALTY_COMPLETENESS",
        "LOYALTY_PERIOD",
        "LOYALTY_KPI",
    ):
        assert isinstance(call(name, garbage, garbage, garbage), (float, str, CellError)), name
    assert isinstance(call(garbage), CellError)


def test_a_number_of_customers_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five thousand million new customers are divided by like any number."""
    assert call("LOYALTY_CAC", [[1], [2]], 5e9) == 3 / 5e9
