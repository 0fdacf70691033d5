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
from loyalty_xl.books.workbook_xml import read_workbook

EMPTY = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<worksheet xmlns="{0}"><sheetViews><sheetView workbookViewId="0"/></sheetViews>'
    '<sheetFormatPr defaultRowHeight="15"/>{1}<sheetData></sheetData></worksheet>'
)
COPIED = (  # what a worksheet says by itself, without other parts: all that stands in a part of its own stays behind
    "sheetPr", "sheetViews", "sheetFormatPr", "sheetData", "dataValidations", "printOptions", "pageMargins",
    "pageSetup",
)  # fmt: skip


@dataclass(frozen=True)
class NewSheet:
    """A worksheet to be added."""

    before: str | None = None  # the worksheet that stands after it, None = it comes last
    widths: Sequence[float] = ()  # of the columns [characters]
    columns: Sequence[Style | None] = ()  # of whole columns: what is typed later looks like this
    like: bytes = b""  # a worksheet's XML whose view, choice lists and print layout it takes over

    def data(self, namespace: str, styles: Styles) -> bytes:
        """Give the part, without rows, for a workbook with *styles*."""
        columns = "".join(self._columns(styles))
        columns = f"<cols>{columns}</cols>" if columns else ""
        empty = EMPTY.format(namespace, columns).encode()
        if not self.like:
            return empty
        root, other = etree.fromstring(empty), parse(self.like)
        if etree.QName(other).namespace != namespace:  # strict: nothing but the columns is taken over
            return empty
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
        head = empty[: empty.index(b"<worksheet")]
        return head + etree.tostring(root, encoding="UTF-8")

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
    xml = draft.read(read_workbook(draft).sheets[sheet])
    widths = tuple(sizes[at].width if at in sizes else 0.0 for at in columns)
    return Copied(cells, widths, tuple(style_of(sizes[at]) if at in sizes else None for at in columns), xml)


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


NORMAL_SIZE = 10  # of text in the templates [points]
