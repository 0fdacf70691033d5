"""What changed between two refreshes: each change is named with its cause, and nothing else; backups are listed and chosen."""

from __future__ import annotations

import calendar
import json
import os
import shutil
import time
import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl import refresh
from loyalty_xl.backups import chosen
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.places import DETAIL, SCORECARD
from loyalty_xl.books.saving import newest_backups, replace_file
from loyalty_xl.cli import main
from loyalty_xl.contracts import departments
from loyalty_xl.contracts.row_marks import digests
from loyalty_xl.diffing import Diff, diff, read_state
from loyalty_xl.errors import UsageError, WriteError
from loyalty_xl.pipeline import Refresh
from loyalty_xl.publish.banner import COPY, Banner
from loyalty_xl.publish.change_words import SECTIONS, log_entries, number_texts, page_name, report, section_of
from loyalty_xl.publish.comparing import FileChange, compare
from loyalty_xl.publish.contents import detail_rows
from loyalty_xl.publish.layout import read_layout
from loyalty_xl.publish.states import Rows, State, results_of_rows, state_of
from loyalty_xl.sample import small_company
from loyalty_xl.settings import SETTINGS, Settings
from tests.conftest import TODAY, small_book
from tests.contracts.made_sheets import sheet_of
from tests.contracts.raw import raw_sheet
from tests.made_results import computed

ORDERS = next(each for each in departments() if each.name == "Orders")
KEPT = ("Orders.csv", "Customers.csv", "SurveyResponses.csv", "Complaints.csv")
TARGET = {1: "nps", 5: "2025", 9: 40}  # columns kpi, period, target


def put(book: Path, sheet: str, cells: dict[tuple[int, int], Any]) -> None:
    """Type into a workbook, as a person would."""
    patch = Patch(book)
    for (row, column), value in cells.items():
        patch.put(sheet, row, column, value)
    replace_file(book, patch.save, patch.verify, backups=None)


def again(book: Path, **more: Any) -> Refresh:
    """Refresh on the same day."""
    return refresh(book, **{"period": "2025", "today": TODAY, "by": "Ann", **more})


def told(made: Refresh) -> list[tuple[str, str, str, str]]:
    """What the run log tells of changes."""
    return [entry for entry in made.run_log if entry[0] in SECTIONS]


@dataclass
class Story:
    """One workbook through four refreshes."""

    book: Path
    edited: Refresh  # an order, a setting and a target changed
    edited_log: list[Any]  # what the page then told
    edited_diff: Diff
    unchanged: Refresh
    same_bytes: bool
    moved: Refresh  # a file renamed, one added, one gone
    moved_diff: Diff


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The small company, refreshed after some changes, after none, and after changes of files."""
    folder = tmp_path_factory.mktemp("story")
    files, book = folder / "files", small_book(folder, *(Path(each).stem for each in sorted(KEPT)))
    put(book, "Settings", {(list(SETTINGS).index("cycle_type") + 2, 2): "year"})
    put(book, "Targets", {(2, column): value for column, value in TARGET.items()})
    again(book)
    orders = files / "Orders.csv"
    orders.write_text(orders.read_text(encoding="utf-8").replace("1900,100", "1980,20"), encoding="utf-8")
    put(book, "Settings", {(list(SETTINGS).index("nps_promoter_min") + 2, 2): 10})
    put(book, "Targets", {(2, 9): 30})
    edited = again(book)
    edited_log = openpyxl_rows(book, "Run log")
    edited_diff, before = diff(book), book.read_bytes()
    unchanged = again(book)
    same = book.read_bytes() == before
    sources = openpyxl_rows(book, "Sources")
    places = {row[0]: number for number, row in enumerate(sources, start=1)}
    orders.rename(files / "Orders_v2.csv")
    put(book, "Sources", {(places["Orders"], 2): "files/Orders_v2.csv", (places["Orders"], 3): None, (places["Complaints"], 2): None, (places["Complaints"], 10): "no"})  # fmt: skip
    (folder / "more").mkdir()
    small_company(folder / "more")
    shutil.copy(folder / "more" / "Campaigns.csv", files / "Campaigns.csv")
    put(book, "Sources", {(len(sources) + 1, 1): "Campaigns", (len(sources) + 1, 2): "files/Campaigns.csv"})
    moved = again(book)
    return Story(book, edited, edited_log, edited_diff, unchanged, same, moved, diff(book))


def openpyxl_rows(book: Path, sheet: str) -> list[list[Any]]:
    """A worksheet as openpyxl reads it, without the blank rows at its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        held = openpyxl.load_workbook(book, read_only=True)
        rows = [list(row) for row in held[sheet].iter_rows(values_only=True)]
        held.close()
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


# ---- after changes of cells


def test_order_setting_and_target_are_named(story: Story) -> None:
    """One changed order, setting and target: exactly these, the order by file and month, no file."""
    found = story.edited_diff.found
    (rows,) = found.changes.rows
    assert rows.text("en") == "Orders [Orders.csv] 2025-06: contents changed, rows as before (7), amount +80.00"
    assert [(each.name, each.before, each.now) for each in found.changes.settings] == [("nps_promoter_min", "9", "10")]
    assert [(each.name, each.before, each.now) for each in found.changes.targets] == [("nps|2025|all=All|", "40.0 absolute", "30.0 absolute")]  # fmt: skip
    assert (found.files, found.run, found.came, found.went, found.not_compared) == ((), (), {}, {}, ())


def test_every_changed_kpi_has_its_cause(story: Story) -> None:
    """KPIs of orders are laid to the order, NPS to the setting and, in its status, to the target; nobody else changed."""
    found = story.edited_diff.found
    kinds = {each.kpi: {cause.kind for cause in each.causes} for each in found.kpis}
    assert kinds["average_spend"] == {"rows"}
    assert kinds["nps"] == {"setting"}
    assert all(cause.certain for each in found.kpis for cause in each.causes)
    assert not {"csat", "complaint_rate", "customer_base"} & set(kinds)
    (line,) = [each for each in found.lines if each.result.kpi == "nps"]
    assert {cause.kind for cause in line.causes} == {"setting", "target"}
    average = next(each.largest for each in found.kpis if each.kpi == "average_spend")
    known = {each.id: each.value for each in story.edited.results}
    assert average.now == pytest.approx(known["average_spend|2025|All"])
    assert average.difference == pytest.approx(8)  # 80 more, ten customers


def test_the_run_log_tells_the_same(story: Story) -> None:
    """The page holds, under its first lines, what diff finds in the backup and the workbook."""
    page = [tuple(cell or "" for cell in row[:4]) for row in story.edited_log[1:]]
    told_there = [row for row in page if section_of(row[0]) in SECTIONS]
    assert told_there == log_entries(story.edited_diff.found, "en")
    assert told_there == [tuple(entry) for entry in told(story.edited)]
    assert page.index(told_there[0]) == 6


def test_no_change_writes_nothing_and_keeps_the_tale(story: Story) -> None:
    """A refresh after no change is up to date, leaves every byte, and still tells of the change before."""
    assert story.unchanged.up_to_date
    assert story.same_bytes
    assert told(story.unchanged) == told(story.edited)


# ---- after changes of files


def test_files_are_named(story: Story) -> None:
    """A renamed file, a new and a missing one are told as that; only the rows of the last two changed."""
    found = story.moved_diff.found
    assert set(found.files) == {
        FileChange("renamed", "Orders_v2.csv", ("Orders",), "Orders.csv"),
        FileChange("new", "Campaigns.csv", ("Campaigns",)),
        FileChange("missing", "Complaints.csv", ("Complaints",)),
    }
    assert {each.sheet for each in found.changes.rows} == {"Campaigns", "Complaints"}
    assert (found.changes.settings, found.changes.targets) == ((), ())
    complaints = next(each for each in found.kpis if each.kpi == "complaint_rate")
    assert {cast("Any", cause.what).sheet for cause in complaints.causes} == {"Complaints"}
    assert complaints.largest.reason_now == "no_data"
    assert "average_spend" not in {each.kpi for each in found.kpis}


def test_command_line(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    """`diff` says it in zh and en and as JSON, against any backup or workbook; differences are no failure."""
    assert main(["diff", str(story.book), "--lang", "zh"]) == 0
    assert "Orders_v2.csv: 改名 (Orders.csv →): 订单" in capsys.readouterr().out
    oldest = newest_backups(story.book)[-1]
    assert main(["diff", str(story.book), "--since", str(int(oldest.stem.split("-")[0])), "--lang", "en"]) == 0
    assert "was never refreshed" in capsys.readouterr().out
    assert main(["diff", str(story.book), "--against", str(story.book), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["different"] is False
    assert main(["diff", str(story.book), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["different"] is True
    assert {each["what"] for each in found["files"]} == {"renamed", "new", "missing"}


def test_backups_are_listed_and_put_back(story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`restore --list` tells number, period, fingerprint and who; `--backup N` puts that one back, and says so."""
    book = tmp_path / "book.xlsx"
    shutil.copytree(story.book.parent, tmp_path, dirs_exist_ok=True)
    assert main(["restore", str(book), "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["backups"]
    assert [each["number"] for each in listed] == [3, 2, 1]
    state = read_state(Path(listed[0]["path"]))
    assert listed[0]["fingerprint"] == state.run["fingerprint"][:12]
    assert (listed[0]["period"], listed[0]["refreshed_by"], listed[2]["period"]) == ("2025", "Ann", "")
    assert main(["restore", str(book), "--list", "--lang", "en"]) == 0
    assert "never refreshed" in capsys.readouterr().out
    wanted, present = Path(listed[1]["path"]).read_bytes(), book.read_bytes()
    assert main(["restore", str(book), "--backup", "2", "--lang", "en"]) == 0
    assert "Put backup 2 of" in capsys.readouterr().out
    assert book.read_bytes() == wanted
    assert newest_backups(book)[0].read_bytes() == present
    assert main(["restore", str(book), "--backup", "2"]) == 4
    assert "4, 3, 1" in capsys.readouterr().err


# ---- which backup is meant


def test_since(tmp_path: Path) -> None:
    """A number, a file or a day names a state: of a day the last one saved by its end, which may be the book itself."""
    book = tmp_path / "a.txt"
    for number, day in enumerate((3, 5, 9)):
        replace_file(book, lambda new, text=str(number): new.write_text(text))  # type: ignore[misc]
        moment = time.mktime((2026, 7, day, 12, 0, 0, 0, 0, -1))
        os.utime(book, (moment, moment))
    assert chosen(book, None).read_text() == "1"
    assert chosen(book, "1").read_text() == "0"
    assert chosen(book, "2026-07-08").read_text() == "1"
    assert chosen(book, "2026-07-31") == book
    assert chosen(book, newest_backups(book)[0].name).read_text() == "1"
    for since in ("2026-07-02", "2026-02-30", "nobody.xlsx"):
        with pytest.raises(UsageError):
            chosen(book, since)
    with pytest.raises(WriteError):
        chosen(book, "17")


# ---- states by themselves

KEYS = ["average_spend", "repeat_purchase_rate", "customer_base"]


def state(orders: list[tuple[int, int]], least: int, target: str) -> State:
    """The state of a company of some orders (customer, amount), by the pipeline's own steps."""
    rows = [
        {"order_id": f"A{number}", "order_date": "2026-07-03", "customer_id": f"K{customer}", "amount": float(amount), "order_type": "sale"}
        for number, (customer, amount) in enumerate(orders)
    ]  # fmt: skip
    text = "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)])
    chosen_settings = Settings(min_base_rate=least)
    results = computed(KEYS, period="2026-07", settings=chosen_settings, Orders=text).results
    detail = detail_rows(cast("Any", SimpleNamespace(results=results, lines=[], adjustments=[], language="en")))
    held: Rows = {("Orders", each.file, each.month): (each.rows, each.money, int(each.hash, 16)) for each in digests(sheet_of(ORDERS, rows))}  # fmt: skip
    changed = {"min_base_rate": str(least)} if least != Settings().min_base_rate else {}
    return State({"version": "1"}, changed, {"nps|2026|all=All|": target}, (), {}, held, {}, results_of_rows(detail))


COMPANIES = st.tuples(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4),
    st.sampled_from([20, 1]),
    st.sampled_from(["30", "40"]),
)


@settings(deadline=None, max_examples=6)
@given(COMPANIES, COMPANIES)
def test_empty_if_and_only_if_nothing_differs(one: Any, other: Any) -> None:
    """Of two random companies the difference is empty exactly when orders, setting and target are the same; each changed KPI has a cause."""
    first, second = state(*one), state(*other)
    found = compare(first, second)
    assert bool(found) == (one != other)
    assert bool(found.changes.rows) == (one[0] != other[0])
    assert bool(found.changes.settings) == (one[1] != other[1])
    assert bool(found.changes.targets) == (one[2] != other[2])
    assert all(each.causes for each in found.kpis)
    assert not compare(first, state(*one))


def test_rows_that_moved_to_another_file_did_not_change() -> None:
    """Rows that another file delivers now are no changed rows, unless one of them differs."""
    month = 2026 * 12
    before = State(
        {"version": "1"}, rows={("Orders", "[a]x", month): (5, 500, 77), ("Orders", "[b]x", month): (1, 10, 5)}
    )
    now = State({"version": "1"}, rows={("Orders", "[c]x", month): (6, 510, 82)})
    assert compare(before, now).changes.rows == ()
    other = State({"version": "1"}, rows={("Orders", "[c]x", month): (6, 510, 83)})
    assert {each.file for each in compare(before, other).changes.rows} == {"[a]x", "[b]x", "[c]x"}


def test_what_is_not_recorded_is_said() -> None:
    """Of a log without rows and lines only settings and targets are compared, and it is said so."""
    old = state_of([("run", "version", "0.1.0", ""), ("setting", "sla_days", "7", "")], None)
    now = state_of([("run", "version", "0.1.0", ""), ("digest", "Orders", "2026-07 3 10.5 ff", "Orders")], None)
    found = compare(old, now)
    assert found.not_compared == ("rows", "lines", "results")
    assert [each.name for each in found.changes.settings] == ["sla_days"]
    assert now.rows == {("Orders", "Orders", 2026 * 12 + 6): (3, 105_000, 255)}
    assert "earlier version" in report(found, "en")
    assert compare(State(), now).not_compared == ("never",)


def test_names_of_sections_in_every_language() -> None:
    """A section is known again by its name in zh, en or both; other sections bear their own name."""
    for section in SECTIONS:
        assert {section_of(page_name(section, language)) for language in ("zh", "en", "both")} == {section}
    assert page_name("written", "zh") == section_of("written") == "written"


@pytest.mark.parametrize(
    ("kpi", "before", "now", "texts"),
    [
        ("nps", 38.2, 39.5, ("38.2", "39.5", "+1.3")),
        ("repeat_purchase_rate", 0.41, 0.42, ("41.0%", "42.0%", "+1.0 pp")),
        ("customer_base", 865.0, 866.0, ("865", "866", "+1")),
        ("csat", 3.694, 3.697, ("3.6940", "3.6970", "+0.0030")),
        ("average_spend", 32229.92, 32229.921, ("32,229.9200", "32,229.9210", "+0.0010")),
    ],
)
def test_numbers_have_the_digits_it_takes(kpi: str, before: float, now: float, texts: tuple[str, str, str]) -> None:
    """Two different values never look the same; shares differ in points."""
    assert number_texts(kpi, before, now) == texts


# ---- copies


def test_a_copy_says_so(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy bears a banner with book, time and person at the top of its Scorecard; the book itself has none."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(calendar.timegm((2026, 8, 5, 9, 12, 0)))))
    before, copy = story.book.read_bytes(), tmp_path / "copy.xlsx"
    again(story.book, out=copy)
    banner = "COPY of book.xlsx (2026-08-05 09:12, Ann)"
    assert [cell for cell in openpyxl_rows(copy, SCORECARD.name)[0] if cell and "COPY" in str(cell)] == [banner]
    assert story.book.read_bytes() == before
    assert not any("COPY" in str(cell) for cell in openpyxl_rows(story.book, SCORECARD.name)[0])
    assert [row[2] for row in openpyxl_rows(copy, "Run log") if row[0] == COPY] == [banner]
    assert openpyxl_rows(copy, DETAIL.name) == openpyxl_rows(story.book, DETAIL.name)


def test_the_banner_stays_until_somebody_deletes_it() -> None:
    """A later run remembers the banner while the cell holds it, and forgets it when the text is gone."""
    entry = (COPY, "B1", "COPY of a.xlsx (2026-08-05 09:12)", "a.xlsx")
    kept = raw_sheet([["Title", entry[2]], [], ["KPI", "Segment"]])
    gone = raw_sheet([["Title", None], [], ["KPI", "Segment"]])
    assert Banner(kept, read_layout(kept), [entry]).entries() == [entry]
    assert Banner(gone, read_layout(gone), [entry]).entries() == []


def test_a_later_last_day_is_a_difference() -> None:
    """A later last day of the data alone is a difference of the run, named as such."""
    one, other = (State({"version": "1", "as_of": day.isoformat()}, rows={}, lines={}) for day in (date(2026, 8, 1), date(2026, 9, 1)))  # fmt: skip
    assert [each.name for each in compare(one, other).run] == ["as_of"]
