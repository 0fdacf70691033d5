"""Rows 45 to 65: cells that are not what they should be; and row 72: the control sheets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from loyalty_xl.cells import Kind
from tests.bad.case import Case, Row, Seen, row
from tests.bad.cells import DAY, HEAD, Cells, Formula, Markup, order, with_amounts, with_customers, with_days
from tests.bad.not_workbooks import stops
from tests.bad.structure import nothing, sheet
from tests.contracts.raw import Error, Formatted, Uncached

FIFTH = date(2026, 1, 5)
NUMBERS = {
    "1,234": 1234,
    " 12 ": 12,
    "１２３．４": 123.4,
    "￥1,234": 1234,
    "(1,234)": -1234,
    "1.2万": 12_000,
    "100-": -100,
}
NOTHING = ("-", "—", "/", "N/A", "无")
NO_NUMBERS = ("约三千", "1e5", "12abc", "五", "12%", "1/2")
DAYS = (
    "2026/1/5",
    "2026.01.05",
    "2026年1月5日",
    "5-Jan-26",
    "20260105",
    "２０２６／１／５",
    "2026-01-05",
    "2026-01-05 14:30",
)
ERRORS = ("#DIV/0!", "#N/A", "#REF!", "#VALUE!", "#NAME?", "#SPILL!")
NO_DAYS: tuple[Any, ...] = (
    Formatted(60, DAY), Formatted(2_958_466, DAY), Formatted(-1, "h:mm"), Formatted(0.5, "h:mm"), "1900-02-29", "08:30",
)  # fmt: skip
VOLATILE = {
    "today": "TODAY()-A2", "now": "NOW()", "chance": "RANDBETWEEN(1,9)", "new chance": "_xlfn.RANDARRAY(1,1)", "offset": "OFFSET(A1,1,1)",
    "indirect": 'INDIRECT("A"&ROW())', "other file": "[1]Sheet1!A1*2", "other file, quoted": "'[2]My sheet'!$A$1",
    "its own cell": "D2+1", "its own column": "SUM($D:$D)", "a range with itself": "SUM(D$1:D9)", "file by its name": "'C:\\x\\[a.xlsx]S'!A1",
}  # fmt: skip
STEADY = {
    "plain": "A2*B2", "a literal": 'IF(A2="TODAY()",1,2)', "a table": "Table1[2025]+Table1[[#This Row],[2026]]", "a longer name": "BRAND(A2)",
    "another sheet": "Sheet2!D2+Sheet2!D:D", "its row's others": "SUM(A2:C2)", "another row": "D12+AD2+$D$3",
}  # fmt: skip
# As sent, and as an id: without width, case, and what nobody sees.
FORMULA_LIKE = {
    "=1+1": "=1+1", "+86 138 0000 0000": "+86 138 0000 0000", "-5x": "-5X", "@SUM(A1)": "@SUM(A1)", "\tx": "X", "\r-1": "-1", "＝2": "=2",
    '=HYPERLINK("http://x","y")': '=HYPERLINK("HTTP://X","Y")',
}  # fmt: skip
STRANGE = {
    "control character": ("a_x0001_b", "AB"), "carriage return": ("a_x000D_b", "A\rB"), "lone surrogate": ("a_xD800_b", "A\ufffdB"),
    "zero width": ("a\u200bb", "AB"), "right to left": ("a\u202eb", "AB"), "emoji": ("a😀b", "A😀B"), "rare Han": ("a𠮷b", "A𠮷B"),
    "escaped escape": ("a_x005F_x0001_b", "A_X0001_B"),
}  # fmt: skip


def values(*meant: Any, field: str = "amount", name: str = "Orders") -> Callable[[Seen], None]:
    """A field of the rows that were kept has these values."""

    def then(seen: Seen) -> None:
        assert seen.column(field, name) == list(meant)

    return then


def on(*days: date) -> Callable[[Seen], None]:
    """The orders are of these days."""

    def then(seen: Seen) -> None:
        assert [each.date() for each in seen.column("order_date")] == list(days)

    return then


def counted(code: str, count: int, *, then: Callable[[Seen], None] | None = None) -> Callable[[Seen], None]:
    """One finding of a code counts so many cells."""

    def check(seen: Seen) -> None:
        assert seen.only(code).count == count
        if then:
            then(seen)

    return check


def each(code: str, count: int, column: str = "D") -> list[tuple[str, str]]:
    """A finding in each of the first rows of a column."""
    return [(code, f"{column}{at}") for at in range(2, count + 2)]


def discounts(*texts: str) -> Cells:
    """Order lines with these discounts."""
    return [[*HEAD, "折扣"], *([*order(at), text] for at, text in enumerate(texts, 1))]


def survey(*scores: Any, comment: str = "") -> Cells:
    """Answers with these scores."""
    return [
        ["填写日期", "推荐分", "意见建议"],
        *([date(2026, 1, at), score, comment or None] for at, score in enumerate(scores, 1)),
    ]


def shared_formula() -> Cells:
    """A formula that the cells below share."""
    first = Formula("NOW()*0+1", 1, ' t="shared" ref="D2:D4" si="0"')
    rest = Markup('<c r="{0}"><f t="shared" si="0"/><v>1</v></c>')
    other = Formula("A6*2", 1, ' t="shared" ref="D5:D6" si="1"')
    return with_amounts(first, rest, rest, other, Markup('<c r="{0}"><f t="shared" si="1"/><v>1</v></c>'))


def loop(amount: str, other: str) -> Cells:
    """Orders of which the first amount is a formula, with another formula beside it under no field's header."""
    return [[*HEAD, "折扣"], [*order(1, amount=Formula(amount, 7)), Formula(other, 1)], [*order(2, amount=5), None]]


def commented(formula: str) -> Cells:
    """A sheet that only the careful reader takes."""
    return with_amounts(Markup('<!-- x --><c r="{0}"><f>' + formula + "</f><v>7</v></c>"), 5)


def four_things(seen: Seen) -> None:
    """Blank, zero, empty text and space are told apart by the reader; only the zero is a number."""
    assert seen.inputs is not None
    raw = seen.inputs.sources["Orders"][0].raw
    cells = raw.columns[4]
    assert cells.kind[1:].tolist() == [Kind.BLANK, Kind.NUMBER, Kind.TEXT, Kind.TEXT, Kind.NUMBER]
    assert [raw.strings[at] for at in cells.text[3:5]] == ["", " "]
    assert seen.column("amount") == [0, 5]


def readings(seen: Seen) -> None:
    """An ambiguous date is shown with what it can mean."""
    found = seen.detail("E222")
    assert (found["reading_1"], found["reading_2"]) == ("2025-04-03", "2025-03-04")


def whole_text(seen: Seen) -> None:
    """A long text is kept to its last character."""
    assert [len(text) for text in seen.column("comment", "SurveyResponses")] == [40_000]


def never_zero(seen: Seen) -> None:
    """No amount is zero."""
    assert 0 not in seen.column("amount")


def settings(*rows: list[Any]) -> dict[str, Cells]:
    """The sheet of settings."""
    return {"Settings": [["key", "value"], *rows]}


def targets(*rows: list[Any]) -> dict[str, Cells]:
    """The sheet of targets."""
    return {"Targets": [["kpi", "period", "target"], *rows]}


def control(what: str, held: dict[str, Cells], *told: tuple[str, str], name: str = "Settings") -> Case:
    """A control sheet with a fault, named with its cell."""

    def then(seen: Seen) -> None:
        assert {each.sheet for each in seen.findings} == {name}

    return Case(what, nothing, list(told), control=held, then=then)


ROWS: list[Row] = [
    row(45, "numbers as text",
        Case("listed", sheet(with_amounts(*NUMBERS)), [("W220", "D2")], kept=len(NUMBERS), then=counted("W220", len(NUMBERS), then=values(*NUMBERS.values()))),
        Case("words for nothing", sheet(discounts(*NOTHING, "1")), [("W220", "E7")], kept=6, then=values(*[None] * 5, 1, field="discount")),
        Case("percent", sheet([["商品编号", "产品类型", "毛利率"], ["P1", "瓷器", "12%"]]), [("W220", "C2")], kept=[2], sheet="Products",
             then=values(0.12, field="margin_rate", name="Products")),
        Case("anything else", sheet(with_amounts(*NO_NUMBERS, 5)), each("E203", len(NO_NUMBERS)), kept=1)),
    row(46, "two decimal marks", Case("", sheet(with_amounts("1.234,56", "1,234.56", 5)), [("E221", "D2")], kept=[4], then=counted("E221", 2))),
    row(47, "dates as text", Case("", sheet(with_days(*DAYS)), [], kept=len(DAYS), then=on(*[FIFTH] * len(DAYS)))),
    row(48, "ambiguous date", Case("", sheet(with_days(FIFTH, "03/04/25", FIFTH)), [("E222", "C3")], kept=[2, 4], then=readings)),
    row(49, "number as date",
        Case("no date format", sheet(with_days(46_027, Formatted(46_027.5, "General"))), [], kept=[2, 3], then=on(FIFTH, FIFTH)),
        Case("1904", sheet(with_days(FIFTH, 44_565, Formatted(1, DAY)), date1904=True), [], kept=[2, 3, 4], settings={"company_start": "1900-01-01"}, then=on(FIFTH, FIFTH, date(1904, 1, 2)))),
    row(50, "no such day", Case("", sheet(with_days(*NO_DAYS, FIFTH)), each("E223", len(NO_DAYS), "C"), kept=1)),
    row(51, "day outside",
        Case("", sheet(with_days(date(2027, 1, 1), date(2019, 12, 31), FIFTH)), [("E224", "C2"), ("E224", "C3")], kept=[4], settings={"company_start": "2020-01-01"})),
    row(52, "id with zeros", Case("", sheet(with_customers("007", "7")), [], kept=2, then=values("007", "7", field="customer_id"))),
    row(53, "zeros displayed",
        Case("as held", sheet(with_customers(Formatted(7, "000"))), [("W225", "B2")], kept=1, then=values("7", field="customer_id")),
        Case("padded by setting", sheet(with_customers(Formatted(7, "000"))), [], kept=1, settings={"id_padding": "3"}, then=values("007", field="customer_id"))),
    row(54, "18 digits as number", Case("", sheet(with_customers(123456789012345678, "C2")), [("E226", "B2")], then=values(None, "C2", field="customer_id"))),
    row(55, "digits lost in text", Case("", sheet(with_customers("1.23E+17", "C2")), [("E226", "B2")], then=values(None, "C2", field="customer_id"))),
    row(56, "format shows other text", Case("", sheet(with_amounts(Formatted(10, '"999"'), 20)), [("W227", "D2")], kept=2, then=values(10, 20))),
    row(57, "error values", Case("", sheet(with_amounts(*(Error(text) for text in ERRORS), 5)), each("E228", len(ERRORS)), kept=1, then=never_zero)),
    row(58, "formula never calculated", Case("", sheet(with_amounts(Uncached(), 5)), [("E229", "D2")], kept=[3], then=never_zero)),
    row(59, "formulas of the moment",
        *(Case(what, sheet(with_amounts(Formula(text, 7), 5)), [("W230", "D2")], kept=2, then=values(7, 5)) for what, text in VOLATILE.items()),
        *(Case(f"not {what}", sheet(with_amounts(Formula(text, 7), 5)), [], kept=2) for what, text in STEADY.items()),
        Case("loop of two", sheet(loop("E2*2", "D2-1")), [("W230", "D2"), ("W230", "E2")], kept=2, then=values(7, 5)),
        Case("loop of many, by ranges", sheet(loop("SUM(E1:E9)", "AVERAGE(A2:D2)*1")), [("W230", "D2"), ("W230", "E2")], kept=2),
        Case("not a chain", sheet(loop("E2*2", "A2-1")), [], kept=2),
        Case("shared", sheet(shared_formula()), [("W230", "D2")], kept=5, then=counted("W230", 3)),
        Case("marked by Excel", sheet(with_amounts(Formula("MyName*2", 7, ' ca="1"'))), [("W230", "D2")], kept=1),
        Case("read with care", sheet(commented("TODAY()")), [("W230", "D2")], kept=2, then=values(7, 5)),
        Case("never calculated", sheet(with_amounts(Markup('<c r="{0}"><f>TODAY()</f></c>'), 5)), [("E229", "D2")], kept=1),
        Case("in a column that is not used", sheet([[*HEAD, "颜色"], [*order(1), Formula("NOW()", 1)]]), [("W206", "E1")], kept=1)),
    row(60, "NaN and infinity",
        Case("", sheet(with_amounts(Markup('<c r="{0}"><v>NaN</v></c>'), Markup('<c r="{0}"><v>INF</v></c>'), Markup('<c r="{0}"><v>1e999</v></c>'), 5)),
             each("E203", 3), kept=1, then=never_zero)),
    row(61, "blank, 0, empty text, space", Case("", sheet(with_amounts(None, 0, "", " ", 5)), [("E235", "D2"), ("E235", "D4"), ("E235", "D5")], kept=[3, 6], then=four_things)),
    row(62, "out of range",
        Case("rating", sheet(survey(11, -1, 9)), [("E231", "B2"), ("E231", "B3")], sheet="SurveyResponses", then=values(None, None, 9, field="recommend_score", name="SurveyResponses")),
        Case("share of 150%", sheet([["商品编号", "产品类型", "毛利率"], ["P1", "瓷器", "150%"], ["P2", "瓷器", 1.5]]),
             [("E231", "C2"), ("E231", "C3"), ("W220", "C2")], sheet="Products"),
        Case("negative headcount", sheet([["活动编号", "开始日期", "费用", "费用类别", "归因新客数"], ["K1", FIFTH, 10, "拉新", -3]]), [("E231", "E2")], sheet="Campaigns"),
        Case("currencies mixed", sheet(with_amounts("$1,234", 5)), [("E232", "D2")], kept=[3]),
        Case("foreign currency", sheet([[*HEAD, "币种"], [*order(1), "USD"], [*order(2), "CNY"]]), [("E273", "E2")], kept=[3])),
    row(63, "text that looks like a formula",
        Case("ids", sheet(with_customers(*FORMULA_LIKE)), [], kept=len(FORMULA_LIKE), then=values(*FORMULA_LIKE.values(), field="customer_id")),
        Case("amounts", sheet(with_amounts("-5", -5, "=1+1", "＝1+1", "@1")), [("E203", "D4"), ("E203", "D5"), ("E203", "D6"), ("W220", "D2")], kept=2, then=values(-5, -5))),
    row(64, "strange characters",
        *(Case(what, sheet(with_customers(text, "C2")), [], kept=2, then=values(held, "C2", field="customer_id")) for what, (text, held) in STRANGE.items()),
        stops("a control character itself", sheet(with_customers("a\x01b")), "E102")),
    row(65, "40,000 characters",
        Case("", sheet(survey(9, comment="很" * 40_000)), [("W234", "C2")], kept=1, sheet="SurveyResponses", then=whole_text)),
    row(72, "control sheets",
        control("unknown key", settings(["churn_windows_day", 90]), ("E301", "A2")),
        control("number as text", settings(["churn_window_days", "一年"]), ("E302", "B2")),
        control("out of range", settings(["max_rejected_share", 5]), ("E303", "B2")),
        control("contradiction", settings(["nps_detractor_max", 9], ["nps_promoter_min", 9]), ("E304", "B3")),
        control("end before start", settings(["company_start", date(2026, 1, 1)], ["as_of", date(2025, 1, 1)]), ("E304", "B3")),
        control("formula in error", settings(["min_base_nps", Error("#REF!")]), ("E305", "B2")),
        control("formula never calculated", settings(["min_base_nps", Uncached()]), ("E305", "B2")),
        control("target as text", targets(["nps", "2026-Q1", "forty"]), ("E302", "C2"), name="Targets"),
        control("unknown sheet in Sources", {"Sources": [["sheet", "file"], ["Ordrs", "x.xlsx"]]}, ("E302", "A2"), name="Sources")),
]  # fmt: skip
