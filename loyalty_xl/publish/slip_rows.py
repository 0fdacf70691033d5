"""What a return slip may say of a finding: values of the department's own sheet, and rules; no person, nothing of another department's."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.books.places import in_language
from loyalty_xl.cells import column_number
from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.header_rows import cell_text
from loyalty_xl.findings import advice, expected_text, found_text
from loyalty_xl.masking import MASK, mask

if TYPE_CHECKING:
    from loyalty_xl.publish.senders import Senders
    from loyalty_xl.vocabulary import Finding

# Findings between sheets: whose values they quote beside those of their own sheet, and the rule that is said instead
# where that is another department ("" = what was expected is a rule already). MERGED: ids that stay after merging.
MERGED = "Customers.merged_into"
QUOTED: dict[str, tuple[tuple[str, ...], tuple[str, str]]] = {
    "W244": (("Customers",), ("不早于客户的建档日期", "not before the customer was acquired")),
    "W245": (("Customers",), ("不晚于客户的销户日期", "not after the customer was closed")),
    "E247": (("Orders", MERGED), ("与原订单相同的客户和币种", "customer and currency of the original order")),
    "E248": (("Orders",), ("累计退款不超过原订单金额", "refunds in all no more than was paid")),
    "E263": (("SurveyInvitations", MERGED), ("收到邀请的那位客户", "the customer who was invited")),
    "E264": (("SurveyInvitations",), ("不早于发放日期", "not before the invitation was sent")),
    "W322": (("Products",), ("“产品”表中的产品类型", "a product type of Products")),
    "W324": (("Products", "Orders"), ("有销售的月份都有指数", "an index for each month with sales")),
    "W330": ((MERGED,), ("", "")),
    "W331": (("Orders",), ("早于首单", "before the first order")),
    "W332": ((MERGED,), ("", "")),
    "W333": ((MERGED,), ("", "")),
    "E342": (("Orders",), ("不低于在本公司的消费", "no less than was spent with us")),
    "W343": (("Orders",), ("同期订单的金额", "what Orders hold for the period")),
    "W348": ((MERGED,), ("", "")),
    "W353": (("ComplaintTaxonomy",), ("新版分类中的代码", "a class of the newest version")),
    "W364": ((MERGED,), ("", "")),
}
# Findings whose `found` is no cell below a header: a header, a file, a month, a word of ours.
NO_CELL = frozenset(
    {
        *("E101", "E102", "E103", "E104", "E105", "E106", "E107", "E108", "E109", "W110", "E111", "E112", "E113", "E120"),
        *("E121", "E122", "W122", "E123", "W124", "W201", "E202", "E204", "E206", "W206", "E207", "W210", "W211", "E215"),
        *("E218", "W238", "W239", "E240", "W251", "W252", "W253", "W256", "W258", "W270", "W276", "W324", "E382", "W383"),
    }
)  # fmt: skip
TEXTUAL = (Type.STR, Type.NUM, Type.INT, Type.MONEY, Type.PCT, Type.DATE, Type.BOOL)
ADDRESS = re.compile(r"[A-Z]{1,3}\d+(:[A-Z]{1,3}\d+)?")
UNFILLED = re.compile(r"\s*[（(][^（）()]*…[^（）()]*[）)]")


@dataclass(frozen=True)
class Told:
    """A finding as its department reads it."""

    file: str
    sheet: str
    cell: str
    column: str
    found: str
    expected: str
    advice: str
    count: int


def told(finding: Finding, senders: Senders, sheet: str, dept: str, book: str, language: str) -> Told:
    """Say of a finding about *sheet* what *dept* may read."""
    quoted, rule = QUOTED.get(finding.code, ((), ("", "")))
    others = any(senders.has_others(each, dept) for each in quoted)
    expected = expected_text(finding, language)
    said = finding
    if others:
        said = replace(finding, found=_own_cell(finding, senders, sheet), expected="", detail=())
        expected = in_language(*rule, language) if rule[0] else expected
    file, worksheet = _file_and_sheet(finding.sheet, book)
    return Told(
        file,
        worksheet,
        _cells(finding),
        finding.column,
        _found(said, senders, sheet, language),
        expected or _elsewhere(said, language),
        _advice(said, language, personal=_personal(finding, senders, sheet)),
        finding.count,
    )


def _found(finding: Finding, senders: Senders, sheet: str, language: str) -> str:
    """What was found: values of columns that name nobody; of texts, what names a person is masked."""
    text = found_text(finding, language)
    if not text or finding.code in NO_CELL or sheet == "" or _is_control(senders, sheet):
        return text
    contract, names = senders.contract(sheet), senders.fields(finding, sheet)
    if contract is None or not names:  # a column that no one knows may hold anything
        return MASK if finding.column else ""
    fields = [contract[name] for name in names]
    if any(field.personal for field in fields):
        return text if text.startswith("#") and text.isascii() and not finding.code.startswith("E214") else MASK
    textual = all(field.type in TEXTUAL for field in fields)
    return mask(text) if textual and any(letter.isalpha() for letter in text) else text


def _is_control(senders: Senders, sheet: str) -> bool:
    contract = senders.contract(sheet)
    return contract is not None and contract.dept == "control"


def _personal(finding: Finding, senders: Senders, sheet: str) -> bool:
    contract = senders.contract(sheet)
    return contract is not None and any(contract[name].personal for name in senders.fields(finding, sheet))


def _own_cell(finding: Finding, senders: Senders, sheet: str) -> str:
    """What stands in the finding's own first cell, "" where that cannot be said."""
    cell = (finding.cell or "".join(finding.cells[:1])).partition(":")[0]
    raw = senders.raw(finding.sheet, sheet)
    if raw is None or not ADDRESS.fullmatch(cell):
        return ""
    row = int(cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    entry = int(np.searchsorted(raw.rows, row))
    if entry >= len(raw.rows) or raw.rows[entry] != row:
        return ""
    return cell_text(raw, column_number(cell.rstrip("0123456789")), entry)


def _elsewhere(finding: Finding, language: str) -> str:
    """Point to the other cell of the same sheet that a finding speaks of."""
    detail = dict(finding.detail)
    place = next(
        (detail[name] for name in ("first", "header", "text_cell") if ADDRESS.fullmatch(detail.get(name, ""))), ""
    )
    if not place:
        return ""
    differs = f" ({detail['differs']})" if "differs" in detail else ""
    return in_language(f"另见 {place}{differs}", f"see also {place}{differs}", language)


def _advice(finding: Finding, language: str, *, personal: bool) -> str:
    """What to do; a place that nothing may fill is left out."""
    if personal:
        finding = replace(finding, found="", detail=())
    return UNFILLED.sub("", advice(finding, language))


def _cells(finding: Finding) -> str:
    """Addresses of a finding, as many as it names."""
    named = finding.cells or ((finding.cell,) if finding.cell else ())
    return ", ".join(named) + (" …" if named and finding.count > len(named) else "")


def _file_and_sheet(title: str, book: str) -> tuple[str, str]:
    """Part `[file]worksheet`; a worksheet alone stands in the scorecard workbook."""
    if not title.startswith("["):
        return book, title
    file, _, worksheet = title[1:].rpartition("]")
    return file, worksheet
