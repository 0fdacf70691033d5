"""The page Early warning: in words whether the score can be relied on, then the figures behind it. No customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import EARLY_WARNING, in_language
from loyalty_xl.books.styles import Style
from loyalty_xl.closed_lines import kept
from loyalty_xl.publish.tables import HEADER, PLAIN, SAYS, TITLE, Marks
from loyalty_xl.publish.words import REASONS
from loyalty_xl.vocabulary import Reason

if TYPE_CHECKING:
    from loyalty_xl.pipeline import Refresh

Row = list[Any]
KEYS = tuple(column.key for column in EARLY_WARNING.columns)
WRAPPED = Style(wrap=True, valign="top")
BANDS = {
    "high": ("高风险", "High risk"),
    "medium": ("中风险", "Medium risk"),
    "low": ("低风险", "Low risk"),
    "insufficient_history": ("历史不足,无评分", "No score: history too short"),
}
ITEMS = {  # item -> zh, en, and what it means in zh, en
    "test_snapshot": ("检验日", "Test snapshot", "站在这一天、只用之前的数据评分", "scored as on this day, from earlier data only"),
    "label_until": ("观察到", "Label until", "到这一天为止没有购买的,算流失", "who bought nothing up to this day is lost"),
    "train_snapshots": ("训练日", "Training snapshots", "这些日子的观察期都在检验日之前结束", "their label windows end by the test snapshot"),
    "train_rows": ("训练样本", "Training rows", "每个训练日的每位客户一行", "one for each customer and training snapshot"),
    "train_lost": ("训练样本中的流失", "Lost among them", "", ""),
    "test_customers": ("检验客户", "Customers in the test", "检验日之前买过、没有销户的客户", "had bought and not closed their account"),
    "test_lost": ("检验客户中的流失", "Lost among them ", "", ""),
    "auc": ("分辨力 AUC", "AUC", "随机取一位流失客户和一位留下的客户,前者评分更高的机会;0.5 等于抛硬币,1 为完全分清",
            "chance that a lost customer scores higher than a kept one; 0.5 is a coin, 1 is perfect"),
    "auc_in_base": ("分辨力 AUC,仅检验日仍在客户基数内的", "AUC, only those still in the base", "去掉早已流失、容易判断的客户之后", "without customers lost long ago, who are easy to tell"),
    "precision": ("准确率", "Precision", "被判为高风险的客户中,真的流失的占比", "share of the high band that was lost"),
    "recall": ("查全率", "Recall", "流失客户中,事先被判为高风险的占比", "share of the lost that was in the high band"),
    "lift_top_tenth": ("最高一成的提升", "Lift of the top tenth", "评分最高的一成客户,流失率是平均的几倍", "how many times the average share was lost among the tenth with the highest scores"),
    "brier": ("概率误差 Brier", "Brier score", "概率与结果之差的平方的平均,越小越好", "mean squared error of the probability; smaller is better"),
    "true_positive": ("预警且流失", "Warned and lost", "", ""),
    "false_positive": ("预警而留下", "Warned but kept", "", ""),
    "false_negative": ("未预警而流失", "Not warned but lost", "", ""),
    "true_negative": ("未预警且留下", "Not warned and kept", "", ""),
}  # fmt: skip
SHARES = frozenset({"precision", "recall"})
THREE = Style(number_format="0.000", valign="top")
PERCENT = Style(number_format="0.0%", valign="top")
WHOLE = Style(number_format="#,##0", valign="top")


def warning_rows(made: Refresh) -> tuple[list[Row], Marks]:
    """Rows of the page from its second row on, and how single cells look."""
    page = _Page(made.language)
    bands, tried = made.tables.get("early_warning", []), made.tables.get("early_warning_validation", [])
    if not tried:
        page.put({"item": f"– ({in_language(*REASONS[Reason.NO_DATA], made.language)}: Orders)"})
        return page.rows, page.marks
    page.put({"item": in_language("结论", "Result", made.language)}, TITLE)
    for zh, en in verdict(tried, made.settings.warn_min_events, made.settings.churn_window_days):
        page.put({"item": in_language(zh, en, made.language)}, SAYS)
    page.put({})
    _put_bands(page, bands)
    _put_trial(page, tried)
    return page.rows, page.marks


def verdict(tried: list[dict[str, Any]], least: int, window: int) -> list[tuple[str, str]]:
    """What the trial on history says, as sentences in zh and en."""
    by = {row["item"]: row for row in tried}
    said, area = by["verdict"]["observed"], by.get("auc", {})
    score, recency, rule = (_three(area.get(name)) for name in ("score", "recency", "rule"))
    lines: list[tuple[str, str]] = []
    if said == "validated":
        lines.append((
            f"已经历史验证:评分的 AUC 为 {score},高于“距上次购买天数”的 {recency};预警使用该评分。",
            f"Validated on history: the score's AUC is {score}, above {recency} of the days since the last purchase. The score is used.",
        ))  # fmt: skip
    elif said == "not_better":
        lines.append((
            f"没有胜过基准:评分的 AUC 为 {score},不高于“距上次购买天数”的 {recency};预警改用间隔规则(AUC {rule})。",
            f"It does not beat the baseline: AUC {score}, not above {recency} of the days since the last purchase. The gap rule is used (AUC {rule}).",
        ))  # fmt: skip
    elif said == "few_events":
        lines.append((
            f"未经验证(not_validated):训练或检验部分的流失(或留下)客户不足 {least} 位;预警使用间隔规则。",
            f"Not validated (not_validated): fewer than {least} lost (or kept) customers in the training or the test part. The gap rule is used.",
        ))  # fmt: skip
    else:
        lines.append((
            f"未经验证(not_validated):历史太短,没有观察期({window} 天)在检验日之前结束的训练数据;预警使用间隔规则。",
            f"Not validated (not_validated): the history is too short for training labels of {window} days before the test. The gap rule is used.",
        ))  # fmt: skip
    if said in ("few_events", "no_label") and area.get("recency") is not None:
        lines.append((
            f"仅供参考:检验日上“距上次购买天数”的 AUC 为 {recency},间隔规则为 {rule}。",
            f"For orientation: on the test snapshot the AUC of the days since the last purchase is {recency}, of the gap rule {rule}.",
        ))  # fmt: skip
    with_imputed = area.get("score_with_imputed")
    if with_imputed is not None and with_imputed != area.get("score"):
        lines.append((
            f"训练和检验不含补录订单;含补录订单时评分的 AUC 为 {_three(with_imputed)}。",
            f"Imputed orders are left out of training and test; with them the score's AUC is {_three(with_imputed)}.",
        ))  # fmt: skip
    lines.append((
        "间隔规则:评分 = 距上次购买天数 ÷(距上次购买天数 + 该客户通常的购买间隔)。过了通常间隔的 1.5 倍为 0.6。",
        "The gap rule: score = days since the last purchase / (those days + the customer's usual gap). One and a half usual gaps give 0.6.",
    ))  # fmt: skip
    return lines


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


class _Page:
    """Rows that are put one below the other."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.rows: list[Row] = []
        self.marks: Marks = {}

    def put(self, cells: dict[str, Any], *looks: Style, **styles: Style) -> None:
        """Add a row; *looks* is how its first cell looks, *styles* how others do."""
        self.rows.append([kept(cells.get(key)) for key in KEYS])
        here = len(self.rows) + 1
        if looks:
            self.marks[here, 1] = looks[0]
        for key, style in styles.items():
            if cells.get(key) is not None:
                self.marks[here, KEYS.index(key) + 1] = style

    def head(self, zh: str, en: str, keys: tuple[str, ...]) -> None:
        """Add a header for the columns *keys*."""
        columns = {column.key: column.label(self.language) for column in EARLY_WARNING.columns if column.key in keys}
        self.put({"item": in_language(zh, en, self.language), **columns}, HEADER, **dict.fromkeys(columns, HEADER))


def _put_bands(page: _Page, bands: list[dict[str, Any]]) -> None:
    page.head("客户基数的风险档", "Customer base by risk", ("score", "observed", "customers", "value", "text"))
    language = page.language
    for row in bands:
        name = in_language(*BANDS[row["band"]], language)
        least = row["from_score"]
        if least:
            name += f" (≥ {least:.10g})"
        mean = (
            ""
            if row["mean_score"] is None
            else in_language("平均评分与占比", "mean score, and share of the base", language)
        )
        page.put(
            {"item": name, "score": row["mean_score"], "observed": row["share"], "customers": row["customers"], "value": row["value"], "text": mean},
            score=THREE, observed=PERCENT, customers=WHOLE, value=WHOLE,
        )  # fmt: skip
    lists = (
        "名单在单独的文件里:loyalty-xl customers 本工作簿",
        "The customers are in a file of their own: loyalty-xl customers BOOK",
    )
    page.put({"item": in_language(*lists, language)}, SAYS)
    page.put({})


def _put_trial(page: _Page, tried: list[dict[str, Any]]) -> None:
    heads = {
        "data": ("历史数据", "History used", ("observed", "customers", "text")),
        "quality": ("分辨得如何", "How well it tells", ("score", "recency", "rule", "customers", "text")),
        "confusion": ("高风险档的对错", "Right and wrong of the high band", ("score", "rule")),
        "calibration": (
            "校准:预测与实际",
            "Calibration: said and happened",
            ("score", "observed", "customers", "text"),
        ),
    }
    part = ""
    for row in tried:
        if row["part"] not in heads:
            continue
        if row["part"] != part:
            if part:
                page.put({})
            part = row["part"]
            page.head(*heads[part])
        zh, en, means_zh, means_en = ITEMS.get(row["item"], (row["item"], row["item"], "", ""))
        if part == "calibration":
            means_zh, means_en = "平均预测概率与实际流失占比", "mean probability, and the share that was lost"
            zh, en = f"预测概率 {zh}", f"Probability {en}"
        shown = {key: row.get(key) for key in ("score", "recency", "rule", "observed", "customers")}
        style = WHOLE if part == "confusion" else PERCENT if row["item"] in SHARES or part == "calibration" else THREE
        page.put(
            {"item": in_language(zh, en, page.language).strip(), **shown, "text": in_language(means_zh, means_en, page.language) if means_en else None},
            PLAIN, score=style, recency=style, rule=style, observed=style if part == "calibration" else PLAIN, customers=WHOLE, text=WRAPPED,
        )  # fmt: skip
