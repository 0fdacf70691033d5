"""One example for every worksheet function, over small columns of data: for the reference, and for a workbook to try them in."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from loyalty_xl.formulas import call, functions
from loyalty_xl.formulas.cell_errors import CellError

if TYPE_CHECKING:
    from pathlib import Path

    from loyalty_xl.formulas.function import Argument, Function

D = date
TABLES: dict[str, dict[str, list[Any]]] = {
    "Orders": {
        "order_ids": ["O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O9", "O10"],
        "customer_ids": ["C1", "C2", "C3", "C1", "C4", "C2", "C5", "C1", "C6", "C3"],
        "order_dates": [D(2025, 2, 3), D(2025, 3, 9), D(2025, 5, 20), D(2025, 9, 1), D(2025, 10, 8), D(2025, 12, 24), D(2026, 1, 15),
                        D(2026, 2, 2), D(2026, 2, 20), D(2026, 3, 30)],
        "amounts": [1200, 300, 800, 450, 990, 120, 640, 700, 210, 150],
        "is_imputed": [False, False, False, False, False, False, False, True, False, False],
        "in_quarter": [False, False, False, False, False, False, True, True, True, True],
    },
    "Answers": {
        "answered_ids": ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8"],
        "scores": [10, 9, 8, 3, 9, 7, 10, 6],
        "csat_scores": [5, 4, 4, 2, 5, 3, 5, 3],
    },
    "Invitations": {
        "invite_ids": ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10"],
        "sent_dates": [D(2026, 1, 10)] * 5 + [D(2026, 2, 10)] * 5,
        "channels": ["wechat", "sms", "wechat", "email", "sms", "wechat", "sms", "wechat", "email", "email"],
        "incentive_types": ["points"] * 5 + ["voucher"] * 5,
        "incentive_costs": [5, 5, 5, 5, 5, 10, 10, 10, 10, 10],
        "delivery_status": ["delivered"] * 9 + ["undeliverable"],
    },
    "Complaints": {
        "complaint_ids": ["K1", "K2", "K3", "K4"],
        "complaining_ids": ["C1", "C3", "C3", "C6"],
        "received": [D(2026, 1, 20), D(2026, 2, 3), D(2026, 2, 25), D(2026, 3, 30)],
        "closed": [D(2026, 1, 22), D(2026, 2, 13), D(2026, 3, 1), None],
        "classes": ["QUALITY", "DELIVERY", None, "QUALITY"],
        "subclasses": ["FLAW", "LATE", None, "FLAW"],
        "ratings": [4, 2, 5, None],
    },
    "Lists": {
        "costs": [600, 300, 150],
        "ids_at_start": ["C1", "C2", "C3", "C4"],
        "ids_at_end": ["C1", "C3", "C5", None],
    },
    "Watch": {
        "consent_basis": ["consent", "consent", "none", "contract", None, "consent"],
        "answer_days": [D(2026, 1, 10), D(2026, 2, 10), D(2026, 2, 12), D(2026, 3, 1), D(2026, 3, 5), D(2026, 3, 20)],
        "statuses": ["done", "doing", "planned", "done"],
        "due_days": [D(2026, 5, 31), D(2026, 6, 30), D(2026, 9, 30), D(2026, 6, 15)],
        "past_scores": [38, 41, 44, 40],
        "attainments": [0.95, 1.1, 0.8, None],
        "weights": [50, 50, 60, 40],
        "dimensions": ["attitude", "attitude", "retention", "retention"],
    },
    "Detail": {
        "kpi": ["nps", "nps", "retention_rate"],
        "period": ["2026-Q1", "2026-Q1", "2026-Q1"],
        "segment_dim": ["all", "region", "all"],
        "segment": ["All", "East", "All"],
        "value": [25, 40, None],
        "reason": [None, None, "insufficient_history"],
        "numerator": [200, 160, None],
        "denominator": [8, 4, None],
        "n": [8, 4, None],
    },
}  # fmt: skip
SETTINGS = {"nps_promoter_min": 9, "nps_detractor_max": 6}
COLUMNS = {name: column for table in TABLES.values() for name, column in table.items()}
_BY_ARGUMENT = {"order_ids_or_dates": "order_ids", "dates": "order_dates", "class_l1": "classes", "class_l2": "subclasses", "cells": "subclasses",
                "keys": "customer_ids", "start": "DATE(2026,1,1)", "end": "DATE(2026,4,1)", "sla_days": "7", "new_customers": "3", "rows_passing": "95",
                "rows_received": "100", "key": '"nps"', "period": '"2026-Q1"', "segment": '"All"', "detail": "Detail", "actual": "0.82",
                "target": "0.9", "date": "DATE(2026,7,31)",
                # watch and improvement
                "kpi": '"nps"', "due_dates": "due_days", "before": "0.75", "after": "0.82", "history": "past_scores"}  # fmt: skip
_BY_FUNCTION: dict[str, dict[str, str]] = {
    "LOYALTY_NPS": {"promoter_min": "nps_promoter_min", "detractor_max": "nps_detractor_max"},
    "LOYALTY_NPS_BREAKDOWN": {"promoter_min": "nps_promoter_min", "detractor_max": "nps_detractor_max"},
    "LOYALTY_PROMOTER_SHARE": {"promoter_min": "nps_promoter_min"},
    "LOYALTY_DETRACTOR_SHARE": {"detractor_max": "nps_detractor_max"},
    "LOYALTY_COMPLAINT_MIX": {"dates": "received", "class_l2": "subclasses", "cycle": '"month"'},
    "LOYALTY_RESPONSE_BY_CHANNEL_AND_INCENTIVE": {"dates": "sent_dates", "cycle": '"quarter"'},
    "LOYALTY_COHORTS": {"cycle": '"quarter"'},
    "LOYALTY_CUSTOMER_STATES": {"cycle": '"quarter"'},
    "LOYALTY_SPEND_DECLINE_SHARE": {"decline_periods": "2"},
    "LOYALTY_NEW_CUSTOMER_WATCH": {"start": "DATE(2025,2,1)", "end": "DATE(2025,4,1)"},
    "LOYALTY_NEW_CUSTOMER_RETENTION": {"start": "DATE(2025,2,1)", "end": "DATE(2025,4,1)"},
    "LOYALTY_STATUS": {"better": '"higher"', "baseline": "", "amber": "", "unit": '"share"'},
    "LOYALTY_CONSENT_RATE": {"dates": "answer_days", "as_of": "DATE(2026,4,1)", "retention_days": "60"},
    "LOYALTY_SMART_CHECK": {
        "target": "45",
        "comment": '"East first"',
        "objective": '"more customers recommend us"',
        "due": '"2026-12-31"',
    },
    "LOYALTY_PLAN_PROGRESS": {"as_of": "DATE(2026,7,1)"},
    "LOYALTY_IMPROVEMENT": {
        "goal": "0.8",
        "better": '"higher"',
        "before_low": "0.7",
        "before_high": "0.8",
        "after_low": "0.79",
        "after_high": "0.85",
    },
    "LOYALTY_LOYALTY_SCORE": {"dimensions": "dimensions"},
    "LOYALTY_PERIOD": {"cycle": '"quarter"'},
}


def tokens(made: Function) -> list[str]:
    """The arguments of a function's example, as a formula names them: columns, settings, literals."""
    named = _BY_FUNCTION.get(made.name, {})
    listed = [named.get(each.name, _usual(made, each)) for each in made.arguments]
    while listed and not listed[-1]:
        listed.pop()
    return listed


def _usual(made: Function, each: Argument) -> str:
    if each.optional:
        return ""
    if each.name == "scores":
        return (
            {"attitude": "scores", "service": "ratings"}.get(made.group, "scores")
            if "csat" not in made.key
            else "csat_scores"
        )
    return _BY_ARGUMENT.get(each.name, each.name)


def formula(made: Function, *, dotted: bool = False) -> str:
    """The example as a formula."""
    listed = "".join(f",{' ' * bool(each)}{each}" for each in tokens(made))
    return f"={made.dotted if dotted else made.name}({listed[2:] if listed.startswith(', ') else listed[1:]})"


def cells_of(text: str) -> Any:
    """What an argument of an example stands for."""
    if text == "Detail":
        table = TABLES["Detail"]
        return [list(table), *map(list, zip(*table.values(), strict=True))]
    if text in COLUMNS:
        return [[cell] for cell in COLUMNS[text]]
    if text in SETTINGS:
        return SETTINGS[text]
    if text.startswith("DATE("):
        year, month, day = (int(part) for part in text[5:-1].split(","))
        return date(year, month, day)
    if text.startswith('"'):
        return text.strip('"')
    return float(text) if text else None


def answer(made: Function) -> Any:
    """What the example gives."""
    return _answered(made.name)


@cache
def _answered(name: str) -> Any:
    return call(name, *(cells_of(each) for each in tokens(functions()[name])))


def write_book(path: Path, language: str, *, dotted: bool = False) -> None:
    """Write a workbook with every function: what it does, a live example over named columns, and its result as it is here.

    Names are those of desktop Excel, or *dotted* ones. Without the add-in the results stay as stored until the workbook is calculated.
    """
    import xlsxwriter

    zh = language == "zh"
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    book.set_properties({"created": datetime(2026, 1, 1)})
    bold = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3864", "valign": "vcenter"})
    wrap, top = (
        book.add_format({"text_wrap": wrapped, "valign": "top", "indent": int(wrapped)}) for wrapped in (True, False)
    )
    front, data = book.add_worksheet("公式" if zh else "Formulas"), book.add_worksheet("数据" if zh else "Data")
    _write_data(book, data, bold)
    heads = ("函数", "结果", "说明", "公式") if zh else ("Function", "Result", "What it gives", "Formula")
    for column, (head, width) in enumerate(zip(heads, (42, 18, 70, 80), strict=True)):
        front.write_string(0, column, head, bold)
        front.set_column(column, column, width)
    front.freeze_panes(1, 0)
    front.set_landscape()
    front.set_paper(9)
    front.fit_to_pages(1, 0)
    front.repeat_rows(0)
    for row, made in enumerate(functions().values(), 1):
        text, found = formula(made, dotted=dotted), answer(made)
        front.write_string(row, 0, made.dotted if dotted else made.name, top)
        wide = sum(2 if ord(letter) > 0x2E80 else 1 for letter in made.help(language))
        front.set_row(row, 15 * max(-(-wide // 66), -(-len(text) // 72)))
        front.write_string(row, 2, made.help(language), wrap)
        front.write_string(row, 3, text, wrap)
        if made.table:  # one cell of the table, which every Excel can show
            text, found = f"=INDEX({text[1:]},2,{len(found[0])})", found[1][-1]
        front.write_formula(row, 1, text, top, found.code if isinstance(found, CellError) else found)
    book.close()


def _write_data(book: Any, data: Any, bold: Any) -> None:
    """Write the columns that examples name, and define their names."""
    from xlsxwriter.utility import xl_range_abs

    day = book.add_format({"num_format": "yyyy-mm-dd"})
    at = 0
    for title, table in {**TABLES, "Settings": {name: [value] for name, value in SETTINGS.items()}}.items():
        first = at
        for name, column in table.items():
            data.write_string(0, at, name, bold)
            for row, cell in enumerate(column, 1):
                if isinstance(cell, date):
                    data.write_datetime(row, at, cell, day)
                elif cell is not None:
                    data.write(row, at, cell)
            if title != "Detail":
                book.define_name(name, f"={data.get_name()}!{xl_range_abs(1, at, len(column), at)}")
            at += 1
        if title == "Detail":
            height = len(next(iter(table.values())))
            book.define_name(title, f"={data.get_name()}!{xl_range_abs(0, first, height, at - 1)}")
        at += 1
    data.set_column(0, at, 14)
    data.freeze_panes(1, 0)


__all__ = ["COLUMNS", "SETTINGS", "TABLES", "answer", "cells_of", "formula", "tokens", "write_book"]
