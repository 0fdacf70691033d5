"""Worksheet functions of watch and improvement: lawful collection, SMART check, plans and their effect, change, the loyalty score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl import catalogue, library, scoring
from loyalty_xl.contracts.contract import Field, Type
from loyalty_xl.contracts.control_plan import IMPROVEMENT
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.cell_errors import bad_cells, bad_setting, without_value
from loyalty_xl.formulas.function import BETTER, FUNCTIONS, INCLUDE, Argument, Function, Kind, function, word_of
from loyalty_xl.formulas.kpi_functions import AS_OF, column
from loyalty_xl.formulas.scores import ACTUAL, DIRECTION
from loyalty_xl.preparing.watch import LAWFUL
from loyalty_xl.studies import plan
from loyalty_xl.vocabulary import Better, Cycle, Interval, Period, Reason, Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from loyalty_xl.settings import Settings


def _lawful(
    consent_basis: np.ndarray,
    settings: Settings,
    dates: np.ndarray | None = None,
    as_of: date | None = None,
    retention_days: int | None = None,
) -> float:
    lawful = np.array([each in LAWFUL for each in consent_basis.tolist()], dtype=bool)
    if dates is not None and len(dates) and retention_days:
        days = frames.days_of(dates)
        end = frames.day_number(as_of) if as_of else int(days.max()) + 1
        lawful &= days >= end - retention_days
    rows = frames.columns(held=[float(len(lawful))], lawful=[float(lawful.sum())])
    return frames.value("consent_rate", lambda _: rows, settings)


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _numbers(cells: Any) -> list[float]:
    """Numbers among cells of any shape."""
    cells = cells.tolist() if hasattr(cells, "tolist") else cells
    if isinstance(cells, list | tuple):
        return [number for each in cells for number in _numbers(each)]
    return [float(cells)] if isinstance(cells, int | float) and not isinstance(cells, bool) else []


def _smart_check(
    kpi: Any, target: float, history: Any, comment: Any, objective: Any, due: Any, rationale: Any
) -> list[list[Any]]:
    key = _text(kpi).casefold()
    if key not in library.load():
        raise bad_cells(f"没有指标 {kpi}", f"There is no KPI {kpi}")
    found = _numbers(history)
    answers = plan.ticks(
        comment=_text(comment),
        measured=bool(found),
        reach=plan.achievable(target, target, found, _text(rationale)),
        objective=_text(objective),
        due=_text(due),
    )
    return [list(answers), list(answers.values())]


def _plan_progress(statuses: np.ndarray, due_dates: np.ndarray, as_of: date) -> list[list[Any]]:
    rows = []
    for state, due in zip(statuses.tolist(), due_dates.astype("datetime64[D]"), strict=True):
        late = not np.isnat(due) and due < np.datetime64(as_of, "D")
        if state != "dropped":
            rows.append((state or "planned", state != "done" and (state == "overdue" or bool(late))))
    if not rows:
        raise without_value(Reason.NO_DATA)
    found = plan.progress_of("All", rows)
    return [list(found), list(found.values())]


def _improvement(
    before: float,
    after: float,
    goal: float | None,
    better: Any,
    before_low: float | None,
    before_high: float | None,
    after_low: float | None,
    after_high: float | None,
) -> list[list[Any]]:
    def result(value: float, low: float | None, high: float | None) -> Result:
        ends = Interval(low, high) if low is not None and high is not None else None
        return Result("", Period(Cycle.ALL, 0, 1, ""), value=value, interval=ends)

    found = plan.effect_of(
        result(before, before_low, before_high),
        result(after, after_low, after_high),
        None,
        goal,
        Better(word_of(better, BETTER, "better")),
    )
    return [list(found), list(found.values())]


def _change(actual: float, before: float) -> list[list[Any]]:
    return [["absolute", "relative"], list(scoring.change(actual, before))]


def _loyalty_score(
    attainments: np.ndarray, weights: np.ndarray, dimensions: np.ndarray | None, attainment_cap: float
) -> float:
    if attainment_cap <= 0:
        raise bad_setting("attainment_cap 应大于 0", "attainment_cap must be more than 0")
    names = ["" if dimensions is None else _text(each) for each in (dimensions if dimensions is not None else weights)]
    parts = [
        (name, weight, reached)
        for name, weight, reached in zip(names, weights.tolist(), attainments.tolist(), strict=True)
        if weight > 0 and reached == reached
    ]
    value, _ = scoring.weighted_score(parts, attainment_cap, {})
    if value is None:
        raise without_value(Reason.NO_DENOMINATOR)
    return value


def _optional(name: str, zh: str, en: str) -> Argument:
    return Argument(name, Kind.WORD, zh, en, default="")


def _bound(name: str, zh: str, en: str) -> Argument:
    return Argument(name, Kind.NUMBER, zh, en, default=None)


def _bare(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Leave the settings aside: no setting decides these answers."""
    return lambda settings, **given: answer(**given)  # noqa: ARG005


def _tables() -> None:
    """Register the tables of targets and plans."""
    shapes: dict[str, tuple[Any, tuple[Argument, ...]]] = {
        "smart_check": (
            _smart_check,
            (
                Argument("kpi", Kind.WORD, "指标代码", "key of the KPI"),
                Argument("target", Kind.NUMBER, "目标值", "the target"),
                Argument("history", Kind.CELLS, "以往各期的值", "values of earlier periods"),
                _optional("comment", "目标的说明", "what is said about the target"),
                _optional("objective", "关联目标", "objective it serves"),
                _optional("due", "完成时限", "by when"),
                _optional("rationale", "可实现依据", "why it can be reached"),
            ),
        ),
        "plan_progress": (
            _plan_progress,
            (
                Argument("statuses", Kind.RANGE, "每项措施的状态", "status of each plan", IMPROVEMENT["status"], blank_counts=True),
                Argument("due_dates", Kind.RANGE, "每项措施的完成时限", "last day of each plan", IMPROVEMENT["due"], blank_counts=True),
                Argument("as_of", Kind.DAY, "判断逾期的日期", "day on which it is judged what is overdue"),
                INCLUDE,
            ),
        ),
        "improvement": (
            _improvement,
            (
                Argument("before", Kind.NUMBER, "实施前的值", "value before"),
                Argument("after", Kind.NUMBER, "实施后的值", "value after"),
                _bound("goal", "目标值", "the goal"),
                DIRECTION,
                _bound("before_low", "实施前的区间下限", "lower end of the interval before"),
                _bound("before_high", "实施前的区间上限", "upper end of the interval before"),
                _bound("after_low", "实施后的区间下限", "lower end of the interval after"),
                _bound("after_high", "实施后的区间上限", "upper end of the interval after"),
            ),
        ),
    }  # fmt: skip
    for key, (answer, arguments) in shapes.items():
        each = catalogue.LISTINGS[key]
        en = f"{each.en} (a table with a header row). {each.title}"
        function(
            Function(
                each.worksheet_name,
                arguments,
                _bare(answer),
                f"{each.zh}(表,含标题行):{each.says}",
                en,
                "tables",
                key,
                table=True,
            )
        )


def _scores() -> None:
    """Register how values are judged, beside attainment and status."""
    before = Argument("before", Kind.NUMBER, "以前的值", "the earlier value")
    reached = Field("attainments", Type.NUM, "达成率", ("attainment",))
    weight = Field("weights", Type.NUM, "权重", ("weight",), low=0)
    dimension = Field("dimensions", Type.STR, "维度", ("dimension",))
    cap = Argument("attainment_cap", Kind.NUMBER, "达成率封顶", "where attainment is capped", default=1)
    shapes: dict[str, tuple[Any, tuple[Argument, ...]]] = {
        "change": (_change, (ACTUAL, before)),
        "loyalty_score": (
            _loyalty_score,
            (
                Argument("attainments", Kind.RANGE, "各行的达成率,空白不计", "attainment of each line; blank does not count", reached, blank_counts=True),
                Argument("weights", Kind.RANGE, "各行的权重", "weight of each line", weight),
                Argument("dimensions", Kind.RANGE, "各行的维度", "dimension of each line", dimension, default=None),
                cap,
                INCLUDE,
            ),
        ),
    }  # fmt: skip
    for key, (answer, arguments) in shapes.items():
        each = catalogue.SCORES[key]
        function(Function(each.worksheet_name, arguments, _bare(answer), f"{each.zh}:{each.says}", f"{each.en}. {each.title}", "scorecard", key, table=key == "change"))  # fmt: skip


def declare() -> None:
    """Register these functions; once."""
    if "LOYALTY_CONSENT_RATE" in FUNCTIONS:
        return
    kpis = library.load()
    basis = column(
        "consent_basis",
        "SurveyResponses.consent_basis",
        "每份答卷的授权依据,空白为没有",
        "lawful basis of each answer; blank is none",
        blank_counts=True,
    )
    answered = column("dates", "SurveyResponses.answered_on", "每份答卷的日期", "day of each answer", default=None)
    kept = Argument("retention_days", Kind.COUNT, "保存天数", "days for which answers may be kept", default=None)
    consent = kpis["consent_rate"]
    function(
        Function(
            consent.worksheet_name,
            (basis, answered, AS_OF, kept, INCLUDE),
            _lawful,
            f"{consent.zh}:{consent.says}",
            f"{consent.en}. {consent.title}",
            consent.dimension.value,
            consent.key,
        )
    )
    _tables()
    _scores()


__all__ = ["declare"]
