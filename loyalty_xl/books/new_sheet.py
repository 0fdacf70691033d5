"""A worksheet that a patch adds: an empty one, or one that looks like a worksheet of another workbook."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from lxml import etree

from loyalty_xl.books.cell_values import Value
from loyalty_xl.books.markup import local, parse
from loyalty_xl.books.package import Draft, Package
from loyalty_xl.books.styles import Style, Styles
from loyalty_xl.books.workbook_xml import LINKS, read_workbook

HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
EMPTY = (
    '<worksheet xmlns="{0}"><sheetViews><sheetView workbookViewId="0"/></sheetViews>'
    '<sheetFormatPr defaultRowHeight="15"/>{1}<sheetData></sheetData></worksheet>'
)
COPIED = (  # what comes along; tables, charts and colours by rule stay behind
    "sheetPr", "sheetViews", "sheetFormatPr", "sheetData", "dataValidations", "printOptions", "pageMargins",
    "pageSetup", "legacyDrawing",
)  # fmt: skip
NOTES = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
SHAPES = "application/vnd.openxmlformats-officedocument.vmlDrawing"
NORMAL_SIZE = 10  # of text in the templates [points]


@dataclass(frozen=True)
class NewSheet:
    """A worksheet to be added."""

    before: str | None = None  # the worksheet that stands after it, None = it comes last
    widths: Sequence[float] = ()  # of the columns [characters]
    columns: Sequence[Style | None] = ()  # of whole columns: what is typed later looks like this
    like: bytes = b""  # a worksheet's XML whose view, choice lists and print layout it takes over
    notes: bytes = b""  # the part that holds that worksheet's notes
    shapes: bytes = b""  # the part that draws them
    hidden: bool = False  # until somebody unhides it

    def write(self, draft: Draft, part: str, namespace: str, styles: Styles) -> None:
        """Write the part, without rows, into a workbook with *styles*."""
        xml = self._data(namespace, styles)
        drawn = xml.find("{*}legacyDrawing")
        if drawn is not None:
            draft.add(free_part(draft, "xl/comments{}.xml"), self.notes, NOTES, part, f"{LINKS}/comments")
            drawing = free_part(draft, "xl/drawings/vmlDrawing{}.vml")
            link = draft.add(drawing, self.shapes, SHAPES, part, f"{LINKS}/vmlDrawing")
            drawn.set(f"{{{LINKS}}}id", link)
        draft.write(part, HEAD + etree.tostring(xml, encoding="UTF-8"))

    def _data(self, namespace: str, styles: Styles) -> etree._Element:
        columns = "".join(self._columns(styles))
        columns = f"<cols>{columns}</cols>" if columns else ""
        root = parse(EMPTY.format(namespace, columns).encode())
        if not self.like:
            return root
        other = parse(self.like)
        if etree.QName(other).namespace != namespace:  # strict: nothing but the columns is taken over
            return root
        columns_made = root.find("{*}cols")
        root[:] = [child for child in other if local(child) in COPIED]
        for child in root:
            if local(child) == "sheetData":
                child[:] = []
                child.text = ""
                if columns_made is not None:
                    child.addprevious(columns_made)
            for view in child.iterfind("{*}sheetView"):
                view.attrib.pop("tabSelected", "")  # another sheet is the open one
        return root

    def _columns(self, styles: Styles) -> Iterator[str]:
        for number, (width, style) in enumerate(zip_longest(self.widths, self.columns), start=1):
            facts = f' width="{width:g}" customWidth="1"' if width else ' width="9"'
            facts += f' style="{styles.id_of(style)}"' if style else ""
            if width or style:
                yield f'<col min="{number}" max="{number}"{facts}/>'


@dataclass(frozen=True)
class Copied:
    """What a worksheet of another workbook holds, ready to be put into a new sheet."""

    cells: dict[tuple[int, int], tuple[Value, Style]]
    widths: tuple[float, ...]
    columns: tuple[Style | None, ...]
    xml: bytes
    parts: dict[str, bytes]  # those that the worksheet refers to, by kind


def copied(path: Path, sheet: str) -> Copied:
    """Read values and looks of a worksheet of one of our own templates."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says what it would lose when saving
        held = openpyxl.load_workbook(path)[sheet]
    cells = {
        (cell.row, cell.column): (cell.value, style_of(cell))
        for row in held.iter_rows()
        for cell in row
        if cell.value is not None
    }
    sizes = {at: each for each in held.column_dimensions.values() for at in range(each.min, each.max + 1)}
    columns = range(1, max(sizes) + 1)
    draft = Draft(Package(path))
    part = read_workbook(draft).sheets[sheet]
    parts = {link.kind: draft.read(link.target) for link in draft.relationships(part) if link.target in draft}
    widths = tuple(sizes[at].width if at in sizes else 0.0 for at in columns)
    looks = tuple(style_of(sizes[at]) if at in sizes else None for at in columns)
    return Copied(cells, widths, looks, draft.read(part), parts)


def free_part(draft: Draft, pattern: str) -> str:
    """Give a name for a part that is not taken."""
    return next(part for number in range(1, 100_000) if (part := pattern.format(number)) not in draft)


def style_of(held: object) -> Style:
    """Give the look of a cell or column, as far as a style of ours can say it."""
    font, fill, lines, aligned = (getattr(held, name) for name in ("font", "fill", "border", "alignment"))
    filled = fill.fill_type == "solid"
    coloured = font.color is not None and font.color.type == "rgb"
    return Style(
        number_format=str(getattr(held, "number_format", "General")),
        bold=bool(font.b),
        fill=fill.fgColor.rgb[-6:] if filled else "",
        color=font.color.rgb[-6:] if coloured else "",
        wrap=bool(aligned.wrap_text),
        align=aligned.horizontal or "",
        valign=aligned.vertical or "",
        italic=bool(font.i),
        border=bool(lines.left is not None and lines.left.style),
        size=font.sz if font.sz != NORMAL_SIZE else 0,
    )
