"""Closing and reopening a period: the act that is added to the workbook's chain, or the reason why it cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from loyalty_xl.closed_lines import Key, facts_of, kept_result, key_of
from loyalty_xl.closing_rows import sealed, snapshot_before
from loyalty_xl.closing_snapshot import news, snapshot
from loyalty_xl.closings import CLOSED, DETAIL, LINE, REOPENED, SHOWN, YTD, Act, Closings, fingerprint
from loyalty_xl.errors import UsageError
from loyalty_xl.restating import settings_of
from loyalty_xl.scorecard import through_windows
from loyalty_xl.version import __version__
from loyalty_xl.vocabulary import Cycle, Flag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.opening import Wish
    from loyalty_xl.restating import Shown
    from loyalty_xl.scoring import Line
    from loyalty_xl.vocabulary import Period, Result


def acted(wish: Wish, closings: Closings, shown: Shown) -> Closings:
    """Add the act that was wished for to the chain.

    Raises
    ------
    UsageError
        The period is not over, has no figures, is closed already, or is not closed.
    """
    period = shown.period
    standing = closings.standing.get(period)
    if wish.kind == REOPENED:
        if standing is None:
            raise _cannot(period, "没有结账,无需重新打开", "is not closed, so there is nothing to reopen")
        if not wish.reason:
            raise _cannot(period, "重新打开要写原因:--reason", "is reopened with a reason only: --reason")
        return _added(closings, Act(closings.next, REOPENED, period, wish.facts))
    if standing is not None:
        raise _cannot(
            period,
            "已经结账;要更改,先运行 loyalty-xl reopen 并写明原因",
            "is closed already; to change it, first run loyalty-xl reopen with a reason",
        )
    if period.cycle is Cycle.ALL or period.end > shown.situation.as_of:
        day = shown.situation.as_of.isoformat()
        raise _cannot(period, f"还没有结束(数据截止 {day})", f"is not over (data before {day})")
    return _added(closings, _closing(wish, closings, shown))


def _closing(wish: Wish, closings: Closings, shown: Shown) -> Act:
    period, situation = shown.period, shown.situation
    detail = {key_of(each): kept_result(each) for each in shown.results if each.period == period}
    if not any(each.value is not None for each in detail.values()):
        raise _cannot(period, "没有算出任何指标", "has no figures")
    dims = list(dict.fromkeys(["all", *(dim for dims in situation.ready.dims.values() for dim in dims)]))
    windowed, running = through_windows(shown.kpis.values(), period, situation, shown.waves, dims)
    facts: dict[str, Any] = {
        **wish.facts,
        "version": __version__,
        "as_of": situation.as_of.isoformat(),
        "settings": settings_of(situation.settings),
        "fingerprint": fingerprint(period, shown.lines, detail.values()),
    }
    now, before = snapshot(shown.sheets, period.stop), snapshot_before(closings)
    later = {place: files for place, files in before.items() if place[1] >= period.stop}
    return Act(
        closings.next,
        CLOSED,
        period,
        facts,
        {
            LINE: {key_of(line.result): kept_result(line.result) for line in shown.lines},
            SHOWN: {key: kept_result(each) for key, each in windowed.items()},
            DETAIL: detail,
            YTD: {key: kept_result(each) for key, each in {**running, **_adjusted(shown.lines)}.items()},
        },
        {key_of(line.result): facts_of(line) for line in shown.lines},
        news({**later, **now}, before),
    )


def _adjusted(lines: Iterable[Line]) -> dict[Key, Result]:
    """Totals of the year that hold a person's value: what comes later is added to that."""
    return {
        key_of(line.result): replace(line.ytd, numerator=line.ytd.value)
        for line in lines
        if line.ytd is not None and Flag.ADJUSTED in line.ytd.flags and line.kpi.unit.is_additive
    }


def completed(closings: Closings, results: Iterable[Result]) -> Closings:
    """Add what has matured since its period was closed."""
    for act in closings.completed(results):
        closings = _added(closings, act)
    return closings


def _added(closings: Closings, act: Act) -> Closings:
    return closings.then(sealed(act, closings.seal))


def _cannot(period: Period, zh: str, en: str) -> UsageError:
    return UsageError("", f"期间 {period.label} {zh}。", f"Period {period.label} {en}.")


__all__ = ["acted", "completed"]
