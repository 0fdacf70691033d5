"""Figures that others published from the same data come out of a refresh, to the digits in which they were printed.

They are listed, with the settings under which they hold, in the README beside the data sets.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from loyalty_xl import refresh
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import Refresh
from loyalty_xl.publish.early_warning import warning_rows

pytestmark = pytest.mark.real_data

TODAY = date(2026, 11, 1)
HEADER = "customer_id,order_date,quantity,amount"


def run(book: Path, orders: Path, **settings: str) -> Refresh:
    """Refresh an empty book with these orders; nothing is written."""
    return refresh(book, sources={"Orders": str(orders)}, settings=settings, today=TODAY, dry_run=True)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook in which nobody has written anything."""
    path = tmp_path_factory.mktemp("published") / "book.xlsx"
    make_book(path, "en")
    return path


@pytest.fixture(scope="module")
def cdnow_file(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CDNOW, its white space made commas."""
    _, *lines = (line.split() for line in (real_data / "cdnow.csv").read_text(encoding="ascii").splitlines())
    path = tmp_path_factory.mktemp("cdnow") / "cdnow.csv"
    path.write_text("\n".join([HEADER, *(",".join(fields) for fields in lines)]) + "\n", encoding="ascii")
    return path


@pytest.fixture(scope="module")
def cdnow(book: Path, cdnow_file: Path) -> Refresh:
    """Each row an order; the 80 orders of no value count."""
    return run(book, cdnow_file, zero_value_orders="count")


@pytest.fixture(scope="module")
def cdnow_by_day(book: Path, cdnow_file: Path) -> Refresh:
    """All orders of a customer on a day are one occasion."""
    return run(book, cdnow_file, zero_value_orders="count", occasion_unit="day")


@pytest.fixture(scope="module")
def retail_kept(book: Path, real_data: Path) -> Refresh:
    """Online Retail with its cancellations as orders of their own."""
    return run(book, real_data / "online_retail.xlsx", cancellations="keep", zero_value_orders="count")


@pytest.fixture(scope="module")
def retail(book: Path, real_data: Path) -> Refresh:
    """Online Retail as usually cleaned: no cancellations, no lines of no value."""
    return run(book, real_data / "online_retail.xlsx", cancellations="drop", zero_value_orders="ignore")


@pytest.fixture(scope="module")
def retail_by_day(book: Path, real_data: Path) -> Refresh:
    """The cleaned Online Retail, all invoices of a customer on a day being one occasion."""
    return run(
        book, real_data / "online_retail.xlsx", cancellations="drop", zero_value_orders="ignore", occasion_unit="day"
    )


@pytest.fixture(scope="module")
def retail_net(book: Path, real_data: Path) -> Refresh:
    """Online Retail, cancellations taken off the revenue but no orders."""
    return run(book, real_data / "online_retail.xlsx", cancellations="net")


def found(made: Refresh, kpi: str) -> tuple[float | None, float | None, float | None]:
    """Value, numerator and base of a KPI over the whole history."""
    (result,) = (
        each for each in made.results if (each.kpi, each.period.label, each.segment_dim) == (kpi, "all", "all")
    )
    assert result.reason is None
    return result.value, result.numerator, result.n


def value(made: Refresh, kpi: str) -> float:
    """Value of a KPI over the whole history."""
    number = found(made, kpi)[0]
    assert number is not None
    return number


def counted(made: Refresh) -> dict[str, int]:
    """What the run log counts in the orders."""
    return {item: int(number) for section, item, number, _ in made.run_log if section == "orders"}


def cohort(made: Refresh, label: str, distance: int) -> tuple[int, str]:
    """Size of a cohort, and the share that bought again so many months later, in percent."""
    (row,) = (row for row in made.tables["cohorts"] if (row["cohort"], row["distance"]) == (label, distance))
    assert row["observed"]
    return row["size"], f"{row['share']:.1%}"


def warned(made: Refresh) -> dict[str, dict[str, Any]]:
    """The trial of the early warning, by item."""
    return {row["item"]: row for row in made.tables["early_warning_validation"]}


def test_cdnow_early_warning_beats_recency(book: Path, cdnow_file: Path) -> None:
    """As of 1998-01-01, 180 days: the days since the last purchase tell with an AUC of 0.795, the score with more, and the page says so."""
    made = run(book, cdnow_file, zero_value_orders="count", churn_window_days="180")
    found = warned(made)
    assert found["test_snapshot"]["observed"] == "1998-01-01"
    assert found["train_snapshots"]["observed"] == "1997-04-01, 1997-07-01"  # none later than 1997-07-05
    assert (found["test_customers"]["customers"], found["test_lost"]["customers"]) == (23_570, 18_207)
    assert f"{found['auc']['recency']:.3f}" == "0.795"
    assert f"{found['auc']['score']:.3f}" == "0.806"
    assert found["verdict"]["observed"] == "validated"
    page = " ".join(str(cell) for row in warning_rows(made)[0] for cell in row if cell is not None)
    assert "AUC is 0.806, above 0.795 of the days since the last purchase" in page
    assert {row["scored_by"] for row in made.tables["early_warning"]} == {"regression", None}


def test_cdnow_early_warning_without_training_label(book: Path, cdnow_file: Path) -> None:
    """As of 1997-10-01, 273 days: recency tells with 0.759, no training label exists; the page says not_validated and the rule scores."""
    made = run(book, cdnow_file, zero_value_orders="count", churn_window_days="273")
    found = warned(made)
    assert found["test_snapshot"]["observed"] == "1997-10-01"
    assert f"{found['auc']['recency']:.3f}" == "0.759"
    assert found["auc"]["score"] is None
    assert (found["verdict"]["observed"], found["not_validated"]["observed"]) == ("no_label", True)
    page = " ".join(str(cell) for row in warning_rows(made)[0] for cell in row if cell is not None)
    assert "not_validated" in page
    assert "0.759" in page
    assert {row["scored_by"] for row in made.tables["early_warning"]} == {"rule", None}


def test_cdnow_is_read_whole(cdnow: Refresh) -> None:
    """Every line of CDNOW becomes an order: 69,659 orders of 23,570 customers."""
    assert counted(cdnow) == {
        "lines": 69_659, "orders": 69_659, "lines with customer": 69_659, "orders with customer": 69_659,
        "customers": 23_570, "lines with customer, sales": 69_659,
    }  # fmt: skip
    assert not [each for each in cdnow.findings if each.code.startswith("E")]


def test_cdnow_money(cdnow: Refresh) -> None:
    """Revenue, average spend per customer and average order value of CDNOW are the published ones."""
    spend, revenue, customers = found(cdnow, "average_spend")
    assert f"{spend:.8f}" == "106.08042554"
    assert f"{revenue:.2f}" == "2500315.63"
    assert customers == 23_570
    order_value, revenue, orders = found(cdnow, "average_order_value")
    assert f"{order_value:.6f}" == "35.893648"
    assert f"{revenue:.2f}" == "2500315.63"
    assert orders == 69_659


def test_cdnow_frequency_and_gaps(cdnow: Refresh) -> None:
    """Orders per customer and the days between orders are the published ones, over 46,089 gaps."""
    assert f"{value(cdnow, 'purchase_frequency'):.6f}" == "2.955409"
    days, _, gaps = found(cdnow, "purchase_gap_days")
    assert f"{days:.6f}" == "68.973768"
    assert gaps == 46_089


def test_cdnow_lifetime_repeat(cdnow: Refresh, cdnow_by_day: Refresh) -> None:
    """49.478 % of CDNOW's customers ordered again, 48.859 % on another day."""
    assert f"{value(cdnow, 'lifetime_repeat_rate'):.3%}" == "49.478%"
    assert f"{value(cdnow_by_day, 'lifetime_repeat_rate'):.3%}" == "48.859%"


@pytest.mark.parametrize(
    ("label", "size", "share"), [("1997-01", 7_846, "14.7%"), ("1997-02", 8_476, "15.5%"), ("1997-03", 7_248, "14.2%")]
)
def test_cdnow_cohorts(cdnow: Refresh, label: str, size: int, share: str) -> None:
    """The three cohorts of CDNOW have the published sizes and the published share that bought in the next month."""
    assert cohort(cdnow, label, 1) == (size, share)


def test_cdnow_has_no_later_cohort(cdnow: Refresh) -> None:
    """All customers of CDNOW first bought in the first quarter of 1997."""
    assert {row["cohort"] for row in cdnow.tables["cohorts"] if row["size"]} == {"1997-01", "1997-02", "1997-03"}


def test_retail_is_counted_in_the_run_log(retail_kept: Refresh) -> None:
    """541,909 lines, 25,900 invoices; with customer 406,829 lines, 22,190 invoices, 4,372 customers."""
    assert counted(retail_kept) == {
        "lines": 541_909, "orders": 25_900, "lines with customer": 406_829, "orders with customer": 22_190,
        "customers": 4_372, "lines with customer, sales": 397_924,
    }  # fmt: skip


def test_retail_kept(retail_kept: Refresh) -> None:
    """With cancellations kept, 4,372 customers have 22,190 invoices."""
    _, invoices, customers = found(retail_kept, "purchase_frequency")
    assert (invoices, customers) == (22_190, 4_372)


def test_retail_cleaned(retail: Refresh) -> None:
    """Cleaned: 4,338 customers, 18,532 invoices, revenue 8,911,407.904, 2,054.27 per customer."""
    _, invoices, customers = found(retail, "purchase_frequency")
    assert (invoices, customers) == (18_532, 4_338)
    spend, revenue, _ = found(retail, "average_spend")
    assert f"{revenue:.3f}" == "8911407.904"
    assert f"{spend:.2f}" == "2054.27"


def test_retail_order_value(retail: Refresh, retail_net: Refresh) -> None:
    """An order is worth 534.40 without cancellations, 488.36 after them."""
    assert f"{value(retail, 'average_order_value'):.2f}" == "534.40"
    assert f"{value(retail_net, 'average_order_value'):.2f}" == "488.36"


def test_retail_lifetime_repeat(retail: Refresh, retail_by_day: Refresh) -> None:
    """65.58 % of the customers ordered again, 64.32 % on another day."""
    assert f"{value(retail, 'lifetime_repeat_rate'):.2%}" == "65.58%"
    assert f"{value(retail_by_day, 'lifetime_repeat_rate'):.2%}" == "64.32%"


@pytest.mark.parametrize(
    ("label", "distance", "share"),
    [("2010-12", 1, "38.2%"), ("2011-01", 1, "24.0%"), ("2011-01", 3, "24.2%"), ("2011-01", 10, "36.8%")],
)
def test_retail_cohorts_kept(retail_kept: Refresh, label: str, distance: int, share: str) -> None:
    """With cancellations kept, the cohorts return in the published shares."""
    assert cohort(retail_kept, label, distance)[1] == share


def test_retail_first_cohort(retail_kept: Refresh, retail: Refresh) -> None:
    """The first cohort has 948 customers with cancellations kept, and 885 of whom 36.6 % return with them removed."""
    assert cohort(retail_kept, "2010-12", 1)[0] == 948
    assert cohort(retail, "2010-12", 1) == (885, "36.6%")


def test_retail_codes_and_ids_are_told(retail: Refresh) -> None:
    """Nothing is lost silently: 135,080 lines without customer are one finding, identical lines another, and no row is out."""
    told = {each.code: each.count for each in retail.findings}
    assert told["W257"] == 135_080
    assert told["W213"] == 5_268
    assert [entry for entry in retail.run_log if entry[0] == "left out"] == []
    assert [entry[2:] for entry in retail.run_log if entry[0] == "rows"] == [("541909", "kept 541909")]
