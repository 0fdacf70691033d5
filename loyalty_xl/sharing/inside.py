"""Every text that stands in a file, with its place; PDF, pictures, JSON and plain text are read here, the rest next door."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 6  # files within files
STEP = " › "


class Role(StrEnum):
    """What a text is for."""

    SAID = "said"  # somebody reads it
    ADDRESSES = "addresses"  # To, Cc, From: who gets the mail
    TOKENS = "tokens"  # made by a program: ids of messages, attributes, style
    LINES = "lines"  # of a drawn page: sentences are broken where the line ends
    BREAK = "break"  # the end of a line and the beginning of the next: only what both make up counts
    UNREADABLE = "unreadable"  # not a text: why there is none


@dataclass(frozen=True)
class Text:
    """A text and where it stands."""

    place: str  # `Scorecard!D7`, `mail part › chart title (Trend)`
    text: str
    role: Role = Role.SAID

    def within(self, outer: str) -> Text:
        """Say which part of a file it is in."""
        return replace(self, place=f"{outer}{STEP}{self.place}" if self.place else outer)


def texts(name: str, data: bytes, depth: int = 0) -> Iterator[Text]:
    """Give every text of a file, by the kind its name says.

    A file of another kind, or one that cannot be opened, gives a text with the role `UNREADABLE`.
    """
    from loyalty_xl.sharing import inside_mail, inside_page, inside_workbook

    readers = {
        "xlsx": inside_workbook.texts,
        "zip": _zip,
        "eml": inside_mail.texts,
        "html": lambda data, depth: inside_page.texts(_decoded(data), depth),
        "txt": lambda data, depth: _lines(_decoded(data)),  # noqa: ARG005
        "json": _json,
        "pdf": _pdf,
        "png": _png,
    }
    reader = readers.get(name.rpartition(".")[2].lower())
    if reader is None or depth > DEEPEST:
        yield Text("", "unknown kind of file" if reader is None else "too many files within files", Role.UNREADABLE)
        return
    try:
        yield from reader(data, depth)
    except Exception as error:  # noqa: BLE001  # whatever is wrong with a file that cannot be searched, it does not go out
        yield Text("", f"cannot be opened ({type(error).__name__})", Role.UNREADABLE)


def packed(name: str, data: bytes, depth: int) -> Iterator[Text]:
    """Give the texts of a file inside another one, its name first."""
    yield Text("file name", name)
    for each in texts(name, data, depth + 1):
        yield each.within(name)


def link(place: str, target: str) -> Iterator[Text]:
    """Give the texts of an address that a link leads to."""
    if target.startswith("cid:"):
        yield from token(place, target)
        return
    yield Text(place, target)
    if (plain := unquote(target)) != target:
        yield Text(place, plain)


def token(place: str, made: str) -> Iterator[Text]:
    """Give the texts of a name that looks like an address and is none: of a message, of a part of it."""
    yield Text(place, made, Role.TOKENS)
    yield Text(place, made.replace("@", " "))


def _decoded(data: bytes) -> str:
    return data.decode("utf-8-sig")


_TO = re.compile(r"(?:收件人(?: To)?|To)[:：]")  # of a mail that is to be typed anew


def _lines(text: str) -> Iterator[Text]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield Text(f"line {number}", line, Role.ADDRESSES if _TO.match(line) else Role.LINES)
    for number, (line, after) in enumerate(pairwise(text.splitlines()), 1):
        yield Text(f"line {number}", f"{line[-80:]}\n{after[:80]}", Role.BREAK)


def _zip(data: bytes, depth: int) -> Iterator[Text]:
    with zipfile.ZipFile(io.BytesIO(data)) as packet:
        yield Text("comment", packet.comment.decode("utf-8", "replace"))
        for info in packet.infolist():
            yield Text("comment", info.comment.decode("utf-8", "replace"))
            if not info.is_dir():
                yield from packed(info.filename, packet.read(info), depth)


def _json(data: bytes, depth: int) -> Iterator[Text]:  # noqa: ARG001
    def walk(value: Any, place: str) -> Iterator[Text]:
        if isinstance(value, str):
            yield Text(place or "text", value)
        elif isinstance(value, list):
            for number, each in enumerate(value):
                if isinstance(each, _Pair):
                    yield Text(f"key in {place or 'the document'}", each.key)
                    yield from walk(each.value, f"{place}.{each.key}".lstrip("."))
                else:
                    yield from walk(each, f"{place}[{number}]")

    pairs = json.loads(_decoded(data), object_pairs_hook=lambda found: [_Pair(*each) for each in found])
    yield from walk(pairs, "")


@dataclass(frozen=True)
class _Pair:
    key: str
    value: Any


def _pdf(data: bytes, depth: int) -> Iterator[Text]:
    import pypdfium2
    from pypdfium2 import raw

    with closing(pypdfium2.PdfDocument(data)) as document:
        for key, value in document.get_metadata_dict(skip_empty=True).items():
            if not re.fullmatch(r"D:\d{14}(?:Z|[-+]\d\d'\d\d'?)?(?:00'00'?)?", value):
                yield Text(f'document property "{key}"', value)
        for mark in document.get_toc():
            yield Text("bookmark", mark.get_title())
        for number in range(document.count_attachments()):
            attached = document.get_attachment(number)
            yield from packed(attached.get_name(), bytes(attached.get_data()), depth)
        for number in range(len(document)):
            with closing(document[number]) as page, closing(page.get_textpage()) as drawn:
                yield Text(f"page {number + 1}", drawn.get_text_range(), Role.LINES)
                for place in range(raw.FPDFPage_GetAnnotCount(page)):
                    note = raw.FPDFPage_GetAnnot(page, place)
                    for key in (b"Contents", b"T", b"NM"):
                        if text := _annotation(note, key):
                            yield Text(f"note on page {number + 1}", text)
                    yield from link(f"link on page {number + 1}", _target(document, note))
                    raw.FPDFPage_CloseAnnot(note)
    for packet in re.findall(rb"<x:xmpmeta.*?</x:xmpmeta>", data, re.DOTALL):
        said = re.sub(r"<[^>]*(?:Date|ID)>[^<]*<", "<", packet.decode("utf-8", "replace"))
        yield from (
            Text("document property (XMP)", each.strip()) for each in re.split(r"<[^>]*>", said) if each.strip()
        )


def _target(document: Any, note: Any) -> str:
    """Give the address that a link of a page leads to."""
    import ctypes

    from pypdfium2 import raw

    action = raw.FPDFLink_GetAction(raw.FPDFAnnot_GetLink(note))
    size = raw.FPDFAction_GetURIPath(document, action, None, 0) if action else 0
    buffer = ctypes.create_string_buffer(max(size, 1))
    if size:
        raw.FPDFAction_GetURIPath(document, action, buffer, size)
    return buffer.value.decode("utf-8", "replace")


def _annotation(note: Any, key: bytes) -> str:
    import ctypes

    from pypdfium2 import raw

    size = raw.FPDFAnnot_GetStringValue(note, key, None, 0)
    if size < 4:
        return ""
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAnnot_GetStringValue(note, key, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


_DRAWN = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD hIST pHYs sPLT tIME".split())


def _png(data: bytes, depth: int) -> Iterator[Text]:  # noqa: ARG001
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError
    place, kind = 8, b""
    while kind != b"IEND":
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + size]
        place += size + 12
        if kind == b"tEXt":
            yield Text("text of the picture", body.replace(b"\0", b": ", 1).decode("latin-1"))
        elif kind == b"zTXt":
            keyword, _, packed_text = body.partition(b"\0")
            yield Text("text of the picture", (keyword + b": " + zlib.decompress(packed_text[1:])).decode("latin-1"))
        elif kind == b"iTXt":
            keyword, _, rest = body.partition(b"\0")
            language, translated, text = rest[2:].split(b"\0", 2)
            said = zlib.decompress(text) if rest[:1] == b"\1" else text
            yield Text("text of the picture", b" ".join((keyword, language, translated, said)).decode())
        elif kind not in _DRAWN:
            yield Text("", f"unknown part {kind.decode('latin-1')}", Role.UNREADABLE)
    if len(data) != place:
        yield Text("", "something behind the end of the picture", Role.UNREADABLE)
