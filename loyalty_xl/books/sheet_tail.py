"""What stands behind the rows of a worksheet and has to follow them: filters, tables, links, merged cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lxml import etree

from loyalty_xl.books.markup import local, serialise
from loyalty_xl.books.refusals import Reason, Scope
from loyalty_xl.books.sheet_xml import SheetXml, area, reference

MOST_LINKS = 65_530
AFTER_LINKS = {
    "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties",
    "cellWatches", "ignoredErrors", "smartTags", "drawing", "drawingHF", "legacyDrawing", "legacyDrawingHF", "picture",
    "oleObjects", "controls", "webPublishItems", "tableParts", "extLst", "AlternateContent",
}  # fmt: skip


def fit_tables(first_row: int, last_row: int, scope: Scope) -> dict[str, bytes] | None:
    """Give the tables that have to grow or shrink with a page, None if one of them stands in the page's way."""
    resized = {}
    for table in scope.tables:
        top, left, bottom, _ = table.area
        if bottom < first_row and not (top == bottom == first_row - 1):
            continue
        if top >= first_row or (table.totals and bottom >= first_row):
            scope.refuse(max(top, first_row), left, Reason.TABLE_TOTALS if table.totals else Reason.TABLE_HEADER)
            return None
        root = table.root
        if resize(root, first_row, max(last_row, top + table.header)):
            resized[table.part] = serialise(root, table.data)
    return resized


def fit_filter(sheet: SheetXml, first_row: int, last_row: int, scope: Scope) -> bool:
    """Let the sheet's own filter end where the page ends."""
    if b"autoFilter" not in sheet.tail:
        return False

    def fit(tail: etree._Element) -> bool:
        found = tail.find("{*}autoFilter")
        if found is None or not resize(found, first_row, max(last_row, first_row - 1)):
            return False
        scope.filtered = area(found.get("ref") or "A1")
        return True

    return edit_tail(sheet, fit)


def resize(element: etree._Element, first_row: int, last_row: int) -> bool:
    """Move the end of an area (and of the filter and sort areas inside) that begins above the page to *last_row*."""
    changed = False
    for item in element.iter():
        if item.get("ref") and local(item) in ("table", "autoFilter", "sortState", "sortCondition"):
            top, left, bottom, right = area(item.get("ref") or "")
            top_is_ours = top == first_row and local(item).startswith("sort")
            if (top < first_row or top_is_ours) and bottom >= first_row - 1 and bottom != max(last_row, top):
                item.set("ref", reference((top, left, max(last_row, top), right)))
                changed = True
    return changed


def set_links(sheet: SheetXml, first_row: int, links: Mapping[tuple[int, int], str], scope: Scope) -> bool:
    """Replace the links of a page, and take out merges of rows that are gone."""
    leaving = [merge for merge in sheet.merges if merge[0] >= first_row]
    if not links and not leaving and b"hyperlink" not in sheet.tail:
        return False
    return edit_tail(sheet, lambda tail: linked(sheet, tail, first_row, links, scope) | unmerged(tail, first_row))


def linked(
    sheet: SheetXml, tail: etree._Element, first_row: int, links: Mapping[tuple[int, int], str], scope: Scope
) -> bool:  # fmt: skip
    """Set the links of a page in a parsed tail."""
    section = tail.find("{*}hyperlinks")
    entries = list(section) if section is not None else []
    old = [entry for entry in entries if area(entry.get("ref") or "A1")[0] >= first_row]
    places = sorted(links)
    room = MOST_LINKS - (len(entries) - len(old))
    for row, column in places[room:]:
        scope.refuse(row, column, Reason.TOO_MANY_LINKS)
    wanted = [(reference((row, column, row, column)), links[row, column]) for row, column in places[:room]]
    if sorted(wanted) == sorted((e.get("ref") or "", e.get("location") or "") for e in old):
        return False
    for entry in old:
        section.remove(entry)  # type: ignore[union-attr]
    if wanted and section is None:
        section = etree.Element(sheet.tag("hyperlinks"))
        later = next((child for child in tail if local(child) in AFTER_LINKS), None)
        tail.append(section) if later is None else later.addprevious(section)
    for ref, location in wanted:
        etree.SubElement(section, sheet.tag("hyperlink"), ref=ref, location=location)  # type: ignore[arg-type]
    if section is not None and not len(section):
        tail.remove(section)
    return True


def unmerged(tail: etree._Element, first_row: int) -> bool:
    """Take out merges that lie in the page: its rows are new, and a merge would hide their values."""
    section = tail.find("{*}mergeCells")
    if section is None:
        return False
    leaving = [entry for entry in section if area(entry.get("ref") or "A1")[0] >= first_row]
    for entry in leaving:
        section.remove(entry)
    section.set("count", str(len(section)))
    if not len(section):
        tail.remove(section)
    return bool(leaving)


def edit_tail(sheet: SheetXml, change: Callable[[etree._Element], bool]) -> bool:
    """Let *change* edit what stands between `</sheetData>` and `</worksheet>`; bytes stay if it changes nothing."""
    start = sheet.tail.index(b">") + 1
    end = sheet.tail.rfind(b"</")
    tree = sheet.tree(sheet.tail[start:end])
    if not change(tree):
        return False
    sheet.tail = sheet.tail[:start] + sheet.piece(tree) + sheet.tail[end:]
    vars(sheet).pop("merges", None)
    return True
