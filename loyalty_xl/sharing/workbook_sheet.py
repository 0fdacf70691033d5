"""A worksheet of values: nothing written on it is ever a formula, rows are as high and columns as wide as what they hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from loyalty_xl.publish.look import BLUE, GREY, INK, LINE, PALE, STATUS
from loyalty_xl.publish.words import STATUSES, status_text
from loyalty_xl.vocabulary import Status

if TYPE_CHECKING:
    import xlsxwriter

    from loyalty_xl.publish.look import Look
    from loyalty_xl.sharing.card import Figure

LONGEST = 32_767  # UTF-16 units of a cell
HIGHEST = 400.0  # points of a row
PAGE = 0.66  # height of what is printed on a page, in parts of its width
SQUEEZE = 1.37
DIGIT = {"en": 5.3, "zh": 5.85}  # points of a column's unit in the fonts
BEGINS = tuple("=+-@＝＋－＠")  # what a program may take for a formula once somebody edits the cell
QUIET: dict[str, Any] = {
    "font_color": GREY,
    "italic": True,
    "font_size": 9,
    "align": "right",
    "valign": "vcenter",
    "text_wrap": True,
}
CELL: dict[str, Any] = {"font_color": INK, "valign": "vcenter", "bottom": 1, "bottom_color": LINE}
UNPRINTABLE = re.compile("[\x00-\x1f\ufffe\uffff]+")  # what XML cannot hold, and breaks of lines


class Sheet:
    """One page.

    Parameters
    ----------
    book
        The workbook.
    name
        Of the worksheet: the product's own, never of the data.
    look
        Formats.
    widths
        Of its columns; they become wider where a number asks for it.
    """

    def __init__(self, book: xlsxwriter.Workbook, name: str, look: Look, widths: list[float]) -> None:
        self.book, self.name, self.look, self.widths = book, name, look, widths
        self.shortened: list[str] = []  # cells whose text was too long
        self.raw = book.add_worksheet(name)
        self.raw.hide_gridlines(2)
        self._texts: list[
            tuple[int, int, int, str, float, float]
        ] = []  # row, first and last column, text, size, indent
        self._least: dict[int, float] = {}
        self._kept: list[tuple[int, int]] = []  # rows that are to stand on one page

    def text(self, row: int, column: int, text: str, to: int | None = None, **facts: Any) -> None:
        """Write a text, over the columns to *to*; "" leaves a blank cell."""
        text = whole(text)
        if text.lstrip().startswith(BEGINS):
            facts["quote_prefix"] = True
        if facts.get("align", "left") == "left" and {"bottom", "bg_color"} & set(facts):  # a cell of a table
            facts["indent"] = 1
        if utf16(text) > LONGEST:
            text = cut(text)
            self.shortened.append(f"{self.name}!{_cell(row, column)}")
        shape = self._place(row, column, to, {"text_wrap": True, "valign": "vcenter", **facts})
        self._texts.append((row, column, to or column, text, _size(facts), facts.get("indent", 0) * 1.5))
        if not text:
            self.raw.write_blank(row, column, None, shape)
        elif text.startswith("<r>") and text.endswith("</r>"):  # the writer would take it for its own markup
            self.raw.write_rich_string(row, column, text[:1], shape, text[1:], shape)
        else:
            self.raw.write_string(row, column, text, shape)

    def number(self, row: int, column: int, value: float, form: str, to: int | None = None, **facts: Any) -> None:
        """Write a number in the format *form*."""
        shape = self._place(row, column, to, {"valign": "vcenter", **facts, "num_format": form})
        self.raw.write_number(row, column, value, shape)
        if to is None:
            room = len(formed(value, form)) * _size(facts) / 10 + 1.6
            self.widths[column] = max(self.widths[column], room)

    def figure(self, row: int, column: int, figure: Figure, form: str, **facts: Any) -> None:
        """Write a number, or quietly why there is none."""
        if figure.value is not None:
            self.number(row, column, figure.value, form, **{"align": "right", **facts})
        else:
            kept: dict[str, Any] = {
                key: facts[key] for key in ("to", "bg_color", "bottom", "bottom_color") if key in facts
            }
            self.text(row, column, figure.why, **QUIET | kept)

    def header(self, row: int, texts: list[str], first: int = 0) -> None:
        """Write the header of a table."""
        facts: dict[str, Any] = {
            "bold": True,
            "font_color": "#FFFFFF",
            "bg_color": BLUE,
            "border": 1,
            "border_color": LINE,
        }
        for column, text in enumerate(texts, start=first):
            self.text(row, column, text, **facts, align="left" if column == 0 else "center")
        self.high(row, 24)

    def heading(self, row: int, text: str, to: int) -> None:
        """Write the heading of a part of a table."""
        self.text(row, 0, text, to, bold=True, font_color=BLUE, bg_color=PALE, font_size=11)
        self.high(row, 20)

    def title(self, text: str, to: int, below: str = "") -> int:
        """Write the title of the page and a line below it. Gives the next free row."""
        self.text(0, 0, text, to, bold=True, font_size=18, font_color=BLUE)
        if not below:
            return 2
        self.text(1, 0, below, to, font_color=GREY)
        return 3

    def status(self, row: int, column: int, status: Status, mark: str = "", **facts: Any) -> None:
        """Write a status: shape, word and colour."""
        back, ink = STATUS[STATUSES[status][0]]
        shape = CELL | facts | {"bg_color": back, "font_color": ink, "bold": status is not Status.GREY}
        self.text(row, column, status_text(status, self.look.language) + mark, **shape, align="center")

    @property
    def pixels(self) -> float:
        """Width of all its columns, as the writer reckons it."""
        return sum(width * 7 + 5 for width in self.widths)

    def high(self, row: int, points: float) -> None:
        """Make a row at least so high."""
        self._least[row] = max(self._least.get(row, 0), points)

    def keep(self, first: int, last: int) -> None:
        """Print these rows on one page, where a program heeds that; to be told from the top to the bottom of the sheet."""
        self._kept.append((first, last))

    def finish(self, footer: str, repeat: int | None = None, *, stretch: bool = False) -> None:
        """Give rows and columns their sizes, and set up printing: as wide as a page, on as many pages as it takes.

        A little more than a page is squeezed onto one; *stretch* gives the columns the width that is then to spare.
        """
        heights = self._heights()
        over = sum(heights.values()) / self._page
        squeezed = 1 < over <= SQUEEZE
        if squeezed and stretch:
            self.widths = [width * over**0.6 for width in self.widths]  # rows become lower too
            heights = self._heights()
        self.raw.fit_to_pages(1, 1 if squeezed else 0)
        self.raw.set_h_pagebreaks([] if squeezed else self._breaks(heights))
        for column, width in enumerate(self.widths):
            self.raw.set_column(column, column, width)
        for row, height in heights.items():
            self.raw.set_row(row, min(HIGHEST, height))
        self.raw.set_landscape()
        self.raw.set_paper(9)
        self.raw.set_margins(left=0.4, right=0.4, top=0.45, bottom=0.6)
        self.raw.center_horizontally()
        line = UNPRINTABLE.sub(" ", whole(footer))[:90].replace("&", "&&")
        self.raw.set_footer(f"&L&8 {line}&R&8 &P / &N")
        if repeat is not None:
            self.raw.repeat_rows(repeat)

    def _heights(self) -> dict[int, float]:
        """Points of each row, so that its texts are whole."""
        heights = dict(self._least)
        for row, first, last, text, size, indent in self._texts:
            room = (sum(self.widths[first : last + 1]) - 0.3 - indent) * 10 / size
            tall = 1.5 if self.look.language != "en" or max(text, default="") > "\u2e80" else 1.32
            heights[row] = max(heights.get(row, 0), lines(text, room) * size * tall + 2)
        return heights

    @property
    def _page(self) -> float:
        """Points of rows that stand on a page."""
        return sum(self.widths) * DIGIT.get(self.look.language, DIGIT["zh"]) * PAGE

    def _breaks(self, heights: dict[int, float]) -> list[int]:
        """Rows that begin a page, so that what belongs together stays together."""
        breaks, begins = [], 0
        for first, last in self._kept:
            above = sum(heights.get(row, 15) for row in range(begins, first)) % self._page
            if above + sum(heights.get(row, 15) for row in range(first, last + 1)) > self._page:
                breaks.append(first)
                begins = first
        return breaks

    def _place(self, row: int, column: int, to: int | None, facts: dict[str, Any]) -> Any:
        shape = self.look(**facts)
        if to is not None and to > column:
            self.raw.merge_range(row, column, row, to, "", shape)
        return shape


def whole(text: str) -> str:
    """A text without half characters: a lone surrogate is the replacement character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def printable(text: str) -> str:
    """A text on one line, without what XML cannot hold, for places where the writer does not escape it."""
    return UNPRINTABLE.sub(" ", whole(text))


def utf16(text: str) -> int:
    """Length of a text as Excel counts."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str) -> str:
    """The beginning of a text that is too long for a cell."""
    return text.encode("utf-16-le")[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"


def lines(text: str, room: float) -> int:
    """How many lines a text takes where *room* narrow characters stand in one; Chinese breaks anywhere, the rest at spaces."""
    count = 0
    for line in text.split("\n"):
        count, at = count + 1, 0.0
        for word in re.findall(r"[⺀-￿]|[^\s⺀-￿]+\s*|\s+", line):
            width = sum(2.0 if ord(letter) > 0x2E80 else 1.2 if letter.isupper() else 1.0 for letter in word)
            bare = width - (len(word) - len(word.rstrip()))
            if at and at + bare > room:
                count, at = count + 1, 0.0
            count, at = count + int(bare // room), at + width if bare <= room else width % room
    return count


def formed(value: float, form: str) -> str:
    """How a number looks in a format, well enough to know its width."""
    asked = form.partition(";")[0].replace('"', "")
    places = len(re.search(r"0\.(0+)", asked)[1]) if "0." in asked else 0  # type: ignore[index]
    shown = value * 100 if "%" in asked else value
    digits = f"{shown:,.{places}f}" if "," in asked else f"{shown:.{places}f}"
    return re.sub(r"[#,]*0(\.0+)?", lambda _: digits, asked, count=1)


def _size(facts: dict[str, Any]) -> float:
    """Size of a font; bold is a little wider."""
    size = float(facts.get("font_size", 10))
    return size * 1.08 if facts.get("bold") else size


def _cell(row: int, column: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return str(xl_rowcol_to_cell(row, column))


__all__ = ["CELL", "QUIET", "Sheet", "cut", "formed", "lines", "printable", "utf16", "whole"]
