"""The control sheets of keeping watch: control totals, improvement plans, and the KPI dictionary with its sign-offs."""

from __future__ import annotations

from loyalty_xl.contracts.contract import Contract, Field, Type

STAGES: dict[str, tuple[str, ...]] = {
    "new": ("新客", "新客户", "开发期"),
    "growing": ("成长", "成长期"),
    "steady": ("稳定", "稳定期", "成熟"),
    "at risk": ("濒临流失", "衰退", "衰退期", "at_risk"),
    "lost": ("流失", "已流失", "流失期"),
}
CAUSES: dict[str, tuple[str, ...]] = {
    "dimension": ("维度", "评价维度"),
    "data": ("数据",),
    "model": ("模型", "分析模型"),
    "operation": ("经营", "运营", "业务"),
}
PLAN_STATES: dict[str, tuple[str, ...]] = {
    "planned": ("计划", "未开始", "待启动"),
    "doing": ("进行中", "实施中", "in progress"),
    "done": ("完成", "已完成"),
    "overdue": ("逾期", "超期"),
    "dropped": ("取消", "放弃"),
}
SIGNERS: dict[str, tuple[str, str]] = {
    "marketing": ("市场部", "Marketing"),
    "analytics": ("数据分析部", "Data analytics"),
    "service": ("客户服务部", "Customer service"),
    "sales": ("销售部", "Sales"),
}
DEFINED = ("code", "name_zh", "name_en", "dimension", "formula", "unit", "range", "direction", "inputs", "variant")

CONTROLS = Contract(
    "Controls",
    "控制总数",
    "control",
    (
        Field(
            "sheet",
            Type.STR,
            "表",
            ("表名", "数据表"),
            usual=True,
            required=True,
            en="sheet of the product, such as Orders or 订单",
            zh_note="数据表名，如 Orders 或 订单",
        ),
        Field(
            "period",
            Type.STR,
            "期间",
            ("周期", "所属期间"),
            en="period that was counted, as 2026-03 or 2026; blank = everything",
            zh_note="所数的期间，如 2026-03、2026；空白表示全部",
            default="everything",
        ),
        Field(
            "rows",
            Type.INT,
            "行数",
            ("笔数", "记录数", "row count"),
            usual=True,
            low=0,
            en="rows that the sender counted",
            zh_note="提供方数出的行数",
        ),
        Field(
            "amount",
            Type.MONEY,
            "金额",
            ("金额合计", "总金额", "total amount"),
            usual=True,
            en="sum of the amounts, refunds negative",
            zh_note="金额合计，退款为负",
        ),
        Field(
            "source",
            Type.STR,
            "来源",
            ("依据", "数据来源"),
            usual=True,
            en="where the totals come from, such as the ledger or the ERP",
            zh_note="总数的出处，如总账、ERP",
        ),
        Field("note", Type.STR, "备注", ("说明", "comment"), en="anything to add", zh_note="补充说明"),
    ),
    en="What a sheet should add up to, counted elsewhere; every refresh compares.",
    zh_note="各表应有的行数与金额，由别处数出；每次更新都核对。",
)

IMPROVEMENT = Contract(
    "Improvement",
    "改进措施",
    "control",
    (
        Field(
            "plan_id",
            Type.ID,
            "措施编号",
            ("编号", "计划编号", "plan no"),
            usual=True,
            required=True,
            unique=True,
            en="number of the plan, each once",
            zh_note="措施的编号，不重复",
        ),
        Field(
            "kpi",
            Type.STR,
            "指标",
            ("指标名称", "指标代码", "kpi key"),
            usual=True,
            required=True,
            en="key or name of the KPI it is to improve",
            zh_note="要改进的指标",
        ),
        Field(
            "stage",
            Type.CAT,
            "客户阶段",
            ("客户发展阶段", "阶段", "customer stage"),
            choices=STAGES,
            en="stage of customer development it is for",
            zh_note="针对的客户发展阶段",
        ),
        Field("segment", Type.STR, "细分", ("细分对象",), en="segment, as region=华东", zh_note="细分，如 region=华东", default="All"),
        Field(
            "trigger_cycle",
            Type.STR,
            "触发周期",
            ("触发期间", "发现周期"),
            usual=True,
            en="period whose result set it off, as 2026-03",
            zh_note="由哪个期间的结果引起，如 2026-03",
        ),
        Field("finding", Type.STR, "问题", ("发现的问题",), usual=True, en="what was wrong", zh_note="发现了什么问题"),
        Field("root_cause", Type.CAT, "根源", ("原因类别",), choices=CAUSES, en="where it comes from", zh_note="问题出在维度、数据、模型还是经营"),
        Field("measure", Type.STR, "改进措施", ("措施", "action"), usual=True, en="what is done", zh_note="做什么"),
        Field(
            "goal",
            Type.NUM,
            "目标值",
            ("目标", "改进目标"),
            usual=True,
            en="value that the KPI is to reach; a share as 0.45 or 45%",
            zh_note="指标要达到的值；比率写 0.45 或 45%",
        ),
        Field("start", Type.DATE, "开始日期", ("开始",), usual=True, en="first day", zh_note="开始的日期"),
        Field("due", Type.DATE, "完成时限", ("截止日期", "时间表"), usual=True, en="last day", zh_note="完成的期限"),
        Field("milestones", Type.STR, "里程碑", ("阶段节点",), en="what is reached on the way", zh_note="途中的节点"),
        Field("owner", Type.STR, "责任人", ("负责人",), usual=True, en="who answers for it", zh_note="谁负责"),
        Field("dept", Type.STR, "责任部门", ("部门",), en="department that answers for it", zh_note="负责部门"),
        Field("resource_budget", Type.MONEY, "预算", ("经费",), low=0, en="money for it", zh_note="投入的经费"),
        Field("resource_people", Type.NUM, "人力", ("人数",), low=0, en="people for it", zh_note="投入的人力"),
        Field("resource_other", Type.STR, "其他资源", ("资源",), en="anything else it takes", zh_note="其他投入"),
        Field("progress", Type.PCT, "进度", ("完成进度",), low=0, high=1, en="how far it is", zh_note="完成的比例"),
        Field(
            "status",
            Type.CAT,
            "状态",
            choices=PLAN_STATES,
            en="state of the work",
            zh_note="进展状态",
            default="planned",
        ),
        Field("evidence", Type.STR, "证据", ("佐证",), en="what shows that it was done", zh_note="完成的佐证"),
        Field("review_cycle", Type.STR, "复核周期", ("复核期间",), usual=True, en="period by which it is judged, as 2026-06", zh_note="用哪个期间的结果检验，如 2026-06"),
        Field("result_value", Type.NUM, "结果值", ("实际结果",), en="value reached, where it is not in this workbook", zh_note="达到的值（不在本工作簿中时填写）"),
        Field("effect_note", Type.STR, "效果说明", ("效果",), en="what came of it", zh_note="效果如何"),
    ),
    en="What is done about a KPI that misses its target: goal, time, owner, resources, effect.",
    zh_note="指标未达标时的改进：目标、时间、责任人、资源与效果。",
)  # fmt: skip


def _signature(dept: str) -> Field:
    zh, en = SIGNERS[dept]
    return Field(
        f"signed_by_{dept}",
        Type.STR,
        f"{zh}签字",
        (f"{zh}确认",),
        en=f"signature of {en.lower()}: name and date",
        zh_note="签字人与日期，如 王芳 2026-08-01；重签时请改日期",
    )


DICTIONARY = Contract(
    "Dictionary",
    "指标口径",
    "control",
    (
        Field("kpi", Type.STR, "指标", ("指标代码", "kpi key", "key"), usual=True, required=True, en="key of the KPI", zh_note="指标的键"),
        Field("code", Type.STR, "编号", en="code in the literature table", zh_note="编号"),
        Field("name_zh", Type.STR, "中文名称", en="Chinese name", zh_note="中文名称"),
        Field("name_en", Type.STR, "英文名称", en="English name", zh_note="英文名称"),
        Field("dimension", Type.STR, "维度", en="dimension", zh_note="维度"),
        Field("formula", Type.STR, "公式", en="formula", zh_note="公式"),
        Field("unit", Type.STR, "单位", en="unit", zh_note="单位"),
        Field("range", Type.STR, "取值范围", en="possible values", zh_note="可能的取值"),
        Field("direction", Type.STR, "方向", en="which way is good", zh_note="哪个方向好"),
        Field("inputs", Type.STR, "输入", en="sheet fields it reads", zh_note="用到的表与字段"),
        Field("variant", Type.STR, "现用口径", ("variant in use",), en="window and settings in use", zh_note="现用的窗口与参数"),
        Field("owner", Type.STR, "责任部门", ("owner dept",), en="department that answers for the definition", zh_note="对口径负责的部门"),
        Field("version", Type.STR, "版本", en="version of the definition", zh_note="口径的版本"),
        Field("valid_from", Type.DATE, "生效日期", ("生效日",), en="day from which the version holds", zh_note="该版本自何日起生效"),
        *(_signature(dept) for dept in SIGNERS),
        Field("note", Type.STR, "备注", ("说明", "comment"), en="anything to add", zh_note="补充说明"),
    ),
    en="What every KPI means here, which variant is in use, and who has signed for it.",
    zh_note="每个指标的口径、现用变体，以及各部门的签字。",
)  # fmt: skip

CONTRACTS = (CONTROLS, IMPROVEMENT, DICTIONARY)
