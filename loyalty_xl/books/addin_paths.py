"""Formulas that carry the place of somebody's add-in: `'Z:/AddIns/loyalty.xlam'!LOYALTY_NPS(A1:A9)`.

Excel keeps such a place as a link of the workbook, `[1]!LOYALTY_NPS(A1:A9)`, when the add-in does not lie in its start
folder; on another machine the formula then asks for a file that is not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, unescape

from loyalty_xl.books.package import Draft, Package, Relationship, relationships_part
from loyalty_xl.books.patch import refuse_signed, verify_workbook
from loyalty_xl.books.saving import replace_file
from loyalty_xl.books.workbook_xml import Workbook, ask_for_calculation, edit, read_workbook, relationship_id
from loyalty_xl.errors import LoyaltyError
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lxml import etree

PREFIX = re.compile(
    r"(?i)(?:'(?P<quoted>(?:[^']|'')*\.xla[m]?)'|(?P<plain>[^\s'\"!(),;+*/&=<>^{}-]+\.xla[m]?)|\[(?P<link>\d+)\])!(?=LOYALTY_)"
)
FORMULA = re.compile(rb"<(?:[\w.-]+:)?f(?:\s[^>]*)?>([^<]*)<")
ANY_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f(?:ormula[12]?)?(?:\s[^>]*)?>([^<]*)<")
CELL = re.compile(rb"<(?:[\w.-]+:)?c\s[^>]*?\br\s*=\s*[\"']([A-Z]+[0-9]+)[\"']")
LOOKED_INTO = 4 << 20  # bytes of a sheet in which a place is looked for when the workbook has no link to an add-in
START_FOLDER = "xlStartup"  # a link that every machine looks up in its own start folder
QUOTES = {"&apos;": "'", "&quot;": '"'}


@dataclass(frozen=True)
class Carried:
    """A formula with the place of an add-in."""

    sheet: str
    cell: str
    formula: str
    place: str  # of the add-in


def without_path(formula: str) -> str:
    r"""Give a formula without the places of add-ins before its loyalty functions; texts in quotes stay.

    >>> without_path(r"'C:\Users\li\loyalty.xlam'!LOYALTY_NPS(A1:A9)+[1]!LOYALTY_CSAT(B:B)")
    'LOYALTY_NPS(A1:A9)+LOYALTY_CSAT(B:B)'
    """
    parts = formula.split('"')  # every second one is a text
    return '"'.join(part if number % 2 else PREFIX.sub("", part) for number, part in enumerate(parts))


def findings(book: Path) -> list[Finding]:
    """Give one finding for each sheet with such formulas; none for a file that is not read as a package."""
    try:
        found = carried(book)
    except (LoyaltyError, OSError):
        return []
    sheets: dict[str, list[Carried]] = {}
    for each in found:
        sheets.setdefault(each.sheet, []).append(each)
    return [
        Finding(
            "W124",
            sheet,
            some[0].cell,
            found=some[0].place,
            count=len(some),
            cells=tuple(each.cell for each in some[:5]),
        )
        for sheet, some in sheets.items()
    ]


def carried(book: Path) -> list[Carried]:
    """Give the formulas of a workbook that carry the place of an add-in."""
    draft = Draft(Package(book))
    workbook = read_workbook(draft)
    links = _links(draft, workbook)
    return [each for name, part in workbook.sheets.items() for each in _in_sheet(draft, name, part, links)]


def repair(book: Path) -> list[Carried]:
    """Take the places out of the formulas of a workbook, and the links once nothing needs them; gives what was found.

    Raises
    ------
    ReadError
        The file cannot be read.
    WriteError
        It is signed, open elsewhere, or cannot be replaced.
    """
    draft = Draft(Package(book))
    refuse_signed(draft)
    workbook = read_workbook(draft)
    links = _links(draft, workbook)
    found: list[Carried] = []
    for name, part in workbook.sheets.items():
        here = list(_in_sheet(draft, name, part, links))
        if here:
            draft.write(part, FORMULA.sub(_stripped, draft.read(part)))
            found += here
    if not found:
        return []
    _drop_links(draft, workbook, links)
    ask_for_calculation(draft, workbook)
    written: list[str] = []
    replace_file(
        book,
        lambda path: written.extend(draft.save(path)),
        lambda path: verify_workbook(path, written, tuple(workbook.sheets)),
    )
    return found


def _links(draft: Draft, workbook: Workbook) -> dict[int, tuple[Relationship, str]]:
    """Links of a workbook to add-ins, by their number in formulas; those into the start folder are good ones."""
    by_id = {link.id: link for link in workbook.links}
    found = {}
    for number, link_id in enumerate(_references(draft, workbook), start=1):
        link = by_id.get(link_id)
        for target in draft.relationships(link.target) if link and link.target in draft else ():
            add_in = PureWindowsPath(target.target).suffix.lower() in (".xlam", ".xla")
            if link and add_in and target.kind != START_FOLDER:
                found[number] = (link, target.target.removeprefix("file:///"))
    return found


def _references(draft: Draft, workbook: Workbook) -> list[str]:
    """Ids of the links of a workbook, in the order in which formulas count them."""
    listed: list[str] = []

    def look(root: etree._Element) -> bool:
        listed.extend(relationship_id(each) for each in root.iterfind("{*}externalReferences/{*}externalReference"))
        return False

    edit(draft, workbook.part, look)
    return listed


def _in_sheet(draft: Draft, name: str, part: str, links: dict[int, tuple[Relationship, str]]) -> Iterator[Carried]:
    if not links and draft.package.size(part) > LOOKED_INTO:
        return
    data = draft.read(part)
    if b"LOYALTY_" not in data and b"loyalty_" not in data:
        return
    for hit in FORMULA.finditer(data):
        formula = _text(hit[1])
        place = _place(formula, links)
        if place:
            opening = max(data.rfind(b"<c ", 0, hit.start()), data.rfind(b":c ", 0, hit.start()) - 8, 0)
            cells = CELL.findall(data, opening, hit.start())
            yield Carried(name, cells[-1].decode() if cells else "", formula, place)


def _place(formula: str, links: dict[int, tuple[Relationship, str]]) -> str:
    """The first place of an add-in in a formula, "" where there is none."""
    for part in formula.split('"')[::2]:
        for hit in PREFIX.finditer(part):
            place = hit["quoted"] or hit["plain"] or links.get(int(hit["link"] or 0), (None, ""))[1]
            if place:
                return place
    return ""


def _stripped(hit: re.Match[bytes]) -> bytes:
    """A formula's element without places; another one as it is, byte for byte."""
    formula = _text(hit[1])
    bare = without_path(formula)
    return hit[0] if bare == formula else hit[0].replace(hit[1], escape(bare).encode(), 1)


def _text(data: bytes) -> str:
    return unescape(data.decode("utf-8", errors="replace"), QUOTES)


def _needs(sheet: bytes, numbers: str) -> bool:
    """Whether a formula of a sheet, or of its rules, uses one of the links; texts in quotes do not count."""
    outside = ("".join(_text(hit).split('"')[::2]) for hit in ANY_FORMULA.findall(sheet))
    return any(re.search(rf"\[({numbers})\]", each) for each in outside)


def _drop_links(draft: Draft, workbook: Workbook, links: dict[int, tuple[Relationship, str]]) -> None:
    """Drop the links to add-ins when the workbook has no others, whose numbers would change, and no formula needs them."""
    if not links or len(links) != len(_references(draft, workbook)):
        return
    numbers = "|".join(map(str, links))
    if re.search(rf"\[({numbers})\]", draft.read(workbook.part).decode("utf-8", errors="replace")):
        return  # a name needs one
    if any(_needs(draft.read(part), numbers) for part in workbook.sheets.values()):
        return

    def remove(root: etree._Element) -> bool:
        found = root.find("{*}externalReferences")
        if found is not None:
            root.remove(found)
        return found is not None

    edit(draft, workbook.part, remove)
    for link, _ in links.values():
        own = relationships_part(link.target)
        draft.drop(link.target, workbook.part)
        draft.dropped.append(draft.package.name(own))
