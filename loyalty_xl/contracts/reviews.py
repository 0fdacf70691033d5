"""Unsolicited comments, and the dictionary by which all comments are sorted into themes."""

from __future__ import annotations

from loyalty_xl.contracts.contract import Contract, Field, Type
from loyalty_xl.contracts.shared import CUSTOMER_ID, IMPUTED, like

REVIEWS = Contract(
    "Reviews",
    "公开评论",
    "sales",
    (
        Field(
            "on",
            Type.DATE,
            "评论日期",
            ("日期", "发布日期", "发布时间", "评论时间", "posted on", "review date", "date"),
            usual=True,
            required=True,
            en="day on which it was posted",
            zh_note="发布的日期",
        ),
        Field(
            "platform",
            Type.STR,
            "平台",
            ("来源平台", "网站", "渠道", "来源", "site", "source"),
            usual=True,
            en="where it was posted",
            zh_note="发布的平台",
        ),
        Field(
            "text",
            Type.STR,
            "评论内容",
            ("评论", "内容", "评价内容", "正文", "review", "content", "comment"),
            usual=True,
            required=True,
            personal=True,
            en="what they wrote",
            zh_note="评论的原文",
        ),
        Field(
            "rating",
            Type.NUM,
            "评分",
            ("星级", "打分", "stars", "score"),
            low=0,
            high=10,
            unit="score",
            en="stars or points given there",
            zh_note="平台上的星级或分数",
        ),
        Field(
            "product_type",
            Type.STR,
            "产品类型",
            ("品类", "商品类别", "category", "product category"),
            en="kind of product it is about",
            zh_note="涉及的产品类型",
        ),
        like(CUSTOMER_ID, usual=False, en="who wrote it, where that is known", zh_note="评论的客户；不明则空白"),
        *IMPUTED,
    ),
    date="on",
    en="one row for each public review or post, which nobody asked for",
    zh_note="每条公开评论或帖子一行（非问卷征集）",
)

THEME_WORDS = Contract(
    "ThemeWords",
    "主题词典",
    "control",
    (
        Field(
            "theme",
            Type.STR,
            "主题",
            ("主题代码", "theme code"),
            usual=True,
            required=True,
            en="code of the theme; any = the word only says good or ill, of whatever theme stands beside it",
            zh_note="主题的代码；any = 只表示好坏、不属于某个主题",
        ),
        Field(
            "zh",
            Type.STR,
            "主题中文名",
            ("中文名", "中文名称", "chinese name"),
            en="Chinese name of the theme",
            zh_note="主题的中文名称",
        ),
        Field(
            "en",
            Type.STR,
            "主题英文名",
            ("英文名", "英文名称", "english name"),
            en="English name of the theme",
            zh_note="主题的英文名称",
        ),
        Field(
            "word",
            Type.STR,
            "词",
            ("词语", "关键词", "keyword", "term"),
            usual=True,
            required=True,
            en="word: Chinese ones are found anywhere, English ones in all their forms",
            zh_note="词：中文按出现查找，英文按词干查找",
        ),
        Field(
            "polarity",
            Type.CAT,
            "褒贬",
            ("极性", "倾向", "情感", "sentiment"),
            usual=True,
            choices={
                "positive": ("正面", "褒", "褒义", "好", "+", "+1", "1"),
                "neutral": ("中性", "中", "0"),
                "negative": ("负面", "贬", "贬义", "差", "-1"),
            },
            default="neutral",
            en="whether the word praises, finds fault, or neither",
            zh_note="该词是褒、贬还是中性",
        ),
        Field(
            "version",
            Type.STR,
            "版本",
            ("词典版本", "版本号", "dictionary version"),
            en="version of the dictionary",
            zh_note="词典的版本",
        ),
    ),
    key=("theme", "word"),
    en="one row for each word by which comments are sorted into themes; yours to change",
    zh_note="给评论归类的词，每词一行；可自行增删",
)

CONTRACTS = (REVIEWS,)
