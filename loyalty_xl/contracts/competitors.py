"""What the marketing department knows of other brands: their Net Promoter Scores, and how those were measured."""

from __future__ import annotations

from loyalty_xl.contracts.contract import Contract, Field, Type
from loyalty_xl.contracts.shared import IMPUTED, REGION_ID, like

SCALES: dict[str, tuple[str, ...]] = {
    "0-10": ("0~10", "0至10", "0到10", "11级"),
    "1-10": ("1~10", "1至10", "1到10", "10分制", "十分制"),
    "1-5": ("1~5", "1至5", "1到5", "5分制", "五分制"),
    "1-7": ("1~7", "1至7", "1到7", "7分制", "七分制"),
}


def _count(name: str, zh: str, aliases: tuple[str, ...], en: str, zh_note: str) -> Field:
    return Field(name, Type.INT, zh, aliases, low=0, unit="count", en=en, zh_note=zh_note)


COMPETITOR_NPS = Contract(
    "CompetitorNPS",
    "竞品NPS",
    "marketing",
    (
        Field(
            "brand",
            Type.STR,
            "品牌",
            ("竞争对手", "竞品", "竞品名称", "品牌名称", "竞争品牌", "competitor", "brand name"),
            usual=True,
            required=True,
            en="the brand that was rated",
            zh_note="被评价的品牌",
        ),
        Field(
            "own_brand",
            Type.BOOL,
            "是否本品牌",
            ("本品牌", "是否我方", "own", "our brand"),
            default="no",
            en="the row is our own brand, measured in the same study",
            zh_note="该行是本品牌在同一调查中的结果",
        ),
        Field(
            "period",
            Type.PERIOD,
            "期间",
            ("周期", "调查期间", "调查时间", "月份", "month", "date"),
            usual=True,
            required=True,
            en="month, quarter, half-year or year of the survey (2026-H1)",
            zh_note="调查所属期间（2026-03、2026-Q1、2026-H1）",
        ),
        Field(
            "nps",
            Type.NUM,
            "竞品净推荐值",
            ("NPS", "竞品NPS", "净推荐值", "NPS得分", "NPS值", "net promoter score"),
            low=-100,
            high=100,
            unit="points",
            en="Net Promoter Score, unless the three counts are given",
            zh_note="净推荐值；有三类人数时可不填",
        ),
        _count("promoters", "推荐者人数", ("推荐者", "promoter count"), "answers that are promoters", "推荐者的人数"),
        _count(
            "passives", "中立者人数", ("中立者", "被动者", "passive count"), "answers that are passives", "中立者的人数"
        ),
        _count(
            "detractors",
            "贬损者人数",
            ("贬损者", "批评者", "detractor count"),
            "answers that are detractors",
            "贬损者的人数",
        ),
        Field(
            "n",
            Type.INT,
            "样本量",
            ("样本数", "有效样本", "样本", "sample size", "sample", "base", "respondents"),
            usual=True,
            above=0,
            unit="count",
            en="valid answers behind the score",
            zh_note="有效答卷数",
        ),
        Field(
            "method",
            Type.CAT,
            "调查方法",
            ("方法", "调查方式", "survey method"),
            usual=True,
            choices={
                "own_panel": ("自有样本", "自行调查", "自建样本库", "own panel"),
                "syndicated": ("联合调查", "第三方调查", "行业调查", "第三方"),
                "public": ("公开数据", "公开报告", "公开"),
            },
            en="who measured it: our own panel, a syndicated study, a published figure",
            zh_note="自行调查、联合调查或公开数据",
        ),
        Field(
            "population",
            Type.CAT,
            "调查对象",
            ("受访对象", "受访人群", "respondent group"),
            choices={
                "customers": ("客户", "该品牌客户", "顾客", "customer"),
                "market": ("市场", "公众", "全体消费者", "品类消费者", "general public"),
            },
            default="customers",
            en="who was asked: the brand's own customers, or the market",
            zh_note="问的是该品牌的客户，还是市场上的消费者",
        ),
        Field(
            "scale",
            Type.CAT,
            "量表",
            ("评分量表", "分制", "rating scale"),
            usual=True,
            choices=SCALES,
            default="Settings",
            en="scale of the question",
            zh_note="推荐题的量表",
        ),
        Field(
            "source",
            Type.STR,
            "来源",
            ("数据来源", "资料来源", "report"),
            usual=True,
            en="where the figure comes from",
            zh_note="数据的来源",
        ),
        like(REGION_ID, en="region; blank = the whole market", zh_note="地区编号；空白 = 全国"),
        *IMPUTED,
    ),
    date="period",
    en="one row for each brand and survey of its customers",
    zh_note="每个品牌每次调查一行",
)
