"""One planted fault of each kind: exactly the findings that belong to it, at its cell, and the numbers that follow.

The faults are put into copies of the small company's files (tests/examples/small_company.toml has its figures: in 2025
ten known customers spent 12,950) and, many at once, into the demo's.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from loyalty_xl import refresh
from loyalty_xl.books.places import FINDINGS
from loyalty_xl.contracts.contract import Sheet
from loyalty_xl.inputs import gather
from loyalty_xl.pipeline import Refresh, check
from loyalty_xl.sample import small_company
from loyalty_xl.vocabulary import Finding, Reason, Result
from tests.conftest import TODAY

Told = tuple[str, str, int]  # code, cell, count
Cells = list[list[str]]  # a text file, row 1 first
Plant = Callable[[Cells], None]
Change = Callable[[Worksheet], None]
NUMBERS = ("line_no", "quantity", "unit_price", "amount", "discount")
SPENT, BUYERS = 12_950, 10  # of the year 2025
LENIENT = {"cycle_type": "year", "max_rejected_share": "50%"}  # so that the numbers are shown beside the findings


def told(findings: Iterable[Finding]) -> Counter[Told]:
    """What findings say, comparably; a grouped one stands at its first cell."""
    return Counter((each.code, each.cell or "".join(each.cells[:1]), each.count) for each in findings)


def at(rows: Cells, ref: str, value: str) -> None:
    """Write into a cell of a text file."""
    rows[int(ref[1:]) - 1][ord(ref[0]) - ord("A")] = value


def rows_of(file: Path) -> Cells:
    """A text file as cells."""
    return list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))


def write(file: Path, rows: Cells) -> Path:
    """Write cells into a text file."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(rows)
    return file


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small company's files, and a workbook in which nothing stands."""
    folder = tmp_path_factory.mktemp("planted")
    small_company(folder / "files")
    book = openpyxl.Workbook()
    book.active.title = "Scorecard"  # enough of ours, and quickly read
    book.save(folder / "book.xlsx")
    return folder


def whole(home: Path, sources: dict[str, Path], settings: dict[str, str], **more: Any) -> Refresh:
    """A whole refresh, nothing written."""
    given = {name: str(file) for name, file in sources.items()}
    return refresh(home / "book.xlsx", sources=given, settings=settings, today=TODAY, dry_run=True, **more)


def looked_at(home: Path, sources: dict[str, Path], **settings: str) -> tuple[Counter[Told], dict[str, Sheet]]:
    """What is found in the sheets, and the sheets; nothing is computed."""
    given = {name: str(file) for name, file in sources.items()}
    inputs = gather(home / "book.xlsx", sources=given, settings=settings, today=TODAY)
    sheets, findings = check(inputs, TODAY)
    return told(findings), sheets


def result(made: Refresh, key: str) -> Result:
    """A result by its id."""
    return {each.id: each for each in made.results}[key]


def known_money(sheet: Sheet) -> tuple[float, int]:
    """Money and customers of 2025, straight from the rows that were kept."""
    rows = sheet.frame[(sheet.frame["order_date"].dt.year == 2025) & sheet.frame["customer_id"].notna()]
    return float(rows["amount"].sum()), rows["customer_id"].nunique()


# ---- text files


def cells(**planted: str) -> Plant:
    """Plant values in cells."""

    def plant(rows: Cells) -> None:
        for ref, value in planted.items():
            at(rows, ref, value)

    return plant


def added(line: str) -> Plant:
    """Add a row at the end (row 33)."""
    return lambda rows: rows.append(line.split(","))


def without(name: str) -> Plant:
    """Take a column away."""

    def plant(rows: Cells) -> None:
        place = rows[0].index(name)
        for row in rows:
            del row[place]

    return plant


def above(count: int) -> Plant:
    """Put a title and blank rows above the header."""
    return lambda rows: rows.__setitem__(slice(0, 0), [["Orders of 2025", *[""] * 12], *[[""] * 13] * (count - 1)])


def one_more_column(rows: Cells) -> None:
    """Add a column that no one knows."""
    for row in rows:
        row.append("x")


PLANTED: list[tuple[str, Plant, list[Told], float, int]] = [
    # name, fault, new findings, money and customers of 2025
    ("text in a number", cells(H2="about 1000"), [("E203", "H2", 1)], SPENT - 1000, BUYERS),
    ("text in a price", cells(G2="cheap"), [("E203", "G2", 1)], SPENT, BUYERS),
    ("full-width digits", cells(H3="５００"), [], SPENT, BUYERS),  # a text file's numbers are texts by nature
    ("ten thousands", cells(G3="12000", H3="1.2万"), [("W220", "H3", 1)], SPENT + 11_500, BUYERS),
    ("thousands and currency", cells(H2="￥1,000.00"), [("W220", "H2", 1)], SPENT, BUYERS),
    ("brackets are minus", cells(H10="(1,000)"), [("W220", "H10", 1)], SPENT, BUYERS),
    ("a word for nothing, computed", cells(H2="N/A"), [("W251", "", 1)], SPENT, BUYERS),
    ("percent in money", cells(H2="10%"), [("E203", "H2", 1)], SPENT - 1000, BUYERS),
    ("dollars in a cell", cells(H2="$1000"), [("E232", "H2", 1)], SPENT - 1000, BUYERS),
    ("two decimal marks", cells(H2="1.000,00", H4="1,500.00"), [("E221", "H2", 2)], SPENT - 1500, BUYERS),
    ("ambiguous day", cells(D2="03/04/25"), [("E222", "D2", 1)], SPENT - 1000, BUYERS),
    ("day that reads one way", cells(D2="25/01/2025"), [], SPENT, BUYERS),
    ("Chinese date", cells(D2="2025年1月1日"), [], SPENT, BUYERS),
    ("no date at all", cells(D2="soon"), [("E203", "D2", 1)], SPENT - 1000, BUYERS),
    ("30 February", cells(D2="2025-02-30"), [("E223", "D2", 1)], SPENT - 1000, BUYERS),
    ("future date", cells(D2="2027-01-01"), [("E224", "D2", 1)], SPENT - 1000, BUYERS),
    ("digits lost in a text", cells(C2="1.23457E+17"), [("E226", "C2", 1)], SPENT - 1000, BUYERS),
    ("same row twice", added("O04,1,C03,2025-02-10,VASE,1,1000,1000,0,CNY,sale,,SOUTH"), [("W213", "A33", 1)], SPENT, BUYERS),
    ("same key, other amount", added("O04,1,C03,2025-02-10,VASE,1,900,900,0,CNY,sale,,SOUTH"), [("E214", "A33", 1)], SPENT - 1000, BUYERS),
    ("wrong total row", added("合计,,,,,,,14950,,,,,"), [("W208", "A33", 1), ("E209", "H33", 1)], SPENT, BUYERS),
    ("right total row", added("Total,,,,,,,17250,,,,,"), [("W208", "A33", 1)], SPENT, BUYERS),
    ("header in row 4", above(3), [("W201", "A4", 1), ("W257", "C19", 2)], SPENT, BUYERS),
    ("blank date", cells(D2=""), [("E235", "D2", 1)], SPENT - 1000, BUYERS),
    ("blank customer", cells(C2=""), [("W257", "C2", 3)], SPENT - 1000, BUYERS),
    ("unknown kind", cells(K2="gift"), [("E233", "K2", 1)], SPENT, BUYERS),
    ("foreign currency", cells(J2="USD"), [("E273", "J2", 1)], SPENT - 1000, BUYERS),
    ("refund without original", cells(L17=""), [("W249", "L17", 1)], SPENT, BUYERS),
    ("refund of an unknown order", cells(L17="O99"), [("E246", "L17", 1)], SPENT, BUYERS),
    ("refund of another's order", cells(L17="O01"), [("E247", "L17", 1)], SPENT, BUYERS),
    ("refund over what was paid", cells(G17="2500", H17="-2500"), [("E248", "H17", 1)], SPENT + 250, BUYERS),
    ("amount is not price times quantity", cells(H2="900"), [("W254", "H2", 1)], SPENT - 100, BUYERS),
    ("a cent is nothing", cells(H2="1000.01"), [], SPENT + 0.01, BUYERS),
    ("column that no one knows", one_more_column, [("W206", "N1", 1)], SPENT, BUYERS),
]  # fmt: skip
NAMED = {name: (plant, expected, money, customers) for name, plant, expected, money, customers in PLANTED}
# Faults whose effect is followed to the KPI itself: a row out, a cell out, a number read, a row left aside.
FOLLOWED = (
    "text in a number",
    "text in a price",
    "ten thousands",
    "same key, other amount",
    "refund over what was paid",
)


def planted_orders(home: Path, folder: Path, name: str) -> Path:
    """The orders with a fault."""
    rows = rows_of(home / "files" / "Orders.csv")
    NAMED[name][0](rows)
    return write(folder / "Orders.csv", rows)


@pytest.fixture(scope="module")
def clean_orders(home: Path) -> Counter[Told]:
    """What is found in the orders as they are."""
    return looked_at(home, {"Orders": home / "files" / "Orders.csv"})[0]


@pytest.mark.parametrize("name", NAMED)
def test_fault_in_orders(home: Path, clean_orders: Counter[Told], tmp_path: Path, name: str) -> None:
    """A fault in the orders gives its own findings and nothing else, and the rows left have the money they should."""
    _, expected, money, customers = NAMED[name]
    found, sheets = looked_at(home, {"Orders": planted_orders(home, tmp_path, name)})
    assert found - clean_orders == Counter(expected)
    assert {code for code, _, _ in clean_orders - found} <= {"W257"}  # its count or place may be another
    assert known_money(sheets["Orders"]) == (pytest.approx(money, abs=1e-9), customers)


@pytest.mark.parametrize("name", FOLLOWED)
def test_kpi_follows_the_rows_left(home: Path, tmp_path: Path, name: str) -> None:
    """Average spend of 2025 is the money of the rows left over their customers."""
    _, _, money, customers = NAMED[name]
    made = whole(home, {"Orders": planted_orders(home, tmp_path, name)}, LENIENT)
    spend = result(made, "average_spend|2025|All")
    assert (spend.numerator, spend.denominator) == (pytest.approx(money, abs=1e-9), customers)
    assert spend.value == pytest.approx(money / customers, rel=1e-12)


# ---- a sheet that cannot be used


def second_table(rows: Cells) -> None:
    """Begin a second table below a blank row."""
    rows.extend([[""] * 13, list(rows[0]), list(rows[1])])


UNUSABLE: list[tuple[str, Plant, list[Told]]] = [
    ("no date column", without("order_date"), [("E206", "A1:L1", 1)]),
    ("no customer column", without("customer_id"), [("E206", "A1:L1", 1)]),
    ("same header twice", cells(I1="amount"), [("E204", "I1", 1)]),
    ("two headers, one field", cells(I1="实付金额"), [("E207", "I1", 1)]),
    ("second table below", second_table, [("E215", "A34", 1)]),
]


@pytest.mark.parametrize(("plant", "expected"), [each[1:] for each in UNUSABLE], ids=[each[0] for each in UNUSABLE])
def test_sheet_that_cannot_be_used(
    home: Path, clean_orders: Counter[Told], tmp_path: Path, plant: Plant, expected: list[Told]
) -> None:
    """A header that leaves doubt stops the whole sheet: one error says where, and no row is used."""
    rows = rows_of(home / "files" / "Orders.csv")
    plant(rows)
    found, sheets = looked_at(home, {"Orders": write(tmp_path / "Orders.csv", rows)})
    new = found - clean_orders
    assert Counter({each: count for each, count in new.items() if each[0].startswith("E")}) == Counter(expected)
    assert sheets["Orders"].blocked
    assert len(sheets["Orders"].frame) == 0


def test_blocked_sheet_shows_no_number(home: Path, tmp_path: Path) -> None:
    """Without a date column in the orders every KPI of theirs is withheld as blocked; those of the survey are not."""
    rows = rows_of(home / "files" / "Orders.csv")
    without("order_date")(rows)
    sources = {
        "Orders": write(tmp_path / "Orders.csv", rows),
        "SurveyResponses": home / "files" / "SurveyResponses.csv",
    }
    made = whole(home, sources, {"cycle_type": "year"}, period="2025")
    lines = {line.kpi.key: line.result for line in made.lines}
    of_orders = ("customer_base", "average_spend", "retention_rate", "churn_rate")
    assert {lines[key].reason for key in of_orders} == {Reason.BLOCKED}
    assert {lines[key].value for key in of_orders} == {None}
    assert lines["nps"].value is not None
    assert made.exit_code == 1
    assert [each.code for each in made.findings if each.code.startswith("E")] == ["E206"]


def test_header_without_rows(home: Path, tmp_path: Path) -> None:
    """A header without rows is told, and gives no number: not even zero."""
    (tmp_path / "Orders.csv").write_text("order_id,customer_id,order_date,amount\n", encoding="utf-8")
    made = whole(home, {"Orders": tmp_path / "Orders.csv"}, {})
    assert [each.code for each in made.findings if each.code == "W216"] == ["W216"]
    assert made.results == []
    assert made.exit_code == 3


# ---- the other sheets

SHEETS = (
    "Customers", "Orders", "SurveyInvitations", "SurveyResponses", "Campaigns", "Complaints", "ComplaintTaxonomy",
    "Products", "Regions", "SalesCosts",
)  # fmt: skip


def february_without_costs(rows: Cells) -> None:
    """Take the three rows of February away."""
    del rows[4:7]


def other_tier(rows: Cells) -> None:
    """Enter the first customer once more, on another tier."""
    rows.append([*rows[1][:3], "Silver", *rows[1][4:]])


def south(header: str, value: str) -> Plant:
    """Say something of the region SOUTH in a further column of Regions (C)."""

    def plant(rows: Cells) -> None:
        for row, cell in zip(rows, (header, "", value), strict=True):
            row.append(cell)

    return plant


BETWEEN: list[tuple[str, str, Plant, list[Told]]] = [
    ("unknown customer", "Orders", cells(C2="C99"), [("W241", "C2", 1)]),
    ("new region", "Orders", cells(M2="EAST"), [("W261", "M2", 1)]),
    ("new product", "Orders", cells(E2="LAMP"), [("W261", "E2", 1)]),
    ("region used after its last day", "Regions", south("valid_to", "2026-01-31"), [("W291", "M28", 5)]),
    ("region becomes another that does not exist", "Regions", south("becomes", "EAST"), [("E294", "C3", 1)]),
    ("order before the customer", "Orders", cells(D3="2025-01-02"), [("W244", "D3", 1)]),
    ("order after the account was closed", "Orders", cells(D24="2026-03-01"), [("W245", "D24", 1)]),
    ("11 on a scale to 10", "SurveyResponses", cells(G2="11"), [("E231", "G2", 1)]),
    ("minus one on a scale from 0", "SurveyResponses", cells(G2="-1"), [("E231", "G2", 1)]),
    ("half a point", "SurveyResponses", cells(G2="9.5"), [("E203", "G2", 1)]),
    ("7 on a scale to 5", "SurveyResponses", cells(I2="7"), [("E231", "I2", 1)]),
    ("no such invitation", "SurveyResponses", cells(C2="I99"), [("E262", "C2", 1)]),
    ("invitation of another", "SurveyResponses", cells(C2="I05"), [("E263", "C2", 1)]),
    ("answered before it was sent", "SurveyResponses", cells(E2="2025-06-09"), [("E264", "E2", 1)]),
    ("closed before it came", "Complaints", cells(J2="2025-06-09"), [("E267", "J2", 1)]),
    ("closed without a day", "Complaints", cells(J2=""), [("W268", "J2", 1)]),
    ("rated while open", "Complaints", cells(L6="4", M6="1-5"), [("W269", "L6", 1)]),
    ("class not in the list", "Complaints", cells(E2="NOISE"), [("W266", "E2", 1)]),
    ("unknown state", "Complaints", cells(I2="done and dusted"), [("E233", "I2", 1)]),
    ("campaign ends before it starts", "Campaigns", cells(D2="2025-05-01"), [("E237", "D2", 1)]),
    ("negative cost", "Campaigns", cells(F2="-600"), [("E231", "F2", 1)]),
    ("a month without costs", "SalesCosts", february_without_costs, [("W270", "", 1)]),
    ("cycle longer than the window", "Products", cells(E2="400"), [("W271", "E2", 1)]),
    # both rows are out, so that the customer is unknown to orders, both survey sheets and complaints
    ("customer twice, differently", "Customers", other_tier, [("E214", "A14", 1), ("W241", "C2", 6), ("W241", "B2", 2), ("W241", "D2", 2), ("W241", "B2", 1)]),
    ("customer twice the same", "Customers", lambda rows: rows.append(list(rows[1])), [("W213", "A14", 1)]),
]  # fmt: skip


REFERRED = """\
推荐编号,推荐人编号,被推荐人编号,被推荐人姓名,推荐日期,状态,首单号
T1,C01,C11,张三,2026-03-01,已购买,O23
T2,C02,C10,李四,2025-12-01,已购买,O20
T3,C03,,王五,2026-03-02,已邀请,
"""
DEEDS: list[tuple[str, Plant, list[Told]]] = [
    ("nothing wrong", cells(), []),
    ("refers herself", cells(C2="C01"), [("W330", "C2", 1)]),
    ("an old customer", cells(E2="2026-03-11"), [("W331", "E2", 1)]),
    ("referred before", cells(C4="C11"), [("W332", "C4", 1)]),
    ("void, and so not looked at", cells(C4="C11", F4="无效"), []),
    ("in a circle", cells(B2="C20", C2="C21", B3="C21", C3="C22", B4="C22", C4="C20", G2="", G3=""),
     [("W333", "C4", 1), ("W241", "B2", 3), ("W241", "C2", 3)]),
    ("nobody refers", cells(B2=""), [("E235", "B2", 1)]),
    ("no such state", cells(F2="听说"), [("E233", "F2", 1)]),
    ("in the future", cells(E4="2027-03-02"), [("E224", "E4", 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("plant", "expected"), [each[1:] for each in DEEDS], ids=[each[0] for each in DEEDS])
def test_faults_of_referrals(home: Path, tmp_path: Path, plant: Plant, expected: list[Told]) -> None:
    """Each fault of a referral is found at its cell, and nothing else."""
    sources = {name: home / "files" / f"{name}.csv" for name in ("Orders", "Customers")}
    before = looked_at(home, sources)[0]
    rows = list(csv.reader(io.StringIO(REFERRED)))
    plant(rows)
    after, _ = looked_at(home, sources | {"Referrals": write(tmp_path / "Referrals.csv", rows)})
    assert after - before == Counter(expected)


def test_faults_of_intentions_and_calls_back(home: Path, tmp_path: Path) -> None:
    """An intention outside its scale is emptied, on whichever scale it was asked; so is a call back before the answer."""
    rows = rows_of(home / "files" / "SurveyResponses.csv")
    for row, more in zip(
        rows,
        [["复购意愿", "复购意愿量表", "回访日期"], ["6", "", ""], ["0", "1-7", ""], ["10", "0-10", "2025-06-01"]],
        strict=False,
    ):
        row += more
    rows = [row + [""] * (len(rows[0]) - len(row)) for row in rows]
    sources = {"SurveyResponses": write(tmp_path / "SurveyResponses.csv", rows)}
    found, sheets = looked_at(home, sources)
    assert [each for each in found if each[0].startswith("E")] == [
        ("E231", "M2", 1),
        ("E231", "M3", 1),
        ("E334", "O4", 1),
    ]
    kept = sheets["SurveyResponses"].frame
    assert kept["repurchase_intent"].dropna().tolist() == [10.0]
    assert kept["follow_up_on"].isna().all()


@pytest.fixture(scope="module")
def clean_all(home: Path) -> Counter[Told]:
    """What is found in all sheets as they are."""
    return looked_at(home, {name: home / "files" / f"{name}.csv" for name in SHEETS})[0]


@pytest.mark.parametrize(
    ("sheet", "plant", "expected"), [each[1:] for each in BETWEEN], ids=[each[0] for each in BETWEEN]
)
def test_fault_in_another_sheet(
    home: Path, clean_all: Counter[Told], tmp_path: Path, sheet: str, plant: Plant, expected: list[Told]
) -> None:
    """A fault in one of ten sheets gives its own finding, and none in the sheets beside it but what follows from it."""
    rows = rows_of(home / "files" / f"{sheet}.csv")
    plant(rows)
    changed = {sheet: write(tmp_path / f"{sheet}.csv", rows)}
    found, _ = looked_at(home, {name: home / "files" / f"{name}.csv" for name in SHEETS} | changed)
    assert found - clean_all == Counter(expected)
    assert clean_all - found == Counter()


def test_file_of_another_kind_under_a_sheet(home: Path, tmp_path: Path) -> None:
    """A web page that is called a workbook stops that sheet only: E103 at the file, the others go on."""
    page = "<html><body><table><tr><td>1</td></tr></table></body></html>"
    (tmp_path / "Complaints.xlsx").write_text(page, encoding="utf-8")
    sources = {"Orders": home / "files" / "Orders.csv", "Complaints": tmp_path / "Complaints.xlsx"}
    made = whole(home, sources, {"cycle_type": "year"}, period="2025")
    (found,) = (each for each in made.findings if each.code.startswith("E"))
    assert (found.code, found.sheet) == ("E103", "[Complaints.xlsx]")
    lines = {line.kpi.key: line.result for line in made.lines}
    assert lines["complaint_rate"].reason is Reason.BLOCKED
    assert lines["average_spend"].value is not None


# ---- workbooks


def orders_book(home: Path, file: Path, plant: Change) -> Path:
    """The orders as a department's workbook, numbers and dates as such, with a fault."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Orders"
    header, *rows = rows_of(home / "files" / "Orders.csv")
    sheet.append(header)
    for row in rows:
        values: list[Any] = [
            float(text) if name in NUMBERS else datetime.fromisoformat(text) if name == "order_date" else text or None
            for name, text in zip(header, row, strict=True)
        ]
        sheet.append(values)
    plant(sheet)
    book.save(file)
    return file


def nothing(_: Worksheet) -> None:
    """Leave it as it is."""


def typed(**planted: Any) -> Change:
    """Type into cells."""

    def plant(sheet: Worksheet) -> None:
        for ref, value in planted.items():
            sheet[ref] = value

    return plant


def hidden(*rows: int) -> Change:
    """Hide rows."""

    def plant(sheet: Worksheet) -> None:
        for row in rows:
            sheet.row_dimensions[row].hidden = True

    return plant


def hidden_column(sheet: Worksheet) -> None:
    """Hide the products."""
    sheet.column_dimensions["E"].hidden = True


def merged(area: str) -> Change:
    """Merge cells; what they cover is lost."""
    return lambda sheet: sheet.merge_cells(area)


def formatted(ref: str, value: float, number_format: str) -> Change:
    """Type a number under a format."""

    def plant(sheet: Worksheet) -> None:
        sheet[ref] = value
        sheet[ref].number_format = number_format

    return plant


def half_converted(sheet: Worksheet) -> None:
    """Let a spreadsheet have read dd/mm/yyyy as mm/dd/yyyy: days up to 12 are swapped, the others stay texts."""
    for row in range(2, sheet.max_row + 1):
        day = sheet.cell(row, 4).value
        assert isinstance(day, datetime)
        sheet.cell(row, 4).value = datetime(day.year, day.day, day.month) if day.day <= 12 else f"{day:%d/%m/%Y}"


IN_BOOKS: list[tuple[str, Change, dict[str, str], list[Told], float, int]] = [
    ("nothing", nothing, {}, [], SPENT, BUYERS),
    ("#N/A", typed(H2="#N/A"), {}, [("E228", "H2", 1)], SPENT - 1000, BUYERS),
    ("#DIV/0! in an id", typed(C2="#DIV/0!"), {}, [("E228", "C2", 1)], SPENT - 1000, BUYERS),
    ("formula never computed", typed(H2="=F2*G2"), {}, [("E229", "H2", 1)], SPENT - 1000, BUYERS),
    ("number as text", typed(H2="1000"), {}, [("W220", "H2", 1)], SPENT, BUYERS),
    ("full-width digits", typed(H3="５００"), {}, [("W220", "H3", 1)], SPENT, BUYERS),
    ("18-digit id as a number", typed(C2=123456789012345678), {}, [("E226", "C2", 1)], SPENT - 1000, BUYERS),
    ("hidden rows", hidden(2, 3), {}, [("W210", "2:2", 2)], SPENT, BUYERS),
    ("hidden rows left out", hidden(2, 3), {"hidden_rows": "exclude"}, [("W210", "2:2", 2)], SPENT - 1500, BUYERS),
    ("hidden column", hidden_column, {}, [("W210", "E:E", 1)], SPENT, BUYERS),
    ("merged customers", merged("C2:C4"), {}, [("E212", "C2:C4", 1)], SPENT - 1000, BUYERS),
    ("merged customers filled down", merged("C2:C4"), {"merged_cells": "fill_down"}, [("W212", "C2:C4", 1)], SPENT, BUYERS),
    ("zeros by format", formatted("C2", 7, "000"), {}, [("W225", "C2", 1)], SPENT, BUYERS + 1),
    ("dates half converted", half_converted, {}, [("E219", "D2", 17)], 0.0, 0),
    ("serial without a format", formatted("D2", 45658, "General"), {}, [], SPENT, BUYERS),
    ("time only", formatted("D2", 0.5, "hh:mm"), {}, [("E223", "D2", 1)], SPENT - 1000, BUYERS),
    ("1900-02-29", formatted("D2", 60, "yyyy-mm-dd"), {}, [("E223", "D2", 1)], SPENT - 1000, BUYERS),
    ("data under no header", typed(N2=5), {}, [("E205", "N1", 1)], SPENT, BUYERS),
    ("blank rows between", lambda sheet: sheet.insert_rows(5, 3), {}, [("W257", "C19", 2)], SPENT, BUYERS),
    ("display other than the value", formatted("H2", 1000, '"9999"'), {}, [("W227", "H2", 1)], SPENT, BUYERS),
]  # fmt: skip


@pytest.fixture(scope="module")
def clean_book(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Counter[Told]:
    """What is found in the orders' workbook as it is."""
    file = orders_book(home, tmp_path_factory.mktemp("clean") / "Orders.xlsx", nothing)
    return looked_at(home, {"Orders": file})[0]


@pytest.mark.parametrize(
    ("plant", "settings", "expected", "money", "customers"),
    [each[1:] for each in IN_BOOKS],
    ids=[each[0] for each in IN_BOOKS],
)
def test_fault_in_a_workbook(
    home: Path,
    clean_book: Counter[Told],
    tmp_path: Path,
    plant: Change,
    settings: dict[str, str],
    expected: list[Told],
    money: float,
    customers: int,
) -> None:
    """A fault that only a workbook can have gives its own findings; the rows left have their money, the file its bytes."""
    file = orders_book(home, tmp_path / "Orders.xlsx", plant)
    before = file.read_bytes()
    found, sheets = looked_at(home, {"Orders": file}, **settings)
    assert found - clean_book == Counter(expected)
    assert known_money(sheets["Orders"]) == (pytest.approx(money, abs=1e-9), customers)
    assert file.read_bytes() == before


# ---- numbers that follow


def test_unknown_customer_is_a_customer(home: Path, tmp_path: Path) -> None:
    """An order of a customer who is on no list counts, and the customer too."""
    rows = rows_of(home / "files" / "Orders.csv")
    at(rows, "C2", "C99")
    sources = {"Orders": write(tmp_path / "Orders.csv", rows), "Customers": home / "files" / "Customers.csv"}
    spend = result(whole(home, sources, LENIENT), "average_spend|2025|All")
    assert (spend.numerator, spend.denominator) == (SPENT, BUYERS + 1)


def test_new_region_is_shown_as_unassigned(home: Path, tmp_path: Path) -> None:
    """Money of a region that is on no list is shown as unassigned, and the regions add up to All."""
    rows = rows_of(home / "files" / "Orders.csv")
    at(rows, "M2", "EAST")
    sources = {"Orders": write(tmp_path / "Orders.csv", rows), "Regions": home / "files" / "Regions.csv"}
    made = whole(home, sources, LENIENT)
    here = [each for each in made.results if (each.kpi, each.period.label) == ("average_order_value", "2025")]
    money = {each.segment: each.numerator or 0.0 for each in here if each.segment_dim == "region"}
    assert money["Unassigned 未归类"] == 1000
    assert sum(money.values()) == result(made, "average_order_value|2025|All").numerator == SPENT + 400


def test_bad_score_is_out_of_that_kpi_only(home: Path, tmp_path: Path) -> None:
    """An 11 among four scores: NPS is that of the other three, or withheld where the limit says so; satisfaction has four."""
    rows = rows_of(home / "files" / "SurveyResponses.csv")
    at(rows, "G2", "11")
    file = write(tmp_path / "SurveyResponses.csv", rows)
    answers = {"Orders": home / "files" / "Orders.csv", "SurveyResponses": file}
    made = whole(home, answers, LENIENT | {"cycle_type": "quarter"})
    nps = result(made, "nps|2025-Q2|All")
    assert (nps.value, nps.n) == (0.0, 3)  # 9, 6, 8
    assert result(made, "csat|2025-Q2|All").n == 4
    strict = whole(home, answers, {"cycle_type": "quarter"})
    assert result(strict, "nps|2025-Q2|All").reason is Reason.BLOCKED
    assert result(strict, "csat|2025-Q2|All").value == 15 / 4
    assert result(strict, "nps|2026-Q1|All").value is not None


def test_many_bad_rows_block_their_period_only(home: Path, tmp_path: Path) -> None:
    """One of June's seven order lines out is more than 5 %: June is withheld, other months and the year are not (G17)."""
    rows = rows_of(home / "files" / "Orders.csv")
    at(rows, "H14", "?")
    made = whole(home, {"Orders": write(tmp_path / "Orders.csv", rows)}, {}, period="2025")
    whole_periods = [each for each in made.results if each.kpi == "average_spend" and each.segment_dim == "all"]
    reasons = {each.period.label: each.reason for each in whole_periods}
    assert reasons["2025-06"] is Reason.BLOCKED
    assert reasons["2025-07"] is reasons["2025-04"] is reasons["2025"] is None
    assert [label for label, reason in reasons.items() if reason is Reason.BLOCKED] == ["2025-06"]
    june = result(made, "average_spend|2025-06|All")
    assert (june.value, june.numerator) == (None, None)
    assert result(made, "average_spend|2025|All").numerator == SPENT - 500


@pytest.fixture(scope="module")
def complaints_stop(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Refresh, Refresh]:
    """The complaints as they are, and without those after September."""
    rows = rows_of(home / "files" / "Complaints.csv")
    short = write(tmp_path_factory.mktemp("stop") / "Complaints.csv", rows[:4])
    sources = {"Orders": home / "files" / "Orders.csv", "Complaints": home / "files" / "Complaints.csv"}
    return whole(home, sources, {}), whole(home, sources | {"Complaints": short}, {})


def test_month_without_complaints_is_zero(complaints_stop: tuple[Refresh, Refresh]) -> None:
    """A month that the complaints sheet covers, with orders and no complaint, has a rate of 0 (G7)."""
    made, _ = complaints_stop
    july = result(made, "complaint_rate|2025-07|All")
    assert (july.value, july.numerator, july.denominator) == (0.0, 0.0, 1.0)
    assert result(made, "complaint_rate|2026-02|All").reason is Reason.NO_DENOMINATOR


def test_month_that_did_not_come_is_not_zero(complaints_stop: tuple[Refresh, Refresh]) -> None:
    """Once the sheet has stopped for longer than its longest gap, a month is not received: no number, not 0 (G7)."""
    made, short = complaints_stop
    # 71 days after the last complaint, and there have been 90 days without one
    assert result(short, "complaint_rate|2025-11|All").value == 0.0
    for month in ("2025-12", "2026-01", "2026-03"):
        late = result(short, f"complaint_rate|{month}|All")
        assert (late.value, late.reason) == (None, Reason.NOT_RECEIVED)
    assert result(made, "complaint_rate|2026-03|All").value is not None
    spend = "average_spend|2026-03|All"
    assert result(short, spend).value == result(made, spend).value


# ---- many at once, in the demo


def test_demo_with_a_fault_in_every_file(demo: Path) -> None:
    """Faults planted in all five files of the demo: the new findings are exactly those, each at its cell."""
    held = CalamineWorkbook.from_path(str(demo))
    page = held.get_sheet_by_name(str(FINDINGS.find(held.sheet_names))).to_python()[1:]
    before = Counter((str(row[1]), str(row[2]), str(row[3]), int(row[5])) for row in page)
    files = demo.parent / "departments"
    orders = files / "analytics_orders.csv"
    lines = orders.read_text(encoding="utf-8-sig").splitlines()
    fields = lines[0].split(",")
    row = next(number for number, line in enumerate(lines[1:], start=2) if ",sale," in line and line.split(",")[2])
    values = lines[row - 1].split(",")
    values[fields.index("order_date")] = "2028-01-01"
    lines[row - 1] = ",".join(values)
    orders.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig", newline="")
    date_cell = f"{chr(ord('A') + fields.index('order_date'))}{row}"
    expected = Counter({("E224", "[analytics_orders.csv]analytics_orders", date_cell, 1): 1})
    planted: list[tuple[str, str, int, dict[tuple[str, int], tuple[Any, str]]]] = [
        ("市场部_marketing.xlsx", "问卷回收", 1, {("推荐意愿", 10): (11, "E231")}),
        ("市场部_marketing.xlsx", "营销活动与费用", 3, {("费用（元）", 6): ("很多", "E203")}),
        ("客服部_complaints.xlsx", "投诉", 3, {("closed_on", 5): (date(2020, 1, 1), "E267"), ("受理日期", 8): ("03/04/25", "E222")}),
        ("客服部_complaints.xlsx", "挽留记录", 1, {("预警日期", 5): (date(2026, 7, 31), "E310")}),
        ("数据分析部_customers.xlsx", "客户", 1, {("type", 20): ("robot", "E233")}),
        ("sales_reference.xlsx", "Products", 1, {("margin_rate", 3): ("a lot", "E203")}),
    ]  # fmt: skip
    for name, worksheet, header_row, faults in planted:
        book = openpyxl.load_workbook(files / name)
        sheet = book[worksheet]
        headers = {sheet.cell(header_row, place).value: place for place in range(1, sheet.max_column + 1)}
        for (header, number), (value, code) in faults.items():
            cell = sheet.cell(number, headers[header])
            cell.value = value
            expected[code, f"[{name}]{worksheet}", cell.coordinate, 1] += 1
        book.save(files / name)
    _, findings = check(gather(demo, today=TODAY), TODAY)
    after = Counter((each.code, each.sheet, each.cell or "".join(each.cells[:1]), each.count) for each in findings)
    assert after - before == expected
    assert before - after == Counter()
