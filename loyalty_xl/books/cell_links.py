"""Links of single cells into the workbook: ours are known again and replaced, everybody else's stay."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from lxml import etree

from loyalty_xl.books.markup import local
from loyalty_xl.books.sheet_tail import AFTER_LINKS, MOST_LINKS, edit_tail
from loyalty_xl.books.sheet_xml import SheetXml, area, inside, reference

Place = tuple[int, int]  # row, column


@dataclass(frozen=True)
class Lead:
    """Where a cell leads (`'Detail'!A5`), and what is said when the pointer rests on it."""

    target: str
    tip: str


@dataclass(frozen=True)
class Leads:
    """All our links of a worksheet; a link is ours if its tip holds *mark*, or, where a program dropped tips, if it leads where ours led."""

    links: Mapping[Place, Lead]
    mark: str
    known: Callable[[], Mapping[Place, Collection[str]]] = dict  # asked where a link without a tip is found


@dataclass
class Led:
    """What came of it: links that are new or lead elsewhere now, and cells that lost ours."""

    changed: dict[Place, Lead] = field(default_factory=dict)
    removed: list[Place] = field(default_factory=list)


def lead(sheet: SheetXml, leads: Leads, refused: Collection[Place] = ()) -> Led:
    """Set our links of a sheet. A cell that could not be filled (*refused*) gets none, nor does one that has a link of the user's own."""
    led = Led()
    if leads.links or b"hyperlink" in sheet.tail:
        wanted = {place: leads.links[place] for place in sorted(leads.links) if place not in refused}
        edit_tail(sheet, lambda tail: _set(sheet, tail, wanted, leads, led))
    return led


def _set(sheet: SheetXml, tail: etree._Element, wanted: Mapping[Place, Lead], leads: Leads, led: Led) -> bool:
    entries = list(tail.iterfind("{*}hyperlinks/{*}hyperlink"))
    mine = {_place(entry): entry for entry in reversed(entries) if _ours(entry, leads)}
    others = [area(entry.get("ref") or "A1") for entry in entries if not _ours(entry, leads)]
    free = {place: link for place, link in wanted.items() if not any(inside(*place, other) for other in others)}
    kept = {place: entry for place, entry in mine.items() if place in free}
    leaving = [entry for entry in entries if _ours(entry, leads) and kept.get(_place(entry)) is not entry]
    for gone in leaving:
        _section(sheet, tail).remove(gone)
    led.removed += [place for place in mine if place not in kept]
    room = MOST_LINKS - len(others) - len(kept)
    for place, link in free.items():
        entry = kept.get(place)
        if entry is None:
            if room <= 0:
                continue
            room -= 1
            entry = etree.SubElement(_section(sheet, tail), sheet.tag("hyperlink"), ref=reference((*place, *place)))
        elif (entry.get("location"), entry.get("tooltip")) == (link.target, link.tip):
            continue
        entry.set("location", link.target)
        entry.set("tooltip", link.tip)
        led.changed[place] = link
    if leaving and not len(section := _section(sheet, tail)):
        tail.remove(section)
    return bool(led.changed or leaving)


def _section(sheet: SheetXml, tail: etree._Element) -> etree._Element:
    if (found := tail.find("{*}hyperlinks")) is not None:
        return found
    section = etree.Element(sheet.tag("hyperlinks"))
    later = next((child for child in tail if local(child) in AFTER_LINKS), None)
    tail.append(section) if later is None else later.addprevious(section)
    return section


def _ours(entry: etree._Element, leads: Leads) -> bool:
    """Whether we put a link there: it leads into the workbook, and says so or led there before."""
    if not entry.get("location") or any(etree.QName(name).localname == "id" for name in entry.attrib):
        return False
    tip = entry.get("tooltip")
    if tip is not None:
        return leads.mark in tip
    first, left, last, right = area(entry.get("ref") or "A1")
    return (first, left) == (last, right) and entry.get("location") in leads.known().get((first, left), ())


def _place(entry: etree._Element) -> Place:
    row, column, *_ = area(entry.get("ref") or "A1")
    return row, column
