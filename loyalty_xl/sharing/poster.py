"""The poster: the scorecard as one tall picture for chat groups, read on a phone.

It is drawn with Pillow, not printed through a spreadsheet: the same on Windows, macOS and Linux, in a fraction of a second, without
an office program; the price is that fonts must be found, which `fonts` does. Status shapes are drawn, so no font need have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loyalty_xl.publish.look import BLUE, INK, PALE, STATUS
from loyalty_xl.publish.words import STATUSES, number_text
from loyalty_xl.sharing.fonts import fonts_for
from loyalty_xl.sharing.poster_words import Words, shown, target
from loyalty_xl.sharing.wording import unit_text
from loyalty_xl.vocabulary import Status, Unit

if TYPE_CHECKING:
    from loyalty_xl.sharing.canvas import Canvas
    from loyalty_xl.sharing.card import Card, Group, Row

WIDTH = 1080
TALLEST = 2900  # more would be a strip on a phone: rows that do not fit are counted
LEFT, RIGHT = 44, WIDTH - 44
PAGE, WHITE, SOFT = "#EEF2F7", "#FFFFFF", "#5F6B7A"
STRONG = {Status.GREEN: "#009E73", Status.AMBER: "#E69F00", Status.RED: "#D55E00", Status.GREY: "#9AA0A6"}
NAME, NAME_LINE, NAME_WIDTH = 38, 52, 440
PLACE_LINE = 46
COURSE_WIDTH, VALUE_WIDTH = 150, 270
GAP, HEADING = 34, 62  # above a dimension, and its name
FEWEST = 4  # rows, however tall they are
ORDER = (Status.RED, Status.AMBER, Status.GREEN, Status.GREY)  # what matters most first


def poster(card: Card) -> bytes:
    """Draw *card* as PNG, 1080 pixels wide: its score, how many targets were missed, and the rows that have a target.

    Raises
    ------
    CannotDrawError
        W452: no font of this system has the letters of the card.
    """
    from loyalty_xl.sharing.canvas import Canvas

    words = Words(card.language)
    faces = fonts_for("".join([card.title, card.state, *(row.name for row in aimed(card))]))
    canvas = Canvas(WIDTH, TALLEST + 1500, PAGE, faces)
    y = counts(canvas, card, words, top(canvas, card, words) + 32)
    chosen = choose(canvas, card, TALLEST - y - 120 - 50 * len(card.notes))
    for group in card.groups:
        rows = [row for row in group.rows if any(row is each for each in chosen)]
        if rows:
            y = section(canvas, group, rows, words, y + GAP)
    if left_out := len(aimed(card)) - len(chosen):
        y = canvas.paragraph(LEFT + 8, y + 26, words.more(left_out), 34, BLUE, RIGHT - LEFT, 2, bold=True)
    return canvas.png(round(foot(canvas, card, y + 26)))


def aimed(card: Card) -> list[Row]:
    """Rows with a target, in their order."""
    return [row for row in card.rows if row.aimed]


def choose(canvas: Canvas, card: Card, room: float) -> list[Row]:
    """Rows that are shown: those with a target as far as there is room, what matters most first."""
    headed = set[str]()
    chosen: list[Row] = []
    for row in sorted(aimed(card), key=lambda row: ORDER.index(row.status)):
        room -= row_height(canvas, row) + (0 if row.dimension in headed else GAP + HEADING)
        if room < 0 and len(chosen) >= FEWEST:
            break
        headed.add(row.dimension)
        chosen.append(row)
    return chosen


def top(canvas: Canvas, card: Card, words: Words) -> float:
    """The head: what it is, of when, the score in a ring; below it whether it is a draft and what it replaces."""
    width = 600
    title = canvas.lines(card.title, 46, width, 3, bold=True)
    height: float = max(330, 150 + 62 * len(title) + 110)
    canvas.box(0, 0, WIDTH, height, BLUE)
    y = 44.0
    for line in title:
        canvas.text(LEFT, y, line, 46, WHITE, bold=True)
        y += 62
    canvas.text(LEFT, y + 2, card.period, canvas.fitting(card.period, (88, 72, 60, 48, 36), width), WHITE, bold=True)
    canvas.paragraph(LEFT, y + 122, words.as_of(card.as_of), 30, "#C9D6EA", width + 60, 1)
    score(canvas, card, words, WIDTH - 44 - 128, height / 2)
    if card.state or card.is_draft:
        height = strip(
            canvas, height, card.state or words.draft, *(("#FFC845", "#3D2B00") if card.is_draft else (PALE, BLUE))
        )
    if card.earlier:
        height = strip(canvas, height, words.replaces(card), WHITE, BLUE)
    return height


def score(canvas: Canvas, card: Card, words: Words, x: float, y: float) -> None:
    """The score, 0 to 100, as a number in a ring."""
    value = card.score.value
    canvas.ring(x, y, 128, (value or 0.0) / 100, "#9CC3F5", "#3B5488", 20)
    said = (
        [number_text(value, Unit.POINTS)]
        if card.score.shown
        else canvas.lines(card.score.why or "–", 32, 190, 2, bold=True)
    )
    size, step = (72, 94) if card.score.shown else (32, 42)
    at = y - (step * len(said) + 40) / 2 - 6
    for line in said:
        canvas.text(x - canvas.length(line, size, bold=True) / 2, at, line, size, WHITE, bold=True)
        at += step
    canvas.text(x - canvas.length(words.score, 30) / 2, at, words.score, 30, "#C9D6EA")


def strip(canvas: Canvas, y: float, text: str, colour: str, ink: str) -> float:
    """A line of its own over the whole width; give the height below it."""
    lines = canvas.lines(text, 34, RIGHT - LEFT, 6, bold=True)
    below = y + 30 + 46 * len(lines)
    canvas.box(0, y, WIDTH, below, colour)
    for number, line in enumerate(lines):
        canvas.text(LEFT, y + 12 + 46 * number, line, 34, ink, bold=True)
    return below


def counts(canvas: Canvas, card: Card, words: Words, y: float) -> float:
    """How many targets were missed, and a tile for each status; give the height below."""
    rows = aimed(card)
    number = {status: sum(row.status is status for row in rows) for status in ORDER}
    size = 52
    for text in words.missed(number[Status.RED], len(rows) - number[Status.GREY]):
        y = canvas.paragraph(LEFT, y, text, size, INK, RIGHT - LEFT, 2, bold=True)
        size = 40
    y += 18
    gap = 20
    width = (RIGHT - LEFT - 3 * gap) / 4
    height = 108 + 42 * len(words.each("", ""))
    for place, status in enumerate(ORDER):
        left = LEFT + place * (width + gap)
        canvas.box(left, y, left + width, y + height, WHITE, radius=18)
        canvas.shape(status, left + 24, y + 30, 50, STRONG[status])
        canvas.text(
            left + 94, y + 12, str(number[status]), 64, INK if number[status] else STRONG[Status.GREY], bold=True
        )
        for line, label in enumerate(words.each(*STATUSES[status][1:])):
            canvas.text(left + 24, y + 98 + 42 * line, label, 30, SOFT)
    return y + height


def section(canvas: Canvas, group: Group, rows: list[Row], words: Words, y: float) -> float:
    """A dimension: its name, its score, a card with its rows; give the height below."""
    half = (RIGHT - LEFT) / 2
    label = canvas.lines(group.label[:1].upper() + group.label[1:], 38, half, 1, bold=True)[0]
    canvas.text(LEFT + 8, y, label, 38, BLUE, bold=True)
    if group.score.shown or group.score.why:
        text = f"{words.score}{' ' if group.score.shown else ': '}{shown(group.score, Unit.POINTS)}"
        canvas.text(RIGHT - 8, y + 4, canvas.lines(text, 32, half - 30, 1)[0], 32, SOFT, right=True)
    y += HEADING
    heights = [row_height(canvas, row) for row in rows]
    canvas.box(LEFT, y, RIGHT, y + sum(heights), WHITE, radius=22)
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        if number:
            canvas.box(LEFT + 40, y - 1, RIGHT - 28, y + 1, "#E3E8EF")
        draw_row(canvas, row, words, y, height)
        y += height
    return y


def row_height(canvas: Canvas, row: Row) -> float:
    """How much room a row needs."""
    return (
        118
        + NAME_LINE * len(canvas.lines(row.label, NAME, NAME_WIDTH, 3, bold=True))
        + (PLACE_LINE if row.place else 0)
    )


def draw_row(canvas: Canvas, row: Row, words: Words, y: float, height: float) -> None:
    """A row: name and status, its course with the change, the actual above the target."""
    x = LEFT + 40
    canvas.box(LEFT + 12, y + 20, LEFT + 22, y + height - 20, STRONG[row.status], radius=5)
    below = y + 20
    for line in canvas.lines(row.label, NAME, NAME_WIDTH, 3, bold=True):
        canvas.text(x, below, line, NAME, INK, bold=True)
        below += NAME_LINE
    if row.place:
        canvas.text(x, below, canvas.lines(row.place, 34, NAME_WIDTH, 1)[0], 34, SOFT)
        below += PLACE_LINE
    pill(canvas, row, words, x, below + 14)
    middle = y + height / 2
    values = [figure.value for figure in row.history]
    left = x + NAME_WIDTH + 26
    if sum(value is not None for value in values) > 1:
        up = 18 if row.change else 0
        canvas.course(
            (left, middle - 36 - up, left + COURSE_WIDTH, middle + 36 - up),
            values,
            row.aims or (None,),
            "#3F5F8F",
            "#AEB9C8",
        )
    if row.change and canvas.length(row.change, 26) <= COURSE_WIDTH + 20:
        start = left + (COURSE_WIDTH - canvas.length(row.change, 26)) / 2
        canvas.text(start, middle + 30, row.change, 26, SOFT)
    figures(canvas, row, words, middle)


def figures(canvas: Canvas, row: Row, words: Words, middle: float) -> None:
    """The actual above the target, around the middle of the row."""
    right = RIGHT - 32
    if row.actual.shown:
        said = [number_text(row.actual.value, row.unit)]
        size = canvas.fitting(said[0], (60, 54, 48, 42, 36), VALUE_WIDTH)
        step = size * 1.3
    else:
        said, size, step = canvas.lines(row.actual.why or "–", 34, VALUE_WIDTH, 2, bold=True), 34, 46
    aim = canvas.lines(f"{words.target} {target(row)}", 30, VALUE_WIDTH, 2)
    if row.actual.shown and (unit := unit_text(row.unit, words.language)):
        aim += canvas.lines(unit, 30, VALUE_WIDTH, 1)
    at = middle - (step * len(said) + 42 * len(aim)) / 2 - 4
    for line in said:
        canvas.text(right, at, line, size, INK if row.actual.shown else SOFT, bold=True, right=True)
        at += step
    if row.adjusted:
        canvas.text(right + 2, at - step + 4, "†", 30, INK, bold=True)
    for line in aim:
        canvas.text(right, at + 4, line, 30, SOFT, right=True)
        at += 42


def pill(canvas: Canvas, row: Row, words: Words, x: float, y: float) -> None:
    """A status as shape and word on its colour, with ≈ where it could be chance."""
    sign, zh, en = STATUSES[row.status]
    fill, ink = STATUS[sign]
    label = words(zh, en) + (" ≈" if row.straddles else "")
    canvas.box(x, y, x + 76 + canvas.length(label, 30, bold=True), y + 54, fill, radius=27)
    canvas.shape(row.status, x + 20, y + 15, 24, ink)
    canvas.text(x + 54, y + 6, label, 30, ink, bold=True)


def foot(canvas: Canvas, card: Card, y: float) -> float:
    """What a reader must know; give the height of the whole poster."""
    for note in card.notes:
        y = canvas.paragraph(LEFT + 8, y, note, 28, SOFT, RIGHT - LEFT - 16, 3) + 4
    return y + 30
