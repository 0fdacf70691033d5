"""The row that holds the headers: one row, or a row of group titles with the names below; the alias table decides."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from loyalty_xl.cells import Kind, column_letters, column_number
from loyalty_xl.contracts.header_text import QUALIFIER, Applied, HeaderText, applied, header_text
from loyalty_xl.contracts.numerals import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.contracts.contract import Contract
    from loyalty_xl.vocabulary import Finding

SEARCHED = 10  # rows with content that are looked at: a title, a block of dept, period, author
LEFT_OUT = "-"  # what Mapping says of a column that is not wanted

# What a sheet cannot do without: groups of alternatives, one alternative of each group is enough.
NEEDED: dict[str, tuple[tuple[tuple[str, ...], ...], ...]] = {
    "Orders": ((("customer_id",),), (("order_date",),), (("amount",), ("quantity", "unit_price"))),
    "SurveyResponses": (
        (("answered_on",),),
        (
            ("recommend_score",),
            ("csat_overall",),
            ("csat_product",),
            ("csat_aftersales",),
            ("csat_purchase",),
            ("repurchase_intent",),
            *((f"brand_image_{number}",) for number in range(1, 6)),
        ),
    ),
    "CompetitorNPS": (
        (("brand",),),
        (("period",),),
        (("nps",), ("promoters", "passives", "detractors")),
    ),
}
DERIVED: dict[str, frozenset[str]] = {"Orders": frozenset({"order_id", "amount", "currency", "order_type"})}


@dataclass
class Header:
    """Where the fields of a sheet are."""

    contract: Contract
    entry: int  # last entry of the header; data begin after it
    row: int  # worksheet row of that entry
    columns: dict[str, int]  # field -> worksheet column
    texts: dict[int, str]  # worksheet column -> header as sent
    units: dict[str, Applied] = field(default_factory=dict)
    unknown: tuple[int, ...] = ()  # columns that no one understood
    findings: list[Finding] = field(default_factory=list)
    blocked: bool = False

    @property
    def sent(self) -> dict[str, str]:
        """Letters of the column of each field."""
        return {name: column_letters(column) for name, column in self.columns.items()}


class Hit(NamedTuple):
    """A column's claim to a field."""

    name: str
    unit: Applied
    mapped: bool = False  # by Mapping, which outdoes the alias table


@dataclass(frozen=True)
class HeaderRow:
    """A candidate: the texts of one row, or of two rows joined."""

    entries: tuple[int, ...]
    texts: dict[int, str]  # column -> text as sent
    hits: dict[int, Hit]  # column -> what it claims

    @property
    def score(self) -> int:
        """Count the fields that the row names."""
        return len({hit.name for hit in self.hits.values()})


def needed(contract: Contract) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """What the contract cannot do without, as groups of alternatives."""
    return NEEDED.get(contract.name) or tuple(((each.name,),) for each in contract.fields if each.required)


@lru_cache(maxsize=64)
def _alias_table(name: str, fields: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    table: dict[str, str] = {}
    for field_name, spellings in fields:
        for spelling in spellings:
            for form in (header_text(spelling).whole, header_text(spelling).stem):
                if table.setdefault(form, field_name) != field_name:
                    raise ValueError(f"{name}: header {spelling!r} means both {table[form]} and {field_name}")
    return table


def aliases(contract: Contract) -> dict[str, str]:
    """Folded header -> field."""
    return _alias_table(
        contract.name,
        tuple((each.name, (each.name, each.zh, f"{each.zh} {each.name}", *each.aliases)) for each in contract.fields),
    )


def cell_text(raw: RawSheet, column: int, entry: int) -> str:
    """Give what a cell says, for headers, samples and findings."""
    cells = raw.columns.get(column)
    if cells is None:
        return ""
    kind = cells.kind[entry]
    if kind in (Kind.TEXT, Kind.ERROR):
        return raw.strings[cells.text[entry]].encode("utf-8", "ignore").decode() if cells.text[entry] >= 0 else ""
    if kind == Kind.BOOL:
        return "TRUE" if cells.number[entry] else "FALSE"
    if kind == Kind.DATE:
        from loyalty_xl.contracts.dates import read_serials

        moments, bad = read_serials(cells.number[entry : entry + 1], raw.date1904)
        if not bad[0]:
            return str(moments.astype("datetime64[s]")[0]).replace("T00:00:00", "").replace("T", " ")
    value = float(cells.number[entry])
    return "" if kind in (Kind.BLANK, Kind.UNCACHED) or math.isnan(value) else shown(value)


def choose_row(
    raw: RawSheet, contract: Contract, mapping: Mapping[str, str], header_row: int | None
) -> HeaderRow | None:
    """Pick the row (or two) that names the most fields; the first of equals."""
    if header_row is not None:
        at = np.flatnonzero(raw.rows == header_row)
        return _row(raw, contract, mapping, (int(at[0]),)) if len(at) else None
    texts = [_row(raw, contract, mapping, (entry,)) for entry in range(min(len(raw), 4 * SEARCHED))]
    filled = [each for each in texts if each.texts][:SEARCHED]
    best = max(filled, key=lambda each: each.score, default=None)
    groups = {first for first, _, left, right in merged_ranges(raw) if right > left}
    for each in filled:
        entry = each.entries[0]
        if int(raw.rows[entry]) in groups and entry + 1 < len(raw) and raw.rows[entry + 1] == raw.rows[entry] + 1:
            pair = _row(raw, contract, mapping, (entry, entry + 1))
            if best is None or pair.score > best.score or (best.entries[0] == entry + 1 and pair.score == best.score):
                best = pair
    if best is None or best.score == 0:
        best = max(filled, key=lambda each: len(each.texts), default=None)
    return best


def _row(raw: RawSheet, contract: Contract, mapping: Mapping[str, str], entries: tuple[int, ...]) -> HeaderRow:
    texts: dict[int, str] = {}
    hits: dict[int, Hit] = {}
    known = aliases(contract)
    own = {column: cell_text(raw, column, entries[-1]) for column in raw.columns}
    groups = _groups(raw, entries[0]) if len(entries) == 2 else {}
    for column in sorted(own):
        text, group = header_text(own.get(column, "")), header_text(groups.get(column, ""))
        if not text.text and not group.text:
            continue
        joined = (
            header_text(f"{group.text} / {text.text}") if group.text and text.text else group if group.text else text
        )
        texts[column] = joined.text
        options = [_joined(group, text)] if group.text and text.text else [joined]
        if group.text and text.text and not QUALIFIER.search(group.whole):
            options.append(text)
        for option in options:
            if hit := _hit(contract, known, mapping, option):
                hits[column] = hit
                break
    return HeaderRow(entries, texts, hits)


def _joined(group: HeaderText, text: HeaderText) -> HeaderText:
    return HeaderText(text.text, group.whole + text.whole, group.stem + text.stem, group.units + text.units)


def _hit(contract: Contract, known: Mapping[str, str], mapping: Mapping[str, str], text: HeaderText) -> Hit | None:
    for form, units in ((text.whole, ()), (text.stem, text.units)):
        if form in mapping:
            name = mapping[form]
            if name in contract.names:
                unit = applied(contract[name], text) if units else None
                return Hit(name, unit or Applied(""), mapped=True)
            return None
        name = known.get(form, "")
        if name:
            unit = applied(contract[name], HeaderText(text.text, text.whole, text.stem, units))
            return Hit(name, unit) if unit else None
    return None


@lru_cache(maxsize=8)
def _parse_ranges(merged: tuple[str, ...]) -> tuple[tuple[int, int, int, int], ...]:
    found = (re.fullmatch(r"([A-Z]+)(\d+):([A-Z]+)(\d+)", each) for each in merged)
    return tuple((int(each[2]), int(each[4]), column_number(each[1]), column_number(each[3])) for each in found if each)


def merged_ranges(raw: RawSheet) -> tuple[tuple[int, int, int, int], ...]:
    """Merged ranges as (first row, last row, first column, last column)."""
    return _parse_ranges(tuple(raw.merged))


def _groups(raw: RawSheet, entry: int) -> dict[int, str]:
    """Texts of a row of group titles, each over all columns of its merged range."""
    number = int(raw.rows[entry])
    groups = {column: text for column in raw.columns if (text := cell_text(raw, column, entry))}
    for first, last, left, right in merged_ranges(raw):
        if first <= number <= last and left in groups:
            groups |= dict.fromkeys(range(left, right + 1), groups[left])
    return groups
