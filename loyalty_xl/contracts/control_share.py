"""The control sheet of sharing: who gets the scorecard, in which language, and what of it they may see."""

from __future__ import annotations

from loyalty_xl.contracts.contract import Contract, Field, Type

LANGUAGES: dict[str, tuple[str, ...]] = {
    "zh": ("中文", "chinese", "汉语"),
    "en": ("英文", "english", "英语"),
    "both": ("中英文", "双语", "中英双语"),
}

RECIPIENTS = Contract(
    "Recipients",
    "收件人",
    "control",
    (
        Field(
            "name",
            Type.STR,
            "姓名",
            ("收件人", "收件人姓名"),
            usual=True,
            en="name, as it stands before the address",
            zh_note="显示在邮箱地址前的姓名",
        ),
        Field(
            "address",
            Type.STR,
            "邮箱",
            ("邮箱地址", "邮件地址", "电子邮箱", "email", "e-mail", "mail"),
            usual=True,
            required=True,
            en="e-mail address",
            zh_note="电子邮箱地址",
        ),
        Field(
            "group",
            Type.STR,
            "收件组",
            ("组", "分组", "群组"),
            en="those of one group get one draft; blank = by language and segments",
            zh_note="同组的人合用一封草稿；空白按语言和可见细分归组",
        ),
        Field(
            "language",
            Type.CAT,
            "语言",
            ("邮件语言",),
            choices=LANGUAGES,
            en="language of what they get",
            zh_note="收到的记分卡用什么语言",
            default="the workbook's",
        ),
        Field(
            "segments",
            Type.STR,
            "可见细分",
            ("可见范围", "细分", "区域"),
            en="segments they may see, as 华东; region=华南. Blank = all, none = none of them. The figures of all customers are always shown",
            zh_note="可以看到的细分，如 华东; region=华南；空白表示全部，写“无”表示都不看。全体客户的数字总是显示",
        ),
        Field("note", Type.STR, "备注", ("说明", "comment"), en="anything to add", zh_note="补充说明"),
    ),
    key=("address",),
    en="Who gets the scorecard by e-mail, in which language, and which segments they may see.",
    zh_note="谁通过邮件收到记分卡、用什么语言、能看到哪些细分。",
)

CONTRACTS = (RECIPIENTS,)
