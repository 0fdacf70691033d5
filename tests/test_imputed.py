"""Imputed rows: every value twice, whichever period they bear on, and what makes a run new."""

from __future__ import annotations

import warnings
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from loyalty_xl import refresh
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import Refresh
from loyalty_xl.vocabulary import Flag, Result
from tests.conftest import TODAY, Company

HEADER = "order_id,customer_id,order_date,amount,region_id,is_imputed"
OLD = ["P1,C1,2024-10-05,100,EAST,no"]  # so that twelve months are behind November
REAL = [f"O{n},C{n},2025-{1 + n % 9:02d}-05,100,EAST,no" for n in range(1, 25)]
MADE_UP = [f"X{n},N{n},2025-10-10,1000,WEST,yes" for n in range(5)]
LATER = [f"L{n},C{n},2025-11-05,100,EAST,no" for n in range(1, 5)]


@pytest.fixture
def made(company: Company) -> Refresh:
    """A company whose October is made up, November is not."""
    return company(
        Orders="\n".join([HEADER, *OLD, *REAL, *MADE_UP, *LATER]), set={"cycle_type": "month"}, period="2025-11"
    )


@pytest.fixture
def bare(company: Company) -> Refresh:
    """The same company without the rows that were made up."""
    return company(Orders="\n".join([HEADER, *OLD, *REAL, *LATER]), set={"cycle_type": "month"}, period="2025-11")


def by_id(made: Refresh) -> dict[str, Result]:
    """Results by id."""
    return {each.id: each for each in made.results}


def test_values_without_imputed_rows_are_those_of_a_company_without_them(made: Refresh, bare: Refresh) -> None:
    """For every KPI, period and segment the value beside is what the other rows alone give, also after the imputed month."""
    alone = by_id(bare)
    for key, each in by_id(made).items():
        if each.kpi in {"completeness", "validity", "uniqueness", "imputed_share"}:
            continue
        wanted = alone[key].value if key in alone else None
        assert each.value_without_imputed == (wanted if wanted is None else pytest.approx(wanted)), key


def test_what_rests_on_imputed_rows_is_flagged(made: Refresh) -> None:
    """A segment of imputed rows alone has no value beside; November's base rests on October's imputed customers and says so."""
    found = by_id(made)
    west = found["average_spend|2025-10|region=WEST"]
    assert (west.value, west.value_without_imputed) == (1000, None)
    base = found["customer_base|2025-11|All"]
    assert base.value != base.value_without_imputed
    assert Flag.IMPUTED in base.flags
    assert Flag.IMPUTED not in found["customer_base|2025-09|All"].flags


def test_a_rolling_line_has_the_imputed_share_of_its_window(made: Refresh) -> None:
    """The Scorecard's 12 months hold the imputed October: share and flag are there, and too much of it takes the colour."""
    line = next(each for each in made.lines if each.kpi.key == "average_spend")
    assert line.window == "rolling_12m"
    assert line.result.imputed_share == pytest.approx(5 / 33)
    assert Flag.IMPUTED in line.result.flags


def test_money_before_the_first_purchase_counts(company: Company) -> None:
    """A refund of older days, before a customer's first purchase in the data, is part of what the customer spent."""
    rows = [f"R{n},C{n},2025-01-05,-100,refund\nO{n},C{n},2025-03-05,300,sale" for n in range(30)]
    made = company(
        Orders="\n".join(["order_id,customer_id,order_date,amount,order_type", *rows]), set={"cycle_type": "quarter"}
    )
    found = by_id(made)
    for key in ("average_spend", "median_spend", "trimmed_average_spend"):
        assert found[f"{key}|2025-Q1|All"].value == 200


def test_a_date_that_is_no_longer_in_the_future_makes_a_run_new(tmp_path: Path) -> None:
    """An order dated tomorrow is out today; the day after it counts, although no cell has changed."""
    book, orders = tmp_path / "book.xlsx", tmp_path / "orders.csv"
    make_book(book, "en")
    orders.write_text(
        "order_id,customer_id,order_date,amount\nO1,C1,2026-07-01,10\nO2,C1,2026-07-20,10\nO3,C2,2026-08-02,500\n"
    )
    given = {"sources": {"Orders": str(orders)}, "recalculate": False, "by": "test"}
    first = refresh(book, today=date(2026, 8, 1), **given)  # type: ignore[arg-type]
    assert "E224" in {each.code for each in first.findings}
    second = refresh(book, today=date(2026, 8, 3), **given)  # type: ignore[arg-type]
    assert not second.up_to_date
    assert second.written_to == book
    assert refresh(book, today=date(2026, 8, 4), **given).up_to_date  # type: ignore[arg-type]


def test_a_format_that_changes_what_is_read_makes_a_run_new(tmp_path: Path) -> None:
    """Amounts shown as percent are refused; once their format is put right the pages are written anew, though no value changed."""
    book = tmp_path / "book.xlsx"
    make_book(book, "en")

    def save(number_format: str) -> None:
        held = openpyxl.Workbook()
        sheet = held.active
        assert sheet is not None
        sheet.append(["order_id", "customer_id", "order_date", "amount"])
        for n in range(1, 21):
            sheet.append([f"O{n}", f"C{n}", date(2026, 7, n), 100 + n])
        for row in range(2, 5):
            sheet.cell(row, 4).number_format = number_format
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that openpyxl does not know
            filled = openpyxl.load_workbook(book)
        if "Orders" in filled.sheetnames:
            del filled["Orders"]
        copy = filled.create_sheet("Orders")
        for cells in sheet.iter_rows():
            for cell in cells:
                copy[cell.coordinate].value = cell.value
                copy[cell.coordinate].number_format = cell.number_format
        filled.save(book)

    save("0%")
    assert "E203" in {each.code for each in refresh(book, today=TODAY, recalculate=False, by="test").findings}
    save("General")
    again = refresh(book, today=TODAY, recalculate=False, by="test")
    assert "E203" not in {each.code for each in again.findings}
    assert not again.up_to_date
