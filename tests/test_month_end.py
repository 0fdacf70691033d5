"""Three months of a finance controller with the sample company, by commands only: late, corrected, closed, restated, traced, returned."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from loyalty_xl.books.patch import Patch
from loyalty_xl.books.reading import read, sheet_states
from loyalty_xl.cells import Kind
from loyalty_xl.cli import main
from loyalty_xl.contracts import everything
from loyalty_xl.publish.layout import held

JUNE, JULY, AUGUST = "2026-06", "2026-07", "2026-08"
HISTORY = "2025-07-01"  # orders before are left out, to be quick
NEW_REGION = "华南二区"
COLUMNS = {contract.name: {name: n for n, name in enumerate(contract.names, 1)} for contract in everything()}


class Office:
    """The controller's folder: files of four departments, the workbook, and the commands."""

    def __init__(self, folder: Path, demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._sent, self._capsys = folder, demo / "departments", capsys
        self.book = folder / "scorecard.xlsx"
        with (self._sent / "analytics_orders.csv").open(encoding="utf-8-sig", newline="") as file:
            self._orders = [row for row in csv.DictReader(file) if row["order_date"] >= HISTORY]

    def run(self, *arguments: str, code: int | None = None) -> dict[str, Any]:
        """One command, with --json."""
        self._capsys.readouterr()
        got = main([*arguments, "--json"])
        told = self._capsys.readouterr().out
        assert code is None or got == code, told[-2000:]
        document: dict[str, Any] = json.loads(told)
        return document

    def type(self, sheet: str, row: int, /, **cells: Any) -> None:
        """Type into the workbook as a person does."""
        patch = Patch(self.book)
        page = next(name for name in sheet_states(self.book) if name.startswith(sheet))
        for name, value in cells.items():
            patch.put(page, row, COLUMNS[sheet][name], value)
        patch.save(self.book.with_suffix(".typed.xlsx"))
        self.book.with_suffix(".typed.xlsx").replace(self.book)

    def row(self, sheet: str, /, **cells: str) -> int:
        """The worksheet row that holds these cells; the first free one where none is asked for."""
        page = next(name for name in sheet_states(self.book) if name.startswith(sheet))
        raw = read(self.book, [page])[page]
        if not cells:
            filled = [
                n
                for n, row in enumerate(raw.rows)
                if any(column.kind[n] != Kind.BLANK for column in raw.columns.values())
            ]
            return int(raw.rows[filled[-1]]) + 1
        wanted = {COLUMNS[sheet][name]: value for name, value in cells.items()}
        return next(
            int(row)
            for row in raw.rows
            if all(held(raw, int(row), column) == value for column, value in wanted.items())
        )

    def orders(self, month: str, shift: int = 0) -> list[dict[str, str]]:
        """Order lines of a month; shifted, they are a month that has not happened yet."""
        rows = [dict(row) for row in self._orders if row["order_date"][:7] == month]
        for row in rows:
            day = date.fromisoformat(row["order_date"]) + timedelta(shift)
            row["order_date"] = day.isoformat()
            row["order_id"] = row["order_id"].replace("SO", f"S{shift}O") if shift else row["order_id"]
        return [row for row in rows if not (shift and row["original_order_id"])]

    def write_orders(self, name: str, rows: list[dict[str, str]]) -> None:
        """A CSV file as analytics sends it."""
        with (self.folder / name).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(self._orders[0]))
            writer.writeheader()
            writer.writerows(rows)

    def until(self, month: str) -> list[dict[str, str]]:
        """All order lines up to a month."""
        return [row for row in self._orders if row["order_date"][:7] <= month]

    def write_sheet(self, source: str, sheet: str, column: str, name: str, months: tuple[str, str]) -> None:
        """One worksheet of a department's workbook, titles and all, with the rows of some months (all, where no column is named)."""
        book = openpyxl.load_workbook(self._sent / source)
        for other in [each for each in book.sheetnames if each != sheet]:
            del book[other]
        page = book[sheet]
        if not column:
            book.save(self.folder / name)
            return
        rows = list(page.iter_rows(values_only=True))
        header = next(number for number, row in enumerate(rows) if column in row)
        at = rows[header].index(column)
        kept = [
            row
            for row in rows[header + 1 :]
            if not isinstance(row[at], datetime) or months[0] <= f"{row[at]:%Y-%m}" <= months[1]
        ]
        page.delete_rows(header + 2, page.max_row)
        for row in kept:
            page.append(row)
        book.save(self.folder / name)


def lines(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Scorecard lines of All by KPI."""
    return {each["kpi"]: each for each in document["scorecard"] if each["segment_dim"] == "all"}


def of(document: dict[str, Any], period: str) -> dict[str, tuple[Any, ...]]:
    """Every figure of a period on Detail."""
    return {
        f"{each['kpi']}|{each['segment_dim']}|{each['segment']}": (each["value"], each["reason"], each["n"])
        for each in document["results"]
        if each["period"] == period
    }


@pytest.mark.filterwarnings("ignore:.*will be removed")  # openpyxl says what it would lose
def test_three_months(made_demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: PLR0915
    """June is set up, July comes late and twice and is closed, August changes July behind everybody's back: July stands, and why is told."""
    office = Office(tmp_path, made_demo, capsys)
    book = str(office.book)

    # June: a workbook from four messy files
    office.write_orders("orders_to_june.csv", office.until(JUNE))
    office.write_sheet("sales_reference.xlsx", "Regions", "", "销售部.xlsx", ("", ""))
    office.write_sheet("市场部_marketing.xlsx", "问卷回收", "填写日期", "问卷.xlsx", (HISTORY[:7], JULY))
    office.write_sheet("客服部_complaints.xlsx", "投诉", "受理日期", "投诉_6月.xlsx", (HISTORY[:7], JUNE))
    recognised = office.run("new", book, "--from", str(tmp_path), "--lang", "en", code=0)
    assert {each["sheet"] for each in recognised["sources"]} >= {"Orders", "SurveyResponses", "Complaints", "Regions"}
    row = office.row("Targets")
    office.type("Targets", row, kpi="average_spend", period=JULY, target=9_000.0)
    office.type("Targets", row + 1, kpi="complaint_rate", period=JULY, target=60.0, direction="down")
    june = office.run("refresh", book, "--period", JUNE, "--by", "王芳")
    assert lines(june)["complaint_rate"]["actual"] is not None

    # July: the orders come, then once more, corrected; a region is new; the complaints are late
    july = office.orders(JULY)
    for each in july[:5]:
        each["region_id"] = NEW_REGION
    office.write_orders(
        "orders_july.csv", [*july, {**july[0], "order_id": "SO-X", "order_date": "bald", "amount": "12"}]
    )
    corrected = [dict(each) for each in july]
    corrected[7]["amount"] = f"{float(corrected[7]['amount']) + 1_000:.2f}"
    office.write_orders("orders_july_corrected.csv", corrected)
    row = office.row("Sources")
    office.type("Sources", row, sheet="Orders", file="orders_july.csv")
    office.type("Sources", row + 1, sheet="Orders", file="orders_july_corrected.csv")
    both = office.run("refresh", book, "--period", JULY, "--by", "王芳", code=1)
    (overlap,) = (each for each in both["findings"] if each["code"] == "E240")
    assert f"{len(corrected):,}" in overlap["says"]
    assert of(both, JULY)["average_spend|all|All"][1] == "blocked"

    # the slips: each department its own faults
    slips = office.run("check", book, "--period", JULY, "--slips", str(tmp_path / "slips"))
    texts = {Path(each).name: text_of(Path(each)) for each in slips["slips"]["written_to"] if each.endswith(".xlsx")}
    assert any("bald" in text for text in texts.values())
    for name, text in texts.items():
        assert ("bald" in text) == ("analytics" in name.casefold() or "分析" in name), name
        assert not any(row["order_id"] in text for row in july[:3]) or "bald" in text

    # one of the two is marked; the difference is told; control totals agree
    office.type("Deliveries", office.row("Deliveries", period=JULY, file="orders_july_corrected.csv"), use="yes")
    total = sum(float(each["amount"]) for each in corrected)
    office.type("Controls", 2, sheet="Orders", period=JULY, rows=len(corrected), amount=round(total, 2), source="ERP")
    office.run("refresh", book, "--period", JULY, "--by", "王芳")
    marked = office.run("refresh", book, "--period", JULY, "--by", "王芳")
    codes = [each["code"] for each in marked["findings"]]
    assert "E240" not in codes
    assert "W366" not in codes
    (replaced,) = (each for each in marked["findings"] if each["code"] == "W386")
    assert f"{len(july) + 1:,} → {len(corrected):,} rows" in replaced["says"]
    assert f"{total:,.2f}" in replaced["says"]
    now = lines(marked)
    assert (now["complaint_rate"]["actual"], now["complaint_rate"]["reason"]) == (None, "not_received")
    assert marked["deliveries"]["missing"][0]["sheet"] == "Complaints"
    (new,) = (each for each in marked["findings"] if each["code"] == "W261")
    assert new["found"] == NEW_REGION
    detail = of(marked, JULY)
    spend = {key: each for key, each in detail.items() if key.startswith("average_order_value|")}
    regions = [each[2] for key, each in spend.items() if "|region|" in key]
    assert sum(regions) == spend["average_order_value|all|All"][2]  # the orders of the new region are in the total
    assert any("Unassigned" in key for key in spend)

    # July is closed and approved
    closed = office.run("close", book, "--period", JULY, "--by", "王芳")
    assert [each["kind"] for each in closed["periods"]] == ["closed"]
    office.type("Periods", office.row("Periods", period=JULY), approved_by="李总", approved_on="2026-08-06")
    approved = office.run("refresh", book, "--period", JULY, "--by", "王芳")
    before, shown = of(approved, JULY), lines(approved)
    assert before == {key: (value, reason, n) for key, (value, reason, n) in of(closed, JULY).items()}

    # August: an old order of July changes, a target is lowered, the late complaints come, and August's own orders
    corrected[9]["amount"] = f"{float(corrected[9]['amount']) + 500:.2f}"
    office.write_orders("orders_july_corrected.csv", corrected)
    office.write_orders("orders_august.csv", office.orders(JULY, 31))
    office.write_sheet("客服部_complaints.xlsx", "投诉", "受理日期", "投诉_7月.xlsx", (JULY, JULY))
    row = office.row("Sources")
    office.type("Sources", row, sheet="Orders", file="orders_august.csv")
    office.type("Sources", row + 1, sheet="Complaints", file="投诉_7月.xlsx")
    office.type("Targets", office.row("Targets", kpi="average_spend", period=JULY), target=8_000.0)
    august = office.run("refresh", book, "--period", AUGUST, "--by", "王芳")
    again = office.run("refresh", book, "--period", JULY, "--by", "王芳")
    waited = {key for key, (_, reason, _) in before.items() if reason == "maturing"}
    for document in (august, again):
        now_shown = of(document, JULY)
        assert now_shown.keys() == before.keys()
        assert {key for key in before if now_shown[key] != before[key]} <= waited  # completed, as matured
    assert {key: {**line, "flags": 0} for key, line in lines(again).items()} == {
        key: {**line, "flags": 0} for key, line in shown.items()
    }
    told = {(each["kpi"], each["what"]): each for each in again["restatements"] if each["segment_dim"] == "all"}
    spend_told, aim = told["average_spend", "actual"], told["average_spend", "target"]
    assert any(
        "orders_july_corrected.csv" in cause["en"] and "1 row changed, amount +500.00" in cause["en"]
        for cause in spend_told["causes"]
    )
    assert (aim["closed"], aim["now"]) == (9_000.0, 8_000.0)
    late = told["complaint_rate", "actual"]
    assert (late["closed"], late["causes"][0]["kind"]) == ("not_received", "rows")
    assert "投诉_7月.xlsx" in late["causes"][0]["en"]
    assert "W392" not in {each["code"] for each in again["findings"]}  # what was approved stands
    assert (
        lines(august)["average_order_value" if "average_order_value" in lines(august) else "customer_base"]["previous"]
        is not None
    )

    # any figure can be shown: its rows, and totals that agree
    for kpi in ("average_spend", "nps", "complaint_rate"):
        traced = office.run("trace", book, kpi, AUGUST if kpi != "complaint_rate" else JUNE, code=0)
        assert traced["agrees"]
        assert traced["rows"]
    changed = office.run("diff", book, code=0)
    assert set(changed) >= {"rows", "settings", "targets", "scorecard"}
    shutil.rmtree(tmp_path / "slips")


def text_of(path: Path) -> str:
    """Every text of a workbook."""
    book = openpyxl.load_workbook(path)
    return "\n".join(
        str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
    )
