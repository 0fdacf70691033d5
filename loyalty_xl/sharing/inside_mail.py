"""Every text of a mail: headers decoded, every part, attachments and their names."""

from __future__ import annotations

import email
import email.policy
import re
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from loyalty_xl.sharing import inside
from loyalty_xl.sharing.inside import DEEPEST, Role, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

_KINDS = {
    "text/plain": "txt",
    "text/html": "html",
    "image/png": "png",
    "application/pdf": "pdf",
    "application/json": "json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/zip": "zip",
}
_ENCODINGS = frozenset({"7bit", "8bit", "binary", "base64", "quoted-printable"})
_PEOPLE = frozenset({"to", "cc", "from"})
_MADE = frozenset(
    {"message-id", "references", "in-reply-to", "content-id", "mime-version", "content-transfer-encoding"}
)


def texts(data: bytes, depth: int) -> Iterator[Text]:
    """Give every text of a mail."""
    message: Any = email.message_from_bytes(data, policy=email.policy.default)
    yield from _part(message, depth)


def _part(part: EmailMessage, depth: int) -> Iterator[Text]:
    """Give the texts of a mail or one of its parts: headers, what stands between parts, content."""
    for name, value in part.items():
        yield from _header(name, str(value))
    for name, text in (("before the parts", part.preamble), ("after the parts", part.epilogue)):
        if text and text.strip():
            yield Text(name, text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    if depth > DEEPEST:
        raise RecursionError
    if part.get_content_type() == "message/rfc822":
        for each in part.iter_parts():
            yield from (inner.within("mail") for inner in _part(each, depth + 1))  # type: ignore[arg-type]
    elif part.is_multipart():
        for each in part.iter_parts():
            yield from _part(each, depth)  # type: ignore[arg-type]
    else:
        if str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower() not in _ENCODINGS:
            yield Text("", "unknown encoding", Role.UNREADABLE)
        body: Any = part.get_payload(decode=True)
        kind, filename = part.get_content_type(), part.get_filename() or ""
        suffix = _KINDS.get(kind, "") or filename.rpartition(".")[2].lower()
        place = filename or {"txt": "plain text", "html": "HTML text"}.get(suffix, kind)
        if suffix in {"txt", "html"}:
            body = body.decode(_charset(part)).encode()
        if filename and suffix not in {"txt", "html"} and not filename.lower().endswith(f".{suffix}"):
            yield Text(place, "its name and its kind disagree", Role.UNREADABLE)
        yield from (each.within(place) for each in inside.texts(f"part.{suffix}", body, depth + 1))
    if part.defects:
        yield Text("", f"damaged mail ({type(part.defects[0]).__name__})", Role.UNREADABLE)


def _charset(part: EmailMessage) -> str:
    charset = part.get_content_charset("utf-8")
    return "utf-8" if charset == "us-ascii" else charset


def _header(name: str, value: str) -> Iterator[Text]:
    place, lower = f"header {name}", name.lower()
    yield Text(place, name, Role.TOKENS)
    if lower == "date":
        try:
            parsedate_to_datetime(value)
        except ValueError:
            yield Text(place, value)
    elif lower == "content-type":
        yield Text(place, re.sub(r"""\bboundary=("[^"]*"|[^\s;]+)""", "", value))
    elif lower in _PEOPLE:
        yield Text(place, value, Role.ADDRESSES)
    else:
        yield from inside.token(place, value) if lower in _MADE else [Text(place, value)]
        if "=?" in value:
            yield Text(place, str(make_header(decode_header(value))))
