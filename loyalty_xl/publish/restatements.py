"""Restatements in words: the page, the terminal, the JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl import catalogue
from loyalty_xl.books.patch import Style
from loyalty_xl.books.places import RESTATEMENTS, in_language
from loyalty_xl.causes import in_words
from loyalty_xl.closed_lines import kept
from loyalty_xl.publish.faces import number_format
from loyalty_xl.publish.words import FORMATS, REASONS
from loyalty_xl.vocabulary import Reason

if TYPE_CHECKING:
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.restating import Restatement

RESTATED_SHOWN = 5_000  # rows on the page
WHAT = {
    "actual": ("记分卡实际值", "Scorecard actual"),
    "detail": ("本期值", "period's own value"),
    "target": ("目标", "target"),
}
STANDS = {
    "closed": ("结账时的数字", "as closed"),
    "matured": ("到期补齐", "matured"),
    "reopened": ("现在的数字(已重新打开)", "now (reopened)"),
    "closed again": ("再次结账的数字", "as closed again"),
}


def restatement_rows(made: Refresh) -> list[list[Any]]:
    """Rows of Restatements below its header."""
    language = made.language
    rows = []
    for each in made.restatements[:RESTATED_SHOWN]:
        kpi = catalogue.KPIS.get(each.key[0])
        factor = made.settings.money_factor if kpi and kpi.unit.is_money else 1.0
        rows.append(
            [
                each.period.label,
                each.key[0],
                kpi.label(language) if kpi else None,
                each.key[1],
                each.key[2],
                in_language(*WHAT[each.what], language),
                each.window or None,
                _shown(each.closed, factor, language),
                _shown(each.now, factor, language),
                kept(each.difference / factor) if each.difference is not None else None,
                in_language(*STANDS[each.shown], language),
                cause_text(each, language) or None,
            ]
        )
    if (left := len(made.restatements) - RESTATED_SHOWN) > 0:
        text = in_language(
            f"另有 {left:,} 行未列出;全部见 loyalty-xl check --json",
            f"{left:,} more rows are not listed; loyalty-xl check --json has all",
            language,
        )
        rows.append([None] * 11 + [text])
    return rows


def restatement_marks(made: Refresh) -> dict[tuple[int, int], Style]:
    """Number formats of the figures on Restatements, by worksheet row and column: each in the unit of its KPI."""
    marks: dict[tuple[int, int], Style] = {}
    first = next(place for place, column in enumerate(RESTATEMENTS.columns, start=1) if column.key == "closed")
    for row, each in enumerate(made.restatements[:RESTATED_SHOWN], start=2):
        kpi = catalogue.KPIS.get(each.key[0])
        if kpi is not None:
            style = Style(number_format=FORMATS[kpi.unit], valign="top")
            signed = Style(number_format=number_format("variance", kpi.unit), valign="top")
            marks |= {(row, first): style, (row, first + 1): style, (row, first + 2): signed}
    return marks


def cause_text(each: Restatement, language: str) -> str:
    """Why a figure differs, in words."""
    parts = []
    if each.why:
        parts.append(f"{in_language('重新打开', 'reopened', language)}: {each.why}")
    if each.shown == "matured":
        parts.append(
            in_language("结账时尚未到期,现已到期", "was still maturing when closed, is complete now", language)
        )
    parts += [in_words(each.causes, language)] if each.causes else []
    return in_language("；", "; ", "zh" if language == "zh" else "en").join(part for part in parts if part)


def _shown(value: float | Reason | None, factor: float, language: str) -> float | str | None:
    if isinstance(value, Reason):
        return in_language(*REASONS[value], language)
    return kept(value / factor) if value is not None else None


def restatements_text(made: Refresh, language: str, shown: int = 10) -> str:
    """What closed periods would show otherwise, for the terminal; "" when there is nothing."""
    found = [each for each in made.restatements if each.shown != "matured"]
    if not found:
        return ""
    head = in_language(
        f"重述:{len(found)} 个数字与结账时不同",
        f"Restatements: {len(found)} figures differ from what was closed",
        language,
    )
    lines = [head]
    for each in found[:shown]:
        where = "" if each.key[1] == "all" else f" {each.key[1]}={each.key[2]}"
        then, now = (_plain(value, language) for value in (each.closed, each.now))
        what = in_language(*WHAT[each.what], language)
        lines.append(
            f"  {each.period.label} {each.key[0]}{where} · {what}: {then} → {now}  ({cause_text(each, language)})"
        )
    if len(found) > shown:
        lines.append(f"  … +{len(found) - shown}")
    return "\n".join(lines)


def _plain(value: float | Reason | None, language: str) -> str:
    if value is None:
        return "–"
    return in_language(*REASONS[value], language) if isinstance(value, Reason) else f"{value:.6g}"


def restatement_json(each: Restatement) -> dict[str, Any]:
    """A restatement as the JSON document holds it."""
    return {
        "period": each.period.label,
        "kpi": each.key[0],
        "segment_dim": each.key[1],
        "segment": each.key[2],
        "what": each.what,
        "window": each.window,
        "closed": each.closed,
        "now": each.now,
        "difference": each.difference,
        "shown": each.shown,
        "reopened_because": each.why or None,
        "causes": [{"kind": cause.kind, "zh": cause.text("zh"), "en": cause.text("en")} for cause in each.causes],
    }
