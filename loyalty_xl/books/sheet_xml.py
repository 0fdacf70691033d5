"""A worksheet part, cut at its rows: only rows that change are ever parsed."""

from __future__ import annotations

import re
from functools import cached_property

from lxml import etree

from loyalty_xl.books.markup import PARSER, damaged, is_true, local, no_doctype, serialise, utf8
from loyalty_xl.cells import column_letters, column_number

Area = tuple[int, int, int, int]  # first row, first column, last row, last column

REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]+)")
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384


class SheetXml:
    """The bytes of a worksheet in three parts: up to `<sheetData>`, the rows, and from `</sheetData>` on."""

    def __init__(self, data: bytes, part: str = "") -> None:
        data = utf8(data)
        no_doctype(data, part)
        opening = re.search(rb"<((?:[\w.-]+:)?)sheetData\b[^>]*?(/?)>", data)
        root = re.search(rb"<(?:[\w.-]+:)?worksheet\b[^>]*>", data)
        if not opening or not root:
            raise damaged(part)
        self.part = part
        self.prefix = opening[1].decode()
        self.declarations = b" ".join(re.findall(rb"""xmlns(?::[\w.-]+)?\s*=\s*(?:"[^"]*"|'[^']*')""", root[0]))
        closing = b"</" + opening[1] + b"sheetData"
        if opening[2]:  # <sheetData/>
            self.head = data[: opening.start()] + b"<" + opening[1] + b"sheetData>"
            self.rows, self.tail = b"", closing + b">" + data[opening.end() :]
        else:
            end = data.rfind(closing)
            if end < 0:
                raise damaged(part)
            self.head, self.rows, self.tail = data[: opening.end()], data[opening.end() : end], data[end:]
        if b"<![CDATA[" in self.rows or b"<!--" in self.rows:  # a tag inside one of these would deceive the cut
            self._rebuild(b"".join((self.head, self.rows, self.tail)))

    def data(self) -> bytes:
        """Give the part as it is now."""
        return b"".join((self.head, self.rows, self.tail))

    def starts(self, last: int = LAST_ROW) -> list[tuple[int, int]]:
        """Give number and offset of each row, up to the first row beyond *last*. Rows without numbers get them."""
        found, before = [], 0
        for tag in re.finditer(rb"<%srow\b([^>]*)>" % self.prefix.encode(), self.rows):
            number = re.search(rb"""(?:^|\s)r\s*=\s*["'](\d+)["']""", tag[1])
            if not number:
                self._rebuild(self.data(), renumber=True)
                return self.starts(last)
            if int(number[1]) <= before:
                raise damaged(f"{self.part}: row {int(number[1])} after row {before}")
            before = int(number[1])
            found.append((before, tag.start()))
            if before > last:
                break
        return found

    @cached_property
    def arrays(self) -> list[Area]:
        """Areas of array formulas, what they spill over, and data tables."""
        if b"array" not in self.rows and b"dataTable" not in self.rows:
            return []
        tags = re.findall(rb"<(?:[\w.-]+:)?f\b([^>]*)>", self.rows)
        areas = [t for t in tags if re.search(rb"""\st\s*=\s*["'](?:array|dataTable)["']""", t)]
        refs = [re.search(rb"""\sref\s*=\s*["']([^"']+)["']""", tag) for tag in areas]
        return [area(found[1].decode()) for found in refs if found]

    @cached_property
    def merges(self) -> list[Area]:
        """Areas of merged cells."""
        tags = re.findall(rb"""<(?:[\w.-]+:)?mergeCell\s[^>]*?\bref\s*=\s*["']([^"']+)["']""", self.tail)
        return [area(tag.decode()) for tag in tags]

    @cached_property
    def column_styles(self) -> dict[range, int]:
        """Cell format of columns that have one."""
        found = {}
        for tag in re.findall(rb"<(?:[\w.-]+:)?col\s([^>]*)>", self.head):
            said = dict(re.findall(r"""([\w:]+)\s*=\s*["']([^"']*)["']""", tag.decode()))
            if said.get("style") and said.get("min") and said.get("max"):
                found[range(int(said["min"]), int(said["max"]) + 1)] = int(said["style"])
        return found

    def column_style(self, column: int) -> int:
        """Give the cell format of a column."""
        return next((style for columns, style in self.column_styles.items() if column in columns), 0)

    def drop_dimension(self) -> None:
        """Take out the used range (optional) that no longer holds."""
        self.head = re.sub(rb"<(?:[\w.-]+:)?dimension\b[^>]*?(?:/>|></(?:[\w.-]+:)?dimension>)", b"", self.head)

    def dimension(self) -> Area | None:
        """Give the used range as the sheet declares it."""
        found = re.search(rb"""<(?:[\w.-]+:)?dimension\b[^>]*?\bref\s*=\s*["']([^"']+)["']""", self.head)
        return area(found[1].decode()) if found else None

    def tree(self, piece: bytes) -> etree._Element:
        """Parse a piece of the part under the namespaces of its root."""
        try:
            return etree.fromstring(b"<w " + self.declarations + b">" + piece + b"</w>", PARSER)
        except etree.XMLSyntaxError as error:
            raise damaged(f"{self.part}: {error}") from None

    def piece(self, tree: etree._Element) -> bytes:
        """Give back what `tree` has parsed."""
        text: bytes = etree.tostring(tree, encoding="UTF-8")
        return text[text.index(b">") + 1 : text.rindex(b"<")] if len(tree) or tree.text else b""

    def tag(self, name: str) -> str:
        """Give an element's name in the namespace of the worksheet."""
        prefix = self.prefix.rstrip(":") or None
        namespace = self.tree(b"").nsmap.get(prefix)
        return f"{{{namespace}}}{name}" if namespace else name

    def _rebuild(self, data: bytes, renumber: bool = False) -> None:
        """Write the part anew without CDATA, comments and, if asked, with the numbers that rows and cells lack."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True)
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise damaged(f"{self.part}: {error}") from None
        if renumber:
            number_rows(root)
        SheetXml.__init__(self, serialise(root, data), self.part)


def number_rows(root: etree._Element) -> None:
    """Give rows and cells the numbers that they may leave out: one more than the one before."""
    row_number = 0
    for row in root.iterfind("{*}sheetData/{*}row"):
        row_number = int(row.get("r") or row_number + 1)
        row.set("r", str(row_number))
        number_cells(row, row_number)


def number_cells(row: etree._Element, row_number: int) -> dict[int, etree._Element]:
    """Give the cells of a row by column, with the references that they may leave out."""
    column, cells = 0, {}
    for cell in row:
        if local(cell) != "c":
            continue
        found = REFERENCE.fullmatch(cell.get("r") or "")
        column = column_number(found[1]) if found else column + 1
        if not found:
            cell.set("r", f"{column_letters(column)}{row_number}")
        cells[column] = cell
    return cells


def area(reference: str) -> Area:
    """Read `B2:C5`, `B2`, `B:C` or `2:5` as rows and columns."""
    first, _, last = reference.replace("$", "").partition(":")
    numbers: list[int] = []
    for corner, (row, column) in ((first, (1, 1)), (last or first, (LAST_ROW, LAST_COLUMN))):
        letters = corner.rstrip("0123456789")
        digits = corner[len(letters) :]
        numbers += [int(digits) if digits else row, column_number(letters.upper()) if letters else column]
    return numbers[0], numbers[1], numbers[2], numbers[3]


def reference(of: Area) -> str:
    """Write an area as `B2:C5`."""
    first, last = f"{column_letters(of[1])}{of[0]}", f"{column_letters(of[3])}{of[2]}"
    return first if first == last else f"{first}:{last}"


def inside(row: int, column: int, of: Area) -> bool:
    """Say whether a cell lies in an area."""
    return of[0] <= row <= of[2] and of[1] <= column <= of[3]


def row_style(row: etree._Element) -> int | None:
    """Give the cell format of a row, if it has one."""
    return int(row.get("s") or 0) if is_true(row.get("customFormat")) else None
