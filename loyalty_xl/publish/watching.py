"""What keeps watch, in words: control totals of every sheet, and the corrections behind values that rest on imputed rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import in_language
from loyalty_xl.contracts.totals import money_text

if TYPE_CHECKING:
    from loyalty_xl.contracts.totals import Total

LEFT_OUT = {  # reasons for which rows are left out, or money changes
    "error": ("有错误", "with an error"),
    "repeated": ("重复", "repeated"),
    "hidden": ("隐藏", "hidden"),
    "blocked": ("整表停用", "sheet not usable"),
    "overlap": ("文件重叠", "files overlap"),
    "replaced": ("已被替换", "replaced"),
    "refund exceeds order": ("退款超过原单", "refund exceeds order"),
    "answered before sent": ("填写早于发放", "answered before sent"),
    "other currency": ("其他币种", "other currency"),
    "own spend above wallet": ("本公司消费超过品类总额", "own spend above the wallet"),
    "points not there": ("积分不足", "points not there"),
    "without product or type": ("无商品或类别", "without product or type"),
    "index given twice": ("指数重复给出", "index given twice"),
    "score outside its scale": ("评分超出量表", "score outside its scale"),
    "no rate": ("没有汇率", "no exchange rate"),
    "converted": ("换算币种", "converted currency"),
    "emptied": ("单元格有错误", "cell with an error"),
}


def _sum(rows: int, money: int, total: Total, language: str) -> str:
    counted = in_language(f"{rows:,} 行", f"{rows:,} rows", language)
    return f"{counted} / {money_text(money)}" if total.has_money else counted


def total_text(total: Total, language: str) -> str:
    """One sheet in one period: received = used + left out by reason; and the difference to the control total."""
    if language == "both":
        return " ".join(total_text(total, each) for each in ("zh", "en"))
    parts = [f"{in_language('使用', 'used', language)} {_sum(*total.used, total, language)}"]
    for reason, each in total.left_out.items():
        word = in_language(*LEFT_OUT.get(reason, (reason, reason)), language)
        parts.append(f"{word} {_sum(*each, total, language)}")
    said = f"{in_language('收到', 'received', language)} {_sum(*total.received, total, language)} = {' + '.join(parts)}"
    if total.control is not None:
        said += in_language(";", "; ", language) + _control_text(total, language)
    return said


def _control_text(total: Total, language: str) -> str:
    control = total.control
    if control is None:
        return ""
    rows, money = total.difference
    parts = []
    if rows is not None and control.rows is not None:
        parts.append(
            in_language(
                f"{control.rows:,} 行(相差 {rows:+,})", f"{control.rows:,} rows (difference {rows:+,})", language
            )
        )
    if money is not None and control.money is not None:
        off = ("+" if money > 0 else "") + money_text(money)
        parts.append(
            in_language(
                f"{money_text(control.money)}(相差 {off})", f"{money_text(control.money)} (difference {off})", language
            )
        )
    source = f" [{control.source}]" if control.source else ""
    return in_language("控制总数 ", "control total ", language) + ", ".join(parts) + source


def total_json(total: Total) -> dict[str, Any]:
    """One sheet in one period, as the JSON document holds it."""

    def as_json(sum_: tuple[int, int]) -> dict[str, Any]:
        return {"rows": sum_[0], "amount": sum_[1] / 10_000 if total.has_money else None}

    rows, money = total.difference
    control = None
    if total.control is not None:
        held = total.control
        control = {
            "rows": held.rows,
            "amount": None if held.money is None else held.money / 10_000,
            "source": held.source,
            "rows_difference": rows,
            "amount_difference": None if money is None else money / 10_000,
        }
    return {
        "sheet": total.sheet,
        "period": total.period,
        "received": as_json(total.received),
        "used": as_json(total.used),
        "left_out": {reason: as_json(each) for reason, each in total.left_out.items()},
        "control": control,
    }


def totals_text(totals: list[Total], period: str, language: str) -> str:
    """The sheets of a run for the terminal: those with a month in the period, else everything."""
    dated = {each.sheet for each in totals if each.period == period}
    shown = [each for each in totals if each.control or each.period == (period if each.sheet in dated else "all")]
    return "\n".join(f"  {each.sheet} {each.period}: {total_text(each, language)}" for each in shown)
