"""How adjustments are told: beside the figure, on Detail, on Notes, in the run log and in the JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from loyalty_xl import catalogue
from loyalty_xl.books.places import in_language
from loyalty_xl.publish.words import number_text, reason_text
from loyalty_xl.vocabulary import Flag

if TYPE_CHECKING:
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.scoring import Line
    from loyalty_xl.vocabulary import Adjustment

SIGN = "†"
REASON_SHOWN = 80  # characters of a reason beside the figure; Notes has all of it
LONGEST = 2_000  # characters of a text on Notes and in the run log
MARKED = ("actual", "previous", "year_ago", "ytd")  # columns of the Scorecard whose number may be an adjusted one
SECTION = "adjustment"  # of the run log


def beside(line: Line, made: Refresh) -> str | None:
    """Who adjusted the line's actual, why, and what was computed."""
    each = line.adjusted(line.result.period)
    if each is None:
        return None
    reason = each.reason if len(each.reason) <= REASON_SHOWN else f"{each.reason[:REASON_SHOWN]}…"
    computed = _computed(each, made)
    by = each.by[:REASON_SHOWN]
    texts = {
        "zh": f"{SIGN} {by}调整:{reason}(计算值 {computed})",
        "en": f"{SIGN} adjusted by {by}: {reason} (computed {computed})",
    }
    return texts.get(made.language, f"{SIGN} {by}: {reason} (计算值 computed {computed})")


def marked(line: Line) -> set[str]:
    """Columns of a Scorecard line that show an adjusted number."""
    results = (line.result, line.previous, line.year_ago, line.ytd)
    return {
        key
        for key, result in zip(MARKED, results, strict=True)
        if result is not None and result.value is not None and Flag.ADJUSTED in result.flags
    }


def detail_notes(made: Refresh) -> dict[str, str]:
    """What Detail says, by id, beside a value that is shown otherwise on the Scorecard."""
    notes = {}
    shown = {(line.kpi.key, line.result.segment_dim, line.result.segment) for line in made.lines}
    for each in (each for each in made.adjustments if each.where in shown):
        value = _number(each, each.value, made)
        notes[each.id] = in_language(
            f"{SIGN} 记分卡上已调整为 {value}", f"{SIGN} adjusted on the Scorecard to {value}", made.language
        )
    return notes


def note_rows(made: Refresh) -> list[list[Any]]:
    """Every adjustment that counts: what was computed, what is shown, why, by whom, when."""
    kind = in_language("人工调整", "Adjustment", made.language)
    rows = []
    for each in made.adjustments:
        value, computed = _number(each, each.value, made), _computed(each, made)
        word, who = (
            in_language("计算值", "computed", made.language),
            " ".join(filter(None, (each.by, str(each.on or "")))),
        )
        text = f"{SIGN} {value} · {word} {computed} · {who}: {each.reason}"
        rows.append([kind, _item(each), text[:LONGEST]])
    return rows


def log_texts(made: Refresh) -> dict[str, str]:
    """Adjustments as inputs of the run, for its log."""
    return {each.id: f"{each.value:.15g} · {each.by}: {each.reason}"[:LONGEST] for each in made.adjustments}


def fingerprint_parts(made: Refresh) -> list[str]:
    """What belongs to the fingerprint of the period's figures: its adjustments, with who answers for them."""
    return [
        json.dumps([each.id, each.value, each.reason, each.by])
        for each in made.adjustments
        if each.period == made.period
    ]


def as_json(each: Adjustment) -> dict[str, Any]:
    """An adjustment as the JSON document holds it."""
    return {
        "kpi": each.kpi,
        "period": each.period.label,
        "segment_dim": each.segment_dim,
        "segment": each.segment,
        "adjusted": each.value,
        "computed": each.computed,
        "computed_reason": each.withheld.value if each.withheld else None,
        "reason": each.reason,
        "by": each.by,
        "on": each.on.isoformat() if each.on else None,
        "row": each.row,
    }


def _item(each: Adjustment) -> str:
    where = "" if each.segment_dim == "all" else f" {each.segment_dim}={each.segment}"
    return f"{each.kpi} {each.period}{where}"


def _computed(each: Adjustment, made: Refresh) -> str:
    if each.withheld is not None:
        return reason_text(each.withheld, made.language)
    return _number(each, each.computed, made)


def _number(each: Adjustment, value: float | None, made: Refresh) -> str:
    """A figure as the Scorecard shows it: money in the display unit."""
    kpi = catalogue.KPIS.get(each.kpi)
    if value is None or kpi is None:
        return "–"
    factor = made.settings.money_factor
    if not kpi.unit.is_money or factor == 1:
        return number_text(value, kpi.unit)
    return f"{number_text(value / factor, kpi.unit)} {made.settings.money_unit}"


__all__ = [
    "MARKED",
    "SECTION",
    "SIGN",
    "as_json",
    "beside",
    "detail_notes",
    "fingerprint_parts",
    "log_texts",
    "marked",
    "note_rows",
]
