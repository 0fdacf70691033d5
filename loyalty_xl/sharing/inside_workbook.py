"""Every text in a workbook: cells, names, properties, charts, drawings, notes and what else its parts hold."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lxml import etree

from loyalty_xl.books.markup import parse
from loyalty_xl.sharing import inside
from loyalty_xl.sharing.inside import Role, Text, link

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENIENT = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
_WHOLE = frozenset({"si", "is", "text", "p"})  # elements whose runs make up one text
_SAID = frozenset(
    [
        "name",
        "descr",
        "title",
        "tooltip",
        "display",
        "prompt",
        "promptTitle",
        "error",
        "errorTitle",
        "displayName",
        "totalsRowLabel",
        "comment",
        "description",
        "help",
        "statusBar",
        "customMenu",
        "caption",
        "displayText",
        "userName",
        "alt",
        "uniqueName",
        "text",
        "uri",
        "codeName",
    ]
)  # attributes that somebody may read
_LINKS = frozenset({"Target", "location"})
_USUAL = ("xl/", "docProps/", "_rels/", "[Content_Types].xml")  # where markup is that of a workbook
_FILTERS = frozenset({"filter", "customFilter", "s"})  # whose val or v is a text
_PURE = re.compile(
    r"[-+]?[\d.,:eE%;\s]*|\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?|#?[0-9A-Fa-f]{6,8}|https?://(?:schemas|purl|www\.w3)\S+"
)  # numbers, identifiers, colours, namespaces
_REFERENCE = re.compile(r"\$[A-Z]{1,3}(?:\$\d+)?|(?<=[A-Z:])\$\d+")
_JOINT = re.compile(r'"\s*&\s*"')  # of texts that a formula puts together
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_HEADER_CODES = r'&"[^"]*"|&K[0-9A-Fa-f]{{6}}|&\d{{1,{}}}|&[A-Z]'


@dataclass
class _Package:
    """The parts of a workbook, and what belongs to which sheet."""

    trees: dict[str, etree._Element] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)  # part -> the title of the sheet it belongs to
    cells: dict[int, str] = field(default_factory=dict)  # shared string -> the first cell that shows it


def texts(data: bytes, depth: int) -> Iterator[Text]:
    """Give every text of a workbook."""
    package = _Package()
    with zipfile.ZipFile(io.BytesIO(data)) as packet:
        yield Text("comment of the archive", packet.comment.decode("utf-8", "replace"))
        if not data.startswith(b"PK\x03\x04"):
            yield Text("", "something before the archive", Role.UNREADABLE)
        for info in packet.infolist():
            name, content = info.filename, packet.read(info)
            yield Text("name of a part", name)
            yield Text("comment of the archive", info.comment.decode("utf-8", "replace"))
            if name in package.trees:
                yield Text(name, "there twice", Role.UNREADABLE)
            if name.endswith((".xml", ".rels")):
                package.trees[name] = parse(content, name)
            elif name.endswith(".vml"):
                package.trees[name] = etree.fromstring(content, _LENIENT)
            elif not info.is_dir():
                yield from (each.within(name) for each in inside.texts(name, content, depth + 1))
    package.sheets = _sheets(package.trees)
    package.cells = _first_cells(package)
    for name, tree in package.trees.items():
        yield from map(_unescaped, _part(package, name, tree))


def _unescaped(each: Text) -> Text:
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), each.text)
    return each if plain == each.text else Text(each.place, plain, each.role)


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _related(trees: dict[str, etree._Element], part: str) -> Iterator[tuple[str, str]]:
    """Give the relationships of a part: id and part."""
    folder, name = posixpath.split(part)
    tree = trees.get(f"{folder}/_rels/{name}.rels".lstrip("/"))
    for each in [] if tree is None else tree:
        target = str(each.get("Target", ""))
        if each.get("TargetMode") != "External":
            yield str(each.get("Id")), posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")


def _sheets(trees: dict[str, etree._Element]) -> dict[str, str]:
    parts = dict(_related(trees, "xl/workbook.xml"))
    sheets: dict[str, str] = {}
    for each in trees["xl/workbook.xml"].iter("{*}sheet"):
        key = next((value for name, value in each.items() if str(name).endswith("}id")), "")
        waiting = [parts.get(str(key), "")]
        while waiting:
            part = waiting.pop()
            if part and part not in sheets:
                sheets[part] = str(each.get("name"))
                waiting += [target for _, target in _related(trees, part) if target not in parts.values()]
    return sheets


def _first_cells(package: _Package) -> dict[int, str]:
    cells: dict[int, str] = {}
    for part, sheet in package.sheets.items():
        tree = package.trees.get(part)
        if tree is not None and _local(tree) == "worksheet":
            for cell in tree.iter("{*}c"):
                if cell.get("t") == "s" and (value := cell.findtext("{*}v")):
                    cells.setdefault(int(value), f"{sheet}!{cell.get('r')}")
    return cells


def _part(package: _Package, name: str, tree: etree._Element) -> Iterator[Text]:
    done: set[etree._Element] = set()
    sheet = package.sheets.get(name, "")
    shared = list(tree.iter("{*}si")) if _local(tree) == "sst" else []
    numbers = {item: number for number, item in enumerate(shared)}
    strict = not name.startswith(_USUAL)
    for aside in (*tree.itersiblings(preceding=True), *tree.itersiblings()):
        yield Text(f"comment in {name}", aside.text or "")
    for element in tree.iter():
        tag: object = element.tag
        if not isinstance(tag, str):
            yield Text(f"comment in {name}", element.text or "")
        elif strict:
            yield from (
                Text(f"part {name}", each)
                for each in (_local(element), element.text or "", *map(str, element.values()))
            )
        else:
            local = _local(element)
            place = _place(package, name, sheet, tree, element, numbers)
            if element not in done:
                if local in _WHOLE and len(element):
                    done.update(element.iter())
                    yield from _whole(element, place)
                elif element.text and element.text.strip():
                    yield from _own_text(element, local, place)
            yield from _attributes(element, local, place)
        if element.tail and element.tail.strip() and element not in done:
            yield Text(f"{name}", element.tail)


def _whole(element: etree._Element, place: str) -> Iterator[Text]:
    said: list[str] = []
    phonetic: list[str] = []
    for each in element.iter("{*}t"):
        (phonetic if any(_local(outer) == "rPh" for outer in each.iterancestors()) else said).append(each.text or "")
    yield Text(place, "".join(said))
    yield Text(place, "".join(phonetic))
    for each in element.iter():
        if isinstance(each.tag, str) and _local(each) != "t" and each.text and each.text.strip():
            yield Text(place, each.text)


def _own_text(element: etree._Element, local: str, place: str) -> Iterator[Text]:
    text = element.text or ""
    parent = element.getparent()
    outer = "" if parent is None else _local(parent)
    pure = _PURE.fullmatch(text.strip())
    if local == "v" and outer == "c" and parent is not None and parent.get("t", "n") != "str" and pure:
        return  # a number, or the number of a shared string
    if pure and local not in {"v", "t", "lpwstr", "lpstr"}:
        return
    if local == "v" and any(_local(each) in {"numCache", "numLit"} for each in element.iterancestors()):
        return
    if local in {"f", "definedName", "formula", "formula1", "formula2"}:
        yield Text(place, _JOINT.sub("", _REFERENCE.sub("", text)))
        return
    yield Text(place, text)
    if local.endswith(("Header", "Footer")):
        for size in (1, 2, 3):  # digits of a font size; what follows may be a number
            yield Text(place, re.sub(_HEADER_CODES.format(size), "", text))


def _attributes(element: etree._Element, local: str, place: str) -> Iterator[Text]:
    for key, value in element.items():
        name, text = str(key).rpartition("}")[2], str(value)
        if name in _LINKS:
            yield from link(place if local != "Relationship" else f"link ({place})", text)
        elif name == "formatCode":
            yield Text(f"number format in {place}", re.sub(r'[\\"]', "", text))
        elif name in _SAID or (local in _FILTERS and name in {"val", "v"}):
            said = (
                place if local in {"definedName", "sheet", "property"} else f"{_ATTRIBUTES.get(name, name)} in {place}"
            )
            yield Text(said, text)
        elif not _PURE.fullmatch(text):
            yield Text(f"{name} in {place}", unquote(text), Role.TOKENS)


_ATTRIBUTES = {"descr": "alternative text", "tooltip": "tooltip", "prompt": "prompt", "promptTitle": "prompt"}


def _place(
    package: _Package,
    name: str,
    sheet: str,
    tree: etree._Element,
    element: etree._Element,
    numbers: dict[etree._Element, int],
) -> str:
    """Say where an element stands, as somebody who opens the workbook would find it."""
    root, local = _local(tree), _local(element)
    outer = [_local(each) for each in element.iterancestors()]
    on = f" ({sheet})" if sheet else ""
    if root == "sst":
        item = element if local == "si" else next((each for each in element.iterancestors("{*}si")), None)
        return package.cells.get(numbers.get(item, -1) if item is not None else -1, "shared string without a cell")
    if root == "worksheet":
        cell = next((each.get("r") for each in (element, *element.iterancestors()) if _local(each) == "c"), None)
        if cell or (element.get("ref") and local == "hyperlink"):
            return f"{sheet}!{cell or element.get('ref')}"
        return f"{_KNOWN.get(next((each for each in (local, *outer) if each in _KNOWN), ''), 'sheet')}{on}"
    if root in {"comments", "ThreadedComments"}:
        note = next((each for each in (element, *element.iterancestors()) if each.get("ref")), None)
        return f"note {sheet}!{note.get('ref')}" if note is not None else f"author of notes{on}"
    if root == "chartSpace":
        kind = (
            "title"
            if "title" in outer
            else "category"
            if "cat" in outer
            else "series name"
            if "tx" in outer
            else "text"
        )
        return f"chart {kind}{on}"
    if name.startswith("docProps/"):
        named = next(
            (each.get("name") for each in (element, *element.iterancestors()) if _local(each) == "property"), None
        )
        return f'document property "{named or (outer[-2] if len(outer) > 1 else local)}"'
    if root == "workbook":
        return {"definedName": "defined name", "sheet": "sheet name"}.get(local, "workbook")
    if root in {"wsDr", "table", "xml"}:
        return {"wsDr": "drawing", "table": "table", "xml": "drawing of notes"}[root] + on
    return f"part {name}"


_KNOWN = {
    "headerFooter": "header or footer",
    "dataValidations": "data validation",
    "autoFilter": "filter",
    "conditionalFormatting": "conditional formatting",
    "sparklineGroups": "sparkline",
}
