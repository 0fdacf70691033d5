"""Keeping customers: save rate, reactivation, reasons for leaving, early warning and its trial on history, on sheets small enough for a hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from loyalty_xl import library
from loyalty_xl.customer_lists import write_customer_lists
from loyalty_xl.errors import WriteError
from loyalty_xl.formulas import call
from loyalty_xl.logistic import area_under_curve, brier, fit, lift
from loyalty_xl.newbook import make_book
from loyalty_xl.opening import Asked
from loyalty_xl.pipeline import Refresh
from loyalty_xl.publish.early_warning import verdict, warning_rows
from loyalty_xl.vocabulary import Flag, Reason, Result
from tests.conftest import TODAY, Company

library.load()


def result(made: Refresh, kpi: str, period: str) -> Result:
    """The result of a KPI for All."""
    return next(
        each for each in made.results if (each.kpi, each.period.label, each.segment_dim) == (kpi, period, "all")
    )


def csv(header: str, *rows: str) -> str:
    """A sheet as text."""
    return "\n".join([header, *rows])


ORDERS = "order_id,customer_id,order_date,amount"
ATTEMPTS = "attempt_id,customer_id,contacted_on,reason,outcome"


@pytest.fixture
def attempts() -> dict[str, str]:
    """Ten customers contacted in January 2026, data to 20 April: three windows of 90 days are open, four of the seven others bought."""
    contacted = [f"W{n},C{n:02d},2026-01-05,price,pending" for n in range(1, 8)]
    contacted += [f"W{n},C{n:02d},2026-01-25,,pending" for n in range(8, 11)]
    contacted.append("W0,C07,2026-01-02,quality,saved")  # an earlier attempt with the same customer: not the last
    bought = [
        "O1,C01,2026-01-05,10",  # on the day of the contact
        "O2,C02,2026-04-05,10",  # on the last day of the window
        "O3,C03,2026-02-01,10",
        "O4,C04,2026-03-01,10",
        "O5,C05,2026-01-04,10",  # before the contact
        "O6,C06,2026-04-06,10",  # a day late
        "O7,C07,2026-01-03,10",  # after the first attempt, before the last
        "O8,C08,2026-02-01,10",  # its window is open
        "O9,C11,2026-04-20,10",
    ]
    return {"SaveAttempts": csv(ATTEMPTS, *contacted), "Orders": csv(ORDERS, *bought)}


def test_save_rate_counts_closed_windows_and_last_attempts(company: Company, attempts: dict[str, str]) -> None:
    """10 contacted, 3 windows open, 4 saved: 4/7, marked partial while windows are open; the outcome noted does not decide."""
    made = company(**attempts)
    found = result(made, "save_rate", "2026-01")
    assert (found.numerator, found.denominator) == (4, 7)
    assert found.value == pytest.approx(4 / 7)
    assert Flag.PARTIAL in found.flags
    line = next(
        each for each in made.lines if each.kpi.key == "save_rate"
    )  # core; no cohort has matured by the end of March
    assert line.result.value is None or line.cohort <= "2025-12"
    assert call(
        "LOYALTY_SAVE_RATE",
        *([[cell] for cell in column] for column in _formula_columns(attempts)),
        date(2026, 4, 21),
    ) == pytest.approx(4 / 7)


def _formula_columns(sheets: dict[str, str]) -> list[list[Any]]:
    attempts = [row.split(",") for row in sheets["SaveAttempts"].split("\n")[1:]]
    orders = [row.split(",") for row in sheets["Orders"].split("\n")[1:]]
    return [
        [row[1] for row in attempts],
        [date.fromisoformat(row[2]) for row in attempts],
        [row[1] for row in orders],
        [date.fromisoformat(row[2]) for row in orders],
    ]


def test_save_rate_is_withheld_while_all_windows_are_open(company: Company, attempts: dict[str, str]) -> None:
    """While no window is over there is no value but the reason maturing; a renewed contract in the window is a success."""
    orders = csv(ORDERS, "O1,C01,2026-01-05,10", "O9,C11,2026-02-20,10")
    assert result(company(**attempts | {"Orders": orders}), "save_rate", "2026-01").reason is Reason.MATURING
    renewed = {
        "SaveAttempts": csv(
            ATTEMPTS + ",outcome_on", "W1,C01,2026-01-05,,saved,2026-01-20", "W2,C02,2026-01-05,,saved,2026-01-20"
        ),
        "Customers": csv("customer_id,contract_end", "C01,2027-01-01", "C02,2026-02-01", "C11,"),
        "Orders": csv(ORDERS, "O1,C11,2026-01-01,5", "O9,C11,2026-04-20,10"),
    }
    found = result(company(**renewed), "save_rate", "2026-01")
    assert (found.numerator, found.denominator) == (1, 2)


REGULAR = ("2025-01-01", "2025-01-11", "2025-01-21", "2025-01-31")  # three gaps of 10 days


def orders_of(**days: tuple[str, ...]) -> str:
    """Orders of 100 each."""
    rows = [f"{who}-{n},{who},{day},100" for who, some in days.items() for n, day in enumerate(some)]
    return csv(ORDERS, *rows)


def test_the_rule_scores_by_the_usual_gap(company: Company) -> None:
    """16 of 10 usual days: 16/26 is high; 11 days: 11/21 is medium; one purchase: everybody's mean gap stands for the own one."""
    # On 1 March: A last bought 16 days ago, B 11 days, N once, 21 days ago. Mean of all gaps: (3*15 + 3*10 + ...) below.
    sheets = orders_of(
        A=("2025-01-14", "2025-01-24", "2025-02-03", "2025-02-13"),
        B=("2025-01-19", "2025-01-29", "2025-02-08", "2025-02-18"),
        N=("2025-02-08",),
    )
    made = company(Orders=sheets, as_of=date(2025, 3, 1))
    assert result(made, "at_risk_customers", "2025-02").value == 2  # A 16/26, N 21/31 by the common gap of 10 days
    assert result(made, "at_risk_share", "2025-02").value == pytest.approx(2 / 3)
    assert result(made, "at_risk_value", "2025-02").value == 500
    bands = {row["band"]: row for row in made.tables["early_warning"]}
    assert {band: row["customers"] for band, row in bands.items()} == {
        "high": 2, "medium": 1, "low": 0, "insufficient_history": 0,
    }  # fmt: skip
    assert bands["high"]["mean_score"] == pytest.approx((16 / 26 + 21 / 31) / 2)
    assert {row["scored_by"] for row in bands.values() if row["scored_by"]} == {"rule"}
    said = {row["item"]: row["observed"] for row in made.tables["early_warning_validation"]}
    assert (said["verdict"], said["not_validated"]) == ("no_label", True)
    ids, days, amounts = zip(*((row.split(",")[1:]) for row in sheets.split("\n")[1:]), strict=True)
    cells = [
        [[each] for each in ids],
        [[date.fromisoformat(each)] for each in days],
        [[float(each)] for each in amounts],
    ]
    for key, value in (("CUSTOMERS", 2), ("SHARE", 2 / 3), ("VALUE", 500)):
        assert call(f"LOYALTY_AT_RISK_{key}", *cells, date(2025, 3, 1)) == pytest.approx(value)
    spilled = call("LOYALTY_EARLY_WARNING", *cells, date(2025, 3, 1))
    assert [row[:5] for row in spilled[1:3]] == [
        ["high", "rule", 0.6, pytest.approx((16 / 26 + 21 / 31) / 2), 2],
        ["medium", "rule", 0.3, pytest.approx(11 / 21), 1],
    ]


def test_without_any_second_purchase_there_is_no_score(company: Company) -> None:
    """Nobody has come back: no usual gap, so the value is withheld and everyone is in the band of short history."""
    made = company(Orders=orders_of(A=("2025-01-05",), B=("2025-01-25",)), as_of=date(2025, 2, 1))
    assert result(made, "at_risk_share", "2025-01").reason is Reason.INSUFFICIENT_HISTORY
    assert made.tables["early_warning"][-1]["customers"] == 2


def test_reactivation_and_reasons(company: Company) -> None:
    """Of two lost at the start one came back; the reason in Customers goes before that of the attempt, which is secondary."""
    sheets = {
        "Orders": orders_of(
            A=("2024-01-05", "2025-03-10"),
            B=("2024-01-06",),
            C=("2024-12-01", "2025-03-31"),
            D=("2024-03-20",),
            E=("2025-03-31",),
        ),
        "Customers": csv("customer_id,closed_on,close_reason", "A,,", "B,2024-02-01,价格太高", "C,,", "D,,", "E,,"),
        "SaveAttempts": csv(
            ATTEMPTS, "W1,B,2024-01-20,quality,lost", "W2,A,2024-06-01,price,lost", "W3,E,2025-03-31,,pending"
        ),
    }
    made = company(**sheets, as_of=date(2025, 4, 1))
    found = result(made, "reactivation_rate", "2025-03")
    assert (found.numerator, found.denominator) == (1, 2)  # A came back, B did not; D is lost only during March
    rows = [row for row in made.tables["leaving_reasons"] if row["period"] == "all"]
    assert [(row["reason"], row["customers"], row["secondary"], row["lost"]) for row in rows] == [
        ("other", 1, 0, 2), ("quality", 0, 1, 2), ("not_recorded", 1, None, 2),
    ]  # fmt: skip
    assert rows[0]["coverage"] == 0.5
    table = call("LOYALTY_LEAVING_REASONS", [["B"], ["B"], ["D"]], [["quality"], ["other"], [None]])
    assert table[1] == ["all", "other", 1, 1.0, 0, 2, 0.5]


def many_customers() -> tuple[list[str], list[date], list[float]]:
    """300 customers over two years, from a formula: each buys every 12 to 41 days, and a third stop for good after a while."""
    ids, days, amounts = [], [], []
    for number in range(300):
        day = date(2024, 1, 1) + timedelta(number % 60)
        gap, stops = 12 + number * 7 % 30, number * 37 % 560 if number % 3 == 0 else 10_000
        while (day - date(2024, 1, 1)).days < min(730, 40 + stops):
            ids.append(f"C{number:03d}")
            days.append(day)
            amounts.append(50.0 + number % 7)
            day += timedelta(gap + (number * len(days)) % 9)
    return ids, days, amounts


def test_what_comes_later_changes_no_earlier_warning() -> None:
    """At-risk customers on a day are the same whatever happens afterwards, in any order of rows; amounts times ten are ten times the value."""
    ids, days, amounts = many_customers()
    end = date(2025, 7, 1)
    earlier = [place for place, day in enumerate(days) if day < end]

    def ask(key: str, places: list[int], by: float = 1.0) -> Any:
        columns = ([[each[place]] for place in places] for each in (ids, days, [by * amount for amount in amounts]))
        return call(f"LOYALTY_AT_RISK_{key}", *columns, end, 120)

    everything = list(range(len(ids)))
    count, value = ask("CUSTOMERS", everything), ask("VALUE", everything)
    assert count > 5
    assert (ask("CUSTOMERS", earlier), ask("VALUE", earlier)) == (count, pytest.approx(value))
    assert ask("CUSTOMERS", everything[::-1]) == count
    assert (ask("CUSTOMERS", everything, 10.0), ask("VALUE", everything, 10.0)) == (count, pytest.approx(10 * value))


def test_the_trial_keeps_to_its_time_split() -> None:
    """Training windows end by the test snapshot, the test window by the end of the data; counts add up; fewer events are not validated."""
    ids, days, amounts = many_customers()
    columns = [[[each] for each in column] for column in (ids, days, amounts)]
    table = call("LOYALTY_EARLY_WARNING_VALIDATION", *columns, date(2026, 1, 1), 120, 0.6, 10)
    rows = {(row[0], row[1]): dict(zip(table[0], row, strict=True)) for row in table[1:]}
    test = date.fromisoformat(rows["data", "test_snapshot"]["observed"])
    trains = [date.fromisoformat(each) for each in rows["data", "train_snapshots"]["observed"].split(", ")]
    assert test == date(2025, 9, 1)  # the newest first of a month 120 days before the end
    assert max(trains) + timedelta(120) <= test
    assert max(trains) == date(2025, 5, 1)
    assert rows["result", "verdict"]["observed"] in {"validated", "not_better"}
    assert (rows["result", "verdict"]["observed"] == "validated") == (
        rows["quality", "auc"]["score"] > rows["quality", "auc"]["recency"]
    )
    parts = [
        rows["confusion", item]["score"]
        for item in ("true_positive", "false_positive", "false_negative", "true_negative")
    ]
    assert sum(parts) == rows["data", "test_customers"]["customers"]
    assert parts[0] + parts[2] == rows["data", "test_lost"]["customers"]
    assert rows["quality", "precision"]["score"] == pytest.approx(parts[0] / (parts[0] + parts[1]))
    assert sum(row["customers"] for (part, _), row in rows.items() if part == "calibration") == sum(parts)
    few = call("LOYALTY_EARLY_WARNING_VALIDATION", *columns, date(2026, 1, 1), 120, 0.6, 1000)
    assert few[1][-1] == "few_events"


def test_the_regression_is_the_one_of_the_textbook() -> None:
    """Weights, AUC and Brier score are those of scikit-learn 1.7 (C = 1 / ridge, standardised columns)."""
    i = np.arange(40.0)
    rows = np.c_[np.sin(i), np.floor(i / 7) % 3, (i * i) % 11]
    happened = np.sin(1.7 * i) + 0.8 * np.sin(i) + 0.1 * ((i * i) % 11) > 0.5
    made = fit(rows, happened, 1.0)
    assert made.intercept == pytest.approx(-0.2716135, abs=1e-7)
    assert made.weights == pytest.approx([1.16020133, 0.54925069, 0.3827952], abs=1e-7)
    assert area_under_curve(made.probability(rows), happened) == pytest.approx(0.8409090909090909)
    assert brier(made.probability(rows), happened) == pytest.approx(0.16391991, abs=1e-8)
    looser = fit(rows, happened, 0.1)
    assert looser.weights == pytest.approx([1.41231788, 0.68915635, 0.48114833], abs=1e-7)


def test_the_regression_survives_what_data_do() -> None:
    """A constant column has no weight; classes that can be told apart completely keep finite weights; scores of nobody are no number."""
    rows = np.c_[np.ones(20), np.arange(20.0)]
    made = fit(rows, np.arange(20) > 9)
    assert made.weights[0] == 0
    assert np.isfinite(made.weights).all()
    assert area_under_curve(made.probability(rows), np.arange(20) > 9) == 1
    assert np.isnan(area_under_curve(np.ones(3), np.ones(3, dtype=bool)))
    assert lift(np.ones(10), np.arange(10) > 4) == pytest.approx(1)  # no score tells: no lift


@pytest.mark.parametrize(
    ("said", "zh", "en"),
    [
        ("validated", "AUC 为 0.806,高于“距上次购买天数”的 0.795", "AUC is 0.806, above 0.795"),
        ("not_better", "没有胜过基准", "does not beat the baseline"),
        ("few_events", "not_validated", "fewer than 50 lost"),
        ("no_label", "not_validated", "too short"),
    ],
)
def test_the_page_says_in_words_what_the_trial_showed(said: str, zh: str, en: str) -> None:
    """Each verdict is a sentence in both languages, with the score's AUC beside that of the days since the last purchase."""
    score = 0.806 if said == "validated" else 0.7
    rows = [{"item": "verdict", "observed": said}, {"item": "auc", "score": score, "recency": 0.795, "rule": 0.76}]
    sentences = verdict(rows, 50, 365)
    assert zh in sentences[0][0]
    assert en in sentences[0][1]


def test_the_sample_company_feeds_it_all(computed_demo: Refresh) -> None:
    """On the demo every KPI of this area has a value, and the page Early warning names no customer."""
    made = computed_demo
    for kpi, period in (
        ("save_rate", "2026-04"), ("reactivation_rate", "2026-07"), ("at_risk_customers", "2026-07"), ("at_risk_share", "2026-07"),
        ("at_risk_value", "2026-07"),
    ):  # fmt: skip
        assert result(made, kpi, period).value is not None, kpi
    assert next(each for each in made.lines if each.kpi.key == "save_rate").cohort == "2026-04"
    assert {row["reason"] for row in made.tables["leaving_reasons"]} >= {"price", "quality", "after_sales"}
    rows, _ = warning_rows(made)
    cells = [str(cell) for row in rows for cell in row if cell is not None]
    assert any("AUC" in cell for cell in cells)
    known = set(made.sheets["Customers"].frame["customer_id"].astype(str))
    assert not known & set(cells)


@pytest.fixture
def listed(tmp_path: Path) -> tuple[Path, Asked]:
    """A book, and sheets of five customers on 1 June 2026: one at risk, one detractor, one promoter, one silent, one without consent."""
    make_book(tmp_path / "book.xlsx", "en")
    texts = {
        "Orders": orders_of(
            LATE=("2026-02-01", "2026-02-11", "2026-02-21", "2026-03-03"),
            CROSS=("2026-03-27", "2026-04-10", "2026-04-30", "2026-05-22"),
            HAPPY=("2026-04-01", "2026-05-30"),
            SILENT=("2026-04-20",), CALLED=("2026-04-20",), NO=("2026-01-31",),
        ),
        "Customers": csv("customer_id,contact_consent", "LATE,yes", "CROSS,yes", "HAPPY,yes", "SILENT,", "CALLED,yes", "NO,no"),
        "SurveyResponses": csv(
            "response_id,survey_id,customer_id,answered_on,recommend_score,recommend_reason,follow_up_on",
            "R1,W1,CROSS,2026-05-10,2,=cmd()|slow,", "R2,W1,HAPPY,2026-05-11,10,,", "R3,W1,LATE,2026-05-12,3,,2026-05-20", "R4,W1,NO,2026-05-12,9,,",
            "R0,W0,HAPPY,2025-05-12,1,,",
        ),
        "Interactions": csv("interaction_id,customer_id,on,channel", "G1,CALLED,2026-05-01,电话"),
    }  # fmt: skip
    sources = {}
    for name, text in texts.items():
        file = tmp_path / f"{name}.csv"
        file.write_text(text + "\n", encoding="utf-8")
        sources[name] = str(file)
    return tmp_path / "book.xlsx", Asked(as_of=date(2026, 6, 1), sources=sources, language="en")


def test_customer_lists_are_a_file_of_their_own(listed: tuple[Path, Asked]) -> None:
    """Five lists beside the book, each with its customers, reasons in words, consent marked, texts as texts; the book is as it was."""
    book, asked = listed
    before = book.read_bytes()
    made = write_customer_lists(book, None, asked, today=TODAY)
    assert made.written_to == book.with_name("book_customers.xlsx")
    assert book.read_bytes() == before
    found = {each.key: each for each in made.lists}
    who = {key: [row["customer"] for row in each.rows] for key, each in found.items()}
    late = found["at_risk"].rows[who["at_risk"].index("LATE")]
    assert late["band"][1] == "high"
    assert "no purchase for 90 days, 9.0 times the usual gap" in late["reasons"][1]
    assert "a detractor" in late["reasons"][1]
    assert who["detractors"] == ["CROSS"]  # LATE has been called back
    assert who["promoters"] == ["HAPPY", "NO"]  # who must not be contacted stands last, and is marked
    assert found["promoters"].rows[1]["contact"][1].startswith("NO")
    assert [(row["customer"], row["stage"]) for row in found["silent_new"].rows] == [("SILENT", 30)]
    assert [(row["customer"], row["consent"][1]) for row in found["without_consent"].rows] == [
        ("NO", "no"),
        ("SILENT", "not recorded"),
    ]
    sheets = openpyxl.load_workbook(made.written_to)
    assert all("customer data" in str(sheet["A1"].value) + str(sheet["A2"].value) for sheet in sheets)
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=cmd()|slow"] == ["s"]
    assert not [cell for cell in cells if cell.data_type == "f"]
    write_customer_lists(book, None, asked, today=TODAY)  # our own is replaced, and no backup of customer data is kept
    assert not (book.parent / ".loyalty_backups" / "book_customers.xlsx").exists()


def test_lists_spare_other_files_and_say_what_they_lack(tmp_path: Path) -> None:
    """A file that is none of ours is not overwritten unless that is said; a list without its sheet says why."""
    make_book(tmp_path / "book.xlsx", "en")
    orders = tmp_path / "Orders.csv"
    orders.write_text(orders_of(A=REGULAR) + "\n", encoding="utf-8")
    asked = Asked(sources={"Orders": str(orders)}, language="zh")
    other = tmp_path / "book_customers.xlsx"
    openpyxl.Workbook().save(other)
    before = other.read_bytes()
    with pytest.raises(WriteError):
        write_customer_lists(tmp_path / "book.xlsx", None, asked, today=TODAY)
    with pytest.raises(WriteError):
        write_customer_lists(tmp_path / "book.xlsx", tmp_path / "book.xlsx", asked, today=TODAY, overwrite=True)
    assert other.read_bytes() == before
    made = write_customer_lists(tmp_path / "book.xlsx", None, asked, today=TODAY, overwrite=True)
    assert {each.key for each in made.lists if each.missing} == {"detractors", "promoters", "without_consent"}
    said = openpyxl.load_workbook(other)["未授权联系"]["A2"].value
    assert "无从得知" in said
