"""What a workbook says about itself: its sheets, its number formats, its date system."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loyalty_xl.books import read_errors
from loyalty_xl.books.careful import Markup
from loyalty_xl.books.formats import BUILT_IN, shows_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from loyalty_xl.books.archive import Archive

_LINKS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships ",
    "http://purl.oclc.org/ooxml/officeDocument/relationships ",
)
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships "


@dataclass(frozen=True)
class SheetPart:
    """A worksheet and the part that holds it."""

    name: str
    part: str
    state: str


@dataclass(frozen=True)
class Structure:
    """A workbook without its cells."""

    sheets: tuple[SheetPart, ...]
    strings: str | None  # part with the shared strings
    formats: tuple[str, ...]  # number format code for each cell style
    dated: tuple[bool, ...]  # whether that code shows a date or time
    date1904: bool


class _Heard(Markup):
    """Tells one function about every element."""

    def __init__(self, where: str, part: str, hear: Callable[[str, dict[str, str]], None]) -> None:
        super().__init__(where, part)
        self._hear = hear

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        self._hear(name, attributes)

    def _plain(self, name: str) -> str:
        return name.removeprefix(_PACKAGE) if name.startswith(_PACKAGE) else super()._plain(name)


def _each(archive: Archive, part: str, hear: Callable[[str, dict[str, str]], None]) -> None:
    _Heard(archive.name, part, hear).feed_all(archive.pieces(part))


def relationships(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Give type (its last word) and part of each relationship of *part*."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def hear(element: str, attributes: dict[str, str]) -> None:
        if element != "Relationship" or attributes.get("TargetMode") == "External":
            return
        target = posixpath.normpath(posixpath.join("/" + folder, attributes.get("Target", "").replace("\\", "/")))
        key = archive.find(target.lstrip("/"))
        found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], key or "")

    links = archive.find(posixpath.join(folder, "_rels", f"{name}.rels"))
    if links:
        _each(archive, links, hear)
    return found


def read_structure(archive: Archive) -> Structure:
    """Read the workbook part, its relationships and its styles."""
    root = [part for kind, part in relationships(archive, "").values() if kind == "officeDocument" and part]
    book = root[0] if root else archive.find("xl/workbook.xml")
    if not book:
        raise read_errors.damaged(archive.name, "缺少工作簿部件", "its workbook part is missing")
    links = relationships(archive, book)
    listed: list[tuple[str, str, str]] = []
    date1904 = [False]

    def hear(element: str, attributes: dict[str, str]) -> None:
        if element == "sheet":
            link = next((attributes[space + "id"] for space in _LINKS if space + "id" in attributes), "")
            listed.append((attributes.get("name", ""), link, attributes.get("state", "visible")))
        elif element == "workbookPr":
            date1904[0] = attributes.get("date1904") in {"1", "true"}

    _each(archive, book, hear)
    sheets: list[SheetPart] = []
    for name, link, state in listed:
        kind, part = links.get(link, ("", ""))
        if kind == "worksheet" and not part:
            raise read_errors.damaged(archive.name, "工作表部件缺失", "the sheet's part is missing", name)
        if kind == "worksheet":
            sheets.append(SheetPart(name, part, state))
    parts = {kind: part for kind, part in links.values() if part}
    formats = _formats(archive, parts.get("styles"))
    dated = {code: shows_date(code) for code in set(formats)}
    return Structure(
        sheets=tuple(sheets),
        strings=parts.get("sharedStrings"),
        formats=formats,
        dated=tuple(dated[code] for code in formats),
        date1904=date1904[0],
    )


def _formats(archive: Archive, part: str | None) -> tuple[str, ...]:
    """Give the number format code of each cell style."""
    codes: dict[str, str] = {str(number): code for number, code in BUILT_IN.items()}
    styles: list[str] = []
    inside = [False]

    def hear(element: str, attributes: dict[str, str]) -> None:
        if element == "numFmt" and not styles and not inside[0]:
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "General")
        elif element in {"cellXfs", "cellStyles", "dxfs", "cellStyleXfs", "extLst"}:
            inside[0] = element == "cellXfs"
        elif element == "xf" and inside[0]:
            styles.append(attributes.get("numFmtId", "0"))

    if part:
        _each(archive, part, hear)
    return tuple(codes.get(number, "General") for number in styles[:65_535]) or ("General",)
