"""The register of data corrections: what was changed or reconstructed, how, and who agreed."""

from __future__ import annotations

from loyalty_xl.contracts.contract import Contract, Field, Type

DATA_CORRECTIONS = Contract(
    "DataCorrections",
    "数据修正登记",
    "analytics",
    (
        Field(
            "ref",
            Type.ID,
            "修正登记号",
            ("登记号", "修正编号", "补录登记号", "correction ref", "reference"),
            usual=True,
            required=True,
            en="number of the entry, which the corrected rows name",
            zh_note="登记号，被修正的行引用它",
        ),
        Field(
            "sheet",
            Type.STR,
            "所在表",
            ("表名", "数据表", "sheet name"),
            usual=True,
            required=True,
            en="sheet of the product, such as Orders or 订单",
            zh_note="数据表名，如 Orders 或 订单",
        ),
        Field("row_key", Type.STR, "行标识", ("行号", "记录编号", "row"), usual=True, en="key of the row", zh_note="所在行的编号"),
        Field("field", Type.STR, "字段", ("列名", "column name"), usual=True, en="field that was changed", zh_note="被修正的字段"),
        Field("old_value", Type.STR, "原值", ("修正前", "old"), en="what stood there", zh_note="修正前的值"),
        Field("new_value", Type.STR, "新值", ("修正后", "new"), en="what stands there now", zh_note="修正后的值"),
        Field(
            "kind",
            Type.CAT,
            "修正类型",
            ("类型",),
            usual=True,
            choices={
                "corrected": ("修正", "更正"),
                "imputed": ("推测补充", "推测", "补录"),
                "deleted": ("删除",),
            },
            en="corrected, imputed (reconstructed), or deleted",
            zh_note="修正、推测补充或删除",
        ),
        Field("method", Type.STR, "依据方法", ("方法", "推测方法"), usual=True, en="how the value was found", zh_note="怎样得出的"),
        Field("basis", Type.STR, "资料来源", ("依据", "来源"), usual=True, en="what it rests on", zh_note="依据什么资料"),
        Field("witness", Type.STR, "见证人", en="who can confirm it", zh_note="谁能证实"),
        Field("author", Type.STR, "登记人", ("修正人", "作者"), usual=True, en="who made the entry", zh_note="谁登记的"),
        Field("on", Type.DATE, "登记日期", ("修正日期", "日期", "date"), usual=True, en="day of the entry", zh_note="登记的日期"),
        Field("agreed_by_depts", Type.STR, "同意部门", ("会签部门", "agreed by"), en="departments that agreed", zh_note="同意的部门"),
    ),
    en="one row for each value that was corrected, reconstructed or deleted",
    zh_note="每个被修正、推测补充或删除的值一行",
)  # fmt: skip
