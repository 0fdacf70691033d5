"""Closed periods: what was closed stands, what would differ is named with its cause, and nothing is changed without a reason."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loyalty_xl import library, refresh
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.places import CLOSED, DETAIL, SCORECARD, Page
from loyalty_xl.books.reading import read
from loyalty_xl.closed_lines import facts_of, kept_result, key_of, period_of
from loyalty_xl.closing_rows import read_closings, rows_of, sealed
from loyalty_xl.closing_snapshot import FileRows, changes, news
from loyalty_xl.closings import Act, Closings, carried
from loyalty_xl.contracts.control import SETTINGS as SETTINGS_SHEET
from loyalty_xl.contracts.control import TARGETS
from loyalty_xl.contracts.control_month_end import PERIODS
from loyalty_xl.errors import UsageError
from loyalty_xl.month_end import close, reopen
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import Refresh
from loyalty_xl.publish.layout import held
from loyalty_xl.settings import SETTINGS
from loyalty_xl.vocabulary import Cycle, Flag, Interval, Period, Reason, Result, Window
from tests.conftest import TODAY, small_book
from tests.contracts.raw import raw_sheet

SHUT = "2025-12"


@pytest.fixture(scope="module")
def closed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sheets of the small company with a target, December 2025 closed; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("closed")
    book = small_book(folder, "Orders", "Customers", "SurveyResponses", "Complaints")
    target(book, 40, "nps", 50.0)
    close(book, SHUT, by="王芳", today=TODAY)
    return folder


@pytest.fixture
def book(closed_once: Path, tmp_path: Path) -> Path:
    """A copy of one's own."""
    shutil.copytree(closed_once, tmp_path / "own")
    return tmp_path / "own" / "book.xlsx"


def put(book: Path, cells: dict[tuple[str, int, int], Any]) -> None:
    """Type values into cells: sheet, row, column."""
    patch = Patch(book)
    for (sheet, row, column), value in cells.items():
        patch.put(sheet, row, column, value)
    new = book.with_suffix(".new.xlsx")
    patch.save(new)
    new.replace(book)


def target(book: Path, row: int, kpi: str, value: float, period: str = SHUT) -> None:
    """Enter a target."""
    at = {name: number for number, name in enumerate(TARGETS.names, 1)}
    put(
        book,
        {
            ("Targets", row, at["kpi"]): kpi,
            ("Targets", row, at["period"]): period,
            ("Targets", row, at["target"]): value,
        },
    )


def setting(book: Path, key: str, value: Any) -> None:
    """Change a setting."""
    put(book, {("Settings", list(SETTINGS).index(key) + 2, SETTINGS_SHEET.names.index("value") + 1): value})


def edit(book: Path, sheet: str, change: Any) -> None:
    """Change the lines of a department's file."""
    file = book.parent / "files" / f"{sheet}.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")


def dearer(lines: list[str]) -> list[str]:
    """The order of 24 December costs 80 more."""
    return [line.replace(",1000,1000,0,", ",1080,1080,0,") if "2025-12-24" in line else line for line in lines]


def figures(made: Refresh, period: str = SHUT) -> dict[Any, Any]:
    """Every figure of a period: Detail's, and the Scorecard's lines where it is the one shown."""
    found: dict[Any, Any] = {
        each.id: (each.value, each.reason, each.n, each.low, each.high)
        for each in made.results
        if each.period.label == period
    }
    if made.period is not None and made.period.label == period:
        found |= {
            ("line", *key_of(line.result)): (line.result.value, line.result.reason, facts_of(line))
            for line in made.lines
        }
    return found


def again(book: Path, period: str | None = SHUT, **more: Any) -> Refresh:
    """Refresh."""
    return refresh(book, period=period, today=TODAY, by="test", **more)


def test_closed_figures_stand(book: Path) -> None:
    """A changed order, a new order, a setting and a target change nothing of the closed month; each is named as the cause."""
    before = figures(again(book, dry_run=True))
    assert len(before) > 100
    edit(book, "Orders", dearer)
    edit(book, "Orders", lambda lines: [*lines, "O99,1,C02,2025-12-05,VASE,1,300,300,0,CNY,sale,,NORTH"])
    setting(book, "nps_promoter_min", 8)
    target(book, 40, "nps", 30.0)
    made = again(book)
    assert figures(made) == before
    told = {(each.what, each.key): each for each in made.restatements}
    spend = told["actual", ("average_spend", "all", "All")]
    assert [cause.kind for cause in spend.causes] == ["rows"]
    assert "Orders.csv" in spend.causes[0].text("en")
    assert "1 row added, 1 row changed" in spend.causes[0].text("en")
    assert "+380.00" in spend.causes[0].text("en")
    nps = told.get(("actual", ("nps", "all", "All")))
    aim = told["target", ("nps", "all", "All")]
    assert (aim.closed, aim.now) == (50.0, 30.0)
    assert nps is None or any(cause.kind == "setting" and "nps_promoter_min: 9 → 8" in cause.en for cause in nps.causes)
    (finding,) = (each for each in made.findings if each.code == "W393")
    assert finding.count == len([each for each in made.restatements if each.shown == "closed"])
    page = read(book, ["Restatements"])["Restatements"]
    assert held(page, 2, 1) == SHUT


def test_later_periods_compare_with_what_was_closed(book: Path) -> None:
    """Of the next month, previous, last year, trend and year to date rest on the closed figures, not on today's."""
    before = {line.kpi.key: line for line in again(book, "2026-01", dry_run=True).lines}
    edit(book, "Orders", dearer)
    after = {line.kpi.key: line for line in again(book, "2026-01", dry_run=True).lines}
    for key, line in after.items():
        assert line.history[-2] == before[key].history[-2], key
        assert (line.previous and line.previous.value) == (before[key].previous and before[key].previous.value), key
    assert (
        after["average_spend"].result.value != before["average_spend"].result.value
    )  # 12 months to January hold December
    december = {line.kpi.key: line for line in again(book, "2026-12", as_of=None, dry_run=True).lines}
    assert december["new_customers_per_month"].year_ago == before["new_customers_per_month"].previous


def test_year_to_date_keeps_its_closed_part(book: Path) -> None:
    """Closing a month that is not the last of its year: the running total is what was closed and what has come since."""
    close(book, "2025-11", by="王芳", today=TODAY)
    reopen(book, SHUT, reason="test", by="王芳", today=TODAY)
    lines = {line.kpi.key: line for line in again(book, SHUT, dry_run=True).lines}
    edit(book, "Orders", lambda lines: [line for line in lines if "2025-11-11" not in line])
    after = {line.kpi.key: line for line in again(book, SHUT, dry_run=True).lines}
    values = [each["average_spend"].ytd.value for each in (lines, after) if each["average_spend"].ytd is not None]
    assert len(values) == 2
    assert values[0] == pytest.approx(values[1])


def test_tampering_is_found_and_nothing_shown(book: Path) -> None:
    """A figure changed on the page Closed breaks its seal: E390, and the period shows no figure at all."""
    page = read(book, [CLOSED.name])[CLOSED.name]
    row = next(
        int(row)
        for row in page.rows
        if held(page, int(row), 3) == "line" and isinstance(held(page, int(row), 8), float)
    )
    put(book, {(CLOSED.name, row, 8): 0.99})
    made = again(book)
    (found,) = (each for each in made.findings if each.code == "E390")
    assert (found.sheet, found.cell, found.found) == (CLOSED.name, "A2", SHUT)
    assert all(line.result.value is None and line.result.reason is Reason.BLOCKED for line in made.lines)
    assert {each.reason for each in made.results if each.period.label == SHUT} == {Reason.BLOCKED}
    assert "E390" in {each.code for each in again(book).findings}  # it is still found after it was written back


def test_cleared_page_is_found(book: Path) -> None:
    """The page Closed emptied: the period is held back (E391), not computed anew behind one's back."""
    patch = Patch(book)
    patch.replace(CLOSED.name, 2, [])
    patch.save(book.with_name("new.xlsx"))
    book.with_name("new.xlsx").replace(book)
    made = again(book, dry_run=True)
    assert [each.found for each in made.findings if each.code == "E391"] == [SHUT]
    assert all(line.result.value is None for line in made.lines)


def test_reopening_needs_a_reason_and_keeps_both_figures(book: Path) -> None:
    """Reopened, a period shows what the data say; what was closed stays on Restatements, with the reason."""
    edit(book, "Orders", dearer)
    for reason in ("", "  "):
        with pytest.raises(UsageError, match="reason"):
            reopen(book, SHUT, reason=reason, by="王芳", today=TODAY)
    made = reopen(book, SHUT, reason="发票更正", by="王芳", today=TODAY)
    (spend,) = (
        each for each in made.restatements if each.what == "actual" and each.key == ("average_spend", "all", "All")
    )
    line = next(line for line in made.lines if line.kpi.key == "average_spend")
    assert (spend.shown, spend.why, spend.now) == ("reopened", "发票更正", line.result.value)
    assert spend.closed != spend.now
    again_closed = close(book, SHUT, by="王芳", today=TODAY)
    (spend,) = (
        each
        for each in again_closed.restatements
        if each.what == "actual" and each.key == ("average_spend", "all", "All")
    )
    assert spend.shown == "closed again"
    page = read(book, ["Periods"])["Periods"]
    at = {name: number for number, name in enumerate(PERIODS.names, 1)}
    assert [held(page, 2, at[name]) for name in ("period", "state", "by")] == [SHUT, "closed", "王芳"]


def test_reopened_and_closed_is_what_a_fresh_book_gives(book: Path, tmp_path: Path) -> None:
    """Reopen and close after a change: every figure is that of a book in which nothing was ever closed before."""
    edit(book, "Orders", dearer)
    reopen(book, SHUT, reason="test", by="a", today=TODAY)
    close(book, SHUT, by="a", today=TODAY)
    fresh = tmp_path / "fresh.xlsx"
    make_book(fresh, "en", book.parent / "files")
    target(fresh, 40, "nps", 50.0)
    close(fresh, SHUT, by="a", today=TODAY)
    assert figures(again(book, dry_run=True)) == figures(again(fresh, dry_run=True))


@pytest.mark.parametrize("wrong", ["2026-04", "2026", SHUT])
def test_what_cannot_be_closed(book: Path, wrong: str) -> None:
    """A period that is not over, and one that is closed already, are refused; the file is as it was."""
    before = book.read_bytes()
    with pytest.raises(UsageError):
        close(book, wrong, by="a", today=TODAY)
    assert book.read_bytes() == before


@pytest.mark.parametrize("act", [close, partial(reopen, reason="late rows")])
def test_nothing_to_read_says_what_is_missing(tmp_path: Path, act: Callable[..., object]) -> None:
    """Where every source file is gone, closing and reopening name the first of them and the repair (E112), in both languages."""
    files = tmp_path / "files"
    files.mkdir()
    (files / "Orders.csv").write_text("order_id,customer_id,order_date,amount\nA1,C1,2025-01-03,10\n", encoding="utf-8")
    make_book(tmp_path / "book.xlsx", "en", files)
    (files / "Orders.csv").unlink()
    with pytest.raises(UsageError, match=r"holds no dated rows: .*Orders\.csv.*Sources") as refused:
        act(tmp_path / "book.xlsx", SHUT, by="a", today=TODAY)
    assert refused.value.code == "E112"
    assert "没有带日期的数据" in refused.value.zh
    assert "Orders.csv" in refused.value.zh


def test_nothing_in_it_says_so(tmp_path: Path) -> None:
    """A workbook without sources and without rows: no file is missing, there are just no dates."""
    make_book(tmp_path / "book.xlsx", "en")
    with pytest.raises(UsageError, match=r"holds no dated rows\.$") as refused:
        close(tmp_path / "book.xlsx", SHUT, by="a", today=TODAY)
    assert not refused.value.code


def test_approval_belongs_to_the_figures(book: Path) -> None:
    """An approval takes the word draft away; it survives a refresh and lapses when the figures are closed anew with others."""
    at = {name: number for number, name in enumerate(PERIODS.names, 1)}
    assert again(book, dry_run=True).closings.closed == {SHUT}
    put(book, {("Periods", 2, at["approved_by"]): "李总", ("Periods", 2, at["approved_on"]): "2026-01-08"})
    again(book)
    assert state_of(book) == "closed, approved by 李总"
    edit(book, "Orders", dearer)
    again(book)
    assert state_of(book) == "closed, approved by 李总"  # what was closed stands, and with it the approval
    made = reopen(book, SHUT, reason="test", by="a", today=TODAY)
    (found,) = (each for each in made.findings if each.code == "W392")
    assert (found.cell, found.found) == ("G2", "李总")
    assert state_of(book).startswith("DRAFT · reopened,")


def state_of(book: Path) -> str:
    """What the Scorecard says of the period."""
    page = read(book, [SCORECARD.name])[SCORECARD.name]
    row = next(int(row) for row in page.rows if held(page, int(row), 10) == "State")
    return str(held(page, row, 12))


def test_state_typed_by_hand_has_no_effect(book: Path) -> None:
    """The word closed typed beside a period closes nothing, the word open opens nothing: W394 at the cell."""
    put(book, {("Periods", 2, 2): "open", ("Periods", 3, 1): "2025-11", ("Periods", 3, 2): "closed"})
    made = again(book, dry_run=True)
    assert {each.cell for each in made.findings if each.code == "W394"} == {"B2", "B3"}
    assert made.closings.closed == {SHUT}


def test_second_refresh_writes_nothing(book: Path) -> None:
    """After a closing and one refresh there is nothing more to write, restatements or not."""
    edit(book, "Orders", dearer)
    again(book)
    before = book.read_bytes()
    assert again(book).up_to_date
    assert book.read_bytes() == before


def test_language_does_not_matter(book: Path) -> None:
    """Closed figures survive a switch of the workbook's language."""
    before = figures(again(book, dry_run=True))
    setting(book, "language", "zh")
    made = again(book)
    assert figures(made) == before
    assert made.closings.closed == {SHUT}
    assert figures(again(book, dry_run=True)) == before


@pytest.mark.filterwarnings("ignore:.*will be removed")  # openpyxl says what it loses when saving
def test_older_book_gets_the_pages_hidden(book: Path) -> None:
    """A workbook from before there were closings gets the page Closed, hidden, and can be closed."""
    import openpyxl

    old = openpyxl.load_workbook(book)
    for name in (CLOSED.name, "Restatements", "Trace"):
        del old[name]
    del old["Periods"]
    old.save(book)
    close(book, SHUT, by="a", today=TODAY)
    sheets = {sheet.title: sheet.sheet_state for sheet in openpyxl.load_workbook(book, read_only=True).worksheets}
    assert (sheets[CLOSED.name], sheets["Periods"]) == ("hidden", "visible")
    page = read(book, ["Periods"])["Periods"]
    assert [held(page, 2, column) for column in (1, 2, 3)] == [SHUT, "closed", "a"]
    assert again(book, dry_run=True).closings.closed == {SHUT}


def test_what_was_maturing_is_completed(book: Path) -> None:
    """A figure that had to wait when its period was closed is completed as matured, and then stands too."""
    close(book, "2026-03", by="a", today=TODAY)
    waiting = [
        each
        for each in again(book, "2026-03", dry_run=True).results
        if each.period.label == "2026-03" and each.reason is Reason.MATURING
    ]
    assert waiting
    edit(book, "Orders", lambda lines: [*lines, "O98,1,C01,2026-05-02,VASE,1,300,300,0,CNY,sale,,NORTH"])
    made = again(book, "2026-03")
    now = {each.id: each for each in made.results}
    done = [now[each.id] for each in waiting if now[each.id].value is not None]
    assert done
    assert all(Flag.MATURED in each.flags for each in done)
    assert {
        each.shown for each in made.restatements if (each.key, each.what) in {(key_of(one), "detail") for one in done}
    } == {"matured"}
    edit(book, "Orders", lambda lines: [line for line in lines if "2026-03-3" not in line])
    later = {each.id: each for each in again(book, "2026-03", dry_run=True).results}
    assert [later[each.id].value for each in done] == [each.value for each in done]


numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))
MONTH = Period(Cycle.MONTH, 24300, 24301, "2025-01")


@given(numbers, numbers, numbers)
def test_totals_carry_their_closed_part(closed: float, before: float, more: float) -> None:
    """A running total is what was closed and what came since; where nothing changed it is as computed."""
    made = [
        Result("revenue", MONTH, value=value, numerator=value, n=value) for value in (before + more, before, closed)
    ]
    found = carried(*made, stock=False)
    assert found is not None
    assert found.value == pytest.approx(closed + more, abs=1e-6)
    assert carried(made[0], made[1], made[1], stock=False) is made[0]
    assert carried(*made, stock=True) is made[0]


marks = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=12)


def rows(pairs: list[tuple[int, int]], file: str = "a") -> FileRows:
    """Rows with marks."""
    import numpy as np

    packed = np.sort(np.array(pairs, "<u4").reshape(-1, 2).view("<u8").ravel())
    return FileRows(file, len(pairs), 0, str(sorted(pairs)), packed.tobytes())


@given(marks, marks)
def test_row_changes_add_up(then: list[tuple[int, int]], now: list[tuple[int, int]]) -> None:
    """Rows then + added - removed = rows now, and there is a change just where the rows are not the same."""
    found = changes({("Orders", 24305): (rows(then),)}, {("Orders", 24305): (rows(now),)})
    assert bool(found) == (sorted(then) != sorted(now))
    added, removed = (sum(getattr(each, name) for each in found) for name in ("added", "removed"))
    assert len(then) + added - removed == len(now)
    assert all(each.added + each.removed + each.changed > 0 for each in found)


def test_moving_to_another_file_is_no_change() -> None:
    """The same rows in a file of another name did not change; a snapshot that adds nothing is not kept again."""
    one, two = {("Orders", 24305): (rows([(1, 1), (2, 2)]),)}, {("Orders", 24305): (rows([(1, 1), (2, 2)], "b"),)}
    assert changes(one, two) == []
    assert news(one, one) == {}
    assert news({}, one) == {("Orders", 24305): ()}


def test_sums_tell_where_rows_are_not_marked() -> None:
    """Of months with too many rows to mark, the number of rows and the money tell."""
    then, now = replace(rows([(1, 1)]), marks=b"", money=100), replace(rows([(1, 1), (2, 2)]), marks=b"", money=300)
    (found,) = changes({("Orders", 24305): (then,)}, {("Orders", 24305): (now,)})
    assert (found.rows_before, found.rows_now, found.money_before, found.money_now) == (1, 2, 100, 300)
    assert "+1 row (1 → 2)" in found.text("en")


def test_detail_page_names_what_is_closed(book: Path) -> None:
    """On Detail a closed figure says so in its note."""
    again(book)
    page = read(book, [DETAIL.name])[DETAIL.name]
    at = {column.key: number for number, column in enumerate(DETAIL.columns, 1)}
    notes = {held(page, int(row), at["note"]) for row in page.rows if held(page, int(row), at["period"]) == SHUT}
    assert "closed" in notes
    assert Page("Closed", "已结账").titles == CLOSED.titles


def test_moved_calendar_keeps_periods() -> None:
    """A closed period is known by its months, not by how the calendar of today would read its label."""
    assert period_of("FY2026-Q1", {"cycle": "quarter", "first": 24303, "stop": 24306}) == Period(
        Cycle.QUARTER, 24303, 24306, "FY2026-Q1"
    )


names = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(str.strip).filter(bool)
figure = st.none() | st.floats(-1e12, 1e12, allow_nan=False)
keys = st.tuples(st.sampled_from(sorted(library.load())), st.sampled_from(["region", "tier"]), names)


@st.composite
def results(draw: st.DrawFn, period: Period = MONTH) -> list[Result]:
    """Results of one period for any KPIs and segments, with anything in them."""
    made = []
    for kpi, dim, segment in draw(st.lists(keys, unique=True, max_size=6)):
        value = draw(figure)
        low = draw(figure)
        made.append(
            Result(
                kpi,
                period,
                dim,
                segment,
                draw(st.sampled_from(Window)),
                value,
                None if value is not None else draw(st.sampled_from(Reason)),
                draw(figure),
                draw(figure),
                draw(figure),
                Interval(low, low + 1, draw(figure)) if low is not None else None,
                tuple(draw(st.lists(st.sampled_from(Flag), unique=True, max_size=3))),
                draw(figure),
                abs(draw(figure) or 0.0),
                draw(st.just("") | names),
            )
        )
    return made


def act_of(detail: list[Result]) -> Act:
    """A closing of these results."""
    shown = {key_of(each): kept_result(each) for each in detail}
    return sealed(Act(1, "closed", MONTH, {"by": "王芳"}, {"detail": shown, "ytd": shown}), "")


def on_page(closings: Closings) -> list[list[Any]]:
    """The page Closed as it stands in the workbook."""
    return [CLOSED.header("both"), *rows_of(closings)]


@settings(deadline=None, max_examples=60)
@given(results(), results())
def test_whatever_comes_later_closed_figures_stand(detail: list[Result], later: list[Result]) -> None:
    """Closed, written to the page, read back, and laid over any other results: the closed ones are shown, and no other."""
    closings = read_closings(raw_sheet(on_page(Closings((act_of(detail),))), name=CLOSED.name))
    assert [act.whole for act in closings.acts] == [True]
    shown = {key_of(each): replace(each, note="") for each in closings.results(later)}
    assert shown == {key_of(each): replace(kept_result(each), note="") for each in detail}


@settings(deadline=None, max_examples=60)
@given(results().filter(bool), st.data())
def test_any_edit_breaks_the_seal(detail: list[Result], data: st.DataObject) -> None:
    """Any cell of the page changed, any row deleted or two exchanged: the act is no longer whole."""
    page = on_page(Closings((act_of(detail),)))
    row = data.draw(st.integers(1, len(page) - 1))
    how = data.draw(st.sampled_from(["cell", "row", "order"]))
    if how == "cell":
        column = data.draw(st.integers(2, len(CLOSED.columns) - 1))
        page[row][column] = (
            f"{page[row][column]}x" if isinstance(page[row][column], str) else (page[row][column] or 0) + 1.5
        )
    elif how == "row":
        del page[max(row, 2)]
    else:
        assume(len(page) > 3)
        page[2], page[3] = page[3], page[2]
    assert [act.whole for act in read_closings(raw_sheet(page, name=CLOSED.name)).acts] != [True]


def test_renamed_regions_keep_their_closed_figures() -> None:
    """A region that has another name now shows its closed figures under that one; the page keeps what was sealed."""
    old = Result("nps", MONTH, "region", "华北", value=41.0, n=50.0)
    closings = replace(Closings((act_of([old]),)), names={"region": {"华北": "北方大区"}})
    (shown,) = closings.results([Result("nps", MONTH, "region", "北方大区", value=44.0, n=51.0)])
    assert (shown.segment, shown.value) == ("北方大区", 41.0)
    assert closings.standing[MONTH].shown(("nps", "region", "北方大区")) == replace(old, segment="北方大区")
    assert rows_of(closings) == rows_of(Closings(closings.acts))


@pytest.mark.libreoffice
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_closed_figures_survive_libreoffice(book: Path, tmp_path: Path) -> None:
    """After LibreOffice saved the workbook the seals still fit, and the period shows what was closed."""
    before = figures(again(book, dry_run=True))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        "soffice",
        "--headless",
        "--norestore",
        profile,
        "--convert-to",
        "xlsx",
        "--outdir",
        str(tmp_path / "out"),
    ]
    subprocess.run([*command, str(book)], check=True, timeout=120, capture_output=True)
    (tmp_path / "out" / "book.xlsx").replace(book)
    edit(book, "Orders", dearer)
    made = again(book, dry_run=True)
    assert [act.whole for act in made.closings.acts] == [True]
    assert figures(made) == before
