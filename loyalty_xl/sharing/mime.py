"""Mail as bytes: heads and bodies written so that the same content is the same bytes, in every version of Python.

Every body is base64, so that no line is long and no boundary can be in one. Words that are not plain ASCII are encoded as RFC 2047
wants it; file names twice, as RFC 2231 (Apple Mail, the standard) and as RFC 2047 (older Outlooks) want them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from urllib.parse import quote

CRLF = "\r\n"
WORD_BYTES = 45  # of an encoded word: 60 characters of base64 and 12 around them, 75 are allowed
SHORT = 66  # characters of a plain value: with its name it stays on a line of 78
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+()-]*(?<! )")

Part = tuple[tuple[str, ...], bytes]  # lines of the head, body


def words(text: str) -> str:
    """Give the value of a header that is text: as it is where that is safe, else as encoded words, one on a line."""
    if text.isascii() and len(text) <= SHORT and "=?" not in text and "  " not in text and text == text.strip():
        return text
    pieces, piece = [], b""
    for each in (character.encode() for character in text):
        if len(piece) + len(each) > WORD_BYTES:
            pieces.append(piece)
            piece = b""
        piece += each
    pieces.append(piece)
    return f"{CRLF} ".join(f"=?utf-8?B?{base64.b64encode(piece).decode()}?=" for piece in pieces)


def mailbox(name: str, address: str) -> str:
    """Give a name and its address as they stand in To and From."""
    if not name:
        return address
    shown = words(name)
    if shown == name:
        shown = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{shown} <{address}>"


def leaf(kind: str, body: bytes, name: str = "", *more: str, disposition: str = "") -> Part:
    """Give a part with one content; *more* are further lines of its head."""
    head = [f"Content-Type: {kind}"]
    if name:
        plain = PLAIN.fullmatch(name) and len(name) <= SHORT
        head[0] += f";{CRLF} name=" + (f'"{name}"' if plain else f'"{words(name)}"')
        disposition += f";{CRLF} " + (f'filename="{name}"' if plain else f"filename*=utf-8''{quote(name, safe='')}")
    head += ["Content-Transfer-Encoding: base64", *more]
    if disposition:
        head.append(f"Content-Disposition: {disposition}")
    return tuple(head), base64.encodebytes(body).replace(b"\n", b"\r\n")


def text(subtype: str, content: str) -> Part:
    """Give a part of text."""
    lines = re.sub(r"\r\n?|\n", CRLF, content)
    return leaf(f"text/{subtype}; charset=utf-8", lines.encode())


def several(subtype: str, boundary: str, parts: Sequence[Part], more: str = "") -> Part:
    """Give a part that holds others."""
    middle = b"".join(f"--{boundary}{CRLF}".encode() + whole(part) for part in parts)
    head = f'Content-Type: multipart/{subtype};{CRLF} boundary="{boundary}"{more}'
    return (head,), middle + f"--{boundary}--{CRLF}".encode()


def whole(part: Part, *head: str) -> bytes:
    """Give the bytes of a part, *head* before its own head."""
    lines, body = part
    return CRLF.join((*head, *lines, "", "")).encode("ascii") + body + (b"" if body.endswith(b"\r\n") else b"\r\n")


__all__ = ["leaf", "mailbox", "several", "text", "whole", "words"]
