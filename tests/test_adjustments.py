"""Adjustments: a person's value stands on the Scorecard with its reason, the computed one in Detail, and typed-over numbers are offered as rows."""

from __future__ import annotations

import dataclasses
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.styles import Border, Font, PatternFill, Side

from loyalty_xl import findings, library, refresh
from loyalty_xl.adjusting import adjusted, adjusted_results, with_computed
from loyalty_xl.books import live_plan, reading
from loyalty_xl.books.endings import Ending
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.saving import replace_file
from loyalty_xl.cells import Kind
from loyalty_xl.contracts.adjustments import counting, read_adjustments, without_effect
from loyalty_xl.contracts.control_month_end import ADJUSTMENTS
from loyalty_xl.pipeline import Refresh
from loyalty_xl.publish.contents import document, results_hash
from loyalty_xl.scoring import Line, judged, loyalty_score
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import (
    Adjustment,
    Calendar,
    Finding,
    Flag,
    Interval,
    Period,
    Reason,
    Result,
    Status,
    Target,
    Trend,
    Unit,
    Window,
)
from tests.conftest import TODAY, small_book
from tests.contracts.made_sheets import sheet_of
from tests.test_refresh import by_calamine, card, opened, set_in_book, with_formula

CALENDAR = Calendar()
KPIS = library.load()
COLUMN = {name: number for number, name in enumerate(ADJUSTMENTS.names, start=1)}
BLANK: dict[str, Any] = {"kpi": None, "period": None, "value": None, "reason": None, "by": None}
NPS = {"kpi": "nps", "period": "2026-07", "value": 45.0, "reason": "twice imported", "by": "Wang Fang"}


def period(label: str) -> Period:
    """A period by its label."""
    found = CALENDAR.parse(label)
    assert found is not None
    return found


def read(*rows: dict[str, Any], faulty: tuple[str, ...] = ()) -> tuple[list[Adjustment], list[Finding]]:
    """Rows of Adjustments as they are read, worksheet row 2 first."""
    sheet = sheet_of(ADJUSTMENTS, [BLANK | row for row in rows])
    return read_adjustments(sheet, KPIS, CALENDAR, {"region": {"华东"}}, faulty)


def counted(*rows: dict[str, Any], **how: Any) -> tuple[list[Adjustment], list[Finding]]:
    """Those of them that count, and the findings on the others."""
    made, _ = read(*rows)
    return counting(made, sheet_of(ADJUSTMENTS, [BLANK | row for row in rows]), **how)


# ---- rows


def test_row_is_read() -> None:
    """KPI by key or name, period and segment as on Targets, with day and note."""
    rows = (
        NPS | {"on": date(2026, 8, 3), "note": "see mail"},
        {"kpi": "客户留存率", "period": "2026年6月", "segment": "华东", "value": 0.7, "reason": "r", "by": "b"},
    )
    made, found = read(*rows)
    assert found == []
    assert made == [
        Adjustment(
            "nps", period("2026-07"), "all", "All", 45, "twice imported", "Wang Fang", date(2026, 8, 3), "see mail", 2
        ),
        Adjustment("retention_rate", period("2026-06"), "region", "华东", 0.7, "r", "b", row=3),
    ]


@pytest.mark.parametrize("name", ["reason", "by", "value", "period"])
def test_incomplete_row_is_one_finding(name: str) -> None:
    """A row that lacks something does not count and is one finding, at the cell that is missing."""
    row = NPS | {name: None}
    made, found = read(row)
    assert [(each.code, each.cell[:-1]) for each in found] == [
        ("W396", "ABCDEFGHI"[list(sheet_of(ADJUSTMENTS, [row]).sent).index(name)])
    ]
    assert counted(row) == ([], [])
    assert all(not each.complete for each in made)


def test_blanks_and_unknown_names_are_told_together() -> None:
    """A row with an unknown KPI and without reason is told once, for what it lacks; complete, for the name."""
    bare, whole = read(NPS | {"kpi": "npss", "reason": " "})[1], read(NPS | {"kpi": "npss"})[1]
    assert [each.code for each in bare] == ["W396"]
    assert [each.code for each in whole] == ["E301"]
    assert "nps" in whole[0].expected


def test_unreadable_value_is_not_told_again() -> None:
    """Where the cell of the value is a finding already, that there is no value is not told as well."""
    row = NPS | {"value": None}
    assert [each.code for each in read(row)[1]] == ["W396"]
    assert read(row, faulty=("C2",))[1] == []
    assert [each.code for each in read(row | {"by": None}, faulty=("C2",))[1]] == ["W396"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"kpi": "复购率"}, "E306"),
        ({"period": "soon"}, "E302"),
        ({"segment": "火星"}, "E301"),
        ({"value": 450.0}, "E303"),
        ({"kpi": "retention_rate"}, "E303"),
    ],
)
def test_row_that_cannot_be_used(row: dict[str, Any], code: str) -> None:
    """An ambiguous KPI, an unreadable period, an unknown segment, a value out of range: the findings of Targets."""
    made, found = read(NPS | {"segment": None} | row)
    assert (made, [each.code for each in found]) == ([], [code])


def test_contradicting_rows_do_not_count() -> None:
    """Of two values for one figure neither counts; the same value twice counts once; another period is another figure."""
    made, found = counted(NPS, NPS | {"value": 47.0}, NPS | {"period": "2026-06"}, NPS | {"period": "2026-06"})
    assert [(each.period.label, each.row) for each in made] == [("2026-06", 4)]
    assert [(each.code, each.cell) for each in found] == [("E397", "C3")]
    assert "C2 = 45" in findings.sentence(found[0], "en")


def test_adjustment_of_a_closed_period() -> None:
    """It does not count until the period is reopened; one that the closed figure holds already is nothing to tell."""
    made, found = counted(NPS, NPS | {"period": "2026-06"}, closed=frozenset({"2026-07"}))
    assert [each.period.label for each in made] == ["2026-06"]
    assert [(each.code, each.cell, each.expected) for each in found] == [("W398", "C2", "2026-07")]
    held = {"nps|2026-07|All": 45.0}
    assert counted(NPS, closed=frozenset({"2026-07"}), as_closed=held) == ([], [])
    late = counted(NPS | {"value": 46.0}, closed=frozenset({"2026-07"}), as_closed=held)
    assert [each.code for each in late[1]] == ["W398"]


def test_adjustment_without_effect_is_told() -> None:
    """What equals the computed value, or has no line, is a notice for the period that is shown; others are silent."""
    made, _ = counted(NPS, NPS | {"kpi": "csat"}, NPS | {"period": "2026-06"})
    made = [replace(each, computed=45.0) for each in made]
    found = without_effect(made, None, {("nps", "all", "All")}, period("2026-07"))
    assert [(each.code, dict(each.detail)["why"]) for each in found] == [("W399", "same"), ("W399", "no line")]
    assert without_effect([replace(made[0], computed=44.0)], None, {("nps", "all", "All")}, period("2026-07")) == []


# ---- what follows from one


NOW = period("2026-03")
LINE = Line(
    KPIS["retention_rate"],
    Result(
        "retention_rate", NOW, window=Window.ROLLING_12M, value=0.6, numerator=6, denominator=10, n=10,
        interval=Interval(0.5, 0.7), flags=(Flag.LOW_BASE, Flag.IMPUTED), imputed_share=0.5,
    ),
    target=Target("retention_rate", NOW, 0.65),
    ytd=Result("retention_rate", NOW, value=0.61),
    previous=Result("retention_rate", period("2026-02"), value=0.62),
    year_ago=Result("retention_rate", period("2025-03"), value=0.55),
    weight=1.0,
    window=Window.ROLLING_12M,
    history=(0.55, *[0.5] * 9, 0.64, 0.62, 0.6),
)  # fmt: skip
SITUATION: Any = SimpleNamespace(calendar=CALENDAR, settings=Settings(), as_of=date(2026, 4, 1))
NO_WAVES = pd.DataFrame({"wave": [], "month": [], "newest": [], "name": []})


def by(value: float, label: str = "2026-03", kpi: str = "retention_rate") -> Adjustment:
    """An adjustment that counts."""
    return Adjustment(kpi, period(label), value=value, reason="r", by="b")


def put(line: Line, *adjustments: Adjustment, waves: pd.DataFrame = NO_WAVES) -> Line:
    """The line with adjustments put in."""
    (made,) = adjusted([line], adjustments, NOW, SITUATION, waves)
    return made


def test_adjusted_actual_is_judged() -> None:
    """Variance, attainment, status and trend are those of the adjusted value, which has no base and no interval; it is judged though the base is low."""
    before = judged(LINE, SITUATION.settings)
    assert (before.status, before.straddles) == (Status.GREY, True)
    made = put(LINE, by(0.66))
    assert made.result == Result("retention_rate", NOW, window=Window.ROLLING_12M, value=0.66, flags=(Flag.ADJUSTED,))
    assert (made.status, made.trend, made.straddles) == (Status.GREEN, Trend.BETTER, False)
    assert made.variance == pytest.approx(0.01)
    assert made.attainment == pytest.approx(0.66 / 0.65)
    assert made.history[-1] == 0.66
    assert made.adjusted(NOW) == replace(by(0.66), computed=0.6)
    assert (made.ytd, made.previous, made.year_ago) == (
        LINE.ytd,
        LINE.previous,
        LINE.year_ago,
    )  # a rate's year is unknown
    assert loyalty_score([made], SITUATION.settings).adjusted == 1
    assert loyalty_score([before], SITUATION.settings).adjusted == 0


def test_value_where_none_was_computed() -> None:
    """An adjustment gives a withheld line its value, and keeps why there was none."""
    made = put(replace(LINE, result=Result("retention_rate", NOW, reason=Reason.BLOCKED)), by(0.66))
    assert (made.result.value, made.result.reason, made.status) == (0.66, None, Status.GREEN)
    (each,) = made.adjustments
    assert (each.computed, each.withheld) == (None, Reason.BLOCKED)


def test_adjustment_of_another_period() -> None:
    """It is shown as previous, as last year and in the course; the actual stays as computed and is compared with it."""
    made = put(LINE, by(0.5, "2026-02"), by(0.7, "2025-03"), by(0.3, "2025-12"), by(0.2, "2019-01"))
    assert made.result == LINE.result
    assert made.previous is not None
    assert made.year_ago is not None
    assert (made.previous.value, made.previous.flags) == (0.5, (Flag.ADJUSTED,))
    assert made.year_ago.value == 0.7
    assert made.trend is Trend.BETTER
    assert made.history == (0.7, *[0.5] * 8, 0.3, 0.64, 0.5, 0.6)
    assert put(replace(LINE, previous=None), by(0.5, "2026-02")).previous == Result(
        "retention_rate", period("2026-02"), window=Window.ROLLING_12M, value=0.5, flags=(Flag.ADJUSTED,)
    )


def test_target_counted_from_last_year_follows() -> None:
    """A target relative to last year is counted from the adjusted value of last year."""
    target = Target("retention_rate", NOW, 0.1, target_type="relative_change")
    assert put(replace(LINE, target=target), by(0.5, "2025-03")).aim.value == pytest.approx(0.55)


def test_year_to_date() -> None:
    """Sums carry the differences of all periods of the year; the first period and a stock show the value itself."""
    total = dataclasses.replace(KPIS["retention_rate"], unit=Unit.MONEY)
    money = replace(
        LINE, kpi=total, window=Window.CYCLE, ytd=Result("retention_rate", NOW, value=300.0, n=3), target=None,
        result=Result("retention_rate", NOW, value=100.0), history=(0.0, *[100.0] * 12),
    )  # fmt: skip
    made = put(money, by(110), by(95, "2026-01"), by(1, "2025-12"), by(7, "2026-Q1"))
    assert made.ytd == Result("retention_rate", NOW, value=305.0, n=None, flags=(Flag.ADJUSTED,))
    assert put(money, by(1, "2025-12")).ytd == money.ytd
    stock = replace(money, kpi=dataclasses.replace(total, stock=True), ytd=Result("retention_rate", NOW, value=100.0))
    assert (found := put(stock, by(110)).ytd) is not None
    assert found.value == 110
    january = period("2026-01")
    first = replace(LINE, window=Window.CYCLE, result=Result("retention_rate", january, value=0.6))
    (alone,) = adjusted([first], [by(0.7, "2026-01")], january, SITUATION, NO_WAVES)
    assert alone.ytd is not None
    assert alone.ytd.value == 0.7


def test_survey_is_compared_with_the_wave_before() -> None:
    """Previous of a survey is the wave before: an adjustment of the newest period that showed it counts there."""
    day = [(date(2026, month, 9) - date(1970, 1, 1)).days for month in (1, 3)]
    waves = pd.DataFrame({"wave": [0, 1], "month": [2026 * 12, 2026 * 12 + 2], "newest": day, "name": ["a", "b"]})
    survey = replace(
        LINE, window=Window.LATEST_WAVE, previous=Result("retention_rate", NOW, value=0.62, note="a · 2026-01-09")
    )
    made = put(survey, by(0.4, "2026-01"), by(0.5, "2026-02"), by(0.9, "2025-11"), waves=waves)
    assert made.previous is not None
    assert made.previous.value == 0.5
    assert put(survey, by(0.9, "2025-11"), waves=waves).previous == survey.previous


def test_other_lines_and_plans() -> None:
    """Lines without adjustment are the very same; what plans look at is adjusted too; computed values stand beside."""
    other = replace(LINE, result=replace(LINE.result, segment_dim="region", segment="华东"))
    made = adjusted([other, LINE], [by(0.66)], NOW, SITUATION, NO_WAVES)
    assert made[0] is other
    place = (("retention_rate", "all", "All"), NOW)
    results = {place: LINE.result, (("retention_rate", "region", "华东"), NOW): other.result}
    found = adjusted_results(results, [by(0.66)])
    assert [each.value for each in found.values()] == [0.66, 0.6]
    beside = with_computed(
        [by(0.66), by(90, "2026-02", "customer_base"), by(0.9, "2020-01")],
        made,
        [
            Result("customer_base", period("2026-02"), value=88.0),
            Result("retention_rate", period("2020-01"), value=0.1),
        ],
    )
    assert [each.computed for each in beside] == [0.6, 88.0, None]  # Detail's month is not the Scorecard's 12 months


# ---- the mark behind the number


@pytest.mark.parametrize(
    ("code", "marked"),
    [
        ("General", 'General"†"'),
        ("0.0%", '0.0%"†"'),
        ("#,##0.00;[Red](#,##0.00);-;@", '#,##0.00"†";[Red](#,##0.00)"†";-"†";@'),
        ('0" 元;"', '0" 元;""†"'),
        ("0.0\\%", '0.0\\%"†"'),
        ("0;;", '0"†";;'),
    ],
)
def test_ending_of_a_number_format(code: str, marked: str) -> None:
    """A mark ends every section for numbers, once, and goes without a trace."""
    assert Ending("†").applied(code) == marked
    assert Ending("†").applied(marked) == marked
    assert Ending("†", on=False).applied(marked) == code
    assert Ending("†", on=False).applied(code) == code


@pytest.mark.parametrize("written", ["0.0%\\†", "0.0%†", '0.0%"†"'])
def test_ending_as_other_programs_write_it(written: str) -> None:
    """The mark is found however another program wrote it."""
    assert Ending("†", on=False).applied(written) == "0.0%"


def test_ending_keeps_how_a_cell_looks(tmp_path: Path) -> None:
    """A cell gets and loses its mark, keeps font, fill, border and alignment, and its first format comes back."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"] = 0.5
    sheet["B2"].font, sheet["B2"].fill = Font(bold=True, color="FF0000"), PatternFill("solid", fgColor="FFEECC")
    sheet["B2"].border, sheet["B2"].number_format = Border(left=Side("thick")), "$#,##0_);($#,##0)"
    sheet["C2"] = 0.5
    book.save(tmp_path / "a.xlsx")

    def ended(source: str, made: str, *, on: bool) -> None:
        patch = Patch(tmp_path / source)
        for column in (2, 3, 4):
            patch.put("Sheet", 2, column, 0.5 if column < 4 else None, Ending("†", on=on))
        patch.save(tmp_path / made)

    ended("a.xlsx", "on.xlsx", on=True)
    ended("on.xlsx", "off.xlsx", on=False)
    was, now, back = (openpyxl.load_workbook(tmp_path / name).active for name in ("a.xlsx", "on.xlsx", "off.xlsx"))
    assert [now[at].number_format for at in ("B2", "C2")] == ['$#,##0_)"†";($#,##0)"†"', 'General"†"']
    assert now["B2"].value == 0.5
    for at in ("B2", "C2"):
        for name in ("font", "fill", "border", "alignment", "protection"):
            assert repr(getattr(now[at], name)) == repr(getattr(was[at], name)) == repr(getattr(back[at], name))
        assert back[at]._style == was[at]._style  # the very format it had
    assert reading.read(tmp_path / "on.xlsx", ["Sheet"])["Sheet"].columns[2].kind.tolist() == [Kind.NUMBER]
    patch = Patch(tmp_path / "off.xlsx")
    patch.put("Sheet", 2, 2, 0.5, Ending("†", on=False))
    assert not patch.changed


def test_ending_in_an_open_workbook(tmp_path: Path) -> None:
    """In an open workbook only the number format of cells that change is set."""
    book = openpyxl.Workbook()
    book.active["B2"], book.active["C2"] = 0.5, 0.6
    book.save(tmp_path / "a.xlsx")
    patch = Patch(tmp_path / "a.xlsx")
    patch.put("Sheet", 2, 2, 0.7, Ending("†"))
    patch.put("Sheet", 2, 3, 0.6, Ending("†", on=False))
    (look,) = live_plan.plan(patch, tmp_path, {}).looks
    assert (look.row, look.column, look.last_row, look.last_column) == (2, 2, 2, 2)
    assert look.style == live_plan.Style(number_format='General"†"')


# ---- a workbook


def snapshot(book: Path) -> dict[str, Any]:
    """Values and number formats of every cell outside the run log and Adjustments, the fingerprint's line and the clock aside."""
    held = opened(book)
    return {
        f"{sheet.title}!{cell.coordinate}": (cell.value, cell.number_format)
        for sheet in held
        if sheet.title not in ("Run log", "Adjustments")
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def again(book: Path, **more: Any) -> Refresh:
    """Refresh as the same person on the same day."""
    return refresh(book, **{"today": TODAY, "by": "tester", **more})


def rows_put(book: Path, *rows: dict[str, Any], sheet: str = "Adjustments") -> None:
    """Type rows into Adjustments, from row 2 on; None clears."""
    patch = Patch(book)
    for at, row in enumerate(rows, start=2):
        for name, value in row.items():
            patch.put(sheet, at, COLUMN[name], value)
    replace_file(book, patch.save, patch.verify, backups=None)


def typed(book: Path, **values: Any) -> dict[str, str]:
    """Type over actuals; gives the addresses."""
    shown = card(book)
    patch = Patch(book)
    for key, value in values.items():
        cell = shown.cell(key, "actual")
        patch.put("Scorecard", cell.row, cell.column, value)
    replace_file(book, patch.save, patch.verify, backups=None)
    return {key: str(shown.cell(key, "actual").coordinate) for key in values}


def state(book: Path, sheet: str) -> str:
    """Whether a sheet is shown."""
    return str(opened(book)[sheet].sheet_state)


@pytest.fixture(scope="module", autouse=True)
def without_libreoffice() -> Iterator[None]:
    """Formulas of the user's are not recalculated here: that has tests of its own; and no minute ends between two runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1790000000")
        patch.setenv("LOYALTY_XL_NO_RECALC", "1")
        yield


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The orders of the small company, by quarters, refreshed: its workbook, not to be changed."""
    folder = tmp_path_factory.mktemp("adjustments")
    set_in_book(small_book(folder, "Orders"), "cycle_type", "quarter")
    again(folder / "book.xlsx")
    return folder / "book.xlsx"


def copied(book: Path, folder: Path) -> Path:
    """A copy of a company: the path of its workbook."""
    shutil.copytree(book.parent, folder / "company", ignore=shutil.ignore_patterns(".loyalty_backups"))
    return folder / "company" / "book.xlsx"


REASON = "=1+1 two deliveries counted"
ROW = {"kpi": "average_spend", "period": "2026-Q1", "value": 4321.5, "reason": REASON, "by": "王芳"}


@pytest.fixture(scope="module")
def in_force(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Refresh]:
    """The same with one adjustment, refreshed."""
    book = copied(base, tmp_path_factory.mktemp("in_force"))
    rows_put(book, ROW)
    return book, again(book)


def test_adjusted_number_is_shown_with_a_dagger(in_force: tuple[Path, Refresh], base: Path) -> None:
    """The actual is the adjusted number under a format with †; who, why and the computed value stand beside it."""
    book, made = in_force
    cell, before = card(book).cell("average_spend", "actual"), card(base).cell("average_spend", "actual")
    assert (cell.value, cell.number_format) == (4321.5, f'{before.number_format}"†"')
    assert (repr(cell.font), repr(cell.alignment)) == (repr(before.font), repr(before.alignment))
    told = card(book).cell("average_spend", "base").value
    assert told == f"† adjusted by 王芳: {REASON} (computed {before.value:,.2f})"
    assert card(book).cell("average_spend", "flags").value == "† adjusted"
    assert card(book).cell("average_spend", "n").value is None
    assert [each.kpi.key for each in made.lines if each.adjustments] == ["average_spend"]
    assert {each.code for each in made.findings}.isdisjoint({"W396", "E397", "W398", "W399"})


def test_detail_keeps_the_computed_value(in_force: tuple[Path, Refresh], base: Path) -> None:
    """On Detail only the note of the one row differs: no value there is the adjusted one."""
    book, _ = in_force
    before, after = by_calamine(base, "Detail"), by_calamine(book, "Detail")
    differ = [(was, now) for was, now in zip(before, after, strict=True) if was != now]
    ((was, now),) = differ
    assert now[:20] == [*was, *[""] * 20][:20]
    assert now[20] == "† adjusted on the Scorecard to 4,321.50"
    assert 4321.5 not in [cell for row in after for cell in row]


def test_adjustment_is_told_everywhere(in_force: tuple[Path, Refresh], base: Path) -> None:
    """Notes, run log and JSON hold it; the fingerprint is another one."""
    book, made = in_force
    (note,) = [row for row in by_calamine(book, "Notes") if row[:1] == ["Adjustment"]]
    assert note[1] == "average_spend 2026-Q1"
    assert note[2].startswith("† 4,321.50 · computed ")
    assert note[2].endswith(f"王芳: {REASON}")
    log = [row for row in by_calamine(book, "Run log") if str(row[0]).startswith("adjustment")]
    assert sorted(row[:2] for row in log) == [
        ["adjustment", "average_spend|2026-Q1|All"],
        ["adjustment changed", "average_spend|2026-Q1|All"],
    ]
    told = document(made)
    (each,) = told["adjustments"]
    assert {name: each[name] for name in ("kpi", "adjusted", "reason", "by")} == {
        "kpi": "average_spend", "adjusted": 4321.5, "reason": REASON, "by": "王芳"
    }  # fmt: skip
    line = next(line for line in told["scorecard"] if line["kpi"] == "average_spend")
    assert (line["actual"], line["computed"]) == (4321.5, each["computed"])
    assert results_hash(made) != results_hash(replace_adjustments(made, by="other"))
    assert "adjusted" in line["flags"]


def replace_adjustments(made: Refresh, **changes: Any) -> Refresh:
    """The run with its adjustments changed."""
    return dataclasses.replace(made, adjustments=[replace(each, **changes) for each in made.adjustments])


def test_reason_stays_text(in_force: tuple[Path, Refresh]) -> None:
    """A reason that looks like a formula is one nowhere: the pages hold no formula that the template did not."""
    book, _ = in_force
    with zipfile.ZipFile(book) as held:
        formulas = [
            text
            for name in held.namelist()
            if name.startswith("xl/worksheets/sheet")
            for text in re.findall(r"<f[^>]*>([^<]*)</f>", held.read(name).decode())
        ]
    assert all("1+1" not in text for text in formulas)


def test_nothing_changed_is_up_to_date(in_force: tuple[Path, Refresh]) -> None:
    """With the adjustment in force a further refresh has nothing to write."""
    book, _ = in_force
    before = book.read_bytes()
    assert again(book).up_to_date
    assert book.read_bytes() == before


def test_without_the_row_all_is_as_before(in_force: tuple[Path, Refresh], base: Path, tmp_path: Path) -> None:
    """Row and effect go together: without it every value and number format of the workbook is what it was."""
    book = copied(in_force[0], tmp_path)
    assert snapshot(book) != snapshot(base)
    rows_put(book, dict.fromkeys(ROW))
    again(book)
    assert snapshot(book) == snapshot(base)


# ---- typed over


@pytest.fixture(scope="module")
def proposed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Refresh, dict[str, str]]:
    """Actuals typed over with a number, a share as text, words and a formula; refreshed."""
    book = copied(base, tmp_path_factory.mktemp("typed"))
    assert state(book, "Adjustments") == "hidden"
    cells = typed(book, average_spend=99, repeat_purchase_rate="45%", customer_base="n/a")
    shown = card(book)
    part = f"xl/worksheets/sheet{shown.held.sheetnames.index('Scorecard') + 1}.xml"
    with_formula(book, part, shown.cell("purchase_frequency", "actual").coordinate)  # stays, and proposes nothing
    return book, again(book), cells


def proposals(book: Path, sheet: str = "Adjustments") -> list[list[Any]]:
    """Rows of Adjustments."""
    return [[*row, *[""] * 9][:9] for row in by_calamine(book, sheet)[1:]]


def test_typed_number_is_proposed(proposed: tuple[Path, Refresh, dict[str, str]]) -> None:
    """Numbers typed over actuals stand on Adjustments without reason and name, text that is none does not; the page comes to light."""
    book, made, cells = proposed
    assert proposals(book) == [
        ["repeat_purchase_rate", "2026-Q1", "all", "All", 0.45, "", "", "", f"typed into Scorecard!{cells['repeat_purchase_rate']}"],
        ["average_spend", "2026-Q1", "all", "All", 99.0, "", "", "", f"typed into Scorecard!{cells['average_spend']}"],
    ]  # fmt: skip
    assert state(book, "Adjustments") == "visible"
    told = {each.cell: findings.advice(each, "en") for each in made.findings if each.code == "W260"}
    assert set(told) == set(cells.values())
    assert "Adjustments!E3" in told[cells["average_spend"]]
    assert "Adjustments" not in told[cells["customer_base"]]
    assert card(book).cell("average_spend", "actual").value != 99
    assert made.adjustments == []


def test_proposal_waits_and_comes_to_rest(proposed: tuple[Path, Refresh, dict[str, str]], tmp_path: Path) -> None:
    """The next refresh tells that the rows wait, once each; the one after that has nothing to do; typed again it is no second row."""
    book = copied(proposed[0], tmp_path)
    patch, cell = Patch(book), card(book).cell("purchase_frequency", "actual")
    patch.put("Scorecard", cell.row, cell.column, None, over_formula=True)  # with a formula in its way it never rests
    replace_file(book, patch.save, patch.verify, backups=None)
    second = again(book)
    told = [(each.code, each.cell) for each in second.findings if each.code in ("W260", "W396")]
    assert told == [("W396", "F2"), ("W396", "F3")]
    assert again(book).up_to_date
    typed(book, average_spend=99)
    third = again(book)
    assert sorted(each.code for each in third.findings if each.code in ("W260", "W396")) == ["W260", "W396"]
    assert [each.cell for each in third.findings if each.code == "W396"] == ["F2"]
    assert len(proposals(book)) == 2


def test_completed_proposal_counts(proposed: tuple[Path, Refresh, dict[str, str]], tmp_path: Path) -> None:
    """With reason and name the typed number stands on the Scorecard, with †."""
    book = copied(proposed[0], tmp_path)
    rows_put(
        book, dict.fromkeys(("kpi", "period", "segment_dim", "segment", "value", "note")), {"reason": "r", "by": "b"}
    )
    made = again(book)
    cell = card(book).cell("average_spend", "actual")
    assert (cell.value, cell.number_format) == (99, '#,##0.00"†"')
    assert [each.kpi for each in made.adjustments] == ["average_spend"]
    assert "W396" not in {each.code for each in made.findings}


def test_typed_for_the_period_that_stood_there(base: Path, tmp_path: Path) -> None:
    """A number belongs to the period that was shown when it was typed, in units of currency; an older workbook gets the page."""
    book = copied(base, tmp_path)
    again(book, settings={"money_unit": "万元"})
    held = opened(book)
    del held["Adjustments"]
    held.save(book)
    typed(book, average_spend=0.5)
    made = again(book, period="2025-Q4")
    assert [row[:5] for row in proposals(book)] == [["average_spend", "2026-Q1", "all", "All", 5000.0]]
    assert by_calamine(book, "Adjustments")[0][:2] == by_calamine(base, "Adjustments")[0][:2]
    assert made.period is not None
    assert made.period.label == "2025-Q4"
