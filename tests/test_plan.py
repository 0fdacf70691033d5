"""Watch and improvement in a whole run: lawful answers, corrections behind values, control totals, targets, plans, sign-offs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import narwhals as nw
import openpyxl
import pandas as pd
import pytest

from loyalty_xl import refresh
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.saving import replace_file
from loyalty_xl.contracts import everything
from loyalty_xl.formulas import call
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import Refresh
from loyalty_xl.preparing import day_number
from loyalty_xl.publish.contents import note_rows
from loyalty_xl.publish.dictionary import defined, definition
from loyalty_xl.publish.watching import total_text
from loyalty_xl.rows.quality import held_answers
from loyalty_xl.rows.ready import Ready
from loyalty_xl.rows.scored import Scored
from loyalty_xl.scoring import change
from loyalty_xl.settings import Settings
from loyalty_xl.studies.plan import achievable, effect_of, improvement, plan_progress, smart_check
from loyalty_xl.vocabulary import Better, Calendar, Cycle, Interval, Plan, Result, Target
from tests.conftest import TODAY, Company

AUGUST = date(2026, 8, 1)
JULY = Calendar().period(Cycle.MONTH, 2026 * 12 + 6)
NPS = ("nps", "all", "All")
ANSWERS = "response_id,customer_id,answered_on,recommend_score,consent_basis"
ORDERS = "order_id,customer_id,order_date,amount\n" + "\n".join(f"O{n},C{n},2026-0{n}-05,100" for n in range(1, 8))


def value(made: Refresh, key: str) -> float | None:
    """A value by its id."""
    return {each.id: each.value for each in made.results}[key]


# ---- Q5


def answers(*rows: str) -> str:
    """A sheet of answers."""
    return "\n".join([ANSWERS, *(f"R{n},C{n},{row}" for n, row in enumerate(rows, 1))])


def test_lawful_share_of_answers_held(company: Company) -> None:
    """Answers held at the period's end with a basis and younger than the retention period; the worksheet function says the same."""
    rows = ["2026-05-31,9,同意", "2026-06-10,9,无授权", "2026-06-20,,合同", "2026-07-01,3,", "2026-07-31,10,yes"]
    made = company(SurveyResponses=answers(*rows), Orders=ORDERS, set={"cycle_type": "month"})
    assert [value(made, f"consent_rate|2026-0{month}|All") for month in (5, 6, 7)] == [1.0, 2 / 3, 3 / 5]
    kept = company(SurveyResponses=answers(*rows), Orders=ORDERS, set={"cycle_type": "month", "retention_days": "30"})
    assert [value(kept, f"consent_rate|2026-0{month}|All") for month in (5, 6, 7)] == [1.0, 1 / 3, 1 / 5]
    assert [each.count for each in kept.findings if each.code == "W365"] == [4]
    dates = [[date(2026, 5, 31)], [date(2026, 6, 10)], [date(2026, 6, 20)], [date(2026, 7, 1)], [date(2026, 7, 31)]]
    bases = [["同意"], ["无授权"], ["合同"], [None], ["yes"]]
    assert call("LOYALTY_CONSENT_RATE", bases) == 3 / 5
    assert call("LOYALTY_CONSENT_RATE", bases, dates, date(2026, 8, 1), 30) == 1 / 5


def test_purpose_counts_where_it_is_asked(company: Company) -> None:
    """With a column for the purpose, an answer without one is not held lawfully."""
    rows = [f"{ANSWERS},purpose", "R1,C1,2026-07-01,9,同意,满意度研究", "R2,C2,2026-07-02,9,同意,"]
    made = company(SurveyResponses="\n".join(rows), Orders=ORDERS, set={"cycle_type": "month"})
    assert value(made, "consent_rate|2026-07|All") == 0.5


def held(answers: list[tuple[date, int]], as_of: date, retention: int | None) -> dict[int, tuple[int, int]]:
    """Answers held and held lawfully at the end of June and July, by turn."""
    day = [day_number(on) for on, _ in answers if on < as_of]
    lawful = [each for on, each in answers if on < as_of]
    frame = nw.from_native(pd.DataFrame({"day": day, "lawful": lawful}, dtype="int64"), eager_only=True)
    turns = nw.from_native(pd.DataFrame({"turn": [0, 1], "last": [JULY.first - 1, JULY.first]}), eager_only=True)
    ready = Ready({"held_answers": frame}, day_number(as_of), JULY.first, {}, (("all", "All"),))
    rows = held_answers(ready, Settings(retention_days=retention), ("all",), turns).to_native()
    return {row.turn: (row.held, row.lawful) for row in rows.itertuples()}


def test_later_data_leave_the_lawful_share_of_a_period_as_it_was() -> None:
    """Moving as_of later changes no period that is over (law j); an answer on the last day that it may be kept still counts."""
    given = [(date(2026, 6, 1), 1), (date(2026, 6, 10), 0), (date(2026, 7, 20), 1)]
    assert held(given, date(2026, 7, 1), 30)[0] == held(given, AUGUST, 30)[0] == (2, 1)
    assert held(given, AUGUST, 29)[0] == (2, 0)
    assert held(given, AUGUST, 30)[1] == (3, 1)
    assert held(given, AUGUST, None)[1] == (3, 2)


# ---- corrections behind values, control totals


def test_corrections_stand_behind_each_kpi(company: Company) -> None:
    """Each KPI that rests on imputed rows has a note with reference, method, basis, author, day and who agreed; others have none."""
    orders = [
        "order_id,customer_id,order_date,amount,is_imputed,imputation_ref",
        *(
            f"O{n},C{n % 4},2026-0{7 if n == 6 else n}-05,100,{'是' if n > 5 else '否'},{f'DC-{n}' if n == 6 else ''}"
            for n in range(1, 8)
        ),
    ]
    register = "ref,sheet,row_key,kind,method,basis,author,on,agreed_by_depts\nDC-6,订单,O6,推测补充,月均价,旧账本,王芳,2026-07-01,销售部"
    complaints = "complaint_id,customer_id,received_on,status\nK1,C1,2026-07-03,open"
    made = company(Orders="\n".join(orders), DataCorrections=register, Complaints=complaints, as_of=AUGUST)
    notes = [(row[1], row[2]) for row in note_rows(made) if "imputed" in str(row[0])]
    behind = dict(notes)
    assert "unclassified_complaint_share" not in behind
    print(notes)
    texts = [text for key, text in notes if key == "average_order_value"]
    assert any(
        "[DC-6]: method 月均价; basis 旧账本; author 王芳; agreed by 销售部; on 2026-07-01" in text for text in texts
    )
    assert any("not in DataCorrections" in text for text in texts)  # July's row names no entry
    assert sum(each.count for each in made.findings if each.code == "W360") == 1


def test_totals_are_told_in_words(company: Company) -> None:
    """Received = used + left out, by reason, in the language of the reader."""
    made = company(Orders=f"{ORDERS}\nO8,C1,2026-07-06,many", as_of=AUGUST, set={"max_rejected_share": "60%"})
    july = next(each for each in made.totals if each.period == "2026-07")
    assert total_text(july, "en") == "received 2 rows / 100.00 = used 1 rows / 100.00 + with an error 1 rows / 0.00"
    assert total_text(july, "zh") == "收到 2 行 / 100.00 = 使用 1 行 / 100.00 + 有错误 1 行 / 0.00"


# ---- T1, T4, T5


def target(**more: Any) -> Target:
    """A target that is SMART."""
    facts = {"objective": "better service", "due": "2026-12-31", "comment": "East first", "row": 2} | more
    return Target("nps", JULY, facts.pop("value", 42.0), **facts)


@pytest.mark.parametrize(
    ("more", "words", "ticks"),
    [
        ({}, ("described", "measured", "within history", "objective named", "due date set"), 5),
        ({"value": 90.0}, ("described", "measured", "beyond history", "objective named", "due date set"), 4),
        ({"value": 90.0, "rationale": "a new shop"}, ("described", "measured", "rationale given", "objective named", "due date set"), 5),
        ({"comment": "", "objective": "", "due": ""}, ("not described", "measured", "within history", "no objective", "no due date"), 2),
        ({"segment_dim": "region", "segment": "East"}, ("described", "no data", "no history", "objective named", "due date set"), 3),
        ({"target_type": "points_change", "baseline": 40.0, "value": 2.0}, ("described", "measured", "within history", "objective named", "due date set"), 5),
        ({"target_type": "points_change", "value": 2.0}, ("described", "measured", "no history", "objective named", "due date set"), 4),
    ],
)  # fmt: skip
def test_smart_check(more: dict[str, Any], words: tuple[str, ...], ticks: int) -> None:
    """Five answers in words for a target, against a history of 40 with a sample sd of 2: 34 to 46 is achievable."""
    scored = Scored(JULY, date(2026, 8, 1), [target(**more)], history={NPS: (38, None, 40, 42)})
    (row,) = smart_check(scored)
    assert tuple(row[name] for name in ("specific", "measurable", "achievable", "relevant", "time_bound")) == words
    assert row["ticks"] == ticks


def test_draft_targets_are_not_checked() -> None:
    """Draft and retired targets are passed over."""
    assert smart_check(Scored(JULY, date(2026, 8, 1), [target(status="draft"), target(status="retired")])) == []


def test_achievable_at_the_edges() -> None:
    """Exactly three standard deviations away is achievable; a range is when any of it is; two values are no history."""
    assert achievable(46, 46, [38, 40, 42], "") == "within history"
    assert achievable(46.01, 46.01, [38, 40, 42], "") == "beyond history"
    assert achievable(46.01, None, [38, 40, 42], "") == "beyond history"
    assert achievable(45, 60, [38, 40, 42], "") == "within history"
    assert achievable(40, 40, [40, 40], "") == "no history"


def test_a_yearly_sum_is_compared_by_the_month() -> None:
    """A target of 1,200 new customers in the year is 100 a month."""
    yearly = Target("complaint_rate", Calendar().period(Cycle.YEAR, JULY.first), 1200.0, row=3)
    scored = Scored(
        JULY, date(2026, 8, 1), [yearly], history={("complaint_rate", "all", "All"): (99, 100, 101)}, scale={3: 1 / 12}
    )
    assert smart_check(scored)[0]["achievable"] == "within history"


def plan(number: int, **more: Any) -> Plan:
    """A plan for the NPS."""
    return Plan(f"P{number}", "nps", **({"due": date(2026, 6, 30)} | more))


def test_plan_progress() -> None:
    """Completion = done / due; overdue where the day has passed or the status says so; dropped ones do not count; nothing due has no completion."""
    plans = [
        plan(1, status="done", stage="new", dept="sales"),
        plan(2, status="doing", stage="new", dept="sales"),
        plan(3, due=date(2026, 9, 30), dept="service"),
        plan(4, due=date(2026, 9, 30), status="overdue", stage="lost"),
        plan(5, status="dropped"),
    ]
    rows = {row["group"]: row for row in plan_progress(Scored(JULY, date(2026, 8, 1), plans=plans))}
    assert list(rows) == ["All", "sales", "service", "new", "growing", "steady", "at risk", "lost"]
    assert rows["All"] == {
        "group": "All",
        "plans": 4,
        "due_plans": 3,
        "done_plans": 1,
        "overdue_plans": 2,
        "completion": 1 / 3,
    }
    assert (rows["service"]["completion"], rows["growing"]["plans"], rows["new"]["completion"]) == (None, 0, 0.5)
    spilled = call("LOYALTY_PLAN_PROGRESS", [["done"], ["doing"], [None], ["overdue"], ["取消"]],
                   [[each.due] for each in plans], date(2026, 8, 1))  # fmt: skip
    assert dict(zip(*spilled, strict=True)) == rows["All"]


def seen(number: float, low: float | None = None, high: float | None = None) -> Result:
    """A result with an interval."""
    return Result(
        "nps", JULY, value=number, interval=Interval(low, high) if low is not None and high is not None else None
    )


def test_effect_of_a_plan() -> None:
    """After less before, with the interval of the difference: 10 -/+ sqrt(5^2 + 5^2) excludes 0, 5 -/+ 7.07 does not."""
    found = effect_of(seen(30, 25, 35), seen(40, 35, 45), None, 40, Better.HIGHER)
    assert (found["effect"], found["verdict"], found["goal_met"]) == (10, "better", True)
    assert (found["effect_low"], found["effect_high"]) == pytest.approx((10 - 50**0.5, 10 + 50**0.5))
    assert effect_of(seen(30, 25, 35), seen(35, 30, 40), None, 40, Better.HIGHER)["verdict"] == "unclear"
    assert effect_of(seen(30), seen(35), None, 30, Better.LOWER)["verdict"] == "worse"
    assert effect_of(seen(30), None, 35, 34, Better.HIGHER)["goal_met"]
    assert effect_of(None, seen(35), None, None, Better.HIGHER) == {
        "before": None, "after": 35, "effect": None, "effect_low": None, "effect_high": None, "verdict": "not yet", "goal": None, "goal_met": None,
    }  # fmt: skip


def test_no_effect_before_the_review_period_is_over() -> None:
    """A review period that is not over is not judged, whatever its value is so far."""
    before, after = JULY, Calendar().period(Cycle.MONTH, JULY.first + 1)
    results = {(NPS, before): seen(30), (NPS, after): seen(40)}
    for as_of, verdict in ((date(2026, 8, 31), "not yet"), (date(2026, 9, 1), "better")):
        (row,) = improvement(Scored(JULY, as_of, plans=[plan(1, trigger=before, review=after)], results=results))
        assert row["verdict"] == verdict


def test_change_is_absolute_and_relative() -> None:
    """From zero, or across it, only the absolute change says anything."""
    assert change(0.55, 0.50) == pytest.approx((0.05, 0.1))
    assert change(5, 0) == (5, None)
    assert change(5, -10) == (15, None)
    assert call("LOYALTY_CHANGE", 5, -10)[1] == [15, ""]


def test_the_loyalty_score_as_a_function() -> None:
    """Capped attainment, weighted within dimensions and then over them; a line without attainment leaves."""
    assert call("LOYALTY_LOYALTY_SCORE", [[0.5], [1.2], [None]], [[1], [3], [9]]) == 87.5
    assert call("LOYALTY_LOYALTY_SCORE", [[0.5], [1.2], [0.5]], [[1], [3], [1]], [["a"], ["a"], ["b"]]) == 68.75
    assert call("LOYALTY_LOYALTY_SCORE", [[None]], [[1]]).code == "#DIV/0!"


# ---- a workbook


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A new workbook with orders of seven months."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    path = tmp_path / "book.xlsx"
    make_book(path, "en", folder)
    return path


Enter = Callable[..., None]


@pytest.fixture
def enter(book: Path) -> Enter:
    """Write rows into a control sheet: enter("Targets", {...}, ..., row=2)."""

    def into(sheet: str, *rows: dict[str, Any], row: int = 2) -> None:
        contract = next(each for each in everything() if each.name == sheet)
        patch = Patch(book)
        for number, cells in enumerate(rows, row):
            for name, cell in cells.items():
                patch.put(sheet, number, contract.names.index(name) + 1, cell)
        replace_file(book, patch.save, patch.verify)

    return into


def run(book: Path, **more: Any) -> Refresh:
    """A refresh."""
    return refresh(book, as_of=AUGUST, today=TODAY, by="test", recalculate=False, **more)


def told(made: Refresh, *codes: str) -> list[tuple[str, str]]:
    """Findings of some codes: code and what was found."""
    return [(each.code, each.found) for each in made.findings if each.code in codes]


AIM = {
    "kpi": "new_customers_per_month",
    "period": "2026-07",
    "target": 50,
    "direction": "up",
    "objective": "grow",
    "due": "2026-12-31",
}
WAY = {"plan_id": "P1", "kpi": "new_customers_per_month", "stage": "new", "trigger_cycle": "2026-06", "review_cycle": "2026-07", "goal": 2,
       "start": "2026-06-01", "due": "2026-12-31", "owner": "Li", "resource_people": 2, "status": "doing"}  # fmt: skip


def test_red_without_a_plan_is_told_until_there_is_one(book: Path, enter: Enter) -> None:
    """Rule 20: a red KPI with weight needs a plan under way; with one, the stages without any are named, and its effect is shown."""
    enter("Targets", AIM)
    assert told(run(book), "W367", "W368") == [("W367", "new_customers_per_month")]
    enter("Improvement", WAY)
    made = run(book)
    assert told(made, "W367", "W368") == [("W368", stage) for stage in ("growing", "steady", "at risk", "lost")]
    (row,) = made.tables["improvement"]
    assert (row["before"], row["after"], row["effect"], row["verdict"], row["goal_met"]) == (1, 1, 0, "flat", False)
    assert [(each["kpi"], each["ticks"]) for each in made.tables["smart_check"]] == [("new_customers_per_month", 3)]


def test_a_plan_says_goal_time_owner_and_resources(book: Path, enter: Enter) -> None:
    """W369 names what a plan lacks; a KPI, period or goal that cannot be is an error at its cell."""
    bare = {"plan_id": "P2", "kpi": "csat", "start": "2026-06-01"}
    wrong = [
        {"plan_id": "P3", "kpi": "npz"},
        {"plan_id": "P4", "kpi": "nps", "trigger_cycle": "soon"},
        {"plan_id": "P5", "kpi": "nps", "goal": 200},
    ]
    enter("Improvement", WAY, bare, *wrong)
    made = run(book, dry_run=True)
    lacking = [(each.found, dict(each.detail)["missing_en"]) for each in made.findings if each.code == "W369"]
    assert lacking == [("P2", "goal, due, owner, resources")]
    assert [(each.code, each.cell) for each in made.findings if each.sheet == "Improvement" and each.code.startswith("E")] == [
        ("E301", "B4"), ("E302", "E5"), ("E303", "I6"),
    ]  # fmt: skip


def cells_of(book: Path) -> dict[str, dict[str, Any]]:
    """The dictionary page: cells by key and column."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sheet = openpyxl.load_workbook(book)["Dictionary"]
    head, *rows = sheet.iter_rows(values_only=True)
    return {row[0]: dict(zip(head, row, strict=True)) for row in rows if row[0]}


def test_the_dictionary_is_filled_beside_what_people_wrote(book: Path, enter: Enter) -> None:
    """Every key has its row after a refresh, moved and deleted ones too; owner, version, note and rows of one's own stay; then nothing is new."""
    keys = defined()
    enter("Dictionary", {"kpi": keys[1], "owner": "Sales", "version": "2.1", "note": "ours", "formula": "typed over"})
    enter("Dictionary", {"kpi": "our_own", "note": "not of the product"}, row=3)
    run(book)
    found = cells_of(book)
    assert set(found) == {*keys, "our_own"}
    assert (found[keys[1]]["owner"], found[keys[1]]["version"], found[keys[1]]["note"]) == ("Sales", "2.1", "ours")
    assert found[keys[1]]["formula"] == definition(keys[1], Settings())["formula"]
    assert found["our_own"]["note"] == "not of the product"
    again = run(book)
    assert (again.up_to_date, again.written_to) == (True, None)


def test_a_changed_definition_has_to_be_signed_again(book: Path, enter: Enter) -> None:
    """W370 names the departments whose signature is for another definition, at every refresh until they renew it."""
    row = 2 + defined().index("nps")
    enter("Dictionary", {"signed_by_marketing": "Zhou 2026-01-08", "signed_by_sales": "Chen 2026-01-09"}, row=row)
    assert told(run(book), "W370") == []
    changed = {"settings": {"nps_promoter_min": "8"}}
    made = run(book, **changed)
    (finding,) = [each for each in made.findings if each.code == "W370"]
    assert (finding.found, dict(finding.detail)["dept_en"], finding.cells) == (
        "nps",
        "Marketing, Sales",
        (f"O{row}", f"R{row}"),
    )
    assert "nps_promoter_min=8" in cells_of(book)["nps"]["variant"]
    assert told(run(book, **changed), "W370") == [("W370", "nps")]
    enter("Dictionary", {"signed_by_marketing": "Zhou 2026-08-03"}, row=row)
    (finding,) = [each for each in run(book, **changed).findings if each.code == "W370"]
    assert dict(finding.detail)["dept_en"] == "Sales"


def test_control_totals_in_a_workbook(book: Path, enter: Enter) -> None:
    """Controls are compared at each refresh: the difference stands in the document and is a finding."""
    enter("Controls", {"sheet": "Orders", "period": "2026-07", "rows": 2, "amount": 100, "source": "till"})
    made = run(book, dry_run=True)
    assert told(made, "W366") == [("W366", "1")]
    compared = [each for each in made.totals if each.control]
    assert [(each.period, each.difference) for each in compared] == [("2026-07", (-1, 0))]
    assert total_text(compared[0], "en").endswith(
        "control total 2 rows (difference -1), 100.00 (difference 0.00) [till]"
    )
