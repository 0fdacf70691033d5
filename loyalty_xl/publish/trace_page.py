"""The page Trace: a result's head and check line, the rows behind it, and the rows left out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from loyalty_xl import findings
from loyalty_xl.books.places import TRACE, in_language
from loyalty_xl.books.styles import Style
from loyalty_xl.catalogue import MEASURES
from loyalty_xl.contracts.taken import month_text
from loyalty_xl.publish.dictionary import formula_of
from loyalty_xl.publish.layout import held
from loyalty_xl.publish.tables import HEADER, SAYS, TITLE
from loyalty_xl.publish.watching import LEFT_OUT
from loyalty_xl.publish.words import FORMATS, segment_text, why_text, window_text
from loyalty_xl.tracing.aside import BESIDE, BLANK, ELSEWHERE, LATER, NO_CUSTOMER, NOT_SOLD
from loyalty_xl.tracing.behind import BEHIND
from loyalty_xl.tracing.document import DENOMINATOR, NUMERATOR, Trace
from loyalty_xl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.inputs import Inputs
    from loyalty_xl.tracing.linear import Side

Row = list[Any]
MOST = 20_000  # rows behind a result that the page lists; all are in `trace --json` and `trace --csv`
STATE_ROW, BASIS_ROW = 2, 3
LAST_OF_HEAD = 20
KPI, PERIOD, SEGMENT, VALUE = ("指标", "KPI"), ("期间", "Period"), ("细分", "Segment"), ("值", "Value")
WARN = Style(bold=True, color="C00000")
PLAIN = Style(valign="top")
BESIDES = {
    LATER: ("在截止日期之后", "after the last day that counts"),
    ELSEWHERE: ("属于其他细分", "of another segment"),
    NO_CUSTOMER: ("没有客户编号", "without a customer"),
    NOT_SOLD: ("退款或取消", "refund or cancellation"),
    BLANK: ("没有回答这一题", "question not answered"),
    BESIDE: ("与本指标无关", "does not bear on this KPI"),
}
SIDES = {NUMERATOR: ("分子", "Numerator"), DENOMINATOR: ("分母", "Denominator")}
PLACES = (
    ("单位", "Unit"),
    ("名称", "Name"),
    ("表", "Sheet"),
    ("文件", "File"),
    ("行号", "Row"),
    ("主键", "Key"),
    ("日期", "Date"),
    ("行金额", "Money of the row"),
)


@dataclass
class Board:
    """Rows of the page from its second row on, how single cells look, and where they lead."""

    rows: list[Row] = field(default_factory=list)
    marks: dict[tuple[int, int], Style] = field(default_factory=dict)
    links: dict[tuple[int, int], str] = field(default_factory=dict)

    def put(self, row: Row, style: Style | None = None, *, first: bool = False) -> int:
        """Add a row, in one look; or its *first* cell alone."""
        self.rows.append(row)
        number = len(self.rows) + 1
        if style:
            self.marks.update({(number, column): style for column in range(1, 2 if first else len(row) + 1)})
        return number


def basis(inputs: Inputs, as_of: date | None) -> str:
    """What a trace rests on: every cell and file read, settings, last day, version of the program."""
    parts = [inputs.digest, str(inputs.settings.versions), str(as_of), __version__]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def stale_text(language: str) -> str:
    """What stands above a trace once the workbook was refreshed with other data, settings or program."""
    return in_language(
        "已过期:生成之后数据、参数或程序有变化,工作簿已重新更新。请重新追溯。",
        "Out of date: data, settings or the program have changed since, and the workbook was refreshed. Trace again.",
        language,
    )


def stale_cell(raw: RawSheet | None, now: str) -> bool:
    """Whether a page holds a trace that rests on something else than *now*, and does not say so yet."""
    if raw is None:
        return False
    kept, said = held(raw, BASIS_ROW, 2), held(raw, STATE_ROW, 1)
    return bool(kept) and kept != now and not said


@dataclass(frozen=True)
class Kept:
    """Which figure the page holds a trace of."""

    kpi: str
    period: str
    window: str
    segment: str
    value: Any


def kept_trace(raw: RawSheet | None, now: str) -> Kept | None:
    """The figure that a page traces, if the trace rests on *now*."""
    if raw is None or held(raw, BASIS_ROW, 2) != now or held(raw, STATE_ROW, 1):
        return None
    found = {held(raw, row, 1): row for row in range(LAST_OF_HEAD, BASIS_ROW, -1)}

    def at(pair: tuple[str, str], column: int) -> Any:
        rows = [found[text] for text in (in_language(*pair, each) for each in ("zh", "en", "both")) if text in found]
        return held(raw, rows[0], column) if rows else None

    kpi, period, window, segment = (
        str(at(label, column) or "") for label, column in ((KPI, 2), (PERIOD, 2), (PERIOD, 3), (SEGMENT, 2))
    )
    return Kept(kpi, period, window, segment, at(VALUE, 2))


def trace_board(made: Trace, language: str, rests_on: str, sheet_names: Mapping[str, str], shown: str = "") -> Board:
    """The whole page. *sheet_names* are the worksheets of this workbook; *shown* is what the Scorecard shows instead."""
    board = Board()
    board.put([None])
    _head(board, made, language, rests_on, shown)
    if len(made.rows):
        _rows(board, made, language, sheet_names)
    _left_out(board, made, language, sheet_names)
    _aside(board, made, language)
    width = max(len(row) for row in board.rows)
    board.rows = [row + [None] * (max(width, len(TRACE.columns)) - len(row)) for row in board.rows]
    return board


def check_text(made: Trace, language: str) -> str:
    """Whether totals agree, in a sentence."""
    if made.result.value is None:
        return why_text(made.result.reason, made.result.note, language) if made.result.reason else ""
    if made.agrees:
        return in_language("合计与分子、分母一致", "totals agree with numerator and denominator", language)
    return in_language(
        "合计与结果不一致,请报告此问题", "totals do NOT agree with the result: please report this", language
    )


def side_text(made: Trace, side: Side, language: str) -> str:
    """How numerator or denominator is made of the totals."""
    if side.parts is None:
        return formula_of(made.kpi) if side.value is not None else ""
    texts = []
    for name, factor in side.parts.items():
        sign = "-" if factor < 0 else "+"
        times = "" if abs(factor) == 1 else f"{abs(factor):.10g} x "
        texts.append(f"{sign} {times}{name}")
    if side.constant:
        texts.append(f"{'-' if side.constant < 0 else '+'} {abs(side.constant):.10g}")
        if not side.parts:
            texts = (
                [in_language("期间的月数", "months of the period", language)]
                if made.kpi.key.endswith("_month")
                else texts
            )
    return " ".join(texts).removeprefix("+ ")


def _head(board: Board, made: Trace, language: str, rests_on: str, shown: str) -> None:
    def line(zh: str, en: str, *cells: Any, style: Style | None = None) -> None:
        number = board.put([in_language(zh, en, language), *cells])
        board.marks[number, 1] = Style(bold=True, valign="top")
        if style:
            board.marks[number, 2] = style

    kpi, result = made.kpi, made.result
    shape = Style(number_format=FORMATS[kpi.unit], bold=True, align="left")
    line("依据", "Rests on", rests_on)
    board.put([f"{kpi.label(language)} · {result.period.label} · {segment_text(result)}"], TITLE, first=True)
    line(*KPI, kpi.key)
    line("定义", "Definition", {"zh": kpi.says or kpi.title, "en": kpi.title}.get(language, f"{kpi.says} {kpi.title}"))
    line("公式", "Formula", formula_of(kpi))
    line(*PERIOD, result.period.label, *([window_text(made.turn, language)] if made.turn else []))
    if made.turn:
        line("月份", "Months", f"{month_text(made.turn.first)} – {month_text(made.turn.stop - 1)}")
    line(*SEGMENT, segment_text(result))
    if result.value is not None:
        line(*VALUE, result.value, style=shape)
    else:
        line(*VALUE, f"– ({why_text(result.reason, result.note, language)})" if result.reason else "–")
    if shown:
        line("记分卡显示", "Scorecard shows", shown, in_language("与这里不同:记分卡更新较早,或为结账值、调整值", "differs: refreshed earlier, or a closed or adjusted figure", language), style=WARN)  # fmt: skip
    for (zh, en), value, side in (
        (SIDES[NUMERATOR], made.numerator, made.arithmetic.numerator),
        (SIDES[DENOMINATOR], made.denominator, made.arithmetic.denominator),
    ):
        if value is not None:
            line(zh, en, value, side_text(made, side, language), style=Style(align="left"))
    if result.n is not None:
        line("样本量", "Base n", result.n, style=Style(align="left"))
    line("核对", "Check", check_text(made, language), style=None if made.agrees else WARN)


def _rows(board: Board, made: Trace, language: str, sheet_names: Mapping[str, str]) -> None:
    board.put([])
    counted = in_language(
        f"计入的行:{made.units:,} 个单位,{len(made.rows):,} 行。一个单位有几行时,数额列在第一行。",
        f"Rows that count: {made.units:,} units, {len(made.rows):,} rows. Of a unit with several rows, the first carries the amounts.",
        language,
    )
    board.put([counted], TITLE, first=True)
    if statistics := [name for name in made.columns if name in MEASURES and MEASURES[name].statistic]:
        board.put(
            [
                in_language(
                    f"{'、'.join(statistics)} 的合计是全部数值的统计量,不是它们的和。",
                    f"The total of {', '.join(statistics)} is a statistic of all its values, not their sum.",
                    language,
                )
            ],
            SAYS,
        )
    sides = {NUMERATOR: made.arithmetic.numerator.alone, DENOMINATOR: made.arithmetic.denominator.alone}
    names = [
        f"{in_language(*SIDES[name], language)}{f' ({sides[name]})' if sides[name] else ''}" if name in SIDES else name
        for name in made.columns
    ]
    board.put([*(in_language(*each, language) for each in PLACES), *names], HEADER)
    total: Row = [in_language("合计", "Total", language), *[None] * (len(PLACES) - 1)]
    sums = {NUMERATOR: made.numerator, DENOMINATOR: made.denominator, **made.totals}
    board.put([*total, *(sums[name] for name in made.columns)], Style(bold=True))
    first = made.rows.iloc[:MOST]
    for cells in first[["kind", "name", "sheet", "title", "row", "key", "day", "money", *made.columns]].itertuples(index=False):  # fmt: skip
        kind, name, sheet, title, row, key, day, *numbers = cells
        behind = BEHIND[kind]
        number = board.put(
            [
                in_language(behind.zh, behind.en, language),
                name,
                sheet,
                title,
                int(row) or None,
                key,
                day,
                *(float(each) if isfinite(each) else None for each in numbers),
            ]
        )
        if title in sheet_names and row:
            board.links[number, 5] = f"'{title.replace(chr(39), chr(39) * 2)}'!A{int(row)}"
    rest = made.rows.iloc[MOST:]
    if len(rest):
        said = in_language(f"其余 {len(rest):,} 行(合计)", f"{len(rest):,} more rows, summed", language)
        board.put([said, *[None] * (len(PLACES) - 1), *(float(rest[name].sum()) for name in made.columns)], SAYS)


def _left_out(board: Board, made: Trace, language: str, sheet_names: Mapping[str, str]) -> None:
    board.put([])
    count = f"{len(made.left_out):,}"
    board.put([in_language(f"剔除的行:{count}", f"Rows left out: {count}", language)], TITLE, first=True)
    if not made.left_out:
        return
    heads = [("原因", "Reason"), ("代码", "Code"), ("说明", "What it means"), *PLACES[3:7], ("字段", "Field")]
    board.put([in_language(*each, language) for each in heads], HEADER)
    for each in made.left_out[:MOST]:
        reason = in_language(*LEFT_OUT.get(each.reason, (each.reason, each.reason)), language)
        meaning = findings.title(each.code, language) if each.code else ""
        number = board.put([reason, each.code, meaning, each.title, each.row, each.key, each.day, each.field])
        if each.title in sheet_names:
            board.links[number, 5] = f"'{each.title.replace(chr(39), chr(39) * 2)}'!A{each.row}"


def _aside(board: Board, made: Trace, language: str) -> None:
    if not made.aside:
        return
    words = {**LEFT_OUT, **BESIDES}
    board.put([])
    said = in_language(
        "期间内不计入、只计数的行", "Rows of the period that do not count, not listed one by one", language
    )
    board.put([said], TITLE, first=True)
    board.put(
        [in_language(*each, language) for each in (("原因", "Reason"), PLACES[2], PLACES[3], ("行数", "Rows"))], HEADER
    )
    for each in made.aside:
        board.put(
            [
                in_language(*words.get(each.reason, (each.reason, each.reason)), language),
                each.sheet,
                each.title,
                each.rows,
            ]
        )


def as_document(made: Trace, language: str | None, rests_on: str) -> dict[str, Any]:
    """The trace as one JSON document, all rows in it."""
    result, turn = made.result, made.turn
    rows = made.rows.astype(object).where(made.rows.notna(), None).to_dict("records") if len(made.rows) else []
    return {
        "kpi": made.kpi.key,
        "label": made.kpi.label(language or "both"),
        "formula": formula_of(made.kpi),
        "period": result.period.label,
        "segment_dim": result.segment_dim,
        "segment": result.segment,
        "window": turn.window if turn else None,
        "months": [month_text(turn.first), month_text(turn.stop - 1)] if turn else None,
        "value": result.value,
        "reason": result.reason.value if result.reason else None,
        "note": result.note,
        "numerator": made.numerator,
        "denominator": made.denominator,
        "n": result.n,
        "totals": made.totals,
        "agrees": made.agrees,
        "rests_on": rests_on,
        "rows": rows,
        "left_out": [vars(each) | {"month": month_text(each.month)} for each in made.left_out],
        "counted_only": [vars(each) for each in made.aside],
    }
