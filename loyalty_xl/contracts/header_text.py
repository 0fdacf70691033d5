"""Header texts: how they are folded before the alias table is asked, and which bracketed units mean what."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.numerals import INVISIBLE
from loyalty_xl.contracts.shared import CURRENCIES

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Field

_TRADITIONAL = (
    "訂單號編戶會員顧區產類貨數額價實銷購買開時間檔獲狀態註關聯繫來對應積費潛觀閉結訴處體滿後過"
    "質複發問卷邀請獎勵達觸環節評論議題採週績據補錄測門業務導幣種國級層稱碼標準驗證說義聯絡電話"
    "郵箱機歸屬營動類別優惠歷當專總計項"
)
_SIMPLIFIED = (
    "订单号编户会员顾区产类货数额价实销购买开时间档获状态注关联系来对应积费潜观闭结诉处体满后过"
    "质复发问卷邀请奖励达触环节评论议题采周绩据补录测门业务导币种国级层称码标准验证说义联络电话"
    "邮箱机归属营动类别优惠历当专总计项"
)
_FOLD = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
_BRACKETS = re.compile(r"[(\[【{〔「《<]([^()\[\]【】{}〔〕「」《》<>]*)[)\]】}〕」》>]")
_TAIL = re.compile(r"^(.+?)\s*[/:_|]\s*([^/:_|]+)$")
_SCALE_NOTE = re.compile(r"\d{1,2}\s*(?:[-~—–至到]|\.\.)\s*\d{1,3}\s*分?")

_MONEY: dict[str, float] = {
    "元": 1,
    "千元": 1e3,
    "万元": 1e4,
    "万": 1e4,
    "百万元": 1e6,
    "百万": 1e6,
    "亿元": 1e8,
    "亿": 1e8,
}
_SECONDS: dict[str, float] = {
    "秒": 1,
    "s": 1,
    "sec": 1,
    "second": 1,
    "seconds": 1,
    "分钟": 60,
    "min": 60,
    "minutes": 60,
    "小时": 3600,
    "hours": 3600,
}
_DAYS: dict[str, float] = {"天": 1, "日": 1, "days": 1, "周": 7, "weeks": 7}
_SHARE: dict[str, float] = {"%": 0.01, "百分比": 0.01, "percent": 0.01}
_COUNT: dict[str, float] = dict.fromkeys(("件", "个", "人", "次", "份", "套", "只", "幅", "pcs", "pieces"), 1)
_NOTES = frozenset(
    {
        "必填",
        "选填",
        "可空",
        "可不填",
        "required",
        "optional",
        "文本",
        "text",
        "yyyymmdd",
        "yyyymm",
        "年月日",
        "是否",
        "yn",
        "yesno",
    }
)
_KNOWN = {**_MONEY, **_SECONDS, **_DAYS, **_SHARE, **_COUNT}

QUALIFIER = re.compile(
    r"本期|上期|本年|上年|去年|今年|前年|同期|本月|上月|本季|上季|当期|前期|期初|期末|累计|预算|计划|目标|预测|环比|同比|历史|合计"
    r"|last|prior|previous|current|ytd|mtd|budget|plan|forecast|target|cumulative"
)


@dataclass(frozen=True)
class HeaderText:
    """A header as sent, and its folded forms."""

    text: str  # on one line, as printed in findings
    whole: str  # folded, bracketed content kept
    stem: str  # folded, known units dropped
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Applied:
    """What the unit in a header does to the values below it."""

    unit: str
    factor: float = 1.0
    currency: str = ""


def normalise(header: str) -> str:
    r"""Fold a header to the form by which it is looked up; the keys of a mapping have this form.

    >>> normalise(" 订单 日期 (必填)\n") == normalise("訂單日期")
    True
    >>> normalise("Invoice_Date"), normalise("销售额（上期）"), normalise("金额（万元）")
    ('invoicedate', '销售额上期', '金额')
    """
    return header_text(header).stem


@lru_cache(maxsize=4096)
def header_text(text: str) -> HeaderText:
    """Take a header apart into name and units."""
    folded = unicodedata.normalize("NFKC", text.translate(INVISIBLE)).casefold().translate(_FOLD)
    printed = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text.translate(INVISIBLE))).strip()
    units: list[str] = []

    def keep(found: re.Match[str]) -> str:
        unit = _unit(found[1])
        if unit is None:
            return found[1]
        units.append(unit)
        return ""

    stem = _BRACKETS.sub(keep, folded)
    if not units and (found := _TAIL.match(stem.strip())) and (unit := _unit(found[2])):
        stem = found[1]
        units.append(unit)
    return HeaderText(printed, _bare(folded), _bare(stem), tuple(unit for unit in units if unit))


def applied(field: Field, header: HeaderText) -> Applied | None:
    """Say what a header's units do to *field*; None when they cannot belong to it."""
    result = Applied("")
    for unit in header.units:
        currency = _CURRENCY_NAMES.get(unit, "")
        if field.type is Type.MONEY and (unit in _MONEY or currency):
            result = Applied(unit, _MONEY.get(unit, result.factor), result.currency or currency)
        elif (factors := _factors(field)) is not None and unit in factors:
            result = Applied(unit, factors[unit])
        else:
            return None
    return result


def _factors(field: Field) -> dict[str, float] | None:
    if field.type is Type.PCT:
        return _SHARE
    if field.unit == "%":
        return dict.fromkeys(_SHARE, 1.0)
    return {"seconds": _SECONDS, "days": _DAYS, "count": _COUNT}.get(field.unit)


def _unit(text: str) -> str | None:
    """Give the unit in brackets, "" for a mere note, None for what belongs to the name."""
    text = text.strip()
    bare = _bare(text) or text
    if bare in _NOTES or _SCALE_NOTE.fullmatch(text):
        return ""
    for name in (text, bare):
        if name in _KNOWN or name in _CURRENCY_NAMES:
            return name
    return None


def _bare(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


_CURRENCY_NAMES = {
    name.casefold(): code for code, names in CURRENCIES.items() for name in (code, *names) if name != "元"
}
