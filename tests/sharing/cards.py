"""A card made by hand, with something of everything: what drawing is tested with, without computing anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from loyalty_xl.books.places import in_language
from loyalty_xl.sharing.card import (
    Action,
    Audience,
    Breakdown,
    Card,
    Change,
    Definition,
    Earlier,
    Figure,
    FindingCount,
    Group,
    Part,
    Restated,
    Row,
)
from loyalty_xl.vocabulary import Status, Trend, Unit

FEW = {"zh": "少于 5", "en": "fewer than 5", "both": "少于 5 fewer than 5"}
MONTHS = tuple(f"2025-{month:02d}" for month in range(7, 13)) + tuple(f"2026-{month:02d}" for month in range(1, 8))


def course(last: float, step: float, *, missing: int = 0) -> tuple[Figure, ...]:
    """Thirteen figures that end in *last*; the first *missing* are not there."""
    values = [last - step * (12 - place) * (1 if place % 3 else 0.7) for place in range(12)]
    return (*(Figure(None if place < missing else value) for place, value in enumerate(values)), Figure(last))


def made_card(language: str = "en", **other: Any) -> Card:
    """A card of July 2026 in *language*: four dimensions, all statuses, every kind of missing figure."""

    def words(zh: str, en: str) -> str:
        return in_language(zh, en, language)

    few = Figure(None, FEW[language], suppressed=True)
    maturing = Figure(None, words("观察期未满", "still maturing"))
    rows = {
        "behaviour": (
            Row("repeat_purchase_rate", words("重复购买率", "Repeat purchase rate"), "behaviour", Unit.SHARE,
                actual=Figure(0.412), target=Figure(0.45), variance=Figure(-0.038), attainment=Figure(0.412 / 0.45), status=Status.AMBER,
                ytd=Figure(0.405), change="+1.2 pts" if language != "zh" else "+1.2 点", change_year="-0.4 pts", trend=Trend.BETTER,
                base="n = 1,284", window=words("12 个月至 2026-07", "12 months to 2026-07"), owner="陈静", weight=2,
                history=course(0.412, 0.004), aims=(0.45,) * 13),
            Row("average_spend", words("客均消费 (万元)", "Average spend (万元)"), "behaviour", Unit.MONEY_PER_CUSTOMER,
                actual=Figure(1234567.891), target=Figure(1200000), variance=Figure(34567.891), attainment=Figure(1.0288), status=Status.GREEN,
                ytd=Figure(1201000.5), change="+3.1%", trend=Trend.FLAT, base="n = 812", weight=1, history=course(1234567.891, 9000.0), aims=(1200000.0,) * 13),
            Row("customer_base", words("客户数", "Customer base"), "behaviour", Unit.COUNT, actual=Figure(8650), status=Status.GREY,
                base="n = 8,650", history=course(8650, 25.0), aims=(None,) * 13),
        ),
        "attitude": (
            Row("nps", words("净推荐值", "Net Promoter Score"), "attitude", Unit.POINTS,
                actual=Figure(42.0), target=Figure(50.0), variance=Figure(-8.0), attainment=Figure(0.84), status=Status.RED, straddles=True,
                ytd=Figure(44.1), change="-3.0 pts", trend=Trend.WORSE, base="n = 96", owner="王芳", weight=3, adjusted=True,
                comment=words("七月系统切换,回访晚了两周。", "Call-backs came two weeks late: change of system in July."),
                actions=(Action("王芳", date(2026, 9, 30)), Action("", date(2026, 7, 15), overdue=True)),
                history=course(42.0, -0.8, missing=4), aims=(45.0,) * 8 + (50.0,) * 5),
            Row("nps", words("净推荐值", "Net Promoter Score"), "attitude", Unit.POINTS, "region", "西南", "西南", actual=few, target=Figure(50.0),
                variance=few, attainment=few, status=Status.GREY, history=(few,) * 13, aims=(50.0,) * 13),
        ),
        "retention": (
            Row("churn_rate", words("流失率", "Churn rate"), "retention", Unit.SHARE, actual=Figure(0.182), target=Figure(0.10),
                variance=Figure(0.082), attainment=Figure(0.549), status=Status.RED, ytd=Figure(0.18), change="+0.2 pts", trend=Trend.WORSE,
                base="n = 8,700", window=words("12 个月至 2026-07", "12 months to 2026-07"), weight=2, history=course(0.182, 0.001), aims=(0.10,) * 13),
            Row("save_rate", words("挽留成功率", "Save rate"), "retention", Unit.SHARE, actual=maturing, target=Figure(0.3), status=Status.GREY,
                base=words("批次 2026-04", "cohort 2026-04"), weight=1, history=(maturing,) * 13, aims=(0.3,) * 13),
        ),
        "service": (
            Row("complaint_rate", words("每千单投诉", "Complaints per 1,000 orders"), "service", Unit.PER_THOUSAND, actual=Figure(19.3),
                target_text="15 – 20", status=Status.GREEN, base="n = 2,020", owner="李强 <客服>", history=course(19.3, 0.1), aims=(None,) * 13),
        ),
    }  # fmt: skip
    titles = {
        "behaviour": ("行为", "behaviour"),
        "attitude": ("态度", "attitude"),
        "retention": ("留存", "retention"),
        "service": ("服务", "service"),
    }
    scores = {"behaviour": Figure(93.1), "attitude": few, "retention": Figure(54.9), "service": Figure()}
    nps = rows["attitude"][0]
    changes = (
        Change(nps.label, Unit.POINTS, Figure(45.0), Figure(42.0), Status.AMBER, Status.RED, words("答卷新增 12 行(2026-07)", "12 rows added to SurveyResponses (2026-07)")),
        Change(words("流失率", "Churn rate"), Unit.SHARE, Figure(0.18), Figure(0.182), Status.RED, Status.RED),
    )  # fmt: skip
    card = Card(
        Audience(language),
        "9f2c1e" * 10 + "abcd",
        words("客户忠诚度记分卡", "Customer loyalty scorecard"),
        "2026-07",
        "2026-08-01",
        words("草稿:收数未全部确认", "DRAFT: not every delivery is confirmed"),
        is_draft=True,
        score=Figure(76.4),
        facts=(
            (words("目标", "Targets"), words("8 项中 7 项有目标,5 项计分", "7 of 8 targets set, 5 scored")),
            (words("尚无数据", "Not fed yet"), "–"),
        ),
        groups=tuple(Group(key, words(*titles[key]), scores[key], some) for key, some in rows.items()),
        periods=MONTHS,
        breakdowns=(
            Breakdown("region", words("区域", "Region"), (words("全部", "All"), "华东", "华北", "西南"), (
                Part("nps", words("净推荐值", "Net Promoter Score"), Unit.POINTS, "2026-07", (Figure(42.0), Figure(47.5), few, few), (96, 80, None, None)),
                Part("repeat_purchase_rate", words("重复购买率", "Repeat purchase rate"), Unit.SHARE, words("12 个月至 2026-07", "12 months to 2026-07"),
                     (Figure(0.412), Figure(0.44), Figure(0.39), Figure(0.36)), (1284, 600, 500, 184)),
            )),
        ),
        findings=(
            FindingCount("E231", words("超出范围", "Out of range"), True, 3, (words("答卷", "SurveyResponses"),)),
            FindingCount("W239", words("缺少月份", "Month missing"), False, 1, (words("订单", "Orders"), words("投诉", "Complaints"))),
        ),
        definitions=(
            Definition(words("净推荐值", "Net Promoter Score"), words("推荐者占比减贬损者占比,以分计。", "Share of promoters less share of detractors, in points."),
                       "NPS = (promoters - detractors) / answers x 100", words("分", "points"), words("期间本身", "the period itself")),
            Definition(words("流失率", "Churn rate"), words("期初客户中已流失的占比。", "Share of the customers at the start who are lost."),
                       "churn = lost / customers at start", "%", words("12 个月", "12 months")),
        ),
        restatements=(
            Restated("2026-06", nps.label, words("实际", "Actual"), Unit.POINTS, Figure(45.0), Figure(44.2), words("结账时", "as closed"),
                     words("答卷新增 12 行(2026-06)", "12 rows added to SurveyResponses (2026-06)")),
        ),
        version=2,
        earlier=Earlier("2026-07", date(2026, 8, 5), 1, changes),
        notes=(
            words("少于 5 人的数字不显示;能由其他数字推出的也不显示。", "Figures of fewer than 5 customers are not shown, nor those from which they could be worked out."),
            words("† 由人调整", "† adjusted by a person"),
        ),
        own_words=frozenset({"华东", "华北", "西南", "2026-07", *(row.label for some in rows.values() for row in some)}),
    )  # fmt: skip
    return replace(card, **other)
