"""The sample company is the same each time, hangs together, and shows every oddity it is meant to show."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from loyalty_xl.sample import COMPANY_START, FIRST_DAY, LAST_DAY, TARGETS, small_company, write_department_files
from loyalty_xl.sample.days import months

Rows = list[dict[str, object]]

EXAMPLES = Path(__file__).parent / "examples" / "small_company.toml"
BOOKS = {
    "SurveyInvitations": ("市场部_marketing.xlsx", "问卷发放", 1),
    "SurveyResponses": ("市场部_marketing.xlsx", "问卷回收", 1),
    "Campaigns": ("市场部_marketing.xlsx", "营销活动与费用", 3),
    "Customers": ("数据分析部_customers.xlsx", "客户", 1),
    "DataCorrections": ("数据分析部_customers.xlsx", "DataCorrections", 1),
    "LoyaltyLedger": ("数据分析部_customers.xlsx", "积分流水", 1),
    "Complaints": ("客服部_complaints.xlsx", "投诉", 3),
    "ComplaintTaxonomy": ("客服部_complaints.xlsx", "投诉分类标准", 1),
    "ServiceRatings": ("客服部_complaints.xlsx", "服务质量评分", 1),
    "CollectionAudit": ("客服部_complaints.xlsx", "信息收集规范检查", 1),
    "Reviews": ("sales_reference.xlsx", "Reviews", 1),
    "SaveAttempts": ("客服部_complaints.xlsx", "挽留记录", 1),
    "Interactions": ("客服部_complaints.xlsx", "客户沟通", 1),
    "Products": ("sales_reference.xlsx", "Products", 1),
    "Regions": ("sales_reference.xlsx", "Regions", 1),
    "SalesCosts": ("sales_reference.xlsx", "SalesCosts", 1),
    "ShareOfWallet": ("sales_reference.xlsx", "客户份额", 1),
    "FxRates": ("数据分析部_customers.xlsx", "汇率", 1),
    "PriceChanges": ("sales_reference.xlsx", "PriceChanges", 1),
    "MarketIndex": ("数据分析部_customers.xlsx", "市场价格指数", 1),
}


def day(value: object) -> date:
    """Give the day of a cell."""
    assert isinstance(value, datetime)
    return value.date()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the department files once."""
    path = tmp_path_factory.mktemp("sample")
    write_department_files(path)
    return path


@pytest.fixture(scope="module")
def sheets(folder: Path) -> dict[str, Rows]:
    """Every sheet as rows under the headers as sent; the total row of Campaigns too."""
    found: dict[str, Rows] = {}
    books = {
        name: openpyxl.load_workbook(folder / name, data_only=True) for name in {book for book, _, _ in BOOKS.values()}
    }
    for sheet, (book, worksheet, header_row) in BOOKS.items():
        headers, *rows = books[book][worksheet].iter_rows(min_row=header_row, values_only=True)
        found[sheet] = [dict(zip(map(str, headers), row, strict=True)) for row in rows]
    with (folder / "analytics_orders.csv").open(encoding="utf-8-sig", newline="") as file:
        found["Orders"] = list(csv.DictReader(file))
    return found


def digests(path: Path) -> dict[str, str]:
    """Give the hash of every file in a folder."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(path.iterdir())}


def test_bytes_are_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    """Another process, hash seed, time zone and locale writes the same bytes."""
    program = (
        "import pathlib, sys; from loyalty_xl import sample; sample.write_department_files(pathlib.Path(sys.argv[1]))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "America/New_York", "LC_ALL": "C", "PYTHONUTF8": "1"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, env=environment)
    assert digests(tmp_path) == digests(folder)


def test_files_of_four_departments(folder: Path, sheets: dict[str, Rows]) -> None:
    """Five files hold thirteen sheets of the size that was asked for."""
    assert set(digests(folder)) == {book for book, _, _ in BOOKS.values()} | {"analytics_orders.csv"}
    assert len(sheets["Customers"]) == 1500
    assert 6_000 <= len({row["order_id"] for row in sheets["Orders"]}) <= 9_000
    assert (folder / "analytics_orders.csv").read_bytes().startswith(b"\xef\xbb\xbforder_id,line_no,customer_id,")


def test_data_end_on_the_last_day(sheets: dict[str, Rows]) -> None:
    """Orders run from 1 January 2024 to 31 July 2026, and nothing else is later but a price change announced for September."""
    ordered = [date.fromisoformat(str(row["order_date"])) for row in sheets["Orders"]]
    assert (min(ordered), max(ordered)) == (FIRST_DAY, LAST_DAY) == (date(2024, 1, 1), date(2026, 7, 31))
    dates = [
        cell.date()
        for rows in sheets.values()
        for row in rows
        for header, cell in row.items()
        if isinstance(cell, datetime) and header != "有效期至"
    ]
    assert min(dates) >= COMPANY_START
    assert [each for each in dates if each > LAST_DAY] == [date(2026, 9, 1)]
    assert {str(row["period"]) for row in sheets["SalesCosts"]} == {f"{first:%Y-%m}" for first, _ in months()}


def test_keys_are_unique(sheets: dict[str, Rows]) -> None:
    """No sheet uses a key twice."""
    keys = {
        "SurveyInvitations": ("邀请编号",), "SurveyResponses": ("答卷编号",), "Campaigns": ("活动编号",),
        "Customers": ("客户编号",),
        "DataCorrections": ("ref",), "LoyaltyLedger": ("流水号",), "Complaints": ("投诉编号",), "ComplaintTaxonomy": ("version", "code"),
        "Products": ("product_id",),
        "Regions": ("region_id",), "SalesCosts": ("period", "region_id", "cost_type"),
        "ShareOfWallet": ("客户编号", "期间"), "FxRates": ("币种", "日期"),
        "Orders": ("order_id", "line_no"),
    }  # fmt: skip
    for sheet, key in keys.items():
        seen = Counter(tuple(row[field] for field in key) for row in sheets[sheet])
        assert max(seen.values()) == 1, sheet


def test_everything_refers_to_something(sheets: dict[str, Rows]) -> None:
    """Customers, products, regions, orders and invitations that are named exist."""
    customers = {row["客户编号"] for row in sheets["Customers"]}
    products = {row["product_id"] for row in sheets["Products"]}
    regions = {row["region_id"] for row in sheets["Regions"]}
    orders = {row["order_id"] for row in sheets["Orders"]}
    invited = {row["邀请编号"]: row for row in sheets["SurveyInvitations"]}
    assert {row["customer_id"] for row in sheets["Orders"]} - {""} <= customers
    assert {row["客户编号"] for row in sheets["SurveyInvitations"]} <= customers
    assert {row["客户编号"] for row in sheets["Complaints"]} - {None} <= customers
    assert {row["product_id"] for row in sheets["Orders"]} | {
        row["product_id"] for row in sheets["Complaints"]
    } <= products
    assert {row["region_id"] for row in sheets["Orders"]} | {row["地区"] for row in sheets["Customers"]} <= regions
    assert {row["order_id"] for row in sheets["Complaints"]} <= orders
    for row in sheets["SurveyResponses"]:
        if row["邀请编号"]:
            invitation = invited[row["邀请编号"]]
            assert (invitation["客户编号"], invitation["问卷批次"]) == (row["客户编号"], row["问卷批次"])
            assert day(row["填写日期"]) >= day(invitation["发放日期"])


def test_order_lines_add_up(sheets: dict[str, Rows]) -> None:
    """Quantity x unit price - discount = amount on every line."""
    for row in sheets["Orders"]:
        expected = Fraction(str(row["quantity"])) * Fraction(str(row["unit_price"])) - Fraction(str(row["discount"]))
        assert expected == Fraction(str(row["amount"])), row["order_id"]


def test_customers_were_known_before_they_bought(sheets: dict[str, Rows]) -> None:
    """Nobody was acquired after the first order, bought after closing the account, or bought as an onlooker."""
    known = {row["客户编号"]: row for row in sheets["Customers"]}
    for row in sheets["Orders"]:
        if row["customer_id"]:
            customer, on = known[row["customer_id"]], date.fromisoformat(str(row["order_date"]))
            assert day(customer["建档日期"]) <= on
            assert customer["closed_on"] is None or on < day(customer["closed_on"])
            assert customer["状态"] != "潜在"


def test_refunds_stay_within_their_order(sheets: dict[str, Rows]) -> None:
    """A refund names an earlier order of the same customer, and all refunds of an order are at most its amount."""
    ordered: dict[object, Fraction] = defaultdict(Fraction)
    refunded: dict[object, Fraction] = defaultdict(Fraction)
    header = {row["order_id"]: row for row in reversed(sheets["Orders"])}
    for row in sheets["Orders"]:
        if row["order_type"] != "refund":
            ordered[row["order_id"]] += Fraction(str(row["amount"]))
            assert row["original_order_id"] == ""
            continue
        original = header[row["original_order_id"]]
        refunded[row["original_order_id"]] -= Fraction(str(row["amount"]))
        assert original["customer_id"] == row["customer_id"] != ""
        assert str(original["order_date"]) < str(row["order_date"])
    assert len(refunded) > 100
    assert all(0 < amount <= ordered[order_id] for order_id, amount in refunded.items())


def test_text_ids_keep_their_zeros(sheets: dict[str, Rows]) -> None:
    """Customer ids are text of six digits such as 000123, phone numbers are invented."""
    customer = next(row for row in sheets["Customers"] if row["客户编号"] == "000123")
    assert customer["phone"] == "13900000123"
    assert all(len(str(row["客户编号"])) == 6 for row in sheets["Customers"])
    assert all(str(row["phone"]).startswith("1390000") for row in sheets["Customers"])


def test_titles_and_total_row(folder: Path) -> None:
    """Two sheets have a title and a blank row above the header, and Campaigns ends with a total that is right."""
    book = openpyxl.load_workbook(folder / "市场部_marketing.xlsx", data_only=True)
    *rows, total = book["营销活动与费用"].iter_rows(min_row=4, values_only=True)
    assert [cell.value for cell in book["营销活动与费用"][2]] == [None] * 9
    assert (total[0], total[5]) == ("合计", sum(row[5] for row in rows))
    assert openpyxl.load_workbook(folder / "客服部_complaints.xlsx")["投诉"]["A1"].value == "客户投诉登记表"


def test_imputed_lines_are_registered(sheets: dict[str, Rows]) -> None:
    """About one line in a hundred is imputed, each with its own entry in DataCorrections and the other way round."""
    marked = {str(row["imputation_ref"]): row for row in sheets["Orders"] if row["is_imputed"] == "是"}
    assert 0.008 <= len(marked) / len(sheets["Orders"]) <= 0.015
    assert {row["ref"] for row in sheets["DataCorrections"]} == set(marked)
    assert sum(bool(row["imputation_ref"]) for row in sheets["Orders"]) == len(marked)
    for row in sheets["DataCorrections"]:
        line = marked[str(row["ref"])]
        assert row["row_key"] == f"{line['order_id']}|{line['line_no']}"


def test_one_sale_dominates_its_month(sheets: dict[str, Rows]) -> None:
    """The dearest piece makes more than half of the money of May 2026."""
    may = [Fraction(str(row["amount"])) for row in sheets["Orders"] if str(row["order_date"]).startswith("2026-05")]
    assert max(may) > sum(may) / 2


def test_spring_festival_is_seen(sheets: dict[str, Rows]) -> None:
    """In the festival's week hardly anyone buys, in the three weeks before it more than usual."""
    per_day = Counter(str(row["order_date"]) for row in sheets["Orders"])
    average = sum(per_day.values()) / len(months()) / 30
    assert sum(per_day[f"2025-02-{number:02d}"] for number in range(1, 5)) / 4 < average / 2
    assert sum(per_day[f"2025-01-{number:02d}"] for number in range(6, 27)) / 21 > average * 1.3


def test_anonymous_orders_are_few(sheets: dict[str, Rows]) -> None:
    """Some orders have no customer, less than three in a hundred."""
    blank = {row["order_id"] for row in sheets["Orders"] if not row["customer_id"]}
    assert 50 <= len(blank) < 0.03 * len({row["order_id"] for row in sheets["Orders"]})


def test_survey_waves(sheets: dict[str, Rows]) -> None:
    """Five waves start in June and December, and go once to each customer, and only to those who agreed."""
    first: dict[object, date] = {}
    for row in sheets["SurveyInvitations"]:
        first.setdefault(row["问卷批次"], day(row["发放日期"]))
    assert {survey_id: (on.year, on.month) for survey_id, on in first.items()} == {
        "2024-H1": (2024, 6), "2024-H2": (2024, 12), "2025-H1": (2025, 6), "2025-H2": (2025, 12),
        "2026-H1": (2026, 6),
    }  # fmt: skip
    agreed = {row["客户编号"] for row in sheets["Customers"] if row["contact_consent"] == "是"}
    assert {row["客户编号"] for row in sheets["SurveyInvitations"]} <= agreed
    asked = Counter((row["客户编号"], row["问卷批次"]) for row in sheets["SurveyInvitations"])
    assert max(asked.values()) == 1


def test_survey_answers(sheets: dict[str, Rows]) -> None:
    """Scores are on their scales; a few answers are partial, hasty or inattentive; a few customers answer twice."""
    answers = sheets["SurveyResponses"]
    assert {row["推荐意愿"] for row in answers} == {None, *range(11)}
    assert {row["总体满意度"] for row in answers} == set(range(1, 6))
    assert all(row["推荐意愿"] is None for row in answers if row["是否完整"] == "否")
    for few in (
        [row for row in answers if row["是否完整"] == "否"],
        [row for row in answers if row["注意力题"] == "否"],
        [row for row in answers if isinstance(row["填写时长（秒）"], int) and row["填写时长（秒）"] < 15],
        [row for row in answers if row["邀请编号"] is None],
    ):
        assert 5 <= len(few) < 0.08 * len(answers)
    twice = Counter((row["客户编号"], row["问卷批次"]) for row in answers)
    assert sum(count == 2 for count in twice.values()) == sum(row["邀请编号"] is None for row in answers)
    said_why = [row["原因"] is not None for row in answers if isinstance(row["推荐意愿"], int) and row["推荐意愿"] <= 6]
    assert 0.85 < sum(said_why) / len(said_why) < 1


def test_complaints(sheets: dict[str, Rows]) -> None:
    """Complaints come every month, are rated only when closed, and a few are in no class of the list."""
    complaints = sheets["Complaints"]
    assert {f"{day(row['受理日期']):%Y-%m}" for row in complaints} == {f"{first:%Y-%m}" for first, _ in months()}
    for row in complaints:
        assert (row["status"] == "已关闭") == (row["closed_on"] is not None)
        assert row["处理满意度"] is None or (row["status"] == "已关闭" and row["处理满意度"] in range(1, 6))
        assert row["closed_on"] is None or day(row["closed_on"]) >= day(row["受理日期"])
    levels = {row["code"]: (row["level"], row["parent"]) for row in sheets["ComplaintTaxonomy"]}
    assert {level for level, _ in levels.values()} == {1, 2}
    unclassified = [row for row in complaints if row["投诉大类"] not in levels]
    assert {row["投诉大类"] for row in unclassified} == {"待分类"}
    assert 3 <= len(unclassified) < 0.05 * len(complaints)
    assert all(levels[row["投诉小类"]] == (2, row["投诉大类"]) for row in complaints if row["投诉小类"])


def test_costs_cover_every_day(sheets: dict[str, Rows]) -> None:
    """A campaign runs on every day of the data, and every month has sales cost in every region."""
    *campaigns, _ = sheets["Campaigns"]
    running = [(day(row["start"]), day(row["end"])) for row in campaigns]
    assert all(any(start <= first and last <= end for start, end in running) for first, last in months())
    assert len(sheets["SalesCosts"]) == len(months()) * len(sheets["Regions"]) * 3


def test_targets() -> None:
    """Thirteen KPIs have a target for July 2026 and for 2026, two more have one for a region."""
    whole = Counter(row["period"] for row in TARGETS if row["segment"] == "All")
    assert whole == {"2026-07": 19, "2026": 13}
    assert {(row["kpi"], row["segment"]) for row in TARGETS if row["segment_dim"] == "region"} == {
        ("nps", "华东"), ("repeat_purchase_rate", "华南"),
    }  # fmt: skip
    assert all(row["owner"] and row["due"] and row["objective"] for row in TARGETS)


def test_small_company_is_small(tmp_path: Path) -> None:
    """One text file for each sheet: 12 customers, 15 months, 10 answers, 5 complaints, and lines that add up."""
    sheets = {}
    for path in small_company(tmp_path):
        with path.open(encoding="utf-8", newline="") as file:
            sheets[path.stem] = list(csv.DictReader(file))
    assert {name: len(rows) for name, rows in sheets.items()} == {
        "Customers": 12, "Orders": 31, "SurveyInvitations": 13, "SurveyResponses": 10, "Campaigns": 2,
        "Complaints": 5,
        "ComplaintTaxonomy": 4, "Products": 3, "Regions": 2, "SalesCosts": 45, "ShareOfWallet": 7,
    }  # fmt: skip
    for row in sheets["Orders"]:
        assert int(row["quantity"]) * int(row["unit_price"]) - int(row["discount"]) == int(row["amount"]), row[
            "order_id"
        ]
    assert (sheets["Orders"][0]["order_date"], sheets["Orders"][-1]["order_date"]) == ("2025-01-01", "2026-03-31")


def test_small_company_examples_are_complete() -> None:
    """Every example says what it shows, for which KPI, period and segment, gives an exact number, and says why."""
    examples = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    fields = {"says", "kpi", "period", "segment", "because"}
    assert all(set(row) == fields | {"gives"} and row["because"] for row in examples["example"])
    assert all(set(row) == fields | {"reason"} for row in examples["without_value"])
    assert all(isinstance(Fraction(row["gives"]), Fraction) for row in examples["example"])
    named = Counter((row["kpi"], row["period"], row["segment"]) for table in examples.values() for row in table)
    assert max(named.values()) == 1


def test_save_attempts_hang_together(sheets: dict[str, Rows]) -> None:
    """Two dozen customers a month are contacted after they were flagged; "saved" is noted where an order came within 90 days."""
    bought: dict[str, list[date]] = defaultdict(list)
    for row in sheets["Orders"]:
        if row["order_type"] != "refund":
            bought[str(row["customer_id"])].append(date.fromisoformat(str(row["order_date"])))
    by_month: Counter[str] = Counter()
    for row in sheets["SaveAttempts"]:
        on = day(row["联系日期"])
        assert day(row["预警日期"]) <= on <= LAST_DAY
        by_month[f"{on:%Y-%m}"] += 1
        came = any(on <= each <= on + timedelta(90) for each in bought[str(row["客户编号"])])
        assert came == (row["挽留结果"] == "挽留成功")
    assert len(by_month) == 27
    assert min(by_month.values()) >= 20


def test_contacts_are_of_known_customers(sheets: dict[str, Rows]) -> None:
    """Each contact has its own number, a day inside the data, and a customer of the list."""
    known = {row["客户编号"] for row in sheets["Customers"]}
    rows = sheets["Interactions"]
    assert len({row["沟通编号"] for row in rows}) == len(rows) > 1_000
    assert all(row["客户编号"] in known and FIRST_DAY <= day(row["沟通日期"]) <= LAST_DAY for row in rows)
