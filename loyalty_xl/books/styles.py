"""Cell styles: the looks that a page asks for, found in styles.xml or appended to it."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from loyalty_xl.books import formats
from loyalty_xl.books.endings import Ending
from loyalty_xl.books.markup import damaged, is_true, local, parse, serialise

BUILT_IN = {0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 49: "@"}
FIRST_CUSTOM = 164
LINE = "FFBFBFBF"  # colour of a border, a quiet grey
DEFAULTS = {  # of alignment and protection; LibreOffice writes them all
    ("horizontal", "general"), ("vertical", "bottom"), ("wrapText", "0"), ("indent", "0"), ("textRotation", "0"),
    ("shrinkToFit", "0"), ("locked", "1"), ("hidden", "0"),
}  # fmt: skip
SIDES = ("left", "right", "top", "bottom")
EMPTY = (
    '<styleSheet xmlns="{0}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")

Look = frozenset[tuple[str, tuple[tuple[str, str], ...]]]  # an element's children, whatever their order


@dataclass(frozen=True)
class Style:
    """How a cell looks; what is left out is the workbook's default."""

    number_format: str = "General"
    bold: bool = False
    fill: str = ""  # background, RRGGBB
    color: str = ""  # text, RRGGBB
    wrap: bool = False
    align: str = ""  # left, center, right
    valign: str = ""  # top, center, bottom
    italic: bool = False
    border: bool = False  # a thin grey line on all four sides
    size: float = 0  # of the text [points], 0 = the workbook's default


class Styles:
    """The styles part. Existing entries keep their numbers; new ones are appended, once."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.root = parse(data, "styles")
        self.namespace = etree.QName(self.root).namespace or ""
        self.appended = False
        self.known: dict[Style, int] = {}
        self._seen: list[tuple[object, ...]] | None = None
        self.seen_empty: dict[int, bool] = {}
        self.ended: dict[tuple[int, Ending], int] = {}

    def written(self) -> bytes:
        """Give the part as it is now: the very bytes it came with, if nothing was appended."""
        return serialise(self.root, self.data) if self.appended else self.data

    def find(self, style: Style) -> int | None:
        """Give the number of a cell format that looks like *style*, None if there is none."""
        if style not in self.known:
            wanted = (format_key(style.number_format), font_look(style, self.base_font), *fill_and_border(style))
            looks = self._looks()
            if (*wanted, alignment_look(style)) not in looks:
                return None
            self.known[style] = looks.index((*wanted, alignment_look(style)))
        return self.known[style]

    def id_of(self, style: Style) -> int:
        """Give the number of a cell format that looks like *style*, appending one if there is none."""
        found = self.find(style)
        if found is None:
            found = self.known[style] = self._append(style)
        return found

    def with_ending(self, number: int, ending: Ending, *, append: bool = True) -> int | None:
        """Give the number of a cell format that is *number*'s but for its ending; None if there is none and none is to be added."""
        if (number, ending) in self.ended:
            return self.ended[number, ending]
        entries = self._entries("cellXfs")
        if not 0 <= number < len(entries):
            return number
        custom = self._custom()
        codes = [
            custom.get(at) or formats.BUILT_IN.get(at) or "General"
            for at in (int(xf.get("numFmtId") or 0) for xf in entries)
        ]
        wanted = ending.applied(codes[number])
        found: int | None = number
        if format_key(wanted) != format_key(codes[number]):
            rest = without_format(entries[number])
            found = next(
                (
                    at
                    for at, (code, xf) in enumerate(zip(codes, entries, strict=True))
                    if format_key(code) == format_key(wanted) and without_format(xf) == rest
                ),
                None,
            )
        if found is None and append:
            xf = deepcopy(entries[number])
            xf.tail = None
            xf.set("numFmtId", str(self._number_format(wanted)))
            xf.set("applyNumberFormat", "1")
            found = self._add("cellXfs", xf)
        if found is not None:
            self.ended[number, ending] = found
        return found

    def shows_when_empty(self, number: int) -> bool:
        """Say whether a format can be seen on a cell without content (fill or border)."""
        if number not in self.seen_empty:
            formats = self._entries("cellXfs")
            seen = self._look(formats[number])[2:4] if 0 <= number < len(formats) else ()
            self.seen_empty[number] = any(seen)
        return self.seen_empty[number]

    @cached_property
    def base_font(self) -> etree._Element:
        """The font of the workbook, which the others are derived from."""
        fonts = self._entries("fonts")
        if not fonts:
            raise damaged("styles: no font")
        return fonts[0]

    def _entries(self, name: str) -> list[etree._Element]:
        """Give the entries of a section, none if the section is missing."""
        found = self.root.find(f"{{{self.namespace}}}{name}")
        return [entry for entry in found if local(entry)] if found is not None else []

    def _section(self, name: str) -> etree._Element:
        """Give a section to add to, made where the schema wants it if it is missing."""
        found = self.root.find(f"{{{self.namespace}}}{name}")
        if found is None:
            found = etree.Element(f"{{{self.namespace}}}{name}", count="0")
            before = [child for child in self.root if local(child) in ORDER[: ORDER.index(name)]]
            self.root.insert(self.root.index(before[-1]) + 1 if before else 0, found)
        return found

    def _looks(self) -> list[tuple[object, ...]]:
        """Give what each cell format looks like."""
        if self._seen is None:
            self._seen = [self._look(xf) for xf in self._entries("cellXfs")]
        return self._seen

    def _look(self, xf: etree._Element) -> tuple[object, ...]:
        """Give what a cell format looks like, in a form that can be compared."""
        custom = self._custom()
        number = int(xf.get("numFmtId") or 0)
        code = custom.get(number) or BUILT_IN.get(number) or f"built-in {number}"
        parts = []
        for section, attribute in (("fonts", "fontId"), ("fills", "fillId"), ("borders", "borderId")):
            entries, at = self._entries(section), int(xf.get(attribute) or 0)
            parts.append(entries[at] if at < len(entries) else None)
        font, fill, border = parts
        alignment, protection = xf.find("{*}alignment"), xf.find("{*}protection")
        aligned = frozenset(normal(alignment.attrib.items())) if alignment is not None else frozenset()
        protected = normal(protection.attrib.items()) if protection is not None else []
        if protected or is_true(xf.get("quotePrefix")):
            aligned |= {("other", "")}  # locked or quoted otherwise than we would: never ours
        return format_key(code), look(font), fill_look(fill), border_look(border), aligned

    def _custom(self) -> dict[int, str]:
        """Give the number formats that the workbook defines."""
        return {int(f.get("numFmtId") or 0): f.get("formatCode") or "" for f in self._entries("numFmts")}

    def _append(self, style: Style) -> int:
        """Append a cell format."""
        xf = etree.Element(f"{{{self.namespace}}}xf", numFmtId=str(self._number_format(style.number_format)))
        xf.set("fontId", str(self._font(style)))
        xf.set("fillId", str(self._fill(style)))
        xf.set("borderId", str(self._border(style)))
        xf.set("xfId", "0")
        for attribute, said in (
            ("NumberFormat", style.number_format != "General"),
            ("Font", style.bold or style.italic or style.color or style.size),
            ("Fill", style.fill),
            ("Border", style.border),
            ("Alignment", style.wrap or style.align or style.valign),
        ):
            if said:
                xf.set(f"apply{attribute}", "1")
        if style.wrap or style.align or style.valign:
            alignment = etree.SubElement(xf, f"{{{self.namespace}}}alignment")
            if style.align:
                alignment.set("horizontal", style.align)
            if style.valign:
                alignment.set("vertical", style.valign)
            if style.wrap:
                alignment.set("wrapText", "1")
        return self._add("cellXfs", xf)

    def _add(self, section: str, entry: etree._Element) -> int:
        """Append an entry to a section and give its number."""
        self.appended, self._seen = True, None
        entries = self._section(section)
        entries.append(entry)
        number = len(self._entries(section))
        entries.set("count", str(number))
        return number - 1

    def _number_format(self, code: str) -> int:
        for number, built_in in BUILT_IN.items():
            if built_in == code:
                return number
        formats = self._entries("numFmts")
        for entry in formats:
            if format_key(entry.get("formatCode") or "") == format_key(code):
                return int(entry.get("numFmtId") or 0)
        number = max([FIRST_CUSTOM - 1, *(int(entry.get("numFmtId") or 0) for entry in formats)]) + 1
        self._add("numFmts", etree.Element(f"{{{self.namespace}}}numFmt", numFmtId=str(number), formatCode=code))
        return number

    def _font(self, style: Style) -> int:
        for number, entry in enumerate(self._entries("fonts")):
            if look(entry) == font_look(style, self.base_font):
                return number
        return self._add("fonts", font_for(style, self.base_font))

    def _fill(self, style: Style) -> int:
        for number, entry in enumerate(self._entries("fills")):
            if fill_look(entry) == style.fill.upper():
                return number
        fill = etree.Element(f"{{{self.namespace}}}fill")
        pattern = etree.SubElement(fill, f"{{{self.namespace}}}patternFill", patternType="solid")
        etree.SubElement(pattern, f"{{{self.namespace}}}fgColor", rgb=f"FF{style.fill.upper()}")
        etree.SubElement(pattern, f"{{{self.namespace}}}bgColor", indexed="64")
        return self._add("fills", fill)

    def _border(self, style: Style) -> int:
        for number, entry in enumerate(self._entries("borders")):
            if border_look(entry) == fill_and_border(style)[1]:
                return number
        border = etree.Element(f"{{{self.namespace}}}border")
        for side in SIDES:
            line = etree.SubElement(border, f"{{{self.namespace}}}{side}", style="thin")
            etree.SubElement(line, f"{{{self.namespace}}}color", rgb=LINE)
        etree.SubElement(border, f"{{{self.namespace}}}diagonal")
        return self._add("borders", border)


def format_key(code: str) -> str:
    r"""Give a number format without the escapes that Excel adds when it saves (`yyyy\-mm\-dd`)."""
    return re.sub(r"\\(.)", r"\1", code)


def without_format(xf: etree._Element) -> tuple[object, ...]:
    """Give all of a cell format but its number format, in a form that can be compared."""
    own = {name: said for name, said in xf.attrib.items() if name not in ("numFmtId", "applyNumberFormat")}
    return (
        sorted(own.items()),
        [(local(child), sorted(child.attrib.items())) for child in xf if local(child)],
    )


def normal(attributes: object) -> list[tuple[str, str]]:
    """Give attributes as pairs that can be compared: `1` for true, numbers without `.0`, defaults left out."""
    pairs = []
    for name, said in attributes:  # type: ignore[attr-defined]
        value = {"true": "1", "false": "0"}.get(said, said)
        value = value.removesuffix(".0") if name == "val" else value.upper() if name == "rgb" else value
        if (name, value) not in DEFAULTS:
            pairs.append((name, value))
    return sorted(pairs)


def look(font: etree._Element | None) -> Look:
    """Give what a font looks like, whatever the order of its children."""
    found = set()
    for child in font if font is not None else ():
        pairs = tuple(normal(child.attrib.items()))
        if local(child) in ("b", "i", "strike"):
            if pairs == (("val", "0"),):
                continue
            pairs = ()
        found.add((local(child), pairs))
    return frozenset(found)


def font_for(style: Style, base: etree._Element) -> etree._Element:
    """Derive a font from the workbook's own."""
    font, namespace = deepcopy(base), etree.QName(base).namespace
    font.tail = None
    wanted = {"b": style.bold, "i": style.italic}
    for child in list(font):
        if local(child) in ("b", "i") or (local(child) == "color" and style.color):
            font.remove(child)
        elif local(child) == "sz" and style.size:
            child.set("val", f"{style.size:g}")
    for place, name in enumerate([name for name, said in wanted.items() if said]):
        font.insert(place, etree.Element(f"{{{namespace}}}{name}"))
    if style.color:
        at = next((place + 1 for place, child in enumerate(font) if local(child) == "sz"), len(font))
        font.insert(at, etree.Element(f"{{{namespace}}}color", rgb=f"FF{style.color.upper()}"))
    return font


def font_look(style: Style, base: etree._Element) -> Look:
    """Give what the font of a style looks like."""
    return look(font_for(style, base))


def fill_look(fill: etree._Element | None) -> str:
    """Give a background as RRGGBB, "" if there is none, and something else for what is never ours."""
    pattern = fill.find("{*}patternFill") if fill is not None else None
    if fill is None or (pattern is not None and pattern.get("patternType", "none") == "none"):
        return ""
    colour = pattern.find("{*}fgColor") if pattern is not None else None
    rgb = (colour.get("rgb") or "") if colour is not None else ""
    if pattern is None or pattern.get("patternType") != "solid" or not rgb:
        return "other"
    return rgb[-6:].upper()


def border_look(border: etree._Element | None) -> Look:
    """Give the lines around a cell."""
    lines = set()
    for side in border if border is not None else ():
        if side.get("style", "none") != "none":
            colour = side.find("{*}color")
            colours = normal(colour.attrib.items()) if colour is not None else []
            lines.add((local(side), (("style", side.get("style") or ""), *colours)))
    return frozenset(lines)


def fill_and_border(style: Style) -> tuple[str, Look]:
    """Give what background and lines of a style look like."""
    lines = {(side, (("style", "thin"), ("rgb", LINE))) for side in SIDES} if style.border else set()
    return style.fill.upper(), frozenset(lines)


def alignment_look(style: Style) -> frozenset[tuple[str, str]]:
    """Give what the alignment of a style looks like."""
    pairs = {("horizontal", style.align)} if style.align else set()
    pairs |= {("vertical", style.valign)} if style.valign else set()
    return frozenset(pairs | ({("wrapText", "1")} if style.wrap else set()))
