"""Where figures come from: totals of what is traced are the result's numerator and denominator, and the rows are where it says."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given

from loyalty_xl import catalogue, library, refresh
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.reading import read
from loyalty_xl.books.saving import replace_file
from loyalty_xl.cli import main
from loyalty_xl.coverage import coverage
from loyalty_xl.errors import UsageError
from loyalty_xl.evaluating import Situation, evaluate_turns
from loyalty_xl.opening import Asked
from loyalty_xl.pipeline import Ground, Refresh, ground
from loyalty_xl.preparing import prepare
from loyalty_xl.publish.layout import held
from loyalty_xl.publish.trace_page import stale_text
from loyalty_xl.scorecard import turn_of
from loyalty_xl.traces import known_kpi, known_segment, trace_figure
from loyalty_xl.tracing.behind import BEHIND
from loyalty_xl.tracing.document import WITHHELD, trace
from loyalty_xl.tracing.linear import Linear, arithmetic, close
from loyalty_xl.tracing.units import Looking, totals_of, units_of
from loyalty_xl.turns import cycle_turn
from tests.conftest import TODAY
from tests.test_laws import (
    AS_OF,
    CALENDAR,
    CUSTOMERS,
    DEFAULT,
    STEADY,
    answer_rows,
    complaint_rows,
    order_rows,
    quick,
    sheet,
)

KPIS = library.load()


def disagreeing(situation, prepared, turns, dims):
    """Results whose traced totals are not numerator and denominator, and how many were looked at."""
    wrong, seen = [], 0
    for result, turn in evaluate_turns(KPIS.values(), turns, situation, dims):
        if result.reason in WITHHELD or result.value is None:
            continue
        kpi, place = KPIS[result.kpi], situation.ready.segments.index((result.segment_dim, result.segment))
        looking = Looking(situation, turn, result.segment_dim, place)
        totals = totals_of(units_of(kpi, looking))
        made = arithmetic(kpi, totals, looking.months, situation.settings)
        pairs = (
            (made.numerator.total(totals), result.numerator),
            (made.denominator.total(totals), result.denominator),
            (made.value, result.value),
        )
        seen += 1
        if not all(close(*pair) for pair in pairs):
            wrong.append((result.id, pairs))
    return wrong, seen


@quick
@given(order_rows(), answer_rows(), complaint_rows())
def test_of_random_companies_every_kpi_adds_up_from_its_units(orders, answers, complaints):
    """For random rows and every KPI that has a value, in All and in segments, traced totals equal numerator and denominator."""
    given_rows = {
        "Orders": [*STEADY, *orders],
        "SurveyResponses": answers,
        "Complaints": complaints,
        "Customers": CUSTOMERS,
    }
    sheets = {name: sheet(name, list(rows)) for name, rows in given_rows.items()}
    prepared = prepare(sheets, DEFAULT, AS_OF, traced=True)
    situation = Situation(prepared.ready, DEFAULT, CALENDAR, coverage(sheets, AS_OF, CALENDAR), AS_OF)
    wrong, seen = disagreeing(situation, prepared, [cycle_turn(CALENDAR.parse("2025"))], ("all", "region"))
    assert not wrong
    assert seen > 20


@pytest.fixture(scope="module")
def grounded(made_demo: Path) -> Ground:
    """The sample company, checked and made ready to be traced."""
    return ground(made_demo / "scorecard.xlsx", today=TODAY)


def test_every_kpi_of_the_sample_company_adds_up_as_the_scorecard_sees_it(grounded: Ground):
    """Every KPI of the catalogue that has a value adds up from its units, through the Scorecard's own window."""
    situation, waves = grounded.situation, grounded.prepared.waves
    turns = {turn_of(kpi, grounded.period, situation, waves) for kpi in KPIS.values()} - {None}
    wrong, seen = [], set()
    for turn in turns:
        mine = {kpi.key for kpi in KPIS.values() if turn_of(kpi, grounded.period, situation, waves) == turn}
        for result, _ in evaluate_turns([KPIS[key] for key in sorted(mine)], [turn], situation):
            if result.value is None:
                continue
            looking = Looking(situation, turn, "all", 0)
            totals = totals_of(units_of(KPIS[result.kpi], looking))
            made = arithmetic(KPIS[result.kpi], totals, looking.months, situation.settings)
            seen.add(result.kpi)
            if not (
                close(made.numerator.total(totals), result.numerator)
                and close(made.denominator.total(totals), result.denominator)
            ):
                wrong.append(result.id)
    assert not wrong
    assert len(seen) > len(KPIS) * 0.9


def test_every_kind_of_rows_leads_back_to_its_sheets():
    """No kind of rows of the catalogue is without an entry that says what its units are and where their rows stand."""
    assert set(BEHIND) == set(catalogue.ROWS)


@pytest.mark.parametrize(
    "key", ["average_order_value", "repeat_purchase_rate", "cac", "referral_rate", "resolution_days"]
)
def test_rows_add_up_to_what_stands_above_them(grounded: Ground, key: str):
    """What stands in the column of a side adds up to it, every unit has a row, and the trace says that it agrees."""
    made = trace(grounded, KPIS[key])
    assert made.agrees
    assert made.result.value is not None
    assert (made.rows["row"] > 0).all()
    for name in set(made.columns) & {"numerator", "denominator"}:
        side = getattr(made.arithmetic, name)
        assert made.rows[name].sum() + side.constant == pytest.approx(getattr(made.result, name), rel=1e-9)


def test_a_row_stands_where_the_trace_says(grounded: Ground, made_demo: Path):
    """The line of the file that a trace names holds the order that it names, for every row behind a figure."""
    made = trace(grounded, KPIS["average_order_value"], "region", "华东")
    (title,) = made.rows["title"].unique()
    with next(made_demo.rglob(title[1:].split("]")[0])).open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    wrong = [
        (row, key)
        for row, key in zip(made.rows["row"], made.rows["key"], strict=True)
        if key.split(" / ")[0] not in lines[row - 1]
    ]
    assert len(made.rows) > 100
    assert not wrong


def test_a_blocked_kpi_names_the_rows_that_were_taken_out(grounded: Ground):
    """A KPI that is withheld shows why, and the rows whose errors withhold it, with their code, key and field."""
    made = trace(grounded, KPIS["collection_conduct_rate"])
    assert made.result.value is None
    assert not len(made.rows)
    assert {(each.code, each.field) for each in made.left_out} == {("E203", "compliant")}
    assert all(each.key and each.row > 1 for each in made.left_out)


def test_rows_of_other_segments_are_counted_not_listed(grounded: Ground):
    """A trace of one region counts the rows of the others, and both together are the rows behind All."""
    one, whole = (trace(grounded, KPIS["average_order_value"], *each) for each in (("region", "华东"), ("all", "All")))
    elsewhere = sum(each.rows for each in one.aside if each.reason == "other segment")
    assert one.rows["row"].nunique() + elsewhere == whole.rows["row"].nunique()


def test_every_row_of_the_period_is_somewhere(grounded: Ground):
    """What a sheet received in the period is what counts, what is left out, and what is counted aside."""
    made = trace(grounded, KPIS["collection_conduct_rate"])
    whole = trace(grounded, KPIS["average_order_value"])
    sheet, turn = grounded.sheets["Orders"], whole.turn
    assert turn is not None
    received = sum(
        rows
        for (month, reason), (rows, _) in sheet.ledger.items()
        if reason == "received" and turn.first <= month < turn.stop
    )
    assert whole.rows["row"].nunique() + len(whole.left_out) + sum(each.rows for each in whole.aside) == received
    assert sum(each.rows for each in made.aside) == 0


def test_unknown_names_are_answered_with_the_nearest(grounded: Ground):
    """A KPI or segment that there is not is refused, and the message names what is near."""
    with pytest.raises(UsageError, match="churn_rate"):
        known_kpi("churn_rat")
    with pytest.raises(UsageError, match="region=华东"):
        known_segment("region=华冬", grounded)
    assert known_kpi("净推荐值").key == "nps"


@pytest.fixture
def book(small: Refresh, tmp_path: Path) -> Path:
    """A small company of one's own."""
    shutil.copytree(small.book.parent, tmp_path / "small")
    return tmp_path / "small" / small.book.name


def parts(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_a_trace_fills_its_own_page_only_and_says_when_it_is_out_of_date(book: Path):
    """Only the page Trace (and styles, which sheets show, links of the Scorecard) changes; a refresh stays up to date; new settings mark the trace."""
    before = parts(book)
    made = trace_figure(book, "repeat_purchase_rate", Asked(period="2025"), today=TODAY)
    assert made.trace.agrees
    changed = {name for name, data in parts(book).items() if before.get(name) != data}
    sheets = {name for name in changed if name.startswith("xl/worksheets/sheet")}
    (board,) = (name for name in sheets if b"loyalty-xl trace " in before[name])
    assert without_links(parts(book)[board]) == without_links(before[board])
    assert len(sheets) == 2
    assert refresh(book, period="2025", today=TODAY, by="test").up_to_date
    page = next(iter(sheets - {board}))
    other = stale_text("en").encode()
    assert other not in parts(book)[page]
    refresh(book, period="2025", today=TODAY, by="test", settings={"churn_window_days": "200"})
    assert other in parts(book)[page]


def without_links(sheet: bytes) -> bytes:
    return re.sub(rb"<hyperlinks>.*</hyperlinks>", b"", sheet)


def actuals(book: Path) -> dict[str, str]:
    """Where the actuals of the Scorecard lead, by KPI."""
    for data in parts(book).values():
        found = re.findall(rb'location="([^"]+)" tooltip="[^"]*loyalty-xl trace BOOK (\w+) 2025"', data)
        if found:
            return {kpi.decode(): place.decode() for place, kpi in found}
    return {}


def test_each_actual_leads_to_its_row_or_to_its_trace(book: Path):
    """Actuals lead to the rows of Detail that bear their id; the traced one to Trace, until another is traced or the trace is out of date."""
    page = next(iter(read(book, ["Detail"]).values()))
    led = actuals(book)
    assert len(led) > 5
    for kpi, place in led.items():
        assert place.startswith("'Detail'!A")
        assert held(page, int(place.rpartition("!A")[2]), 1) == f"{kpi}|2025|All"

    def traced() -> set[str]:
        return {kpi for kpi, place in actuals(book).items() if place == "'Trace'!A1"}

    for kpi in ("repeat_purchase_rate", "average_order_value"):
        trace_figure(book, kpi, Asked(period="2025"), today=TODAY)
        assert traced() == {kpi} & set(led)
    trace_figure(book, "repeat_purchase_rate", Asked(period="2025"), today=TODAY)
    patch = Patch(book)
    patch.put("Notes", 100, 1, "typed over, so that the next refresh writes")
    replace_file(book, patch.save, backups=None)
    assert not refresh(book, period="2025", today=TODAY, by="test").up_to_date
    assert traced() == {"repeat_purchase_rate"}
    refresh(book, period="2025", today=TODAY, by="test", settings={"churn_window_days": "200"})
    assert actuals(book) == led


def test_the_command_prints_one_document(book: Path, capsys: pytest.CaptureFixture[str]):
    """`trace --json --dry-run` prints the rows and totals, and writes nothing."""
    before = book.read_bytes()
    assert main(["trace", str(book), "average_order_value", "2025", "--json", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert '"agrees": true' in said
    assert '"left_out"' in said
    assert book.read_bytes() == before


def test_parts_of_a_sum_are_remembered_through_arithmetic():
    """A sum knows what it is made of after adding, taking away and multiplying by numbers."""
    one, two = Linear(7.0, {"a": 1.0}), Linear(3.0, {"b": 1.0})
    made = 100 * (one - two) + 5 - (1 - one)
    assert (float(made), made.parts, made.constant) == (411.0, {"a": 101.0, "b": -100.0}, 4.0)
