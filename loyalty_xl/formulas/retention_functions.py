"""Worksheet functions for keeping customers: save rate, reactivation, customers at risk, early warning, reasons for leaving."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl import catalogue, library
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.cell_errors import without_value
from loyalty_xl.formulas.frames import ONLY_ALL, Bought, Span
from loyalty_xl.formulas.function import FUNCTIONS, INCLUDE, Argument, Function, function, setting_argument
from loyalty_xl.formulas.kpi_functions import AMOUNTS, AS_OF, CHURN_DAYS, DATES, END, IDS, START, column
from loyalty_xl.formulas.kpi_functions import _between as between
from loyalty_xl.formulas.kpi_functions import _declare as declare_kpis
from loyalty_xl.rows.customers import customer_turns
from loyalty_xl.rows.retention import base_scores
from loyalty_xl.studies.leaving import tally
from loyalty_xl.turns import one_turn
from loyalty_xl.vocabulary import Reason

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings

DATA_END = replace(
    END, zh="数据截止的次日,空白为最晚日期的次日", en="first day after the data; default: the day after the newest date", default=None
)  # fmt: skip


def _by_month(end: date | None, settings: Settings, given: dict[str, Any]) -> Ready:
    """Orders up to a day, by calendar months: the last one may be cut short by it."""
    days = frames.days_of(given["dates"])
    if not len(days):
        raise without_value(Reason.NO_DATA)
    stop = end or np.datetime64(int(days.max()) + 1, "D").astype(object)
    first = np.datetime64(int(days.min()), "D").astype(object)
    ends: list[date] = []
    month = date(first.year, first.month, 1)
    while month < stop:
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        ends.append(min(month, stop))
    if not ends:
        raise without_value(Reason.INSUFFICIENT_HISTORY)
    bought = Bought(given.get("customer_ids"), days, None, given.get("amounts"))
    return bought.ready(settings, Span(tuple(ends)), stop)


def _at_risk(key: str, end: date, settings: Settings, **given: Any) -> float:
    ready = _by_month(end, settings, given)
    last = ready.last_month
    turn = one_turn(last, last)
    build = {"base_scores": base_scores, "customer_turns": customer_turns}
    return frames.value(key, lambda kind: build[kind](ready, settings, ONLY_ALL, turn), settings)


def _saved(
    key: str, contacted_ids: np.ndarray, contacted_on: np.ndarray, customer_ids: np.ndarray, dates: np.ndarray,
    settings: Settings, as_of: date | None = None,
) -> float:  # fmt: skip
    contacts, days = frames.days_of(contacted_on), frames.days_of(dates)
    last: dict[str, int] = {}
    for who, on in zip(contacted_ids.tolist(), contacts.tolist(), strict=True):
        last[who] = max(on, last.get(who, on))
    bought: dict[str, list[int]] = {}
    for who, on in zip(customer_ids.tolist(), days.tolist(), strict=True):
        bought.setdefault(who, []).append(on)
    newest = max([*contacts.tolist(), *days.tolist()], default=0)
    stop = frames.day_number(as_of) if as_of else newest + 1
    window = settings.save_window_days
    rows = frames.columns(
        is_over=np.array([stop - on > window for on in last.values()], np.int64),
        is_saved=np.array(
            [any(on <= day <= on + window for day in bought.get(who, ())) for who, on in last.items()], np.int64
        ),
    )
    return frames.value(key, lambda _: rows, settings)


def _warned(key: str, settings: Settings, end: date | None = None, **given: Any) -> list[list[Any]]:
    return _spilled(key, catalogue.LISTINGS[key].function(_by_month(end, settings, given), settings, []))


def _reasons(lost_ids: np.ndarray, reasons: np.ndarray, settings: Settings) -> list[list[Any]]:  # noqa: ARG001
    place: dict[str, int] = {}
    given: dict[int, list[tuple[int, str]]] = {}
    for who, reason in zip(lost_ids.tolist(), reasons.tolist(), strict=True):
        code = place.setdefault(who, len(place))
        if reason:
            given.setdefault(code, []).append((0, str(reason)))
    if not place:
        raise without_value(Reason.NO_DENOMINATOR)
    return _spilled("leaving_reasons", tally("all", place.values(), given, 1))


def _spilled(key: str, rows: list[dict[str, Any]]) -> list[list[Any]]:
    columns = catalogue.LISTINGS[key].columns
    return [list(columns), *([row[name] for name in columns] for row in rows)]


def declare() -> None:
    """Register the functions; once."""
    if "LOYALTY_SAVE_RATE" in FUNCTIONS:
        return
    library.load()
    high = setting_argument("warn_band_high", "band_high")
    least = setting_argument("warn_min_events", "min_events")
    window = setting_argument("save_window_days", "save_window_days")
    contacted = column(
        "contacted_ids", "SaveAttempts.customer_id", "每次挽留的客户编号", "customer id of each save attempt"
    )
    on = column(
        "contacted_on", "SaveAttempts.contacted_on", "每次挽留的联系日期", "day of the contact of each save attempt"
    )
    orders = (replace(IDS, block=1), replace(DATES, block=1))
    declare_kpis("save_rate", (contacted, on, *orders, AS_OF, window), _saved)
    declare_kpis("reactivation_rate", (IDS, DATES, START, END, CHURN_DAYS), between)
    declare_kpis(
        "at_risk_customers at_risk_share at_risk_value", (IDS, DATES, AMOUNTS, END, CHURN_DAYS, high, least), _at_risk
    )
    lost = column("lost_ids", "SaveAttempts.customer_id", "流失客户的编号", "ids of the customers who were lost")
    why = column(
        "reasons", "SaveAttempts.reason", "每位的流失原因,空白为未记录;同一客户以最后一行为主", blank_counts=True,
        en="reason of each; blank is not recorded; the last row of a customer is the first reason",
    )  # fmt: skip
    study = (IDS, DATES, AMOUNTS, DATA_END, CHURN_DAYS, high, least, INCLUDE)
    shapes: dict[str, tuple[Any, tuple[Argument, ...]]] = {
        "early_warning": (_warned, study),
        "early_warning_validation": (_warned, study),
        "leaving_reasons": (_reasons, (lost, why, INCLUDE)),
    }
    for key, (answer, arguments) in shapes.items():
        each = catalogue.LISTINGS[key]
        function(
            Function(
                each.worksheet_name,
                arguments,
                _with(answer, key) if answer is _warned else answer,
                f"{each.zh}(表,含标题行)",
                f"{each.en} (a table with a header row). {each.title}",
                "tables",
                key,
                table=True,
            )
        )


def _with(answer: Any, key: str) -> Any:
    return lambda **given: answer(key, **given)


__all__ = ["declare"]
