"""The page Diagnosis: when the scorecard misjudges, is it the dimensions, the data or the model? Side by side, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loyalty_xl import catalogue
from loyalty_xl.books.places import in_language
from loyalty_xl.publish.words import DIMENSIONS, REASONS, STATUSES
from loyalty_xl.vocabulary import Reason, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.pipeline import Refresh

PARTS = {"dimensions": ("维度", "Dimensions"), "data": ("数据", "Data"), "model": ("模型", "Model")}
ENOUGH, FEW = 0.8, 0.5  # share of a dimension's KPIs with a value
COMPLETE, VALID = 0.95, 0.98  # shares of filled cells and of rows that pass
RELIABLE = 0.7  # Cronbach's alpha from which items may be averaged: Nunnally & Bernstein 1994
WHOLE = ("合计", "All in all")
WORST = (Status.RED, Status.AMBER, Status.GREY, Status.GREEN)


@dataclass(frozen=True)
class Look:
    """One thing looked at: what was found, how it is judged, what to do."""

    part: str
    item: tuple[str, str]  # zh, en
    status: Status
    found: tuple[str, str]  # zh, en
    advice: tuple[str, str] = ("", "")


def diagnosis_rows(made: Refresh) -> list[list[Any]]:
    """Three sums first, one for each part, then everything looked at."""
    if made.period is None:
        return []
    looks = [*_dimensions(made), *_data(made), *_models(made)]
    sums = [_sum(part, [each for each in looks if each.part == part]) for part in PARTS]
    return [_row(each, made.language) for each in (*sums, *looks)]


def _row(each: Look, language: str) -> list[Any]:
    shape, zh, en = {
        **STATUSES,
        Status.GREEN: ("●", "可靠", "sound"),
        Status.AMBER: ("▲", "留意", "look"),
        Status.RED: ("■", "有问题", "at fault"),
        Status.GREY: ("○", "未评价", "not judged"),
    }[each.status]
    part = in_language(*PARTS[each.part], language)
    return [
        part,
        in_language(*each.item, language) if each.item[0] != each.item[1] else each.item[0],
        f"{shape} {in_language(zh, en, language)}",
        _lines(*each.found, language),
        _lines(*each.advice, language) or None,
    ]


def _lines(zh: str, en: str, language: str) -> str:
    """One text, or both on lines of their own where they differ."""
    return {"zh": zh, "en": en}.get(language, zh if zh == en else f"{zh}\n{en}")


def _sum(part: str, looks: list[Look]) -> Look:
    """One part in a sentence: its worst status, and what to look at first."""
    judged = [each for each in looks if each.status is not Status.GREY]
    worst = next((status for status in WORST if any(each.status is status for each in looks)), Status.GREY)
    bad = [each.item for each in judged if each.status in (Status.RED, Status.AMBER)][:4]
    sound = len(judged) - len(bad)
    if not judged:
        return Look(part, WHOLE, Status.GREY, ("没有可评价的内容", "nothing to judge yet"))
    zh = f"{len(judged)} 项中 {sound} 项可靠" + (f";先看:{'、'.join(zh for zh, _ in bad)}" if bad else "")
    en = f"{sound} of {len(judged)} sound" + (f"; look first at: {', '.join(en for _, en in bad)}" if bad else "")
    return Look(part, WHOLE, worst if worst is not Status.GREY else Status.GREEN, (zh, en))


def _dimensions(made: Refresh) -> Iterable[Look]:
    """How much of each dimension is measured at all."""
    now = {each.kpi: each for each in made.results if each.period == made.period and each.segment_dim == "all"} | {
        line.kpi.key: line.result for line in made.lines if line.result.segment_dim == "all"
    }
    for dimension, words in DIMENSIONS.items():
        keys = [key for key, kpi in catalogue.KPIS.items() if kpi.dimension.value == dimension and key in now]
        if not keys:
            continue
        without: dict[Reason, list[str]] = {}
        for key in keys:
            reason = now[key].reason
            if reason is not None:
                without.setdefault(reason, []).append(key)
        valued = len(keys) - sum(map(len, without.values()))
        share = valued / len(keys)
        status = Status.GREEN if share >= ENOUGH else Status.AMBER if share >= FEW else Status.RED
        told = [(REASONS[reason], keys) for reason, keys in without.items()]
        zh = f"{len(keys)} 个指标中 {valued} 个有值" + "".join(
            f";{why[0]}:{_few([catalogue.KPIS[key].zh for key in named])}" for why, named in told
        )
        en = f"{valued} of {len(keys)} KPIs have a value" + "".join(
            f"; {why[1]}: {_few([catalogue.KPIS[key].en for key in named])}" for why, named in told
        )
        sheets = _missing(made, [key for keys in without.values() for key in keys])
        advice = (f"补上:{sheets}", f"send: {sheets}") if sheets else ("", "")
        yield Look("dimensions", words, status, (zh, en), advice)


def _few(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" +{len(names) - 4}" if len(names) > 4 else "")


def _missing(made: Refresh, keys: list[str]) -> str:
    """Sheets that these KPIs read and that did not come."""
    wanted = [
        sheet
        for key in keys
        for name in catalogue.KPIS[key].measures
        if name in catalogue.MEASURES
        for sheet in catalogue.MEASURES[name].rows.sheets
    ]
    return ", ".join(name for name in dict.fromkeys(wanted) if name not in made.sheets)


def _data(made: Refresh) -> Iterable[Look]:
    """How good each sheet's rows of the period are."""
    for name, sheet in made.sheets.items():
        if sheet.contract.dept == "control":
            continue
        if sheet.blocked or name in made.inputs.stopped:
            found = ("无法使用,见“问题”", "cannot be used, see Findings")
            yield Look(
                "data",
                (name, name),
                Status.RED,
                found,
                ("按“问题”修好后再更新", "repair what Findings says, then refresh"),
            )
        elif sheet.contract.date and len(sheet.counts):
            yield _rows_of(made, name, sheet)


def _rows_of(made: Refresh, name: str, sheet: Sheet) -> Look:
    assert made.period is not None
    counts = sheet.counts[(sheet.counts.index >= made.period.first) & (sheet.counts.index < made.period.stop)]
    rows = float(counts["rows"].sum())
    if not rows:
        return Look("data", (name, name), Status.GREY, ("本期没有行", "no rows in the period"))
    valid = float(counts["passing"].sum()) / rows
    cells = float(counts["required_cells"].sum())
    complete = float(counts["filled_cells"].sum()) / cells if cells else 1.0
    imputed = float(counts["imputed"].sum()) / rows
    limit, allowed = made.settings.max_imputed_share, made.settings.max_rejected_share
    faults = [
        (1 - valid > allowed, ("退回不合格的行", "send the rows that fail back"), Status.RED),
        (imputed > limit, ("补录太多,找回原始数据", "too much is imputed: find the original data"), Status.RED),
        (valid < VALID, ("修正不合格的行", "repair the rows that fail"), Status.AMBER),
        (complete < COMPLETE, ("补齐空白的单元格", "fill the blank cells"), Status.AMBER),
    ]
    told = next(((advice, status) for wrong, advice, status in faults if wrong), (("", ""), Status.GREEN))
    zh = f"{rows:,.0f} 行;通过 {valid:.1%},完整 {complete:.1%},补录 {imputed:.1%}"
    en = f"{rows:,.0f} rows; {valid:.1%} pass, {complete:.1%} complete, {imputed:.1%} imputed"
    return Look("data", (name, name), told[1], (zh, en), told[0])


def _models(made: Refresh) -> Iterable[Look]:
    """Whether what is estimated, not counted, deserves trust."""
    yield from _early_warning(made)
    yield from _price(made)
    yield from _scales(made)
    yield from _predicted(made)


def _name(key: str) -> tuple[str, str]:
    return catalogue.LISTINGS[key].zh, catalogue.LISTINGS[key].en


def _early_warning(made: Refresh) -> Iterable[Look]:
    rows = {(row["part"], row["item"]): row for row in made.tables.get("early_warning_validation", [])}
    verdict = rows.get(("result", "verdict"))
    if verdict is None:
        return
    auc = rows.get(("quality", "auc"), {})
    score, recency = auc.get("score"), auc.get("recency")
    name = _name("early_warning_validation")
    if score is None or recency is None:
        found = ("历史不足,未经验证;按规则评分", "not validated, history too short; the rule scores")
        advice = ("积累更多历史,或缩短流失窗口", "gather more history, or shorten the churn window")
        yield Look("model", name, Status.AMBER, found, advice)
        return
    numbers = f"AUC {score:.3f}", f"{recency:.3f}"
    if score > recency:
        found = (
            f"{numbers[0]},好于“距上次购买天数” {numbers[1]}",
            f"{numbers[0]}, above days since the last purchase {numbers[1]}",
        )
        yield Look("model", name, Status.GREEN, found)
    else:
        found = (
            f"{numbers[0]},不如“距上次购买天数” {numbers[1]};改用规则",
            f"{numbers[0]}, not above days since the last purchase {numbers[1]}; the rule scores",
        )
        more = [sheet for sheet in ("Complaints", "SurveyResponses") if sheet not in made.sheets]
        advice = (f"补上:{', '.join(more)}", f"feed {', '.join(more)}, too") if more else ("", "")
        yield Look("model", name, Status.AMBER, found, advice)


def _price(made: Refresh) -> Iterable[Look]:
    rows = [row for row in made.tables.get("price_segments", []) if row["segment_dim"] != "all"]
    if not rows:
        return
    good = [row for row in rows if row["price_elasticity"] is not None]
    bad = [str(row["segment"]) for row in rows if row["price_elasticity"] is None]
    status = Status.GREEN if len(good) >= ENOUGH * len(rows) else Status.AMBER if good else Status.RED
    zh = f"{len(rows)} 个细分中 {len(good)} 个可识别" + (f";不可识别:{_few(bad)}" if bad else "")
    en = f"identified in {len(good)} of {len(rows)} segments" + (f"; not in: {_few(bad)}" if bad else "")
    advice = (
        ("这些细分的价格变动太少,不要据此定价", "prices moved too little there: do not set prices by it")
        if bad
        else ("", "")
    )
    yield Look("model", _name("price_segments"), status, (zh, en), advice)


def _scales(made: Refresh) -> Iterable[Look]:
    rows = made.tables.get("scale_reliability", [])
    alphas = {row["question_group"]: row["alpha"] for row in rows if row["alpha"] is not None}  # of the newest period
    if not rows:
        return
    name = _name("scale_reliability")
    if not alphas:
        yield Look("model", name, Status.GREY, ("答卷太少,无法评价", "too few answers to judge"))
        return
    status = Status.GREEN if min(alphas.values()) >= RELIABLE else Status.AMBER
    listed = ", ".join(f"{group} α = {alpha:.2f}" for group, alpha in alphas.items())
    advice = ("这些题测的不是同一件事,分开看", "the items do not measure one thing: read them apart")
    yield Look("model", name, status, (listed, listed), advice if status is Status.AMBER else ("", ""))


def _predicted(made: Refresh) -> Iterable[Look]:
    rows = [row for row in made.tables.get("predicted_clv", []) if row["segment_dim"] == "all"]
    if not rows:
        return
    fit = made.tables.get("predicted_clv_fit", [])
    remarks = [str(row["remark"]) for row in fit if row.get("remark")]
    name = _name("predicted_clv")
    if rows[0].get("reason"):
        found = ("数据不足以确定模型,未显示", "the data do not determine the model; nothing is shown")
        yield Look("model", name, Status.AMBER, found)
    elif "dependent" in remarks:
        found = (
            "金额与购买次数相关,预测值有偏",
            "spend depends on how often customers buy; the forecast is off by as much",
        )
        yield Look("model", name, Status.AMBER, found)
    else:
        yield Look("model", name, Status.GREEN, ("模型拟合成功", "the model fits"))
