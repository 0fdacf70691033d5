"""The Improvement sheet: rows to plans, and what a plan must say."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from loyalty_xl.contracts.target_changes import typed_otherwise
from loyalty_xl.contracts.targets import Reader, records
from loyalty_xl.vocabulary import Finding, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.target_changes import Renamed
    from loyalty_xl.contracts.targets import KpiName, Segments
    from loyalty_xl.vocabulary import Calendar

MUST = (  # what a plan must say: label zh, en
    ("goal", "目标值", "goal"),
    ("start", "开始日期", "start"),
    ("due", "完成时限", "due"),
    ("owner", "责任人", "owner"),
    ("resources", "资源", "resources"),
)
RESOURCES = ("resource_budget", "resource_people", "resource_other")


def read_plans(
    sheet: Sheet | None,
    names: Mapping[str, KpiName],
    calendar: Calendar,
    segments: Segments | None = None,
    renamed: Renamed | None = None,
) -> tuple[list[Plan], list[Finding]]:
    """Read the plans of a checked Improvement sheet; goal, timeline, owner and resources are mandatory (W369).

    A row whose KPI, period or segment cannot be understood is left out with its finding.
    """
    if sheet is None:
        return [], []
    reader = Reader(sheet, names, calendar, segments or {}, renamed)
    plans = []
    for row, cells in records(sheet):
        plan = _plan(reader, row, cells)
        if plan is not None:
            plans.append(plan)
            _complete(reader, plan)
    return plans, reader.findings + typed_otherwise(reader.typed, sheet) + reader.unmarked()


def _plan(reader: Reader, row: int, cells: dict[str, Any]) -> Plan | None:
    name = reader.kpi(row, str(cells.get("kpi") or ""))
    place = reader.segment(row, None, str(cells.get("segment") or ""))
    periods = {}
    for field in ("trigger_cycle", "review_cycle"):
        text = str(cells.get(field) or "").strip()
        periods[field] = reader.period(row, text, None, field) if text else None
        if text and periods[field] is None:
            return None
    goal = cells.get("goal")
    if (
        name is None
        or place is None
        or (goal is not None and not reader.in_range(row, cells, name, "absolute", ("goal",)))
    ):
        return None
    texts = {field: str(cells.get(field) or "").strip() for field in ("plan_id", "owner", "dept", "stage")}
    return Plan(
        texts["plan_id"],
        name.key,
        place[0],
        place[1],
        stage=texts["stage"],
        trigger=periods["trigger_cycle"],
        review=periods["review_cycle"],
        goal=goal,
        start=_day(cells.get("start")),
        due=_day(cells.get("due")),
        owner=texts["owner"],
        dept=texts["dept"],
        has_resources=any(cells.get(field) not in (None, "") for field in RESOURCES),
        progress=cells.get("progress"),
        status=cells.get("status") or "planned",
        result_value=cells.get("result_value"),
        row=row,
    )


def _day(value: Any) -> date | None:
    return None if value is None else date(value.year, value.month, value.day)


def _complete(reader: Reader, plan: Plan) -> None:
    """W369: what the plan does not say."""
    if plan.status == "dropped":
        return
    said = {"goal": plan.goal is not None, "start": plan.start, "due": plan.due, "owner": plan.owner, "resources": plan.has_resources}  # fmt: skip
    missing = [(zh, en) for key, zh, en in MUST if not said[key]]
    if not missing:
        return
    zh, en = ("、".join(each[0] for each in missing), ", ".join(each[1] for each in missing))
    sheet = reader.sheet
    cell = f"{sheet.sent['plan_id']}{plan.row}"
    header = sheet.headers.get("plan_id", "plan_id")
    detail = (("missing_zh", zh), ("missing_en", en))
    reader.findings.append(Finding("W369", sheet.title, "", plan.plan_id, "", header, cells=(cell,), detail=detail))
