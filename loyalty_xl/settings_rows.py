"""The rows of the Settings sheet, from its cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loyalty_xl.cells import Kind, RawSheet, column_letters
from loyalty_xl.settings_values import folded, serial_date
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

HEADERS = {
    "key": ("key", "setting", "参数", "参数名", "参数名称", "设置", "设置项", "名称"),
    "value": ("value", "值", "参数值", "取值", "数值", "设定值"),
    "valid_from": ("validfrom", "生效日期", "生效日", "开始生效", "起始日期"),
}
HEADER_ROWS = 10  # where the header is looked for


@dataclass(frozen=True)
class SettingRow:
    """One row of the Settings sheet: key, value as Python has it, first day of validity, and where it stands."""

    key: str
    value: str | float | bool | date | None
    valid_from: str | float | date | None = None
    sheet: str = "Settings"
    key_cell: str = ""
    cell: str = ""
    date_cell: str = ""
    fault: str = ""  # the error shown in the value's cell, or `formula` for a formula that was never calculated


def setting_rows(raw: RawSheet, title: str, findings: list[Finding]) -> Iterator[SettingRow]:
    """Give the rows of the sheet below its header."""
    header = _header(raw)
    if header is None:
        if len(raw):
            detail = (("field", "key, value"),)
            findings.append(
                Finding("E206", title, f"A{int(raw.rows[0])}", expected="参数 (key), 值 (value)", detail=detail)
            )
        return
    entry, columns = header
    for index in range(entry + 1, len(raw)):
        if all(_value(raw, column, index) is None and not _fault(raw, column, index) for column in columns.values()):
            continue
        number = int(raw.rows[index])
        cells = {name: f"{column_letters(column)}{number}" for name, column in columns.items()}
        key = _value(raw, columns["key"], index)
        dated = columns.get("valid_from")
        yield SettingRow(
            str(key or ""),
            _value(raw, columns["value"], index),
            (_fault(raw, dated, index) or _value(raw, dated, index)) if dated else None,
            title,
            cells["key"],
            cells["value"],
            cells.get("valid_from", ""),
            _fault(raw, columns["value"], index),
        )


def _header(raw: RawSheet) -> tuple[int, dict[str, int]] | None:
    """Find the row that names the columns `key` and `value`."""
    for index in range(min(len(raw), HEADER_ROWS)):
        columns: dict[str, int] = {}
        for number in sorted(raw.columns):
            value = _value(raw, number, index)
            text = re.sub(r"[（(].*?[)）]", "", value) if isinstance(value, str) else ""
            for name, spellings in HEADERS.items():
                if folded(text) in spellings:
                    columns.setdefault(name, number)
        if {"key", "value"} <= set(columns):
            return index, columns
    return None


def _value(raw: RawSheet, column: int, index: int) -> str | float | bool | date | None:
    """Give a cell as Python has it; None for a blank, an error and a formula without a result."""
    if column not in raw.columns:
        return None
    cells = raw.columns[column]
    kind = Kind(int(cells.kind[index]))
    if kind is Kind.TEXT:
        return raw.strings[int(cells.text[index])]
    if kind is Kind.BOOL:
        return bool(cells.number[index])
    if kind is Kind.NUMBER:
        return float(cells.number[index])
    if kind is Kind.DATE:
        return serial_date(float(cells.number[index]), date1904=raw.date1904) or float(cells.number[index])
    return None


def _fault(raw: RawSheet, column: int, index: int) -> str:
    if column not in raw.columns:
        return ""
    cells = raw.columns[column]
    kind = Kind(int(cells.kind[index]))
    if kind is Kind.ERROR:
        return raw.strings[int(cells.text[index])] if cells.text[index] >= 0 else "#N/A"
    return "formula" if kind is Kind.UNCACHED else ""
