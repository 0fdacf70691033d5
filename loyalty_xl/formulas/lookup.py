"""Worksheet functions that look a result up in the Detail table: its value, and why it is what it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from loyalty_xl import library
from loyalty_xl.books.places import DETAIL, in_language
from loyalty_xl.contracts.numerals import plain
from loyalty_xl.formulas.cell_errors import Refused, bad_cells, without_value
from loyalty_xl.formulas.function import FUNCTIONS, Argument, Function, Kind, function
from loyalty_xl.formulas.ranges import EPOCH, is_blank, told
from loyalty_xl.publish.words import FLAGS, why_text
from loyalty_xl.vocabulary import ALL, Calendar, Flag, Reason

NEEDED = ("kpi", "period", "segment_dim", "segment", "value")


@dataclass(frozen=True)
class Detail:
    """The Detail table as a range: its columns, its rows, the language of its header."""

    columns: dict[str, int]
    rows: list[list[Any]]
    language: str

    def of(self, row: list[Any], key: str) -> Any:
        """A cell of a row."""
        return row[self.columns[key]] if key in self.columns else None


def _detail(cells: Any) -> Detail:
    rows = (
        [list(row) for row in cells]
        if isinstance(cells, (list, tuple)) and cells and isinstance(cells[0], (list, tuple))
        else []
    )
    for place, row in enumerate(rows[:10]):
        for language in ("en", "zh", "both"):
            labels = {column.label(language).casefold(): column.key for column in DETAIL.columns}
            columns = {
                labels[text]: at for at, cell in enumerate(row) if (text := str(cell).strip().casefold()) in labels
            }
            if set(NEEDED) <= set(columns):
                return Detail(columns, rows[place + 1 :], language)
    raise bad_cells("detail 应是“明细”表连同标题行", "detail must be the Detail table with its header row")


def kpi_key(cell: Any) -> str:
    """The key of a KPI given by key, code, or name in zh or en."""
    text = plain(str(cell)).casefold().removeprefix("loyalty_").removeprefix("loyalty.")
    for key, each in library.load().items():
        if text in (
            key,
            each.code.casefold(),
            each.zh.casefold(),
            each.en.casefold(),
            f"{each.zh} {each.en}".casefold(),
        ):
            return key
    raise bad_cells(f"不认识指标“{told(cell)}”", f"No KPI is called {told(cell)!r}")


def period_label(cell: Any) -> str:
    """The label of a period given as text, year, or a date of its month."""
    if isinstance(cell, date):
        return f"{cell:%Y-%m}"
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if 1900 <= cell < 2200 and float(cell).is_integer():
            return str(int(cell))
        if 20000 < cell < 80000:
            return f"{EPOCH.fromordinal(EPOCH.toordinal() + int(cell)):%Y-%m}"
    text = plain(str(cell))
    found = Calendar().parse(text)
    return found.label if found else text


def _row(key: Any, period: Any, segment: Any, detail: Any) -> tuple[Detail, list[Any]]:
    """The row of a result.

    Raises
    ------
    Refused
        The KPI or segment is unknown, or the table has no such result.
    """
    table, name, label = _detail(detail), kpi_key(key), period_label(period)
    rows = [
        row for row in table.rows if table.of(row, "kpi") == name and period_label(table.of(row, "period")) == label
    ]
    dim, value = _segment(segment)
    chosen = [row for row in rows if str(table.of(row, "segment")).strip().casefold() == value.casefold()
              and (not dim or str(table.of(row, "segment_dim")).strip().casefold() == dim.casefold())]  # fmt: skip
    if len(chosen) == 1:
        return table, chosen[0]
    if not rows:
        raise Refused("#N/A", f"明细里没有 {name} 的 {label}", f"Detail has no {name} for {label}")
    known = [_choice(table, row) for row in (chosen or rows)]
    listed = ", ".join(dict.fromkeys(known[:12]))
    raise bad_cells(
        f"细分“{told(segment)}”应写成其中之一:{listed}", f"Segment {told(segment)!r} must be one of {listed}"
    )


def _segment(cell: Any) -> tuple[str, str]:
    text = "" if is_blank(cell) else plain(str(cell))
    if not text or text.casefold() in ("all", "全部", "合计", "总体"):
        return "all", ALL
    dim, equals, value = text.partition("=")
    return (dim.strip(), value.strip()) if equals else ("", text)


def _choice(table: Detail, row: list[Any]) -> str:
    dim, segment = table.of(row, "segment_dim"), table.of(row, "segment")
    return ALL if dim == "all" else f"{dim}={segment}"


def _value(key: Any, period: Any, segment: Any, detail: Any) -> Any:
    table, row = _row(key, period, segment, detail)
    value = table.of(row, "value")
    if not _missing(value):
        return value
    reason = str(table.of(row, "reason") or "")
    raise without_value(Reason(reason) if reason in set(Reason) else Reason.NO_DATA)


def _missing(value: Any) -> bool:
    """Whether Detail has no value: an error as hosts hand it over, or a blank cell."""
    return (
        is_blank(value)
        or (isinstance(value, str) and value.startswith("#"))
        or not isinstance(value, (int, float, str))
    )


def _why(key: Any, period: Any, segment: Any, detail: Any) -> str:
    table, row = _row(key, period, segment, detail)
    kpi, language = library.load()[str(table.of(row, "kpi"))], table.language
    texts = [f"{kpi.label(language)} {table.of(row, 'period')} {_choice(table, row)}"]
    value, reason, note = table.of(row, "value"), str(table.of(row, "reason") or ""), table.of(row, "note")
    texts.append(
        _number(value)
        if not _missing(value)
        else why_text(Reason(reason), "" if is_blank(note) else str(note), language)
        if reason in set(Reason)
        else "–"
    )
    over, under, n = (table.of(row, each) for each in ("numerator", "denominator", "n"))
    if not is_blank(over):
        parts = _number(over) if is_blank(under) else f"{_number(over)} / {_number(under)}"
        texts.append(f"{in_language('分子/分母', 'numerator / denominator', language)} {parts}")
    if not is_blank(n):
        texts.append(f"n = {_number(n)}")
    low, high = table.of(row, "low"), table.of(row, "high")
    if not is_blank(low) and not is_blank(high):
        texts.append(f"95 %: {_number(low)} – {_number(high)}")
    flags = [each.strip() for each in str(table.of(row, "flags") or "").split(",") if each.strip() in set(Flag)]
    texts += [in_language(*FLAGS[Flag(each)], language) for each in flags]
    imputed = table.of(row, "imputed_share")
    if not is_blank(imputed) and imputed:
        texts.append(f"{in_language('补录', 'imputed', language)} {float(imputed):.1%}")
    texts += [str(note)] if not is_blank(note) and not reason else []
    texts.append(kpi.says if language == "zh" else kpi.title)
    return " · ".join(texts)


def _number(value: Any) -> str:
    if not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"


def declare() -> None:
    """Register these functions; once."""
    if "LOYALTY_KPI" in FUNCTIONS:
        return
    key = Argument("key", Kind.WORD, "指标:代码或中英文名称", "the KPI: key, code, or name")
    period = Argument(
        "period",
        Kind.WORD,
        "期间:2026-07、2026-Q3、2026,或该月的日期",
        "period: 2026-07, 2026-Q3, 2026, or a date of the month",
    )
    segment = Argument(
        "segment",
        Kind.WORD,
        "细分:All 全部、region=华东,或唯一的值",
        "segment: All, region=East, or a value that only one dimension has",
        blank_counts=True,
    )
    detail = Argument("detail", Kind.CELLS, "“明细”表,连同标题行", "the Detail table with its header row")
    arguments = (key, period, segment, detail)
    function(
        Function(
            "LOYALTY_KPI",
            arguments,
            _value,
            "从明细表取一个结果;没有值时为错误值",
            "A result from the Detail table; an error where it has no value",
            "book",
        )
    )
    function(
        Function(
            "LOYALTY_WHY",
            arguments,
            _why,
            "结果的来历:分子、分母、样本量、标记",
            "How a result came about, in words: numerator, denominator, base, flags",
            "book",
        )
    )
