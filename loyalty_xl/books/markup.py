"""XML parts: bytes to a tree and back, with the prolog they came with."""

from __future__ import annotations

import re

from lxml import etree

from loyalty_xl.errors import ReadError

PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, strip_cdata=False)
PROLOG = re.compile(rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")


def utf8(data: bytes) -> bytes:
    """Give a part in UTF-8 (UTF-16 and others are legal, and rare), its declaration saying so."""
    if data[:3] == b"\xef\xbb\xbf":
        return data[3:]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    else:
        found = DECLARED.match(data)
        encoding = found[1].decode() if found else "utf-8"
        if encoding.lower() in ("utf-8", "utf8", "us-ascii", "ascii"):
            return data
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        raise damaged(f"encoding {encoding}") from None
    return re.sub(r"""(<\?xml[^>]*?encoding\s*=\s*["'])[\w.-]+""", r"\g<1>UTF-8", text, count=1).encode()


def parse(data: bytes, part: str = "") -> etree._Element:
    """Parse a part. A document type is refused: no workbook needs one, and entity bombs do."""
    data = utf8(data)
    no_doctype(data, part)
    try:
        return etree.fromstring(data, PARSER)
    except etree.XMLSyntaxError as error:
        raise damaged(f"{part}: {error}") from None


def no_doctype(data: bytes, part: str = "") -> None:
    """Refuse a part that brings its own document type."""
    prolog = PROLOG.match(data)
    if data[prolog.end() if prolog else 0 :].startswith(b"<!DOCTYPE"):
        raise ReadError(
            "E121",
            f"文件含有不允许的 XML 实体声明（{part}），请不要使用，并向发送者索取正常保存的工作簿。",
            f"The file declares XML entities ({part}), which no workbook needs: "
            "ask the sender for a copy saved by Excel.",
        )


def serialise(root: etree._Element, original: bytes) -> bytes:
    """Give a tree as bytes, under the declaration and comments with which the part began."""
    prolog = PROLOG.match(utf8(original))
    return (prolog[0] if prolog else b"") + etree.tostring(root, encoding="UTF-8")


def local(element: etree._Element) -> str:
    """Give an element's name without its namespace ("" for a comment)."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def is_true(text: str | None) -> bool:
    """Read a boolean attribute."""
    return text in ("1", "true", "on")


def damaged(detail: str) -> ReadError:
    """Give the error for a workbook whose inside does not hold together."""
    return ReadError(
        "E102",
        f"工作簿已损坏或不完整（{detail}）。请用 Excel 打开并另存一份，或重新索取该文件。",
        f"The workbook is damaged or incomplete ({detail}). Open it in Excel and save a copy, or ask for it again.",
    )
