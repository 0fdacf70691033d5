"""Builds the extension of LibreOffice: a zip with the component, its types, the help of every function, menu and toolbar."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from loyalty_xl.formulas import functions
from loyalty_xl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.formulas.function import Function

IDENTIFIER = "loyalty_xl"
SERVICE = "loyalty"  # the part of the name before the dot, in formulas and in files
LOCALES = ("zh-CN", "en-US")  # order of every pair of texts
EARLIEST = (1980, 1, 1, 0, 0, 0)
COMMANDS = (
    ("refresh", "更新记分卡(先保存)", "Refresh scorecard (stores first)", "更新记分卡", "Refresh"),
    ("check", "检查数据", "Check the data", "检查", "Check"),
    ("trace", "追溯选中的指标(先保存)", "Trace the selected KPI (stores first)", "追溯", "Trace"),
    ("share", "生成可分享的文件和邮件草稿", "Make files and mail drafts to share", "分享", "Share"),
    ("errors", "公式报错原因", "Why formulas failed", "报错原因", "Errors"),
)
MENU = ("忠诚度记分卡", "Loyalty")
RANGE = "com::sun::star::table::XCellRange"
TABLE = "sequence< sequence< any > >"  # the space keeps >> apart
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
XCU = (
    'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
    'oor:name="{}" oor:package="org.openoffice.Office"'
)
MANIFEST = (
    ("types.idl", "application/vnd.sun.star.uno-typelibrary;type=RDB"),
    ("component.py", "application/vnd.sun.star.uno-component;type=Python"),
    ("CalcAddIns.xcu", "application/vnd.sun.star.configuration-data"),
    ("Addons.xcu", "application/vnd.sun.star.configuration-data"),
    ("ProtocolHandler.xcu", "application/vnd.sun.star.configuration-data"),
)


def build(interpreter: str | None = None) -> bytes:
    """Give the extension that asks *interpreter* (default: this one). Same interpreter, same version: the same bytes."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts(interpreter or sys.executable).items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode())
    return made.getvalue()


def write(path: Path, interpreter: str | None = None) -> None:
    """Write the extension, replacing what was there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(build(interpreter))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def parts(interpreter: str) -> dict[str, str]:
    """Give the files of the extension."""
    listed = list(functions().values())
    source = files("loyalty_xl.hosts.libreoffice")
    return {
        "META-INF/manifest.xml": manifest(),
        "description.xml": description(),
        "types.idl": types(listed),
        "CalcAddIns.xcu": add_ins(listed),
        "Addons.xcu": add_ons(),
        "ProtocolHandler.xcu": protocol(),
        "functions.json": json.dumps({method(each): each.table for each in listed}),
        "interpreter.json": json.dumps({"python": interpreter}),
        "component.py": source.joinpath("component.py").read_text(encoding="utf-8"),
        "pythonpath/loyalty_xl_pipe.py": source.joinpath("pipe.py").read_text(encoding="utf-8"),
    }


def method(each: Function) -> str:
    """Give the method of a function: its name behind the dot, in capitals, since only these may have underscores."""
    return each.dotted.partition(".")[2].upper()


def manifest() -> str:
    """What the extension holds, types first: the component is loaded with them."""
    entries = "".join(
        f" <manifest:file-entry manifest:full-path={quoteattr(name)} manifest:media-type={quoteattr(kind)}/>\n"
        for name, kind in MANIFEST
    )
    return f'{XML}<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">\n{entries}</manifest:manifest>\n'


def description() -> str:
    """Name and version of the extension."""
    names = "".join(
        f'  <name lang="{locale}">{escape(text)} (loyalty_xl)</name>\n'
        for locale, text in zip(LOCALES, MENU, strict=True)
    )
    return (
        f'{XML}<description xmlns="http://openoffice.org/extensions/description/2006">\n'
        f' <identifier value="{IDENTIFIER}"/>\n <version value="{__version__}"/>\n'
        f" <display-name>\n{names} </display-name>\n</description>\n"
    )


def types(listed: Iterable[Function]) -> str:
    """The interface of the functions; an argument of type `any` takes a cell or a range, and may be left out.

    Calc refuses a range with an error in it, unless the argument is a range of the document itself: so is Detail, whose missing values are #N/A.
    """
    lines = []
    for each in listed:
        taken = ", ".join(
            f"[in] {RANGE if argument.name == 'detail' else 'any'} {argument.name.upper()}"
            for argument in each.arguments
        )
        lines.append(f"    {TABLE if each.table else 'any'} {method(each)}({taken});\n")
    return "module loyaltyxl {\n  interface XFunctions {\n" + "".join(lines) + "  };\n};\n"


def property_of(name: str, texts: tuple[str, str] | str, indent: str) -> str:
    """A property of a configuration: one text, or one in Chinese and one in English."""
    if isinstance(texts, str):
        values = f"<value>{escape(texts)}</value>"
        return f'{indent}<prop oor:name="{name}" oor:type="xs:string">{values}</prop>\n'
    values = "".join(
        f'<value xml:lang="{locale}">{escape(text)}</value>' for locale, text in zip(LOCALES, texts, strict=True)
    )
    return f'{indent}<prop oor:name="{name}" oor:type="xs:string">{values}</prop>\n'


def add_ins(listed: Iterable[Function]) -> str:
    """Name, help and arguments of every function."""
    nodes = []
    for each in listed:
        arguments = "".join(
            f'     <node oor:name="{argument.name.upper()}" oor:op="replace">\n'
            + property_of("DisplayName", (argument.name, argument.name), "      ")
            + property_of("Description", (argument.help("zh"), argument.help("en")), "      ")
            + "     </node>\n"
            for argument in each.arguments
        )
        nodes.append(
            f'   <node oor:name="{method(each)}" oor:op="replace">\n'
            + property_of("DisplayName", (each.dotted, each.dotted), "    ")
            + property_of("Description", (each.help("zh"), each.help("en")), "    ")
            + property_of("Category", "Add-In", "    ")
            + property_of("CompatibilityName", (each.dotted, each.dotted), "    ")
            + f'    <node oor:name="Parameters">\n{arguments}    </node>\n   </node>\n'
        )
    return (
        f'{XML}<oor:component-data {XCU.format("CalcAddIns")}>\n <node oor:name="AddInInfo">\n'
        f'  <node oor:name="{SERVICE}" oor:op="replace">\n   <node oor:name="AddInFunctions">\n'
        f"{''.join(nodes)}   </node>\n  </node>\n </node>\n</oor:component-data>\n"
    )


def add_ons() -> str:
    """Menu and toolbar."""
    context = property_of("Context", "com.sun.star.sheet.SpreadsheetDocument", "     ")
    menu, bar = [], []
    for number, (command, zh, en, zh_short, en_short) in enumerate(COMMANDS, 1):
        common = (
            property_of("URL", f"loyalty-xl:{command}", "     ") + property_of("Target", "_self", "     ") + context
        )
        head = f'    <node oor:name="m{number}" oor:op="replace">\n'
        menu.append(head + common + property_of("Title", (zh, en), "     ") + "    </node>\n")
        bar.append(head + common + property_of("Title", (zh_short, en_short), "     ") + "    </node>\n")
    return (
        f'{XML}<oor:component-data {XCU.format("Addons")}>\n <node oor:name="AddonUI">\n'
        f'  <node oor:name="OfficeMenuBar">\n   <node oor:name="{IDENTIFIER}" oor:op="replace">\n'
        + property_of("Title", MENU, "    ")
        + property_of("Target", "_self", "    ")
        + context
        + f'    <node oor:name="Submenu">\n{"".join(menu)}    </node>\n   </node>\n  </node>\n'
        + f'  <node oor:name="OfficeToolBar">\n   <node oor:name="{IDENTIFIER}" oor:op="replace">\n'
        + property_of("Title", MENU, "    ")
        + f"{''.join(bar)}   </node>\n  </node>\n </node>\n</oor:component-data>\n"
    )


def protocol() -> str:
    """Whose the commands are."""
    return (
        f'{XML}<oor:component-data {XCU.format("ProtocolHandler")}>\n <node oor:name="HandlerSet">\n'
        f'  <node oor:name="{IDENTIFIER}.Commands" oor:op="replace">\n'
        '   <prop oor:name="Protocols" oor:type="oor:string-list"><value>loyalty-xl:*</value></prop>\n'
        "  </node>\n </node>\n</oor:component-data>\n"
    )
