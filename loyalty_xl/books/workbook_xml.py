"""The workbook part: which sheets there are, and what has to be said there when one of them changes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from lxml import etree

from loyalty_xl.books.markup import is_true, local, parse, serialise
from loyalty_xl.books.package import Draft, Relationship, relationships_part
from loyalty_xl.books.sheet_xml import Area
from loyalty_xl.books.styles import EMPTY
from loyalty_xl.cells import column_letters
from loyalty_xl.errors import ReadError, WriteError

STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_LINKS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
BEFORE_CALCULATION = (
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
    "externalReferences", "definedNames",
)  # fmt: skip
PLACES = (  # where a sheet is named by its place among the sheets
    ("{*}bookViews/{*}workbookView", "activeTab"),
    ("{*}bookViews/{*}workbookView", "firstSheet"),
    ("{*}definedNames/{*}definedName", "localSheetId"),
)
PEEKED = 1 << 20  # an untouched sheet is looked into this far for a formula, never read whole


@dataclass(frozen=True)
class Workbook:
    """What the workbook part says."""

    part: str
    links: tuple[Relationship, ...]
    sheets: dict[str, str]  # worksheets in order: name to part
    states: dict[str, str]  # worksheets: visible, hidden, veryHidden
    all_names: tuple[str, ...]  # names of all sheets, chart and macro sheets too
    date1904: bool
    strict: bool
    locked: bool  # sheets may be neither added nor shown

    def part_of(self, kind: str) -> str:
        """Give the part of a kind that the workbook has once, "" if it has none."""
        return next((link.target for link in self.links if link.kind == kind and not link.external), "")


def read_workbook(draft: Draft) -> Workbook:
    """Read the workbook part of a package."""
    if "[Content_Types].xml" not in draft or "_rels/.rels" not in draft:
        raise no_workbook(draft)
    main = next((link.target for link in draft.relationships() if link.kind == "officeDocument"), "")
    if main not in draft or not draft.content_type(main).endswith("main+xml"):
        raise no_workbook(draft)
    root = parse(draft.read(main), main)
    if local(root) != "workbook":
        raise no_workbook(draft)
    links = draft.relationships(main)
    by_id = {link.id: link for link in links}
    sheets, states, names = {}, {}, []
    for sheet in root.iterfind("{*}sheets/{*}sheet"):
        name, link = sheet.get("name") or "", by_id.get(relationship_id(sheet))
        names.append(name)
        if link and link.kind == "worksheet" and link.target in draft:
            sheets[name] = link.target
            states[name] = sheet.get("state") or "visible"
    properties, protection = root.find("{*}workbookPr"), root.find("{*}workbookProtection")
    return Workbook(
        main,
        links,
        sheets,
        states,
        tuple(names),
        properties is not None and is_true(properties.get("date1904")),
        etree.QName(root).namespace == STRICT,
        protection is not None and is_true(protection.get("lockStructure")),
    )


def relationship_id(element: etree._Element) -> str:
    """Give an element's `r:id`, in whichever namespace; "" is what Excel writes for old macro sheets."""
    return element.get(f"{{{LINKS}}}id") or element.get(f"{{{STRICT_LINKS}}}id") or ""


def edit(draft: Draft, part: str, change: Callable[[etree._Element], bool]) -> None:
    """Let *change* edit a part's tree; nothing is written if it changes nothing."""
    data = draft.read(part)
    root = parse(data, part)
    if change(root):
        draft.write(part, serialise(root, data))


def add_sheet(
    draft: Draft, workbook: Workbook, name: str, data: bytes, before: str | None, *, hidden: bool = False
) -> str:
    """Add a worksheet, at the end or before another; give its part."""
    if workbook.locked:
        raise protected(f"无法添加工作表“{name}”", f"the sheet '{name}' cannot be added")
    folder = posixpath.join(posixpath.dirname(workbook.part), "worksheets")
    part = next(
        part
        for number in range(1, 100_000)
        if (part := f"{folder}/sheet{number}.xml") not in draft and relationships_part(part) not in draft
    )
    base = STRICT_LINKS if workbook.strict else LINKS
    link = draft.add(part, data, SHEET_TYPE, workbook.part, f"{base}/worksheet")

    def enter(root: etree._Element) -> bool:
        sheets = next(root.iterfind("{*}sheets"))
        entries = list(sheets)
        at = next((i for i, s in enumerate(entries) if s.get("name") == before), len(entries))
        number = max([0, *(int(s.get("sheetId") or 0) for s in entries)]) + 1
        entry = etree.Element(f"{{{etree.QName(root).namespace}}}sheet", name=name, sheetId=str(number))
        if hidden:
            entry.set("state", "hidden")
        entry.set(f"{{{base}}}id", link)
        sheets.insert(at, entry)
        for holder, attribute in PLACES:
            for item in root.iterfind(holder):
                if item.get(attribute) and int(item.get(attribute) or 0) >= at:
                    item.set(attribute, str(int(item.get(attribute) or 0) + 1))
                elif attribute == "activeTab" and at == 0 and not item.get(attribute):
                    item.set(attribute, "1")  # the sheet that was open stays open
        return True

    edit(draft, workbook.part, enter)
    return part


def show_sheets(draft: Draft, workbook: Workbook, names: Collection[str]) -> None:
    """Make hidden worksheets visible. They keep their places, so what names a sheet by its place stays right."""
    hidden = [name for name in workbook.sheets if name in names and workbook.states[name] != "visible"]
    if not hidden:
        return
    if workbook.locked:
        raise protected(f"无法显示工作表“{hidden[0]}”", f"the sheet '{hidden[0]}' cannot be shown")

    def show(root: etree._Element) -> bool:
        for sheet in root.iterfind("{*}sheets/{*}sheet"):
            if sheet.get("name") in hidden:
                del sheet.attrib["state"]
        return True

    edit(draft, workbook.part, show)


def protected(zh: str, en: str) -> WriteError:
    """Give the error for a workbook whose list of sheets is protected."""
    return WriteError(
        "E404",
        f"工作簿结构受保护，{zh}。请在 Excel“审阅”中撤销工作簿保护后再试。",
        f"The workbook's structure is protected, so {en}. Unprotect the workbook (Review tab) and run again.",
    )


def add_styles(draft: Draft, workbook: Workbook) -> str:
    """Add the styles part to a workbook without one."""
    part = posixpath.join(posixpath.dirname(workbook.part), "styles.xml")
    namespace = STRICT if workbook.strict else "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    base = STRICT_LINKS if workbook.strict else LINKS
    draft.add(part, EMPTY.format(namespace).encode(), STYLES_TYPE, workbook.part, f"{base}/styles")
    return part


def drop_calc_chain(draft: Draft, workbook: Workbook) -> None:
    """Drop the order of calculation: an entry without formula makes Excel repair the file; Excel writes it anew."""
    part = workbook.part_of("calcChain")
    if part in draft:
        draft.drop(part, workbook.part)


def ask_for_calculation(draft: Draft, workbook: Workbook) -> None:
    """Have formulas calculated when the workbook is next opened, if it holds any."""

    def ask(root: etree._Element) -> bool:
        found = root.find("{*}calcPr")
        if found is None:
            found = etree.Element(f"{{{etree.QName(root).namespace}}}calcPr")
            earlier = [child for child in root if local(child) in BEFORE_CALCULATION]
            earlier[-1].addnext(found)
        if is_true(found.get("fullCalcOnLoad")):
            return False
        found.set("fullCalcOnLoad", "1")
        return True

    if holds_formula(draft, workbook):
        edit(draft, workbook.part, ask)


def holds_formula(draft: Draft, workbook: Workbook) -> bool:
    """Say whether the workbook holds a formula.

    Excel lists formulas in a part of its own. Libraries do not, and there the beginning of each sheet is looked at;
    a longer sheet counts as holding one, because a needless calculation costs less than a stale number.
    """
    chain = workbook.part_of("calcChain")
    if chain and chain in draft.package:
        return True
    for part in workbook.sheets.values():
        if part in draft.changed or part in draft.added:
            start, whole = draft.read(part), True
        else:
            start, whole = draft.package.peek(part, PEEKED), draft.package.size(part) <= PEEKED
        if has_formula(start) or not whole:
            return True
    return False


def has_formula(sheet: bytes) -> bool:
    """Say whether a worksheet (or its beginning) holds a formula; those of sparklines and rules are none."""
    opening = re.search(rb"<((?:[\w.-]+:)?)sheetData\b", sheet)
    return bool(re.search(rb"<%sf[\s/>]" % opening[1], sheet)) if opening else False


def resize_filter_name(draft: Draft, workbook: Workbook, sheet: str, area: Area) -> None:
    """Let the hidden name behind a sheet's filter say the same area as the filter."""
    top, left, bottom, right = area
    new = f"${column_letters(left)}${top}:${column_letters(right)}${bottom}"

    def resize(root: etree._Element) -> bool:
        at = [s.get("name") for s in root.iterfind("{*}sheets/{*}sheet")].index(sheet)
        for name in root.iterfind("{*}definedNames/{*}definedName"):
            if name.get("name") == "_xlnm._FilterDatabase" and name.get("localSheetId") == str(at) and name.text:
                text = re.sub(r"\$[A-Z]+\$\d+:\$[A-Z]+\$\d+$", lambda _: new, name.text)
                changed, name.text = text != name.text, text
                return changed
        return False

    edit(draft, workbook.part, resize)


def refresh_pivots(draft: Draft, workbook: Workbook, sheets: Collection[str], tables: Collection[str]) -> None:
    """Have pivot tables read again whose rows come from a changed sheet, or from a table or name on it."""
    root = parse(draft.read(workbook.part), workbook.part)
    names = {
        name.get("name")
        for name in root.iterfind("{*}definedNames/{*}definedName")
        if any(f"{quoted(sheet)}!" in (name.text or "") or f"{sheet}!" in (name.text or "") for sheet in sheets)
    }
    for link in workbook.links:
        if link.kind != "pivotCacheDefinition" or link.target not in draft:
            continue

        def ask(cache: etree._Element) -> bool:
            source = cache.find("{*}cacheSource/{*}worksheetSource")
            if source is None or relationship_id(source) or is_true(cache.get("refreshOnLoad")):
                return False
            if source.get("sheet") not in sheets and source.get("name") not in {*names, *tables}:
                return False
            cache.set("refreshOnLoad", "1")
            return True

        edit(draft, link.target, ask)


def quoted(sheet: str) -> str:
    """Give a sheet's name as formulas write it."""
    return "'" + sheet.replace("'", "''") + "'"


def check_name(name: str, taken: Sequence[str]) -> None:
    """Raise ValueError for a name that Excel does not take for a sheet."""
    if not name or len(name.encode("utf-16-le")) > 62 or re.search(r"[\[\]:*?/\\\x00-\x1f]", name):
        raise ValueError(f"no sheet can be called {name!r}")
    if name[0] == "'" or name[-1] == "'" or name.lower() == "history":
        raise ValueError(f"no sheet can be called {name!r}")
    if name.lower() in {other.lower() for other in taken}:
        raise ValueError(f"there is a sheet {name!r} already")


def no_workbook(draft: Draft) -> ReadError:
    """Give the error for a package that is something else."""
    name = draft.package.path.name
    return ReadError(
        "E105",
        f"{name} 不是可写入的 Excel 工作簿（.xlsx 或 .xlsm）。请用 Excel 打开后另存为 .xlsx。",
        f"{name} is no Excel workbook that can be filled (.xlsx or .xlsm). Open it in Excel and save it as .xlsx.",
    )
