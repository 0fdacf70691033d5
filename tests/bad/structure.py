"""Rows 27 to 44: sheets whose shape is not a header and rows below it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from loyalty_xl.findings import address, quoted
from tests.bad.case import Case, Row, Seen, row
from tests.bad.cells import HEAD, Cells, Formula, Styled, book, content, merged, order, orders
from tests.bad.not_workbooks import reads, says, stops
from tests.books.packages import save

SOURCES = ["sheet", "file", "worksheet", "header_row", "use"]
LONG = "一二三四五六七八九十" * 3 + "尾"  # 31 characters


def sheet(rows: Cells, **more: Any) -> Callable[[Path], Path]:
    """A workbook with one sheet of these rows."""
    return lambda folder: book(folder / "orders.xlsx", rows, **more)


def sheets(states: dict[str, str] | None = None, **named: Cells) -> Callable[[Path], Path]:
    """A workbook with several sheets."""
    return lambda folder: book(folder / "orders.xlsx", sheets=named, states=states)


def listed(**columns: str) -> dict[str, Cells]:
    """A row of Sources that names the file of orders."""
    return {"Sources": [SOURCES, [{"sheet": "Orders", "file": "orders.xlsx", **columns}.get(name) for name in SOURCES]]}


def same_money(amount: float) -> Callable[[Seen], None]:
    """The amounts that were kept add up to this."""

    def then(seen: Seen) -> None:
        assert sum(seen.column("amount")) == amount

    return then


def headers(**meant: str) -> Callable[[Seen], None]:
    """Each field has its column, shown as sent."""

    def then(seen: Seen) -> None:
        assert {name: seen.sheets["Orders"].headers[name] for name in meant} == meant

    return then


def detail(code: str, **meant: str) -> Callable[[Seen], None]:
    """The one finding of a code says this."""

    def then(seen: Seen) -> None:
        found = seen.detail(code)
        assert {name: found.get(name) for name in meant} == meant

    return then


def blocked(seen: Seen) -> None:
    """No row of the sheet is used."""
    assert seen.sheets["Orders"].blocked
    assert len(seen.sheets["Orders"].frame) == 0


def three_suggestions(seen: Seen) -> None:
    """The missing column comes with three columns that might be it, each with samples."""
    found = seen.detail("E206")
    assert found["field"] == "order_date"
    assert found["suggestion_1"] == "订货日期 (C1): 2026-01-01, 2026-01-02, 2026-01-03"
    assert {"suggestion_2", "suggestion_3"} <= set(found)
    blocked(seen)


def total(label: str | None, amount: float | None, place: int = 0) -> list[Any]:
    """A row of a total."""
    line: list[Any] = [None, None, None, amount]
    if label is not None:
        line[place] = label
    return line


def two_period_groups() -> Cells:
    """Amounts of this and of the last period under group titles."""
    return [
        ["客户编号", "订单日期", "上期", None],
        [None, None, "金额", "数量"],
        ["C1", order(1)[2], 5, 1],
    ]


def money_stays(seen: Seen) -> None:
    """Identical lines without a number of their own are all kept, and told."""
    assert seen.detail("W213")["policy"] == "keep"
    assert sum(seen.column("amount")) == 40


def pastes(name: str) -> Callable[[Seen], None]:
    """An address holds the name as Excel takes it: quoted, quotes doubled, or bare where it may be."""

    def then(seen: Seen) -> None:
        where = address(seen.only("E203"))
        sheet, _, cell = where.rpartition("!")
        assert cell == "D3"
        inner = sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
        assert inner == f"[orders.xlsx]{name}"
        assert sheet.startswith("'") or name.isidentifier()
        assert quoted(name).strip("'").replace("''", "'") == name.strip("'")

    return then


def bad_amount() -> Cells:
    """Orders of which the second amount is no number."""
    return [HEAD, order(1), order(2, amount="x"), order(3)]


def in_the_book(state: str, rows: Cells, control: dict[str, Cells] | None = None) -> Callable[[Path], Path]:
    """A scorecard that holds a sheet of orders which is not shown."""
    held = {"Scorecard": [], "Orders": rows, **(control or {})}
    return lambda folder: book(folder / "scorecard.xlsx", sheets=held, states={"Orders": state})


def nothing(folder: Path) -> dict[str, Path]:
    """No file of a department."""
    return {}


def not_used(seen: Seen) -> None:
    """The sheet is no delivery."""
    assert "Orders" not in seen.sheets


def used(seen: Seen) -> None:
    """The hidden sheet is read, since it is named."""
    assert len(seen.sheets["Orders"].frame) == 3


def other_kind(kind: str, *, alone: bool = False) -> Callable[[Path], Path]:
    """A workbook with a sheet of another kind before the orders, or alone."""

    def make(folder: Path) -> Path:
        made = content({"Chart": "<x/>"} | ({} if alone else {"Sheet1": orders()}))
        links = str(made["xl/_rels/workbook.xml.rels"])
        made["xl/_rels/workbook.xml.rels"] = links.replace('relationships/worksheet"', f'relationships/{kind}"', 1)
        return save(folder / "orders.xlsx", made)

    return make


def no_number(seen: Seen) -> None:
    """A sheet without rows has no count, which is not a count of zero."""
    assert seen.sheets["Orders"].counts.empty


TITLE: Cells = [["2026年订单"], [], [None, "单位：元"]]
MIXED = ["訂單號　", " 客户\n编号 ", "Ｏｒｄｅｒ　Ｄａｔｅ", "金额（元）"]
TWICE: Cells = [[*HEAD, "a", "a"], *([*order(at), 1, 2] for at in (1, 2, 3))]
CLAIMS: Cells = [[*HEAD, "实付金额"], *([*order(at), 1] for at in (1, 2, 3))]
GUESSES: Cells = [
    ["订单号", "客户编号", "订货日期", "金额", "日子", "下单员"],
    *([*order(at)[:2], order(at)[2], at, "一", "张"] for at in (1, 2, 3)),
]
LINES: Cells = [["行号", *HEAD], *([1, *order(at)] for at in (1, 2, 2, 3))]
GROUPED: Cells = [
    ["客户编号", "订单", None, "金额"],
    [None, "编号", "日期", None],
    *(["C1", f"A{at}", order(at)[2], 10 * at] for at in (1, 2)),
]
OPEN = "A1:A2"
HIDDEN: dict[str, Any] = {"hidden": (3,), "before": '<cols><col min="2" max="2" hidden="1"/></cols>'}
FILTERED: dict[str, Any] = {"hidden": (3,), "after": '<autoFilter ref="A1:D4"/>'}
SECOND: Cells = [*orders(), [], HEAD, order(5)]

ROWS: list[Row] = [
    row(27, "header under a title",
        Case("found", sheet([*TITLE, *orders()], after=merged("A1:F1")), [("W201", "A4")], kept=[5, 6, 7], then=headers(amount="金额")),
        Case("named in Sources", sheet([*TITLE, *orders()]), [("W201", "A4")], kept=[5, 6, 7], control=listed(header_row="4"))),
    row(28, "two-row header",
        Case("joined", sheet(GROUPED, after=merged(OPEN, "B1:C1", "D1:D2")), [], kept=[3, 4], then=headers(order_id="订单 / 编号")),
        Case("group without names", sheet([[*HEAD, "满意度", None], *([*order(at), 1, 2] for at in (1, 2, 3))], after=merged("E1:F1")),
             [("E202", "E1:F1"), ("W206", "E1")], kept=[2, 3, 4])),
    row(29, "headers in every spelling",
        Case("", sheet([MIXED, *orders()[1:]]), [], kept=[2, 3, 4], then=headers(customer_id="客户 编号", order_date="Ｏｒｄｅｒ Ｄａｔｅ"))),
    row(30, "header twice",
        Case("known", sheet([[*HEAD, "金额"], *([*order(at), 1] for at in (1, 2, 3))]), [("E204", "E1")], kept=[], then=detail("E204", first="D1", field="amount")),
        Case("unknown", sheet(TWICE), [("E204", "F1"), ("W206", "E1")], kept=[2, 3, 4], then=detail("E204", first="E1"))),
    row(31, "blank header",
        Case("", sheet([HEAD, order(1), [*order(2), "加急"], order(3)]), [("E205", "E1")], kept=[2, 3, 4], then=detail("E205", data="E3"))),
    row(32, "column missing", Case("", sheet(GUESSES), [("E206", "A1:F1"), ("W206", "C1")], kept=[], then=three_suggestions)),
    row(33, "two columns for one field",
        Case("choice wanted", sheet(CLAIMS), [("E207", "E1")], kept=[], then=detail("E207", first="D1", first_header="金额")),
        Case("choice made", sheet(CLAIMS), [], kept=[2, 3, 4], then=same_money(3),
             control=listed() | {"Mapping": [["sheet", "header", "field"], ["Orders", "金额", "-"]]})),
    row(34, "this and last period",
        *(Case(name, sheet([[*HEAD[:3], name], *orders()[1:]]), [("E206", "A1:D1"), ("W206", "D1")], kept=[], then=blocked)
          for name in ("本期金额", "上期金额", "金额(上期)", "去年同期金额")),
        Case("group", sheet(two_period_groups(), after=merged(OPEN, "B1:B2", "C1:D1")), [("E206", "A1:C1"), ("W206", "C1"), ("E202", "C1:D1"), ("E215", "C2")], kept=[], then=blocked)),
    row(35, "total rows",
        Case("at the end", sheet([*orders(), total("合计", 60)]), [("W208", "A5")], kept=[2, 3, 4], then=same_money(60)),
        Case("in between", sheet([HEAD, order(1), order(2), total("小计", 30), order(3), total("小计", 30), total("总计", 60)]),
             [("W208", "A4")], kept=[2, 3, 5], then=same_money(60)),
        Case("English", sheet([*orders(), total("Grand Total", 60, 1)]), [("W208", "B5")], kept=[2, 3, 4]),
        Case("sum without a word", sheet([*orders(), total(None, Formula("SUM(D2:D4)", 60))]), [("W208", "D5")], kept=[2, 3, 4]),
        Case("wrong", sheet([*orders(), total("合计", 61)]), [("W208", "A5"), ("E209", "D5")], kept=[2, 3, 4], then=same_money(60))),
    row(36, "hidden rows and columns",
        Case("counted", sheet(orders(), **HIDDEN), [("W210", "3:3"), ("W210", "B:B")], kept=[2, 3, 4]),
        Case("filtered", sheet(orders(), **FILTERED), [("W210", "3:3")], kept=[2, 3, 4]),
        Case("left out", sheet(orders(), **FILTERED), [("W210", "3:3")], kept=[2, 4], settings={"hidden_rows": "exclude"})),
    row(37, "hidden sheets",
        Case("by header", sheets({"旧表": "hidden"}, 今年=orders(), 旧表=orders(5)), [("W211", "")], kept=3, then=says("旧表", "Sources")),
        Case("very hidden", sheets({"Orders": "veryHidden"}, 今年=orders(), Orders=orders(5)), [("W211", "")], kept=3),
        Case("nothing of ours", sheets({"cache": "hidden"}, 今年=orders(), cache=[["x"], [1]]), [], kept=3),
        Case("header alone", sheets({"Orders": "hidden"}, 今年=orders(), Orders=[HEAD]), [], kept=3),
        Case("named in Sources", sheets({"旧表": "hidden"}, 今年=orders(), 旧表=orders(5)), [], kept=5, control=listed(worksheet="旧表")),
        Case("a page of the scorecard", nothing, [], workbook=in_the_book("hidden", orders()), then=used),
        Case("of the scorecard, blank", nothing, [], workbook=in_the_book("hidden", [HEAD, [Styled()] * 4]), then=not_used),
        Case("of the scorecard, named in Sources", nothing, [], then=used,
             workbook=in_the_book("veryHidden", orders(), {"Sources": [SOURCES, ["Orders", None, None, None, "yes"]]}))),
    row(38, "merged data cells",
        Case("named", sheet([HEAD, order(1), *(order(at, customer=None) for at in (2, 3))], after=merged("B2:B4")), [("E212", "B2:B4")],
             kept=[2, 3, 4], then=detail("E212", first="B2")),
        Case("filled down", sheet([HEAD, order(1), *(order(at, customer=None) for at in (2, 3))], after=merged("B2:B4")), [("W212", "B2:B4")],
             kept=[2, 3, 4], settings={"merged_cells": "fill_down"})),
    row(39, "identical rows",
        Case("with a key", sheet(LINES), [("W213", "B4")], kept=[2, 3, 5], then=detail("W213", policy="once", first="B3")),
        Case("order lines without a line number", sheet([HEAD, order(1), order(1), order(2)]), [("W213", "A3")], kept=[2, 3, 4], then=money_stays),
        Case("dropped by setting", sheet([HEAD, order(1), order(1), order(2)]), [("W213", "A3")], kept=[2, 4], settings={"identical_order_lines": "drop"})),
    row(40, "one key, two contents",
        Case("", sheet([["行号", *HEAD], [1, *order(1)], [1, *order(2, id="A1", customer="C1", day=order(1)[2])], [1, *order(3)]]),
             [("E214", "B3")], kept=[4], then=detail("E214", first="B2", differs="金额", first_value="10", value="20"))),
    row(41, "two tables",
        Case("below", sheet(SECOND), [("E215", "A6")], kept=[], then=detail("E215", header="A1")),
        Case("each on its own sheet", sheets(一月=orders(), 二月=orders(5)), [], kept=5, control=listed(worksheet="二月"))),
    row(42, "names of sheets",
        *(Case(what, lambda folder, name=name: book(folder / "orders.xlsx", sheets={name: bad_amount()}), [("E203", "D3")], then=pastes(name))
          for what, name in {
              "quote": "It's", "apostrophe first": "'Orders", "emoji": "订单 😀", "31 characters": LONG, "like a cell": "A1",
              "exclamation mark": "a!b", "brackets of markup": "<&>", "plain": "Orders",
          }.items())),
    row(43, "no rows",
        Case("empty", sheet([]), [("W216", "")], kept=[], then=no_number),
        Case("header alone", sheet([HEAD]), [("W216", "")], kept=[], then=no_number),
        Case("header and formats", sheet([HEAD, [Styled()] * 4]), [("W216", "")], kept=[], then=no_number)),
    row(44, "sheets that are no worksheets",
        *(reads(kind, other_kind(kind)) for kind in ("chartsheet", "dialogsheet", "xlMacrosheet")),
        stops("alone", other_kind("chartsheet", alone=True), "E112")),
]  # fmt: skip
