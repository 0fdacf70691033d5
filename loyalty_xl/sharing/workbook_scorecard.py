"""The first page of the static workbook: the Scorecard itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import HEAD, SCORECARD, in_language
from loyalty_xl.publish.look import BAR, BLUE, GREY, INK, PALE, STATUS
from loyalty_xl.publish.words import FORMATS, STATUSES, TRENDS, number_text, status_text
from loyalty_xl.sharing.wording import BETWEEN, unit_text
from loyalty_xl.sharing.workbook_sheet import CELL, QUIET, Sheet, lines
from loyalty_xl.vocabulary import Status, Trend

if TYPE_CHECKING:
    from loyalty_xl.sharing.card import Action, Card, Change, Group, Row

WIDTHS = {
    "label": 26.0,
    "segment": 9.0,
    "actual": 11.0,
    "target": 10.0,
    "variance": 10.0,
    "attainment": 10.0,
    "status": 12.0,
    "ytd": 10.0,
    "change": 10.5,
    "change_year": 10.5,
    "spark": 14.0,
    "trend": 9.0,
    "base": 28.0,
    "owner": 13.5,
    "action_by": 19.0,
    "comment": 24.0,
}
AT = {key: number for number, key in enumerate(WIDTHS)}
LAST = len(AT) - 1
LABELS = {column.key: column for column in SCORECARD.columns}
TOLD = 4  # changes above the table; all of them are on Notes


def draw_scorecard(sheet: Sheet, card: Card, trend: str, courses: list[tuple[int, int, int] | None]) -> int:
    """Draw the page.

    Parameters
    ----------
    sheet, card
        Where, and what.
    trend
        Name of the worksheet Trend.
    courses
        Of each row: row, first and last column of its course on Trend; None where it has none.

    Returns
    -------
    int
        Row of the header, to be repeated on every printed page.
    """
    row = _tiles(sheet, card, _banner(sheet, card))
    head = row = _about(sheet, card, row) + 1
    sheet.header(head, [LABELS[key].label(card.language) for key in WIDTHS])
    row += 1
    places = iter(courses)
    for group in card.groups:
        _group(sheet, row, group)
        sheet.keep(row, row + min(2, len(group.rows)))
        row += 1
        for each in group.rows:
            _line(sheet, row, each, trend, next(places))
            row += 1
    row += 1
    for note in card.notes:
        sheet.text(row, 0, note, LAST, font_color=GREY, font_size=9)
        row += 1
    sheet.raw.freeze_panes(0, 1)
    return head


def changed(change: Change, language: str) -> str:
    """A change in a line: "NPS: 45.0 → 42.0 (▲ close → ■ off target), because …"."""
    before, now = ((figure.why or number_text(figure.value, change.unit)) for figure in (change.before, change.now))
    states = ""
    if change.status is not change.status_before:
        then, today = (status_text(status, language) for status in (change.status_before, change.status))
        states = in_language(f"({then} → {today})", f" ({then} → {today})", "zh" if language == "zh" else "en")
    why = ""
    if change.why:
        why = {"zh": f",因为:{change.why}", "en": f", because: {change.why}"}.get(
            language, f",因为 because: {change.why}"
        )
    colon = ":" if language == "zh" else ": "
    return f"{change.name}{colon}{before} → {now}{states}{why}"


def replaces(card: Card) -> str:
    """Which version this is, and which one it takes the place of."""
    if card.earlier is None:
        return in_language(f"第 {card.version} 版", f"version {card.version}", card.language)
    number, day = card.earlier.version, card.earlier.on.isoformat()
    return in_language(
        f"第 {card.version} 版,代替 {day} 的第 {number} 版。",
        f"Version {card.version}, replaces version {number} of {day}.",
        card.language,
    )


def _banner(sheet: Sheet, card: Card) -> int:
    """Title, and whether this is final. Gives the next row."""
    sheet.text(
        0,
        0,
        card.title,
        LAST if card.is_draft or not card.state else AT["trend"],
        bold=True,
        font_size=20,
        font_color=BLUE,
    )
    sheet.high(0, 36)
    if not card.is_draft:
        if card.state:
            sheet.text(0, AT["base"], card.state, LAST, font_color=GREY, align="right")
        return 1
    back, ink = STATUS["■"]
    facts: dict[str, Any] = {"bold": True, "bg_color": back, "font_color": ink, "border": 2, "border_color": ink}
    sheet.text(1, 0, card.state, LAST, font_size=13, align="center", **facts)
    sheet.high(1, 26)
    return 2


def _tiles(sheet: Sheet, card: Card, row: int) -> int:
    """Period, score and how many rows are green, amber, red. Gives the next row."""
    sheet.high(row, 6)
    label, value = row + 1, row + 2
    plain = {"bg_color": PALE, "align": "center"}

    def tile(first: str, last: str, said: str, **facts: Any) -> dict[str, Any]:
        look = plain | facts
        sheet.text(label, AT[first], said, AT[last], font_size=9, **({"font_color": GREY} | look))
        return {"to": AT[last], "bold": True, "font_size": 18, **({"font_color": INK} | look)}

    words = {key: in_language(*HEAD[key], card.language) for key in ("period", "as_of", "loyalty_score")}
    sheet.text(value, 0, card.period, **tile("label", "label", words["period"]) | {"to": None})
    sheet.text(value, AT["segment"], card.as_of, **tile("segment", "actual", words["as_of"]))
    score = tile("target", "variance", words["loyalty_score"], font_color=BLUE)
    if card.score.shown:
        sheet.figure(value, AT["target"], card.score, "0.0", **score)
    else:
        sheet.text(value, AT["target"], card.score.why or "–", **score | {"font_size": 11, "bold": False})
    count = Counter(each.status for each in card.rows)
    spans = (("attainment", "status"), ("ytd", "change"), ("change_year", "spark"), ("trend", "base"))
    for status, (first, last) in zip((Status.GREEN, Status.AMBER, Status.RED, Status.GREY), spans, strict=True):
        back, ink = STATUS[STATUSES[status][0]]
        facts = tile(first, last, status_text(status, card.language), bg_color=back, font_color=ink)
        sheet.number(value, AT[first], count[status], "0", **facts)
    version = tile("owner", "comment", in_language("版本", "Version", card.language))
    sheet.number(value, AT["owner"], card.version, "0", **version)
    sheet.high(label, 18)
    sheet.high(value, 30)
    sheet.high(value + 1, 6)
    return value + 2


def _about(sheet: Sheet, card: Card, row: int) -> int:
    """The facts above the table, and beside them what is new since the last share. Gives the next row."""
    changes, facts = _told(card), list(card.facts)
    left = len(facts) if changes else -(-len(facts) // 2)  # without changes the facts stand in two columns
    for number, (label, text) in enumerate(facts):
        line = row + (number if number < left else number - left)
        first, last = (0, AT["attainment"]) if number < left else (AT["status"], LAST)
        over = None if number < left else AT["ytd"]
        sheet.text(line, first, label, over, font_color=GREY)
        sheet.text(line, (over or first) + 1, text, last, font_color=INK)
    for number, text in enumerate(changes):
        look = {"font_color": INK} if number else {"font_color": BLUE, "bold": True}
        sheet.text(row + number, AT["status"], text, LAST, **look)
    return row + max(left, len(changes))


def _told(card: Card) -> list[str]:
    """Which version this one takes the place of, and the figures that are others."""
    if card.earlier is None:
        return []
    told = [f"– {changed(each, card.language)}" for each in card.earlier.changes]
    rest = len(told) - TOLD
    if rest > 1:
        more = in_language(
            f"另有 {rest} 项变化,见“注释”页", f"{rest} more changes are on the page Notes", card.language
        )
        told = [*told[:TOLD], more]
    return [replaces(card), *(told or [in_language("数字没有变化。", "No figure is another one.", card.language)])]


def _group(sheet: Sheet, row: int, group: Group) -> None:
    """The heading of a dimension, with its score."""
    facts: dict[str, Any] = {"bold": True, "font_color": BLUE, "bg_color": PALE}
    sheet.heading(row, group.label[:1].upper() + group.label[1:], AT["actual"])
    for column in range(AT["target"], LAST + 1):
        sheet.text(row, column, "", bg_color=PALE)
    score = in_language("得分", "Score", sheet.look.language)
    if group.score.shown:
        sheet.figure(row, AT["variance"], group.score, f'"{score}  "0.0', to=AT["attainment"], **facts)
    elif group.score.why:
        sheet.text(row, AT["target"], f"{score}: {group.score.why}", AT["attainment"], **QUIET, bg_color=PALE)


def _line(sheet: Sheet, row: int, each: Row, trend: str, course: tuple[int, int, int] | None) -> None:
    """A row of the table."""
    form, language = FORMATS[each.unit], sheet.look.language
    mark = '"†"' if each.adjusted else ""
    middle = CELL | {"align": "center"}
    sheet.text(row, AT["label"], each.label, **CELL, bold=True)
    sheet.text(row, AT["segment"], each.place, **middle)
    sheet.figure(row, AT["actual"], each.actual, form + mark, **CELL, bold=True, font_size=11)
    if each.target_text:
        sheet.text(row, AT["target"], each.target_text, **CELL, align="right")
    else:
        sheet.figure(row, AT["target"], each.target, form, **CELL)
    sheet.figure(row, AT["variance"], each.variance, f"+{form};-{form};{form}", **CELL)
    sheet.figure(row, AT["attainment"], each.attainment, "0%", **CELL, indent=1)
    sheet.status(row, AT["status"], each.status, " ≈" if each.straddles else "")
    sheet.figure(row, AT["ytd"], each.ytd, form, **CELL)
    for key, text in (("change", each.change), ("change_year", each.change_year)):
        sheet.text(row, AT[key], text, **CELL, align="right", indent=1)
    sheet.text(row, AT["spark"], "", **CELL)
    if course:
        line, first, last = course
        bars = {"type": "column", "series_color": BAR, "last_point": True, "last_color": BLUE, "min": _floor(each)}
        sheet.raw.add_sparkline(row, AT["spark"], {"range": f"'{trend}'!{_span(line, first, last)}", **bars})
    sheet.text(
        row, AT["trend"], "–" if each.trend is Trend.NONE else in_language(*TRENDS[each.trend], language), **middle
    )
    unit = unit_text(each.unit, language) if each.actual.shown else ""
    about = (BETWEEN.join(filter(None, (unit, each.base))), each.window)
    sheet.text(row, AT["base"], "\n".join(filter(None, about)), **CELL | {"font_size": 9})
    sheet.text(row, AT["owner"], each.owner, **middle | {"font_size": 9})
    sheet.text(
        row, AT["action_by"], "\n".join(_action(action, language) for action in each.actions), **CELL | {"font_size": 9}
    )
    sheet.text(row, AT["comment"], each.comment, **CELL | {"font_size": 9})
    sheet.high(row, 22)


def _floor(each: Row) -> float:
    """Where the bars of a course stand: a little below the least, which would be no bar otherwise."""
    values = [figure.value for figure in each.history[-12:] if figure.value is not None]
    low, high = min(values), max(values)
    floor = low - 0.3 * (high - low or abs(low) or 1.0)
    return float(f"{max(0.0, floor) if low >= 0 else floor:.6g}")


def _action(action: Action, language: str) -> str:
    """Who does something, and by when."""
    who = action.owner or in_language("未指定", "nobody named", language)
    if action.due is None:
        return who
    day = action.due.isoformat()
    by = {"zh": f"{day} 前", "en": f"by {day}"}.get(language, f"{day} 前 by")
    if action.overdue:
        by = f"{day} {in_language('已逾期', 'overdue', language)}"
    return f"{who} · {by}" if lines(f"{who} · {by}", WIDTHS["action_by"]) == 1 else f"{who}\n{by}"


def _span(row: int, first: int, last: int) -> str:
    from xlsxwriter.utility import xl_range_abs

    return str(xl_range_abs(row, first, row, last))


__all__ = ["changed", "draw_scorecard", "replaces"]
